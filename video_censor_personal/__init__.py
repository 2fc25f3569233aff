"""Finds nudity, profanity, violence and sexual themes in a video and makes a clean copy."""

__version__ = "0.1.0"
