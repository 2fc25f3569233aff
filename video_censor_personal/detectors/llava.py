"""A second judge: a vision language model that rates pictures of which others are unsure.

It runs here, by llama.cpp, from the two GGUF files of its entry, or on a server with the API of OpenAI.
On a processor it takes seconds a picture, so it is asked of few.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from video_censor_personal.detectors.base import (
    JUDGING,
    Frame,
    JudgeDetector,
    Judgement,
    Parameter,
    inference_threads,
    thresholds,
    unusable,
)
from video_censor_personal.detectors.devices import choose_device
from video_censor_personal.detectors.installed_model import InstalledModel
from video_censor_personal.detectors.stretches import hits_of
from video_censor_personal.errors import DetectorError
from video_censor_personal.findings.observations import Hit, Observation
from video_censor_personal.vlm.answer import scores
from video_censor_personal.vlm.endpoint import Endpoint, EndpointSettings, is_here, why_no_endpoint
from video_censor_personal.vlm.gguf import BadModel, VisionFiles, vision_files
from video_censor_personal.vlm.local import CPU, LocalModel, LocalSettings, devices
from video_censor_personal.vlm.request import chat_request, instructions, jpeg

_CONCEPTS: Mapping[str, str] = {
    "Nudity": "bare breasts, buttocks or genitals",
    "Sexual Theme": "sexual acts, or people who are about to",
    "Violence": "people or animals that are hurt or threatened, blood, weapons in use",
}
_LONGEST_PROMPT = 4000
"""Characters; more would not leave the picture enough of the context."""
_OF_ENDPOINT = ("endpoint_model", "api_key_env", "allow_remote")


class LlavaDetector(JudgeDetector):
    """Rates each picture from 0 to 9 for each of its categories, and observes one score for each."""

    type_name = "llava"
    version = "1"
    default_categories = tuple(_CONCEPTS)
    schema = (
        *JUDGING,
        Parameter("ask", "text-map", {}, "infer"),
        Parameter("prompt_file", "path", None, "infer"),
        Parameter("picture_tokens", "integer", None, "infer", minimum=16, maximum=4096),
        Parameter("endpoint", "text", None, "infer"),
        Parameter("endpoint_model", "text", None, "infer"),
        Parameter("api_key_env", "text", None, "run"),
        Parameter("allow_remote", "boolean", False, "run"),
        Parameter("timeout", "number", 120.0, "run", minimum=1.0, maximum=3600.0),
        *thresholds(0.5),
        Parameter("device", "text", "auto", "run", choices=("auto", CPU, "cuda", "rocm", "vulkan", "metal")),
    )
    frame_size = (384, 384)
    _client: LocalModel | Endpoint | None = None
    _text = ""

    @classmethod
    def for_categories(cls, parameters: Mapping[str, Any], categories: Sequence[str]) -> dict[str, Any]:
        """Return the parameters with what is asked of each category in `ask`. Raises ValueError."""
        given = {name.casefold(): about for name, about in parameters["ask"].items()}
        wanted = {category.casefold() for category in categories}
        if strange := [name for name in parameters["ask"] if name.casefold() not in wanted]:
            raise ValueError(f"{', '.join(strange)}: not among its categories, {', '.join(categories)}")
        known = {name.casefold(): about for name, about in _CONCEPTS.items()}
        ask = {name: given.get(name.casefold(), known.get(name.casefold(), "")) for name in categories}
        return {**parameters, "ask": ask}

    @classmethod
    def wants_model(cls, parameters: Mapping[str, Any]) -> bool:
        """Whether it needs a model of the config: not where a server has one."""
        return parameters["endpoint"] is None

    @classmethod
    def misconfigured(cls, parameters: Mapping[str, Any]) -> str | None:
        """Return why a detector with these parameters can find nothing; None: it can."""
        url = parameters["endpoint"]
        if url is None:
            useless = [name for name in _OF_ENDPOINT if parameters[name]]
            if useless:
                return f"`{useless[0]}` has no meaning without `endpoint`"
        elif why := why_no_endpoint(url):
            return f"`endpoint` is no address of a server: {why}"
        elif not is_here(url) and not parameters["allow_remote"]:
            return (
                f"pictures of the film would be sent to another machine, {url}; "
                "write `allow_remote: true` if that is what you want"
            )
        return super().misconfigured(parameters)

    def check(self, model: InstalledModel | None) -> None:
        """Find out whether files, prompt and library, or the server, can be used. Raises DetectorError."""
        self._read_prompt()
        if self.parameters["endpoint"] is None:
            self._files(model)
            self._choose_device()
            return
        endpoint = self._endpoint()
        try:
            endpoint.check()
        finally:
            endpoint.close()

    def open(self, model: InstalledModel | None) -> None:
        """Load the model, or turn to the server. Raises DetectorError when it cannot be used."""
        self._text = instructions(self._concepts, self._read_prompt())
        if self.parameters["endpoint"] is not None:
            self._client = self._endpoint()
            self.device = self.parameters["endpoint"]
            return
        files = self._files(model)
        self.device = self._choose_device()
        settings = LocalSettings(self.device, inference_threads(), self.parameters["picture_tokens"])
        try:
            self._client = LocalModel(files, settings)
        except BadModel as error:
            raise unusable("llava", model, str(error)) from error

    def close(self) -> None:
        """Free the model, or leave the server."""
        if self._client is not None:
            self._client.close()
        self._client = None

    def observe(self, frame: Frame) -> Iterable[Observation]:
        """Return one observation a category, labelled with it. Raises NotJudged."""
        if self._client is None:
            raise RuntimeError("open() comes before observe()")
        concepts = self._concepts
        answer = self._client.chat(chat_request(self._text, jpeg(frame.image), concepts), concepts)
        rated = scores(answer, tuple(concepts))
        return [Observation(frame.time, frame.time, name, rated[name]) for name in concepts]

    @staticmethod
    def decide(observations: Iterable[Observation], judgement: Judgement) -> Iterator[Hit]:
        """Yield a hit for each stretch of pictures that score enough for a category."""
        seen = sorted(observations, key=lambda each: (each.start, each.end))
        for category in judgement.categories:
            rated = [each for each in seen if each.label.casefold() == category.casefold()]
            terms = Judgement(
                judgement.detector, (category,), judgement.parameters, judgement.step, judgement.duration
            )
            yield from hits_of(rated, terms, category, terms.bounds, "the judged picture")

    @property
    def _concepts(self) -> Mapping[str, str]:
        return self.parameters["ask"] or _CONCEPTS

    def _files(self, model: InstalledModel | None) -> VisionFiles:
        try:
            return vision_files(model.ending(".gguf") if model else ())
        except BadModel as error:
            raise unusable("llava", model, str(error)) from error

    def _choose_device(self) -> str:
        asked = self.parameters["device"]
        there = devices()
        return there[0] if asked == "auto" else choose_device(asked, there, "llama.cpp")

    def _endpoint(self) -> Endpoint:
        given = self.parameters
        name = given["api_key_env"]
        key = os.environ.get(name) if name is not None else None
        if name is not None and not key:
            raise DetectorError(
                f"The server {given['endpoint']} cannot be asked",
                f"the environment variable {name}, which should hold its key, is not set",
                f"Set {name}, or leave `api_key_env` out where the server wants no key",
            )
        return Endpoint(EndpointSettings(given["endpoint"], given["endpoint_model"], key, given["timeout"]))

    def _read_prompt(self) -> str | None:
        name = self.parameters["prompt_file"]
        if name is None:
            return None
        try:
            text = Path(name).read_text(encoding="utf-8-sig").strip()
        except (OSError, UnicodeDecodeError) as error:
            why = "it is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else error.strerror
            raise _bad_prompt(name, why or str(error)) from error
        if not text or len(text) > _LONGEST_PROMPT:
            raise _bad_prompt(name, f"it has {len(text)} characters; 1 to {_LONGEST_PROMPT} can be used")
        return text


def _bad_prompt(name: str, why: str) -> DetectorError:
    return DetectorError(
        f"The prompt_file {name} cannot be used", why, "Write into it, as plain text, what is to be rated"
    )
