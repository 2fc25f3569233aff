"""Cores and memory, as both versions of control groups and Linux tell of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from video_censor_personal.machine import Machine
from video_censor_personal.runners.runner import MEMORY
from video_censor_personal.runners.workers import budget

GIB = 1 << 30
MEMINFO = "MemTotal: 33554432 kB\nMemFree: 1048576 kB\nMemAvailable:   16777216 kB\n"
V2 = {"sys/cgroup.controllers": "cpu memory", "proc/self/cgroup": "0::/user/films"}
V1 = {"proc/self/cgroup": "4:memory:/job\n3:cpu,cpuacct:/job\n"}


def machine(folder: Path, files: dict[str, str]) -> Machine:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return Machine(folder / "proc", folder / "sys")


@pytest.mark.parametrize(
    ("files", "gibibytes"),
    [
        ({}, 16),
        ({**V2, "sys/user/films/memory.max": "max", "sys/user/films/memory.current": "5"}, 16),
        ({**V2, "sys/user/films/memory.max": str(4 * GIB), "sys/user/films/memory.current": str(GIB)}, 3),
        (
            {
                **V2,
                "sys/user/films/memory.max": str(4 * GIB),
                "sys/user/films/memory.current": str(3 * GIB),
                "sys/user/films/memory.stat": f"anon 1\ninactive_file {2 * GIB}\n",
            },
            3,
        ),
        ({**V2, "sys/user/memory.max": str(2 * GIB), "sys/user/memory.current": str(3 * GIB)}, 0),
        ({**V2, "sys/memory.max": str(2 * GIB), "sys/memory.current": "0"}, 2),
        (
            {
                **V1,
                "sys/memory/job/memory.limit_in_bytes": str(4 * GIB),
                "sys/memory/job/memory.usage_in_bytes": str(3 * GIB),
                "sys/memory/job/memory.stat": f"total_inactive_file {GIB}\n",
            },
            2,
        ),
        (
            {
                **V1,
                "sys/memory/job/memory.limit_in_bytes": "9223372036854771712",
                "sys/memory/job/memory.usage_in_bytes": str(3 * GIB),
            },
            16,
        ),
        ({**V2, "sys/user/films/memory.max": "nonsense", "sys/user/films/memory.current": ""}, 16),
    ],
)
def test_free_memory_is_the_least_that_anything_leaves(
    tmp_path: Path, files: dict[str, str], gibibytes: int
) -> None:
    for name in ("user/films", "memory/job"):
        if any(each.startswith(f"sys/{name.split('/', maxsplit=1)[0]}") for each in files):
            (tmp_path / "sys" / name).mkdir(parents=True, exist_ok=True)
    assert machine(tmp_path, {"proc/meminfo": MEMINFO, **files}).free_memory() == gibibytes * GIB


def test_a_group_that_cannot_be_seen_from_here_is_the_root(tmp_path: Path) -> None:
    files = {
        "sys/cgroup.controllers": "memory",
        "proc/self/cgroup": "0::/../../elsewhere",
        "sys/memory.max": str(GIB),
        "sys/memory.current": "0",
    }
    assert machine(tmp_path, files).free_memory() == GIB


def test_without_linux_the_system_is_asked(tmp_path: Path) -> None:
    free = Machine(tmp_path, tmp_path).free_memory()
    assert free is not None
    assert 0 < free <= os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize(
    ("files", "most"),
    [
        ({}, 1024),
        ({**V2, "sys/user/films/cpu.max": "max 100000"}, 1024),
        ({**V2, "sys/user/films/cpu.max": "100000 100000"}, 1),
        ({**V2, "sys/user/films/cpu.max": "10000 100000"}, 1),
        ({**V2, "sys/user/films/cpu.max": "nonsense"}, 1024),
        ({**V1, "sys/cpu/job/cpu.cfs_quota_us": "-1", "sys/cpu/job/cpu.cfs_period_us": "100000"}, 1024),
        ({**V1, "sys/cpu/job/cpu.cfs_quota_us": "60000", "sys/cpu/job/cpu.cfs_period_us": "100000"}, 1),
    ],
)
def test_cores_are_those_that_we_may_use(tmp_path: Path, files: dict[str, str], most: int) -> None:
    assert machine(tmp_path, files).cores() == min(most, len(os.sched_getaffinity(0)))


@pytest.mark.parametrize(
    ("files", "kills"),
    [
        ({}, 0),
        ({**V2, "sys/user/films/memory.events": "low 0\noom 4\noom_kill 3\n"}, 3),
        ({**V1, "sys/memory/job/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n"}, 2),
    ],
)
def test_kills_for_want_of_memory_are_counted(tmp_path: Path, files: dict[str, str], kills: int) -> None:
    assert machine(tmp_path, files).kills() == kills


@pytest.mark.parametrize(
    ("free", "workers"), [(0, 1), (MEMORY - 1, 1), (MEMORY * 1000, len(os.sched_getaffinity(0)))]
)
def test_there_are_as_many_workers_as_there_is_room_for_and_at_least_one(
    tmp_path: Path, free: int, workers: int
) -> None:
    assert budget(machine(tmp_path, {"proc/meminfo": f"MemAvailable: {free // 1024} kB\n"})) == workers
