"""A fetch in a process of its own, which a test can kill."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from modeltasks.transfer.mirror import Wanted
from tests.modeltasks.transfer.conftest import Bench
from tests.modeltasks.transfer.servers import Server
from tests.support.waiting import PATIENCE

CHILD = """
import json, sys
from pathlib import Path
from modeltasks.support.cancel import CancelToken
from modeltasks.report.progress import NoProgress
from modeltasks.settings import NetworkSettings
from modeltasks.spec import Checksum
from modeltasks.transfer.client import Transfer
from modeltasks.transfer.mirror import UrlMirror, Wanted
url, folder, digest, size = sys.argv[1:]
network = NetworkSettings(connections=4, retries=1, backoff=(0.1,))
with Transfer(network, Path(folder), CancelToken(), NoProgress()) as transfer:
    wanted = Wanted("model/file", Checksum("sha256", digest), int(size))
    fetched = transfer.fetch(wanted, [UrlMirror(url, "x")])
print(json.dumps([str(fetched.path), fetched.bytes_fetched, fetched.source]))
"""


def child(server: Server, bench: Bench, wanted: Wanted) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", CHILD, server.url(), str(bench.folder), wanted.checksum.hexdigest]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    return subprocess.Popen([*command, str(wanted.size)], stdout=subprocess.PIPE, text=True, env=environment)


def result_of(process: subprocess.Popen[str]) -> tuple[Path, int, str]:
    out, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    path, count, source = json.loads(out)
    return Path(path), count, source
