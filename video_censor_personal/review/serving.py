"""The server of the page: on this machine alone, until the user is done."""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import signal
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import FrameType

import uvicorn

from modeltasks.support.signals import ending_signals
from video_censor_personal.errors import UsageError
from video_censor_personal.review.access import Access
from video_censor_personal.review.app import review_app
from video_censor_personal.review.films import Films

_HERE = "127.0.0.1"
_FIRST_PORT, _PORTS = 61000, 4536
"""Those that are free for any use (RFC 6335, 6), but for those that Linux gives to whoever asks for any."""
_LAST_ANSWERS = 2
"""Seconds for what is under way when the server ends."""

logger = logging.getLogger(__name__)


class PortTaken(UsageError):
    """No server can listen at the port."""

    def __init__(self, port: int, why: str) -> None:
        super().__init__(
            f"The page cannot be shown at port {port}",
            why,
            "Leave --port out, and a free one is taken, or give another one",
        )


class PageServer:
    """Serves the page; it listens from the beginning, and answers while it runs.

    Args:
        films: what is looked through.
        port: where; 0: the one that these films mostly have, or else a free one. So a page that was left
            open goes on where it was, once the program was started again.

    Raises:
        PortTaken: nobody can listen there.
    """

    def __init__(self, films: Films, port: int = 0) -> None:
        self._socket = _listening(port) if port else _listening_as_before(films)
        self.port: int = self._socket.getsockname()[1]
        self.access = Access(self.port)
        app = review_app(films, self.access, self.stop)
        config = uvicorn.Config(
            app,
            http="h11",
            ws="none",
            lifespan="off",
            loop="asyncio",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_LAST_ANSWERS,
        )
        # What it calls errors are films that were cut short while they were sent, and the like.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        self._server = _Server(config)

    def run(self) -> None:
        """Answer until `stop` is called."""
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self._socket.close()

    def stop(self) -> None:
        """End once what is under way is answered; asked again, end at once."""
        if self._server.should_exit:
            self._server.force_exit = True
        self._server.should_exit = True


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to whoever runs the server."""
        yield


@contextmanager
def stopped_by_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Call `stop` instead of what Ctrl-C and the like do otherwise. Only for the main thread."""

    def handle(_number: int, _frame: FrameType | None) -> None:
        stop()

    before = {number: signal.signal(number, handle) for number in ending_signals()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def open_browser(address: str, environ: Mapping[str, str] = os.environ) -> None:
    """Open a page in the user's browser, if there is one; without a screen there is none to be seen."""
    has_screen = sys.platform in {"win32", "darwin"} or any(
        environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    )
    if has_screen:
        threading.Thread(target=_open, args=(address,), name="browser", daemon=True).start()


def _open(address: str) -> None:
    try:
        webbrowser.open(address)
    except (webbrowser.Error, OSError):
        logger.debug("no browser was opened", exc_info=True)


def _listening_as_before(films: Films) -> socket.socket:
    names = "\0".join(str(each.place.results) for each in films)
    digest = hashlib.blake2b(names.encode("utf-8", "surrogateescape"), digest_size=4).digest()
    with suppress(PortTaken):
        return _listening(_FIRST_PORT + int.from_bytes(digest) % _PORTS)
    return _listening(0)


def _listening(port: int) -> socket.socket:
    # With the protocol named, what is written is sent at once; else each answer waits for 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform == "win32":  # else another program may listen there, too
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((_HERE, port))
        listener.listen()
    except OSError as error:
        listener.close()
        taken = error.errno == errno.EADDRINUSE
        raise PortTaken(port, "another program uses it" if taken else error.strerror or str(error)) from error
    return listener
