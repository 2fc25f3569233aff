from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from modeltasks.errors import UnsafeFormat
from modeltasks.provision.assess import assess
from modeltasks.provision.provide import provide
from modeltasks.provision.readiness import Readiness
from modeltasks.provision.session import Session
from modeltasks.spec import HubRef, ModelSpec
from tests.modeltasks.provision.kit import model, no_other, session
from tests.modeltasks.store.models import spec_of


def nothing(_path: Path) -> None:
    return


def touch(path: Path) -> None:
    os.utime(path, (1, 1))


def damage(path: Path) -> None:
    path.write_bytes(b"damaged")


def standing(run: Session, spec: ModelSpec, *others: ModelSpec) -> Readiness:
    entries = {each.name: each for each in others}
    return assess([spec], entries.get, run)[spec.name]


@pytest.mark.parametrize(
    ("spoil", "doubted", "why"),
    [
        (nothing, False, None),
        (touch, True, None),
        (damage, True, "wrong content"),
        (Path.unlink, True, "missing"),
    ],
    ids=["in place", "in doubt", "wrong", "missing"],
)
def test_how_an_installed_model_stands(
    tmp_path: Path, spoil: Callable[[Path], None], doubted: bool, why: str | None
) -> None:
    run, spec = session(tmp_path), model(tmp_path, "a")
    provide(spec, run, no_other)
    spoil(run.store.opened(spec))
    found = standing(run, spec)
    assert (found.name, found.spec, found.doubted, found.used) == ("a", spec, doubted, None)
    if why is None:
        assert found.ready
        assert found.evidence.keys() == {"a.bin"}
        assert str(found.source).endswith("a.source")
        assert not standing(run, spec).doubted, "hashed once"
    else:
        assert why in str(found.error)


def test_a_model_of_which_nobody_knows_the_files_is_not_installed(tmp_path: Path) -> None:
    found = standing(session(tmp_path), ModelSpec("m", (), ("hf:acme/m@main/",), HubRef("acme/m")))
    assert found.error is not None
    assert (found.error.kind, found.error.why) == ("missing", "it was never fetched")


@pytest.mark.parametrize(
    ("installed", "on_unavailable", "used"),
    [
        (["b", "c"], "fallback", "b"),
        (["c"], "fallback", "c"),
        ([], "fallback", None),
        (["a", "b"], "fallback", None),
        (["b"], "fail", None),
    ],
)
def test_an_installed_fallback_stands_in(
    tmp_path: Path, installed: list[str], on_unavailable: str, used: str | None
) -> None:
    run = session(tmp_path)
    a, b, c = (model(tmp_path, name) for name in "abc")
    a = replace(a, fallback=("unknown", "b", "c"), on_unavailable=on_unavailable)
    for spec in (a, b, c):
        if spec.name in installed:
            provide(spec, run, no_other)
    found = standing(run, a, b, c)
    assert (found.name, found.used) == ("a", used)
    assert found.ready == ("a" in installed or used is not None)


def test_a_failure_of_one_model_hides_no_other(tmp_path: Path) -> None:
    run = session(tmp_path)
    good, bad = model(tmp_path, "a"), model(tmp_path, "b")
    provide(good, run, no_other)
    provide(bad, run, no_other)
    content = pickle.dumps([1.0] * 99)
    unsafe = spec_of({"b.bin": content}, "b")
    run.store.opened(bad).write_bytes(content)
    found = assess([good, unsafe], no_other, run)
    assert [name for name, each in found.items() if each.ready] == ["a"]
    assert isinstance(found["b"].error, UnsafeFormat)
