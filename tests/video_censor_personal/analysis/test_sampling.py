"""What a frame detector is shown of real films, and for how long what it saw there holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path

import numpy as np
import pytest

from modeltasks.report.progress import NoProgress, Progress
from modeltasks.support.cancel import Cancelled, CancelToken
from tests.support.shot_films import red_film, red_model, red_runs
from tests.video_censor_personal.analysis.bench import StopAt
from video_censor_personal.analysis import Analyser, AnalysisRequest, EnabledDetector
from video_censor_personal.detectors.catalog import detector_type
from video_censor_personal.findings.policy import Policy
from video_censor_personal.media.frames import read_pictures
from video_censor_personal.media.probe import Film

Spans = list[tuple[float, float]]


@dataclass
class Eye:
    """Looks for red in films, and keeps what it was shown and what it said."""

    folder: Path
    step: float = 0.5
    threshold: float = 0.5
    progress: Progress = field(default_factory=NoProgress)
    cancel: CancelToken = field(default_factory=CancelToken)

    def spans(self, film: Path) -> Spans:
        """From when until when red was found."""
        model = red_model(self.folder / "model")
        parameters = {"threshold": self.threshold}
        eye = EnabledDetector("eye", detector_type("nsfw"), "red", ("Nudity",), parameters)
        policy = Policy(merge_gap=0.0)
        analyser = Analyser(
            self.folder / "cache", lambda _: model, progress=self.progress, cancel=self.cancel
        )
        result = analyser.analyse(AnalysisRequest(Film(film), (eye,), policy, self.step))
        return [(each.start, each.end) for each in result.segments]

    def kept(self) -> dict[str, bytes]:
        folder = self.folder / "cache" / "observations"
        return {path.name: path.read_bytes() for path in folder.iterdir()}

    def looks(self) -> int:
        """How many pictures were looked at: an observation each."""
        (content,) = self.kept().values()
        return len(content.splitlines()) - 2


def exact(found: Spans, truth: Spans, times: Sequence[float], end: float) -> None:
    """Assert that each span is found, with at most one picture too many on either side."""
    assert len(found) == len(truth), (found, truth)
    for (start, until), (first, last) in zip(found, truth, strict=True):
        before = max((time for time in times if time < first - 1e-6), default=0.0)
        after = min((time for time in [*times, end] if time > last + 1e-6), default=end)
        assert before - 0.001 <= start <= first + 1e-6, (found, truth)
        assert last - 1e-6 <= until <= after + 0.001, (found, truth)


def runs(rate: int, *seconds_and_pictures: tuple[float, int], length: float = 9.0) -> list[float]:
    reds = [0.0] * round(length * rate)
    for start, count in seconds_and_pictures:
        first = round(start * rate)
        reds[first : first + count] = [1.0] * count
    return reds


@pytest.mark.parametrize("step", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("rate", [24, 25, 30, 60])
def test_every_shot_is_found_to_the_picture(tmp_path: Path, rate: int, step: float) -> None:
    reds = runs(rate, (0.62, 3), (1.13, 5), (2.71, 4), (3.9, round(0.3 * rate)), (5.2, 2 * rate), (8.1, 3))
    film = red_film(tmp_path / "film.mp4", reds, rate)
    times = [number / rate for number in range(len(reds))]
    end = len(reds) / rate
    exact(Eye(tmp_path, step).spans(film), red_runs(reds, times, end), times, end)


@pytest.mark.parametrize("step", [0.5, 1.0, 2.0])
def test_pictures_of_any_length_are_found(tmp_path: Path, step: float) -> None:
    random = np.random.default_rng(11)
    lengths = random.choice([0.02, 0.033, 0.04, 0.1, 0.25, 0.7], 160)
    times = [round(each, 3) for each in accumulate(lengths, initial=0.0)][:-1]
    reds = [float(number % 20 in (7, 8, 9)) for number in range(len(times))]
    film = red_film(tmp_path / "film.mkv", reds, times=times)
    end = times[-1] + 1.0
    exact(Eye(tmp_path, step).spans(film), red_runs(reds, times, end), times, end)


def test_one_picture_of_a_twenty_fifth_of_a_second_is_found(tmp_path: Path) -> None:
    reds = runs(25, (1.72, 1))
    assert Eye(tmp_path).spans(red_film(tmp_path / "film.mp4", reds)) == [(1.72, 1.76)]


@pytest.mark.parametrize("rest", ["quiet", "moving", "still"])
@pytest.mark.parametrize("step", [0.5, 1.0, 3.0])
def test_a_film_of_one_shot_costs_the_grid(tmp_path: Path, rest: str, step: float) -> None:
    eye = Eye(tmp_path, step)
    assert eye.spans(red_film(tmp_path / "film.mp4", [0.0] * 240, rest=rest)) == []
    assert eye.looks() == round(-(-9.6 // step))


def test_a_picture_held_long_is_looked_at_once(tmp_path: Path) -> None:
    times = [0.0, 0.04, 0.08, 2.5, 2.54, 2.58, 2.62, 2.66]
    eye = Eye(tmp_path)
    eye.spans(red_film(tmp_path / "film.mkv", [0.0] * len(times), times=times))
    assert eye.looks() <= len(times)


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.7])
def test_what_comes_and_goes_softly_is_never_taken_for_shorter_than_it_is(
    tmp_path: Path, threshold: float
) -> None:
    """It is between two grid times, and no cut leads to it."""
    up = [number / 6 for number in range(1, 6)]
    reds = [*[0.0] * 53, *up, *[1.0] * 8, *up[::-1], *[0.0] * 60]
    eye = Eye(tmp_path, step=1.0, threshold=threshold)
    ((start, end),) = eye.spans(red_film(tmp_path / "film.mp4", reds))
    ((first, last),) = red_runs(reds, [number / 25 for number in range(len(reds))], 99.0, 0.7)
    assert 2.0 < start <= first
    assert last <= end < 3.0


def test_another_threshold_finds_the_same_shots_without_another_look(tmp_path: Path) -> None:
    film = red_film(tmp_path / "film.mp4", runs(25, (1.2, 5), (4.6, 40)))
    found = [Eye(tmp_path, threshold=each).spans(film) for each in (0.5, 0.1, 0.9)]
    assert found == [[(1.2, 1.4), (4.6, 6.2)]] * 3
    assert len(Eye(tmp_path).kept()) == 1


def test_a_span_stops_at_the_cut_where_both_shots_count(tmp_path: Path) -> None:
    reds = runs(25, (2.2, 30))
    reds[70:85] = [0.6] * 15
    eye = Eye(tmp_path, threshold=0.01)
    assert eye.spans(red_film(tmp_path / "film.mp4", reds)) == [(2.2, 3.4)]


@pytest.mark.parametrize("step", [8.0, 20.0])
def test_a_coarse_grid_finds_shots_too(tmp_path: Path, step: float) -> None:
    """More pictures lie between two grid times than are held."""
    reds = runs(25, (3.0, 4), (10.0, 90), length=24.0)
    found = Eye(tmp_path, step).spans(red_film(tmp_path / "film.mp4", reds))
    assert found == [(3.0, 3.16), (10.0, 13.6)]


BUSY = [float(number // 7 % 3 == 0) for number in range(30 * 25)]


@pytest.mark.parametrize(
    ("suffix", "share"),
    [(".mp4", 0.2), (".mp4", 0.95), (".mkv", 0.45), (".ts", 0.2), (".ts", 0.7), (".avi", 0.95)],
)
def test_a_resumed_run_has_the_same_result(
    tmp_path: Path, busy_films: Path, suffix: str, share: float
) -> None:
    film = busy_films / f"film{suffix}"
    stopped = Eye(tmp_path / "a")
    stopped.progress = StopAt(stopped.cancel, "eye", share)
    with pytest.raises(Cancelled):
        stopped.spans(film)
    (draft,) = stopped.kept()
    assert draft.startswith(".")
    again, fresh = Eye(tmp_path / "a"), Eye(tmp_path / "b")
    assert again.spans(film) == fresh.spans(film)
    assert again.kept() == fresh.kept()


@pytest.fixture(scope="session")
def busy_films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half a minute with a cut every few pictures."""
    folder = tmp_path_factory.mktemp("busy")
    for suffix in (".mp4", ".mkv", ".ts", ".avi"):
        red_film(folder / f"film{suffix}", BUSY)
    return folder


def test_no_film_costs_more_than_its_pictures(tmp_path: Path, busy_films: Path) -> None:
    eye = Eye(tmp_path)
    film = busy_films / "film.mp4"
    times = [picture.time for picture in read_pictures(Film(film).info, 64)]
    exact(eye.spans(film), red_runs(BUSY, times, 30.0), times, 30.0)
    assert eye.looks() <= len(BUSY)


def test_observations_tile_the_film(tmp_path: Path, busy_films: Path) -> None:
    """Whatever the threshold, no moment is without a verdict."""
    eye = Eye(tmp_path, threshold=0.0)
    assert eye.spans(busy_films / "film.mkv") == [(0.0, 30.0)]
