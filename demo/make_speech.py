"""Makes demo/speech.opus and demo/speech-truth.json. Run by hand, once; both results are committed.

Needs the `festival` program with the voice `cmu_us_slt_arctic_hts` (Debian: `festival` and
`festvox-us-slt-hts`), and PyAV. The voice tells where it put each word, which is the truth that the
demo's detections are measured against.
"""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
import wave
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

HERE = Path(__file__).parent
VOICE = "cmu_us_slt_arctic_hts"
PAUSE_SECONDS = 0.55
BIT_RATE = 48_000
SENTENCES = (
    "Good morning, class. Today we ride our bicycles through the city.",
    "Where the hell did you put the damn keys?",
    "Hello, said the assassin, holding a sea shell.",
    "That bastard stole my lunch again.",
    "His whole story is complete bullshit, and you know it.",
    "Emily Dickinson wrote a poem about the grass.",
    "Oh crap, the brakes are broken, and he fell on his ass.",
    "Please pass the glass to my assistant.",
)
SWEAR_WORDS = frozenset({"hell", "damn", "bastard", "bullshit", "crap", "ass"})


@dataclass(frozen=True, slots=True)
class Spoken:
    """One synthesised sentence: 16 bit samples, their rate, and (word, start, end) in seconds."""

    pcm: NDArray[np.int16]
    rate: int
    words: tuple[tuple[str, float, float], ...]


def speak(sentence: str) -> Spoken:
    """Let Festival say a sentence, and read off the times of its words."""
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "sentence.wav"
        script = f"""
            (voice_{VOICE})
            (set! spoken (utt.synth (Utterance Text "{sentence}")))
            (utt.save.wave spoken "{wav}" 'riff)
            (mapcar
              (lambda (word)
                (format t "%s %f %f\\n" (item.name word)
                        (item.feat word "word_start") (item.feat word "word_end")))
              (utt.relation.items spoken 'Word))
        """
        printed = subprocess.run(
            ["festival", "--pipe"],  # noqa: S607  # found on PATH, as installed
            input=script,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        with wave.open(str(wav)) as sound:
            rate = sound.getframerate()
            pcm = np.frombuffer(sound.readframes(sound.getnframes()), dtype="<i2")
    found = re.findall(r"^(\S+) ([\d.]+) ([\d.]+)$", printed, re.MULTILINE)
    return Spoken(pcm, rate, tuple((word, float(start), float(end)) for word, start, end in found))


def write_opus(path: Path, pcm: NDArray[np.int16], rate: int) -> None:
    """Encode mono samples."""
    with av.open(str(path), "w", format="ogg", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("libopus", rate=48_000, layout="mono")
        stream.bit_rate = BIT_RATE
        frame = av.AudioFrame.from_ndarray(pcm.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = rate
        resampler = av.AudioResampler("s16", "mono", 48_000, frame_size=960)
        for piece in [*resampler.resample(frame), *resampler.resample(None), None]:
            container.mux(stream.encode(piece))


def main() -> None:
    """Say all sentences with a pause after each, and write the sound and the truth."""
    pieces: list[NDArray[np.int16]] = []
    truth = []
    length = 0
    for sentence in SENTENCES:
        spoken = speak(sentence)
        for word, start, end in spoken.words:
            if word.lower() in SWEAR_WORDS:
                offset = length / spoken.rate
                truth.append(
                    {
                        "word": word.lower(),
                        "start_ms": round((offset + start) * 1000),
                        "end_ms": round((offset + end) * 1000),
                    }
                )
        pause = np.zeros(int(PAUSE_SECONDS * spoken.rate), dtype=np.int16)
        pieces += [spoken.pcm, pause]
        length += len(spoken.pcm) + len(pause)
    write_opus(HERE / "speech.opus", np.concatenate(pieces), spoken.rate)
    facts = {
        "voice": VOICE,
        "duration_ms": round(length / spoken.rate * 1000),
        "sentences": SENTENCES,
        "words": truth,
    }
    (HERE / "speech-truth.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
