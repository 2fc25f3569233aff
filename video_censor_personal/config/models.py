"""The section `models`: its settings, and its sources among each other."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from modeltasks.settings import NetworkSettings
from modeltasks.spec import ON_UNAVAILABLE
from video_censor_personal.config.keys import known_only, subsection
from video_censor_personal.config.sources import ReadSource, read_source
from video_censor_personal.config.values import ModelsConfig, UnusableSource
from video_censor_personal.config.yaml_nodes import Document, suggestion
from video_censor_personal.config.yaml_section import Section
from video_censor_personal.locations import default_cache_dir, named_cache_dir


def read_models(section: Section, base: Path) -> tuple[ModelsConfig, tuple[ReadSource, ...]]:
    """Read `models`; relative paths in it are relative to `base`.

    What is wrong with a source is not reported yet: that depends on who needs it (`settle_sources`).
    """
    known_only(section, "models")
    on_unavailable = section.choice("on_unavailable", ON_UNAVAILABLE, "fail")
    accepted = section.texts("accept_licenses")
    read = [read_source(entry, base, on_unavailable, accepted) for entry in section.sections("sources")]
    _check_names(read)
    _check_fallbacks(read)
    models = ModelsConfig(
        cache_dir=_cache_dir(section, base),
        network=_read_network(section),
        sources=tuple(source.spec for source in read if source.spec is not None),
        max_size=section.size("max_size", None, minimum=1),
        on_unavailable=on_unavailable,
        accept_licenses=accepted,
    )
    return models, tuple(read)


def settle_sources(
    models: ModelsConfig, read: Iterable[ReadSource], needed: Collection[str] | None, document: Document
) -> ModelsConfig:
    """Report mistakes in sources that are needed; warn of those in others, and leave these out.

    Args:
        models: what `read_models` returned.
        read: the same.
        needed: the names of the models that enabled detectors need; None: all.
        document: where to report.
    """
    fallbacks = {source.name: source.fallback for source in read}
    reached = set[str]().union(*(_reached(name, fallbacks) for name in needed or ()))
    unusable: dict[str, UnusableSource] = {}
    for source in read:
        if not source.problems:
            continue
        if needed is None or source.name in reached:
            document.problems += source.problems
            continue
        name = source.entry.where.partition("[")[2].rstrip("]") or source.name
        unusable[name] = UnusableSource(name, tuple(map(str, source.problems)))
        document.warnings += [
            replace(each, message=f"{each.message} (the source is left out: no enabled detector needs it)")
            for each in source.problems
        ]
    usable = [source.spec for source in read if source.spec is not None and not source.problems]
    names = {spec.name for spec in usable}
    specs = (replace(s, fallback=tuple(other for other in s.fallback if other in names)) for s in usable)
    return replace(models, sources=tuple(specs), unusable=tuple(unusable.values()))


def _cache_dir(section: Section, base: Path) -> Path:
    if named := named_cache_dir(os.environ):
        return named
    text = section.text("cache_dir", None)
    if text is None:
        return default_cache_dir()
    expanded = os.path.expandvars(text)
    if unset := re.search(r"\$\{?\w+\}?", expanded):
        section.report("cache_dir", f"the environment variable {unset.group()} is not set")
    return base / section.expand("cache_dir", expanded)


def _read_network(models: Section) -> NetworkSettings:
    default = NetworkSettings()
    offline = models.boolean("offline", False)
    section = subsection(models, "network", "models.network")
    return NetworkSettings(
        connect_timeout=section.seconds("connect_timeout", default.connect_timeout, minimum=0.1),
        idle_timeout=section.seconds("idle_timeout", default.idle_timeout, minimum=0.1),
        retries=section.integer("retries", default.retries, maximum=100),
        backoff=section.numbers("backoff", default.backoff),
        connections=section.integer("connections", default.connections, minimum=1, maximum=64),
        max_rate=section.size("max_rate", None, minimum=1),
        offline=offline,
        offline_by="models.offline",
    )


def _check_names(read: list[ReadSource]) -> None:
    seen: dict[str, str] = {}
    for source in read:
        name = source.name
        folded = name.casefold()
        if folded in seen:
            other = seen[folded]
            same = "is used twice" if other == name else f"differs from '{other}' only by case"
            with source.entry.document.collecting(source.problems):
                source.entry.report("name", f"the name '{name}' {same}")
        elif folded:
            seen[folded] = name


def _check_fallbacks(read: list[ReadSource]) -> None:
    fallbacks = {source.name: source.fallback for source in read}
    for source in read:
        with source.entry.document.collecting(source.problems):
            _check_fallback(source, fallbacks)


def _check_fallback(source: ReadSource, fallbacks: Mapping[str, tuple[str, ...]]) -> None:
    entry = source.entry
    # What is no list of texts was reported when the entry was read.
    for name, node in entry.text_items("fallback") if source.fallback else ():
        if name not in fallbacks:
            others = [other for other in fallbacks if other and other != source.name]
            entry.report("fallback", f"no model '{name}'; {suggestion(name, others)}", node)
        elif source.name in _reached(name, fallbacks):
            entry.report("fallback", f"'{name}' leads back to '{source.name}' itself", node)
    if source.on_unavailable == "fallback" and entry.has("on_unavailable") and not source.fallback:
        entry.report("on_unavailable", "'fallback' needs models to fall back to, under `fallback`")


def _reached(start: str, fallbacks: Mapping[str, tuple[str, ...]]) -> set[str]:
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += fallbacks.get(name, ())
    return reached
