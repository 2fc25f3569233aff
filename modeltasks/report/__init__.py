"""What a user is shown: notices, progress, lines, results."""
