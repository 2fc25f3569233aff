"""Analyse and render a film: speed, memory over its length, and what an edit of the config costs.

    doit demo && python benchmarks/film.py [--repeat 5] [--json FILE]

The films are the demo's scene and speech, repeated. Every figure is that of a whole process; CPU seconds are
those of all its threads. Nothing that was observed before is known, since the models are copied to a store
of their own. ffmpeg, where it is installed, silences the same spans for comparison.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
CONFIG = ROOT / "config" / "video-censor.yaml"
LAP = 30.0
"""Seconds of the demo's clip."""


@dataclass(slots=True)
class Result:
    """What the runs of one program took: wall and CPU seconds, peak resident MiB."""

    name: str
    minutes: float
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    peak: list[float] = field(default_factory=list)

    @property
    def row(self) -> str:
        wall, cpu = statistics.median(self.wall), statistics.median(self.cpu)
        return (
            f"| {self.name} | {wall:.2f} ({min(self.wall):.2f}-{max(self.wall):.2f}) | {cpu:.2f} "
            f"| {cpu / self.minutes:.2f} | {60 * self.minutes / cpu:.1f} | {max(self.peak):.0f} |"
        )


def make_film(folder: Path, street: Path, laps: int, layout: str) -> Path:
    """Write the demo's clip, `laps` times as long, with sound of this layout."""
    import av
    from av.audio.resampler import AudioResampler

    from demo.clip import build_clip
    from demo.tasks import SPEECH

    resampler = AudioResampler("s16", "mono", 48000)
    with av.open(str(SPEECH)) as sound:
        frames = [frame for each in sound.decode(audio=0) for frame in resampler.resample(each)]
    lap = b"".join(frame.to_ndarray().tobytes() for frame in frames)
    speech = folder / "speech.wav"
    with wave.open(str(speech), "wb") as stream:
        stream.setparams((1, 2, 48000, 0, "NONE", ""))
        stream.writeframes(lap.ljust(round(LAP * 48000) * 2, b"\0") * laps)
    film = folder / f"{layout}-{laps}.mp4"
    build_clip(street, speech, film, layout)
    return film


def video_censor(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "video_censor_personal", *map(str, arguments)]


def ffmpeg(film: Path, segments: Path, output: Path) -> list[str]:
    """Return the command that silences the same spans with one ffmpeg."""
    spans = [
        (each["start_time_seconds"] - 0.2, each["end_time_seconds"] + 0.2)
        for each in json.loads(segments.read_text())["segments"]
    ]
    when = "+".join(f"between(t,{start:.3f},{end:.3f})" for start, end in spans)
    sound = ["-af", f"volume=enable='{when}':volume=0", "-c:a", "aac"]
    return ["ffmpeg", "-v", "error", "-y", "-i", str(film), "-map", "0", "-c", "copy", *sound, str(output)]


class Bench:
    """Measures in a folder of its own, with a store of its own.

    Args:
        scratch: the folder.
        repeat: how often each command runs.
    """

    def __init__(self, scratch: Path, repeat: int) -> None:
        self.scratch = scratch
        self.cache = scratch / "cache"
        self.results: list[Result] = []
        self._repeat = repeat

    def run(self, command: list[str], result: Result | None = None) -> None:
        """Run a command and note what it took."""
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "VIDEO_CENSOR_CACHE_DIR": str(self.cache)}
        started = time.perf_counter()
        with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE) as process:
            assert process.stderr is not None
            told = process.stderr.read().decode()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{command} failed:\n{told}")
        if result is not None:
            result.wall.append(time.perf_counter() - started)
            result.cpu.append(usage.ru_utime + usage.ru_stime)
            result.peak.append(usage.ru_maxrss / 1024)

    def measure(
        self, name: str, minutes: float, command: list[str], before: Callable[[], object] | None = None
    ) -> None:
        """Run a command again and again, each time after `before`."""
        result = Result(name, minutes)
        for _ in range(self._repeat):
            if before is not None:
                before()
            self.run(command, result)
        self.results.append(result)
        print(result.row, flush=True)

    def forget(self) -> None:
        """Make the next run observe everything anew."""
        shutil.rmtree(self.cache / ".analysis", ignore_errors=True)


def measure(bench: Bench, films: dict[tuple[str, int], Path]) -> None:
    """Run all scenarios with films by layout and length in laps."""
    clean = bench.scratch / "clean.mp4"
    for laps in (2, 8):
        film = films["stereo", laps]
        command = video_censor("--input", film, "--output", film.with_suffix(".json"), "--config", CONFIG)
        bench.measure(f"analyse {laps * LAP / 60:.0f} min", laps * LAP / 60, command, bench.forget)
    edited = bench.scratch / "edited.yaml"
    longest = films["stereo", 8]
    results = longest.with_suffix(".json")
    again = video_censor("--input", longest, "--output", results, "--config", edited)

    def edit() -> None:
        text = CONFIG.read_text()
        thresholds = text.replace("threshold: 0.5 ", f"threshold: 0.{time.time_ns() % 400 + 500} ")
        edited.write_text(thresholds.replace("type: speech", "type: speech\n    allow: [crap]"))

    bench.measure("threshold and word list edited, 4 min", 4, again, edit)

    mute = bench.scratch / "mute.yaml"
    mute.write_text(CONFIG.read_text().replace("blank\n", "none\n"))
    for layout in ("stereo", "5.1"):
        film = films[layout, 2]
        results = film.with_suffix(".json")
        bench.run(video_censor("--input", film, "--output", results, "--config", CONFIG))
        command = video_censor(
            *("--input", film, "--input-segments", results, "--output-video", clean, "--config", mute)
        )
        bench.measure(f"mute 1 min, {layout}", 1, command, lambda: clean.unlink(missing_ok=True))
        if shutil.which("ffmpeg"):
            bench.measure(f"ffmpeg, mute 1 min, {layout}", 1, ffmpeg(film, results, clean))


def main() -> None:
    """Run everything and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()

    from demo.tasks import STREET
    from video_censor_personal.model_manager import ModelManager

    store = ModelManager(CONFIG).store
    street = store.path(STREET, STREET.files[0])
    if not street.exists():
        raise SystemExit("The demo's clip and the models are not here: run `doit demo` first")
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(Path(name), options.repeat)
        shutil.copytree(store.root, bench.cache, ignore=shutil.ignore_patterns(".*"))
        bench.run(video_censor("--download-models", "--offline", "--config", CONFIG))
        # A program counts the memory of the one that started it as its own, so that one has to be small.
        with ProcessPoolExecutor(1) as pool:
            films = {
                (layout, laps): pool.submit(make_film, bench.scratch, street, laps, layout).result()
                for layout, laps in (("stereo", 2), ("stereo", 8), ("5.1", 2))
            }
        print("| | wall s (least-most) | CPU s | CPU s/min | x real time, one core | peak MiB |")
        print("|---|---|---|---|---|---|")
        measure(bench, films)
    if options.json:
        options.json.write_text(json.dumps([asdict(each) for each in bench.results], indent=1) + "\n")


if __name__ == "__main__":
    main()
