"""Detectors whose models are loaded: for one film, or kept from one film to the next."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial

from modeltasks.errors import Failure
from video_censor_personal.analysis.assignment import JUDGED, Assignment
from video_censor_personal.detectors.base import Detector, failing_closed, inference_threads
from video_censor_personal.detectors.installed_model import InstalledModel

Lend = Callable[[Assignment], AbstractContextManager[Detector]]
"""Gives an open detector for an assignment, for as long as it is needed."""

_Key = tuple[type[Detector], InstalledModel | None, str, int]
"""What makes one open detector do for another: type, model and place, infer and run parameters, threads."""

_OF_THE_FILM = ("track", JUDGED)
"""What a key holds beside parameters."""

logger = logging.getLogger(__name__)


@contextmanager
def opened(assignment: Assignment) -> Iterator[Detector]:
    """Give an open detector, and close it afterwards.

    Raises:
        Failure: it cannot be opened or closed.
    """
    detector = _new(assignment)
    try:
        _open(detector, assignment)
        yield detector
    finally:
        _close(detector, assignment.name)


class OpenDetectors:
    """Keeps detectors open from one film to the next; for one thread at a time.

    There are never more than one film needed: when one must be opened, those that its film does not need
    are closed first. A detector that was in use when something failed is closed, and never used again.
    """

    def __init__(self) -> None:
        self._kept: dict[_Key, Detector] = {}

    def for_film(self, assignments: Collection[Assignment]) -> Lend:
        """Return what lends a film's detectors.

        Args:
            assignments: all that there is to observe of the film.
        """
        return partial(self._lent, {_key(each) for each in assignments})

    def close(self) -> None:
        """Close all of them."""
        self._keep_only(())

    @contextmanager
    def _lent(self, needed: Collection[_Key], assignment: Assignment) -> Iterator[Detector]:
        key = _key(assignment)
        # While it is in use it is not kept: what fails meanwhile must not be found there by the next film.
        detector = self._kept.pop(key, None)
        try:
            if detector is None:
                self._keep_only(needed)
                detector = _new(assignment)
                _open(detector, assignment)
            yield detector
        except BaseException:
            if detector is not None:
                self._drop(detector, assignment.name)
            raise
        self._kept[key] = detector

    def _keep_only(self, needed: Collection[_Key]) -> None:
        for key in [key for key in self._kept if key not in needed]:
            self._drop(self._kept.pop(key), key[0].type_name)

    @staticmethod
    def _drop(detector: Detector, name: str) -> None:
        """Close a detector that nobody waits for: if that fails, no film is the worse for it."""
        try:
            _close(detector, name)
        except Failure as error:
            logger.warning("%s", error)


def _key(assignment: Assignment) -> _Key:
    opened_by = {name: value for name, value in assignment.key.infer.items() if name not in _OF_THE_FILM}
    for each in assignment.kind.schema:
        if each.role == "run":
            opened_by[each.name] = assignment.parameters[each.name]
    return assignment.kind, assignment.model, json.dumps(opened_by, sort_keys=True), inference_threads()


def _new(assignment: Assignment) -> Detector:
    with failing_closed(assignment.name):
        return assignment.kind(assignment.parameters)


def _open(detector: Detector, assignment: Assignment) -> None:
    with failing_closed(assignment.name):
        detector.open(assignment.model)


def _close(detector: Detector, name: str) -> None:
    with failing_closed(name):
        detector.close()
