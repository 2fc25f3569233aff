"""Small jobs for the workers of a cluster, which report through files that the test sees."""

from __future__ import annotations

import ctypes
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modeltasks.errors import Failure
from modeltasks.spec import ModelSpec
from tests.support.waiting import AGES
from video_censor_personal.detectors.installed_model import InstalledModel
from video_censor_personal.errors import VideoCensorError
from video_censor_personal.runners.runner import Job, JobContext

logger = logging.getLogger("video_censor_personal.test")


@dataclass(frozen=True)
class Stamp(Job):
    """Writes a file for each time that it is done, with the worker's process id; returns its path."""

    film: Path
    out: Path
    resources: Mapping[str, float]

    @property
    def needs(self) -> Mapping[str, float]:
        return self.resources

    @property
    def folders(self) -> tuple[Path, ...]:
        return (self.out,)

    def run(self, context: JobContext) -> Any:
        content = self.film.read_bytes()
        target = (
            self.out / f"{self.film.stem}.{os.getppid()}.{len(list(self.out.glob(self.film.stem + '.*')))}"
        )
        target.write_bytes(content)
        return target


@dataclass(frozen=True)
class Slow(Stamp):
    """Goes on until `gate` exists, with progress; writes `<film>.stopped` when it was stopped before."""

    gate: Path

    def run(self, context: JobContext) -> Any:
        target = super().run(context)
        bar = context.progress.begin(self.film.name, 100.0, unit="seconds")
        logger.info("looking at %s", self.film.name)
        try:
            for _ in range(int(AGES / 0.02)):
                bar.advance(0.5)
                if self.gate.exists():
                    return target
                context.cancel.sleep(0.02)
        except BaseException:
            (self.out / f"{self.film.stem}.stopped").touch()
            raise
        finally:
            bar.close()
        raise AssertionError


@dataclass(frozen=True)
class Raises(Job):
    """Raises."""

    film: Path
    error: Failure

    def run(self, context: JobContext) -> Any:
        raise self.error


@dataclass(frozen=True)
class Crashes(Job):
    """Reads where nothing is."""

    film: Path

    def run(self, context: JobContext) -> Any:
        ctypes.string_at(0)


@dataclass(frozen=True)
class Opens(Job):
    """Returns what is in its model, and where the model is."""

    film: Path
    model: InstalledModel
    specs: tuple[ModelSpec, ...]

    @property
    def models(self) -> tuple[ModelSpec, ...]:
        return self.specs

    def run(self, context: JobContext) -> Any:
        return str(self.model.directory), self.model.ending("")[0].read_bytes()


class OddFailure(VideoCensorError):
    """One whose arguments are not those of its base class."""

    kind = "media"

    def __init__(self, film: Path) -> None:
        super().__init__(f"{film} is odd", "no reason", "Leave it")
        self.film = film
