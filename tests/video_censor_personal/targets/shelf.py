"""A library of tiny clips, whose tasks are run as doit runs them; what ran and why is told."""

from __future__ import annotations

import io
import json
import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from modeltasks.errors import Failure
from modeltasks.tasks.engine import RunReport
from modeltasks.tasks.engine import run as run_tasks
from tests.support.media_clips import Clip, make_clip
from tests.support.waiting import wait_until
from video_censor_personal.model_manager import ModelManager
from video_censor_personal.targets.film import FilmState
from video_censor_personal.targets.library_run import LibraryRun, library_run
from video_censor_personal.targets.session import FilmSession, Options

_A_MOMENT = 0.12

CLIP = Clip(seconds=1.0, size=(64, 48), rate=10)
FOUND = (
    {"start": 0.3, "end": 0.4, "label": "Profanity", "text": "damn", "score": 0.8},
    {"start": 0.6, "end": 0.8, "label": "Nudity", "score": 0.6},
)


@dataclass(frozen=True)
class Ran:
    """What a run did: the tasks that ran, without the film's name; what failed, and what is told of films."""

    report: RunReport
    states: tuple[FilmState, ...]

    @property
    def tasks(self) -> list[str]:
        """The tasks that ran: `copy`, and `copy:small` for a profile."""
        return [_short(name) for name in self.report.executed]

    @property
    def observed(self) -> list[str]:
        """The detectors that ran, one after the other."""
        return [name for state in self.states for name in state.observed]

    @property
    def errors(self) -> list[Failure]:
        """What befell the films."""
        return [state.error for state in self.states if state.error is not None]


@dataclass
class Shelf:
    """A folder with films, and a config; each run is like that of a new program.

    `config` may be edited between runs.
    """

    folder: Path
    config: dict[str, Any] = field(default_factory=dict)
    options: Options = field(default_factory=Options)

    def __post_init__(self) -> None:
        self.films.mkdir(parents=True)
        self.say(FOUND)
        self.config = {
            "version": 1,
            "models": {"cache_dir": str(self.folder / "cache")},
            "detectors": [{"name": "eye", "type": "scripted", "script": str(self.script)}],
            "detections": {"Profanity": {"enabled": True}, "Nudity": {"enabled": True}},
            "processing": {"segment_merge": {"merge_threshold": 0.05}},
            "remediation": {
                "audio": {"enabled": True, "categories": ["Profanity"]},
                "video": {"enabled": True, "mode": "none", "category_modes": {"Nudity": "blank"}},
            },
            "library": {"films": [str(self.films / "*.mkv")], "exports": ["edl"]},
        }

    @property
    def films(self) -> Path:
        """The folder of the films."""
        return self.folder / "films"

    @property
    def script(self) -> Path:
        """What the detector sees."""
        return self.folder / "script.json"

    @property
    def config_file(self) -> Path:
        """The config."""
        return self.folder / "video-censor.yaml"

    def say(self, observations: Iterable[Mapping[str, object]]) -> None:
        """Let the detector see this."""
        self.script.write_text(json.dumps(list(observations)))

    def add(self, name: str = "film.mkv", **metadata: str) -> Path:
        """Put a film onto the shelf; with other metadata it is another one."""
        path = make_clip(self.films / name, Clip(**{**vars(CLIP), "metadata": metadata}))
        return aged(path)

    def made(self, suffix: str, film: str = "film") -> Path:
        """Where something is that is made of a film: `clean.mkv`, `results.json`, `edl`."""
        return self.films / f"{film}.{suffix}"

    def library(self) -> LibraryRun:
        """Return a run over the library, as a new program has it."""
        self.config_file.write_text(yaml.safe_dump(self.config))
        return library_run(FilmSession(ModelManager(self.config_file), self.options), io.StringIO())

    def state(self) -> FilmState:
        """Return what a new program knows of the one film."""
        (state,) = self.library().states
        return state

    def run(self, *selected: str, jobs: int = 1, force: Iterable[str] = ()) -> Ran:
        """Run the tasks that are stale among those selected, by default all."""
        library = self.library()
        names = [name.replace("FILM", library.states[0].entry.name) for name in selected]
        report = run_tasks(library.tasks(force=list(force)), names or ["films"], jobs=jobs)
        library.finish()
        library.tell_warnings()
        return Ran(report, tuple(library.states))

    def edit(self, path: str, value: object) -> None:
        """Change a value in the config; `path` is as in `remediation.audio.mode`."""
        *parents, last = path.split(".")
        section: Any = self.config
        for name in parents:
            section = section[int(name)] if name.isdigit() else section.setdefault(name, {})
        section[last] = value

    def decide(self, film: str = "film", /, **decision: object) -> None:
        """Decide something of the first segment in a results file."""
        path = self.made("results.json", film)
        document = json.loads(path.read_text())
        document["segments"][0].update(decision)
        path.write_text(json.dumps(document))


def aged(path: Path) -> Path:
    """Let a file be a minute old, as films are; what was changed a moment ago is not noted."""
    then = time.time() - 60
    os.utime(path, (then, then))
    wait_until(lambda: time.time() - path.stat().st_ctime > _A_MOMENT)
    return path


def _short(task: str) -> str:
    group, _, rest = task.partition(":")
    _, _, profile = rest.partition(":")
    return f"{group}:{profile}" if profile else group
