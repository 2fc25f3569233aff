"""Things that lie where the store wants to put its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end.crash.stores import Contents, inspect, serving
from tests.support.programs import doit, video_censor

MODELS: Contents = {
    "one": {"one.bin": b"1" * 5000},
    "two": {"a.bin": b"a" * 3000, "sub/b.bin": b"b" * 10},
}


def folder(place: Path) -> Path:
    place.mkdir(parents=True)
    mine = place / "mine"
    mine.write_text("dear to me")
    return mine


def file(place: Path) -> Path:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("dear to me")
    return place


@pytest.mark.parametrize(
    ("put", "where", "failing", "named", "served"),
    [
        (folder, "store/one/one.bin", {"one"}, "one.bin is a folder", 3010),
        (file, "store/one", {"one"}, "one is not a folder", 3010),
        (file, "store/two/sub", {"two"}, "sub is not a folder", 8000),
        (file, "store", {"one", "two"}, "store is not a folder", 0),
        (file, "store/.modeltasks", {"one", "two"}, ".modeltasks is not a folder", 0),
        (folder, "store/.modeltasks/receipts/one.json", {"one"}, "one.json is a folder", 8010),
    ],
    ids=["target", "model", "folder in a model", "store", "meta", "receipt"],
)
def test_what_is_in_the_way_is_named_and_left_alone(
    tmp_path: Path, put: Callable[[Path], Path], where: str, failing: set[str], named: str, served: int
) -> None:
    mine = put(tmp_path / where)
    with serving(tmp_path, MODELS) as (host, config):
        reply = video_censor(tmp_path, "--download-models", "--config", config, "--json")
        assert reply.code == 1
        errors = {model["name"]: model["error"] for model in reply.json["models"] if model["error"]}
        assert set(errors) == failing
        for error in errors.values():
            assert named in error["why"]
            assert str(tmp_path / "store") in error["what"]
            assert "models.cache_dir" in error["fix"]
        assert "Traceback" not in reply.err
        assert host.total == served
        assert mine.read_text() == "dear to me"
        _remove(mine, tmp_path / where)

        again = video_censor(tmp_path, "--download-models", "--config", config, "--json")
        assert again.code == 0
        assert host.total == 8010, "each byte came once"
    assert inspect(tmp_path / "store", MODELS).violations == ()


def _remove(mine: Path, place: Path) -> None:
    mine.unlink()
    if place.is_dir():
        place.rmdir()


def test_doit_tells_it_without_a_traceback(tmp_path: Path) -> None:
    folder(tmp_path / "store" / "one" / "one.bin")
    with serving(tmp_path, MODELS) as (_host, config):
        reply = doit(tmp_path, "run", f"config={config}", "models")
    assert reply.code not in (0, 3)
    assert "one.bin is a folder" in reply.out + reply.err
    assert "Traceback" not in reply.out + reply.err
    assert (tmp_path / "store" / "two" / "a.bin").is_file()


@pytest.mark.parametrize("target", ["/nowhere/at/all", "one.bin"], ids=["dangling", "loop"])
def test_a_link_to_nothing_is_replaced(tmp_path: Path, target: str) -> None:
    place = tmp_path / "store" / "one" / "one.bin"
    place.parent.mkdir(parents=True)
    place.symlink_to(target)
    with serving(tmp_path, MODELS) as (_host, config):
        assert video_censor(tmp_path, "--download-models", "--config", config).code == 0
    assert not place.is_symlink()
    assert inspect(tmp_path / "store", MODELS).violations == ()
