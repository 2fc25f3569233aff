"""Lists of words that a film is better without, and how they are found in what was said or written."""
