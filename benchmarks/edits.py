"""A library of six clips: which tasks run after each edit, and what the whole command takes.

    doit demo && python benchmarks/edits.py [--repeat 1] [--workers]

The clips are the demo's scene and speech, in several layouts, lengths and containers. Each edit is made on a
library that is up to date; then `video-censor tasks` brings it up to date again. With `--workers`, what two
films at once gain over one, and what a worker takes that is killed in mid-film.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from film import CONFIG, LAP, ROOT, make_film

LIBRARY = """
library:
  films: ["films/**/*.mp4"]
  output_dir: clean
  exports: [edl]
"""
CLIPS = (("mono", 1), ("stereo", 1), ("5.1", 1), ("mono", 2), ("stereo", 2), ("5.1", 2))
_RAN = re.compile(r"^\.  (\w+):", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Shelf:
    """A folder with films and a config."""

    folder: Path
    cache: Path

    @property
    def config(self) -> Path:
        return self.folder / "video-censor.yaml"

    @property
    def films(self) -> list[Path]:
        return sorted(path for path in (self.folder / "films").rglob("*") if path.is_file())

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "video_censor_personal", "tasks", *words]

    def environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(ROOT), "VIDEO_CENSOR_CACHE_DIR": str(self.cache)}

    def run(self, *words: str) -> tuple[Counter[str], float]:
        """Bring the films up to date; return how many tasks of each group ran, and the seconds."""
        started = time.perf_counter()
        done = subprocess.run(
            self.command(*words),
            check=False,
            cwd=self.folder,
            env=self.environment(),
            capture_output=True,
            text=True,
        )
        seconds = time.perf_counter() - started
        if done.returncode:
            raise SystemExit(f"it failed:\n{done.stdout[-3000:]}\n{done.stderr[-1500:]}")
        return Counter(_RAN.findall(done.stdout)), seconds

    def edit(self, old: str, new: str) -> Callable[[], object]:
        """Return what replaces a text of the config."""

        def edit() -> None:
            text = self.config.read_text()
            assert old in text, old
            self.config.write_text(text.replace(old, new, 1))

        return edit

    def results(self) -> Path:
        return sorted((self.folder / "clean").rglob("*.results.json"))[-1]

    def copies(self) -> list[Path]:
        return sorted((self.folder / "clean").rglob("*.clean.*"))

    def lose_copy(self) -> None:
        self.copies()[-1].unlink()

    def lose_results(self) -> None:
        self.results().unlink()

    def decide(self) -> None:
        """Allow what was found first in one film."""
        document = json.loads(self.results().read_text())
        document["segments"][0]["allow"] = not document["segments"][0]["allow"]
        self.results().write_text(json.dumps(document))


def _nothing() -> None:
    """Leave all as it is."""


def edits(shelf: Shelf) -> list[tuple[str, Callable[[], object]]]:
    """Return edits, by what they are called; each is made after those before it."""
    film = shelf.films[0]
    moved = film.parent / "moved" / f"other name{film.suffix}"
    new = film.parent / f"new{film.suffix}"

    def move() -> None:
        moved.parent.mkdir()
        film.rename(moved)

    return [
        ("nothing", _nothing),
        ("a comment in the config", lambda: shelf.config.write_text(f"# mine\n{shelf.config.read_text()}")),
        ("threshold of nsfw", shelf.edit("threshold: 0.5 ", "threshold: 0.6 ")),
        ("a word more", shelf.edit("type: speech", "type: speech\n    words: [picture]")),
        ("a word allowed", shelf.edit("type: speech", "type: speech\n    allow: [crap]")),
        ("a decision in one film's results", shelf.decide),
        ("merge_threshold", shelf.edit("merge_threshold: 2.0", "merge_threshold: 0.5")),
        ("bleep for silence", shelf.edit("mode: silence", "mode: bleep")),
        ("padding", shelf.edit("padding: null", "padding: 0.3")),
        ("blank_color, nothing is blanked", shelf.edit('"#000000"', '"#202020"')),
        ("pictures looked at twice as often", shelf.edit("sample_rate: 0.5", "sample_rate: 0.25")),
        ("beam_size of speech", shelf.edit("type: speech", "type: speech\n    beam_size: 1")),
        ("another export", shelf.edit("exports: [edl]", "exports: [edl, csv]")),
        ("a film touched", film.touch),
        ("a film moved and renamed", move),
        ("a film more", lambda: shutil.copy(moved, new)),
        ("a film less", new.unlink),
        ("a copy removed", shelf.lose_copy),
        ("a results file removed", shelf.lose_results),
        (
            "a second profile",
            shelf.edit(
                "  exports:",
                "  profiles: {strict: {}, mild: {detectors: {speech: {tiers: [strong]}}}}\n  exports:",
            ),
        ),
    ]


def shelved(scratch: Path, street: Path, models: Path) -> Shelf:
    """Make the library, with a store of its own that holds the models and nothing else."""
    shelf = Shelf(scratch / "shelf", scratch / "cache")
    (shelf.folder / "films").mkdir(parents=True)
    shutil.copytree(models, shelf.cache, ignore=shutil.ignore_patterns(".*"))
    for layout, laps in CLIPS:
        film = make_film(scratch, street, laps, layout)
        shutil.move(film, shelf.folder / "films" / f"{layout} {laps}{film.suffix}")
    shelf.config.write_text(CONFIG.read_text() + LIBRARY)
    return shelf


def measure_edits(shelf: Shelf) -> None:
    """Print which tasks run after each edit."""
    minutes = sum(laps for _, laps in CLIPS) * LAP / 60
    print(f"six clips, {minutes:.1f} minutes in all\n")
    print("| edit | observe | segments | copy | exports | s |")
    print("|---|---|---|---|---|---|")
    shelf.run("models")
    for name, edit in [("first run", _nothing), *edits(shelf)]:
        edit()
        ran, seconds = shelf.run()
        counts = " | ".join(str(ran[group] or "-") for group in ("observe", "segments", "copy", "exports"))
        print(f"| {name} | {counts} | {seconds:.2f} |", flush=True)


def workers_of(pid: int) -> list[int]:
    """Return the processes that a process started (Linux)."""
    found = []
    for each in Path("/proc").glob("[0-9]*/status"):
        with suppress(OSError):  # it has ended meanwhile
            if f"PPid:\t{pid}\n" in each.read_text():
                found.append(int(each.parent.name))
    return found


def measure_workers(shelf: Shelf, repeat: int) -> None:
    """Print what two films at once gain, and what a killed worker costs."""
    print("\n| all observed and rendered | s |\n|---|---|")
    medians = {}
    for films in ("1", "2"):
        took = []
        for _ in range(repeat):
            shutil.rmtree(shelf.cache / ".analysis")
            shutil.rmtree(shelf.folder / "clean")
            took.append(shelf.run("-n", films)[1])
        medians[films] = statistics.median(took)
        print(f"| {films} at once | {medians[films]:.1f} ({min(took):.1f}-{max(took):.1f}) |")
    print(f"| speed-up | {medians['1'] / medians['2']:.2f} |")
    shutil.rmtree(shelf.cache / ".analysis")
    shutil.rmtree(shelf.folder / "clean")
    program = subprocess.Popen(
        shelf.command("-n", "2"),
        cwd=shelf.folder,
        env=shelf.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    while len(workers_of(program.pid)) < 2:
        time.sleep(0.1)
    time.sleep(5.0)  # into a film
    os.kill(workers_of(program.pid)[0], signal.SIGKILL)
    told, _ = program.communicate()
    print("\na worker killed in mid-film:\n")
    print("\n".join(f"    {line}" for line in told.splitlines() if "SIGKILL" in line or "failed" in line))
    ran, seconds = shelf.run("-n", "2")
    print(f"\nthe next run: {dict(ran)} in {seconds:.1f} s")


def main() -> None:
    """Make the library, and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--workers", action="store_true")
    options = parser.parse_args()

    from demo.tasks import STREET
    from video_censor_personal.model_manager import ModelManager

    store = ModelManager(CONFIG).store
    street = store.path(STREET, STREET.files[0])
    if not street.exists():
        raise SystemExit("The demo's clip and the models are not here: run `doit demo` first")
    with tempfile.TemporaryDirectory() as name:
        with ProcessPoolExecutor(1) as pool:
            shelf = pool.submit(shelved, Path(name), street, store.root).result()
        if options.workers:
            shelf.run()
            measure_workers(shelf, options.repeat)
        else:
            measure_edits(shelf)


if __name__ == "__main__":
    main()
