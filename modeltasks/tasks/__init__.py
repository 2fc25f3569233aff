"""Models as doit tasks, and the engine that runs them inside a program."""
