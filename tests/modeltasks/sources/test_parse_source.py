from __future__ import annotations

from pathlib import Path

import pytest

from modeltasks.errors import ConfigError
from modeltasks.sources import mirrors_of, parse_source
from modeltasks.sources.pip_wheels import PipWheels
from modeltasks.spec import Checksum, ModelFile, ModelSpec
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
    ],
)
def test_what_is_not_a_source_is_a_config_error(text: str) -> None:
    with pytest.raises(ConfigError):
        parse_source(text)
