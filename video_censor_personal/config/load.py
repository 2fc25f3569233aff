"""Reading a config as a whole; each section has a module of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePath

import yaml

from video_censor_personal.config.catalogue import catalogue_models
from video_censor_personal.config.keys import known_only, subsection
from video_censor_personal.config.library import read_library
from video_censor_personal.config.models import read_models, settle_sources
from video_censor_personal.config.policy import read_output, read_policy
from video_censor_personal.config.values import Config, DetectorConfig
from video_censor_personal.config.yaml_nodes import Document
from video_censor_personal.config.yaml_section import Section
from video_censor_personal.errors import ConfigInvalid, UsageError


def load_config(path: Path | str) -> Config:
    """Read the config file at `path`.

    Raises:
        ConfigInvalid: it has mistakes; all of them are listed.
        UsageError: the file cannot be read.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"The config {path} cannot be read",
            error.strerror or str(error),
            "Check the path and the permissions of the file, or name another with --config",
        ) from error
    document = Document(str(path))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigInvalid(
            str(path), (f"{path}:{line}:1: this line is not UTF-8 text; save the file as UTF-8",)
        ) from error
    return _read(document, text, path.absolute())


def parse_config(text: str, name: str) -> Config:
    """Read a config from `text`; `name` stands for the file in messages.

    Raises:
        ConfigInvalid: it has mistakes; all of them are listed.
    """
    return _read(Document(name), text, None)


def config_from_mapping(mapping: Mapping[str, object]) -> Config:
    """Read a config that is a mapping already: dicts, lists, text, numbers and paths.

    Raises:
        ConfigInvalid: it has mistakes; all of them are listed.
    """

    class Dumper(yaml.SafeDumper):
        pass

    Dumper.add_multi_representer(PurePath, lambda dumper, path: dumper.represent_str(str(path)))
    try:
        text = yaml.dump(dict(mapping), Dumper=Dumper, allow_unicode=True, sort_keys=False)
    except yaml.YAMLError as error:
        raise ConfigInvalid("<mapping>", (f"<mapping>: not a value for a config: {error}",)) from error
    return _read(Document("<mapping>", positions=False), text, None)


def _read(document: Document, text: str, path: Path | None) -> Config:
    node = document.compose(text)
    config = _read_root(Section(document, node, ""), path) if node is not None else None
    if document.problems or config is None:
        problems = dict.fromkeys(str(problem) for problem in sorted(document.problems))
        raise ConfigInvalid(document.name, tuple(problems))
    return config


def _read_root(root: Section, path: Path | None) -> Config:
    base = path.parent if path is not None else Path.cwd()
    known_only(root, "")
    # The shape of an old example; anything else is a misspelt `detections`.
    root.section("detection").only(("detectors",))
    version = root.text("version", "1")
    if version.partition(".")[0] != "1":
        root.report("version", f"this program knows version 1 of the config, not '{version}'")
    models, read = read_models(root.section("models"), base)
    names = frozenset(source.name for source in read if source.name)
    subsection(subsection(root, "video", "video"), "metadata_output", "video.metadata_output")
    config = Config(path=path, version=1, models=models, output=read_output(root))
    config = read_policy(root, config, names, base)
    library = read_library(root, config, names, base)
    needed = _needed_models(root, config.detectors)
    models = settle_sources(models, read, needed, root.document)
    added = catalogue_models((each.model for each in config.detectors if each.model), names, models)
    models = replace(models, sources=models.sources + added)
    if library is not None:
        settled = (replace(each, config=replace(each.config, models=models)) for each in library.profiles)
        library = replace(library, profiles=tuple(settled))
    warnings = tuple(dict.fromkeys(map(str, sorted(root.document.warnings))))
    return replace(config, models=models, library=library, warnings=warnings)


def _needed_models(root: Section, detectors: tuple[DetectorConfig, ...]) -> set[str] | None:
    """The models that must be usable; None for all that there are.

    A config that says nothing of finding anything is about the models themselves. One with mistakes
    elsewhere does not load anyway, so all of its mistakes are reported at once.
    """
    about_films = detectors or root.has("detections") or root.has("detection")
    if root.document.problems or not about_films:
        return None
    return {each.model for each in detectors if each.enabled and each.model}
