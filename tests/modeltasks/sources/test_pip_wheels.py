"""Asking pip for a wheel without fetching it."""

from __future__ import annotations

from pathlib import Path

import pytest

from modeltasks.errors import Timeout, WheelUnavailable
from modeltasks.sources.pip_wheels import look_up
from tests.support.waiting import PROMPT
from tests.support.wheels import build_wheel, only_index


def test_a_wheel_is_there_or_it_is_said_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_wheel(tmp_path, "some-models", "1.2", {"a.bin": b"a"})
    only_index(monkeypatch, tmp_path)
    look_up("some-models==1.2", PROMPT)
    with pytest.raises(WheelUnavailable, match=r"no wheel of version 1\.3"):
        look_up("some-models==1.3", PROMPT)
    with pytest.raises(WheelUnavailable, match="pip says: "):
        look_up("other-models==1.2", PROMPT)
    with pytest.raises(Timeout, match="did not answer"):
        look_up("some-models==1.2", 0.001)
