from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.video_censor_personal.export.exported import ODD_NAME, film, seen, spoken
from video_censor_personal.errors import OutputRefused, WouldOverwrite
from video_censor_personal.export.edl import BEGIN
from video_censor_personal.export.formats import FORMATS, Format, write_export
from video_censor_personal.export.stretches import ExportInput

FOUND = film(spoken(1.1, 2.0), seen(10.0, 12.0))
MORE = film(spoken(1.1, 2.0), seen(10.0, 12.0), seen(20.0, 22.0))

each_format = pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS)


def write(path: Path, form: Format, source: ExportInput = FOUND, **more: bool) -> bool:
    return write_export(path, form, source, path.parent / "notes", **more)


def test_each_format_has_its_own_suffix() -> None:
    assert len({form.suffix for form in FORMATS.values()}) == len(FORMATS)
    assert all(form.suffix.startswith(".") and name == form.name for name, form in FORMATS.items())


@each_format
def test_it_is_written_once_and_again_when_something_changed(form: Format, tmp_path: Path) -> None:
    path = tmp_path / "made" / f"Film{form.suffix}"
    assert write(path, form)
    first, stat = path.read_bytes(), path.stat()
    assert not write(path, form)
    assert path.stat() == stat
    assert write(path, form, MORE)
    assert path.read_bytes() != first
    assert write(path, form)
    assert path.read_bytes() == first
    assert [each.name for each in path.parent.iterdir() if each.name != "notes"] == [path.name]


@each_format
def test_what_others_made_stays(form: Format, tmp_path: Path) -> None:
    path = tmp_path / f"Film{form.suffix}"
    path.write_text("1 2 0\n")
    with pytest.raises(WouldOverwrite, match="is not known here to be as this program made it"):
        write(path, form)
    assert path.read_text() == "1 2 0\n"
    assert write(path, form, overwrite=True)
    assert write(path, form, MORE)


@each_format
def test_ours_is_known_wherever_it_was_moved_to(form: Format, tmp_path: Path) -> None:
    write(tmp_path / "before", form)
    (tmp_path / "before").rename(tmp_path / "after")
    assert write(tmp_path / "after", form, MORE)


@each_format
def test_what_somebody_edited_is_not_lost(form: Format, tmp_path: Path) -> None:
    path = tmp_path / f"Film{form.suffix}"
    write(path, form)
    with path.open("a") as stream:
        stream.write("50 51 0\n")
    if form.shared is None:
        with pytest.raises(WouldOverwrite):
            write(path, form, MORE)
    else:
        write(path, form, MORE)
    assert "50 51 0\n" in path.read_text()


@each_format
def test_the_same_content_is_ours_without_any_note(form: Format, tmp_path: Path) -> None:
    path = tmp_path / f"Film{form.suffix}"
    path.write_bytes(form.render(FOUND).encode())
    assert not write(path, form)
    assert write(path, form, MORE)


@each_format
def test_any_name_of_a_film_can_be_told(form: Format, tmp_path: Path) -> None:
    source = film(*FOUND.segments, name=ODD_NAME)
    path = tmp_path / "x"
    assert write(path, form, source)
    text = path.read_bytes().decode("utf-8")
    assert not {"\x1b", "\u202e"} & set(text)


def test_an_edl_of_others_is_kept_even_with_overwrite_whatever_its_encoding(tmp_path: Path) -> None:
    path = tmp_path / "Film.edl"
    path.write_bytes(b"## caf\xe9\r\n50 51 0\n")
    write(path, FORMATS["edl"], overwrite=True)
    assert path.read_bytes().startswith(BEGIN.encode())
    assert path.read_bytes().endswith(b"\n## caf\xe9\r\n50 51 0\n")
    assert not write(path, FORMATS["edl"])


def test_where_nothing_can_be_noted_what_was_written_is_there(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("in the way")
    assert write(tmp_path / "x", FORMATS["csv"])
    assert not write(tmp_path / "x", FORMATS["csv"])


def test_the_film_itself_is_never_written_to(tmp_path: Path) -> None:
    path = tmp_path / "film.mcf"
    path.write_bytes(b"a film")
    with pytest.raises(OutputRefused, match="the film itself"):
        write_export(path, FORMATS["mcf"], film(name=str(path)), tmp_path, overwrite=True)
    assert path.read_bytes() == b"a film"


@pytest.mark.parametrize("make", ["link", "folder", "pipe"])
def test_what_is_no_file_is_refused(make: str, tmp_path: Path) -> None:
    path = tmp_path / "Film.edl"
    target = tmp_path / "target"
    target.write_text("theirs")
    match make:
        case "link":
            path.symlink_to(target)
        case "folder":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
    with pytest.raises(OutputRefused):
        write(path, FORMATS["edl"], overwrite=True)
    assert target.read_text() == "theirs"
