from __future__ import annotations

from pathlib import Path

import pytest

from modeltasks.errors import (
    AbsentOrPrivate,
    ConnectionRefused,
    Disabled,
    ModelTasksError,
    RevisionGone,
)
from modeltasks.registry import Registry
from modeltasks.registry.advice import advise, alternatives, is_gone, similar
from modeltasks.settings import NetworkSettings
from modeltasks.spec import HubRef, ModelSpec
from tests.support.hub_server import HubServer

FILES = {"config.json": b"{}\n"}
FALLBACK = ("the config falls back to small",)


@pytest.fixture
def registry(hub: HubServer, tmp_path: Path) -> Registry:
    return Registry(tmp_path / "cache", NetworkSettings(connect_timeout=30, retries=0))


def spec(repo: str = "acme/m", *fallback: str) -> ModelSpec:
    return ModelSpec("m", (), (f"hf:{repo}@main/",), HubRef(repo), fallback=fallback)


def test_the_chain_then_the_fallback_then_the_search(hub: HubServer, registry: Registry) -> None:
    hub.add("acme/m", FILES, card={"new_version": "acme/m2"}, disabled=True, downloads=900)
    hub.add("acme/m2", FILES, card={"new_version": "acme/m3"}, downloads=800)
    hub.add("acme/m3", FILES, downloads=700)
    hub.add("other/popular", FILES, downloads=500)
    hub.add("other/unknown", FILES, downloads=1)
    hub.add("other/text", FILES, downloads=600, pipeline_tag="text-classification")
    registry.query("acme/m")
    found = alternatives(spec("acme/m", "small"), Disabled("acme/m"), registry)
    assert found == (
        "its authors recommend acme/m3",
        "its authors recommend acme/m2",
        "the config falls back to small",
        "much used for the same task is other/popular",
        "much used for the same task is other/unknown",
    )


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Systran/faster-whisper-tny.en", "Systran/faster-whisper-tiny.en"),
        ("systran/faster_whisper-tiny.en", "Systran/faster-whisper-tiny.en"),
        ("Sistran/faster-whisper-tiny.en", "Systran/faster-whisper-tiny.en"),
        ("Xenova/faster-whisper-tiny.em", "Systran/faster-whisper-tiny.en"),
        ("gpt3-small", "openai/gpt3-smal"),
    ],
)
def test_a_mistyped_repository(hub: HubServer, registry: Registry, typed: str, meant: str) -> None:
    for repo in ("Systran/faster-whisper-tiny.en", "Systran/faster-whisper-large-v3", "openai/gpt3-smal"):
        hub.add(repo, FILES)
    hub.add("Xenova/clip", FILES)
    assert similar(typed, registry)[0] == meant
    found = alternatives(spec(typed), AbsentOrPrivate(typed), registry)
    assert found[0] == f"did you mean {meant}"
    assert found[0] in str(advise(AbsentOrPrivate(typed), found))


def test_nothing_alike(hub: HubServer, registry: Registry) -> None:
    hub.add("acme/other", FILES)
    found = alternatives(spec("zzz/qqqqqq"), AbsentOrPrivate("zzz/qqqqqq"), registry)
    assert found == ()
    assert advise(AbsentOrPrivate("zzz/qqqqqq"), found).fix == AbsentOrPrivate("zzz/qqqqqq").fix


def test_a_hub_that_is_down_is_not_searched(hub: HubServer, registry: Registry) -> None:
    error = ConnectionRefused("hub", "no")
    assert alternatives(spec("acme/m", "small"), error, registry) == FALLBACK
    assert hub.count() == 0


def test_a_search_that_fails_is_no_failure(hub: HubServer, registry: Registry) -> None:
    hub.fail("/api/models", 400)
    error = AbsentOrPrivate("acme/m")
    assert alternatives(spec("acme/m", "small"), error, registry) == FALLBACK


def test_the_search_takes_no_token_along(
    hub: HubServer, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.allow("valid")
    monkeypatch.setenv("HF_TOKEN", "valid")
    similar("acme/m", registry)
    assert hub.count("/api/models") > 0
    assert hub.authorizations("hub") == set()


def test_a_source_that_is_no_hub_has_only_its_fallback(hub: HubServer, registry: Registry) -> None:
    by_url = ModelSpec("u", (), ("https://example.org/x",), fallback=("small",))
    assert alternatives(by_url, AbsentOrPrivate("x"), registry) == FALLBACK


@pytest.mark.parametrize(
    ("error", "gone"),
    [
        (AbsentOrPrivate("m"), True),
        (RevisionGone("m", "x"), True),
        (Disabled("m"), True),
        (ConnectionRefused("h", "x"), False),
    ],
)
def test_what_counts_as_gone(error: ModelTasksError, gone: bool) -> None:
    assert is_gone(error) is gone
