from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from modeltasks.errors import ConfigError
from modeltasks.sources import mirrors_of, parse_source
from modeltasks.sources.pip_wheels import PipWheels
from modeltasks.spec import Checksum, FilePart, ModelFile, ModelSpec
from modeltasks.support.cancel import CancelToken
from modeltasks.transfer.mirror import UrlMirror

WHEELS = PipWheels(Path("never-made"), CancelToken())
FILE = ModelFile("sub/a b.bin", Checksum("md5", "0" * 32))


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("https://host/a.onnx", "https://host/a.onnx"),
        ("https://host/folder/", "https://host/folder/sub/a%20b.bin"),
        ("http://user:secret@host:81/a?token=secret", "http://host:81/a"),
        ("wheel:some-models==1.0/pkg/", "wheel:some-models==1.0/pkg/sub/a b.bin"),
        ("wheel:some-models==1.0/pkg/a.onnx", "wheel:some-models==1.0/pkg/a.onnx"),
        ("wheel:some-models==1.0/pkg/a.zip!/", "wheel:some-models==1.0/pkg/a.zip!/sub/a b.bin"),
        ("wheel:some-models==1.0/pkg/a.zip!/x/a.onnx", "wheel:some-models==1.0/pkg/a.zip!/x/a.onnx"),
        ("file:/models/a.zip!/x/", "file:/models/a.zip!/x/sub/a b.bin"),
        ("file:/models/a%21/x%20y.zip!/x%20y", "file:/models/a!/x y.zip!/x y"),
        ("file:/models/a.onnx", "file:/models/a.onnx"),
        ("file:///models/", "file:/models/sub/a b.bin"),
    ],
)
def test_a_source_names_the_file_or_the_folder_it_lies_in(text: str, label: str) -> None:
    spec = ModelSpec("m", (FILE,), (text,))
    (mirror,) = mirrors_of(spec, FILE, WHEELS)
    assert mirror.label == label


def test_credentials_stay_in_the_url_and_out_of_the_label() -> None:
    mirror = parse_source("http://user:secret@host/a").mirror(FILE, WHEELS)
    assert isinstance(mirror, UrlMirror)
    assert "secret" in mirror.url
    assert "secret" not in mirror.label


@pytest.mark.parametrize(
    "text",
    [
        "ftp://host/a",
        "model.onnx",
        "https://",
        "https://host:port/a",
        "https://ho st/a",
        "wheel:some-models/pkg/a",
        "wheel:some-models==1.0",
        "wheel:some-models==1.0/",
        "wheel:--index-url==1/a",
        "wheel:some models==1.0/a",
        "file:relative/a",
        "file://otherhost/a",
        "file://[x/y",
        "file:///%00",
        "wheel:some-models==1.0/a.zip!/!/b",
        "wheel:some-models==1.0/!/b",
        "file:relative/a.zip!/b",
        "file:/a.zip!/!/b",
        "https://host/a.zip!/model.bin",
        "hf:owner/name@main/a.zip!/model.bin",
    ],
)
def test_what_is_not_a_source_is_a_config_error(text: str) -> None:
    with pytest.raises(ConfigError):
        parse_source(text)


def test_parts_come_after_the_first_source_and_before_other_mirrors() -> None:
    checksum = Checksum("md5", "0" * 32)
    parts = tuple(FilePart(f"https://host/{name}", checksum, 2) for name in "abc")
    file = ModelFile("x", checksum, 6, parts)
    spec = ModelSpec("m", (file,), ("https://first/x", "https://second/x"))
    labels = [mirror.label for mirror in mirrors_of(spec, file, WHEELS)]
    assert labels == ["https://first/x", "https://host/a and 2 more parts", "https://second/x"]
    alone = mirrors_of(replace(spec, sources=()), file, WHEELS)
    assert [mirror.label for mirror in alone] == ["https://host/a and 2 more parts"]
