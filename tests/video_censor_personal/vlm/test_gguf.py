"""What is wrong with a model's files is told by name, before a library that would not say it opens them."""

from __future__ import annotations

import struct
from pathlib import Path

import gguf
import numpy as np
import pytest

from tests.support.tiny_llava import PROJECTOR, TEXT, tiny_llava
from video_censor_personal.vlm.gguf import BadModel, read_header, vision_files


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    folder = tiny_llava(tmp_path)
    return {"text": folder / TEXT, "picture": folder / PROJECTOR}


def test_which_file_is_which_is_in_them_whatever_they_are_called(
    files: dict[str, Path], tmp_path: Path
) -> None:
    swapped = {"mmproj.gguf": files["text"], "llama.gguf": files["picture"]}
    for name, file in swapped.items():
        (tmp_path / name).write_bytes(file.read_bytes())
    found = vision_files(tmp_path / name for name in swapped)
    assert (found.language.name, found.projector.name, found.kind) == ("mmproj.gguf", "llama.gguf", "mlp")


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ([], r"0 GGUF files with a language model, one is needed$"),
        (["text"], r"0 GGUF files with a mmproj \(architecture clip\), one is needed: red.gguf$"),
        (["picture"], r"0 GGUF files with a language model, one is needed: red-mmproj.gguf$"),
        (["text", "other", "picture"], "2 GGUF files with a language model"),
        (["text", "picture", "other picture"], "2 GGUF files with a mmproj"),
    ],
    ids=["none", "no mmproj", "no language model", "two language models", "two mmproj"],
)
def test_there_must_be_one_of_each(
    files: dict[str, Path], tmp_path: Path, given: list[str], why: str
) -> None:
    for name, of in (("other", "text"), ("other picture", "picture")):
        files[name] = tmp_path / f"{name}.gguf"
        files[name].write_bytes(files[of].read_bytes())
    with pytest.raises(BadModel, match=why):
        vision_files(files[name] for name in given)


BROKEN = {
    "empty": (b"", "cannot be read: it is empty"),
    "a text": (b"hello, I am a model", "is no GGUF file"),
    "a web page": (b"<!DOCTYPE html><html>", "is no GGUF file"),
    "only the magic": (b"GGUF", "cut off or damaged"),
    "an old version": (b"GGUF" + struct.pack("<IQQ", 1, 0, 0), "of version 1; 2 and 3 are known"),
    "another byte order": (b"GGUF" + struct.pack(">IQQ", 3, 0, 0), "of version 50331648"),
    "a name that never ends": (b"GGUF" + struct.pack("<IQQQ", 3, 1, 1, 2**62), "cut off or damaged"),
    "a value of no kind": (b"GGUF" + struct.pack("<IQQQ1sI", 3, 1, 1, 1, b"x", 77), "cut off or damaged"),
    "values without end": (b"GGUF" + struct.pack("<IQQ", 3, 1, 2**60), "cut off or damaged"),
    "nothing in it": (b"GGUF" + struct.pack("<IQQ", 3, 0, 0), "is cut off"),
}


@pytest.mark.parametrize(("content", "why"), BROKEN.values(), ids=BROKEN)
def test_what_is_no_whole_file_is_refused_by_name(tmp_path: Path, content: bytes, why: str) -> None:
    file = tmp_path / "model.gguf"
    file.write_bytes(content)
    with pytest.raises(BadModel, match=why) as refused:
        read_header(file)
    assert str(refused.value).startswith("model.gguf ")


@pytest.mark.parametrize("which", ["text", "picture"])
@pytest.mark.parametrize("share", [0.001, 0.02, 0.1, 0.5, 0.9])
def test_a_file_that_was_cut_off_is_refused(files: dict[str, Path], which: str, share: float) -> None:
    content = files[which].read_bytes()
    files[which].write_bytes(content[: int(len(content) * share)])
    with pytest.raises(BadModel, match="cut off"):
        read_header(files[which])


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadModel, match=r"absent\.gguf cannot be read: No such file"):
        read_header(tmp_path / "absent.gguf")


def test_one_without_an_architecture_is_refused(tmp_path: Path) -> None:
    content = struct.pack("<4sIQQQ7sIIQ4sIQIQ", b"GGUF", 3, 1, 1, 7, b"general", 4, 1, 4, b"data", 1, 4, 0, 0)
    (tmp_path / "a.gguf").write_bytes(content.ljust(256, b"\0"))
    with pytest.raises(BadModel, match="does not say which architecture"):
        read_header(tmp_path / "a.gguf")


def test_values_of_every_kind_are_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "all.gguf"
    writer = gguf.GGUFWriter(file, "qwen2vl")
    kinds = gguf.GGUFValueType
    for name, kind, value in [
        ("a", kinds.UINT8, 1),
        ("b", kinds.INT16, -1),
        ("c", kinds.FLOAT32, 0.5),
        ("d", kinds.BOOL, True),
        ("e", kinds.UINT64, 2**40),
        ("f", kinds.FLOAT64, 0.5),
    ]:
        writer.add_key_value(name, value, kind)
    writer.add_array("g", [1, 2, 3])
    writer.add_array("h", ["one", "two"])
    writer.add_string("clip.projector_type", "idefics3")
    writer.add_custom_alignment(64)
    writer.add_tensor("t", np.zeros((4, 4), np.float32))
    for write in (writer.write_header_to_file, writer.write_kv_data_to_file, writer.write_tensors_to_file):
        write()
    writer.close()
    header = read_header(file)
    assert (header.architecture, header.projector) == ("qwen2vl", "idefics3")
