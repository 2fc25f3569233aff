"""Finds profanity in the speech and nudity in the pictures of a video, and makes a clean copy."""

__version__ = "0.1.0"
