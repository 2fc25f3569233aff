"""The list `detectors`: each entry checked against the catalog, and what the original's types become."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from video_censor_personal.config.catalogue import catalogue
from video_censor_personal.config.categories import CATEGORIES, read_categories
from video_censor_personal.config.keys import KEYS, NO_EFFECT
from video_censor_personal.config.original_llava import MODEL_NAME, lost_prompt, original_model
from video_censor_personal.config.parameters import check_bounds, read_parameter, require_language
from video_censor_personal.config.quality import MODELS, QUALITIES, Quality
from video_censor_personal.config.values import DetectorConfig
from video_censor_personal.config.yaml_nodes import nearest, suggestion
from video_censor_personal.config.yaml_section import Section
from video_censor_personal.detectors.base import Detector
from video_censor_personal.detectors.catalog import detector_type, type_names
from video_censor_personal.errors import DetectorError
from video_censor_personal.findings.policy import CategoryPolicy

_ORIGINAL_KEYS: Mapping[str, Mapping[str, str]] = {
    "speech-profanity": {
        "confidence_threshold": "write `threshold`, the least probability of a word that counts"
    },
    "clip": {
        "model_name": "the model is named by `model`",
        "model_path": "models are kept where `models.cache_dir` says",
        "confidence_threshold": "a score is measured against neutral prompts here; write `threshold`",
    },
    "llava": {"model_path": "models are kept where `models.cache_dir` says"},
    "audio-classification": {
        "confidence_threshold": "scores of another model mean other things; write `threshold`",
        "chunk_duration": "the model hears in pieces of about a second, half of one apart",
    },
    "mock": {
        f"enable_{name}": "what is reported stands in the file named by `script`"
        for name in ("nudity", "profanity", "violence", "sexual_theme")
    },
}
"""Keys without effect of the original's types that exist here under another name."""
_WHISPER_SIZES = {"large": "large-v3", "turbo": "large-v3-turbo"}
_BLAMED = (
    *("language", "languages", "labels", "label_categories", "names"),
    *("prompts", "thresholds", "concepts", "endpoint", "band"),
)
"""The keys that may be why a detector can find nothing, the likeliest first."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a detector's entry depends on elsewhere in the config.

    `models` are the names of its sources, `base` is the config's folder.
    """

    models: frozenset[str]
    detections: Mapping[str, CategoryPolicy]
    base: Path
    quality: Quality


def read_quality(root: Section) -> Quality:
    """Read `quality`."""
    return root.choice("quality", QUALITIES, "balanced")


def read_detectors(root: Section, context: Context) -> tuple[tuple[DetectorConfig, ...], bool]:
    """Read `detectors`; return them, and whether `quality` chose a model of any of them."""
    detectors: list[DetectorConfig] = []
    entries: dict[str, Section] = {}
    chosen_for = False
    for entry in root.sections("detectors"):
        kind = entry.required_text("type", f"it is one of {', '.join(type_names())}")
        name = entry.text("name", kind)
        if name:
            entry.where = f"detectors[{name}]"
        if name and any(name == other.name for other in detectors):
            entry.report("name" if entry.has("name") else "type", f"the name '{name}' is used twice")
        if kind and (described := _described(entry, kind)) is not None:
            detectors.append(_available(entry, name, kind, described, context))
            chosen_for = chosen_for or (described.needs_model and not entry.has("model"))
            entries[name] = entry
    for each in detectors:
        _check_judged(entries[each.name], each, detectors)
    if not chosen_for:
        root.ignored(
            "quality", "it chooses the models of detectors that name none, and there is no such detector"
        )
    return tuple(detectors), chosen_for


def _check_judged(entry: Section, judge: DetectorConfig, detectors: Sequence[DetectorConfig]) -> None:
    """Report names in `judges` of which there will be nothing to judge."""
    if not judge.enabled or "judges" not in judge.parameters:
        return
    others = {each.name: each for each in detectors if "judges" not in each.parameters}
    for name, node in entry.text_items("judges"):
        if name not in others:
            why = f"no detector '{name}' whose findings can be judged"
            entry.report("judges", f"{why}; {suggestion(name, sorted(others))}", node)
        elif not others[name].enabled:
            entry.report("judges", f"the detector '{name}' is switched off", node)


def _described(entry: Section, kind: str) -> type[Detector] | None:
    """Return the detector type; None after a report."""
    try:
        return detector_type(kind)
    except KeyError:
        entry.report("type", f"no detector type '{kind}'; {suggestion(kind, type_names())}")
    except DetectorError as error:
        entry.report("type", str(error))
    return None


def _available(
    entry: Section, name: str, kind: str, described: type[Detector], context: Context
) -> DetectorConfig:
    original_speech = kind == "speech-profanity"
    inert = {**NO_EFFECT["detectors[]"], **_ORIGINAL_KEYS.get(kind, {})}
    extra = ("languages",) if original_speech else (MODEL_NAME,) if kind == "llava" else ()
    names = [parameter.name for parameter in described.schema]
    entry.only((*KEYS["detectors[]"], *names, *extra, *inert))
    for key, why in inert.items():
        entry.ignored(key, why)
    given = {
        parameter.name: value
        for parameter in described.schema
        if not (parameter.name == "prompt_file" and lost_prompt(entry, context.base))
        and (value := read_parameter(entry, parameter, context.base)) is not None
    }
    if original_speech and (language := _only_language(entry)) is not None:
        given.setdefault("language", language)
    parameters = described.complete(given)
    check_bounds(entry, parameters)
    own = described.found_categories(parameters)
    categories = read_categories(entry, "categories") or own or described.default_categories
    enabled = entry.boolean("enabled", True)
    if kind == "mock" and "script" not in given and enabled:
        entry.warn(
            "",
            "it finds what its `script` says, and has none: "
            f"with this detector, {', '.join(categories)} is NOT looked for",
            entry.key_node("type"),
        )
    try:
        described.for_categories(parameters, categories)
    except ValueError as error:
        entry.report("ask", str(error))
    useless = described.misconfigured(parameters) if enabled else None
    if useless:
        entry.report(next((key for key in _BLAMED if entry.has(key)), "type"), useless)
    if own is not None and enabled and not useless:
        _compare_categories(entry, described, categories, own)
    elif own is None:
        for category in categories:
            if category in CATEGORIES and category not in described.default_categories:
                entry.warn(
                    "categories",
                    f"{category} is NOT looked for: '{described.type_name}' finds "
                    f"{', '.join(described.default_categories)}, which is then only called so",
                )
    if "threshold" in parameters and "threshold" not in given:
        # Or a category that asks for more than the type's default would never be given it.
        policies = [context.detections.get(category, CategoryPolicy()) for category in categories]
        asked = [policy.threshold for policy in policies if policy.threshold is not None]
        parameters["threshold"] = min([parameters["threshold"], *asked])
    return DetectorConfig(
        name=name,
        type=described.type_name,
        model=_read_model(entry, described, parameters, context),
        categories=categories,
        enabled=enabled,
        parameters=MappingProxyType(parameters),
        needs=MappingProxyType(_read_needs(entry)),
    )


def _compare_categories(
    entry: Section, kind: type[Detector], asked: tuple[str, ...], found: tuple[str, ...]
) -> None:
    """Tell of categories that are asked for and not found, and the other way round."""
    finds = f"'{kind.type_name}' finds {', '.join(found)}"
    missing = [category for category in asked if category not in found]
    if len(missing) == len(asked):
        entry.report("categories", f"nothing here is {', '.join(missing)}: {finds}")
        return
    for category in missing:
        entry.warn("categories", f"{category} is NOT looked for: {finds}")
    for category in found:
        if category not in asked:
            why = "it is not among the categories of this detector"
            entry.warn("categories", f"{category} is NOT looked for: {why}")


def _read_needs(entry: Section) -> dict[str, float]:
    needs = entry.section("needs")
    for name in needs.names():
        if not needs.has(name):
            needs.report("", f"how much of '{name}' is missing; write 1", needs.key_node(name))
    return {name: count for name in needs.names() if (count := needs.number(name, None, 0)) is not None}


def _read_model(
    entry: Section, described: type[Detector], parameters: Mapping[str, object], context: Context
) -> str | None:
    kind = entry.text("type", "")
    usual = "base" if kind == "speech-profanity" else MODELS[context.quality].get(described.type_name)
    if not described.wants_model(parameters):
        if entry.has("model"):
            which = "with an `endpoint`" if described.needs_model else f"of type '{described.type_name}'"
            entry.report("model", f"a detector {which} has no model")
        return None
    if kind == "llava" and (meant := original_model(entry)) is not None:
        usual = meant
    model = entry.text("model", usual)
    if model is None:
        entry.report(
            "",
            f"'model' is missing: a detector of type '{described.type_name}' needs one of models.sources or "
            "of the catalogue",
        )
    elif model not in context.models and model not in catalogue():
        other = _in_place_of(model, kind)
        if other is not None and (other in context.models or other in catalogue()):
            place = entry.value("model") or entry.node
            entry.warn("model", f"'{model}' is taken as the model '{other}'", place)
            return other
        near = nearest(model, (*sorted(context.models), *catalogue()))
        advice = f"did you mean '{near}'?" if near else suggestion(model, sorted(context.models))
        entry.report("model", f"no model '{model}' in models.sources or the catalogue; {advice}")
    return model


def _in_place_of(model: str, kind: str) -> str | None:
    """Return the model that is used where an entry of the original names one of its own."""
    if kind == "speech-profanity":
        return f"whisper-{_WHISPER_SIZES.get(model, model).replace('.', '-')}"
    return MODELS["balanced"]["sound"] if kind == "audio-classification" else None


def _only_language(entry: Section) -> str | None:
    languages = entry.texts("languages")
    if len(languages) > 1:
        why = f"only the first, '{languages[0]}', has an effect; `language: auto` hears each"
        entry.warn("languages", why, entry.key_node("languages"))
    if not languages:
        return None
    require_language(entry, "languages", languages[0])
    return languages[0]
