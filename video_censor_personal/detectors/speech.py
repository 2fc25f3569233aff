"""Spoken words with their times, through faster-whisper; a word list decides which of them count."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from video_censor_personal.detectors.base import (
    AudioDetector,
    Judgement,
    Parameter,
    inference_threads,
    unusable,
)
from video_censor_personal.detectors.devices import DEVICE, ctranslate2_device
from video_censor_personal.detectors.installed_model import InstalledModel, folder_of
from video_censor_personal.errors import DetectorError
from video_censor_personal.findings.coverage import DOUBTFUL, NOT_JUDGED, Span, Unjudged
from video_censor_personal.findings.languages import AUTO, language_code
from video_censor_personal.findings.observations import Hit, Observation
from video_censor_personal.findings.spoken import LANGUAGE, Spoken
from video_censor_personal.transcription.align import Aligner
from video_censor_personal.transcription.second_look import (
    HalfMinute,
    Reading,
    SecondLook,
    digest,
    listened_for,
    placed,
)
from video_censor_personal.transcription.second_pass import hear_again
from video_censor_personal.transcription.spoken_language import spoken_language
from video_censor_personal.transcription.unsure import (
    BY_TIER,
    WHEN_UNSURE,
    Policy,
    find,
    readings_of,
    told,
)
from video_censor_personal.words.lexicon import (
    TIERS,
    Lexicon,
    assemble,
    built_in_list,
    listed_languages,
    no_list,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SILENCE = 1e-3
"""Of full scale; what stays below is not transcribed."""
_WHISPER_NAMES = {"jv": "jw"}
"""Languages that Whisper calls otherwise."""
ALIGNED_WITHIN = (0.07, 0.1)
"""Seconds before and after an aligned word in which the rest of it may lie."""
HEARD_WITHIN = (0.25, 0.3)
"""The same for Whisper's own times: tiny.en has words up to 0.22 s late, base ends them up to 0.3 s early."""
SHORTEST_ALIGNED = 0.06
"""Seconds. Of a shorter word, most may lie outside the times it was given."""
SPACELESS = frozenset({"ja", "lo", "my", "th", "yue", "zh"})
"""Languages in which a missing space says nothing."""
_SEEK_SECONDS = 0.01
"""Of the frames that Whisper counts."""
_WEIGHTS = "model.bin"
NEEDED_FILES = (_WEIGHTS, "config.json", "tokenizer.json")


class SpeechDetector(AudioDetector):
    """Every word that Whisper hears becomes an observation `word`, scored with its probability.
    What may be a swear in its place, or a clean word in the place of one, becomes an observation `instead`.

    The voice detector is off by default: it takes singing and shouting for no speech and would lose
    swear words, while a word that Whisper imagines in music is seldom one on the list. Text is not
    carried from one half minute to the next, which stops it from repeating itself for minutes.
    """

    type_name = "speech"
    version = "5"
    default_categories = ("Profanity",)
    schema = (
        Parameter("language", "language", "en", "infer", choices=(AUTO,)),
        Parameter("tracks", "text", "language", "decide", choices=("language", "all")),
        # 1 is faster and loses about a tenth of the words.
        Parameter("beam_size", "integer", 5, "infer", minimum=1, maximum=20),
        Parameter("compute_type", "text", "int8", "infer", choices=("int8", "int8_float32", "float32")),
        Parameter("vad", "boolean", False, "infer"),
        Parameter("align", "boolean", True, "infer"),
        Parameter("second_look", "boolean", True, "infer"),
        Parameter("listen_for", "text-list", (), "infer"),
        Parameter("threshold", "number", 0.0, "decide", minimum=0.0, maximum=1.0),
        Parameter("unsure", "number", 0.3, "decide", minimum=0.0, maximum=1.0),
        Parameter("when_unsure", "text", BY_TIER, "decide", choices=WHEN_UNSURE),
        Parameter("tiers", "text-list", ("mild", "strong", "slur"), "decide", choices=TIERS),
        Parameter("words", "text-list", (), "decide"),
        Parameter("word_file", "path", None, "decide"),
        Parameter("allow", "text-list", (), "decide"),
        DEVICE,
    )
    sample_rate = 16000
    window_seconds = 120.0
    _model: Any = None
    _aligner: Aligner | None = None
    _second_look: SecondLook | None = None

    @classmethod
    def misconfigured(cls, parameters: Mapping[str, Any]) -> str | None:
        """Say so where there is no list of words for the language."""
        language = parameters["language"]
        known = language == AUTO or built_in_list(language)
        return None if known or parameters["words"] or parameters["word_file"] else no_list(language)

    def open(self, model: InstalledModel | None) -> None:
        """Load a CTranslate2 Whisper model. Raises DetectorError when the files are no usable one."""
        if model is None:
            raise unusable("speech", model, "no model was given")
        from faster_whisper import WhisperModel

        files = _whisper_files(model)
        self.device = ctranslate2_device(self.parameters["device"])
        try:
            with folder_of(files) as folder:
                self._model = WhisperModel(
                    str(folder),
                    device=self.device,
                    compute_type=self.parameters["compute_type"],
                    cpu_threads=inference_threads(),
                    local_files_only=True,
                )
        except Exception as error:
            # It names the folder that held the files for a moment.
            why = re.sub(r"[^\s'\"]*video-censor-\w+", str(model.directory), str(error))
            raise unusable("speech", model, why or type(error).__name__) from error
        language = self.parameters["language"]
        if language != AUTO and _whisper_name(language) not in self._model.supported_languages:
            self.close()
            raise DetectorError(
                f"The speech model in {model.directory} does not know the language {language!r}",
                "an English-only model knows 'en' only" if language != "en" else "it is not in its list",
                "Set `language: en`, or name a multilingual model",
            )
        if self.parameters["align"] and language in ("en", AUTO):
            self._aligner = Aligner()
        if swears := _second_looks(self.parameters):
            self._second_look = SecondLook(self._model, swears, self._aligner or Aligner())

    @classmethod
    def depends_on(cls, parameters: Mapping[str, Any]) -> Mapping[str, object]:
        """Return the words that get a second look, of which other observations come."""
        return {"second look at": digest(_second_looks(parameters))}

    def close(self) -> None:
        """Free the models."""
        self._model = self._aligner = self._second_look = None

    def observe(self, pcm: NDArray[np.float32], start: float) -> Iterator[Observation]:
        """One observation a word; its text is as written by Whisper, without surrounding spaces.

        Words that a second pass adds come last, and with `language: auto` the language of all of them.
        """
        if self._model is None:
            raise RuntimeError("open() comes before observe()")
        if abs(pcm).max(initial=0.0) < SILENCE:
            return
        given: str = self.parameters["language"]
        if given != AUTO:
            yield from self._heard(given, pcm, start)
        elif self._model.model.is_multilingual:
            spoken = spoken_language(pcm, self._probabilities, self.track_language, listed_languages())
            words = []
            for word in self._heard(spoken.language, pcm, start):
                words.append(word)
                yield word
            if words:
                first, last = min(each.start for each in words), max(each.end for each in words)
                yield Observation(first, last, LANGUAGE, spoken.probability, spoken.language)
                if spoken.is_doubtful:
                    yield Observation(first, last, DOUBTFUL, 1.0)
        elif self.track_language in (None, "en"):
            yield from self._heard("en", pcm, start)
        else:
            why = f"the track is in '{self.track_language}', and the speech model knows English only"
            yield Observation(start, start + len(pcm) / self.sample_rate, NOT_JUDGED, 1.0, why)

    def _heard(self, language: str, pcm: NDArray[np.float32], start: float) -> Iterator[Observation]:
        """What is said in a window, in a language."""
        hear = partial(self._placed, language)
        heard: list[Observation] = []
        for word in hear(pcm, start):
            heard.append(word)
            yield word
        yield from hear_again(heard, pcm, start, hear)

    def _placed(self, language: str, pcm: NDArray[np.float32], start: float) -> Iterator[Observation]:
        aligner, second_look = (self._aligner, self._second_look) if language == "en" else (None, None)
        words: list[Observation] = []
        readings: list[Reading] = []
        for spoken in self._half_minutes(language, pcm, start):
            if second_look:
                readings += (each.moved(len(words)) for each in second_look.readings(spoken))
            words += spoken.words
        if aligner:
            words = list(aligner.refine(words, pcm, start))
        yield from words
        for reading in readings:
            yield placed(reading, words)

    def _probabilities(self, pcm: NDArray[np.float32]) -> dict[str, float]:
        """How probable each language is, by its code."""
        _, _, found = self._model.detect_language(pcm)
        return {language_code(name) or name: probability for name, probability in found}

    def _half_minutes(self, language: str, pcm: NDArray[np.float32], start: float) -> Iterator[HalfMinute]:
        import ctranslate2

        # A second try at a garbled half minute draws lots; the same sound must give the same words.
        ctranslate2.set_random_seed(0)
        segments, _ = self._model.transcribe(
            pcm,
            language=_whisper_name(language),
            beam_size=self.parameters["beam_size"],
            word_timestamps=True,
            condition_on_previous_text=False,
            vad_filter=self.parameters["vad"],
        )
        end = start + len(pcm) / self.sample_rate
        for seek, spoken in groupby(self._told(segments), key=attrgetter("seek")):
            # Asked for with the first of them: the next half minute is encoded before the last is through.
            encoded = self._second_look.encoded() if self._second_look else None
            words = [
                word for segment in spoken for word in _words(segment, start, end, language not in SPACELESS)
            ]
            yield HalfMinute(words, encoded, start + seek * _SEEK_SECONDS)

    def _told(self, segments: Iterable[Any]) -> Iterator[Any]:
        """The segments as they come, half a minute after the other; it is told how far that is."""
        for segment in segments:
            self.reached(segment.end)
            yield segment

    @classmethod
    def unjudged(
        cls, observations: Iterable[Observation], parameters: Mapping[str, Any]
    ) -> Iterator[Unjudged]:
        """Where a language is spoken that there are no words for, too."""
        seen = tuple(observations)
        yield from super().unjudged(seen, parameters)
        for stretch in Spoken.of(seen).stretches:
            language = stretch.text or ""
            if not (parameters["word_file"] or built_in_list(language)):
                yield Unjudged(Span(stretch.start, stretch.end), no_list(language))

    @staticmethod
    def decide(observations: Iterable[Observation], judgement: Judgement) -> Iterator[Hit]:
        """A hit for each word or phrase on the list, spanning exactly its words, for each category.

        Raises DetectorError when the user's word list cannot be read.
        """
        seen = tuple(observations)
        words = sorted(
            (each for each in seen if each.label == "word" and each.text), key=lambda each: each.start
        )
        spoken = Spoken.of(seen)
        for language, together in groupby(words, key=lambda word: spoken.at(word.start)):
            lexicon = _lexicon(judgement.parameters, language or "en", spoken.most() or "en")
            if lexicon is not None:
                yield from _hits(list(together), seen, lexicon, judgement)


def _lexicon(parameters: Mapping[str, Any], heard: str, mostly: str) -> Lexicon | None:
    """The words to look for; None where none are known.

    Args:
        parameters: the detector's.
        heard: the language that was detected. One without a list may be a mistake for another.
        mostly: the one that was detected most often in the track.
    """
    word_file = parameters["word_file"]
    language: str = parameters["language"]
    if language == AUTO:
        language = heard if built_in_list(heard) else mostly
        if not (parameters["words"] or word_file or built_in_list(language)):
            return None
    return assemble(
        tiers=tuple(parameters["tiers"]),
        words=tuple(parameters["words"]),
        word_file=None if word_file is None else Path(word_file),
        allow=tuple(parameters["allow"]),
        language=language,
    )


def _hits(
    words: Sequence[Observation], seen: Iterable[Observation], lexicon: Lexicon, judgement: Judgement
) -> Iterator[Hit]:
    parameters = judgement.parameters
    policy = Policy(parameters["unsure"], parameters["when_unsure"])
    for found in find(lexicon, words, readings_of(seen, words), policy):
        spoken = words[found.first : found.last + 1]
        score = found.score(words)
        if score < parameters["threshold"]:
            continue
        for category in judgement.categories:
            yield Hit(
                start=spoken[0].start,
                end=spoken[-1].end,
                category=category,
                label=found.entry,
                score=score,
                detector=judgement.detector,
                reason=told(found, words),
                text=_written(spoken),
                margin=(margin_of(spoken[0])[0], margin_of(spoken[-1])[1]),
                certainty=found.certainty,
            )


def _second_looks(parameters: Mapping[str, Any]) -> tuple[str, ...]:
    """The words that get a second look. After a voice detector, it is not known which sound a word was."""
    if not parameters["second_look"] or parameters["vad"] or parameters["language"] not in ("en", AUTO):
        return ()
    return listened_for(parameters["listen_for"])


def _words(segment: Any, start: float, latest: float, spaced: bool) -> Iterator[Observation]:
    for place, word in enumerate(segment.words):
        end = min(start + float(max(word.end, word.start)), latest)
        yield Observation(
            start=min(start + float(word.start), end),
            end=end,
            label="word",
            score=float(word.probability),
            text=word.word.strip(),
            joined=spaced and place > 0 and not word.word.startswith(" "),
        )


def _whisper_name(language: str) -> str:
    return _WHISPER_NAMES.get(language, language)


def _written(spoken: Sequence[Observation]) -> str:
    first, *others = spoken
    return (first.text or "") + "".join(f"{'' if word.joined else ' '}{word.text}" for word in others)


def margin_of(word: Observation) -> tuple[float, float]:
    """Return the seconds before and after a heard word in which the rest of it may lie."""
    is_placed = word.aligned and word.end - word.start >= SHORTEST_ALIGNED
    return ALIGNED_WITHIN if is_placed else HEARD_WITHIN


def _whisper_files(model: InstalledModel) -> dict[str, Path]:
    """Return the files of a model by the names that faster-whisper opens; the weights may have their own.

    Raises DetectorError when one that is needed is missing: without its tokenizer faster-whisper would go
    and fetch one, and the network is never ours to use here.
    """
    names = {file.rpartition("/")[2] for file in model.files}
    files = {name: path for name in sorted(names) if (path := model.named(name)) is not None}
    weights = model.ending(".bin")
    if len(weights) == 1:
        files[_WEIGHTS] = weights[0]
    for name in NEEDED_FILES:
        if name not in files or not files[name].is_file():
            raise unusable("speech", model, f"{name} is missing")
    return files
