"""Observations, in files named by the digest of all that they depend on.

A file's name is the digest of everything that could change its content, so it is current as soon as
it exists, and going back to an earlier config finds the earlier files.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from modeltasks.report.os_errors import Use, explained
from modeltasks.support.files import replacing
from modeltasks.support.filesystem import set_times
from video_censor_personal.analysis.draft import Draft, as_line, discard, draft_reached, drafting
from video_censor_personal.findings.coverage import Coverage
from video_censor_personal.findings.observations import Observation

_FORMAT = 2


_OWN = "Check owner and mode of the folder, or set $VIDEO_CENSOR_CACHE_DIR to one that you may write"
OBSERVATIONS = Use(
    "Observations cannot be kept in {path}",
    "Observations cannot be kept in {path}",
    "Free some space, or set $VIDEO_CENSOR_CACHE_DIR to a larger disk, then run again",
    *(_OWN, _OWN, _OWN),
)


@dataclass(frozen=True)
class ObservationKey:
    """Everything that observations depend on.

    `video` is the file's SHA-256; `detector` the type; `version` the detector's; `model` the digest
    of the model's checksums, None for a detector without one; `infer` the parameters that the
    observing half goes by, plain JSON values.
    """

    video: str
    detector: str
    version: str
    model: str | None
    infer: Mapping[str, object] = field(default_factory=dict)

    def as_dict(self) -> dict[str, object]:
        """Return the parts, as they stand at the head of the file."""
        return {
            "v": _FORMAT,
            "video": self.video,
            "detector": self.detector,
            "version": self.version,
            "model": self.model,
            "infer": dict(self.infer),
        }

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the parts as canonical JSON."""
        text = json.dumps(self.as_dict(), sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Observed:
    """The content of one file; `duration` is the video's, in seconds.

    `coverage` is how much was looked at; None for a detector that looks at nothing.
    """

    observations: tuple[Observation, ...]
    duration: float
    warnings: tuple[str, ...] = ()
    coverage: Coverage | None = None

    @property
    def is_unfinished(self) -> bool:
        """Whether pictures are left that could not be judged, and may be now."""
        judged = self.coverage.judged if self.coverage is not None else None
        return judged is not None and judged.judged < judged.chosen


class ObservationStore:
    """Files `<root>/<digest of the key>.jsonl`: a head, an observation a line, a foot that seals it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._written: dict[str, Observed] = {}

    def path(self, key: ObservationKey) -> Path:
        """Return where the observations of this key are, or would be."""
        return self.root / f"{key.digest}.jsonl"

    def load(self, key: ObservationKey) -> Observed | None:
        """Return the observations; None if there are none or the file is damaged.

        Marks the file as used now: what was used longest ago goes first when room is needed.
        """
        path = self.path(key)
        try:
            content = path.read_bytes()
        except OSError:
            return None
        try:
            observed = _decode(content, key)
        except (ValueError, KeyError, TypeError):
            return None
        with suppress(OSError):
            set_times(path)
        return observed

    def reached(self, key: ObservationKey) -> float | None:
        """Return up to which second of the film it was observed and is kept; None: all of it."""
        return None if self.path(key).exists() else draft_reached(self.root, key.digest)

    def written(self, key: ObservationKey) -> Observed:
        """Return, once, what this store wrote, whatever other runs have done to the file meanwhile."""
        return self._written.pop(key.digest)

    @contextmanager
    def writing(self, key: ObservationKey, duration: float, warnings: Iterable[str] = ()) -> Iterator[Draft]:
        """Open a draft for observations; the file appears when the block ends well.

        Else the draft stays, up to its last mark, and the next run resumes from it.

        Raises:
            DiskFull, PermissionRefused, LocalError: the folder cannot be written.
        """
        warnings = tuple(warnings)
        head = {"made_from": key.as_dict(), "duration": duration, "warnings": list(warnings)}
        with explained(self.root, use=OBSERVATIONS), drafting(self.root, key.digest, head) as draft:
            yield draft
            with replacing(self.path(key), durable=True) as stream:
                stream.write(_sealed(head, draft))
            seen = tuple(Observation.from_dict(entry) for entry in draft.entries)
            self._written[key.digest] = Observed(seen, duration, warnings, draft.coverage)

    def forget(self, key: ObservationKey) -> None:
        """Remove the observations and their drafts."""
        with suppress(OSError):
            self.path(key).unlink()
        discard(self.root, key.digest)


def _sealed(head: Mapping[str, object], draft: Draft) -> bytes:
    """Return a file's bytes: head, an observation a line, and a foot with number, coverage and digest."""
    body = b"".join(map(as_line, (head, *draft.entries)))
    foot: dict[str, object] = {"count": len(draft.entries)}
    if draft.coverage is not None:
        foot["coverage"] = draft.coverage.as_dict()
    digest = hashlib.sha256(body + as_line(foot)).hexdigest()
    return body + as_line({**foot, "sha256": digest})


def _decode(content: bytes, key: ObservationKey) -> Observed:
    """Read a file's bytes. Raises ValueError, KeyError or TypeError when it is damaged."""
    cut = content.rstrip(b"\n").rfind(b"\n") + 1
    body, foot = content[:cut], json.loads(content[cut:])
    head, *lines = body.splitlines()
    if not isinstance(foot, dict):
        raise TypeError("no foot")
    rest = as_line({key: value for key, value in foot.items() if key != "sha256"})
    if foot["sha256"] != hashlib.sha256(body + rest).hexdigest() or foot["count"] != len(lines):
        raise ValueError("not what was written")
    about = json.loads(head)
    if about["made_from"] != json.loads(json.dumps(key.as_dict())):
        raise ValueError("made from something else")
    observations = tuple(Observation.from_dict(json.loads(line)) for line in lines)
    coverage = Coverage.from_dict(foot["coverage"]) if "coverage" in foot else None
    return Observed(observations, float(about["duration"]), tuple(about["warnings"]), coverage)
