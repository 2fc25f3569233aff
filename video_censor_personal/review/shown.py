"""The answers that are seen and heard: the film itself, short clips, single pictures, the waveform."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from anyio import to_thread
from starlette.responses import FileResponse, Response

from video_censor_personal.clips.request import ClipRequest
from video_censor_personal.review.films import Films
from video_censor_personal.review.responses import (
    bad_request,
    client_closed,
    film_of,
    json_response,
    not_found,
    while_there,
)

if TYPE_CHECKING:
    from starlette.requests import Request

_LONGEST = 20.0
"""Seconds of a clip."""
_WIDEST = 640
_PER_SECOND = 10
"""Values of a waveform, as `media.peaks` makes it; that module takes long to load."""


class MediaHandlers:
    """The answers, one for each address."""

    def __init__(self, films: Films) -> None:
        self._films = films

    async def media(self, request: Request) -> Response:
        """The film itself; Range is understood."""
        film = film_of(self._films, request)
        known = await to_thread.run_sync(film.known)
        inspected = known.inspected
        if inspected is None or inspected.why_not:
            why = "it is still being looked into" if inspected is None else inspected.why_not
            raise not_found("film that your browser plays", why, "Use the short pieces")
        path = inspected.info.path
        headers = await self._tagged(path, "film")
        if _has(request, headers):
            return Response(status_code=304, headers=headers)
        return FileResponse(path, media_type=inspected.media_type, headers=headers)

    async def clip(self, request: Request) -> Response:
        """A piece of the film; with `edits` as the copy would be."""
        film, start = film_of(self._films, request), _number(request, "start", 0.0)
        seconds, edited = _number(request, "seconds", 10.0), _number(request, "edits", 0)
        audio = _number(request, "audio", -1)
        if not 0 < seconds <= _LONGEST or start < 0 or edited not in {0, 1} or audio != int(audio):
            raise bad_request("it asked for a piece that makes no sense")
        path = await to_thread.run_sync(film.path)
        if audio >= 0 and not await to_thread.run_sync(film.has_sound, int(audio)):
            raise not_found("such sound track", "the film has another numbering", "Load the page again")
        edits = await to_thread.run_sync(film.edits) if edited else None
        wanted = ClipRequest(start, seconds, None if audio < 0 else int(audio), edits)
        headers = {"Cache-Control": "no-store"}  # what was decided is soon another
        if edits is None:
            headers = await self._tagged(path, "clip", start, seconds, wanted.track)
            if _has(request, headers):
                return Response(status_code=304, headers=headers)
        made = await while_there(request, lambda: self._films.work.clip(path, wanted))
        if made is None:
            return client_closed()
        return FileResponse(made, media_type="video/mp4", headers=headers)

    async def still(self, request: Request) -> Response:
        """One picture."""
        film, at = film_of(self._films, request), _number(request, "at", 0.0)
        width = int(_number(request, "width", 320))
        if at < 0 or not 16 <= width <= _WIDEST:
            raise bad_request("it asked for a picture that makes no sense")
        path = await to_thread.run_sync(film.path)
        headers = await self._tagged(path, "still", at, width)
        if _has(request, headers):
            return Response(status_code=304, headers=headers)
        made = await while_there(request, lambda: self._films.work.still(path, at, width))
        if made is None:
            raise not_found("picture at that time", "the film has none there", "Choose another time")
        return Response(made, media_type="image/jpeg", headers=headers)

    async def waveform(self, request: Request) -> Response:
        """How loud each tenth of a second is."""
        film = film_of(self._films, request)
        path = await to_thread.run_sync(film.path)
        headers = await self._tagged(path, "waveform")
        if _has(request, headers):
            return Response(status_code=304, headers=headers)
        made = await to_thread.run_sync(self._films.work.waveform, path)
        if made.peaks is None:
            return json_response({"share": made.share}, 202)
        headers["X-Per-Second"] = str(_PER_SECOND)
        return Response(made.peaks, media_type="application/octet-stream", headers=headers)

    async def _tagged(self, film: Path, *asked: object) -> dict[str, str]:
        """Return the headers of what a browser may keep; its tag is another one when the film's file is.

        The address does not say what is in the file, so the browser asks each time whether that is the same.
        """
        tag = await to_thread.run_sync(lambda: self._films.work.tag(film, *asked))
        return {"Cache-Control": "private, no-cache", "ETag": f'"{tag}"'}


def _has(request: Request, headers: dict[str, str]) -> bool:
    """Whether the browser has what would be sent, and only asks whether it is still so."""
    kept = request.headers.get("If-None-Match", "").split(",")
    return headers["ETag"] in (each.strip().removeprefix("W/") for each in kept)


def _number(request: Request, name: str, usual: float) -> float:
    text = request.query_params.get(name)
    if text is None:
        return usual
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise bad_request(f'"{name}" is no number')
    return number
