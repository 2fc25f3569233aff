"""Kills `video-censor --download-models` 200 times at random moments and looks at the store after each kill.

    python benchmarks/kill_test.py [--kills 200] [--seed 1] [--rate 20e6] [--json results.json]

It ends with 1 when anything was found that must not be.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.end_to_end.crash.campaign import LOST_MOST, Tally, campaign  # noqa: E402
from tests.end_to_end.crash.stores import contents  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=200, help="how many (default: 200)")
    parser.add_argument("--seed", type=int, default=1, help="of all that is random (default: 1)")
    parser.add_argument("--rate", type=float, default=20e6, help="bytes per second of the server (20e6)")
    parser.add_argument("--json", type=Path, help="write the figures to this file, too")
    options = parser.parse_args()
    # A shell that starts us in the background has Ctrl-C ignored, and children inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="kill-test-") as folder:
        tally = campaign(Path(folder), contents(), kills=options.kills, seed=options.seed, rate=options.rate)
    figures = {**summary(tally), "seed": options.seed, "seconds": round(time.monotonic() - started)}
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")
    for name, value in figures.items():
        print(f"{name.replace('_', ' '):32} {value}")
    return 1 if tally.violations or tally.refetched > tally.allowed else 0


def summary(tally: Tally) -> dict[str, Any]:
    """Return the figures of a campaign."""
    graceful = [kill for kill in tally.kills if kill.signal.name != "SIGKILL"]
    return {
        "kills": len(tally.kills),
        "by_signal": dict(tally.count("signal")),
        "by_jobs": dict(tally.count("jobs")),
        "by_where_they_hit": dict(tally.count("hit")),
        "exit_codes": {
            name: dict(Counter(kill.code for kill in tally.kills if kill.signal.name == name))
            for name in sorted(tally.count("signal"))
        },
        "slowest_end_after_TERM_or_INT": round(max(kill.seconds_to_end for kill in graceful), 2),
        "tracebacks": sum(kill.traceback for kill in tally.kills),
        "complete_fetches": tally.complete,
        "bytes_of_all_models": tally.size,
        "bytes_fetched_again": tally.refetched,
        "most_fetched_again_for_a_kill": max(kill.lost for kill in tally.kills),
        "most_allowed_for_a_kill": LOST_MOST,
        "violations": tally.violations or 0,
    }


if __name__ == "__main__":
    sys.exit(main())
