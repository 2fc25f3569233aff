"""What switches the network off."""

from __future__ import annotations

import pytest

from modeltasks.settings import OFFLINE_SETTING, NetworkSettings, offline_switch


@pytest.mark.parametrize(
    ("offline", "variables", "switch"),
    [
        (False, {}, None),
        (True, {"HF_HUB_OFFLINE": "1"}, OFFLINE_SETTING),
        (False, {"HF_HUB_OFFLINE": "0", "TRANSFORMERS_OFFLINE": ""}, None),
        (False, {"HF_HUB_OFFLINE": " ON "}, "HF_HUB_OFFLINE"),
        (False, {"HF_HUB_OFFLINE": "no", "TRANSFORMERS_OFFLINE": "Yes"}, "TRANSFORMERS_OFFLINE"),
    ],
)
def test_offline_switch(
    monkeypatch: pytest.MonkeyPatch, offline: bool, variables: dict[str, str], switch: str | None
) -> None:
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert offline_switch(NetworkSettings(offline=offline)) == switch
