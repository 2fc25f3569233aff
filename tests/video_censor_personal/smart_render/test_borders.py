"""Cuts begin and end where pictures change."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import pytest

from tests.support.media_clips import Clip, Track, make_clip
from video_censor_personal.edits.cuts import FOR_GOOD
from video_censor_personal.edits.values import Cut
from video_censor_personal.media.probe import probe
from video_censor_personal.smart_render.borders import place_cuts
from video_censor_personal.smart_render.index import read_indexes

SIZE = (64, 48)
STEADY = Clip(seconds=2.0, size=SIZE, audio=())
STANDING = Clip(seconds=4.0, size=SIZE, audio=(), frame_times=(0.0, 0.1, 2.0, 2.1, 3.5))
LATE = Clip(seconds=3.0, size=SIZE, audio=(Track(),), frame_times=tuple(1 + n / 25 for n in range(50)))
FILM = Clip(seconds=2.0, size=SIZE, rate=Fraction(24000, 1001), audio=())
SOUND = Clip(seconds=2.0, video=None, audio=(Track("flac"),))


def placed(source: Path, *cuts: Cut) -> list[tuple[float, float]]:
    info = probe(source)
    spans = place_cuts(info, cuts, read_indexes(info)).spans
    return [(float(start), float("inf") if end == FOR_GOOD else float(end)) for start, end in spans]


END = float("inf")
PLACES: dict[str, tuple[Clip, tuple[Cut, ...], list[tuple[float, float]]]] = {
    "between pictures": (STEADY, (Cut(0.5, 0.9),), [(0.48, 0.92)]),
    "at the time of a picture": (STEADY, (Cut(0.52, 0.9),), [(0.52, 0.92)]),
    "up to a picture": (STEADY, (Cut(0.5, 0.92),), [(0.48, 0.96)]),
    "shorter than a picture": (STEADY, (Cut(0.5, 0.51),), [(0.48, 0.52)]),
    "without length": (STEADY, (Cut(0.5, 0.5),), [(0.48, 0.52)]),
    "from the beginning": (STEADY, (Cut(0.0, 0.1),), [(0.0, 0.12)]),
    "to the end": (STEADY, (Cut(1.5, 2.0),), [(1.48, END)]),
    "beyond the end": (STEADY, (Cut(1.5, 99.0),), [(1.48, END)]),
    "behind the end": (STEADY, (Cut(50.0, 99.0),), []),
    "all": (STEADY, (Cut(0.0, 99.0),), [(0.0, END)]),
    "two with a picture in common": (STEADY, (Cut(0.5, 0.61), Cut(0.63, 0.7)), [(0.48, 0.72)]),
    "two with one between": (STEADY, (Cut(0.5, 0.55), Cut(0.61, 0.7)), [(0.48, 0.56), (0.6, 0.72)]),
    "within a picture that stands": (STANDING, (Cut(1.0, 1.2),), [(1.0, 1.2)]),
    "a picture that stands, but for a little": (STANDING, (Cut(0.3, 1.8),), [(0.1, 2.0)]),
    "the beginning of a picture that stands": (STANDING, (Cut(0.05, 0.6),), [(0.0, 0.6)]),
    "no length, within a picture that stands": (STANDING, (Cut(1.0, 1.0),), [(0.1, 2.0)]),
    "before the first picture": (LATE, (Cut(0.3, 0.5),), [(0.3, 0.5)]),
    "into the first picture": (LATE, (Cut(0.3, 1.05),), [(0.3, 1.08)]),
    "a sound": (SOUND, (Cut(0.3137, 0.5001),), [(0.3137, 0.5001)]),
    "a sound, to its end": (SOUND, (Cut(1.5, 2.1),), [(1.5, END)]),
    "a sound, without length": (SOUND, (Cut(1.5, 1.5),), []),
}


PICTURE = Fraction(1001, 24000)
EXACT: dict[str, tuple[Cut, int, int]] = {
    "a float": (Cut(float(12 * PICTURE), float(17 * PICTURE)), 12, 18),
    "rounded down": (Cut(0.166833, 0.709041), 4, 18),
    "rounded up": (Cut(0.083417, 0.709042), 2, 18),
    "1 ms before": (Cut(0.4995, 0.708), 11, 17),
    "1 ms after": (Cut(0.5015, 0.71), 12, 18),
}
"""Cuts that start and end about where pictures begin; the first that is taken, and the first behind it."""


@pytest.mark.parametrize("name", EXACT)
def test_microseconds_do_not_decide_which_pictures_are_taken(tmp_path: Path, name: str) -> None:
    cut, first, behind = EXACT[name]
    info = probe(make_clip(tmp_path / "film.mp4", FILM))

    spans = place_cuts(info, (cut,), read_indexes(info)).spans

    assert spans == ((first * PICTURE, behind * PICTURE),)


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
@pytest.mark.parametrize("name", PLACES)
def test_a_cut_takes_the_pictures_of_any_moment_of_it(tmp_path: Path, name: str, suffix: str) -> None:
    clip, cuts, expected = PLACES[name]
    found = placed(make_clip(tmp_path / f"film{suffix}", clip), *cuts)
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert one == pytest.approx(other, abs=0.0006)


def test_films_whose_packets_do_not_say_when_they_are_shown_are_decoded(tmp_path: Path) -> None:
    """A raw stream has no clock."""
    source = make_clip(tmp_path / "film.m1v", Clip(video="mpeg1video", size=SIZE, audio=()))
    info = probe(source)
    with av.open(str(source)) as film:
        times = [frame.pts for frame in film.decode(video=0)]
    assert placed(source, Cut(0.5, 0.9)) == [pytest.approx((0.48, 0.92), abs=0.01)], (info.duration, times)


def test_each_of_many_cuts_is_placed(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "film.mp4", Clip(seconds=12.0, size=SIZE, audio=(), options={"g": "250"}))
    cuts = tuple(Cut(0.1 + number * 0.4, 0.2 + number * 0.4) for number in range(29))
    found = placed(source, *cuts)
    assert len(found) == 29
    for (start, end), cut in zip(found, cuts, strict=True):
        assert start <= cut.start < start + 1 / 25 + 1e-6
        assert end - 1 / 25 - 1e-6 <= cut.end < end
        assert Fraction(start).limit_denominator(1000) * 25 % 1 == 0
