"""Words and verbs that every other room uses."""
