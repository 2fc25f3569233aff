"""Chapters that players jump over, beside those of the film."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import pytest

from tests.support.media_clips import Clip, Track, make_clip
from tests.video_censor_personal.render.spoilt import Spoil, spoilt
from video_censor_personal.config.values import VideoRemediation
from video_censor_personal.edits.cuts import Cuts
from video_censor_personal.edits.values import Edits
from video_censor_personal.errors import OutputRefused
from video_censor_personal.export.chapters import Part
from video_censor_personal.media.info import Chapter, MediaInfo
from video_censor_personal.media.probe import probe
from video_censor_personal.render.assembly import Work
from video_censor_personal.render.chapters import copy_chapters
from video_censor_personal.render.mux import RenderReport, render
from video_censor_personal.render.streams import plan_streams
from video_censor_personal.render.verify import Told, verify_render

SCENE = Part(500, 900, "skip: Nudity [90%]")
LATER = Part(1200, 1600, 'skip: Ünlü "x"; =1 [50%]')
TWO = ((0.0, 1.0, "One"), (1.0, 2.5, "Two"))
PICTURE = Clip(size=(64, 48), rate=10, chapters=TWO)
VP9 = replace(PICTURE, video="libvpx-vp9", audio=(Track("libopus"),))

FILMS = {
    "mkv": PICTURE,
    "mp4": PICTURE,
    "mov": PICTURE,
    "webm": VP9,
    **{kind: replace(PICTURE, video=None) for kind in ("m4a", "m4b", "mka")},
    "mp3": replace(PICTURE, video=None, audio=(Track("libmp3lame"),)),
    **{kind: replace(VP9, video=None) for kind in ("ogg", "opus")},
}

SKIPS = Work(video=VideoRemediation(skip_chapters=True))


def made(film: Path, target: Path, *skips: Part) -> tuple[RenderReport, list[str]]:
    """Return a copy with these chapters, and what its check says."""
    report = render(plan_streams(probe(film), target, work=SKIPS), Edits(skips=skips))
    return report, verify_render(report.plan, target, report.work, Told(report.copied))


def shown(path: Path) -> list[tuple[float, str]]:
    """Return the chapters as a player sees them."""
    with av.open(path) as container:
        found = [
            (round(float(each["start"] * (each["time_base"] or 0)), 3), each["metadata"].get("title", ""))
            for each in container.chapters()
        ]
    return sorted(found)


@pytest.mark.parametrize("kind", FILMS)
def test_they_stand_beside_the_film_s_own_in_every_container_with_chapters(tmp_path: Path, kind: str) -> None:
    film, target = make_clip(tmp_path / "film.mkv", FILMS[kind]), tmp_path / f"copy.{kind}"
    _, problems = made(film, target, SCENE, LATER)
    assert problems == []
    assert shown(target) == [
        *((0.0, "One"), (0.5, SCENE.title), (0.9, "One"), (1.0, "Two"), (1.2, LATER.title), (1.6, "Two")),
    ]


def test_a_film_without_chapters_goes_on_under_its_name(tmp_path: Path) -> None:
    film = make_clip(tmp_path / "My film.mkv", replace(PICTURE, chapters=()))
    made(film, tmp_path / "copy.mkv", SCENE)
    assert shown(tmp_path / "copy.mkv") == [(0.0, "My film"), (0.5, SCENE.title), (0.9, "My film")]


def test_there_may_be_more_than_an_mp4_s_list_holds(tmp_path: Path) -> None:
    film, target = make_clip(tmp_path / "film.mp4", replace(PICTURE, chapters=())), tmp_path / "copy.mp4"
    skips = [Part(time, time + 3, f"skip: {time}") for time in range(6, 2400, 6)]
    _, problems = made(film, target, *skips)
    assert problems == []
    assert [title for _, title in shown(target) if title.startswith("skip")] == [s.title for s in skips]


def test_what_lies_past_the_film_is_left_out(tmp_path: Path) -> None:
    film = make_clip(tmp_path / "film.mkv", PICTURE)
    _, problems = made(film, tmp_path / "copy.mkv", SCENE, Part(9000, 9500, "skip: nothing [50%]"))
    assert problems == []
    assert shown(tmp_path / "copy.mkv") == [*((0.0, "One"), (0.5, SCENE.title), (0.9, "One"), (1.0, "Two"))]


@pytest.mark.parametrize("kind", ["mkv", "mp4"])
@pytest.mark.parametrize("without", [SCENE, LATER], ids=["earlier", "later"])
def test_a_copy_that_lacks_one_or_has_it_elsewhere_is_no_copy(
    tmp_path: Path, kind: str, without: Part
) -> None:
    film, target = make_clip(tmp_path / f"film.{kind}", PICTURE), tmp_path / f"copy.{kind}"
    report, _ = made(film, target, SCENE, LATER)
    wanted = report.work
    for given, problem in (
        ((SCENE, LATER, Part(2000, 2200, "skip: more [50%]")), "chapters instead of"),
        (tuple(each for each in (SCENE, LATER) if each != without), "chapters instead of"),
        ((SCENE, replace(LATER, start=1300)), "is at 1.200 s instead of 1.300 s"),
        ((SCENE, replace(LATER, title="skip: other")), "instead of 'skip: other'"),
    ):
        work = replace(wanted, edits=Edits(skips=given))
        assert problem in "; ".join(verify_render(report.plan, target, work, Told(report.copied)))


def test_a_copy_that_lost_all_is_no_copy(tmp_path: Path) -> None:
    report, _ = made(make_clip(tmp_path / "film.mkv", PICTURE), tmp_path / "copy.mkv", SCENE)
    lost = spoilt(tmp_path / "copy.mkv", Spoil(keep_chapters=False))
    problems = verify_render(report.plan, lost, report.work, Told(report.copied))
    assert problems == ["it has 0 chapters instead of 4"]


@pytest.mark.parametrize("kind", ["wav", "flac", "aac", "aiff"])
def test_a_container_without_chapters_is_refused_before_the_render(tmp_path: Path, kind: str) -> None:
    film = make_clip(tmp_path / "film.mkv", replace(PICTURE, video=None, chapters=()))
    with pytest.raises(OutputRefused, match="players jump over: such a file keeps none") as refusal:
        plan_streams(probe(film), tmp_path / f"copy.{kind}", work=SKIPS)
    suffix = refusal.value.fix.partition("suffix ")[2].partition(",")[0]
    plan_streams(probe(film), tmp_path / f"copy{suffix}", work=SKIPS)
    assert [each.name for each in tmp_path.iterdir()] == ["film.mkv"]


FILM = MediaInfo(Path("/films/f.mkv"), "matroska", 100.0, Fraction(0), (), (Chapter(0.0, 60.0, "One"),))


@pytest.mark.parametrize(
    ("cuts", "expected"),
    [
        ((), [(0.0, 20.0, "One"), (20.0, 30.0, "skip"), (30.0, 100.0, "One")]),
        # what is cut out before it moves it
        (((5, 10),), [(0.0, 15.0, "One"), (15.0, 25.0, "skip"), (25.0, 95.0, "One")]),
        # a part of it that is cut out shortens it
        (((25, 40),), [(0.0, 20.0, "One"), (20.0, 25.0, "skip"), (25.0, 85.0, "One")]),
        # what is wholly cut out is gone; the film's own chapter goes on
        (((19, 31),), [(0.0, 19.0, "One"), (19.0, 88.0, "One")]),
        (((0, 20), (30, 100)), [(0.0, 10.0, "skip")]),
    ],
)
def test_cuts_move_and_shorten_them(
    cuts: tuple[tuple[int, int], ...], expected: list[tuple[float, float, str]]
) -> None:
    found = copy_chapters(
        FILM,
        Edits(skips=(Part(20000, 30000, "skip"),)),
        Cuts.of((Fraction(start), Fraction(end)) for start, end in cuts),
    )
    assert [(each.start, each.end, each.title) for each in found] == expected
