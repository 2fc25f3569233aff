"""What a run costs when nothing has changed: ten models in place, whole processes, next to peers.

    python benchmarks/nothing_to_do.py [--repeat 15] [--json FILE]

Runs of different programs take turns. Peers that are not installed are left out; `hf_hub_download`
answers from its own cache, pinned to a commit and offline, which is the fastest that it can be.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COUNT = 10
SIZE = 1024 * 1024
COMMIT = "0" * 40

TRIVIAL = """
def task_models():
    for number in range(10):
        yield {"name": str(number), "actions": ["true"], "uptodate": [True]}
"""

POOCH = """
import pooch, sys
pooch.get_logger().disabled = True
for line in open(sys.argv[1] + "/sums"):
    digest, name = line.split()
    pooch.retrieve("https://nowhere.invalid/" + name, "sha256:" + digest, name, sys.argv[1])
"""

HUB = """
import os, sys
os.environ.update(HF_HUB_CACHE=sys.argv[1], HF_HUB_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1")
from huggingface_hub import hf_hub_download
for number in range(10):
    hf_hub_download("bench/files", f"m{number}.bin", revision="0" * 40)
"""


def prepare(folder: Path) -> Path:
    """Write ten files and a config whose models they are; return the config's path."""
    entries = []
    sums = []
    for number in range(COUNT):
        name = f"m{number}.bin"
        content = bytes([number]) * SIZE
        digest = hashlib.sha256(content).hexdigest()
        for place in (folder / name, folder / f"models--bench--files/snapshots/{COMMIT}/{name}"):
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        entries.append(f'    - {{name: m{number}, url: "file:{folder / name}", checksum: "sha256:{digest}"}}')
        sums.append(f"{digest} {name}")
    (folder / "sums").write_text("\n".join(sums))
    (folder / "trivial.py").write_text(TRIVIAL)
    config = folder / "config.yaml"
    sources = "\n".join(entries)
    config.write_text(f"version: 1\nmodels:\n  cache_dir: {folder / 'cache'}\n  sources:\n{sources}\n")
    return config


def commands(folder: Path, config: Path) -> dict[str, list[str]]:
    """Return what is measured, by name."""
    python = sys.executable
    doit = [python, "-m", "doit", "run", "-f"]
    found = {
        "python -c pass": [python, "-c", "pass"],
        "video-censor --download-models": [
            *(python, "-m", "video_censor_personal", "--download-models", "--config", str(config))
        ],
        "doit models": [*doit, str(ROOT / "dodo.py"), f"config={config}", "models"],
        "doit, ten trivial tasks": [*doit, str(folder / "trivial.py")],
        "python -c 'import doit.doit_cmd'": [python, "-c", "import doit.doit_cmd"],
    }
    if find_spec("pooch"):
        found["pooch"] = [python, "-c", POOCH, str(folder)]
    if find_spec("huggingface_hub"):
        found["huggingface_hub"] = [python, "-c", HUB, str(folder)]
    return found


def measure(command: list[str], folder: Path) -> float:
    """Run a command; return its milliseconds."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("VIDEO_CENSOR_CACHE_DIR", None)
    started = time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    return 1000 * (time.perf_counter() - started)


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeat", type=int, default=15)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wanted = commands(folder, prepare(folder))
        for command in wanted.values():
            measure(command, folder)
        taken: dict[str, list[float]] = {each: [] for each in wanted}
        for _ in range(options.repeat):
            for each, command in wanted.items():
                taken[each].append(measure(command, folder))
    bare = statistics.median(taken["python -c pass"])
    print(f"{COUNT} models in place\n\n| | ms (least-most) | x python -c pass |\n|---|---|---|")
    for each, values in taken.items():
        middle = statistics.median(values)
        spread = f"{min(values):.0f}-{max(values):.0f}"
        print(f"| `{each}` | {middle:.1f} ({spread}) | {middle / bare:.1f} |")
    if options.json:
        options.json.write_text(json.dumps(taken, indent=1) + "\n")


if __name__ == "__main__":
    main()
