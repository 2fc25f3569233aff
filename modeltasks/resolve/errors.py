"""What a hub says of a repository that no model can be made of, or that contradicts what was known."""

from __future__ import annotations

from modeltasks.errors import ServerError


class Unportable(ServerError):
    """A repository has a file that not every system can keep under its name."""

    kind = "bad-answer"

    def __init__(self, repo: str, path: str) -> None:
        super().__init__(
            f"{repo} has a file {path!r}",
            "not every system can keep a file of that name",
            "Leave it out with `exclude` in the config",
        )


class WeakerChecksum(ServerError):
    """A file has a checksum that proves less than the one it had before."""

    kind = "bad-answer"

    def __init__(self, repo: str, path: str, before: str, now: str, origin: str) -> None:
        super().__init__(
            f"{repo} now has a weaker checksum of {path}",
            f"it is {now}, where {origin} has {before}",
            "Nothing was changed. If its authors mean it, check the file and list it under `files` in the "
            "config, with a SHA-256 of your own",
        )


class CommitChanged(ServerError):
    """A hub says something else of a commit than it did; a commit does not change."""

    kind = "bad-answer"

    def __init__(self, place: str, path: str, before: str, now: str, origin: str) -> None:
        super().__init__(
            f"{place} is not what it was: {path} has changed",
            f"it is {now}, where {origin} has {before}, and a commit does not change",
            "Nothing was changed. Check HF_ENDPOINT, or try another hub; if you trust what it says now, "
            "list the file under `files` in the config",
        )
