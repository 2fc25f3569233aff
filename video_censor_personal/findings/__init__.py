"""What was found in a film, and what is to be done about it."""
