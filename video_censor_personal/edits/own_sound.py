"""The user's own sound, which is heard where the mode is `sound`: whether it is wanted, and its content."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from modeltasks.checksum import hash_file
from modeltasks.support.identity import StatIdentity, stat_identity
from video_censor_personal.config.values import AudioRemediation
from video_censor_personal.errors import UsageError

SOUND = "sound"


class NoOwnSound(UsageError):
    """A sound of the user's own is to be heard, and there is none."""

    def __init__(self, place: str) -> None:
        super().__init__(
            f"No clean copy can be made: {place} is '{SOUND}'",
            "no file is named that could be heard",
            "Name one as remediation.audio.sound_file in the config, or use 'silence'",
        )


def wants_own_sound(settings: AudioRemediation) -> bool:
    """Whether the config asks for the user's own sound, in whatever category."""
    return settings.enabled and SOUND in (settings.mode, *settings.category_modes.values())


def own_sound_digest(settings: AudioRemediation) -> str | None:
    """Return the SHA-256 of the user's own sound; None where there is none, or it cannot be read."""
    path = settings.sound_file
    if path is None or not settings.enabled:
        return None
    try:
        return _digest(path, stat_identity(path.stat()))
    except OSError:
        return None


@lru_cache(maxsize=8)
def _digest(path: Path, _identity: StatIdentity) -> str:
    return hash_file(path, "sha256")
