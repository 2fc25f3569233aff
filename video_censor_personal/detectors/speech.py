"""Spoken words with their times, through faster-whisper; the word list decides which of them count."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from video_censor_personal.detectors.align import Aligner
from video_censor_personal.detectors.base import (
    AudioDetector,
    DetectorError,
    Judgement,
    number,
    texts,
)
from video_censor_personal.observations import Hit, Observation

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WINDOW_SECONDS = 240.0
SEARCH_SECONDS = 30.0
PAUSE_SECONDS = 0.4
HOP_SECONDS = 0.01
SILENCE = 1e-3
MOST_THREADS = 4
NEEDED_FILES = ("model.bin", "config.json", "tokenizer.json")


class SpeechDetector(AudioDetector):
    """Every word that Whisper hears becomes an observation `word`, scored with its probability.

    The voice detector is off by default: it takes singing and shouting for no speech and would lose
    swear words, while a word that Whisper imagines in music is seldom one on the list. Text is not
    carried from one half minute to the next, which stops it from repeating itself for minutes.
    """

    type_name = "speech"
    sample_rate = 16000
    _model: Any = None
    _aligner: Aligner | None = None

    def open(self, model_directory: Path | None) -> None:
        """Load a CTranslate2 Whisper model. Raises DetectorError when the folder holds no usable one."""
        if model_directory is None:
            raise _unusable(model_directory, "no folder was given")
        # Without its tokenizer faster-whisper would go and fetch one: the network is never ours to use here.
        for name in NEEDED_FILES:
            if not (model_directory / name).is_file():
                raise _unusable(model_directory, f"{name} is missing")
        import ctranslate2  # type: ignore[import-untyped]
        from faster_whisper import WhisperModel

        # A second try at a garbled half minute draws lots; the same film must give the same words.
        ctranslate2.set_random_seed(0)
        try:
            self._model = WhisperModel(
                str(model_directory),
                device="cpu",
                compute_type=str(self.parameters["compute_type"]),
                cpu_threads=min(MOST_THREADS, os.cpu_count() or 1),
                local_files_only=True,
            )
        except Exception as error:
            raise _unusable(model_directory, str(error) or type(error).__name__) from error
        language = str(self.parameters["language"])
        if language not in self._model.supported_languages:
            self.close()
            raise DetectorError(
                f"The speech model in {model_directory} does not know the language {language!r}",
                "an English-only model knows 'en' only" if language != "en" else "it is not in its list",
                "Set `language: en`, or name a multilingual model",
            )
        if self.parameters["align"] and language == "en":
            self._aligner = Aligner()

    def close(self) -> None:
        """Free the models."""
        self._model = self._aligner = None

    def observe(self, blocks: Iterable[NDArray[np.float32]], rate: int) -> Iterator[Observation]:
        """One observation a word; its text is as written by Whisper, without surrounding spaces."""
        if rate != self.sample_rate:
            raise ValueError(f"rate {rate}, need {self.sample_rate}")
        if self._model is None:
            raise RuntimeError("open() comes before observe()")
        for offset, pcm in windows(blocks, rate):
            if abs(pcm).max(initial=0.0) < SILENCE:
                continue
            words = list(self._words(offset, pcm))
            yield from self._aligner.refine(words, pcm, offset) if self._aligner else words

    def _words(self, offset: float, pcm: NDArray[np.float32]) -> Iterator[Observation]:
        segments, _ = self._model.transcribe(
            pcm,
            language=str(self.parameters["language"]),
            beam_size=self.parameters["beam_size"],
            word_timestamps=True,
            condition_on_previous_text=False,
            vad_filter=bool(self.parameters["vad"]),
        )
        length = len(pcm) / self.sample_rate
        for segment in segments:
            for word in segment.words:
                end = offset + min(float(max(word.end, word.start)), length)
                start = min(offset + float(word.start), end)
                yield Observation(start, end, "word", float(word.probability), word.word.strip())

    @staticmethod
    def decide(observations: Iterable[Observation], judgement: Judgement) -> Iterator[Hit]:
        """A hit for each word or phrase on the list, spanning exactly its words, for each category.

        Raises DetectorError when the user's word list cannot be read.
        """
        from video_censor_personal.detectors.lexicon import assemble

        parameters = judgement.parameters
        word_file = parameters["word_file"]
        lexicon = assemble(
            tiers=texts(parameters, "tiers"),
            words=texts(parameters, "words"),
            word_file=None if word_file is None else Path(str(word_file)),
            allow=texts(parameters, "allow"),
        )
        threshold = number(parameters, "threshold")
        words = [seen for seen in observations if seen.label == "word" and seen.text]
        for match in lexicon.find([word.text or "" for word in words]):
            spoken = words[match.first : match.last + 1]
            # The best of a phrase: its small words ("of a") are heard badly and prove nothing.
            score = max(word.score for word in spoken)
            if score < threshold:
                continue
            for category in judgement.categories:
                yield Hit(
                    start=spoken[0].start,
                    end=spoken[-1].end,
                    category=category,
                    label=match.entry,
                    score=score,
                    detector=judgement.detector,
                    reason=f"'{match.entry}' is on the word list ({match.tier})",
                    text=" ".join(word.text or "" for word in spoken),
                )


def windows(blocks: Iterable[NDArray[np.float32]], rate: int) -> Iterator[tuple[float, NDArray[np.float32]]]:
    """The sound in stretches of a few minutes, each with its start in seconds, cut where it is quiet.

    Memory stays at one window however long the film is. The cuts fall between words because each is
    made in the quietest moment of the window's last half minute.
    """
    import numpy as np

    size = int(WINDOW_SECONDS * rate)
    start = 0
    waiting: list[NDArray[np.float32]] = []
    held = 0
    for block in blocks:
        waiting.append(block)
        held += len(block)
        while held >= size:
            pcm = np.concatenate(waiting)
            cut = _quietest(pcm[:size], rate)
            yield start / rate, pcm[:cut]
            start += cut
            held -= cut
            waiting = [pcm[cut:].copy()]
    if held:
        yield start / rate, np.concatenate(waiting)


def _quietest(pcm: NDArray[np.float32], rate: int) -> int:
    """The sample in the middle of the quietest pause in the last seconds of `pcm`."""
    import numpy as np

    hop = int(HOP_SECONDS * rate)
    first = len(pcm) - int(SEARCH_SECONDS * rate)
    hops = pcm[first:][: (len(pcm) - first) // hop * hop].reshape(-1, hop)
    energy = np.einsum("ij,ij->i", hops, hops, dtype=np.float64)
    wide = int(PAUSE_SECONDS / HOP_SECONDS)
    sums = np.convolve(energy, np.ones(wide), mode="valid")
    return int(first + (int(np.argmin(sums)) + wide // 2) * hop)


def _unusable(model_directory: Path | None, why: str) -> DetectorError:
    return DetectorError(
        f"The speech model in {model_directory} cannot be used",
        why,
        "Run `doit verify` to check it and `doit models` to repair it",
    )
