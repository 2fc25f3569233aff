"""A face that moves through a film at 720p: in how many pictures is it hidden, and does that flicker?

    doit demo && python benchmarks/faces.py [--speeds 100,300,500,800] [--nudenet] [--peers] [--json FILE]

Who looks at every half second only must know where the face is between. `scripted` says where it was then, to
the pixel, and nothing of the time between; with `--nudenet` the network of that name finds it (its weights
are under the AGPL-3.0, which you accept by that). The face is a photograph, pasted into the demo's street,
and is covered in black. A pixel of it counts as hidden when it is black in the copy, a picture when all but
1 % of the face are. A switch is a picture in which it is hidden after one in which it is not, or the reverse.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from actions import Others, find_street
from commands import Cost, Product, Ran, as_table, run
from copies import write_config
from streets import FACE, FRAMES, HEIGHT, WIDTH, Crossing, street_planes, with_face, write_street

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SECONDS = 20
STEP = 0.5
BLACK = 16
NEAR = 16
"""Of luma."""
HIDDEN = 0.99
HEAD = (
    "",
    "px/s",
    "pictures hidden",
    "of",
    "face shown at most",
    "switches",
    "covered beside it",
    "CPU s",
    "",
)
NUDENET = {
    "name": "nudenet-320n",
    "url": "wheel:nudenet==3.4.2/nudenet/320n.onnx",
    "checksum": "sha256:c15d8273adad2d0a92f014cc69ab2d6c311a06777a55545f2c4eb46f51911f0f",
    "license": "AGPL-3.0",
}


@dataclass(frozen=True, slots=True)
class Cover:
    """How well the face was covered, picture by picture: which part of it is hidden, and of all else."""

    face: tuple[float, ...]
    beside: tuple[float, ...]

    @property
    def hidden(self) -> list[bool]:
        """Whether the face is hidden in each picture."""
        return [part >= HIDDEN for part in self.face]

    @property
    def switches(self) -> int:
        """How often it comes and goes."""
        return sum(a != b for a, b in pairwise(self.hidden))


@dataclass(frozen=True, slots=True)
class Row:
    """One program on one film."""

    program: str
    speed: int
    cost: Cost
    cover: Cover | None = None

    @property
    def cells(self) -> tuple[str, ...]:
        """Its row in the table."""
        if self.cover is None:
            return self.program, str(self.speed), *"------", self.cost.note
        cover = self.cover
        beside = 100 * sum(cover.beside) / len(cover.beside)
        figures = (str(sum(cover.hidden)), str(len(cover.hidden)), f"{100 * (1 - min(cover.face)):.1f} %")
        rest = (str(cover.switches), f"{beside:.1f} % of the picture", f"{self.cost.cpu:.1f}", self.cost.note)
        return self.program, str(self.speed), *figures, *rest


def made(folder: Path, street: Path, tools: Path, speed: int) -> Path:
    """Make the film with a face at this speed, if it is not there yet."""
    path = folder / f"face{speed}-{SECONDS}.mp4"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"part-{path.name}")
        pictures = with_face(street_planes(street), tools, Crossing(speed))
        write_street(part, pictures, SECONDS, 2, None, SECONDS).replace(path)
    return path


def lumas(path: Path) -> Iterator[NDArray[np.uint8]]:
    """Yield how light each picture of a film is."""
    import av

    with av.open(str(path)) as film:
        stream = film.streams.video[0]
        stream.thread_type = "AUTO"
        for frame in film.decode(stream):
            luma: Any = frame.reformat(format="yuv420p").to_ndarray()
            yield luma[:HEIGHT, :WIDTH]


def covered(film: Path, copy: Path, speed: int) -> Cover:
    """Measure a copy."""
    import numpy as np

    crossing = Crossing(speed)
    face, beside = [], []
    for number, (was, now) in enumerate(zip(lumas(film), lumas(copy), strict=False)):
        left, top = crossing.at(number)
        black = np.abs(now.astype(np.int16) - BLACK) <= NEAR
        changed = black & (np.abs(was.astype(np.int16) - BLACK) > NEAR)
        here = np.s_[top : top + FACE, left : left + FACE]
        face.append(float(black[here].mean()))
        beside.append(float((changed.sum() - changed[here].sum()) / (WIDTH * HEIGHT - FACE * FACE)))
    return Cover(tuple(face), tuple(beside))


def scripted(folder: Path, speed: int) -> list[dict[str, Any]]:
    """Write where the face is at each half second; return the detector that says so."""
    crossing = Crossing(speed)
    seen = [
        {"start": at, "label": "Nudity", "score": 0.9, "box": list(crossing.box(at))}
        for at in (number * STEP for number in range(round(SECONDS / STEP)))
    ]
    script = folder / "script.json"
    script.write_text(json.dumps(seen))
    return [{"name": "scripted", "type": "scripted", "script": str(script), "categories": ["Nudity"]}]


def faces() -> list[dict[str, Any]]:
    """Return the detector that looks for faces."""
    labels = {"FACE_FEMALE": 0.3, "FACE_MALE": 0.3}
    return [
        {
            "name": "faces",
            "type": "nudenet",
            "model": NUDENET["name"],
            "labels": labels,
            "label_categories": dict.fromkeys(labels, "Nudity"),
        }
    ]


class Ours:
    """Our whole command: the film is looked at, and its copy made.

    Args:
        scratch: a folder of its own, with the store.
    """

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._product = Product(scratch / "store")
        self._config = scratch / "config.yaml"

    def configure(self, detectors: list[dict[str, Any]], models: dict[str, Any]) -> None:
        """Write the config."""
        write_config(self._config, None, {"mode": "box", "category_modes": {}, "blank_color": "#000000"})
        document = json.loads(self._config.read_text())
        document |= {"detectors": detectors, "models": models}
        document["processing"] = {"frame_sampling": {"sample_rate": STEP}}
        self._config.write_text(json.dumps(document))

    def fetch(self) -> Ran:
        """Bring the model."""
        return self._product.run("--config", self._config, "--download-models")

    def run(self, film: Path, copy: Path) -> Ran:
        """Look at a film and write its copy."""
        results = self._scratch / "results.json"
        results.unlink(missing_ok=True)
        words = ("--input", film, "--output", results, "--output-video", copy)
        return self._product.run("--config", self._config, *words)


def _row(program: str, speed: int, ran: Ran, film: Path, copy: Path, pool: ProcessPoolExecutor) -> Row:
    cost = Cost(program, SECONDS / 60, [ran])
    if ran.code or not copy.exists():
        cost.note = f"exit {ran.code}: {ran.last_line}"
        return Row(program, speed, cost)
    return Row(program, speed, cost, pool.submit(covered, film, copy, speed).result())


def rows(
    films: dict[int, Path], scratch: Path, deface: Path | None, pool: ProcessPoolExecutor, *, nudenet: bool
) -> Iterator[Row]:
    """Run all programs on all films."""
    ours = Ours(scratch)
    copy = scratch / "copy.mp4"
    for speed, film in films.items():
        ours.configure(scripted(scratch, speed), {})
        copy.unlink(missing_ok=True)
        yield _row("video-censor, scripted", speed, ours.run(film, copy), film, copy, pool)
    if nudenet:
        ours.configure(faces(), {"accept_licenses": ["AGPL-3.0"], "sources": [NUDENET]})
        if (fetched := ours.fetch()).code:
            print(f"video-censor with nudenet does not run here: {fetched.last_line}")
        else:
            for speed, film in films.items():
                copy.unlink(missing_ok=True)
                yield _row("video-censor, nudenet", speed, ours.run(film, copy), film, copy, pool)
    if deface is not None:
        for speed, film in films.items():
            copy.unlink(missing_ok=True)
            ran = run([deface, film, "-o", copy, "--replacewith", "solid", "--boxes"])
            yield _row("deface 1.5.0, every picture", speed, ran, film, copy, pool)


def main() -> None:
    """Make the films, run everything, and print the table."""
    from platformdirs import user_cache_path

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--speeds", default="100,300,500,800")
    parser.add_argument("--nudenet", action="store_true")
    parser.add_argument("--peers", action="store_true", help="run deface too")
    parser.add_argument("--cache", type=Path, default=user_cache_path("video-censor-benchmarks"))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    street, tools = find_street(), options.cache / "tools"
    deface = Others(tools, names=("deface",)).deface if options.peers else None
    with tempfile.TemporaryDirectory() as name, ProcessPoolExecutor(1) as pool:
        films = {
            speed: pool.submit(made, options.cache / "streets", street, tools, speed).result()
            for speed in map(int, options.speeds.split(","))
        }
        print(f"{SECONDS} s at {FRAMES} pictures a second, a face of {FACE} pixels\n\n{as_table(HEAD, [])}")
        done: list[Row] = []
        for row in rows(films, Path(name), deface, pool, nudenet=options.nudenet):
            done.append(row)
            print(f"| {' | '.join(row.cells)} |", flush=True)
    if options.json:
        options.json.write_text(json.dumps(_figures(done), indent=1) + "\n")


def _figures(done: Sequence[Row]) -> list[dict[str, Any]]:
    return [asdict(row) for row in done]


if __name__ == "__main__":
    main()
