"""Who may talk to the review page: the browser of this user, on this machine, and nobody else.

A page of the web can make a browser send requests to this machine, even under a name of its own that leads
here (DNS rebinding). So a request must bring the secret, name this very server as its host, and, where it
changes anything, come from the page itself.
"""

from __future__ import annotations

import hmac
import html
import secrets
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from video_censor_personal.commands import video_censor

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "media-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    # A page at another port of this machine may not show what is here, either.
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_SAFE = frozenset({"GET", "HEAD"})
_USUAL_PORT = 80


class Access:
    """What a request must bring to a server at a port."""

    def __init__(self, port: int) -> None:
        self.token = secrets.token_urlsafe(32)
        names = ("127.0.0.1", "localhost")
        # Browsers leave the usual port out of an address.
        self.hosts = (*(f"{name}:{port}" for name in names), *(names if port == _USUAL_PORT else ()))
        self.cookie = f"video-censor-{port}"
        self._once = secrets.token_urlsafe(32)

    @property
    def address(self) -> str:
        """Where the page is, with the secret that lets in."""
        return f"http://{self.hosts[0]}/?token={self.token}"

    @property
    def address_once(self) -> str:
        """The same, good for one visit: other users may see what a browser is started with."""
        return f"http://{self.hosts[0]}/?token={self._once}"

    def lets_in(self, token: str) -> bool:
        """Whether it is the secret; that for one visit is used up by that."""
        if _same(token, self.token):
            return True
        if self._once and _same(token, self._once):
            self._once = ""
            return True
        return False

    def knows(self, headers: Headers) -> bool:
        """Whether a request brings the secret, as a cookie or as scripts do."""
        return any(_same(each, self.token) for each in self._brought(headers))

    def _brought(self, headers: Headers) -> Iterator[str]:
        kind, _, token = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            yield token.strip()
        for line in headers.getlist("cookie"):
            # Cookies of all ports come, also such as `SimpleCookie` gives up at; the secret needs no quotes.
            for each in line.split(";"):
                name, _, value = each.partition("=")
                if name.strip() == self.cookie:
                    yield value.strip()


class Guard:
    """Lets requests through to an application, or answers them itself.

    Args:
        app: the application.
        access: what a request must bring.
    """

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on; every answer gets the headers that protect the page."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_api = scope["path"].startswith("/api/")

        async def protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store" if is_api else "no-cache")
            await send(message)

        await (self._refusal(scope, is_api=is_api) or self._app)(scope, receive, protected)

    def _refusal(self, scope: Scope, *, is_api: bool) -> Response | None:
        """Return the answer to a request that is not passed on."""
        headers, method = Headers(scope=scope), scope["method"]
        hosts = headers.getlist("host")
        if len(hosts) != 1 or hosts[0].lower() not in self._access.hosts:
            return _refused(421, _WRONG_HOST, is_api=is_api)
        token = QueryParams(scope["query_string"]).get("token")
        if scope["path"] == "/" and method in _SAFE and token is not None:
            return (
                self._entered() if self._access.lets_in(token) else _refused(403, _WRONG_TOKEN, is_api=False)
            )
        if not self._access.knows(headers):
            return _refused(401, _NO_TOKEN, is_api=is_api)
        if method not in _SAFE:
            origin = headers.get("origin")
            if origin is not None and origin.lower() not in {f"http://{each}" for each in self._access.hosts}:
                return _refused(403, _FOREIGN, is_api=is_api)
            if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
                return _refused(415, _NOT_JSON, is_api=is_api)
        return None

    def _entered(self) -> Response:
        response = RedirectResponse("/", 303, {"Cache-Control": "no-store"})
        response.set_cookie(self._access.cookie, self._access.token, httponly=True, samesite="strict")
        return response


_OPEN_AGAIN = (
    f"Open the whole address that `{video_censor('review')}` printed when it was started, or start it again"
)
_WRONG_HOST = (
    "This address does not lead here",
    "the page answers under 127.0.0.1 and localhost alone, so that no web site can pose as it",
    _OPEN_AGAIN,
)
_WRONG_TOKEN = (
    "This address is not valid any more",
    "each start of the program makes a new one, and this is an old one",
    _OPEN_AGAIN,
)
_NO_TOKEN = (
    "This page is locked",
    "only the person who started it may see it, and this browser does not have its key yet",
    _OPEN_AGAIN,
)
_FOREIGN = (
    "Nothing was changed",
    "another web page asked for it",
    "Close that page, and decide in the review page itself",
)
_NOT_JSON = (
    "Nothing was changed",
    "the request is not of type application/json",
    "Send it as JSON",
)


def _refused(status: int, told: tuple[str, str, str], *, is_api: bool) -> Response:
    what, why, fix = told
    if is_api:
        error: dict[str, Any] = {"kind": "permission", "what": what, "why": why, "fix": fix}
        return JSONResponse({"error": error}, status)
    text = "".join(f"<p>{html.escape(part)}.</p>" for part in (why[:1].upper() + why[1:], fix))
    return HTMLResponse(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{html.escape(what)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<h1>{html.escape(what)}</h1>{text}</html>",
        status,
    )


def _same(one: str, other: str) -> bool:
    """Compare in a time that tells nothing of where they differ."""
    return hmac.compare_digest(one.encode("utf-8", "surrogateescape"), other.encode())
