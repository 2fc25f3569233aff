"""Films as targets: which there are, what each needs, and who does it."""
