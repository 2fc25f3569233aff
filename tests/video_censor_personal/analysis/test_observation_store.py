from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from modeltasks.errors import DiskFull, LocalError
from modeltasks.support.files import is_half_written
from video_censor_personal.analysis.observation_store import ObservationKey, ObservationStore
from video_censor_personal.findings.observations import Box, Observation

KEY = ObservationKey("ab" * 32, "nsfw", "1", "cd" * 32, {"sample_rate": 1.0, "words": ["a", "b"], "x": None})
SEEN = (
    Observation(0.1 + 0.2, 1 / 3, "nsfw", 0.123456789012345),
    Observation(1.0, 1.0, "word", 1.0, "naïve\u2028\n", Box(0.1, 0.2, 0.3, 0.4)),
)


def keep(store: ObservationStore, key: ObservationKey = KEY, seen: tuple[Observation, ...] = SEEN) -> Path:
    with store.writing(key, 60.5, ("careful",)) as draft:
        for each in seen:
            draft.add(each)
    return store.path(key)


def test_what_is_kept_comes_back_exactly(tmp_path: Path) -> None:
    store = ObservationStore(tmp_path / "new")
    assert store.load(KEY) is None
    keep(store)
    observed = ObservationStore(tmp_path / "new").load(KEY)
    assert observed is not None
    assert (observed.observations, observed.duration, observed.warnings) == (SEEN, 60.5, ("careful",))


def test_nothing_observed_is_something_known(tmp_path: Path) -> None:
    store = ObservationStore(tmp_path)
    keep(store, seen=())
    observed = store.load(KEY)
    assert observed is not None
    assert observed.observations == ()


@pytest.mark.parametrize(
    "change",
    [
        {"video": "00" * 32},
        {"detector": "speech"},
        {"version": "2"},
        {"model": "00" * 32},
        {"model": None},
        {"infer": {"sample_rate": 2.0, "words": ["a", "b"], "x": None}},
        {"infer": {"sample_rate": 1.0, "words": ["b", "a"], "x": None}},
        {"infer": {"sample_rate": 1.0, "words": ["a", "b"]}},
    ],
)
def test_every_part_of_the_key_counts(tmp_path: Path, change: dict[str, Any]) -> None:
    store = ObservationStore(tmp_path)
    keep(store)
    other = replace(KEY, **change)
    assert other.digest != KEY.digest
    assert store.load(other) is None


def test_the_order_of_parameters_does_not_count() -> None:
    assert replace(KEY, infer=dict(reversed(list(KEY.infer.items())))).digest == KEY.digest


def test_the_head_says_what_it_was_made_from(tmp_path: Path) -> None:
    path = keep(ObservationStore(tmp_path))
    assert path.name == f"{KEY.digest}.jsonl"
    head = json.loads(path.read_text(encoding="utf-8").split("\n")[0])
    assert head["made_from"]["detector"] == "nsfw"
    assert head["made_from"]["infer"]["sample_rate"] == 1.0


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda content: b"", id="empty"),
        pytest.param(lambda content: content[: len(content) // 2], id="cut in half"),
        pytest.param(lambda content: content[:-20], id="foot cut"),
        pytest.param(lambda content: content[: content.rindex(b"\n", 0, -1) + 1], id="no foot"),
        pytest.param(lambda content: content.replace(b"0.1234", b"0.9234"), id="a score changed"),
        pytest.param(lambda content: content + content, id="doubled"),
        pytest.param(lambda content: b"\0" * len(content), id="zeros"),
        pytest.param(lambda content: b"3\n3", id="numbers"),
    ],
)
def test_a_damaged_file_is_as_good_as_none(tmp_path: Path, damage: Any) -> None:
    store = ObservationStore(tmp_path)
    path = keep(store)
    path.write_bytes(damage(path.read_bytes()))
    assert store.load(KEY) is None
    keep(store)
    assert store.load(KEY) is not None


def test_observations_of_something_else_under_this_name_are_refused(tmp_path: Path) -> None:
    store = ObservationStore(tmp_path)
    keep(store, replace(KEY, version="2")).rename(store.path(KEY))
    assert store.load(KEY) is None


def test_a_failure_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    store = ObservationStore(tmp_path)
    with pytest.raises(ZeroDivisionError), store.writing(KEY, 1.0) as draft:
        draft.add(replace(SEEN[0], score=1 / len(SEEN[2:])))
    assert store.load(KEY) is None
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_named_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    store = ObservationStore(tmp_path)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskFull, match="the disk is full"):
        keep(store)
    assert list(tmp_path.iterdir()) == []


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(LocalError, match="cannot be kept in"):
        keep(ObservationStore(tmp_path / "file"))


def test_a_killed_process_leaves_nothing_that_counts(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path\n"
        "from video_censor_personal.analysis.observation_store import *\n"
        "from video_censor_personal.findings.observations import Observation\n"
        "key = ObservationKey('ab' * 32, 'nsfw', '1', None)\n"
        "with ObservationStore(Path(sys.argv[1])).writing(key, 1.0) as draft:\n"
        "    for n in range(100_000): draft.add(Observation(n, n, 'x', 0.5))\n"
        "    print('half', flush=True); time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "half\n"
        process.send_signal(signal.SIGKILL)
    store = ObservationStore(tmp_path)
    key = ObservationKey("ab" * 32, "nsfw", "1", None)
    assert store.load(key) is None
    (part,) = tmp_path.iterdir()
    assert is_half_written(part.name)


def test_a_score_that_is_no_number_is_refused(tmp_path: Path) -> None:
    store = ObservationStore(tmp_path)
    with pytest.raises(ValueError, match="JSON"), store.writing(KEY, 1.0) as draft:
        draft.add(Observation(0, 0, "x", float("nan")))
    assert store.load(KEY) is None


def test_reading_counts_as_using(tmp_path: Path) -> None:
    path = keep(ObservationStore(tmp_path), KEY)
    os.utime(path, (1_000_000, 1_000_000))
    assert ObservationStore(tmp_path).load(KEY) is not None
    assert path.stat().st_mtime > 1_000_000


def test_what_was_just_written_is_there_though_another_run_removes_it(tmp_path: Path) -> None:
    store = ObservationStore(tmp_path)
    keep(store, KEY)
    ObservationStore(tmp_path).forget(KEY)
    assert store.load(KEY) is None
    written = store.written(KEY)
    keep(store, KEY)
    assert store.load(KEY) == written
