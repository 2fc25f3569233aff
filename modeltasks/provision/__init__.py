"""One model made right, with its fallback."""
