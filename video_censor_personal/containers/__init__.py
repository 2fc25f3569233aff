"""The files that copies are written in."""
