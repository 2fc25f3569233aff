from __future__ import annotations

import os
from pathlib import Path

from modeltasks.report.console import silence


def test_silencing_a_closed_stream_leaves_no_file_open(tmp_path: Path) -> None:
    with (tmp_path / "log").open("w") as stream:
        pass
    before = next_descriptor()
    silence(stream)
    assert next_descriptor() == before


def next_descriptor() -> int:
    """Return the number that the next file to be opened gets."""
    number = os.open(os.devnull, os.O_RDONLY)
    os.close(number)
    return number


def test_what_is_written_to_a_silenced_stream_goes_nowhere(tmp_path: Path) -> None:
    with (tmp_path / "log").open("w") as stream:
        silence(stream)
        stream.write("lost")
    assert (tmp_path / "log").read_text() == ""
