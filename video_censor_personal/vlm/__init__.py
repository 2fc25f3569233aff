"""Vision language models: a picture and what to rate in it go in, a score for each category comes out."""
