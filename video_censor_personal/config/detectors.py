"""The list `detectors`: each entry checked against the catalog, and what the original's types become."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from modeltasks.spec import ModelSpec
from video_censor_personal.config.keys import KEYS, NO_EFFECT
from video_censor_personal.config.models import shipped_model
from video_censor_personal.config.values import DetectorConfig
from video_censor_personal.config.yaml_nodes import suggestion
from video_censor_personal.config.yaml_section import Section
from video_censor_personal.detectors.base import Detector, Parameter
from video_censor_personal.detectors.catalog import ALIASES, DETECTOR_TYPES, detector_type
from video_censor_personal.findings.languages import language_code
from video_censor_personal.findings.policy import CategoryPolicy

UNAVAILABLE: Mapping[str, tuple[str, ...]] = {
    "clip": ("model_name", "model_path", "confidence_threshold", "prompts"),
    "llava": ("model_name", "model_path", "prompt_file"),
    "audio-classification": ("confidence_threshold", "chunk_duration"),
}
"""Types of the original program that do not exist here, with their keys."""

_ORIGINAL_KEYS: Mapping[str, Mapping[str, str]] = {
    "speech-profanity": {
        "confidence_threshold": "write `threshold`, the least probability of a word that counts"
    },
    "mock": {
        f"enable_{name}": "what is reported stands in the file named by `script`"
        for name in ("nudity", "profanity", "violence", "sexual_theme")
    },
}
"""Keys without effect of the original's types that exist here under another name."""
_WHISPER_SIZES = {"large": "large-v3", "turbo": "large-v3-turbo"}

_LABELS = {
    "nudity": "Nudity",
    "profanity": "Profanity",
    "violence": "Violence",
    "sexual theme": "Sexual Theme",
    "sexual themes": "Sexual Theme",
}
CATEGORIES = tuple(dict.fromkeys(_LABELS.values()))
"""The categories that have a meaning of their own; a detector may name others."""


def category_label(text: str) -> str:
    """The label of a category in any spelling: `sexual_themes` is `Sexual Theme`."""
    return _LABELS.get(text.strip().lower().replace("_", " ").replace("-", " "), text.strip())


def read_categories(section: Section, key: str) -> tuple[str, ...]:
    """Read a list of categories, each once."""
    return tuple(dict.fromkeys(category_label(text) for text in section.texts(key)))


@dataclass(frozen=True, slots=True)
class Context:
    """What a detector's entry depends on elsewhere in the config; `base` is the config's folder."""

    models: frozenset[str]
    detections: Mapping[str, CategoryPolicy]
    base: Path


def read_detectors(
    root: Section, context: Context
) -> tuple[tuple[DetectorConfig, ...], tuple[ModelSpec, ...]]:
    """Read `detectors`; return them, and the models that they need of the shipped catalogue."""
    detectors: list[DetectorConfig] = []
    added: dict[str, ModelSpec] = {}
    for entry in root.sections("detectors"):
        kind = entry.required_text("type", f"it is one of {', '.join(DETECTOR_TYPES)}")
        name = entry.text("name", kind)
        if name:
            entry.where = f"detectors[{name}]"
        if name and any(name == other.name for other in detectors):
            entry.report("name" if entry.has("name") else "type", f"the name '{name}' is used twice")
        if kind in UNAVAILABLE:
            detectors.append(_unavailable(entry, name, kind))
        elif kind in DETECTOR_TYPES or kind in ALIASES:
            detector = _available(entry, name, kind, context)
            if detector.model and detector.model not in context.models:
                found = shipped_model(detector.model)
                added |= {found.name: found} if found else {}
            detectors.append(detector)
        elif kind:
            entry.report("type", f"no detector type '{kind}'; {suggestion(kind, DETECTOR_TYPES)}")
    return tuple(detectors), tuple(added.values())


def _unavailable(entry: Section, name: str, kind: str) -> DetectorConfig:
    entry.only((*KEYS["detectors[]"], *NO_EFFECT["detectors[]"], *UNAVAILABLE[kind]))
    categories = read_categories(entry, "categories")
    if entry.boolean("enabled", True):
        lost = ", ".join(categories) or "what it would find"
        entry.warn(
            "",
            f"the type '{kind}' of the original program does not exist here: "
            f"with this detector, {lost} is NOT looked for",
            entry.key_node("type"),
        )
    return DetectorConfig(name, kind, None, categories, enabled=False)


def _available(entry: Section, name: str, kind: str, context: Context) -> DetectorConfig:
    described = detector_type(kind)
    original_speech = kind == "speech-profanity"
    inert = {**NO_EFFECT["detectors[]"], **_ORIGINAL_KEYS.get(kind, {})}
    extra = ("languages",) if original_speech else ()
    names = [parameter.name for parameter in described.schema]
    entry.only((*KEYS["detectors[]"], *names, *extra, *inert))
    for key, why in inert.items():
        entry.ignored(key, why)
    given = {
        parameter.name: value
        for parameter in described.schema
        if (value := _read_parameter(entry, parameter, context.base)) is not None
    }
    if original_speech and (language := _only_language(entry)) is not None:
        given.setdefault("language", language)
    categories = read_categories(entry, "categories") or described.default_categories
    if kind == "mock" and "script" not in given and entry.boolean("enabled", True):
        entry.warn(
            "",
            "it finds what its `script` says, and has none: "
            f"with this detector, {', '.join(categories)} is NOT looked for",
            entry.key_node("type"),
        )
    for category in categories:
        if category in CATEGORIES and category not in described.default_categories:
            entry.warn(
                "categories",
                f"{category} is NOT looked for: '{described.type_name}' finds "
                f"{', '.join(described.default_categories)}, which is then only called so",
            )
    parameters = described.complete(given)
    enabled = entry.boolean("enabled", True)
    if enabled and (useless := described.misconfigured(parameters)):
        entry.report(next((key for key in ("language", "languages") if entry.has(key)), "type"), useless)
    if "threshold" in parameters and "threshold" not in given:
        # Or a category that asks for more than the type's default would never be given it.
        policies = [context.detections.get(category, CategoryPolicy()) for category in categories]
        asked = [policy.threshold for policy in policies if policy.threshold is not None]
        parameters["threshold"] = min([parameters["threshold"], *asked])
    return DetectorConfig(
        name=name,
        type=described.type_name,
        model=_read_model(entry, described, context.models, original_speech),
        categories=categories,
        enabled=enabled,
        parameters=MappingProxyType(parameters),
        needs=MappingProxyType(_read_needs(entry)),
    )


def _read_needs(entry: Section) -> dict[str, float]:
    needs = entry.section("needs")
    for name in needs.names():
        if not needs.has(name):
            needs.report("", f"how much of '{name}' is missing; write 1", needs.key_node(name))
    return {name: count for name in needs.names() if (count := needs.number(name, None, 0)) is not None}


def _read_model(entry: Section, kind: type[Detector], known: frozenset[str], original: bool) -> str | None:
    model = entry.text("model", "base" if original else None)
    if not kind.needs_model:
        if model is not None:
            entry.report("model", f"a detector of type '{kind.type_name}' has no model")
        return None
    if model is None:
        entry.report(
            "", f"'model' is missing: a detector of type '{kind.type_name}' needs one of models.sources"
        )
    elif model not in known:
        size = _WHISPER_SIZES.get(model, model).replace(".", "-")
        whisper = f"whisper-{size}"
        if original and (whisper in known or shipped_model(whisper) is not None):
            place = entry.value("model") or entry.node
            entry.warn("model", f"'{model}' is taken as the model '{whisper}'", place)
            return whisper
        entry.report("model", f"no model '{model}' in models.sources; {suggestion(model, sorted(known))}")
    return model


def _only_language(entry: Section) -> str | None:
    languages = entry.texts("languages")
    if len(languages) > 1:
        why = f"only the first, '{languages[0]}', has an effect: a detector listens for one language"
        entry.warn("languages", why, entry.key_node("languages"))
    if not languages:
        return None
    _require_language(entry, "languages", languages[0])
    return languages[0]


def _require_language(entry: Section, key: str, text: str) -> None:
    if language_code(text) is None:
        entry.report(key, f"'{text}' is no language; write its code, such as en, de or pt-BR")


def _read_parameter(entry: Section, parameter: Parameter, base: Path) -> object:
    """Return the value given for `parameter`, or None."""
    key = parameter.name
    match parameter.kind:
        case "number":
            return entry.number(key, None, parameter.minimum, parameter.maximum)
        case "integer":
            least = int(parameter.minimum) if parameter.minimum is not None else 0
            most = int(parameter.maximum) if parameter.maximum is not None else None
            return entry.integer(key, None, least, most)
        case "boolean":
            return entry.boolean(key, None)
        case "text" | "language":
            return _read_text(entry, parameter)
        case "path":
            return _read_path(entry, key, base)
        case "text-list":
            return _read_list(entry, parameter) if entry.has(key) else None


def _read_text(entry: Section, parameter: Parameter) -> str | None:
    key = parameter.name
    text = entry.text(key, None)
    if text and parameter.kind == "language":
        _require_language(entry, key, text)
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
    return tuple(text for text, _ in items)
