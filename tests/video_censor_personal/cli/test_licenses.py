"""Licences that must be accepted, and sets of models that are told before they are fetched."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.file_host import FileHost
from tests.support.programs import doit, video_censor
from tests.video_censor_personal.cli.test_offer import asked

A = b"a" * 1000
TERMS = "whoever passes it on must give the source"
ASKS = {"size_bytes": len(A), "license": "AGPL-3.0", "license_terms": TERMS}
EYES = [{"name": "eyes", "type": "nsfw", "model": "a"}]

Write = Callable[..., Path]


def accept(config: Path, licenses: str = "[AGPL-3.0]") -> Path:
    config.write_text(config.read_text().replace("models:", f"models:\n  accept_licenses: {licenses}", 1))
    return config


def test_nothing_is_fetched_before_the_licence_was_accepted(
    host: FileHost, config_file: Write, film_folder: Path
) -> None:
    config = config_file(host.entry("a", A, **ASKS), detectors=EYES)
    told = video_censor(film_folder, "--dry-run", "--config", config)
    assert (
        f"a: would be fetched (1.0 kB, AGPL-3.0) once its licence is accepted ({TERMS}): missing" in told.err
    )
    for words, code, kind in (
        (("--download-models",), 2, "license"),
        (("--download-models", "--force"), 2, "license"),
        (("--input", "film.mp4", "--output", "out.json"), 3, "missing"),
        (("film.mp4",), 3, "missing"),
    ):
        reply = video_censor(film_folder, *words, "--config", config, "--json")
        assert reply.code == code, reply.err
        error = reply.json["models"][0]["error"]
        assert error["kind"] == kind
        assert "`accept_licenses: [AGPL-3.0]` under `models`" in error["fix"]
        assert "accept_licenses: [AGPL-3.0]" in reply.err
    task = doit(film_folder, "run", f"config={config}", "models")
    assert TERMS in task.out
    assert task.code != 0
    assert host.requests() == 0


def test_the_advice_works_and_what_is_in_place_stays_usable(
    host: FileHost, config_file: Write, film_folder: Path, cache_dir: Path
) -> None:
    entry = host.entry("a", A, **ASKS)
    config = accept(config_file(entry, detectors=EYES))
    assert video_censor(film_folder, "--download-models", "--config", config).code == 0
    assert host.requests() == 1

    config = config_file(entry, detectors=EYES)
    (model,) = video_censor(film_folder, "--download-models", "--config", config, "--json").json["models"]
    assert model["status"] == "current"
    (cache_dir / "a" / "a.bin").write_bytes(b"b" * len(A))
    reply = video_censor(film_folder, "--download-models", "--config", config, "--json")
    assert reply.json["models"][0]["error"]["kind"] == "license"
    assert host.requests() == 1


def test_an_optional_model_is_left_out(host: FileHost, config_file: Write, film_folder: Path) -> None:
    config = config_file(host.entry("a", A, optional=True, **ASKS))
    reply = video_censor(film_folder, "--download-models", "--config", config, "--json")
    assert (reply.code, reply.json["models"][0]["status"]) == (0, "skipped")
    assert host.requests() == 0


def test_an_own_entry_without_terms_is_fetched(host: FileHost, config_file: Write, film_folder: Path) -> None:
    config = config_file(host.entry("a", A, license="AGPL-3.0"))
    assert video_censor(film_folder, "--download-models", "--config", config).code == 0


@pytest.mark.parametrize(
    ("answers", "requests"), [(b"yes\ny\n", 1), (b"y\nn\n", 0), (b"\n", 0), (b"n\n", 0), (b"\x04", 0)]
)
def test_at_a_terminal_the_licence_is_asked_for_before_the_fetch(
    host: FileHost, config_file: Write, film_folder: Path, answers: bytes, requests: int
) -> None:
    config = config_file(host.entry("a", A, **ASKS), detectors=EYES)
    _, told = asked(film_folder, "film.mp4", "--config", config, answers=answers)
    assert "a: the licence AGPL-3.0 must be accepted.\r\n" in told
    assert f"It says: {TERMS}.\r\n" in told
    assert "Do you accept AGPL-3.0? [y/N] " in told
    assert ("Fetch 1.0 kB now? [Y/n]" in told) is answers.startswith(b"y")
    assert host.requests() == requests


def test_at_a_terminal_download_models_asks_for_the_licence_alone(
    host: FileHost, config_file: Write, film_folder: Path
) -> None:
    config = config_file(host.entry("a", A, **ASKS), detectors=EYES)
    assert asked(film_folder, "--download-models", "--config", config)[0] == 2
    for quiet in ("--quiet", "--json"):
        code, told = asked(film_folder, "--download-models", quiet, "--config", config, answers=b"y\n")
        assert (code, "[y/N]" in told) == (2, False)
    assert host.requests() == 0
    code, told = asked(film_folder, "--download-models", "--config", config, answers=b"y\n")
    assert (code, "[Y/n]" in told, host.requests()) == (0, False, 1)


@pytest.mark.parametrize("flags", [(), ("--quiet",)])
def test_a_set_of_models_is_told_before_it_is_fetched(
    host: FileHost, config_file: Write, film_folder: Path, flags: tuple[str, ...]
) -> None:
    ears = host.entry("whisper-base", A, size_bytes=len(A), license="MIT")
    eyes = host.entry("open-nsfw", A * 2, size_bytes=2 * len(A), license="BSD-2-Clause")
    config = config_file(ears, eyes, detectors=[{"type": "speech"}, {"type": "nsfw"}], quality="balanced")
    line = "quality balanced: whisper-base (1.0 kB, MIT), open-nsfw (2.0 kB, BSD-2-Clause); 3.0 kB to fetch"
    planned = video_censor(film_folder, "--dry-run", *flags, "--config", config)
    assert (line in planned.err.splitlines()) is not bool(flags)
    assert host.requests() == 0

    reply = video_censor(film_folder, "--download-models", *flags, "--config", config)
    assert reply.code == 0
    assert (line in reply.err.splitlines()) is not bool(flags)
    again = video_censor(film_folder, "--download-models", "--force", *flags, "--config", config)
    assert "quality" not in again.err


def test_another_quality_fetches_only_what_it_changes(
    host: FileHost, config_file: Write, film_folder: Path
) -> None:
    entries = [
        host.entry(name, name.encode(), license="MIT")
        for name in ("whisper-tiny-en", "whisper-base", "open-nsfw")
    ]
    detectors = [{"type": "speech"}, {"type": "nsfw"}]
    for quality, fetched in (("fast", ["whisper-tiny-en", "open-nsfw"]), ("balanced", ["whisper-base"])):
        config = config_file(*entries, detectors=detectors, quality=quality)
        models = video_censor(film_folder, "--download-models", "--config", config, "--json").json["models"]
        assert [model["name"] for model in models if model["status"] == "fetched"] == fetched
    assert host.requests() == 3
