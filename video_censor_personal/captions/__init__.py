"""Subtitles with words hidden in them."""
