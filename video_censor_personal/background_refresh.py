"""Asking the hub what is new about the models of a run, beside the run and never in its way."""

from __future__ import annotations

import logging
import threading

from modeltasks.errors import ModelTasksError
from modeltasks.report.notice import Notice
from modeltasks.settings import offline_switch
from modeltasks.spec import HubRef
from modeltasks.support.cancel import Cancelled
from video_censor_personal.model_manager import ModelManager

logger = logging.getLogger(__name__)


class BackgroundRefresh:
    """Brings records up to date that are older than a day, on a thread that nobody waits for.

    What it learns changes nothing for the models in place: a branch that moved is fetched when models
    are. A hub that gives no answer is nobody's trouble here; the next run asks again.
    """

    def __init__(self, manager: ModelManager) -> None:
        self._manager = manager
        self._found: list[tuple[str, Notice]] = []

    def start(self) -> None:
        """Begin, unless there is nothing to ask or the network may not be used. Returns at once."""
        if offline_switch(self._manager.config.models.network) is not None:
            return
        due = self._manager.unrefreshed()
        if due:
            # A daemon: the program may end while a hub makes up its mind.
            threading.Thread(target=self._refresh, args=(due,), name="registry", daemon=True).start()

    def found(self) -> tuple[tuple[str, Notice], ...]:
        """Return what is known by now that a user should know, each with the name of its model."""
        return tuple(self._found)

    def _refresh(self, due: tuple[tuple[str, HubRef], ...]) -> None:
        for name, hub in due:
            try:
                notices = self._manager.refresh(hub)
            except Cancelled:
                return
            except ModelTasksError as error:
                logger.debug("%s: %s", name, error)
                continue
            except Exception:
                # Whatever it is, it must not disturb the run; but it is a mistake of ours, and is not hidden.
                logger.exception("asking the hub about %s broke down", name)
                return
            # That the hub could not be asked is not news for somebody who did not ask it.
            self._found += [(name, notice) for notice in notices if notice.kind != "stale"]
