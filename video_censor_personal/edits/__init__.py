"""What is done to a film: values, and how they follow from segments."""
