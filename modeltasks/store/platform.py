"""What differs between operating systems, as values: each difference can be tested on any of them."""

from __future__ import annotations

import sys
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from modeltasks.report.os_errors import refused
from modeltasks.support import filesystem
from modeltasks.support.filesystem import sync
from modeltasks.support.identity import boot_id


@dataclass(frozen=True, slots=True)
class Platform:
    """What the store must know of the system it runs on.

    Args:
        has_ctime: `st_ctime` is the time of the last change of the inode (not of creation).
        can_replace_open: a file can be replaced while a program has it open.
        case_sensitive: names that differ by case only, or by Unicode form only, are different files.
        longest_path: characters that a path may have without the `\\\\?\\` prefix; None: no such limit.
        boot: names this start of the machine; '' when the system does not tell.
    """

    has_ctime: bool = True
    can_replace_open: bool = True
    case_sensitive: bool = True
    longest_path: int | None = None
    boot: str = ""

    @classmethod
    def of(cls, name: str, boot: str = "") -> Platform:
        """Return the values for a system, named as in `sys.platform`."""
        if name == "win32":
            # 248 is the limit of a folder, 260 that of a file; names added to a folder need some room.
            return cls(
                has_ctime=False, can_replace_open=False, case_sensitive=False, longest_path=240, boot=boot
            )
        if name == "darwin":
            return cls(case_sensitive=False, boot=boot)
        return cls(boot=boot)

    @classmethod
    def current(cls) -> Platform:
        """Return the values for this system."""
        return cls.of(sys.platform, boot_id())

    def name_key(self, name: str) -> str:
        """Return a key that is equal for all names that this system takes for one file."""
        return name if self.case_sensitive else unicodedata.normalize("NFC", name).casefold()

    def extended(self, path: str) -> str:
        """Return an absolute path in the form in which its length does not matter (Windows)."""
        if self.longest_path is None or len(path) <= self.longest_path or path.startswith("\\\\?\\"):
            return path
        path = path.replace("/", "\\")
        return f"\\\\?\\UNC\\{path[2:]}" if path.startswith("\\\\") else f"\\\\?\\{path}"


def replace(source: Path, target: Path, platform: Platform) -> None:
    """Rename a file over another, in one step.

    Raises:
        OSError: the system refuses.
        PermissionRefused: a program has the old file open, on a system where that stands in the way.
    """
    try:
        filesystem.replace(source, target, patient=not platform.can_replace_open)
    except PermissionError as error:
        if platform.can_replace_open:
            raise
        raise refused(
            target, "it cannot be replaced while a program has it open: close it and run again"
        ) from error


def wait_for_disk(path: Path) -> None:
    """Have the system write what it still holds of a file; nearly free when it holds nothing.

    Raises:
        OSError: it could not be written: the bytes are not safe. Not where waiting is impossible.
    """
    # Windows flushes only what is open for writing; elsewhere a file need not be ours to write.
    with path.open("r+b" if sys.platform == "win32" else "rb") as stream:
        sync(stream.fileno())
