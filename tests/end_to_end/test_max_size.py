"""`models.max_size`: what was unused for longest goes first, and nothing that is needed."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.end_to_end.kit import Write, fetch_all, kinds
from tests.support.file_host import FileHost
from tests.support.programs import doit

SIZE = 10_000
NAMES = "abcd"


@pytest.fixture
def config(host: FileHost, config_file: Write) -> Path:
    """Four models of 10 kB each; nobody needs any but by `require`."""
    entries = [host.entry(name, name.encode() * SIZE, size_bytes=SIZE) for name in NAMES]
    return config_file(*entries)


def require(config: Path, names: str, max_size: int | None) -> None:
    """Let the enabled detectors need these models, and the store have so many bytes."""
    content = yaml.safe_load(config.read_text())
    content["detectors"] = [{"name": f"see-{name}", "type": "speech", "model": name} for name in names]
    content["models"]["max_size"] = max_size
    config.write_text(yaml.safe_dump(content))


def fetch(here: Path, config: Path) -> dict[str, dict[str, Any]]:
    return {model["name"]: model for model in fetch_all(here, config)}


def use(cache_dir: Path, *names: str) -> None:
    """Let models have been used, the first one longest ago."""
    folder = cache_dir / ".modeltasks" / "used"
    folder.mkdir(exist_ok=True)
    for days, name in enumerate(reversed(names), 1):
        (folder / name).touch()
        os.utime(folder / name, (time.time() - days * 86400,) * 2)


def there(cache_dir: Path) -> str:
    return "".join(sorted(path.name for path in cache_dir.iterdir() if path.is_dir() and len(path.name) == 1))


@pytest.mark.parametrize(
    ("order", "needed", "max_size", "left", "gone"),
    [
        ("abc", "d", 4 * SIZE, "abcd", ""),
        ("abc", "d", 4 * SIZE - 1, "bcd", "a"),
        ("cab", "d", 3 * SIZE, "abd", "c"),
        ("bca", "d", 2 * SIZE, "ad", "bc"),
        ("abc", "ad", 3 * SIZE, "acd", "b"),
        ("abc", "abd", 3 * SIZE, "abd", "c"),
    ],
)
def test_the_one_unused_for_longest_makes_room(
    config: Path, here: Path, cache_dir: Path, order: str, needed: str, max_size: int, left: str, gone: str
) -> None:
    require(config, "abc", None)
    fetch(here, config)
    use(cache_dir, *order)
    require(config, needed, max_size)
    model = fetch(here, config)["d"]
    assert there(cache_dir) == left
    assert kinds(model) == ["evicted"] * len(gone)
    assert [warning["message"][0] for warning in model["warnings"]] == list(gone)
    assert (cache_dir / "d" / "d.bin").read_bytes() == b"d" * SIZE


def test_what_is_needed_stays_though_it_does_not_fit(config: Path, here: Path, cache_dir: Path) -> None:
    require(config, "abc", None)
    fetch(here, config)
    require(config, "abd", 2 * SIZE)
    model = fetch(here, config)["d"]
    assert there(cache_dir) == "abd"
    assert (model["status"], kinds(model)) == ("fetched", ["evicted", "over-size"])
    assert "30.0 kB, more than max_size (20.0 kB)" in model["warnings"][1]["message"]


def test_nothing_goes_while_nothing_comes(host: FileHost, config: Path, here: Path, cache_dir: Path) -> None:
    require(config, "abc", None)
    fetch(here, config)
    require(config, "a", SIZE)
    assert fetch(here, config)["a"]["status"] == "current"
    os.utime(cache_dir / "a" / "a.bin")
    time.sleep(0.01)
    assert fetch(here, config)["a"]["status"] == "kept"
    assert there(cache_dir) == "abc"
    assert host.requests() == 3


def test_both_doors_keep_to_it(config: Path, here: Path, cache_dir: Path) -> None:
    require(config, "abc", None)
    fetch(here, config)
    use(cache_dir, *"abc")
    require(config, "c", 3 * SIZE)
    done = doit(here, "run", f"config={config}", "models:d")
    assert done.code == 0
    assert "a was removed" in done.err
    assert there(cache_dir) == "bcd"
    everything = doit(here, "run", f"config={config}", "models", "--all")
    assert everything.code == 0
    assert "more than max_size" in everything.err
    assert there(cache_dir) == NAMES, "what this very run is to bring is needed"


def test_a_fallback_in_use_is_needed(host: FileHost, config: Path, here: Path, cache_dir: Path) -> None:
    require(config, "abc", None)
    fetch(here, config)
    content = yaml.safe_load(config.read_text())
    content["models"]["sources"][3] |= {"on_unavailable": "fallback", "fallback": ["a"]}
    config.write_text(yaml.safe_dump(content))
    use(cache_dir, *"abc")
    require(config, "d", 3 * SIZE)
    host.statuses["d.bin"] = 404
    assert fetch(here, config)["d"]["used"] == "a"
    assert there(cache_dir) == "ac"


def test_other_things_in_the_folder_are_never_removed(config: Path, here: Path, cache_dir: Path) -> None:
    require(config, "ab", None)
    fetch(here, config)
    (cache_dir / "photos").mkdir()
    (cache_dir / "photos" / "dear.jpg").write_bytes(bytes(50 * SIZE))
    require(config, "d", SIZE)
    assert kinds(fetch(here, config)["d"]) == ["evicted", "evicted", "over-size"]
    assert (cache_dir / "photos" / "dear.jpg").exists()
