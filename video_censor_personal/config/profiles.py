"""The profiles of a library: each is the whole config with a policy and actions of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from yaml.nodes import MappingNode, Node, SequenceNode

from video_censor_personal.config.categories import category_label
from video_censor_personal.config.keys import KEYS
from video_censor_personal.config.name_patterns import read_pattern, written_for
from video_censor_personal.config.policy import read_policy
from video_censor_personal.config.values import Config, Profile
from video_censor_personal.config.yaml_nodes import TAG, suggestion
from video_censor_personal.config.yaml_section import Section
from video_censor_personal.detectors.catalog import detector_type
from video_censor_personal.errors import DetectorError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*\Z")
_KEYS = KEYS["library.profiles.<name>"]
_SHARED = "cannot differ between profiles: one analysis serves them all"
_LISTENS = "tracks"
"""Decided like a threshold, but more would have to be listened to."""
_INSTEAD = {"threshold": "sensitivity", "sensitivity": "threshold"}
"""Two words for one thing: who gives the one takes the other back."""
_DEEPEST = 4
"""Levels of keys that a profile has; an anchor that holds itself would have no end."""


def profile_sections(library: Section) -> dict[str, Section]:
    """Return the section of each profile, by name; names and keys are checked."""
    parent = library.section("profiles")
    profiles: dict[str, Section] = {}
    seen: dict[str, str] = {}
    for name in parent.names():
        if not _NAME.match(name):
            why = f"'{name}' cannot name a profile: letters and digits, then - and _ too"
            parent.report("", why, parent.key_node(name))
        other = seen.setdefault(name.lower(), name)
        if other != name:
            why = f"the profile '{name}' differs from '{other}' only by case"
            parent.report("", why, parent.key_node(name))
        profiles[name] = parent.section(name)
        _check_keys(profiles[name])
    return profiles


def read_profiles(
    root: Section, profiles: Mapping[str, Section], config: Config, models: frozenset[str], base: Path
) -> tuple[Profile, ...]:
    """Read the profiles.

    Args:
        root: the top of the config.
        profiles: the section of each.
        config: what the config says without them.
        models: the names of its sources.
        base: what paths are relative to.
    """
    assert config.library is not None
    read = []
    for name, section in profiles.items():
        beside = root.document.beside()
        merged = Section(beside, _with_profile(root, section), "")
        own = read_policy(merged, replace(config, library=None, warnings=()), models, base)
        for found, told in (
            (beside.problems, root.document.problems),
            (beside.warnings, root.document.warnings),
        ):
            told += [
                replace(each, message=f"{section.where}.{each.message}") for each in found if each not in told
            ]
        read.append(
            Profile(
                name,
                own,
                read_pattern(section, "copy", profiles=True, tree=config.library.output_dir is not None),
                read_pattern(section, "results", profiles=True, tree=True),
            )
        )
    _check_distinct(root.section("library"), profiles, read, config)
    return tuple(read)


def _check_keys(profile: Section) -> None:
    for key in profile.names():
        if key in _KEYS:
            continue
        why = f"unknown key '{key}'; {suggestion(key, _KEYS)}"
        if key in (*KEYS[""], *KEYS["library"]):
            why = f"'{key}' is the same for all profiles; it belongs outside of them"
        profile.report("", why, profile.key_node(key))
    processing = profile.section("processing")
    if "frame_sampling" in processing.names():
        processing.report("", f"'frame_sampling' {_SHARED}", processing.key_node("frame_sampling"))


def _check_distinct(
    library: Section, sections: Mapping[str, Section], profiles: Iterable[Profile], config: Config
) -> None:
    """Report a name that two profiles would give to their files."""
    assert config.library is not None
    seen: dict[str, str] = {}
    for profile in profiles:
        for key, own, shared in (
            ("copy", profile.copy, config.library.copy),
            ("results", profile.results, config.library.results),
        ):
            pattern = own or shared
            if pattern is None:
                continue
            other = seen.setdefault(written_for(pattern, profile.name), profile.name)
            if other != profile.name:
                why = (
                    f"the profiles '{other}' and '{profile.name}' would write one file; put {{profile}} in it"
                )
                (sections[profile.name] if own else library).report(key, why)


def _with_profile(root: Section, profile: Section) -> MappingNode:
    """Return the top of the config with a profile laid over."""
    pairs = {key: root.pair(key) for key in root.names()}
    for key in ("detections", "processing", "remediation"):
        if profile.has(key):
            laid = _laid_over(root.section(key), profile.section(key))
            pairs[key] = (profile.key_node(key), laid)
    if profile.has("detectors"):
        detectors = _detectors(root.sections("detectors"), profile.section("detectors"))
        node = SequenceNode(TAG + "seq", detectors, root.node.start_mark, root.node.end_mark)
        pairs["detectors"] = (profile.key_node("detectors"), node)
    return MappingNode(TAG + "map", list(pairs.values()), root.node.start_mark, root.node.end_mark)


def _detectors(entries: Iterable[Section], over: Section) -> list[Node]:
    """Return the entries of detectors, with parameters of their rules as a profile has them."""
    found: list[Node] = []
    names: list[str] = []
    for entry in entries:
        kind = entry.text("type", "")
        name = entry.text("name", kind)
        names.append(name)
        own = _decided(over.section(name), kind) if name in over.names() else None
        found.append(_laid_over(entry, own) if own is not None else entry.node)
    for name in over.names():
        if name not in names:
            over.report("", f"no detector '{name}'; {suggestion(name, names)}", over.key_node(name))
    return found


def _decided(detector: Section, kind: str) -> Section:
    """Return a detector's section with its rule's parameters alone, after reporting the others."""
    try:
        roles = {each.name: each.role for each in detector_type(kind).schema}
    except (KeyError, DetectorError):  # reported with the detector itself
        roles = {}
    free = [key for key, role in roles.items() if role == "decide" and key != _LISTENS]
    for key in detector.names():
        if key in free:
            continue
        why = f"unknown key '{key}'; {suggestion(key, free)}"
        if key in roles or key in KEYS["detectors[]"]:
            why = f"'{key}' {_SHARED}"
        if key in {"categories", "enabled"}:
            why += "; `detections` says what becomes of a category"
        detector.report("", why, detector.key_node(key))
    kept = [detector.pair(key) for key in detector.names() if key in free]
    marks = detector.node.start_mark, detector.node.end_mark
    return Section(detector.document, MappingNode(TAG + "map", kept, *marks), detector.where)


def _laid_over(base: Section, over: Section, depth: int = _DEEPEST) -> MappingNode:
    """Return the keys of `base` with those of `over` in their place.

    Where both have keys with values, these are laid over each other in the same way. A null leaves what the
    base has. A category is the same in any spelling.
    """
    bases = {category_label(key): key for key in base.names()}
    pairs = {label: base.pair(key) for label, key in bases.items()}
    seen = set()
    for key in over.names():
        label = category_label(key)
        if label in seen:
            over.report("", f"'{label}' is given twice", over.key_node(key))
        seen.add(label)
        if not over.has(key):
            continue
        instead = _INSTEAD.get(key)
        if instead is not None and not over.has(instead):
            pairs.pop(instead, None)
        key_node, value = over.pair(key)
        if depth and isinstance(value, MappingNode) and label in pairs:
            below = pairs[label][1]
            if isinstance(below, MappingNode):
                value = _laid_over(base.section(bases[label]), over.section(key), depth - 1)
        pairs[label] = (key_node, value)
    return MappingNode(TAG + "map", list(pairs.values()), over.node.start_mark, over.node.end_mark)
