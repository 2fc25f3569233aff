"""The parameters of a detector's type, as its entry in the config gives them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

from yaml.nodes import Node, SequenceNode

from video_censor_personal.config.categories import category_label
from video_censor_personal.config.yaml_nodes import suggestion
from video_censor_personal.config.yaml_section import Section
from video_censor_personal.detectors.base import Parameter
from video_censor_personal.detectors.prompts import Prompt
from video_censor_personal.findings.languages import language_code


def check_bounds(entry: Section, bounds: Mapping[str, object]) -> None:
    """Report thresholds out of order: `weak` is at most `doubtful`, and that at most `threshold`."""
    given = [(key, bounds[key]) for key in ("threshold", "doubtful", "weak") if bounds.get(key) is not None]
    for (upper, most), (lower, least) in pairwise(given):
        if isinstance(most, float) and isinstance(least, float) and least > most:
            entry.report(lower, f"{least:g} is above `{upper}`, which is {most:g}")


def require_language(entry: Section, key: str, text: str) -> None:
    """Report a text that is no language."""
    if language_code(text) is None:
        entry.report(key, f"'{text}' is no language; write its code, such as en, de or pt-BR")


def read_parameter(entry: Section, parameter: Parameter, base: Path) -> object:
    """Return the value that a detector's entry gives for a parameter; None: none, or after a report.

    Args:
        entry: the detector's.
        parameter: one of its type's.
        base: what paths are relative to.
    """
    key = parameter.name
    if not entry.has(key):
        return None
    least, most = parameter.minimum, parameter.maximum
    found: object = None
    match parameter.kind:
        case "number":
            found = entry.number(key, None, least, most)
        case "integer":
            found = entry.integer(key, None, int(least or 0), None if most is None else int(most))
        case "boolean":
            found = entry.boolean(key, None)
        case "text" | "language":
            found = _read_text(entry, parameter)
        case "path":
            found = _read_path(entry, key, base)
        case "text-list":
            found = _read_list(entry, parameter)
        case "numbers":
            found = entry.numbers(key, ()) or None
        case "number-map" | "text-map" | "category-map":
            found = _read_map(entry, parameter)
        case "prompts":
            found = _read_prompts(entry, key)
    return found


def _read_map(entry: Section, parameter: Parameter) -> Mapping[str, object]:
    section = entry.section(parameter.name)
    found: dict[str, object] = {}
    for name in section.names():
        if not section.has(name):
            section.report("", f"the value of '{name}' is missing", section.key_node(name))
        elif parameter.kind == "number-map":
            found[name] = section.number(name, None, parameter.minimum, parameter.maximum)
        else:
            text = section.text(name, None)
            found[name] = category_label(text) if text and parameter.kind == "category-map" else text
    return {name: value for name, value in found.items() if value is not None}


def _read_text(entry: Section, parameter: Parameter) -> str | None:
    key = parameter.name
    text = entry.text(key, None)
    if text and parameter.kind == "language":
        if text not in parameter.choices:
            require_language(entry, key, text)
        return text
    return entry.choice(key, parameter.choices, text) if text and parameter.choices else text


def _read_path(entry: Section, key: str, base: Path) -> str | None:
    text = entry.text(key, None)
    if text is None:
        return None
    path = base / entry.expand(key, text)
    if not path.is_file():
        entry.report(key, f"there is no file {path}")
    return str(path)


def _read_list(entry: Section, parameter: Parameter) -> tuple[str, ...]:
    items = entry.text_items(parameter.name)
    for text, node in items:
        if parameter.choices and text not in parameter.choices:
            near = suggestion(text, parameter.choices)
            entry.report(parameter.name, f"'{text}' is not known; {near}", node)
    return tuple(text for text, _ in items if not parameter.choices or text in parameter.choices)


def _read_prompts(entry: Section, key: str) -> tuple[Prompt, ...]:
    found: list[Prompt] = []
    texts: set[str] = set()
    for each in entry.sections(key):
        each.only(("name", "category", "text", "threshold"))
        category = category_label(each.required_text("category", "what is found belongs to one"))
        name = each.text("name", category)
        items = each.text_items("text")
        if not items and not _is_filled(each.value("text")):
            each.report("", "'text' is missing: a prompt is a text, or a list of them")
        for text, node in items:
            if text.casefold() in texts:
                each.report("text", f"'{text}' is given twice", node)
            texts.add(text.casefold())
        if name and any(name == other.name for other in found):
            place = "name" if each.has("name") else "category"
            each.report(place, f"'{name}' is looked for twice; put the texts into one list, or name both")
            continue
        threshold = each.number("threshold", None, 0.0, 1.0)
        if category:
            found.append(Prompt(name, category, tuple(text for text, _ in items), threshold))
    return tuple(found)


def _is_filled(node: Node | None) -> bool:
    """Whether there is something; what is wrong with it was reported."""
    return bool(node.value) if isinstance(node, SequenceNode) else node is not None
