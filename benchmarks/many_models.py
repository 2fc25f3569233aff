"""How the cost grows with the number of models: 10, 100 and 1,000 of 2 kB each, whole commands.

    python benchmarks/many_models.py [--counts 10,100,1000] [--repeat 3] [--json FILE]

For each number of models: fetch all of them from loopback into a new store, run again with nothing to
do, fetch one whose entry was edited, hash all again (`doit verify`), and list them with their status.
What grows with the work alone takes ten times as long for ten times as many models, less what starting
costs. `shared` has one file of 2 kB in all models: it is fetched once and linked.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from transfer import serving

ROOT = Path(__file__).resolve().parents[1]
SIZE = 2048
STEPS = ("fetch", "nothing to do", "edit one", "verify", "list", "shared")


def make_files(folder: Path, count: int) -> list[str]:
    """Write one small file more than `count`, each with bytes of its own; return their digests."""
    digests = []
    for number in range(count + 1):
        content = random.Random(number).randbytes(SIZE)
        (folder / f"m{number}").write_bytes(content)
        digests.append(hashlib.sha256(content).hexdigest())
    return digests


def write_config(path: Path, cache: Path, base: str, digests: list[str], chosen: list[int]) -> None:
    """Write a config with a model for each of the files that were chosen."""
    entries = "".join(
        f'    - {{name: m{place}, url: "{base}m{number}", checksum: "sha256:{digests[number]}"}}\n'
        for place, number in enumerate(chosen)
    )
    path.write_text(f"version: 1\nmodels:\n  cache_dir: {cache}\n  sources:\n{entries}")


def run(*arguments: str, cwd: Path) -> float:
    """Run a command that must succeed; return its seconds."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("VIDEO_CENSOR_CACHE_DIR", None)
    started = time.perf_counter()
    command = [sys.executable, "-m", *arguments]
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{arguments} failed with {done.returncode}:\n{done.stderr[-2000:]}")
    return time.perf_counter() - started


def measure(base: str, digests: list[str], count: int, folder: Path) -> dict[str, float]:
    """Take all steps once, in a new store; return the seconds of each."""
    config, cache = folder / "config.yaml", folder / "cache"
    fetch = ("video_censor_personal", "--download-models", "--config", str(config))
    doit = ("doit", "-f", str(ROOT / "dodo.py"), f"config={config}")
    write_config(config, cache, base, digests, list(range(count)))
    taken = {"fetch": run(*fetch, cwd=folder), "nothing to do": run(*fetch, cwd=folder)}
    write_config(config, cache, base, digests, [count, *range(1, count)])
    taken["edit one"] = run(*fetch, cwd=folder)
    taken["verify"] = run(*doit, "verify", cwd=folder)
    taken["list"] = run(*doit, "list", "--all", "--status", cwd=folder)
    shutil.rmtree(cache)
    write_config(config, cache, base, digests, [0] * count)
    taken["shared"] = run(*fetch, cwd=folder)
    return taken


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--counts", default="10,100,1000")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    counts = [int(count) for count in options.counts.split(",")]
    results: dict[int, list[dict[str, float]]] = {count: [] for count in counts}
    with tempfile.TemporaryDirectory() as name:
        served = Path(name) / "served"
        served.mkdir()
        digests = make_files(served, max(counts))
        with serving(served) as base:
            for _ in range(options.repeat):
                for count in counts:
                    folder = Path(name) / "run"
                    folder.mkdir()
                    results[count].append(measure(base, digests, count, folder))
                    shutil.rmtree(folder)
    print(f"| models | {' | '.join(STEPS)} |\n|---|{'---|' * len(STEPS)}")
    for count, runs in results.items():
        cells = (f"{statistics.median(run[step] for run in runs):.2f} s" for step in STEPS)
        print(f"| {count:,} | {' | '.join(cells)} |")
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
