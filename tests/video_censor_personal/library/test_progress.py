from __future__ import annotations

import io
import re
import threading
from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest

from modeltasks.report.display import LINE_SECONDS
from tests.support.screen import Terminal
from video_censor_personal.library.progress import LibraryProgress

HOUR = 3600.0
GB = 10**9


class Library:
    """A library whose progress goes to a log, and whose clock stands until told."""

    def __init__(self, films: Sequence[tuple[str, int]]) -> None:
        self.now = 100.0
        self.log = io.StringIO()
        self.progress = LibraryProgress(self.log, films, lambda: self.now)

    def listen(
        self, film: str, seconds: int, speed: float = 10.0, length: float = HOUR
    ) -> Callable[[], None]:
        """Listen to a film for some seconds; return what ends that."""
        step = self.progress.of(film).begin("listening", length, unit="seconds")
        for _ in range(seconds):
            self.now += 1
            step.advance(speed)
        return step.close

    def passes(self, film: str, seconds: int, passes: int = 3) -> None:
        """Go through a film of an hour, in so many seconds each time; finish it."""
        for _ in range(passes):
            self.listen(film, seconds, HOUR / seconds)()
        self.progress.finished(film)

    @property
    def summaries(self) -> list[str]:
        return [line for line in self.log.getvalue().splitlines() if line.startswith("films ")]

    @property
    def estimates(self) -> list[float]:
        """The seconds of each ETA."""
        told = [re.search(r"ETA (\d+):(\d+):(\d+)", line) for line in self.summaries]
        return [int(each[1]) * 3600 + int(each[2]) * 60 + int(each[3]) for each in told if each]


def test_a_log_gets_the_library_and_each_film_at_work_now_and_then() -> None:
    library = Library([("alien", GB), ("big-fish", GB), ("dune", GB)])
    library.progress.finished("dune")
    watching = library.progress.of("big-fish").begin("watching", 7020, 900, unit="seconds")
    library.listen("alien", 4)
    watching.advance(40)
    assert library.log.getvalue().splitlines() == [
        "films 1 of 3 · 0:05:10 of film",
        "big-fish  watching 0:15:00 of 1:57:00",
        "alien  listening 0:00:30 of 1:00:00, 10.0x",
    ]
    library.now += LINE_SECONDS
    watching.advance(40)
    assert library.log.getvalue().splitlines()[-2:] == [
        "big-fish  watching 0:16:20 of 1:57:00, 11.5x",
        "alien  listening 0:00:40 of 1:00:00, 10.0x",
    ]


def test_a_film_has_one_line_whatever_is_done_to_it() -> None:
    library = Library([("alien", GB)])
    alien = library.progress.of("alien")
    reading = alien.begin("reading", 4_000_000)
    library.now += LINE_SECONDS
    reading.advance(3_000_000)
    reading.close()
    library.now += LINE_SECONDS
    listening = alien.begin("listening", 60, unit="seconds")
    library.now += LINE_SECONDS
    listening.advance(30)
    listening.close()
    library.now += LINE_SECONDS
    alien.begin("kids: writing", 60, unit="seconds").close()
    lines = [line for line in library.log.getvalue().splitlines() if not line.startswith("films")]
    assert lines == [
        "alien  reading 3.0 MB of 4.0 MB (75 %)",
        "alien  listening 0:00:00 of 0:01:00",
        "alien  listening 0:00:30 of 0:01:00, 10.0x",
        "alien  kids: writing 0:00:00 of 0:01:00",
    ]


def test_the_rest_takes_as_long_as_what_was_done_for_each_byte() -> None:
    library = Library([("a", GB), ("b", 2 * GB), ("c", 3 * GB)])
    library.passes("a", 60)
    library.passes("b", 120)
    library.listen("c", 4)
    assert library.estimates[-1] == pytest.approx(540, rel=0.05)


def test_films_at_the_same_time_take_less() -> None:
    films = [(f"film-{n}", GB) for n in range(8)]
    library = Library(films)
    for pair in (("film-0", "film-1"), ("film-2", "film-3")):
        for _ in range(3):
            steps = [library.progress.of(film).begin("x", HOUR, unit="seconds") for film in pair]
            for _ in range(60):
                library.now += 1
                for step in steps:
                    step.advance(60)
            for step in steps:
                step.close()
        for film in pair:
            library.progress.finished(film)
    library.listen("film-4", 4, 60)
    assert library.estimates[-1] == pytest.approx(360, rel=0.1)


def test_a_film_that_needs_nothing_is_no_work() -> None:
    some = [("a", GB), ("b", GB), ("c", GB)]
    library, among_others = Library(some), Library(some + [(f"done-{n}", 9 * GB) for n in range(50)])
    for n in range(50):
        among_others.progress.finished(f"done-{n}")
    for each in (library, among_others):
        each.passes("a", 60)
        each.listen("b", 10)
    assert library.estimates == among_others.estimates != []
    assert among_others.summaries[-1].startswith("films 51 of 53")


def test_what_an_earlier_run_did_is_no_speed_of_this_one() -> None:
    library = Library([("a", GB), ("b", GB)])
    step = library.progress.of("a").begin("listening", HOUR, 0.9 * HOUR, unit="seconds")
    for _ in range(36):
        library.now += 1
        step.advance(10)
    step.close()
    library.progress.finished("a")  # one pass: a tenth of it took 36 seconds
    library.listen("b", 60)
    assert library.estimates[-1] == pytest.approx(300, rel=0.15)


def test_a_film_that_failed_at_once_does_not_make_the_rest_look_fast() -> None:
    films = [(f"film-{n}", GB) for n in range(20)]
    library = Library(films)
    library.passes("film-0", 60)
    for n in range(1, 10):
        library.listen(f"film-{n}", 1)()
        library.progress.finished(f"film-{n}")
    for n in range(10, 13):
        library.passes(f"film-{n}", 60)
    library.listen("film-13", 4)
    assert library.estimates[-1] == pytest.approx(7 * 180, rel=0.1)


def test_the_estimate_is_steady() -> None:
    """Films need different times for a byte, and one of the passes is much faster than the others."""
    library = Library([(f"film-{n}", GB * (1 + n % 3)) for n in range(12)])
    for n in range(12):
        for seconds in (90 + 40 * (n % 3), 12, 60 + 25 * (n % 4)):
            library.listen(f"film-{n}", seconds, HOUR / seconds)()
        library.progress.finished(f"film-{n}")
    told = library.estimates
    steps = [after - before for before, after in pairwise(told)]
    assert max(steps) <= 0.05 * max(told)
    assert min(steps) >= -0.05 * max(told)
    assert told[-1] < 60


def test_nothing_is_told_before_it_can_be() -> None:
    library = Library([("a", GB)])
    library.listen("a", 9)
    assert library.summaries
    assert library.estimates == []


def test_what_goes_nowhere_may_be_called() -> None:
    progress = LibraryProgress(None, [("a", GB)])
    step = progress.of("a").begin("x", 10, unit="seconds")
    step.advance(3)
    step.close()
    progress.finished("a")
    progress.finished("a")
    progress.close()


def test_a_terminal_has_the_library_above_its_films_and_nothing_at_the_end() -> None:
    terminal = Terminal(60)
    progress = LibraryProgress(terminal.stream, [("alien", GB), ("大魚", GB)])
    for name in ("alien", "大魚"):
        progress.of(name).begin("listening", 7020, 751, unit="seconds")
    assert terminal.lines("大魚  listening 0:12:31 of 1:57:00") == [
        "films 0 of 2 · 0:08:21 of film",
        "alien  listening 0:12:31 of 1:57:00",
        "大魚  listening 0:12:31 of 1:57:00",
    ]
    progress.finished("alien")
    progress.finished("大魚")
    progress.close()
    terminal.stream.write("the end\n")
    terminal.stream.flush()
    assert terminal.lines("the end") == ["the end"]
    terminal.close()


@pytest.mark.parametrize(
    ("columns", "summary"),
    [
        (80, "films 0 of 1 · 0:01:40 of film · ETA 0:20:00"),
        (40, "films 0 of 1 · ETA 0:20:00"),
        (20, "films 0 of 1"),
    ],
)
def test_a_narrow_terminal_is_told_what_fits(columns: int, summary: str) -> None:
    now = [0.0]
    terminal = Terminal(columns)
    progress = LibraryProgress(terminal.stream, [("a", GB)], lambda: now[0])
    step = progress.of("a").begin("listening", 2100, unit="seconds")
    now[0] += 60
    step.advance(300)
    assert terminal.lines("5.0x")[0] == summary
    progress.close()
    terminal.close()


def test_several_threads_may_tell_at_once() -> None:
    films = [(f"film-{n}", GB) for n in range(4)]
    library = Library(films)

    def work(film: str) -> None:
        for _ in range(3):
            step = library.progress.of(film).begin("x", 1000, unit="seconds")
            for _ in range(1000):
                library.now += 0.01
                step.advance(1)
            step.close()
        library.progress.finished(film)

    threads = [threading.Thread(target=work, args=[film]) for film, _ in films]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    library.now += 10
    library.progress.of("film-0").begin("more", 10, unit="seconds")
    assert all(
        re.fullmatch(r"films \d of 4.*|film-\d  x.*", line) for line in library.log.getvalue().splitlines()
    )
    assert library.summaries
