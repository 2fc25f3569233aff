"""`video-censor init`: a config and a dodo.py to begin with."""

from __future__ import annotations

from pathlib import Path

from modeltasks.report.console import print_err
from modeltasks.report.os_errors import explained
from video_censor_personal.errors import OutputRefused, UsageError
from video_censor_personal.locations import FILE_NAME, check_place, default_config_path
from video_censor_personal.media.errors import OUTPUT

DODO = '''\
"""The tasks of Video Censor Personal; `doit list --all --status` shows them."""
from video_censor_personal.task_graph import *  # noqa: F403
'''


def init(argv: list[str]) -> int:
    """Write a commented config and a dodo.py into the current folder, and return the exit code.

    Raises:
        UsageError: an argument was given, one of the files is there already, or the folder takes none.
        DiskFull, PermissionRefused, LocalError: a file cannot be written.
    """
    if argv:
        raise UsageError("init takes no arguments", f"it was given {' '.join(argv)}", "Run video-censor init")
    files = {FILE_NAME: Path(default_config_path()).read_text(encoding="utf-8"), "dodo.py": DODO}
    for name in files:
        if Path(name).exists():
            raise OutputRefused(Path(name), "it is there already", "Move it away, or run in another folder")
        check_place(Path(name))
    for name, text in files.items():
        with explained(Path(name), use=OUTPUT), Path(name).open("x", encoding="utf-8") as stream:
            stream.write(text)
        print_err(f"{name}: written")
    return 0
