"""Stores and libraries that can be written and that cannot; nothing is left behind."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end.crash.disks import fill, make_read_only, small_disk
from tests.support.file_host import FileHost
from video_censor_personal.doctor.check import Check
from video_censor_personal.doctor.folders import look_at_films, look_at_store
from video_censor_personal.doctor.models import standings
from video_censor_personal.model_manager import ModelManager

A = b"model a " * 4000
Write = Callable[..., Path]


def store(config: Path) -> dict[str, Check]:
    manager = ModelManager(config)
    return {check.name: check for check in look_at_store(manager, standings(manager))}


def test_a_store_that_is_not_there_yet(config_file: Write, cache_dir: Path, host: FileHost) -> None:
    before = sorted(cache_dir.parent.rglob("*"))
    found = store(config_file(host.entry("a", A, size_bytes=len(A))))
    assert {check.state for check in found.values()} == {"ok"}
    assert "it is made when" in found["Folder of models"].what
    assert "32.0 kB to be fetched" in found["Room for models"].what
    assert [path.name for path in sorted(cache_dir.parent.rglob("*")) if path not in before] == [
        "video-censor.yaml"
    ]


@pytest.mark.parametrize("is_in_place", [True, False])
def test_a_store_that_is_read_only(
    config_file: Write, cache_dir: Path, host: FileHost, is_in_place: bool
) -> None:
    config = config_file(host.entry("a", A))
    with small_disk(cache_dir, 4):
        if is_in_place:
            ModelManager(config).provide()
        make_read_only(cache_dir)
        found = store(config)
        assert found["Folder of models"].state == ("warning" if is_in_place else "failed")
        assert "Folder of what was found" in found


def test_a_disk_that_is_full(config_file: Write, cache_dir: Path, host: FileHost) -> None:
    config = config_file(host.entry("a", A, size_bytes=len(A)))
    with small_disk(cache_dir, 4):
        fill(cache_dir)
        found = store(config)
    assert (found["Folder of models"].state, found["Room for models"].state) == ("failed", "failed")
    assert "full" in found["Folder of models"].what
    assert "64.0 kB are needed" in found["Room for models"].what


def test_a_file_where_the_store_should_be(config_file: Write, cache_dir: Path, host: FileHost) -> None:
    cache_dir.write_text("mine")
    assert store(config_file(host.entry("a", A)))["Folder of models"].state == "failed"


def test_room_that_the_config_does_not_allow(config_file: Write, host: FileHost) -> None:
    config = config_file(host.entry("a", A, size_bytes=len(A)))
    config.write_text(config.read_text().replace("cache_dir", "max_size: 1k\n  cache_dir"))
    assert store(config)["Room for models"].state == "warning"


@pytest.fixture
def films(tmp_path: Path) -> Path:
    folder = tmp_path / "films"
    folder.mkdir()
    (folder / "film.mkv").write_bytes(b"film" * 1000)
    return folder


def looked(config: Path) -> list[tuple[str, str]]:
    return [(check.name, check.state) for check in look_at_films(ModelManager(config))]


def test_a_library_that_is_well(config_file: Write, films: Path) -> None:
    config = config_file(library={"films": [f"{films}/*.mkv"]})
    assert looked(config) == [("Library", "ok"), ("Room for copies", "ok")]
    assert [path.name for path in films.iterdir()] == ["film.mkv"]


@pytest.mark.parametrize("kind", ["absent", "empty"])
def test_a_library_whose_disk_is_not_mounted(config_file: Write, films: Path, kind: str) -> None:
    shutil.rmtree(films)
    if kind == "empty":
        films.mkdir()
    config = config_file(library={"films": [f"{films}/*.mkv"]})
    (check,) = look_at_films(ModelManager(config))
    assert check.state == "failed"
    assert "Mount its disk" in check.fix


def test_a_folder_of_copies_that_cannot_be_made(config_file: Write, films: Path, tmp_path: Path) -> None:
    (tmp_path / "clean").write_text("mine")
    config = config_file(library={"films": [f"{films}/*.mkv"], "output_dir": str(tmp_path / "clean")})
    assert ("Library", "failed") in looked(config)


def test_a_disk_without_room_for_copies(config_file: Write, films: Path, tmp_path: Path) -> None:
    with small_disk(tmp_path / "clean", 1) as clean:
        fill(clean, leave=0)
        config = config_file(library={"films": [f"{films}/*.mkv"], "output_dir": str(clean)})
        assert ("Room for copies", "failed") in looked(config)


def test_the_films_of_one_disk_share_its_room(config_file: Write, films: Path, tmp_path: Path) -> None:
    with small_disk(tmp_path / "clean", 1) as clean:
        for number in range(3):  # any two of them would fit
            (films / f"large-{number}.mkv").write_bytes(bytes(400_000))
        config = config_file(library={"films": [f"{films}/*.mkv"], "output_dir": str(clean)})
        (room,) = [check for check in look_at_films(ModelManager(config)) if check.name == "Room for copies"]
        assert room.state == "failed"
        assert f"up to 1.2 MB, and 1.0 MB are free in {clean}" in room.what
        (films / "large-0.mkv").unlink()
        assert ("Room for copies", "ok") in looked(config)


def test_every_disk_is_told(config_file: Write, films: Path, tmp_path: Path) -> None:
    with small_disk(tmp_path / "a", 1) as full, small_disk(tmp_path / "b", 1) as roomy:
        for folder in (full, roomy):
            (folder / "film.mkv").write_bytes(bytes(100_000))
        fill(full, leave=0)
        config = config_file(library={"films": [f"{full}/*.mkv", f"{roomy}/*.mkv"]})
        states = [state for name, state in looked(config) if name == "Room for copies"]
        assert states == ["failed", "ok"]


def test_without_a_library_the_current_folder_is_tried(
    config_file: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert looked(config_file()) == [("This folder", "ok")]
