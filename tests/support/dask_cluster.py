"""A Dask scheduler and workers on loopback, started as on real machines: by their commands."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.waiting import PROMPT, wait_until

REPOSITORY = Path(__file__).parents[2]


@dataclass
class DaskCluster:
    """Starts programs whose output goes to files in `folder`; `close` ends them all."""

    folder: Path
    _processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    address: str = ""

    @property
    def models(self) -> Path:
        """Where workers keep models, unless told otherwise."""
        return self.folder / "models"

    def scheduler(self, *arguments: str, environ: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        """Start a scheduler, and wait until it can be asked."""
        found, process = self.start(
            *("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", *arguments),
            until=r"Scheduler at:\s+(\S+)",
            environ=environ or {},
        )
        self.address = found[1]
        return process

    def worker(
        self,
        name: str,
        *arguments: str,
        resources: str = "film=1",
        environ: Mapping[str, str] | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start a worker, and wait until the scheduler knows it. They share a folder of models."""
        _, process = self.start(
            *("worker", self.address, "--name", name, "--nthreads", "1", "--no-dashboard"),
            *("--host", "127.0.0.1", "--resources", resources),
            *arguments,
            environ={"VIDEO_CENSOR_CACHE_DIR": str(self.models), **(environ or {})},
        )
        return process

    def start(
        self, command: str, *arguments: str, environ: Mapping[str, str], until: str = "Registered to"
    ) -> tuple[re.Match[str], subprocess.Popen[bytes]]:
        """Start a command of dask's, and wait until it prints something; return that and the process."""
        log = self.folder / f"{len(list(self.folder.iterdir()))}-{command}.log"
        local = ["--local-directory", str(self.folder)] if command == "worker" else []
        with log.open("wb") as stream:
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", command, *arguments, *local],
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env={**os.environ, "PYTHONPATH": str(REPOSITORY), **environ},
            )
        self._processes.append(process)
        wait_until(lambda: re.search(until, log.read_text()), process)
        printed = re.search(until, log.read_text())
        assert printed is not None
        return printed, process

    def close(self) -> None:
        """End them, the scheduler last: a worker that loses it meanwhile takes seconds to notice."""
        while self._processes:
            process = self._processes.pop()
            process.terminate()
            try:
                process.wait(PROMPT)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
