"""A film as a target: what is made of it, whether that is up to date, and how it is made."""
