from __future__ import annotations

import io
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import pytest

from modeltasks.report.console import write_lines
from modeltasks.report.display import LINE_SECONDS
from modeltasks.support.text import cells
from tests.support.screen import Terminal
from video_censor_personal.library.progress import LibraryProgress
from video_censor_personal.media.progress import Phase

HOUR = 3600.0
GB = 10**9


class Library:
    """A library whose progress goes to a log, and whose clock stands until told."""

    def __init__(self, films: Sequence[tuple[str, int]], paces: Mapping[str, float] | None = None) -> None:
        self.now = 100.0
        self.log = io.StringIO()
        self.progress = LibraryProgress(self.log, films, lambda: self.now, paces)

    def listen(
        self, film: str, seconds: int, speed: float = 10.0, length: float = HOUR
    ) -> Callable[[], None]:
        """Listen to a film for some seconds; return what ends that."""
        step = self.progress.of(film).begin("listening", length, unit="seconds")
        for _ in range(seconds):
            self.now += 1
            step.advance(speed)
        return step.close

    def whole(self, film: str, seconds: int) -> None:
        """Go through a film of an hour, in so many seconds; finish it."""
        self.listen(film, seconds, HOUR / seconds)()
        self.progress.finished(film)

    @property
    def summaries(self) -> list[str]:
        return [line for line in self.log.getvalue().splitlines() if line.startswith("films ")]

    def news(self) -> list[float]:
        """The estimates of now; they are not in the log any more."""
        estimates = self.estimates
        self.log.seek(0)
        self.log.truncate()
        return estimates

    @property
    def estimates(self) -> list[float]:
        """The seconds of each ETA."""
        told = [re.search(r"ETA (\d+):(\d+):(\d+)", line) for line in self.log.getvalue().splitlines()]
        return [int(each[1]) * 3600 + int(each[2]) * 60 + int(each[3]) for each in told if each]


def test_films_that_wait_have_no_lines() -> None:
    library = Library([(f"film-{number}", GB) for number in range(31)])
    for number in range(31):
        library.listen(f"film-{number}", 1, HOUR)()
    library.now += 10
    library.news()
    library.listen("film-3", 10)
    lines = [line for line in library.log.getvalue().splitlines() if not line.startswith("films ")]
    assert 3 <= len(lines) <= 10 / LINE_SECONDS + 1
    assert all("film-3  listening" in line for line in lines)


def test_a_log_gets_the_library_and_each_film_at_work_now_and_then() -> None:
    library = Library([("alien", GB), ("big-fish", GB), ("dune", GB)])
    library.progress.finished("dune")
    watching = library.progress.of("big-fish").begin("watching", 7020, 900, unit="seconds")
    library.listen("alien", 4)
    watching.advance(40)
    assert library.log.getvalue().splitlines() == [
        "films 1 of 3 · 0:15:30 of film",
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
    library = Library([("alien", GB), ("dune", GB)])
    alien = library.progress.of("alien")
    reading = alien.begin("reading the film", 4_000_000)
    library.now += LINE_SECONDS
    reading.advance(3_000_000)
    reading.close()
    library.now += LINE_SECONDS
    listening = alien.begin("listening", 60, unit="seconds")
    library.now += LINE_SECONDS
    listening.advance(30.9)
    listening.close()
    library.now += LINE_SECONDS
    alien.begin("writing", 60, unit="seconds").close()
    lines = [line for line in library.log.getvalue().splitlines() if not line.startswith("films")]
    assert lines == [
        "alien  reading the film 3.0 MB of 4.0 MB (75 %)",
        "alien  listening 0:00:00 of 0:01:00",
        "alien  listening 0:00:30 of 0:01:00, 10.3x",
        "alien  writing 0:00:00 of 0:01:00",
    ]


def test_the_rest_takes_as_long_as_what_was_done_for_each_byte() -> None:
    library = Library([("a", GB), ("b", 2 * GB), ("c", 3 * GB)])
    library.whole("a", 60)
    library.listen("b", 120, 2 * HOUR / 120, 2 * HOUR)()
    library.progress.finished("b")
    library.listen("c", 20, HOUR / 60, 3 * HOUR)
    assert library.estimates[-1] == pytest.approx(160, rel=0.1)


def test_films_at_the_same_time_take_less() -> None:
    films = [(f"film-{n}", GB) for n in range(8)]
    library = Library(films)
    for pair in (("film-0", "film-1"), ("film-2", "film-3")):
        steps = [library.progress.of(film).begin("x", HOUR, unit="seconds") for film in pair]
        for _ in range(60):
            library.now += 1
            for step in steps:
                step.advance(60)
        for step, film in zip(steps, pair, strict=True):
            step.close()
            library.progress.finished(film)
    library.listen("film-4", 4, 60)
    assert library.estimates[-1] == pytest.approx(120, rel=0.15)


def test_a_film_that_needs_nothing_is_no_work() -> None:
    some = [("a", GB), ("b", GB), ("c", GB)]
    library, among_others = Library(some), Library(some + [(f"done-{n}", 9 * GB) for n in range(50)])
    for n in range(50):
        among_others.progress.finished(f"done-{n}")
    for each in (library, among_others):
        each.whole("a", 60)
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
    library.progress.finished("a")  # a tenth of it took 36 seconds
    library.listen("b", 60)
    assert library.estimates[-1] == pytest.approx(300, rel=0.15)


def test_a_film_that_failed_at_once_does_not_make_the_rest_look_fast() -> None:
    films = [(f"film-{n}", GB) for n in range(20)]
    library = Library(films)
    library.whole("film-0", 60)
    for n in range(1, 10):
        library.listen(f"film-{n}", 1)()
        library.progress.finished(f"film-{n}")
    for n in range(10, 13):
        library.whole(f"film-{n}", 60)
    library.listen("film-13", 4)
    assert library.estimates[-1] == pytest.approx(7 * 60, rel=0.15)


FULL = "listening (speech) 0:10:00 of 0:40:00, 10.0x"
PACES = {"listening (speech)": 0.2, "listening (sound)": 0.01, "looking (nsfw)": 0.08}
COPY = {"writing the clean copy": 0.02, "checking the clean copy": 0.01}


@pytest.mark.parametrize("known", [True, False], ids=["a machine that is known", "the first film"])
@pytest.mark.parametrize("machine", [0.2, 1.0, 3.0])
@pytest.mark.parametrize("lump", [1.0, 30.0], ids=["bit by bit", "half minutes"])
def test_the_time_that_is_left_never_jumps(machine: float, known: bool, lump: float) -> None:
    """Each phase goes at a pace of its own; the machine is slower or faster than is usual."""
    true = {label: pace * machine for label, pace in (PACES | COPY).items()}
    library = Library([("film.mkv", GB)], true if known else None)
    library.progress.expect("film.mkv", [Phase(label, 2700.0) for label in true])
    told: list[tuple[float, float]] = []
    for label, pace in true.items():
        step = library.progress.of("film.mkv").begin(label, 2700.0, unit="seconds")
        size = lump if label in PACES else 1.0
        for _ in range(round(2700 / size)):
            library.now += size * pace
            step.advance(size)
            told += [(library.now, estimate) for estimate in library.news()]
        step.close()
    end = library.now
    rises = [after - before for (_, before), (_, after) in pairwise(told)]
    assert max(rises) <= max(2, 0.04 * told[0][1])
    whole = end - told[0][0]
    off = [abs(left - (end - now)) / whole for now, left in told]
    assert max(off) < (0.1 if known else 0.6)
    assert max(off[len(off) // 3 :]) < (0.1 if known else 0.3)
    assert told[-1][1] <= 0.05 * whole


def test_how_much_is_done_in_all_never_falls_and_is_all_only_at_the_end() -> None:
    library = Library([("film.mkv", GB)])
    library.progress.expect("film.mkv", [Phase(label, 100.0) for label in PACES | COPY])
    for label in PACES | COPY:
        step = library.progress.of("film.mkv").begin(label, 100.0, unit="seconds")
        for _ in range(100):
            library.now += 1
            step.advance(1)
        step.close()
    shares = [int(each) for each in re.findall(r"(\d+) % of all", library.log.getvalue())]
    assert shares == sorted(shares)
    assert shares[0] < 5
    assert 95 <= shares[-1] <= 99


def test_what_an_earlier_run_did_counts_at_once() -> None:
    library = Library([("film.mkv", GB)], PACES)
    speech = Phase("listening (speech)", 1000.0, 1000.0)
    library.progress.expect("film.mkv", [speech, Phase("looking (nsfw)", 1000.0, 500.0)])
    looking = library.progress.of("film.mkv").begin("looking (nsfw)", 1000.0, 500.0, "seconds")
    library.now += LINE_SECONDS
    looking.advance(1)
    (line,) = library.log.getvalue().splitlines()
    assert re.fullmatch(r"film\.mkv: looking \(nsfw\) 0:08:21 of 0:16:40, 0\.3x, [78]\d % of all.*", line), (
        line
    )


def test_a_phase_that_is_left_out_is_not_waited_for() -> None:
    library = Library([("film.mkv", GB)])
    phases = ["looking (nsfw)", "judging (llava)", "writing the clean copy"]
    library.progress.expect("film.mkv", [Phase(label, 100.0) for label in phases])
    for label in (phases[0], phases[2]):
        step = library.progress.of("film.mkv").begin(label, 100.0, unit="seconds")
        for _ in range(100):
            library.now += 1
            step.advance(1)
        step.close()
    assert re.findall(r"(\d+) % of all", library.log.getvalue())[-1] >= "97"


@pytest.mark.parametrize("name", ["film.mkv", "電影" * 40, "a" * 300 + ".mkv", "\x1b[2Jfilm\n.mkv"])
def test_one_film_has_lines_of_80_cells_at_most_with_time_total_and_rest(name: str) -> None:
    library = Library([(name, GB)], PACES)
    library.progress.expect(name, [Phase("listening (speech)", 2 * HOUR), Phase("looking (nsfw)", 2 * HOUR)])
    step = library.progress.of(name).begin("listening (speech)", 2 * HOUR, unit="seconds")
    for _ in range(60):
        library.now += 1
        step.advance(5)
    lines = library.log.getvalue().splitlines()
    assert max(map(cells, lines)) < 80
    assert re.search(r": listening \(speech\) 0:05:00 of 2:00:00, .*\d % of all, ETA 0:\d\d:\d\d$", lines[-1])
    assert "\x1b" not in library.log.getvalue()


def test_nothing_is_told_before_it_can_be() -> None:
    library = Library([("a", GB), ("b", GB)])
    library.listen("a", 7)
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
        "films 0 of 2 · 0:25:02 of film",
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
        (80, "films 0 of 2 · 0:02:30 of film · ETA 0:21:00"),
        (40, "films 0 of 2 · ETA 0:21:00"),
        (20, "films 0 of 2"),
    ],
)
def test_a_narrow_terminal_is_told_what_fits(columns: int, summary: str) -> None:
    now = [0.0]
    terminal = Terminal(columns)
    progress = LibraryProgress(terminal.stream, [("a", GB), ("b", GB)], lambda: now[0], {"listening": 0.4})
    step = progress.of("a").begin("listening", 1650, unit="seconds")
    now[0] += 60
    step.advance(150)
    assert terminal.lines("30" if columns < 40 else "2.5x", 2)[0] == summary
    progress.close()
    terminal.close()


@pytest.mark.parametrize(
    ("columns", "shown"),
    [
        (80, ["film.mkv  25 % ███████░░░░░░░░░░░░░░░░░░░░░░░  ETA 0:03:00", FULL]),
        (50, ["film.mkv  25 % █████░░░░░░░░░░░░░░░  ETA 0:03:00", FULL]),
        (40, ["film.mkv  25 % ██░░░░░░░░  ETA 0:03:00", "listening (speech) 0:10:00 of 0:40:00"]),
        (30, ["film.mkv  25 %  ETA 0:03:00", "list..ech) 0:10:00 of 0:40:00"]),
    ],
)
def test_one_film_has_a_line_for_all_and_one_for_what_is_done(columns: int, shown: list[str]) -> None:
    now = [0.0]
    terminal = Terminal(columns)
    paces = {"listening (speech)": 0.1}
    progress = LibraryProgress(terminal.stream, [("film.mkv", GB)], lambda: now[0], paces)
    step = progress.of("film.mkv").begin("listening (speech)", 2400, unit="seconds")
    now[0] += 60
    step.advance(600)
    assert terminal.lines(shown[1]) == shown
    write_lines(terminal.stream, "told\n")
    assert terminal.lines("told", 3)[0] == "told"
    progress.hide()
    write_lines(terminal.stream, "the end\n")
    assert terminal.lines("the end") == ["told", "the end"]
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
        re.fullmatch(r"films \d of 4.*|film-\d  (x|more).*", line)
        for line in library.log.getvalue().splitlines()
    )
    assert library.summaries
