from __future__ import annotations

import pytest

from modeltasks.store.platform import Platform

LINUX, MACOS, WINDOWS = (Platform.of(name) for name in ("linux", "darwin", "win32"))
SHORT = "C:\\store\\model\\file"
LONG = "C:\\" + "d" * 250 + "\\file"


@pytest.mark.parametrize(
    ("platform", "path", "expected"),
    [
        (WINDOWS, SHORT, SHORT),
        (WINDOWS, LONG, "\\\\?\\" + LONG),
        (WINDOWS, LONG.replace("\\", "/"), "\\\\?\\" + LONG),
        (WINDOWS, "\\\\?\\" + LONG, "\\\\?\\" + LONG),
        (WINDOWS, "\\\\server\\share\\" + "d" * 250, "\\\\?\\UNC\\server\\share\\" + "d" * 250),
        (WINDOWS, "C:\\" + "d" * 237, "C:\\" + "d" * 237),
        (WINDOWS, "C:\\" + "d" * 238, "\\\\?\\C:\\" + "d" * 238),
        (LINUX, "/" + "d" * 300, "/" + "d" * 300),
        (MACOS, "/" + "d" * 300, "/" + "d" * 300),
    ],
)
def test_long_paths(platform: Platform, path: str, expected: str) -> None:
    assert platform.extended(path) == expected


@pytest.mark.parametrize(
    ("name", "ctime", "replace", "case"),
    [
        ("linux", True, True, True),
        ("freebsd14", True, True, True),
        ("darwin", True, True, False),
        ("win32", False, False, False),
    ],
)
def test_what_is_so_on_systems(name: str, ctime: bool, replace: bool, case: bool) -> None:
    platform = Platform.of(name)
    assert (platform.has_ctime, platform.can_replace_open, platform.case_sensitive) == (ctime, replace, case)
