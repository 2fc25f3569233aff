"""What the system refuses, as a failure that says what to do, whatever the path is used for."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from modeltasks.errors import DiskFull, LocalError, PermissionRefused
from modeltasks.report.os_errors import MODELS, Use, explained
from modeltasks.resolve.lockfile import LOCK_FILE
from video_censor_personal.analysis.observation_store import OBSERVATIONS
from video_censor_personal.media.errors import OUTPUT


@pytest.mark.parametrize("use", [MODELS, LOCK_FILE, OBSERVATIONS, OUTPUT], ids=lambda use: use.what)
@pytest.mark.parametrize(
    ("code", "kind", "fix"),
    [
        (errno.ENOSPC, DiskFull, "if_full"),
        (errno.EDQUOT, DiskFull, "if_full"),
        (errno.EFBIG, DiskFull, "if_full"),
        (errno.EACCES, PermissionRefused, "if_refused"),
        (errno.EPERM, PermissionRefused, "if_refused"),
        (errno.EROFS, PermissionRefused, "if_refused"),
        (errno.EISDIR, LocalError, "if_blocked"),
        (errno.ENOTDIR, LocalError, "if_blocked"),
        (errno.EEXIST, LocalError, "if_blocked"),
        (errno.EIO, LocalError, "otherwise"),
        (errno.ENAMETOOLONG, LocalError, "otherwise"),
    ],
    ids=lambda value: errno.errorcode.get(value) if isinstance(value, int) else "",
)
def test_what_the_system_says_becomes_what_to_do(
    tmp_path: Path, use: Use, code: int, kind: type[LocalError], fix: str
) -> None:
    place = tmp_path / "file"
    with pytest.raises(LocalError) as caught, explained(place, use=use):
        raise OSError(code, os.strerror(code), str(place))
    assert type(caught.value) is kind
    assert caught.value.fix == getattr(use, fix)
    assert str(tmp_path) in caught.value.what


@pytest.mark.parametrize(("needed", "why"), [(0, "the disk is full"), (5000, "5,000 bytes are needed and")])
def test_a_full_disk_tells_how_much_is_needed_where_that_is_known(
    tmp_path: Path, needed: int, why: str
) -> None:
    with pytest.raises(DiskFull, match=why), explained(tmp_path / "file", needed):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_rename_names_the_place_that_is_taken(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(LocalError, match=r"taken is a folder"), explained(tmp_path / "file"):
        (tmp_path / "file").replace(tmp_path / "taken")
