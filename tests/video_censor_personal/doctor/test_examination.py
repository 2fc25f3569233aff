"""All of it together: what hangs or breaks down holds up no other check."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from tests.support.hub_server import HubServer
from tests.support.waiting import AGES
from video_censor_personal.doctor.examination import examine
from video_censor_personal.errors import UsageError


def test_a_host_and_a_folder_that_hang(
    hub: HubServer, config_file: Callable[..., Path], tmp_path: Path
) -> None:
    hub.fail(".", stall=AGES)
    # Who opens a pipe that nobody writes to waits for ever.
    os.mkfifo(tmp_path / "a.bin")
    entries = [{"name": name, "url": url, "checksum": "0" * 64} for name, url in (
        ("slow", f"{hub.endpoint}/a.bin"), ("pipe", f"file:{tmp_path}/a.bin"),
    )]  # fmt: skip
    found = examine(str(config_file(*entries)), offline=False, seconds=12.0)
    states = {check.name: check.state for check in found.checks}
    assert (states["Source of slow"], states["Python"], states["Folder of models"]) == ("failed", "ok", "ok")
    assert states["Model pipe"] == "warning"


def test_what_there_was_no_time_for_is_not_called_a_failure_unless_it_is_a_disk() -> None:
    found = examine(
        UsageError("No config at x", "it does not exist", "Correct it"), offline=True, seconds=0.0
    )
    late = {check.name: check.state for check in found.checks if "did not answer" in check.what}
    assert late["PyAV"] == "warning"
    assert late.get("Folder of models", "failed") == "failed"
