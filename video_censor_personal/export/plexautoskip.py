"""PlexAutoSkip's `custom.json`: what it skips, and where it turns the volume down.

As published: github.com/mdhiggins/PlexAutoSkip/wiki/Custom-Markers.
"""

from __future__ import annotations

import json
import re

from video_censor_personal.export.edl import MUTE, planned
from video_censor_personal.export.stretches import ExportInput, shown

_IDENTITY = re.compile(r"[{\[](imdb|tmdb|tvdb)(?:id)?[-=](tt\d+|\d+)[}\]]", re.IGNORECASE)


def render(source: ExportInput) -> str:
    """Return the film's markers, in milliseconds.

    They stand under the id of the film where its name has one, as Plex reads it (`{imdb-tt0133093}`), else
    under its name, in the place of which the id or Plex's number of it has to be put.
    """
    found = _IDENTITY.search(source.film.name)
    key = f"{found[1].lower()}://{found[2]}" if found else shown(source.film.name)
    markers = [
        {"start": each.start, "end": each.end, "mode": "volume" if each.action == MUTE else "skip"}
        for each in planned(source)
    ]
    return json.dumps({"markers": {key: markers}}, indent=2) + "\n"
