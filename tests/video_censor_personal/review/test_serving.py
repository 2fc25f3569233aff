"""The server's life: where it listens, and how it ends."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.support.waiting import PATIENCE, wait_until
from tests.video_censor_personal.review.page import film, finder, found, page, results_of, served_at
from video_censor_personal.review.films import Films
from video_censor_personal.review.serving import PageServer, PortTaken, open_browser, stopped_by_signals


@pytest.fixture
def films(tmp_path: Path) -> Iterator[Films]:
    made = finder(tmp_path)
    results = results_of(film(tmp_path / "film.mp4"), found(0.2, 0.5))
    shown = Films(made.named([results]), made)
    yield shown
    shown.close()


def test_it_is_reached_from_this_machine_only(films: Films) -> None:
    server = PageServer(films)
    assert server._socket.getsockname() == ("127.0.0.1", server.port)
    server._socket.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_a_port_that_is_taken_is_named(films: Films, host: str) -> None:
    with socket.socket() as other:
        other.bind((host, 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PortTaken) as taken:
            PageServer(films, port)
        assert str(port) in taken.value.what
        assert "Leave --port out" in taken.value.fix


def test_the_same_films_are_at_the_same_port_where_that_is_free(films: Films) -> None:
    first = PageServer(films)
    second = PageServer(films)  # while the first one has it
    assert second.port != first.port
    for server in (first, second):
        server._socket.close()
    served_at(first.port, films)._socket.close()  # it is free now

    def is_as_before() -> bool:
        again = PageServer(films)
        again._socket.close()
        return again.port == first.port

    wait_until(is_as_before)


def test_the_page_ends_it_after_the_answer(tmp_path: Path) -> None:
    results = results_of(film(tmp_path / "film.mp4"), found(0.2, 0.5))
    with page(finder(tmp_path), results) as opened:
        assert opened.post("/api/quit").status_code == 200
        opened.thread.join(PATIENCE)
        assert not opened.thread.is_alive()
        with pytest.raises(requests.ConnectionError):
            opened.get("/")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_end_it_and_get_their_old_meaning_back(films: Films, number: signal.Signals) -> None:
    before = signal.getsignal(number)
    server = PageServer(films)
    address = f"http://127.0.0.1:{server.port}/"

    def end() -> None:
        requests.get(address, timeout=PATIENCE)
        signal.raise_signal(number)

    thread = threading.Thread(target=end)
    thread.start()
    with stopped_by_signals(server.stop):
        server.run()
    thread.join()
    assert signal.getsignal(number) is before


def test_a_signal_before_it_answers_ends_it_too(films: Films) -> None:
    server = PageServer(films)
    with stopped_by_signals(server.stop):
        signal.raise_signal(signal.SIGINT)
        server.run()
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://127.0.0.1:{server.port}/", timeout=PATIENCE)


def test_a_browser_is_opened_where_there_is_a_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    done = threading.Event()

    def note(address: str) -> None:
        opened.append(address)
        done.set()

    monkeypatch.setattr("webbrowser.open", note)
    monkeypatch.setattr("sys.platform", "linux")
    open_browser("http://none", {})
    open_browser("http://one", {"DISPLAY": ":0"})
    assert done.wait(PATIENCE)
    assert opened == ["http://one"]
