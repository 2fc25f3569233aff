"""The demo: its material, and the joining of it."""
