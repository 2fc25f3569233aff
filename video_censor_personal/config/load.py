"""Reading a config as a whole; each section has a module of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePath

from video_censor_personal.config.detectors import Surroundings, read_detectors
from video_censor_personal.config.keys import known_only, subsection
from video_censor_personal.config.models import named_models, read_models
from video_censor_personal.config.policy import (
    check_coverage,
    read_audio,
    read_detections,
    read_output,
    read_processing,
    read_skip_chapters,
    read_video,
)
from video_censor_personal.config.values import Config
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
        before = content[: error.start]
        line = before.count(b"\n") + 1
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
    import yaml

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
    version = root.text("version", "1")
    if version.partition(".")[0] != "1":
        root.report("version", f"this program knows version 1 of the config, not '{version}'")
    models = read_models(root.section("models"), base)
    detections = read_detections(root)
    names = named_models(root.section("models"))
    detectors, added = read_detectors(root, Surroundings(names, detections, base))
    check_coverage(root, detectors, detections)
    remediation = subsection(root, "remediation", "remediation")
    config = Config(
        path=path,
        version=1,
        models=replace(models, sources=models.sources + added),
        detectors=detectors,
        detections=detections,
        processing=read_processing(root),
        audio=read_audio(remediation),
        video=read_video(remediation),
        skip_chapters=read_skip_chapters(root),
        output=read_output(root),
        warnings=(),
    )
    return replace(config, warnings=tuple(dict.fromkeys(map(str, sorted(root.document.warnings)))))
