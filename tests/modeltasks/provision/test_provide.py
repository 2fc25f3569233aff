from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from modeltasks.provision.provide import provide
from modeltasks.report.results import ModelResult
from modeltasks.spec import ModelSpec
from tests.modeltasks.provision.kit import model, no_other, session

Change = Callable[[ModelSpec], ModelSpec]


def test_a_model_is_fetched_once(tmp_path: Path) -> None:
    run, spec = session(tmp_path), model(tmp_path, "a")
    results = [provide(spec, run, no_other) for _ in range(2)]
    assert [(each.status, each.bytes_fetched) for each in results] == [("fetched", 100), ("current", 0)]
    assert {each.path for each in results} == {str(run.store.opened(spec))}
    assert provide(spec, run, no_other, force=True).status == "fetched"


def as_is(spec: ModelSpec) -> ModelSpec:
    return spec


def optional(spec: ModelSpec) -> ModelSpec:
    return replace(spec, optional=True)


def with_fallback(*names: str) -> Change:
    return lambda spec: replace(spec, fallback=names, on_unavailable="fallback")


@pytest.mark.parametrize(
    ("change", "status", "used"),
    [
        (as_is, "failed", None),
        (optional, "skipped", None),
        (with_fallback("b"), "fetched", "b"),
        (with_fallback("gone", "unknown", "b"), "fetched", "b"),
        (with_fallback("gone"), "failed", None),
    ],
)
def test_a_model_that_cannot_be_had(tmp_path: Path, change: Change, status: str, used: str | None) -> None:
    entries = {name: model(tmp_path, name, there=name == "b") for name in ("b", "gone")}
    result = provide(change(model(tmp_path, "a", there=False)), session(tmp_path), entries.get)
    assert (result.name, result.status, result.used) == ("a", status, used)
    assert [notice.kind for notice in result.warnings] == (["fallback"] if used else [])
    assert (result.error is None) == (used is not None)


def test_what_the_config_falls_back_to_is_named_where_it_is_not_used(tmp_path: Path) -> None:
    spec = replace(model(tmp_path, "a", there=False), fallback=("b",))
    assert "the config falls back to b" in str(provide(spec, session(tmp_path), no_other).error)


def test_a_trouble_of_this_machine_is_not_answered_with_another_model(tmp_path: Path) -> None:
    run = session(tmp_path)
    entries = {"b": model(tmp_path, "b")}
    spec = with_fallback("b")(model(tmp_path, "a"))
    run.store.opened(spec).mkdir(parents=True)
    result: ModelResult = provide(spec, run, entries.get)
    assert (result.status, result.used) == ("failed", None)
    assert not run.store.layout.directory("b").exists()
