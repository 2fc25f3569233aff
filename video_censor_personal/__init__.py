"""Finds profanity in the speech and nudity in the pictures of a video, and makes a clean copy."""

import os

__version__ = "0.1.0"

# onnxruntime, once it is loaded, tells its makers how it is used, with a number for this machine; to say no
# later is too late. A program that loads it before this package must say so itself.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
