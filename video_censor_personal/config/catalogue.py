"""The models of the catalogue that comes with the program, which a detector names without describing them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

from modeltasks.spec import ModelSpec
from video_censor_personal.config.models import read_models
from video_censor_personal.config.sources import is_accepted
from video_censor_personal.config.values import ModelsConfig
from video_censor_personal.config.yaml_nodes import Document
from video_censor_personal.config.yaml_section import Section
from video_censor_personal.shipped import CATALOGUE, shipped_config_path


@cache
def catalogue() -> Mapping[str, ModelSpec]:
    """Return the models of the catalogue by name; it is read at the first call."""
    path = Path(shipped_config_path(CATALOGUE))
    document = Document(path.name)
    root = document.compose(path.read_text(encoding="utf-8"))
    assert root is not None, document.problems
    models, _ = read_models(Section(document, root, "").section("models"), path.parent)
    return {spec.name: spec for spec in models.sources}


def catalogue_models(
    wanted: Iterable[str], own: Collection[str], models: ModelsConfig
) -> tuple[ModelSpec, ...]:
    """Return the entries of models that a config names and does not describe, and of their fallbacks.

    Args:
        wanted: the names.
        own: the names of what the config describes: that is used as the config has it.
        models: what the config says of models in general.
    """
    named = {name: None for name in wanted if name not in own}
    found = dict.fromkeys(_with_fallbacks(named, own) if named else ())
    return tuple(_settled(catalogue()[name], models) for name in found)


def _with_fallbacks(names: Iterable[str], own: Collection[str]) -> Iterator[str]:
    """Yield names of the catalogue, each before its fallbacks; the catalogue has no circles of them."""
    for name in names:
        if name in catalogue() and name not in own:
            yield name
            yield from _with_fallbacks(catalogue()[name].fallback, own)


def _settled(spec: ModelSpec, models: ModelsConfig) -> ModelSpec:
    accepted = is_accepted(spec.license, models.accept_licenses)
    return replace(
        spec,
        on_unavailable=models.on_unavailable,
        license_terms=None if accepted else spec.license_terms,
    )
