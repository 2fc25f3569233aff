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
    window_seconds = 240.0
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
        from faster_whisper import WhisperModel

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

    def observe(self, pcm: NDArray[np.float32], start: float) -> Iterator[Observation]:
        """One observation a word; its text is as written by Whisper, without surrounding spaces."""
        if self._model is None:
            raise RuntimeError("open() comes before observe()")
        if abs(pcm).max(initial=0.0) < SILENCE:
            return
        words = self._words(pcm, start)
        yield from self._aligner.refine(words, pcm, start) if self._aligner else words

    def _words(self, pcm: NDArray[np.float32], start: float) -> Iterator[Observation]:
        import ctranslate2  # type: ignore[import-untyped]

        # A second try at a garbled half minute draws lots; the same sound must give the same words.
        ctranslate2.set_random_seed(0)
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
                end = start + min(float(max(word.end, word.start)), length)
                begin = min(start + float(word.start), end)
                yield Observation(begin, end, "word", float(word.probability), word.word.strip())

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


def _unusable(model_directory: Path | None, why: str) -> DetectorError:
    return DetectorError(
        f"The speech model in {model_directory} cannot be used",
        why,
        "Run `doit verify` to check it and `doit models` to repair it",
    )
