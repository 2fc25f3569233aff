from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.media_clips import Clip, Track, make_clip, png
from video_censor_personal.media.errors import MediaError
from video_censor_personal.media.probe import probe

RICH = Clip(
    audio=(
        Track("aac", "5.1", language="eng", disposition=1),
        Track("ac3", "stereo", language="spa", title="Español"),
    ),
    subtitles=(("subrip", "eng"), ("ass", "spa")),
    chapters=((0.0, 1.0, "One"), (1.0, 2.5, "Two")),
    attachment=("font.ttf", "font/ttf", b"not really a font"),
    cover=png(),
)


def test_a_rich_file_is_described_whole(tmp_path: Path) -> None:
    info = probe(make_clip(tmp_path / "film.mkv", RICH))

    assert [(s.kind, s.codec, s.language) for s in info.streams] == [
        ("video", "h264", None),
        ("audio", "aac", "eng"),
        ("audio", "ac3", "spa"),
        ("subtitle", "subrip", "eng"),
        ("subtitle", "ass", "spa"),
        ("attachment", "", None),
        ("video", "png", None),
    ]
    first, second = info.of_kind("audio")
    assert (first.channels, first.layout, first.rate, first.is_default) == (6, "5.1", 48000, True)
    assert (second.channels, second.title, second.is_default) == (2, "Español", False)
    assert [(c.start, c.end, c.title) for c in info.chapters] == [(0.0, 1.0, "One"), (1.0, 2.5, "Two")]
    assert info.duration == pytest.approx(2.5, abs=0.1)


def test_a_cover_picture_is_no_film(tmp_path: Path) -> None:
    info = probe(make_clip(tmp_path / "film.mp4", Clip(cover=png())))

    (film,) = info.of_kind("video")
    assert (film.codec, film.width, film.height) == ("h264", 160, 120)
    assert [s.codec for s in info.streams if s.is_attached_picture] == ["png"]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov"])
def test_a_late_track_says_when_it_starts(tmp_path: Path, suffix: str) -> None:
    info = probe(make_clip(tmp_path / f"film{suffix}", Clip(audio=(Track("ac3", start=1.5),))))

    (track,) = info.of_kind("audio")
    assert track.start == pytest.approx(1.5, abs=0.01)
    assert info.origin == 0.0


def test_the_time_line_begins_where_a_transport_stream_does(tmp_path: Path) -> None:
    info = probe(make_clip(tmp_path / "film.ts", Clip()))

    assert info.origin > 0
    assert min(s.start for s in info.streams if s.start is not None) == pytest.approx(0.0, abs=0.001)


@pytest.mark.parametrize("suffix", [".flv", ".avi", ".mpg", ".ts", ".mp4", ".mkv", ".mov"])
def test_a_whole_file_of_any_kind_is_not_taken_as_cut_off(tmp_path: Path, suffix: str) -> None:
    clip = Clip(
        video="mpeg2video" if suffix == ".mpg" else "libx264", audio=(Track("libmp3lame", rate=44100),)
    )

    assert probe(make_clip(tmp_path / f"film{suffix}", clip)).duration == pytest.approx(2.5, abs=0.2)


def half(path: Path) -> Path:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    return path


def a_folder(folder: Path) -> Path:
    (folder / "film.mp4").mkdir()
    return folder / "film.mp4"


def a_text(folder: Path) -> Path:
    (folder / "film.mp4").write_text("no film, only words\n" * 50)
    return folder / "film.mp4"


def a_picture(folder: Path) -> Path:
    (folder / "film.png").write_bytes(png())
    return folder / "film.png"


def an_empty_file(folder: Path) -> Path:
    (folder / "film.mp4").touch()
    return folder / "film.mp4"


def a_loop_of_links(folder: Path) -> Path:
    (folder / "film.mp4").symlink_to(folder / "film.mp4")
    return folder / "film.mp4"


BAD: dict[str, tuple[Callable[[Path], Path], str]] = {
    "missing": (lambda folder: folder / "film.mp4", "no such file"),
    "below a file": (lambda folder: make_clip(folder / "a.mp4") / "film.mp4", "no such file"),
    "a loop of links": (a_loop_of_links, "Too many levels"),
    "a folder": (a_folder, "folder"),
    "a text": (a_text, "kind|file"),
    "a picture": (a_picture, "png"),
    "empty": (an_empty_file, "empty"),
    "mp4 cut off": (lambda folder: half(make_clip(folder / "film.mp4")), "cut off"),
    "mkv cut off": (lambda folder: half(make_clip(folder / "film.mkv", Clip(seconds=6))), "cut off"),
    "cover only": (
        lambda folder: make_clip(folder / "a.mp4", Clip(video=None, audio=(), cover=png())),
        "neither moving pictures nor sound",
    ),
}


@pytest.mark.parametrize("notes", [None, "notes"])
@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_used_is_named_with_a_reason(tmp_path: Path, name: str, notes: str | None) -> None:
    make, reason = BAD[name]
    path = make(tmp_path)

    with pytest.raises(MediaError, match=reason) as failure:
        probe(path, tmp_path / notes if notes else None)

    assert str(path) in failure.value.what
    assert failure.value.fix


def test_a_picture_is_called_one(tmp_path: Path) -> None:
    path = tmp_path / "holiday.png"
    path.write_bytes(png())
    with pytest.raises(MediaError, match=r"it is a picture \(png\)"):
        probe(path)
