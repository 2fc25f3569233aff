"""A track of sound with something hidden in it: edited, encoded, checked."""
