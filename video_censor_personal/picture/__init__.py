"""A picture with something hidden in it: edited, encoded, checked."""
