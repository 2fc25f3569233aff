from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from modeltasks.errors import ConfigError, FileGone, LocalError, PermissionRefused
from modeltasks.registry.metadata import ModelMetadata
from modeltasks.resolve.lockfile import (
    Lock,
    LockEntry,
    apply_lock,
    check_lock,
    contradiction,
    lock_entry,
    lock_path,
    read_lock,
    require_locked,
    write_lock,
)
from modeltasks.spec import Checksum, FilePart, HubRef, ModelFile, ModelSpec

COMMIT = "0123456789" * 4
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SMALL = ModelFile("config.json", Checksum("git-sha1", "1" * 40), 3)
LARGE = ModelFile("onnx/model.onnx", Checksum("sha256", "2" * 64), 900)
NOTES = ModelFile("README.md", Checksum("git-sha1", "3" * 40), 70)
METADATA = ModelMetadata("acme/m", "main", "acme/m", COMMIT, (SMALL, LARGE, NOTES), 0.0, license="mit")
SPEC = ModelSpec(
    "m",
    (),
    ("hf:acme/m@main/", "wheel:m==1/x/"),
    HubRef("acme/m", "main"),
    include=("*.json", "onnx/"),
)
BY_URL = ModelSpec("by-url", (LARGE,), ("https://example.org/m.onnx",))
ENTRY = lock_entry(SPEC, METADATA, NOON)
LOCK = Lock({"m": ENTRY})


def test_an_entry_holds_the_commit_and_the_chosen_files() -> None:
    assert (ENTRY.repo, ENTRY.revision, ENTRY.commit) == ("acme/m", "main", COMMIT)
    assert ENTRY.files == (SMALL, LARGE)
    assert (ENTRY.license, ENTRY.locked_at) == ("mit", "2026-11-23T12:00:00Z")


def test_a_listed_file_keeps_its_own_checksum_and_gets_its_size() -> None:
    mine = ModelFile("config.json", Checksum("sha256", "9" * 64))
    entry = lock_entry(replace(SPEC, files=(mine,), include=()), METADATA, NOON)
    assert entry.files == (replace(mine, size=3),)


def test_the_parts_of_a_file_stand_in_the_config_alone(tmp_path: Path) -> None:
    parts = tuple(FilePart(f"https://h.example/{n}", LARGE.checksum, 450) for n in (1, 2))
    mine = replace(LARGE, parts=parts)
    spec = replace(SPEC, files=(mine,), include=())
    unsized = replace(METADATA, files=(replace(LARGE, size=None),))
    for metadata in (METADATA, unsized):
        write_lock(tmp_path / "lock", Lock({"m": lock_entry(spec, metadata, NOON)}))
        lock = read_lock(tmp_path / "lock")
        assert "h.example" not in (tmp_path / "lock").read_text()
        (file,) = apply_lock(spec, lock).files
        assert file.parts == parts
    other = replace(ENTRY, include=(), files=(replace(LARGE, size=901),))
    (file,) = apply_lock(spec, Lock({"m": other})).files
    assert (file.size, file.parts) == (901, ())


@pytest.mark.parametrize(
    ("file", "error", "says"),
    [
        (ModelFile("onnx/model.onnx", Checksum("sha256", "f" * 64)), ConfigError, "ffff"),
        (ModelFile("onnx/model.onnx", LARGE.checksum, 901), ConfigError, "901"),
        (ModelFile("none.onnx", LARGE.checksum), FileGone, "none.onnx"),
    ],
)
def test_what_contradicts_the_hub_is_not_locked(file: ModelFile, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        lock_entry(replace(SPEC, files=(file,), include=()), METADATA, NOON)


def test_patterns_that_choose_nothing_say_what_there_is() -> None:
    with pytest.raises(ConfigError, match=r"there is config\.json, onnx/model\.onnx, README\.md"):
        lock_entry(replace(SPEC, include=("*.bin",)), METADATA, NOON)


def test_a_hostile_path_is_not_locked() -> None:
    # What leads out of the folder no listing can hold; this one only Windows would take for a device.
    hostile = replace(METADATA, files=(replace(SMALL, path="aux/evil.json"),))
    with pytest.raises(ConfigError, match="evil"):
        lock_entry(replace(SPEC, include=("aux/",)), hostile, NOON)


def test_round_trip(tmp_path: Path) -> None:
    path = lock_path(tmp_path / "video-censor.yaml")
    assert path.name == "video-censor.yaml.lock"
    assert read_lock(path) == Lock()
    lock = Lock({"z": replace(ENTRY, exclude=("*.md",)), "ä": replace(ENTRY, license=None), "m": ENTRY})
    write_lock(path, lock)
    assert read_lock(path) == lock
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_the_file_is_sorted_and_ends_with_a_newline(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    write_lock(one, Lock({"a": ENTRY, "b": ENTRY}))
    write_lock(other, Lock({"b": ENTRY, "a": replace(ENTRY, files=ENTRY.files[::-1])}))
    assert one.read_bytes() == other.read_bytes()
    assert one.read_bytes().endswith(b"}\n")


def test_locking_again_what_did_not_change_changes_no_line(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    write_lock(path, LOCK)
    before = path.read_bytes()
    later = replace(ENTRY, locked_at="2027-01-01T00:00:00Z")
    write_lock(path, Lock({"m": later}))
    assert path.read_bytes() == before
    moved = replace(later, commit="f" * 40)
    write_lock(path, Lock({"m": moved}))
    assert read_lock(path).models["m"] == moved


def test_a_corrupt_lock_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.write_text("{")
    write_lock(path, LOCK)
    assert read_lock(path) == LOCK


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no place is known that nobody may write to")
def test_a_lock_that_cannot_be_written_is_named() -> None:
    with pytest.raises(PermissionRefused, match=r"/proc/nowhere/lock cannot be written.*lies beside"):
        write_lock(Path("/proc/nowhere/lock"), LOCK)


def test_a_lock_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match=rf"The lock file .*{tmp_path.name} cannot be read") as caught:
        read_lock(tmp_path)
    assert "models.cache_dir" not in caught.value.fix


def _damaged(**changes: object) -> str:
    entry: dict[str, object] = {
        "repo": "acme/m",
        "revision": "main",
        "commit": COMMIT,
        "files": {"a": {"checksum": "sha256:" + "2" * 64, "size": 1}},
    }
    entry |= changes
    entry = {key: value for key, value in entry.items() if value != "absent"}
    return json.dumps({"version": 1, "models": {"m": entry}}, indent=2)


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ('{\n  "version": 1,\n  "models": {,\n', ":3:14", "not JSON"),
        ("<<<<<<< ours\n", ":1:1", "not JSON"),
        ("[]", ":1", "version is None"),
        ('{"version": 2, "models": {}}', ":1", "version is 2"),
        ('{"version": 1, "models": []}', ":1", "version"),
        (_damaged(commit="absent"), ":4", "'commit' is missing"),
        (_damaged(commit="main"), ":4", "40 hex digits"),
        (_damaged(repo=7), ":4", "repo is 7"),
        (_damaged(files={}), ":4", "no files"),
        (_damaged(files=[]), ":4", "entry of m"),
        (_damaged(files={"../a": {"checksum": "sha256:" + "2" * 64}}), ":4", "'../a'"),
        (_damaged(files={"a": {"checksum": "sha256:22"}}), ":4", "64 hex digits"),
        (_damaged(files={"a": {"size": 1}}), ":4", "'checksum' is missing"),
        (
            _damaged(files={"a": {"checksum": "sha256:" + "2" * 64, "size": "big"}}),
            ":4",
            "a: size is 'big'",
        ),
    ],
)
def test_a_damaged_lock_says_where(tmp_path: Path, text: str, place: str, says: str) -> None:
    path = tmp_path / "x.lock"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        read_lock(path)
    assert f"x.lock{place}:" in caught.value.what
    assert says in str(caught.value)
    assert "delete it and lock again" in caught.value.fix


def test_a_lock_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not text"):
        read_lock(path)


def test_a_lock_that_fits_leaves_nothing_to_ask() -> None:
    locked = apply_lock(SPEC, LOCK)
    assert locked.files == (SMALL, LARGE)
    assert locked.hub == HubRef("acme/m", COMMIT)
    assert locked.sources == (f"hf:acme/m@{COMMIT}/", "wheel:m==1/x/")
    assert locked.license == "mit"
    assert check_lock([SPEC, BY_URL], LOCK) == []
    require_locked([SPEC, BY_URL], LOCK)


LISTED = replace(SPEC, files=(SMALL, LARGE), include=())
LISTED_LOCK = Lock({"m": lock_entry(LISTED, METADATA, NOON)})


def test_a_listed_model_is_locked_too() -> None:
    assert check_lock([LISTED], LISTED_LOCK) == []
    assert apply_lock(LISTED, LISTED_LOCK).hub == HubRef("acme/m", COMMIT)


@pytest.mark.parametrize(
    ("spec", "lock", "says"),
    [
        (SPEC, Lock(), "m: is not locked"),
        (replace(SPEC, hub=HubRef("acme/m2")), LOCK, "`repo` is 'acme/m2' in the config and 'acme/m'"),
        (replace(SPEC, hub=HubRef("acme/m", "v2")), LOCK, "`revision` is 'v2'"),
        (replace(SPEC, include=("*.json",)), LOCK, "`include` is '*.json' in the config and '*.json, onnx/'"),
        (replace(SPEC, exclude=("x",)), LOCK, "`exclude` is 'x'"),
        (replace(LISTED, files=(SMALL, LARGE, NOTES)), LISTED_LOCK, "README.md is not locked"),
        (replace(LISTED, files=(SMALL,)), LISTED_LOCK, "onnx/model.onnx is locked, but"),
        (
            replace(LISTED, files=(SMALL, replace(LARGE, checksum=Checksum("sha256", "8" * 64)))),
            LISTED_LOCK,
            "another checksum",
        ),
    ],
)
def test_a_lock_that_does_not_fit_says_why_and_is_not_used(spec: ModelSpec, lock: Lock, says: str) -> None:
    (difference,) = check_lock([spec], lock)
    assert says in difference
    assert apply_lock(spec, lock) == spec
    with pytest.raises(ConfigError, match="--frozen") as caught:
        require_locked([BY_URL, spec], lock)
    assert says in str(caught.value)


def test_what_is_locked_but_no_longer_wanted_is_a_difference_that_does_not_stop_a_frozen_run() -> None:
    (difference,) = check_lock([BY_URL], LOCK)
    assert difference.startswith("m: is locked")
    require_locked([BY_URL], LOCK)


def test_a_model_without_a_hub_is_never_changed() -> None:
    lock = Lock({"by-url": LockEntry("acme/m", "main", COMMIT, (SMALL,))})
    assert apply_lock(BY_URL, lock) == BY_URL
    (difference,) = check_lock([BY_URL], lock)
    assert difference.startswith("by-url: is locked")


def _entry(file: ModelFile, *, repo: str = ENTRY.repo, commit: str = COMMIT) -> LockEntry:
    return replace(ENTRY, files=(file,), repo=repo, commit=commit)


SHA256, OTHER = Checksum("sha256", "2" * 64), Checksum("sha256", "4" * 64)
OTHER_COMMIT = {"commit": "9" * 40}


@pytest.mark.parametrize(
    ("before", "now", "changes", "says"),
    [
        (SHA256, SHA256, {}, None),
        (SHA256, OTHER, OTHER_COMMIT, None),
        (SHA256, Checksum("blake2b", "5" * 128), OTHER_COMMIT, None),
        (Checksum("git-sha1", "1" * 40), SHA256, {}, None),
        (Checksum("md5", "1" * 32), Checksum("sha1", "1" * 40), OTHER_COMMIT, None),
        (SHA256, Checksum("md5", "1" * 32), {"repo": "other/m"}, None),
        (SHA256, OTHER, {}, "a commit does not change"),
        (SHA256, Checksum("git-sha1", "1" * 40), OTHER_COMMIT, "weaker"),
        (SHA256, Checksum("sha1", "1" * 40), {}, "weaker"),
        (Checksum("sha512", "1" * 128), Checksum("md5", "1" * 32), {}, "weaker"),
        (Checksum("git-sha1", "1" * 40), Checksum("md5", "1" * 32), OTHER_COMMIT, "weaker"),
    ],
)
def test_what_cannot_be_believed_after_what_was_known(
    before: Checksum, now: Checksum, changes: dict[str, str], says: str | None
) -> None:
    old, new = _entry(replace(LARGE, checksum=before)), _entry(replace(LARGE, checksum=now), **changes)
    error = contradiction(old, new, "the lock")
    if says is None:
        assert error is None
    else:
        assert error is not None
        assert (error.kind, says in str(error)) == ("bad-answer", True)
    assert contradiction(_entry(SMALL), new, "the lock") is None, "another file"


@pytest.mark.parametrize("algorithm", ["md5", "sha1"])
def test_an_open_entry_is_not_locked_by_a_weak_checksum(algorithm: str) -> None:
    weak = replace(LARGE, checksum=Checksum(algorithm, "1" * {"md5": 32, "sha1": 40}[algorithm]))
    lock = Lock({"m": replace(ENTRY, files=(SMALL, weak))})
    (difference,) = check_lock([SPEC], lock)
    assert f"no more than {algorithm}" in difference
    assert apply_lock(SPEC, lock) == SPEC


@pytest.mark.parametrize(
    "changes",
    [
        {"license": {"a": 1}},
        {"include": "abc"},
        {"exclude": [7]},
        {"files": {"a": {"checksum": "sha256:" + "2" * 64}, "a/b": {"checksum": "sha256:" + "2" * 64}}},
        {"files": {"d/" * 3000 + "x": {"checksum": "sha256:" + "2" * 64}}},
        {"files": {"a": {"checksum": "sha256:" + "2" * 64, "size": 10**30}}},
    ],
)
def test_nonsense_in_a_lock_is_told(tmp_path: Path, changes: dict[str, object]) -> None:
    path = tmp_path / "x.lock"
    path.write_text(_damaged(**changes))
    with pytest.raises(ConfigError, match="entry of m cannot be used"):
        read_lock(path)


def test_a_lock_that_is_nested_too_deep(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    path.write_text("[" * 100_000)
    with pytest.raises(ConfigError, match="not a lock file"):
        read_lock(path)


def test_a_text_that_no_encoding_has_is_kept_in_a_lock(tmp_path: Path) -> None:
    lock = Lock({"m": replace(ENTRY, license="\ud800é")})
    write_lock(tmp_path / "lock", lock)
    assert read_lock(tmp_path / "lock") == lock
