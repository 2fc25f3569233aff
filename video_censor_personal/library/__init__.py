"""Which films there are, where what is made of them goes, and what is shown of a run."""
