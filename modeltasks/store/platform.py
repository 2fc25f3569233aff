"""What differs between operating systems, as values: so that each difference is tested on any of them."""

from __future__ import annotations

import sys
import unicodedata
from dataclasses import dataclass

from modeltasks.store import freshness


@dataclass(frozen=True, slots=True)
class PlatformFacts:
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
    def of(cls, platform: str, boot: str = "") -> PlatformFacts:
        """Return the facts of a system, named as in `sys.platform`."""
        if platform == "win32":
            # 248 is the limit of a folder, 260 that of a file; names added to a folder need some room.
            return cls(
                has_ctime=False, can_replace_open=False, case_sensitive=False, longest_path=240, boot=boot
            )
        if platform == "darwin":
            return cls(case_sensitive=False, boot=boot)
        return cls(boot=boot)

    @classmethod
    def current(cls) -> PlatformFacts:
        """Return the facts of this system."""
        return cls.of(sys.platform, freshness.boot_id())

    def same_file(self, name: str) -> str:
        """Return a key that is equal for all names that this system takes for one file."""
        return name if self.case_sensitive else unicodedata.normalize("NFC", name).casefold()

    def extended(self, path: str) -> str:
        """Return an absolute path in the form in which its length does not matter (Windows)."""
        if self.longest_path is None or len(path) <= self.longest_path or path.startswith("\\\\?\\"):
            return path
        path = path.replace("/", "\\")
        return f"\\\\?\\UNC\\{path[2:]}" if path.startswith("\\\\") else f"\\\\?\\{path}"
