from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder of the user's, to run the programs in."""
    folder = tmp_path / "cwd"
    folder.mkdir()
    return folder
