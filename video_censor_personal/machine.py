"""What this machine has for us: processor cores and memory, less what its control group withholds."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_UNLIMITED = 1 << 60
"""Bytes; the first version of control groups writes a number as large as this for no limit."""

_share: int | None = None


class Machine:
    """The machine as Linux tells of it in `proc` and `cgroup`; of other systems, only the cores are known.

    Both versions of control groups are read. A limit of a group holds for those below it too.
    """

    def __init__(self, proc: Path = Path("/proc"), cgroup: Path = Path("/sys/fs/cgroup")) -> None:
        self._proc = proc
        self._cgroup = cgroup

    def cores(self) -> int:
        """Return how many cores this process may use, at least 1."""
        bound = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        return max(1, min([bound, *(round(quota) for quota in self._quotas())]))

    def free_memory(self) -> int | None:
        """Return how many bytes can be taken before the machine swaps or kills; None where nobody tells."""
        found = [self._available(), *self._left_in_groups()]
        known = [count for count in found if count is not None]
        return max(0, min(known)) if known else _free_pages()

    def kills(self) -> int:
        """Return how many processes of our group were killed for want of memory so far."""
        counts = [
            count
            for folder, name in ((self._v2(), "memory.events"), (self._v1("memory"), "memory.oom_control"))
            for group in folder[:1]
            if (count := _field(group / name, "oom_kill")) is not None
        ]
        return max(counts, default=0)

    def _available(self) -> int | None:
        kibibytes = _field(self._proc / "meminfo", "MemAvailable:")
        return None if kibibytes is None else kibibytes * 1024

    def _left_in_groups(self) -> Iterator[int]:
        """Yield what each group leaves; the pages of files that it can drop count as free."""
        for groups, limit, usage, droppable in (
            (self._v2(), "memory.max", "memory.current", "inactive_file"),
            (self._v1("memory"), "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
        ):
            for group in groups:
                most, used = _number(group / limit), _number(group / usage)
                if most is not None and used is not None and most < _UNLIMITED:
                    yield most - used + (_field(group / "memory.stat", droppable) or 0)

    def _quotas(self) -> Iterator[float]:
        """Yield the cores that each group grants."""
        for group in self._v2():
            quota, _, period = _text(group / "cpu.max").partition(" ")
            if quota.isdecimal() and period.isdecimal():
                yield int(quota) / max(1, int(period))
        for group in self._v1("cpu"):
            spent, period_us = _number(group / "cpu.cfs_quota_us"), _number(group / "cpu.cfs_period_us")
            if spent is not None and spent > 0 and period_us:
                yield spent / period_us

    def _v2(self) -> list[Path]:
        return self._groups("", self._cgroup) if (self._cgroup / "cgroup.controllers").exists() else []

    def _v1(self, controller: str) -> list[Path]:
        folder = self._cgroup / controller
        return self._groups(controller, folder) if folder.is_dir() else []

    def _groups(self, controller: str, root: Path) -> list[Path]:
        """Return the folder of our group and of those above it; in a container, the root may be our own."""
        for line in _text(self._proc / "self" / "cgroup").splitlines():
            _, controllers, name = [*line.split(":", 2), "", ""][:3]
            if controller in controllers.split(","):
                own = root / name.strip("/")
                if own.is_dir() and ".." not in own.parts:
                    return [own, *(parent for parent in own.parents if parent.is_relative_to(root))]
        return [root]


def share_cores(cores: int | None) -> None:
    """Let this process work on this many cores only, for others work beside it; None: on all."""
    global _share  # noqa: PLW0603 - it is the process's
    _share = cores


def shared_cores() -> int | None:
    """Return how many cores this process was given of those that there are; None: all."""
    return _share


def _free_pages() -> int | None:
    if not hasattr(os, "sysconf"):  # Windows
        return None
    for name in ("SC_AVPHYS_PAGES", "SC_PHYS_PAGES"):
        with suppress(OSError, ValueError):
            return os.sysconf(name) * os.sysconf("SC_PAGE_SIZE")
    return None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="surrogateescape").strip()
    except OSError:
        return ""


def _number(path: Path) -> int | None:
    with suppress(ValueError):
        return int(_text(path))
    return None


def _field(path: Path, name: str) -> int | None:
    """Return the number that follows a name at the start of a line."""
    for line in _text(path).splitlines():
        words = line.split()
        if len(words) > 1 and words[0] == name and words[1].isdecimal():
            return int(words[1])
    return None


@contextmanager
def usual_scheduling() -> Iterator[None]:
    """Leave no thread of this process a real-time one that became so in the block.

    SVT-AV1, run by root, as programs in containers are, makes its threads and ours such, of the highest
    priority: nothing else on the machine would get a turn while a film is encoded.
    """
    yield
    if sys.platform == "linux":
        for thread in Path("/proc/self/task").iterdir():
            with suppress(OSError):
                if os.sched_getscheduler(int(thread.name)) == os.SCHED_FIFO:
                    os.sched_setscheduler(int(thread.name), os.SCHED_OTHER, os.sched_param(0))
