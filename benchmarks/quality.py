"""How well swears are heard and silenced: `video-censor FILM` on reels with exact truth.

    doit models && python benchmarks/quality.py [--config NAME=YAML]... [--only WORDS] [--peers] [--json FILE]

Reels are made by voices that are installed here (benchmarks/reels.py), and kept. For each of them the whole
command runs as a person types it, with models and nothing else known, and what it found is held against the
truth. What is silent is measured in the sound of the copy:

- heard: a segment is on the word.
- covered: of the words heard, those of which no 10 ms are left in the copy.
- collateral: seconds of other words that are silent, for each word that is.
- traps hit: clean words that sound like a swear, or hold one, with a segment on them.
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
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

from footage import lightness, loudness
from peers import NoPeerError, Peer, cleanvid, monkeyplug
from reels import Plan, Reel, make_reel, spoken
from scenes import FRAMES, Pictures, Sounds
from scoring import Score, Span, heard_in, score, silenced
from voices import NoVoiceError

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
CONFIG = ROOT / "config" / "video-censor.yaml"
STEP = 0.01
"""Seconds in which sounds are compared."""
PICTURE = 1 / FRAMES
SHORTEST = 0.1
"""Seconds; a program that tells nothing meant what is silent for so long."""
CATEGORIES = {
    "words": {"Profanity"},
    "pictures": {"Nudity", "Sexual Theme"},
    "sounds": {"Violence", "Sexual Theme"},
}
"""What findings of a reel's kind are called."""


@dataclass(slots=True)
class Cost:
    """What runs of a command took: CPU seconds and peak resident MiB."""

    cpu: list[float] = field(default_factory=list)
    peak: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Row:
    """One program on one reel; `trouble` says why there is no score, or what was odd."""

    program: str
    kind: str
    voices: str
    seconds: float
    score: Score
    cpu: float = 0.0
    peak: float = 0.0
    trouble: str = ""
    missed: tuple[str, ...] = ()


def run(command: Sequence[str], environment: dict[str, str], folder: Path, cost: Cost) -> tuple[int, str]:
    """Run a command; return its exit code and what it said on stderr."""
    with (
        (folder / "stderr.txt").open("w+b") as told,
        subprocess.Popen(
            command, env=environment, cwd=folder, stdin=subprocess.DEVNULL, stdout=told, stderr=told
        ) as process,
    ):
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        told.seek(0)
        text = told.read().decode(errors="replace")
    cost.cpu.append(usage.ru_utime + usage.ru_stime)
    cost.peak.append(usage.ru_maxrss / 1024)
    return process.returncode, text


class Ours:
    """The command with a config, and a store of its own.

    Args:
        name: of the config, for the table.
        config: its path.
        store: a folder with models; what is remembered of films there is forgotten before each run.
        repeat: how often each reel is done; CPU seconds are the median.
    """

    def __init__(self, name: str, config: Path, store: Path, repeat: int) -> None:
        self.name = name
        self._config = config
        self._store = store
        self._repeat = repeat
        self._environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "VIDEO_CENSOR_CACHE_DIR": str(store),
        }

    def _command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "video_censor_personal", "--config", str(self._config), *words]

    def fetch(self, folder: Path) -> None:
        """Bring the models that the config names. Raises SystemExit when they cannot be had."""
        code, told = run(self._command("--download-models"), self._environment, folder, Cost())
        if code:
            raise SystemExit(f"The models of {self._config} cannot be had:\n{told[-2000:]}")

    def row(self, reel: Reel, folder: Path, pool: ProcessPoolExecutor) -> Row:
        """Run the command on a reel as often as asked, and score the last run."""
        film = folder / "film.mkv"
        cost = Cost()
        for _ in range(self._repeat):
            for path in folder.iterdir():
                path.unlink()
            shutil.rmtree(self._store / ".analysis", ignore_errors=True)
            _lay_out(reel, folder)
            code, told = run(self._command(film.name), self._environment, folder, cost)
        trouble = "" if code == 0 else f"exit {code}: {_last_line(told)}"
        results, copy = folder / "film.results.json", folder / "film.clean.mkv"
        if code == 1 and results.exists() and not copy.exists():
            run(self._command("--allow-incomplete", film.name), self._environment, folder, Cost())
        if not copy.exists() or not results.exists():
            return Row(self.name, reel.kind, reel.voices, reel.seconds, Score(), trouble=trouble or "no copy")
        found = pool.submit(_judged, reel, copy, results).result()
        missed = tuple(_heard_as(self._store, reel, found))
        return Row(
            self.name,
            *(reel.kind, reel.voices, reel.seconds, found),
            *(statistics.median(cost.cpu), max(cost.peak), trouble, missed),
        )


def _lay_out(reel: Reel, folder: Path) -> None:
    shutil.copy2(reel.film, folder / "film.mkv")
    if reel.subtitles is not None:
        shutil.copy2(reel.subtitles, folder / "film.srt")


def _last_line(told: str) -> str:
    lines = [line for line in told.splitlines() if line.strip()]
    errors = [line for line in lines if "rror" in line or "annot" in line]
    return (errors or lines or ["nothing was said"])[-1].strip()[:160]


def _marks(results: Path, looks: str) -> Iterator[tuple[Span, str]]:
    """Yield each finding in the results file that may be of what is planted, and is acted on."""
    for segment in json.loads(results.read_text())["segments"]:
        if segment["category"] in CATEGORIES[looks] and not segment["allow"]:
            for each in segment["detections"]:
                says = f"{each['label']} ({each.get('text') or '-'}) at {each['start']:.2f} s"
                yield (each["start"], each["end"]), says


def _judged(reel: Reel, copy: Path, results: Path | None) -> Score:
    """Score a copy; without a results file, what is silent in it counts as found."""
    measure, step = (lightness, PICTURE) if reel.looks == "pictures" else (loudness, STEP)
    levels = list(zip(measure(reel.film, step), measure(copy, step), strict=False))
    silent = silenced(levels, step)
    if results is None:
        found = [(span, f"at {span[0]:.2f} s") for span in silent if span[1] - span[0] >= SHORTEST]
    else:
        found = list(_marks(results, reel.looks))
    truth: dict[str, list[tuple[Span, str, str]]] = {"planted": [], "trap": [], "word": []}
    for each in reel.truth:
        what = each.what if each.what in truth else "planted"
        truth[what].append(((each.start, each.end), each.text, each.line))
    others = [span for span, _, _ in truth["word"]]
    return score(truth["planted"], truth["trap"], others, found, silent, heard_in(levels, step))


def _heard_as(store: Path, reel: Reel, found: Score) -> Iterator[str]:
    """Yield, for each word that was missed, what the recogniser wrote there."""
    said: list[tuple[float, float, str]] = []
    for path in (store / ".analysis" / "observations").glob("*.jsonl"):
        for line in path.read_text().splitlines():
            entry = json.loads(line)
            if isinstance(entry, dict) and entry.get("label") == "word":
                said.append((entry["start"], entry["end"], entry.get("text") or ""))
    said.sort()
    ends = {each.start: each.end for each in reel.truth}
    for word in found.words:
        if not word.heard:
            around = [
                text for start, end, text in said if start < ends[word.start] + 0.3 and end > word.start - 0.3
            ]
            yield f"{word.text} at {word.start:.2f} s | {' '.join(around) or '-'} | {word.line}"


def peer_row(peer: Peer, reel: Reel, folder: Path, pool: ProcessPoolExecutor) -> Row:
    """Run another program on a reel, and score its copy."""
    for path in folder.iterdir():
        path.unlink()
    _lay_out(reel, folder)
    cost = Cost()
    peer.prepare(folder)
    code, told = run(peer.command, {**os.environ, "PYTHONPATH": ""}, folder, cost)
    copy = folder / "copy.mkv"
    if code or not copy.exists():
        why = f"exit {code}: {_last_line(told)}"
        return Row(peer.name, reel.kind, reel.voices, reel.seconds, Score(), trouble=why)
    found = pool.submit(_judged, reel, copy, None).result()
    missed = [f"{word.text} at {word.start:.2f} s | {word.line}" for word in found.words if not word.heard]
    return Row(
        peer.name,
        *(reel.kind, reel.voices, reel.seconds, found),
        *(cost.cpu[0], cost.peak[0], "", tuple(missed)),
    )


HEAD = (
    "| | voices | planted | heard | covered | and <= 250 ms | collateral ms | traps hit | other hits "
    "| CPU s/min | peak MiB | |\n|---|---|---|---|---|---|---|---|---|---|---|---|"
)


def as_line(row: Row) -> str:
    """Return a row of the table."""
    score = row.score
    heard, silent = len(score.heard), [word for word in score.words if word.covered]
    collateral = f"{1000 * statistics.mean(word.collateral for word in silent):.0f}" if silent else "-"
    cells = (
        *(row.kind, row.voices, str(len(score.words) or "-")),
        _share(heard, len(score.words)),
        _share(len(score.covered), heard),
        _share(len(score.well_covered), heard),
        collateral,
        f"{len(score.trap_hits)} of {score.traps}" if score.traps else "-",
        str(len(score.other_hits)),
        f"{60 * row.cpu / row.seconds:.1f}" if row.cpu else "-",
        f"{row.peak:.0f}" if row.peak else "-",
        row.trouble,
    )
    return f"| {' | '.join(cells)} |"


def _share(count: int, total: int) -> str:
    return f"{100 * count / total:.1f} %" if total else "-"


def total(rows: Iterable[Row], kind: str) -> Row | None:
    """Return the rows of a kind as one, if there are several."""
    chosen = [row for row in rows if row.kind == kind and row.cpu]
    if len(chosen) < 2:
        return None
    seconds = sum(row.seconds for row in chosen)
    joined = sum((row.score for row in chosen), Score())
    cpu = sum(row.cpu for row in chosen)
    return Row(chosen[0].program, kind, "all", seconds, joined, cpu, max(row.peak for row in chosen))


def table(rows: Sequence[Row]) -> str:
    """Return all rows of a program as markdown."""
    lines = [f"**{rows[0].program}**", "", HEAD]
    for kind in dict.fromkeys(row.kind for row in rows):
        lines += [as_line(row) for row in rows if row.kind == kind]
        if (joined := total(rows, kind)) is not None:
            lines.append(as_line(joined))
    return "\n".join([*lines, ""])


def misses(rows: Iterable[Row]) -> str:
    """Return what was missed and what was hit wrongly, as markdown."""
    lines: list[str] = []
    for row in rows:
        lines.append(f"## {row.program}: {row.kind}, {row.voices}\n")
        lines += [f"- missed: {each}" for each in row.missed]
        lines += [
            f"- heard, not covered: {word.text} at {word.start:.2f} s: {word.line}"
            for word in row.score.heard
            if not word.covered
        ]
        lines += [f"- trap hit: {each}" for each in row.score.trap_hits]
        lines += [f"- hit, and nothing planted: {each}" for each in row.score.other_hits]
        lines.append("")
    return "\n".join(lines)


class Report:
    """All rows so far: shown as soon as there is one, and written each time.

    Args:
        as_json: a file for all of them.
        missed: a file for what was missed and wrongly hit, as markdown.
    """

    def __init__(self, as_json: Path | None, missed: Path | None) -> None:
        self._rows: list[Row] = []
        self._json = as_json
        self._missed = missed

    def tell(self, found: Iterable[Row]) -> None:
        """Show the rows of a program, and its table at the end."""
        before = len(self._rows)
        for row in found:
            self._rows.append(row)
            print(f"{row.program}: {as_line(row)}", file=sys.stderr, flush=True)
            if self._json:
                self._json.write_text(json.dumps([asdict(each) for each in self._rows], indent=1) + "\n")
            if self._missed:
                self._missed.write_text(misses(self._rows))
        if rows := self._rows[before:]:
            print(table(rows), flush=True)


def made(plans: Iterable[Plan], cache: Path, pool: ProcessPoolExecutor) -> Iterator[Reel]:
    """Yield the reels that can be made here; tell which cannot."""
    for plan in plans:
        try:
            yield pool.submit(make_reel, plan, cache / "reels", cache / "tools").result()
        except NoVoiceError as error:
            print(f"no reel {plan.name}: {error}", file=sys.stderr)


def main() -> None:
    """Run everything and print the tables."""
    from platformdirs import user_cache_path

    from video_censor_personal.model_manager import ModelManager

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--config", action="append", metavar="NAME=YAML", help="may be given several times")
    parser.add_argument("--only", default="", help="words, parted by commas, of the reels to use")
    parser.add_argument("--cache", type=Path, default=user_cache_path("video-censor-benchmarks"))
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--peers", action="store_true", help="run cleanvid and monkeyplug too")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--misses", type=Path, help="where to write what was missed, as markdown")
    options = parser.parse_args()
    configs = dict(each.split("=", 1) for each in options.config or [f"packaged config={CONFIG}"])
    words = options.only.split(",")
    nsfw = next(ModelManager(CONFIG).store.root.glob("open-nsfw/*.onnx"), Path("open-nsfw.onnx"))
    plans: list[Plan] = [*spoken(), Pictures(nsfw), Sounds()]
    chosen = [plan for plan in plans if any(word in plan.name for word in words)]
    report = Report(options.json, options.misses)
    # A program counts the memory of the one that started it as its own, so that one has to be small.
    with tempfile.TemporaryDirectory() as name, ProcessPoolExecutor(1) as pool:
        folder = Path(name) / "films"
        folder.mkdir()
        reels = list(made(chosen, options.cache, pool))
        for title, path in configs.items():
            store = Path(name) / "store"
            shutil.rmtree(store, ignore_errors=True)
            shutil.copytree(ModelManager(Path(path)).store.root, store, ignore=shutil.ignore_patterns(".*"))
            ours = Ours(title, Path(path).resolve(), store, options.repeat)
            ours.fetch(Path(name))
            report.tell(ours.row(reel, folder, pool) for reel in reels)
        tools = options.cache / "tools"
        whisper = ModelManager(CONFIG).store.root / "whisper-tiny-en"
        for make in (partial(cleanvid, tools), partial(monkeyplug, tools, whisper)) if options.peers else ():
            try:
                peer = make()
            except NoPeerError as error:
                print(f"{make.func.__name__} does not run here: {error}\n")
            else:
                fitting = [reel for reel in reels if peer.takes(reel)]
                report.tell(peer_row(peer, reel, folder, pool) for reel in fitting)


if __name__ == "__main__":
    main()
