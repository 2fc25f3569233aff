"""What passes between the threads of a transfer when something goes wrong."""

from __future__ import annotations

from modeltasks.errors import ModelTasksError


class Failed(Exception):
    """A mirror did not give the bytes: why, and the seconds that its server asked to wait.

    `reached` tells whether there was a connection to its host at all.
    """

    def __init__(self, error: ModelTasksError, asked: float | None = None) -> None:
        super().__init__(error)
        self.error = error
        self.asked = asked
        self.reached = True


class Stopped(Exception):
    """The worker is not wanted any more."""
