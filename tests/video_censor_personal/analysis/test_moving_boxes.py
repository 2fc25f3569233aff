"""Squares that move through films, from pictures to a plan: no pixel of them is left to be seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from pathlib import Path

import pytest

from modeltasks.report.progress import NoProgress, Progress
from modeltasks.support.cancel import Cancelled, CancelToken
from tests.support.color_box_net import color_box_net
from tests.support.moving_boxes import Motion, MovingFilm, Place, Seen, bouncing, circling, seen, zigzag
from tests.video_censor_personal.analysis.bench import StopAt
from video_censor_personal.analysis import Analyser, AnalysisRequest, EnabledDetector
from video_censor_personal.config.values import VideoRemediation
from video_censor_personal.detectors.catalog import detector_type
from video_censor_personal.detectors.installed_model import InstalledModel
from video_censor_personal.edits.plan import plan_picture
from video_censor_personal.findings.policy import Policy
from video_censor_personal.findings.segments import Segment
from video_censor_personal.media.probe import Film

STEP = 0.5
ROOM = (290.0, 150.0)
SPEEDS = {100: 25.0, 300: 75.0, 500: 125.0, 800: 200.0}
"""Pixels a second in 1280 x 720, and here."""
BOXED = VideoRemediation(enabled=True, mode="box", area="boxes")


@dataclass
class Eye:
    """A nudenet detector with a real network that finds squares."""

    folder: Path
    step: float = STEP
    progress: Progress = field(default_factory=NoProgress)
    cancel: CancelToken = field(default_factory=CancelToken)

    def segments(self, film: Path) -> tuple[Segment, ...]:
        model = self.folder / "model"
        model.mkdir(exist_ok=True)
        (model / "net.onnx").write_bytes(color_box_net())
        installed = InstalledModel(model, ("net.onnx",), "net")
        eye = EnabledDetector("eye", detector_type("nudenet"), "net", ("Nudity",), {})
        analyser = Analyser(
            self.folder / "cache", lambda _: installed, progress=self.progress, cancel=self.cancel
        )
        return analyser.analyse(AnalysisRequest(Film(film), (eye,), Policy(), self.step)).segments

    def kept(self) -> dict[str, bytes]:
        folder = self.folder / "cache" / "observations"
        return {path.name: path.read_bytes() for path in folder.iterdir()}

    def looks(self) -> int:
        """At how many pictures something was seen."""
        moments = [line for content in self.kept().values() for line in content.splitlines()[1:-1]]
        return len({line.split(b'"moment":')[1] for line in moments if b'"score":0.9' in line})


def hidden(folder: Path, film: MovingFilm, step: float = STEP, suffix: str = ".mp4") -> tuple[Seen, Eye]:
    """Analyse the film and plan a copy; return what could be seen of its squares in that."""
    eye = Eye(folder, step)
    segments = eye.segments(film.write(folder / f"film{suffix}"))
    return seen(film, plan_picture(segments, BOXED)), eye


def leaving(speed: float) -> Motion:
    """Out at the right, and back a second later."""

    def at(moment: float) -> Place:
        out = 90 / speed
        left = 230 + speed * moment if moment < out else 320 - speed * (moment - out - 1)
        return (left, 60.0) if left < 320 else None

    return at


def jumping(speed: float, seconds: float) -> Motion:
    """To and fro between two places, moving at each."""

    def at(moment: float) -> Place:
        times, since = divmod(moment + 1e-6, seconds)
        return (40 + speed * since, 40.0) if times % 2 else (240 - speed * since, 110.0)

    return at


def films(speed: float) -> dict[str, MovingFilm]:
    slow = 0.5 * speed
    return {
        "straight": MovingFilm([bouncing((speed, 0.3 * speed), (10, 40), ROOM)]),
        "to and fro in step with the looks": MovingFilm([zigzag(speed, (100, 40), STEP / 2)]),
        "to and fro": MovingFilm([zigzag(speed, (90, 40), 0.37)]),
        "around": MovingFilm([circling(speed, (140, 70), 50)]),
        "two that cross": MovingFilm(
            [bouncing((speed, 0), (10, 60), ROOM), bouncing((-speed, 0.1 * speed), (280, 60), ROOM)]
        ),
        "three": MovingFilm(
            [
                bouncing((speed, slow), (10, 20), ROOM),
                bouncing((-slow, speed), (250, 110), ROOM),
                circling(slow, (140, 70), 50),
            ]
        ),
        "one that leaves and comes back": MovingFilm([leaving(speed)]),
        "across cuts": MovingFilm([jumping(min(speed, 150), 1.3)], cuts=[1.3, 2.6, 3.9, 5.2]),
    }


@pytest.mark.parametrize("what", films(1.0))
@pytest.mark.parametrize("speed", SPEEDS)
def test_no_pixel_is_left_and_nothing_flickers(tmp_path: Path, speed: int, what: str) -> None:
    found, _ = hidden(tmp_path, films(SPEEDS[speed])[what])
    assert (found.pixels, found.switches) == (0, 0), found
    # Of the picture 1.6 % is the square; and it is grown by 15 % on each side.
    assert found.extra < 0.06
    assert found.whole < 0.05


ODD: dict[str, MovingFilm] = {
    "24 pictures a second": replace(films(200.0)["straight"], rate=24),
    "60 pictures a second": replace(films(200.0)["to and fro"], rate=60),
    "pictures of any length": replace(
        films(125.0)["two that cross"],
        times=[0.0, *accumulate((0.033, 0.1, 0.02, 0.2) * 20)],
    ),
}


@pytest.mark.parametrize("film", ODD.values(), ids=ODD)
def test_whenever_pictures_appear(tmp_path: Path, film: MovingFilm) -> None:
    found, _ = hidden(tmp_path, film, suffix=".mkv")
    assert (found.pixels, found.switches) == (0, 0), found


@pytest.mark.parametrize("step", [1.0, 3.0])
def test_however_seldom_one_looks(tmp_path: Path, step: float) -> None:
    found, _ = hidden(tmp_path, films(200.0)["straight"], step)
    assert (found.pixels, found.switches) == (0, 0), found


def test_a_film_of_full_size(tmp_path: Path) -> None:
    film = MovingFilm(
        [bouncing((640.0, 480.0), (100, 200), (1160, 600))], seconds=3.0, width=1280, height=720, side=120
    )
    found, _ = hidden(tmp_path, film)
    assert (found.pixels, found.switches) == (0, 0), found
    assert found.extra < 0.03


@pytest.mark.parametrize(
    ("speed", "most"),
    [(0.0, 1.0), (8.0, 1.0), (25.0, 2.5), (75.0, 7.0)],
    ids=["still", "slow", "walking", "fast"],
)
def test_it_costs_only_where_boxes_are_fast(tmp_path: Path, speed: float, most: float) -> None:
    """In looks for each one of the grid."""
    _, eye = hidden(tmp_path, MovingFilm([bouncing((speed, 0.2 * speed), (60, 40), ROOM)], seconds=8.0))
    assert eye.looks() <= most * 8.0 / STEP + 1


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_a_run_that_was_stopped_finds_the_same(tmp_path: Path, share: float) -> None:
    film = MovingFilm([jumping(100, 1.7)], seconds=12.0, cuts=[1.7 * number for number in range(1, 7)])
    path = film.write(tmp_path / "film.mp4")
    folders = tmp_path / "stopped", tmp_path / "fresh"
    for folder in folders:
        folder.mkdir()
    eye = Eye(folders[0])
    eye.progress = StopAt(eye.cancel, "eye", share)
    with pytest.raises(Cancelled):
        eye.segments(path)
    resumed = Eye(folders[0]).segments(path)
    assert resumed == Eye(folders[1]).segments(path)
    assert Eye(folders[0]).kept() == Eye(folders[1]).kept()


def test_shots_and_moments_are_told(tmp_path: Path) -> None:
    film = MovingFilm([jumping(20, 1.2)], seconds=3.6, cuts=[1.2, 2.4])
    (segment,) = Eye(tmp_path).segments(film.write(tmp_path / "film.mp4"))
    (hit,) = segment.detections
    assert [each.shot for each in hit.sightings] == sorted(each.shot or 0.0 for each in hit.sightings)
    assert {each.shot for each in hit.sightings} == {0.0, 1.2, 2.4}
    for each in hit.sightings:
        assert each.moment is not None
        assert each.start <= each.moment <= each.end
        place = film.motions[0](each.moment)
        assert place is not None
        assert (each.box.left * 320, each.box.top * 180) == pytest.approx(place, abs=2)


TURNS: Sequence[int] = (0, 90, 180, 270)


@pytest.mark.parametrize("turn", TURNS)
def test_boxes_are_where_they_are_in_the_picture_as_it_is_stored(tmp_path: Path, turn: int) -> None:
    film = MovingFilm([bouncing((40.0, 10.0), (30, 20), ROOM)], seconds=2.0)
    path = turned(film.write(tmp_path / "film.mp4"), tmp_path / "turned.mp4", turn)
    found = seen(film, plan_picture(Eye(tmp_path).segments(path), BOXED))
    assert (found.pixels, found.whole) == (0, 0.0)
    assert found.extra < 0.03


def turned(film: Path, path: Path, degrees: int) -> Path:
    """Copy a film; the copy asks players to turn it."""
    import av

    with av.open(str(film)) as source, av.open(str(path), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        if degrees:
            stream.set_display_rotation(degrees)
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    return path
