"""What a user is told: notices, progress, lines, results."""
