"""What a library of films costs in which there is nothing to do: whole processes, wall and processor seconds.

    python benchmarks/library.py [--films 1000] [--repeat 5] [--folder FOLDER] [--profile]

The films are small clips, each with a title of its own. What is made of them is made by one real run; with
`--folder` it is kept, and need not be made again. `--profile` shows where the time goes.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import av

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.support.media_clips import Clip, make_clip  # noqa: E402 - found by the line above

COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "doit": ["-m", "video_censor_personal", "tasks", "run"],
    "doit list --all --status": ["-m", "video_censor_personal", "tasks", "list", "--all", "--status"],
    "video-censor --dry-run": ["-m", "video_censor_personal", "--dry-run"],
}

_TO_DO = re.compile(r"^(\.  |R |  )copy:", re.MULTILINE)
"""What the three say of a copy that is not up to date."""


def prepare(folder: Path, films: int) -> None:
    """Write films and config."""
    clip = make_clip(folder / "clip.mkv", Clip(seconds=0.4, size=(32, 32), rate=10))
    for number in range(films):
        path = folder / "films" / f"shelf {number // 100}" / f"Film {number:04}.mkv"
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            titled(clip, path, f"Film {number:04}")
    script = folder / "script.json"
    script.write_text(json.dumps([{"start": 0.1, "end": 0.2, "label": "Profanity", "text": "damn"}]))
    config = {
        "version": 1,
        "models": {"cache_dir": str(folder / "cache")},
        "detectors": [{"name": "eye", "type": "scripted", "script": str(script)}],
        "remediation": {"audio": {"enabled": True, "categories": ["Profanity"]}},
        "library": {
            "films": [str(folder / "films" / "**" / "*.mkv")],
            "output_dir": str(folder / "clean"),
            "exports": ["edl", "report"],
        },
    }
    (folder / "video-censor.yaml").write_text(json.dumps(config))


def titled(clip: Path, path: Path, title: str) -> None:
    """Write a clip's packets into a film of that title."""
    with av.open(str(clip)) as source, av.open(str(path), "w") as output:
        output.metadata["title"] = title
        streams = {each.index: output.add_stream_from_template(each) for each in source.streams}
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                output.mux(packet)


def run(folder: Path, *arguments: str) -> tuple[float, float, str]:
    """Run Python; return the seconds that it took, those of the processor, and what it said."""
    line = [sys.executable, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program is compiled
    used, started = _processor(), time.perf_counter()
    done = subprocess.run(line, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    if done.returncode:
        raise SystemExit(done.stdout[-2000:] + done.stderr[-2000:])
    return seconds, _processor() - used, done.stdout + done.stderr


def _processor() -> float:
    """Return the processor seconds of the processes that have ended."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime


def measure(folder: Path, films: int, repeat: int) -> None:
    """Print a line for each command."""
    print(f"{films} films, best and median of {repeat}; load {os.getloadavg()[0]:.1f}")
    took: dict[str, list[tuple[float, float]]] = {name: [] for name in COMMANDS}
    for _ in range(repeat):
        for name, arguments in COMMANDS.items():
            seconds, used, said = run(folder, *arguments)
            took[name].append((seconds, used))
            if _TO_DO.search(said):
                raise SystemExit(f"{name} found something to do:\n{said[:2000]}")
    for name, times in took.items():
        for kind, values in zip(("wall", "processor"), zip(*times, strict=True), strict=True):
            print(f"{name:28} {kind:10} {min(values):6.2f} s {statistics.median(values):6.2f} s")


def main() -> None:
    """Prepare, make all there is to make, and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--films", type=int, default=1000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.folder or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        prepare(folder, options.films)
        doit = COMMANDS["doit"]
        print(f"the first run: {run(folder, *doit, '-n', '4')[0]:.0f} s")
        run(folder, *doit, "-n", "4")
        if options.profile:
            print(run(folder, "-m", "cProfile", "-s", "tottime", *doit)[2][:6000])
        measure(folder, options.films, options.repeat)


if __name__ == "__main__":
    main()
