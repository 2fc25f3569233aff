"""Whatever kills `video-censor --download-models`, whenever: the store is in order, the next run goes on."""

from __future__ import annotations

import signal
from pathlib import Path

from tests.end_to_end.crash.campaign import LOST_MOST, campaign
from tests.end_to_end.crash.stores import contents
from tests.support.waiting import PROMPT


def test_killed_at_random_moments(tmp_path: Path) -> None:
    tally = campaign(tmp_path, contents(), kills=12, seed=20, rate=40e6)
    assert tally.violations == []
    assert tally.count("signal") == {"SIGKILL": 4, "SIGTERM": 4, "SIGINT": 4}
    assert "within the bytes" in tally.count("hit")
    assert tally.complete >= 1
    assert 0 <= tally.refetched <= tally.allowed
    for kill in tally.kills:
        assert kill.lost <= LOST_MOST, f"{kill} threw away what had come"
        if kill.signal is not signal.SIGKILL:
            assert kill.seconds_to_end < PROMPT, kill
            # While it is being loaded, and when its work is done, Python ends as it always does.
            assert kill.hit in ("starting", "ending") or kill.code == 130, kill
