"""Our own transfer and hashing alone, as programs to measure.

    python benchmarks/ours.py fetch FOLDER URL CONNECTIONS FILES
    python benchmarks/ours.py verify FOLDER URL CONNECTIONS FILES

FILES is JSON: name, size and SHA-256 of each file. Each task imports only what it needs.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from modeltasks.support.cancel import CancelToken

Files = list[tuple[str, int, str]]


def fetch(folder: Path, base: str, connections: int, files: Files) -> None:
    """Fetch all files at once, with one transfer."""
    from concurrent.futures import ThreadPoolExecutor

    from modeltasks.report.progress import NoProgress
    from modeltasks.settings import NetworkSettings
    from modeltasks.spec import Checksum
    from modeltasks.transfer.client import Transfer
    from modeltasks.transfer.mirror import UrlMirror, Wanted

    def fetch_one(file: tuple[str, int, str]) -> None:
        name, size, digest = file
        wanted = Wanted(name, Checksum("sha256", digest), size)
        transfer.fetch(wanted, [UrlMirror(base + name, "bench")]).path.rename(folder / name)

    with (
        Transfer(NetworkSettings(connections=connections), folder, CancelToken(), NoProgress()) as transfer,
        ThreadPoolExecutor(len(files)) as pool,
    ):
        list(pool.map(fetch_one, files))


def verify(folder: Path, files: Files) -> None:
    """Hash all files, and compare."""
    from modeltasks.checksum import HashJob, hash_files

    jobs = [HashJob(folder / name, "sha256") for name, _, _ in files]
    for index, result in hash_files(jobs, cancel=CancelToken()):
        assert not isinstance(result, OSError)
        assert result.hexdigest == files[index][2]


if __name__ == "__main__":
    task, place, url, count, listed = sys.argv[1:]
    if task == "fetch":
        fetch(Path(place), url, int(count), json.loads(listed))
    else:
        verify(Path(place), json.loads(listed))
