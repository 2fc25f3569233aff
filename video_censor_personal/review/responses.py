"""How answers are given: failures as answers, JSON made in threads, and no work for who has gone."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

from anyio import create_task_group, to_thread
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from modeltasks.errors import Failure, LocalError, Unexpected
from modeltasks.support.cancel import Cancelled
from video_censor_personal.clips.request import AllCut
from video_censor_personal.errors import OutputRefused, UsageError
from video_censor_personal.export.json_fields import SegmentsError
from video_censor_personal.media.errors import MediaError
from video_censor_personal.review.errors import Conflict, NotPossible
from video_censor_personal.review.film import ReviewedFilm
from video_censor_personal.review.films import Films
from video_censor_personal.review.identity import FilmNotFound, OtherFilm
from video_censor_personal.review.rendering import RendersAlready

if TYPE_CHECKING:
    from starlette.requests import Request

_LARGEST = 64 * 1000 * 1000
"""Bytes of a request; to undo what was done to ten thousand segments takes some."""
_GONE = 499
"""The usual number for an answer that nobody waits for."""

logger = logging.getLogger(__name__)

Answer = Callable[["Request"], Awaitable[Response]]
Made = TypeVar("Made")


class WrongRequest(Exception):
    """The page asked for what there is not, or cannot be done."""

    def __init__(self, status: int, what: str, why: str, fix: str = "Load the page again") -> None:
        super().__init__(what)
        self.status = status
        self.error = {"kind": "request", "what": what, "why": why, "fix": fix}


def bad_request(why: str) -> WrongRequest:
    """Return that something makes no sense."""
    return WrongRequest(400, "The page asked for what cannot be done", why)


def not_found(what: str, why: str = "the page may be an old one", fix: str = "Load it again") -> WrongRequest:
    """Return that something is not there."""
    return WrongRequest(404, f"There is no {what}", why, fix)


_STATUS: dict[type[Failure], int] = {
    FilmNotFound: 404,
    AllCut: 410,  # by which the player knows that it goes on behind the cut
    **{OtherFilm: 409, RendersAlready: 409, Conflict: 409},
    **{UsageError: 400, NotPossible: 400, MediaError: 422},
    **{SegmentsError: 503, LocalError: 503, OutputRefused: 503},
}


def handling_failures(answer: Answer) -> Answer:
    """Let failures be answers."""

    async def answered(request: Request) -> Response:
        try:
            return await answer(request)
        except Failure as error:
            return failed(error)
        except WrongRequest as error:
            return json_response({"error": error.error}, error.status)
        except (Cancelled, ClientDisconnect):  # the server ends; the browser went away in mid-request
            return client_closed()
        except HTTPException:
            raise
        except Exception as error:  # a mistake of ours
            logger.exception("%s", request.url.path)
            return failed(Unexpected("The review page", f"{type(error).__name__}: {error}"))

    return answered


def failed(error: Failure) -> Response:
    """Return the answer that tells of a failure."""
    status = next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), 500)
    return json_response({"error": error.as_dict()}, status)


async def http_error(request: Request, error: Exception) -> Response:
    """Return the answer to what there is not, or not in this way."""
    assert isinstance(error, HTTPException)
    answer = json_response({"error": not_found(f"{request.url.path} here").error}, error.status_code)
    answer.headers.update(error.headers or {})
    return answer


async def as_json(make: Callable[[], Any]) -> Response:
    """Return what is made, as JSON; the one and the other in a thread, for both may take their time."""
    return await to_thread.run_sync(lambda: json_response(make()))


def json_response(document: Any, status: int = 200) -> Response:
    """Return JSON; names of files need not be Unicode, and what of them is not, JSON can escape."""
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Response(text.encode("utf-8", "backslashreplace"), status, media_type="application/json")


async def read_json(request: Request) -> dict[str, Any]:
    """Return the object that a request brings. Raises WrongRequest."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST:
            raise bad_request("the request is too large")
    try:
        found = await to_thread.run_sync(json.loads, bytes(body)) if body else {}
    except (ValueError, RecursionError) as error:
        raise bad_request("the request is no JSON") from error
    if not isinstance(found, dict):
        raise bad_request("the request is no JSON object")
    return found


def film_of(films: Films, request: Request) -> ReviewedFilm:
    """Return the film that the path of a request names. Raises WrongRequest."""
    return find_film(films, request.path_params["film"])


def find_film(films: Films, name: str) -> ReviewedFilm:
    """Return the film that the page calls so. Raises WrongRequest."""
    film = films.find(name)
    if film is None:
        raise not_found("film of that name")
    return film


async def while_there(request: Request, make: Callable[[], Awaitable[Made]]) -> Made | None:
    """Return what is made, unless who asked goes away: then stop making it, and return None."""
    made: list[Made] = []
    failures: list[Exception] = []
    async with create_task_group() as tasks:

        async def watch() -> None:
            while (await request.receive())["type"] != "http.disconnect":
                continue
            tasks.cancel_scope.cancel()

        tasks.start_soon(watch)
        try:
            made.append(await make())
        except Exception as error:  # noqa: BLE001 - raised below as it is, and not as one of a group
            failures.append(error)
        tasks.cancel_scope.cancel()
    if failures:
        raise failures[0]
    return made[0] if made else None


def client_closed() -> Response:
    """Return an answer that nobody waits for."""
    return Response(status_code=_GONE)
