from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from modeltasks.errors import ConfigError
from modeltasks.spec import Checksum, HubRef, ModelFile, ModelSpec
from modeltasks.store import Store
from modeltasks.store.platform import Platform

SUM = Checksum("sha256", "0" * 64)
FILE = ModelFile("model.bin", SUM, 7)
SPEC = ModelSpec("m", (FILE,), ("https://example.org/m.bin",), HubRef("acme/m"))

OUTSIDE = [
    *(
        "../x",
        "../../x",
        "a/../../x",
        "a/..",
        "..",
        ".",
        "./x",
        "a/./x",
        "",
        "/",
        "/etc/x",
        "//host/x",
        "a//b",
        "a/",
    ),
    *(
        "..\\x",
        "a\\b",
        "\\x",
        "C:x",
        "C:/x",
        "c:\\x",
        "a\0b",
        "\0",
        "a\nb",
        "a\x1b[2Jb",
        "a\x7f",
        "\udce4.bin",
    ),
    *("x" * 256, "é" * 128, "a/" + "x" * 300 + "/b", None, 7, b"model.bin", Path("x"), ("x",)),
]
NOT_EVERYWHERE = ["con", "sub/AUX.txt", "a:b", "what?.bin", "a*", '"a"', "<a", "a|b", "a.", "a /b", "..."]
INSIDE = [
    "a",
    "a b",
    "a/b/c.bin",
    ".hidden",
    "..a",
    "a..b",
    "größe/重み.bin",
    "x" * 255,
    "-a",
    "~/a",
    "%2e%2e/a",
    "conx",
]


@pytest.mark.parametrize("path", OUTSIDE, ids=ascii)
def test_a_file_stays_inside_its_folder(path: Any) -> None:
    with pytest.raises(ConfigError, match="cannot be a file of a model"):
        ModelFile(path, SUM)


@pytest.mark.parametrize("path", NOT_EVERYWHERE)
def test_a_model_has_files_that_every_system_can_write(path: str) -> None:
    with pytest.raises(ConfigError, match="cannot be a file of a model"):
        ModelSpec("m", (ModelFile(path, SUM),), ())


@pytest.mark.parametrize("path", INSIDE)
def test_other_paths_lie_in_the_folder_of_the_model(tmp_path: Path, path: str) -> None:
    spec = ModelSpec("m", (ModelFile(path, SUM),), ())
    place = Store(tmp_path, Platform.of("linux")).path(spec, spec.files[0])
    assert place.resolve().is_relative_to(tmp_path / "m")
    assert place.resolve() != tmp_path / "m"


@pytest.mark.parametrize(
    "name",
    [
        *(
            "",
            ".",
            "..",
            "../m",
            "a/b",
            "/m",
            "a\\b",
            ".hidden",
            "_x",
            "-x",
            "a b",
            "a:b",
            "a\n",
            "a\0",
            "é",
            "con",
        ),
        *("NUL.v2", "a.", "x" * 201, None, 7, b"m"),
    ],
    ids=ascii,
)
def test_a_name_is_one_folder(name: Any) -> None:
    with pytest.raises(ConfigError, match="cannot be the name of a model"):
        ModelSpec(name, (FILE,), ())


@pytest.mark.parametrize("size", [-1, 1.0, 7.5, "7", True, False, b"7", [7]], ids=repr)
def test_a_size_is_a_number_of_bytes(size: Any) -> None:
    with pytest.raises(ConfigError, match=r"the size of 'model\.bin'"):
        ModelFile("model.bin", SUM, size)


@pytest.mark.parametrize("checksum", [None, "sha256:" + "0" * 64, "0" * 64, 7])
def test_a_file_has_a_checksum(checksum: Any) -> None:
    with pytest.raises(ConfigError, match="a Checksum is expected"):
        ModelFile("model.bin", checksum)


@pytest.mark.parametrize(
    ("algorithm", "digest"),
    [
        ("sha3", "0" * 64),
        ("SHA256", "0" * 64),
        (None, "0" * 64),
        (["sha256"], "0" * 64),
        ("sha256", "0" * 63),
        ("sha256", "g" * 64),
        ("sha256", "A" * 64),
        ("sha256", "../" + "0" * 61),
        ("sha256", "0" * 63 + "\n"),
        ("sha256", "²" * 64),
        ("sha256", None),
        ("sha256", 7),
        ("sha256", b"0" * 64),
        ("md5", "0" * 64),
    ],
)
def test_a_checksum_is_a_digest(algorithm: Any, digest: Any) -> None:
    with pytest.raises(ConfigError):
        Checksum(algorithm, digest)


@pytest.mark.parametrize("text", [None, 7, b"0" * 64])
def test_a_checksum_is_read_from_text(text: Any) -> None:
    with pytest.raises(ConfigError, match="text is expected"):
        Checksum.parse(text)


@pytest.mark.parametrize(
    ("repo", "revision"),
    [
        *(
            (repo, "main")
            for repo in (
                "",
                "acme/",
                "/m",
                "a/b/c",
                "../m",
                "acme/..",
                "acme/m..x",
                "a b/m",
                "a/b\n",
                "a--b",
                "a/b.git",
                "-a/b",
                "a/b.",
            )
        ),
        *((repo, "main") for repo in ("https://host/a/m", "acme/m?x", None, 7)),
        *(("acme/m", rev) for rev in ("", "a b", "a..b", "a@b", "a:b", "a\0", "a\n", "a^", None, 7)),
    ],
    ids=ascii,
)
def test_a_hub_reference_is_a_repository_and_a_revision(repo: Any, revision: Any) -> None:
    with pytest.raises(ConfigError):
        HubRef(repo, revision)


@pytest.mark.parametrize("repo", ["acme/m", "gpt2", "a-b/c_d.e", "_a/b.git.c"])
@pytest.mark.parametrize("revision", ["main", "f" * 40, "v1.0", "refs/pr/1", "größe"])
def test_what_hubs_have_can_be_referred_to(repo: str, revision: str) -> None:
    assert HubRef(repo, revision).repo == repo


@pytest.mark.parametrize(
    "change",
    [
        {"files": [FILE]},
        {"files": ("model.bin",)},
        {"files": None},
        {"files": (FILE, ModelFile("b", SUM), FILE)},
        {"files": (FILE, ModelFile("model.bin", Checksum("md5", "0" * 32)))},
        {"sources": ["https://example.org/m.bin"]},
        {"sources": "https://example.org/m.bin"},
        {"sources": ("ftp://example.org/m.bin",)},
        {"sources": ("/models/m.bin",)},
        {"sources": ("javascript:alert(1)",)},
        {"sources": ("https:",)},
        {"sources": ("https://example.org/a\r\nHost: evil",)},
        {"sources": (None,)},
        {"hub": "acme/m"},
        {"hub": ("acme/m", "main")},
        {"license": 7},
        {"license": b"MIT"},
        {"optional": "no"},
        {"allow_pickle": 1},
        {"allow_pickle": None},
        {"fallback": "other"},
        {"fallback": (7,)},
        {"include": "*.bin"},
        {"exclude": ["*.md"]},
        {"on_unavailable": "Fallback"},
        {"on_unavailable": None},
    ],
    ids=repr,
)
def test_a_model_is_made_of_what_it_says(change: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        replace(SPEC, **change)


@pytest.mark.parametrize(
    "source", ["hf:acme/m@main/", "wheel:x==1/y", "file:/my models/m.bin", "HTTP://host/é"]
)
def test_each_kind_of_source_is_taken(source: str) -> None:
    assert replace(SPEC, sources=(source,)).sources == (source,)
