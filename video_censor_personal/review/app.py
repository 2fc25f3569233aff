"""What the page asks, and what it is answered; nothing here waits for a film itself."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anyio import to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from modeltasks.errors import Failure, Unexpected
from video_censor_personal.errors import UsageError
from video_censor_personal.media.errors import MediaError
from video_censor_personal.review.access import Access, Guard
from video_censor_personal.review.film import ReviewedFilm
from video_censor_personal.review.films import Films
from video_censor_personal.review.identity import FilmNotFound, OtherFilm
from video_censor_personal.review.rendering import RendersAlready

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp

_STATIC = Path(__file__).parent / "static"
_LARGEST = 64 * 1000 * 1000
"""Bytes of a request; to undo what was done to ten thousand segments takes some."""

logger = logging.getLogger(__name__)

Answer = Callable[["Request"], Awaitable[Response]]


class NoSuchThing(UsageError):
    """The page asked for something that is not there."""

    kind = "missing"

    def __init__(self, what: str) -> None:
        super().__init__(f"There is no {what}", "the page may be an old one", "Load the page again")


class BadRequest(UsageError):
    """What was asked cannot be understood."""

    def __init__(self, why: str) -> None:
        super().__init__("Nothing was changed", why, "Load the page again")


_STATUS: dict[type[Failure], int] = {
    NoSuchThing: 404,
    FilmNotFound: 404,
    OtherFilm: 409,
    RendersAlready: 409,
    UsageError: 400,
    MediaError: 422,
}


def review_app(films: Films, access: Access, quit_now: Callable[[], None]) -> ASGIApp:
    """Return the application.

    Args:
        films: what is looked through.
        access: what a request must bring.
        quit_now: ends the server, once what is asked of it is answered.
    """
    pages = _Pages(films, quit_now)
    film = "/api/films/{film}"
    routes = [
        Route("/", pages.page),
        Mount("/static", StaticFiles(directory=_STATIC)),
        Route("/api/films", _answered(pages.films)),
        Route("/api/state", _answered(pages.state)),
        Route("/api/quit", _answered(pages.quit), methods=["POST"]),
        Route(film, _answered(pages.film)),
        Route(f"{film}/media", _answered(pages.media)),
        Route(f"{film}/film", _answered(pages.point_to), methods=["POST"]),
        Route(f"{film}/render", _answered(pages.render), methods=["POST"]),
        Route(f"{film}/render", _answered(pages.stop), methods=["DELETE"]),
    ]
    handlers = {HTTPException: _not_found}
    return Guard(Starlette(routes=routes, exception_handlers=handlers), access)


class _Pages:
    """The answers."""

    def __init__(self, films: Films, quit_now: Callable[[], None]) -> None:
        self._films = films
        self._quit_now = quit_now

    async def page(self, _request: Request) -> Response:
        return FileResponse(_STATIC / "index.html", media_type="text/html")

    async def films(self, _request: Request) -> Response:
        return await _json(self._films.listed)

    async def state(self, _request: Request) -> Response:
        return await _json(self._films.states)

    async def film(self, request: Request) -> Response:
        film = self._named(request)
        return await _json(lambda: self._films.details(film))

    async def media(self, request: Request) -> Response:
        """The film itself; Range is understood."""
        film = self._named(request)
        known = await to_thread.run_sync(film.known)
        if known.inspected is None or known.inspected.why_not:
            raise NoSuchThing("film that a browser plays")
        inspected = known.inspected
        # Its tag is made of time and size, so a film that is changed meanwhile begins anew.
        return FileResponse(
            inspected.info.path,
            media_type=inspected.media_type,
            headers={"Cache-Control": "private, no-cache"},
        )

    async def point_to(self, request: Request) -> Response:
        film, asked = self._named(request), await _asked(request)
        path, anyway = asked.get("path"), asked.get("anyway", False)
        if not isinstance(path, str) or not path.strip() or not isinstance(anyway, bool):
            raise BadRequest('"path" is not the path of a file')
        await to_thread.run_sync(lambda: film.point_to(path, anyway=anyway))
        return await _json(lambda: self._films.details(film))

    async def render(self, request: Request) -> Response:
        film, asked = self._named(request), await _asked(request)
        allow = asked.get("allow_incomplete", False)
        if not isinstance(allow, bool):
            raise BadRequest('"allow_incomplete" is neither true nor false')
        await to_thread.run_sync(lambda: self._films.renders.begin(film, allow_incomplete=allow))
        return await _json(lambda: self._films.renders.over(film, film.state()))

    async def stop(self, request: Request) -> Response:
        film = self._named(request)
        await to_thread.run_sync(lambda: self._films.renders.stop(film))
        return await _json(lambda: self._films.renders.over(film, film.state()))

    async def quit(self, _request: Request) -> Response:
        self._quit_now()
        return await _json(dict)

    def _named(self, request: Request) -> ReviewedFilm:
        name = request.path_params["film"]
        film = self._films.find(name)
        if film is None:
            raise NoSuchThing("film of that name")
        return film


def _answered(answer: Answer) -> Answer:
    """Let failures be answers."""

    async def answered(request: Request) -> Response:
        try:
            return await answer(request)
        except Failure as error:
            return failed(error)
        except HTTPException:
            raise
        except Exception as error:  # a mistake of ours
            logger.exception("%s", request.url.path)
            return failed(Unexpected("The review page", f"{type(error).__name__}: {error}"))

    return answered


def failed(error: Failure) -> Response:
    """Return the answer that tells of a failure."""
    status = next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), 500)
    return Response(_dumped({"error": error.as_dict()}), status, media_type="application/json")


async def _not_found(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    answer = failed(NoSuchThing(f"{request.url.path} here"))
    answer.status_code = error.status_code
    answer.headers.update(error.headers or {})
    return answer


async def _json(make: Callable[[], Any]) -> Response:
    """Return what is made, as JSON; the one and the other in a thread, for both may take their time."""
    body = await to_thread.run_sync(lambda: _dumped(make()))
    return Response(body, media_type="application/json")


def _dumped(document: Any) -> bytes:
    """Return JSON; names of files need not be Unicode, and what of them is not, JSON can escape."""
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace")


async def _asked(request: Request) -> dict[str, Any]:
    """Return the object that a request brings. Raises BadRequest."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST:
            raise BadRequest("the request is too large")
    try:
        found = json.loads(body) if body else {}
    except (ValueError, RecursionError) as error:
        raise BadRequest("the request is no JSON") from error
    if not isinstance(found, dict):
        raise BadRequest("the request is no JSON object")
    return found
