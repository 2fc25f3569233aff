"""What the targets of a film are made from, by names that users know: compared, they say why one is stale."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, astuple, fields
from typing import Any

from video_censor_personal.analysis.assignment import Assignment, canonical
from video_censor_personal.config import Config
from video_censor_personal.config.values import AudioRemediation, SubtitleRemediation, VideoRemediation
from video_censor_personal.detectors.catalog import detector_type
from video_censor_personal.edits.own_sound import own_sound_digest
from video_censor_personal.edits.values import RENDERER
from video_censor_personal.findings.segments import PictureStyle, Segment

_LONGEST = 80
_OF_ONE = frozenset({"track", "text", "digest"})
"""What differs between the tracks and texts of one detector."""

NOT_ALL_SEEN = "not all of the film was looked at"
"""Noted of results that say so, and never an input: such results are up to date only for who accepts them."""

Inputs = Mapping[str, Any]
"""Plain JSON values, by name."""


def observe_inputs(fingerprint: str, assignments: Iterable[Assignment]) -> Inputs:
    """Return what a film's observations depend on."""
    found: dict[str, Any] = {"content of the film": fingerprint}
    for each in assignments:
        found[f"detector {each.name}"] = each.kind.type_name
        found[f"version of {each.name}"] = each.key.version
        found[f"model of {each.name}"] = each.key.model
        for name, value in each.key.infer.items():
            if name not in _OF_ONE:
                found[f"{name} of {each.name}"] = _plain(value)
        if each.text is not None:
            found.setdefault(f"texts of {each.name}", {})[each.text.name] = each.text.digest
        if each.track is not None:
            found.setdefault(f"tracks of {each.name}", []).append(each.track)
    return found


def policy_inputs(config: Config, *, allow_all: bool) -> Inputs:
    """Return what turns observations into segments, and what the results file says besides."""
    found: dict[str, Any] = {"merge_threshold": config.processing.merge_threshold}
    for detector in config.detectors:
        if not detector.enabled:
            continue
        found[f"categories of {detector.name}"] = list(detector.categories)
        kind = detector_type(detector.type)
        parameters = kind.complete(detector.parameters)
        for each in kind.schema:
            if each.role == "decide":
                value = canonical(detector.name, each, parameters[each.name])
                found[f"{each.name} of {detector.name}"] = _plain(value)
    for category, policy in config.detections.items():
        found |= {f"{name} of {category}": value for name, value in asdict(policy).items()}
    found |= asdict(config.output)
    found["other_tracks"] = config.audio.other_tracks if config.audio.enabled else None
    found["allow_all_segments"] = allow_all
    return found


def render_inputs(config: Config) -> Inputs:
    """Return what turns segments into a clean copy."""
    copied = {"renderer": RENDERER, "unsupported streams": config.unsupported_streams}
    return {**copied, **hide_inputs(config)}


def hide_inputs(config: Config) -> Inputs:
    """Return what says which stretches of sound, picture and subtitles are hidden, and how."""
    parts: dict[str, AudioRemediation | VideoRemediation | SubtitleRemediation]
    parts = {"sound": config.audio, "picture": config.video, "subtitles": config.subtitles}
    found = {
        f"{each.name} of the {part}": _plain(getattr(settings, each.name))
        for part, settings in parts.items()
        for each in fields(settings)
    }
    return found | {"content of the sound_file": own_sound_digest(config.audio)}


def decisions_of(segments: Iterable[Segment]) -> Mapping[str, Any]:
    """Return what is to become of each segment, by its id."""
    return {
        each.id: [
            *(each.allow, each.audio_remediation, each.video_remediation, each.start, each.end),
            *astuple(each.video_style),
        ]
        for each in segments
    }


def decided_otherwise(before: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, ...]:
    """Return a line for decisions that are not what they were, and one for segments that came or went."""
    changed = sum(1 for name, decision in now.items() if name in before and before[name] != decision)
    other = len(before.keys() ^ now.keys())
    lines = []
    if changed:
        lines.append(f"{changed} decision{'s' if changed > 1 else ''} in the results")
    if other:
        lines.append(f"{other} segment{'s' if other > 1 else ''} found or no longer found")
    return tuple(lines)


def _plain(value: Any) -> Any:
    """Return a value as JSON has it; a long one, such as a list of words, as its digest."""
    text = json.dumps(value, sort_keys=True, default=_of_mapping)
    if len(text) > _LONGEST:
        return hashlib.sha256(text.encode()).hexdigest()[:16]
    return json.loads(text)


def _of_mapping(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    return asdict(value) if isinstance(value, PictureStyle) else str(value)
