from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pytest

from modeltasks.support.cancel import CancelToken
from tests.support.media_clips import Clip, make_clip
from video_censor_personal.config import parse_config
from video_censor_personal.errors import OutputRefused, WouldOverwrite
from video_censor_personal.findings.observations import Hit
from video_censor_personal.findings.segments import Segment
from video_censor_personal.media.errors import FilmChanged
from video_censor_personal.media.notes import FilmFacts
from video_censor_personal.media.probe import probe
from video_censor_personal.media.sidecars import sidecars
from video_censor_personal.render.clean_copy import Copier, CopyRequest

SRT = b"1\r\n00:00:00,200 --> 00:00:00,900\r\nOh, <i>hell</i>o hell\r\n"
CLEAN = b"1\r\n00:00:00,200 --> 00:00:00,900\r\nOh, <i>hell</i>o ****\r\n"
HIT = Hit(0.4, 0.6, "Profanity", "hell", 1.0, "speech", "", "hell")
WORD = Segment("w", 0.4, 0.6, "Profanity", ("Profanity",), "", 1.0, detections=(HIT,))


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return make_clip(tmp_path / "film.mp4", Clip(1.0, size=(64, 48)))


@pytest.fixture
def copier(tmp_path: Path) -> Copier:
    return Copier(tmp_path / "notes", CancelToken())


def request(film: Path, output: Path, subtitles: str = "{}", *segments: Segment) -> CopyRequest:
    config = parse_config(
        "detectors: [{type: scripted, categories: [Profanity]}]\n"
        f"remediation: {{audio: {{enabled: true, categories: [Profanity]}}, subtitles: {subtitles}}}",
        "c.yaml",
    )
    facts = FilmFacts(hashlib.sha256(film.read_bytes()).hexdigest(), probe(film))
    beside = sidecars(film, lambda path: hashlib.sha256(path.read_bytes()).hexdigest())
    read = frozenset(each.name for each in beside)
    return CopyRequest(facts, output, segments or (WORD,), config, (), read, beside)


def test_files_lie_beside_the_copy_by_its_name(tmp_path: Path, film: Path, copier: Copier) -> None:
    (tmp_path / "film.en.srt").write_bytes(SRT)
    (tmp_path / "film.de.forced.SRT").write_bytes(SRT.replace(b"hell\r", b"da\r"))
    output = tmp_path / "clean" / "film.clean.mp4"

    copier.copy(request(film, output))

    beside = {each.name: each.read_bytes() for each in output.parent.iterdir() if each != output}
    assert beside == {
        "film.clean.en.srt": CLEAN,
        "film.clean.de.forced.SRT": SRT.replace(b"hell\r", b"da\r"),
    }
    assert (tmp_path / "film.en.srt").read_bytes() == SRT


def test_what_nothing_is_done_to_is_there_too(tmp_path: Path, film: Path, copier: Copier) -> None:
    (tmp_path / "film.srt").write_bytes(SRT)
    allowed = replace(WORD, allow=True)
    copier.copy(request(film, tmp_path / "film.clean.mp4", "{}", allowed))
    assert (tmp_path / "film.clean.srt").read_bytes() == SRT


def test_none_are_there_where_none_are_wanted(tmp_path: Path, film: Path, copier: Copier) -> None:
    (tmp_path / "film.srt").write_bytes(SRT)
    wanted = replace(request(film, tmp_path / "film.clean.mp4", "{beside: false}"), beside=())
    copier.copy(wanted)
    assert not (tmp_path / "film.clean.srt").exists()


@pytest.mark.parametrize("change", ["edited", "gone", "another", "the film's is edited"])
def test_a_copy_is_up_to_date_only_with_its_files(
    tmp_path: Path, film: Path, copier: Copier, change: str
) -> None:
    source, clean = tmp_path / "film.srt", tmp_path / "film.clean.srt"
    source.write_bytes(SRT)
    copier.copy(request(film, tmp_path / "film.clean.mp4"))
    assert copier.current(request(film, tmp_path / "film.clean.mp4")) is not None
    assert copier.beside(tmp_path / "film.clean.mp4") == (clean,)

    if change == "edited":
        clean.write_bytes(SRT)
    elif change == "gone":
        clean.unlink()
    elif change == "another":
        (tmp_path / "film.fr.srt").write_bytes(SRT)
    else:
        source.write_bytes(SRT.replace(b"Oh", b"Ah"))

    assert copier.current(request(film, tmp_path / "film.clean.mp4")) is None
    assert copier.beside(tmp_path / "film.clean.mp4") == (() if change in ("edited", "gone") else (clean,))


def test_ours_are_replaced(tmp_path: Path, film: Path, copier: Copier) -> None:
    (tmp_path / "film.srt").write_bytes(SRT)
    copier.copy(request(film, tmp_path / "film.clean.mp4"))
    (tmp_path / "film.srt").write_bytes(SRT.replace(b"Oh", b"Ah"))
    copier.copy(request(film, tmp_path / "film.clean.mp4"))
    assert (tmp_path / "film.clean.srt").read_bytes() == CLEAN.replace(b"Oh", b"Ah")


def test_a_file_of_somebody_else_is_refused_before_the_render(
    tmp_path: Path, film: Path, copier: Copier
) -> None:
    (tmp_path / "film.srt").write_bytes(SRT)
    (tmp_path / "film.clean.srt").write_bytes(b"mine")
    wanted = request(film, tmp_path / "film.clean.mp4")
    for refused in (
        lambda: copier.plan(wanted.film.info, wanted.output, wanted.config),
        lambda: copier.copy(wanted),
    ):
        with pytest.raises(WouldOverwrite, match=r"film\.clean\.srt"):
            refused()
    assert (tmp_path / "film.clean.srt").read_bytes() == b"mine"
    assert not wanted.output.exists()


def test_the_film_s_own_file_is_never_written(tmp_path: Path, film: Path, copier: Copier) -> None:
    (tmp_path / "film.srt").write_bytes(SRT)
    wanted = request(film, tmp_path / "film.mkv")
    with pytest.raises(OutputRefused, match=r"film\.srt") as caught:
        copier.plan(wanted.film.info, wanted.output, wanted.config)
    assert "beside" in caught.value.fix
    assert (tmp_path / "film.srt").read_bytes() == SRT
    # As the advice says.
    without = replace(request(film, tmp_path / "film.mkv", "{beside: false}"), beside=())
    assert copier.copy(without).written


def test_a_file_that_changes_meanwhile_stops_the_copy(tmp_path: Path, film: Path, copier: Copier) -> None:
    (tmp_path / "film.srt").write_bytes(SRT)
    wanted = request(film, tmp_path / "film.clean.mp4")
    (tmp_path / "film.srt").write_bytes(SRT.replace(b"Oh", b"Ah"))
    with pytest.raises(FilmChanged, match=r"film\.srt"):
        copier.copy(wanted)
    assert {each.name for each in tmp_path.iterdir()} <= {"film.mp4", "film.srt", "notes"}


NAMED: dict[str, tuple[str, bytes, str]] = {
    "no text": ("film.srt", bytes(range(256)) * 20, "film.srt is not beside film.clean.mp4: it is not text"),
    "no times": ("film.srt", b"What the hell?", "there is no text with a time in it"),
    "pictures": ("film.sup", b"PG", "it consists of pictures (PGS)"),
    "left": ("film.srt", SRT, "film.srt is as it was, with the words that are hidden in the sound"),
}


@pytest.mark.parametrize("name", NAMED)
def test_what_is_not_clean_is_named(tmp_path: Path, film: Path, copier: Copier, name: str) -> None:
    file, content, warning = NAMED[name]
    (tmp_path / file).write_bytes(content)
    style = "{mode: leave}" if name == "left" else "{}"
    copy = copier.copy(request(film, tmp_path / "film.clean.mp4", style))
    assert any(warning in each for each in copy.warnings), copy.warnings
    assert (tmp_path / f"film.clean{Path(file).suffix}").exists() is (name == "left")


def test_a_file_that_nobody_read_is_named(tmp_path: Path, film: Path, copier: Copier) -> None:
    (tmp_path / "film.ru.srt").write_bytes(SRT)
    copy = copier.copy(replace(request(film, tmp_path / "film.clean.mp4"), read=frozenset()))
    assert any("no detector read film.ru.srt (ru)" in each for each in copy.warnings)
    assert (tmp_path / "film.clean.ru.srt").read_bytes() == CLEAN


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path, film: Path, copier: Copier) -> None:
    (tmp_path / "film.srt").write_bytes(SRT)
    (tmp_path / "locked").mkdir(mode=0o500)
    with pytest.raises(OutputRefused):
        copier.copy(request(film, tmp_path / "locked" / "film.clean.mp4"))
