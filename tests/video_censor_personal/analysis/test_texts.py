"""What is written for a film, beside what is heard: which texts are read, placed, put right, distrusted."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from modeltasks.support.cancel import Cancelled
from tests.support.media_clips import Captions, Clip, Track, make_clip
from tests.video_censor_personal.analysis.bench import Bench, RecordedProgress, StopAt
from tests.video_censor_personal.analysis.small_detectors import Hearing
from video_censor_personal.analysis import AnalysisResult, EnabledDetector
from video_censor_personal.detectors.subtitles import SubtitlesDetector
from video_censor_personal.findings.coverage import coverage_lines

SECONDS = 30.0
PLAIN = {"align": False}
READER = EnabledDetector("reader", SubtitlesDetector, None, (), PLAIN)
LINES = (
    (2.0, "Somebody opened the window again"),
    (6.0, "because the kitchen was burning"),
    (10.0, "damn those neighbours over there"),
    (14.0, "never forget where your children sleep"),
    (18.0, "another winter without heating, damn"),
)
OTHERS = (
    (2.0, "Captain, every sailor jumped overboard"),
    (6.0, "throw that crappy cargo into water"),
    (10.0, "damn pirates stole seventeen barrels"),
    (14.0, "nothing remains except broken masts"),
    (18.0, "lighthouse keepers drink before breakfast"),
)
"""Those of another film."""


def said(lines: Iterable[tuple[float, str]], instead: dict[str, str] | None = None) -> tuple[str, ...]:
    """What is heard when these lines are spoken, with words that are heard as others."""
    return tuple(
        f"{start + 0.4 * number:.2f} {(instead or {}).get(word, word)}"
        for start, line in lines
        for number, word in enumerate(line.replace(",", "").split())
    )


def srt(lines: Iterable[tuple[float, str]], shift: float = 0.0, scale: float = 1.0) -> str:
    def stamp(time: float) -> str:
        return f"00:{int(time) // 60:02}:{time % 60:06.3f}".replace(".", ",")

    return "\n".join(
        f"{number}\n{stamp(start * scale + shift)} --> {stamp((start + 2.2) * scale + shift)}\n{text}\n"
        for number, (start, text) in enumerate(lines, 1)
    )


def ear(*words: str, **parameters: object) -> EnabledDetector:
    return EnabledDetector("ear", Hearing, "ear", (), {"said": words, **parameters})


EAR = ear(*said(LINES))


@pytest.fixture(scope="session")
def plain_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film without subtitles, of half a minute."""
    clip = Clip(seconds=SECONDS, size=(64, 48), rate=2, audio=(Track("flac", "mono", rate=8000),))
    return make_clip(tmp_path_factory.mktemp("texts") / "film.mkv", clip)


@pytest.fixture
def film(plain_film: Path, tmp_path: Path) -> Path:
    """The same in a folder of its own."""
    path = tmp_path / "shelf" / "film.mkv"
    path.parent.mkdir()
    os.link(plain_film, path)
    return path


def beside(film: Path, text: str | bytes, name: str = "film.srt") -> Path:
    path = film.parent / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def times(result: AnalysisResult) -> list[tuple[float, float]]:
    return [(round(each.start, 1), round(each.end, 1)) for each in result.segments]


def knew(result: AnalysisResult) -> list[set[str]]:
    """The detectors that knew of each segment."""
    return [{hit.detector for hit in each.detections} for each in result.segments]


def read(result: AnalysisResult) -> list[tuple[str | None, int | None, bool]]:
    """The file or stream of each text that is told of, and whether too little of it was read."""
    return [(each.file, each.stream, each.is_incomplete) for each in result.coverage if each.kind == "text"]


DAMN = [(10.0, 10.3), (19.6, 19.9)]


def test_a_word_that_both_know_is_one_segment_with_the_times_of_the_speech(bench: Bench, film: Path) -> None:
    beside(film, srt(LINES))
    result = bench.run(film, EAR, READER)
    assert times(result) == DAMN
    assert knew(result) == [{"ear", "reader"}] * 2
    assert result.warnings == ()
    assert read(result) == [("film.srt", None, False)]


def test_a_word_that_only_the_text_knows_is_hidden_where_another_was_heard(bench: Bench, film: Path) -> None:
    beside(film, srt(LINES))
    result = bench.run(film, ear(*said(LINES, {"damn": "down"})), READER)
    assert times(result) == DAMN
    assert knew(result) == [{"reader"}] * 2


def test_a_word_that_only_the_speech_knows_is_hidden(bench: Bench, film: Path) -> None:
    beside(film, srt(LINES).replace("damn", "darn"))
    result = bench.run(film, EAR, READER)
    assert (times(result), knew(result)) == (DAMN, [{"ear"}] * 2)


@pytest.mark.parametrize("masked", ["d***", "d@mn", "[bleep]", "(expletive)", "****"])
def test_a_masked_word_is_the_one_that_was_heard(bench: Bench, film: Path, masked: str) -> None:
    beside(film, srt(LINES).replace("damn", masked))
    result = bench.run(film, EAR, READER)
    assert (times(result), knew(result)) == (DAMN, [{"ear", "reader"}] * 2)


@pytest.mark.parametrize(
    ("shift", "scale", "told"),
    [
        (3.0, 1.0, "s late"),
        (-1.6, 1.0, "s early"),
        (9.5, 1.0, "s late"),
        (0.0, 25 / 23.976, ""),
        (4.0, 24 / 25, "s late"),
    ],
)
def test_a_text_that_is_off_is_put_right(
    bench: Bench, film: Path, shift: float, scale: float, told: str
) -> None:
    beside(film, srt(LINES, shift, scale))
    result = bench.run(film, ear(*said(LINES, {"damn": "down"})), READER)
    assert times(result) == DAMN
    assert [told in each for each in result.warnings] == ([True] if told else [])
    assert read(result) == [("film.srt", None, False)]


def test_a_text_of_another_film_hides_nothing_and_is_not_called_read(bench: Bench, film: Path) -> None:
    beside(film, srt(OTHERS))
    result = bench.run(film, EAR, READER)
    assert (times(result), knew(result)) == (DAMN, [{"ear"}] * 2)
    (warning,) = result.warnings
    assert warning.startswith("reader: film.srt was not trusted")
    assert read(result) == [("film.srt", None, True)]
    assert "another film" in coverage_lines(result.coverage)[-1]


def test_a_text_that_goes_on_after_the_film_is_of_another_one(bench: Bench, film: Path) -> None:
    beside(film, srt([(start + 25 * number, text) for number, (start, text) in enumerate(LINES)]))
    result = bench.run(film, READER)
    assert result.segments == ()
    assert read(result) == [("film.srt", None, True)]
    assert "after the end of the film" in result.warnings[0]


def test_without_speech_a_text_is_taken_as_it_is(bench: Bench, film: Path) -> None:
    beside(film, srt(OTHERS))
    result = bench.run(film, READER)
    assert [each.labels[1] for each in result.segments] == ["crap", "damn"]
    for segment, start in zip(result.segments, (6.0, 10.0), strict=True):
        assert start <= segment.start < segment.end <= start + 2.2
    assert result.warnings == ()


def test_a_translation_of_what_was_heard_hides_nothing_and_is_told(bench: Bench, film: Path) -> None:
    beside(film, srt(OTHERS), "film.en.srt")
    result = bench.run(film, ear(*said(LINES), language="fr"), READER)
    assert knew(result) == [{"ear"}] * 2
    assert read(result) == [("film.en.srt", None, False)]
    assert "translates" in coverage_lines(result.coverage)[-1]


def test_a_translation_of_what_nobody_can_judge_is_taken_as_it_is(bench: Bench, film: Path) -> None:
    beside(film, srt(OTHERS), "film.en.srt")
    result = bench.run(film, ear(*said(LINES), language="sv"), READER)
    assert {"crap", "damn"} <= {hit.label for each in result.segments for hit in each.detections}


def test_a_text_of_no_known_language_is_in_that_of_the_speech_it_fits(bench: Bench, film: Path) -> None:
    lines = [(start, text.replace("damn", "putain")) for start, text in LINES]
    beside(film, srt(lines))
    result = bench.run(film, ear(*said(lines), language="fr"), READER)
    assert [each.labels[1] for each in result.segments] == ["putain"] * 2
    assert times(result) == DAMN


def test_what_is_forced_is_taken_as_it_is(bench: Bench, film: Path) -> None:
    beside(film, srt(OTHERS), "film.forced.en.srt")
    result = bench.run(film, EAR, READER)
    assert "crap" in {each.labels[1] for each in result.segments}
    assert read(result) == [("film.forced.en.srt", None, False)]


def test_a_name_that_is_no_text_is_told_by_its_bytes(bench: Bench, film: Path) -> None:
    odd = film.rename(film.parent / os.fsdecode(b"f\xe9lm.mkv"))
    beside(odd, b"", os.fsdecode(b"f\xe9lm.srt"))
    beside(odd, srt(LINES), os.fsdecode(b"f\xe9lm.en.srt"))
    result = bench.run(odd, READER)
    assert [each.labels[1] for each in result.segments] == ["damn", "damn"]
    assert read(result) == [("f\\xe9lm.en.srt", None, False), ("f\\xe9lm.srt", None, True)]


UNREADABLE = {"noise": bytes(range(256)) * 9, "nothing": b"", "no times": b"Only prose here.\n" * 20}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_a_text_that_is_garbage_is_named_and_the_rest_is_read(bench: Bench, film: Path, kind: str) -> None:
    beside(film, UNREADABLE[kind], "film.en.srt")
    beside(film, srt(LINES), "film.eng.srt")
    result = bench.run(film, READER)
    assert [each.labels[1] for each in result.segments] == ["damn", "damn"]
    assert read(result) == [("film.en.srt", None, True), ("film.eng.srt", None, False)]
    assert result.warnings[0].startswith("reader: film.en.srt (en) was not read: ")


def test_another_encoding_is_said(bench: Bench, film: Path) -> None:
    beside(film, srt(LINES).replace("neighbours", "señoras").encode("cp1252"))
    result = bench.run(film, READER)
    assert result.warnings == ("reader: film.srt: it is not UTF-8, and was read as cp1252",)
    assert len(result.segments) == 2


def test_a_film_without_a_text_is_no_failure(bench: Bench, film: Path) -> None:
    result = bench.run(film, EAR, READER)
    assert (times(result), result.warnings, read(result), result.not_listening) == (DAMN, (), [], ())


LANGUAGES: list[tuple[dict[str, object], list[str], str]] = [
    ({}, ["film.en.srt", "film.srt"], "film.fr.srt (fr), film.sv.srt (sv)"),
    ({"tracks": "all", "words": ("zut",)}, ["film.en.srt", "film.fr.srt", "film.srt", "film.sv.srt"], ""),
    (
        {"language": "fr", "words": ("zut",)},
        ["film.fr.srt", "film.srt"],
        "film.en.srt (en), film.sv.srt (sv)",
    ),
]


@pytest.mark.parametrize(("parameters", "wanted", "left"), LANGUAGES)
def test_the_language_says_what_is_read_and_the_rest_is_named(
    bench: Bench, film: Path, parameters: dict[str, object], wanted: list[str], left: str
) -> None:
    for name in ("film.en.srt", "film.fr.srt", "film.srt", "film.sv.srt"):
        beside(film, srt(LINES), name)
    result = bench.run(film, replace(READER, parameters={**PLAIN, **parameters}))
    assert [file for file, _, _ in read(result)] == wanted
    assert result.warnings == ((f"no detector read {left}",) if left else ())


def test_tracks_of_the_film_are_read_and_pictures_are_named(bench: Bench, tmp_path: Path) -> None:
    lines = tuple((start, start + 2.2, text) for start, text in LINES)
    tracks = (
        Captions("srt", "eng", lines),
        Captions("ass", "eng", tuple((start, end, "{\\i1}" + text) for start, end, text in lines), "SDH"),
        Captions("hdmv_pgs_subtitle", "eng", ((1.0, 2.0, b"\x16\x00\x00"),)),
        Captions("srt", "fre", lines),
    )
    path = make_clip(tmp_path / "film.mkv", Clip(seconds=SECONDS, size=(64, 48), rate=2, subtitles=tracks))
    result = bench.run(path, READER)
    assert [each.labels[1] for each in result.segments] == ["damn", "damn"]
    assert {hit.reason.split(" is ")[0] for each in result.segments for hit in each.detections} == {
        "'damn' in subtitle stream 2",
        "'damn' in subtitle stream 3",
    }
    assert read(result) == [(None, 2, False), (None, 3, False), (None, 4, False)]
    assert "pictures (PGS)" in coverage_lines(result.coverage)[0]
    assert result.warnings[-1] == "no detector read subtitle stream 5 (fre)"
    assert "subtitle stream 4 (eng) was not read" in result.warnings[0]


def test_the_length_of_the_film_is_not_that_of_its_text(bench: Bench, film: Path) -> None:
    beside(film, srt([*LINES, (40.0, "the end, damn")]))
    result = bench.run(film, READER)
    assert result.duration == pytest.approx(SECONDS, abs=0.2)


def test_only_a_text_that_came_or_changed_is_read(bench: Bench, film: Path) -> None:
    first = beside(film, srt(LINES), "film.en.srt")
    assert bench.run(film, EAR, READER).observed == ("ear", "reader")
    assert bench.run(film, EAR, READER).observed == ()

    second = beside(film, srt(LINES).replace("burning", "crappy burning"), "film.eng.srt")
    result = bench.run(film, EAR, READER)
    assert (result.observed, len(result.segments)) == (("reader",), 3)

    second.unlink()
    result = bench.run(film, EAR, READER)
    assert (result.observed, len(result.segments)) == ((), 2)

    first.write_text(srt(LINES).replace("winter", "crappy winter"))
    result = bench.run(film, EAR, READER)
    assert (result.observed, len(result.segments)) == (("reader",), 3)


def test_an_edit_of_the_list_reads_nothing_again(bench: Bench, film: Path) -> None:
    beside(film, srt(LINES))
    bench.run(film, EAR, READER)
    result = bench.run(film, EAR, replace(READER, parameters={**PLAIN, "words": ("kitchen",)}))
    assert (result.observed, len(result.segments)) == ((), 3)


def test_a_reading_that_was_stopped_goes_on_where_it_was(bench: Bench, tmp_path: Path) -> None:
    path = make_clip(tmp_path / "film.mkv", Clip(seconds=600.0, size=(64, 48), rate=1, audio=()))
    lines = [(float(start), f"line {start} damn") for start in range(0, 590, 4)]
    beside(path, srt(lines))
    whole = Bench(tmp_path / "whole").run(path, READER)
    bench.progress = StopAt(bench.cancel, "reader, film.srt", 0.6)
    with pytest.raises(Cancelled):
        bench.run(path, READER)
    shown = RecordedProgress()
    again = replace(bench, progress=shown, cancel=Bench(tmp_path).cancel)
    assert again.run(path, READER).segments == whole.segments
    assert len(whole.segments) == len(lines)
    assert sum(shown.shown["reading (reader, film.srt)"][1:]) < 400
