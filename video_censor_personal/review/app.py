"""What the page asks, and what it is answered; nothing here waits for a film itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from anyio import to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from video_censor_personal.review.access import Access, Guard
from video_censor_personal.review.errors import Conflict
from video_censor_personal.review.films import Films
from video_censor_personal.review.responses import (
    as_json,
    bad_request,
    film_of,
    find_film,
    handling_failures,
    http_error,
    json_response,
    not_found,
    read_json,
)
from video_censor_personal.review.shown import MediaHandlers

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp

_STATIC = Path(__file__).parent / "static"


def review_app(films: Films, access: Access, quit_now: Callable[[], None]) -> ASGIApp:
    """Return the application.

    Args:
        films: what is looked through.
        access: what a request must bring.
        quit_now: ends the server, once what is asked of it is answered.
    """
    api, media, film = ApiHandlers(films, quit_now), MediaHandlers(films), "/api/films/{film}"
    routes = [
        Route("/", api.page),
        Mount("/static", StaticFiles(directory=_STATIC)),
        Route("/api/films", handling_failures(api.films)),
        Route("/api/state", handling_failures(api.state)),
        Route("/api/quit", handling_failures(api.quit), methods=["POST"]),
        Route(film, handling_failures(api.film)),
        Route(f"{film}/changes", handling_failures(api.change), methods=["POST"]),
        Route(f"{film}/film", handling_failures(api.point_to), methods=["POST"]),
        Route(f"{film}/render", handling_failures(api.render), methods=["POST"]),
        Route(f"{film}/render", handling_failures(api.stop), methods=["DELETE"]),
        Route(f"{film}/media", handling_failures(media.media)),
        Route(f"{film}/clip", handling_failures(media.clip)),
        Route(f"{film}/still", handling_failures(media.still)),
        Route(f"{film}/waveform", handling_failures(media.waveform)),
    ]
    return Guard(Starlette(routes=routes, exception_handlers={HTTPException: http_error}), access)


class ApiHandlers:
    """The answers in words: films, decisions, copies."""

    def __init__(self, films: Films, quit_now: Callable[[], None]) -> None:
        self._films = films
        self._quit_now = quit_now

    async def page(self, _request: Request) -> Response:
        """The page itself."""
        return FileResponse(_STATIC / "index.html", media_type="text/html")

    async def films(self, _request: Request) -> Response:
        """All films, without what was found in them."""
        return await as_json(self._films.listed)

    async def state(self, request: Request) -> Response:
        """How films stand: those that are named as `film`, or all; a thousand take a while."""
        names = request.query_params.getlist("film")
        films = [find_film(self._films, name) for name in names] if names else self._films
        return await as_json(lambda: self._films.states(films))

    async def film(self, request: Request) -> Response:
        """A film with all that was found in it."""
        film = film_of(self._films, request)
        return await as_json(lambda: self._films.details(film))

    async def change(self, request: Request) -> Response:
        """Save decisions. A page that goes away meanwhile changes nothing: all of them are saved, or none."""
        film, body = film_of(self._films, request), await read_json(request)
        if body.get("results", str(film.place.results)) != str(film.place.results):
            raise not_found("such film here", "the program shows others now than when this page was opened")
        try:
            return await as_json(lambda: film.change(body.get("changes")))
        except Conflict as error:
            now = await to_thread.run_sync(film.conflicting, error)
            return json_response({"error": error.as_dict(), "segments": now, "gone": list(error.gone)}, 409)

    async def point_to(self, request: Request) -> Response:
        """Take another file for the film."""
        film, body = film_of(self._films, request), await read_json(request)
        path, anyway = body.get("path"), body.get("anyway", False)
        if not isinstance(path, str) or not path.strip() or not isinstance(anyway, bool):
            raise bad_request('"path" is not the path of a file')
        await to_thread.run_sync(lambda: film.point_to(path, anyway=anyway))
        return await as_json(lambda: self._films.details(film))

    async def render(self, request: Request) -> Response:
        """Begin the film's copy."""
        film, body = film_of(self._films, request), await read_json(request)
        allow = body.get("allow_incomplete", False)
        if not isinstance(allow, bool):
            raise bad_request('"allow_incomplete" is neither true nor false')
        await to_thread.run_sync(lambda: self._films.renders.begin(film, allow_incomplete=allow))
        return await as_json(lambda: self._films.renders.over(film, film.state()))

    async def stop(self, request: Request) -> Response:
        """Stop the film's copy."""
        film = film_of(self._films, request)
        await to_thread.run_sync(lambda: self._films.renders.stop(film))
        return await as_json(lambda: self._films.renders.over(film, film.state()))

    async def quit(self, _request: Request) -> Response:
        """End the server."""
        self._quit_now()
        return json_response({})
