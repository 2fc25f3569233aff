"""Are picture and sound together after cuts? Films of flashes and clicks at the same moments, measured.

    python benchmarks/flashes.py [--cuts 7,28,100] [--peers] [--json FILE]

Every second there is one white picture, and with it a click. What is cut out lies between them, or takes
some of them. In the copy each flash is where its picture is decoded, each click where the sound is most like
one, both by the container's times. A-V is by how much a click is later than its flash, beyond the film's own.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from actions import Others
from commands import Product, Ran, as_table, run
from copies import Found, write_config, write_results
from footage import RATE, read_sound

if TYPE_CHECKING:
    import numpy as np
    from footage import Sound
    from numpy.typing import NDArray

WIDTH, HEIGHT, FRAMES = 320, 180, 25
SECONDS = 310
CLICK = 0.02
"""Seconds that a click lasts."""
WHITE = 180
"""Of luma; what is lighter in the middle is a flash."""
_MOMENT = 1e-6
HEAD = ("", "", "cuts", "A-V ms, median", "worst", "frames gone", "asked", "length off ms", "")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of film: its file, codecs, the times of its pictures, and by how much its sound is late."""

    name: str
    suffix: str
    video: str = "libx264"
    options: tuple[tuple[str, str], ...] = (("preset", "veryfast"), ("bf", "3"), ("g", "50"))
    audio: str = "aac"
    rate: int = RATE
    is_variable: bool = False
    late: float = 0.0


KINDS = (
    Kind("H.264, AAC, mp4", ".mp4"),
    Kind("H.264, AAC, mkv", ".mkv"),
    Kind("H.264, AAC 44.1 kHz, mp4", ".mp4", rate=44100),
    Kind("H.264 VFR, AAC, mkv", ".mkv", is_variable=True),
    Kind("H.264 VFR, AAC, mp4", ".mp4", is_variable=True),
    Kind("H.264, AC-3 10 s late, mkv", ".mkv", audio="ac3", late=10.0),
    Kind(
        "H.265, FLAC, mkv",
        ".mkv",
        "libx265",
        (("preset", "ultrafast"), ("x265-params", "log-level=none")),
        "flac",
    ),
    Kind("VP9, Opus, webm", ".webm", "libvpx-vp9", (("deadline", "realtime"), ("cpu-used", "8")), "libopus"),
)


def moments(kind: Kind) -> list[Fraction]:
    """Return when the pictures are; of a variable rate, at 25, 12.5 and 50 a second by turns."""
    steps = (
        (Fraction(1, 25),) if not kind.is_variable else (Fraction(1, 25), Fraction(2, 25), Fraction(1, 50))
    )
    found: list[Fraction] = []
    for second in range(SECONDS):
        step = steps[second // 3 % len(steps)]
        found += [second + number * step for number in range(int(1 / step))]
        if step * int(1 / step) != 1:
            found.append(second + step * int(1 / step))
    return found


def click(rate: int) -> Sound:
    """Return the sound of a click."""
    import numpy as np

    times = np.arange(round(CLICK * rate)) / rate
    return (0.8 * np.sin(2 * np.pi * 1000 * times) * np.hanning(len(times))).astype(np.float32)


def write_flashes(path: Path, kind: Kind) -> Path:
    """Write a film."""
    import heapq

    import av

    with av.open(str(path), "w") as film:
        video: Any = film.add_stream(kind.video, rate=FRAMES, options=dict(kind.options))
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        video.codec_context.time_base = Fraction(1, 1000)
        audio: Any = film.add_stream(kind.audio, rate=kind.rate, layout="stereo")
        jobs = (_shown(video, kind), _heard(audio, kind))
        for packet in heapq.merge(*jobs, key=lambda packet: packet.dts * packet.time_base):
            film.mux(packet)
    return path


def _shown(video: Any, kind: Kind) -> Iterator[Any]:
    import av
    import numpy as np

    row = np.linspace(40, 120, WIDTH)
    for number, moment in enumerate(moments(kind)):
        picture = np.zeros((HEIGHT * 3 // 2, WIDTH), np.uint8) + np.uint8(128)
        picture[:HEIGHT] = 235 if moment.denominator == 1 else np.roll(row, 3 * number).astype(np.uint8)
        frame = av.VideoFrame.from_ndarray(picture, "yuv420p")
        frame.pts, frame.time_base = round(moment * 1000), Fraction(1, 1000)
        yield from video.encode(frame)
    yield from video.encode(None)


def _heard(audio: Any, kind: Kind) -> Iterator[Any]:
    import av
    import numpy as np

    chance = np.random.default_rng(5)
    sound = (chance.standard_normal(SECONDS * kind.rate) * 0.003).astype(np.float32)
    heard = click(kind.rate)
    for second in range(1, SECONDS):
        # The middle of the click is when the flash begins.
        at = second * kind.rate - len(heard) // 2
        sound[at : at + len(heard)] += heard
    sound = sound[round(kind.late * kind.rate) :]
    form = audio.codec_context.codec.audio_formats[0].name
    size = audio.codec_context.frame_size or 4096
    for at in range(0, len(sound), size):
        block = np.stack([sound[at : at + size]] * 2)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block), "fltp", "stereo")
        frame.sample_rate = kind.rate
        for made in av.AudioResampler(form, "stereo", kind.rate).resample(frame):
            made.pts, made.time_base = at + round(kind.late * kind.rate), Fraction(1, kind.rate)
            yield from audio.encode(made)
    yield from audio.encode(None)


def flash_times(path: Path) -> tuple[list[float], int]:
    """Return when there is a flash, and how many pictures there are."""
    import av

    times: list[float] = []
    count = 0
    with av.open(str(path)) as film:
        film.streams.video[0].thread_type = "AUTO"
        for frame in film.decode(video=0):
            count += 1
            luma = frame.reformat(32, 18, "gray").to_ndarray()
            if float(luma[6:12, 10:22].mean()) > WHITE:
                times.append(float(frame.time or 0.0))
    return times, count


def click_times(sound: Sound, rate: int, likely: Sequence[float]) -> list[float | None]:
    """Return when the click near each of these moments is; None where there is none."""
    return [_nearest_click(sound, rate, moment) for moment in likely]


def _nearest_click(sound: Sound, rate: int, moment: float) -> float | None:
    import numpy as np

    wanted = click(rate)
    first = max(round((moment - 0.3) * rate), 0)
    part = sound[first : round((moment + 0.3) * rate)]
    if len(part) < len(wanted):
        return None
    alike: NDArray[np.float32] = np.abs(np.correlate(part, wanted, "valid"))
    best = int(alike.argmax())
    if alike[best] < 0.3 * float((wanted**2).sum()):
        return None
    return (first + best + len(wanted) // 2) / rate


@dataclass(frozen=True, slots=True)
class Sync:
    """What was measured in a film.

    `offsets` are by how many milliseconds each click is later than its flash; `alone` flashes have no click.
    `frames` is the number of pictures, `length` is in seconds.
    """

    offsets: tuple[float, ...]
    alone: int
    frames: int
    length: float


def measure(path: Path) -> Sync:
    """Measure a film."""
    flashes, frames = flash_times(path)
    sound = read_sound(path, RATE)
    clicks = click_times(sound, RATE, flashes)
    offsets = tuple(1000 * (at - flash) for at, flash in zip(clicks, flashes, strict=True) if at is not None)
    return Sync(offsets, sum(at is None for at in clicks), frames, max(flashes[-1], len(sound) / RATE))


def cut_spans(count: int) -> list[tuple[float, float]]:
    """Return what is cut out: by turns between two flashes, and with one of them."""
    step = SECONDS / count
    spans = []
    for number in range(count):
        second = int(step * number) + 1
        spans.append((second + 0.31, second + 0.77) if number % 2 else (second + 0.617, second + 1.413))
    return spans


def gone(kind: Kind, spans: Sequence[tuple[float, float]]) -> int:
    """Return how many pictures are on the screen at any moment of a span."""
    times = [float(moment) for moment in moments(kind)]
    ends = [*times[1:], float(SECONDS)]
    return sum(
        any(shown < stop - _MOMENT and begin < left - _MOMENT for begin, stop in spans)
        for shown, left in zip(times, ends, strict=True)
    )


Cutter = Callable[[Path, list[tuple[float, float]], Path], Ran]


def ours(product: Product, scratch: Path) -> Cutter:
    """Return how we cut."""

    def cut(film: Path, spans: list[tuple[float, float]], copy: Path) -> Ran:
        results = write_results(scratch / "results.json", film, [Found(*span) for span in spans])
        config = write_config(scratch / "config.yaml", None, {"mode": "cut"})
        return product.copy(film, results, copy, config)

    return cut


def selected(ffmpeg: Path) -> Cutter:
    """Return how ffmpeg cuts by its filters select and aselect."""

    def cut(film: Path, spans: list[tuple[float, float]], copy: Path) -> Ran:
        when = "+".join(f"between(t,{start:.3f},{end:.3f})" for start, end in spans)
        shown = f"select='not({when})',setpts=N/{FRAMES}/TB"
        heard = f"aselect='not({when})',asetpts=N/SR/TB"
        return run([ffmpeg, "-v", "error", "-y", "-i", film, "-vf", shown, "-af", heard, copy])

    return cut


def joined(ffmpeg: Path, scratch: Path) -> Cutter:
    """Return how ffmpeg cuts by encoding what stays in pieces, and joining these."""

    def cut(film: Path, spans: list[tuple[float, float]], copy: Path) -> Ran:
        edges = [0.0, *(edge for span in spans for edge in span), float(SECONDS)]
        pieces = [scratch / f"piece{number}{film.suffix}" for number in range(len(spans) + 1)]
        for number, piece in enumerate(pieces):
            start, end = edges[2 * number : 2 * number + 2]
            ran = run([ffmpeg, "-v", "error", "-y", "-ss", start, "-to", end, "-i", film, piece])
            if ran.code:
                return ran
        listed = scratch / "pieces.txt"
        listed.write_text("".join(f"file '{piece}'\n" for piece in pieces))
        ran = run(
            [ffmpeg, "-v", "error", "-y", "-f", "concat", "-safe", "0", "-i", listed, "-c", "copy", copy]
        )
        for piece in pieces:
            piece.unlink()
        return ran

    return cut


@dataclass(frozen=True, slots=True)
class Row:
    """What became of a film: by whom, how many cuts, and what was measured. Times are milliseconds."""

    kind: str
    program: str
    cuts: int
    median: float = 0.0
    worst: float = 0.0
    gone: int = 0
    asked: int = 0
    length_off: float = 0.0
    alone: int = 0
    trouble: str = ""

    @property
    def cells(self) -> tuple[str, ...]:
        """Its row in the table."""
        if self.trouble:
            return self.kind, self.program, str(self.cuts), "-", "-", "-", "-", "-", self.trouble
        figures = f"{self.median:+.1f}", f"{self.worst:+.1f}", str(self.gone), str(self.asked)
        alone = f"{self.alone} flashes without a click" if self.alone else ""
        return self.kind, self.program, str(self.cuts), *figures, f"{self.length_off:+.1f}", alone


def compared(
    kind: Kind, program: str, spans: Sequence[tuple[float, float]], before: Sync, after: Sync
) -> Row:
    """Return what differs between a film and its copy."""
    usual = statistics.median(before.offsets)
    off = [each - usual for each in after.offsets]
    taken = gone(kind, spans)
    times = [float(moment) for moment in moments(kind)]
    length = before.length - sum(_shown_for(times, spans))
    return Row(
        kind.name,
        program,
        len(spans),
        statistics.median(off) if off else float("nan"),
        max(off, key=abs, default=float("nan")),
        before.frames - after.frames,
        taken,
        1000 * (after.length - length),
        max(after.alone - before.alone, 0),
    )


def _shown_for(times: Sequence[float], spans: Sequence[tuple[float, float]]) -> Iterator[float]:
    """Yield how long each picture that is cut out is shown."""
    for shown, left in zip(times, [*times[1:], float(SECONDS)], strict=True):
        if any(shown < stop - _MOMENT and begin < left - _MOMENT for begin, stop in spans):
            yield left - shown


def main() -> None:
    """Make the films, cut them, and print what was measured."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    from platformdirs import user_cache_path

    parser.add_argument("--cuts", default="7,28,100")
    parser.add_argument("--only", default="", help="words of the kinds of film to use, parted by commas")
    parser.add_argument("--peers", action="store_true", help="let ffmpeg cut the first of them, too")
    parser.add_argument("--cache", type=Path, default=user_cache_path("video-censor-benchmarks"))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows: list[Row] = []
    print(as_table(HEAD, []))
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        programs = {"video-censor": ours(Product(scratch / "store"), scratch)}
        program = Others(options.cache / "tools").ffmpeg if options.peers else None
        if program is not None:
            programs["ffmpeg, select"] = selected(program)
            programs["ffmpeg, pieces joined"] = joined(program, scratch)
        for kind in KINDS:
            if not any(word in kind.name for word in options.only.split(",")):
                continue
            film = write_flashes(scratch / f"film{kind.suffix}", kind)
            before = measure(film)
            for count in map(int, options.cuts.split(",")):
                for program_name, cut in programs.items() if kind is KINDS[0] else [*programs.items()][:1]:
                    rows.append(_row(kind, program_name, cut_spans(count), film, before, cut))
                    print(f"| {' | '.join(rows[-1].cells)} |", flush=True)
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")


def _row(
    kind: Kind, program: str, spans: list[tuple[float, float]], film: Path, before: Sync, cut: Cutter
) -> Row:
    copy = film.with_name(f"copy{film.suffix}")
    copy.unlink(missing_ok=True)
    ran = cut(film, spans, copy)
    if ran.code:
        return Row(kind.name, program, len(spans), trouble=f"exit {ran.code}: {ran.last_line}")
    return compared(kind, program, spans, before, measure(copy))


if __name__ == "__main__":
    main()
