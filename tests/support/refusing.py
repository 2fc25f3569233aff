"""File systems that refuse or lie: the system answers as such a disk would, in every program."""

from __future__ import annotations

from pathlib import Path

_SHIM = """
import errno, os

def _refuse(name, code):
    def refuse(*args, **kwargs):
        raise OSError(code, os.strerror(code))
    return refuse

for _call in {calls!r}:
    _name, _code = _call.split("=")
    if _name == "statvfs" and _code == "0":
        os.statvfs = lambda path: os.statvfs_result((4096, 4096, 0, 0, 0, 0, 0, 0, 0, 255))
    elif _name == "flock":
        import fcntl
        fcntl.flock = _refuse(_name, getattr(errno, _code))
    else:
        setattr(os, _name, _refuse(_name, getattr(errno, _code)))
"""


def refusing(folder: Path, *calls: str) -> dict[str, str]:
    """Return the environment in which these calls of the system are refused.

    Args:
        folder: an empty one.
        calls: as `utime=EPERM`; `statvfs=0` tells of no blocks at all.
    """
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(_SHIM.format(calls=calls))
    repository = Path(__file__).parents[2]
    return {"PYTHONPATH": f"{folder}:{repository}"}
