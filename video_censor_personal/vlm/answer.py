"""From a model's answer to a score for each category.

A model is rarely sure of its digit. Where it tells how likely each digit was, the score is the mean of the
digits by their probabilities; what else it might have written there does not count.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from video_censor_personal.errors import NotJudged
from video_censor_personal.vlm.request import MOST

_OBJECT = re.compile(r"\{[^{}]*\}")
_SHOWN = 60


def scores(answer: object, names: Sequence[str]) -> dict[str, float]:
    """Return the score, 0 to 1, of each name.

    Args:
        answer: a chat completion.
        names: what was to be rated.

    Raises:
        NotJudged: it is an error, or does not rate all of them.
    """
    if isinstance(answer, Mapping) and answer.get("error"):
        raise NotJudged(f"the model refuses it: {error_text(answer)}")
    text, choice = _content(answer)
    rated = _ratings(text, names)
    likely = _likely(choice.get("logprobs"), names)
    return {name: likely.get(name, rated[name] / MOST) for name in names}


def error_text(answer: object) -> str:
    """Return what an answer says of an error, in the forms that servers give it."""
    found = answer
    for key in ("error", "message", "detail"):
        if isinstance(found, Mapping) and found.get(key):
            found = found[key]
    return shortened(found if isinstance(found, str) else json.dumps(found, default=str))


def shortened(text: str) -> str:
    """Return the beginning of a text, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"


def _content(answer: object) -> tuple[str, Mapping[str, Any]]:
    try:
        choice = answer["choices"][0]  # type: ignore[index]
        content = choice["message"]["content"]
        if isinstance(content, list):
            content = "".join(part["text"] for part in content if part.get("type") == "text")
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise NotJudged(f"the answer is no chat completion: {shortened(repr(answer))}") from error
    if not isinstance(content, str) or not content.strip():
        raise NotJudged("the answer is empty")
    return content, choice


def _ratings(text: str, names: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for fields in _objects(text):
        said = {str(key).strip().casefold(): value for key, value in fields.items()}
        rated = {name: _digit(said.get(name.casefold())) for name in names}
        found = found or {name: rating for name, rating in rated.items() if rating is not None}
    if not found:
        last = {name: [*_rating_of(name).finditer(text)] for name in names}
        found = {name: int(matches[-1][1]) for name, matches in last.items() if matches}
    missing = [name for name in names if name not in found]
    if missing:
        raise NotJudged(f"the answer does not rate {', '.join(missing)} from 0 to {MOST}: {shortened(text)}")
    return found


def _objects(text: str) -> Iterator[Mapping[str, Any]]:
    """The JSON objects in a text, the last one first: a model may think aloud before it answers."""
    for part in (text, *reversed(_OBJECT.findall(text))):
        try:
            found = json.loads(part)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, Mapping):
            yield found


def _digit(value: object) -> int | None:
    if isinstance(value, str) and re.fullmatch(r"\s*[0-9]\s*", value):
        return int(value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return int(value) if is_number and value in range(MOST + 1) else None  # type: ignore[call-overload]


def _rating_of(name: str) -> re.Pattern[str]:
    """Where a text rates something: its name, a colon or the like, and a digit that stands alone."""
    return re.compile(
        rf"(?<!\w){re.escape(name)}[\"'*`]*\s*[:=]\s*[\"'*`]*([0-9])(?![\d.,]*\d)", re.IGNORECASE
    )


def _likely(logprobs: object, names: Iterable[str]) -> dict[str, float]:
    """The mean of the digits that may have been meant, for each name with a digit among the tokens."""
    try:
        tokens = [(str(each["token"]), each) for each in logprobs["content"]]  # type: ignore[index]
    except (KeyError, TypeError):
        return {}
    text = "".join(token for token, _ in tokens)
    found = {}
    for name in names:
        matches = [*_rating_of(name).finditer(text)]
        if matches and (mean := _mean(tokens, matches[-1].start(1))) is not None:
            found[name] = mean
    return found


def _mean(tokens: Sequence[tuple[str, Mapping[str, Any]]], place: int) -> float | None:
    """The mean of the digits that may stand at a place of the text; None where nothing is said of them."""
    begin = 0
    for token, entry in tokens:
        if begin <= place < begin + len(token):
            before, after = token[: place - begin], token[place - begin + 1 :]
            likely = _probabilities(entry)
            weights = [likely.get(f"{before}{digit}{after}", 0.0) for digit in range(MOST + 1)]
            total = math.fsum(weights)
            return sum(d * w for d, w in enumerate(weights)) / total / MOST if total > 0 else None
        begin += len(token)
    return None


def _probabilities(entry: Mapping[str, Any]) -> dict[str, float]:
    found: dict[str, float] = {}
    try:
        for each in (entry, *(entry.get("top_logprobs") or ())):
            logprob = float(each["logprob"])
            if math.isfinite(logprob) and logprob <= 0:
                found[str(each["token"])] = math.exp(logprob)
    except (KeyError, TypeError, ValueError):
        return {}
    return found
