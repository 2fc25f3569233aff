"""The tag by which a clean copy says that it is one, with the digest of its plan.

It is for people and for warnings. Nobody's right to replace a file follows from it: a tag stays in what
others make of a copy.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from video_censor_personal import __version__
from video_censor_personal.media.info import MediaInfo

TAG = "VIDEO_CENSOR"
COMMENT = "comment"
"""Where a file that takes well-known tags only has it, behind the film's own comment."""
_MARKING = re.compile(r"\s*clean copy by video-censor-personal (\S+), plan sha256:([0-9a-f]{64})")


def marking(plan: str) -> str:
    """Return the tag's text; `plan` is the SHA-256, in hex, of all that the copy was made from."""
    return f"clean copy by video-censor-personal {__version__}, plan sha256:{plan}"


def without_marking(text: str) -> str:
    """Return a text less what an earlier copy said of itself."""
    return _MARKING.sub("", text)


def marked_plan(tags: Mapping[str, str]) -> str | None:
    """Return the digest of the plan that a file with these tags says it was made by; None for any other."""
    for name, text in tags.items():
        if name.upper() in (TAG, COMMENT.upper()) and (found := _MARKING.search(text)):
            return found[2]
    return None


def marking_warnings(film: MediaInfo) -> tuple[str, ...]:
    """Return what a user should know of a film that says that it is a clean copy."""
    if film.plan is None:
        return ()
    told = f"{film.path.name} says that it is a clean copy which this program made"
    return (f"{told}: what was hidden there is not found again",)
