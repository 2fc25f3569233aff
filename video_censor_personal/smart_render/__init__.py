"""Only the stretches of a picture in which something is done are encoded; all other packets are copied."""
