"""A source with mistakes that nobody needs stops nothing, and `doit models --all` names it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.file_host import FileHost
from tests.support.programs import doit, video_censor


@pytest.fixture
def config(config_file: Callable[..., Path], host: FileHost) -> Path:
    broken = {"name": "spare", "url": "https://h.example/m", "checksum": "b" * 62}
    speech = {"type": "speech", "model": "a"}
    return config_file(host.entry("a", b"a" * 10), broken, detectors=[speech])


def test_the_needed_models_are_fetched_and_the_mistake_is_told(config: Path, tmp_path: Path) -> None:
    for _ in range(2):  # the second time it is the note of the first run that answers
        reply = video_censor(tmp_path, "--download-models", "--config", config)
        assert reply.code == 0, reply.err
        assert "models.sources[spare].checksum" in reply.err


def test_doit_fetches_what_is_needed_and_names_the_other_only_when_asked(
    config: Path, tmp_path: Path
) -> None:
    assert doit(tmp_path, "run", f"config={config}", "models").code == 0
    for wanted in (("models", "--all"), ("models:spare",)):
        reply = doit(tmp_path, "run", f"config={config}", *wanted)
        assert reply.code != 0
        output = reply.out + reply.err
        assert "The model spare cannot be used" in output
        assert "64 hex digits are expected, 62 characters were given" in output
        assert "Traceback" not in output


def test_its_files_are_not_pruned(config: Path, config_file: Callable[..., Path], host: FileHost) -> None:
    good = host.entry("spare", b"s" * 10)
    speech = {"type": "speech", "model": "a"}
    here = config_file(host.entry("a", b"a"), good, detectors=[speech])
    assert doit(here.parent, "run", f"config={here}", "models", "--all").code == 0
    config_file(host.entry("a", b"a"), {**good, "checksum": "typo"}, detectors=[speech])
    assert doit(here.parent, "run", f"config={here}", "prune", "--yes").code == 0
    assert list(here.parent.glob("models/spare/*"))
    usage = doit(here.parent, "run", f"config={here}", "usage").out
    assert "not in this config" not in usage
