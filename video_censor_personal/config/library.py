"""The section `library`: which films are targets, where what is made of them goes, and its profiles."""

from __future__ import annotations

import glob
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from types import MappingProxyType

from video_censor_personal.config.keys import known_only
from video_censor_personal.config.name_patterns import read_copy, read_results
from video_censor_personal.config.profiles import profile_sections, read_profiles
from video_censor_personal.config.values import Config, Library
from video_censor_personal.config.yaml_nodes import suggestion
from video_censor_personal.config.yaml_section import Section

EXPORT_FORMATS = ("edl", "chapters", "ogm", "srt", "vtt", "csv", "plexautoskip", "mcf", "report")
"""Other players' formats, as `exports` names them."""

_RUNNER = re.compile(r"(?:tcp|tls|ucx|wss?)://(?:\[[0-9A-Fa-f:.%]+\]|[A-Za-z0-9._-]+):([0-9]{1,5})/?\Z")
_MAGIC = re.compile(r"[*?[]")
_LAST_PORT = 65535


def read_library(root: Section, config: Config, models: frozenset[str], base: Path) -> Library | None:
    """Read `library`; None where there is none.

    Args:
        root: the top of the config.
        config: what the rest of it says.
        models: the names of its sources.
        base: the config's folder, which paths are relative to.
    """
    if not root.has("library"):
        return None
    section = known_only(root.section("library"), "library")
    profiles = profile_sections(section)
    films = tuple(_globs(section, "films", base))
    if not films and not section.has("films"):
        section.report("", "'films' is missing: it names the films, such as ~/Films/**/*.mkv", section.node)
    elif not films:
        section.report("films", "no film is named; write a pattern such as ~/Films/**/*.mkv")
    output_dir = section.text("output_dir", None)
    library = Library(
        films=films,
        exclude=tuple(_globs(section, "exclude", base)),
        output_dir=None if output_dir is None else base / section.expand("output_dir", output_dir),
        copy=read_copy(section, profiles=bool(profiles), tree=output_dir is not None),
        results=read_results(section, profiles=bool(profiles)),
        exports=_read_exports(section),
        runner=_read_runner(section),
        paths=MappingProxyType(dict(_read_paths(section, base))),
    )
    read = read_profiles(root, profiles, replace(config, library=library), models, base)
    return replace(library, profiles=read)


def _globs(section: Section, key: str, base: Path) -> Iterator[str]:
    """Read patterns of files, and yield them absolute, with `/`."""
    for text, node in section.text_items(key):
        parts = PurePath(text).parts or (".",)
        magic = next((n for n, part in enumerate(parts) if _MAGIC.search(part)), len(parts))
        if ".." in parts[magic:]:
            section.report(key, f"'{text}': '..' cannot stand behind a wildcard", node)
        elif parts[0].startswith("~"):
            # A folder may have a name that looks like a pattern.
            home = glob.escape(section.expand(key, parts[0]).as_posix())
            yield PurePath(home, *parts[1:]).as_posix()
        elif PurePath(text).is_absolute():
            yield PurePath(text).as_posix()
        elif parts[0] == "**" and key == "exclude":
            yield PurePath(base.anchor, text).as_posix()
        else:
            yield PurePath(glob.escape(base.as_posix()), text).as_posix()


def _read_exports(section: Section) -> tuple[str, ...]:
    formats: dict[str, None] = {}
    for text, node in section.text_items("exports"):
        if text not in EXPORT_FORMATS:
            section.report("exports", f"no format '{text}'; {suggestion(text, EXPORT_FORMATS)}", node)
        else:
            formats[text] = None
    return tuple(formats)


def _read_runner(section: Section) -> str:
    runner = section.text("runner", "local")
    address = _RUNNER.match(runner)
    if runner != "local" and not (address and 0 < int(address[1]) <= _LAST_PORT):
        section.report(
            "runner",
            f"'{runner}' is neither local nor the address of a Dask scheduler, such as tcp://host:8786 "
            "(tcp, tls, ucx, ws or wss)",
        )
    return runner


def _read_paths(section: Section, base: Path) -> Iterator[tuple[str, str]]:
    """Yield folders of this machine and what they are called elsewhere, both absolute."""
    paths = section.section("paths")
    seen: set[Path] = set()
    for key in paths.names():
        here = base / paths.expand(key, key)
        there = paths.required_text(key, f"what {key} is called on other machines")
        if here in seen:
            paths.report("", f"the folder '{key}' is given twice", paths.key_node(key))
        seen.add(here)
        if there and not (PurePosixPath(there).is_absolute() or PureWindowsPath(there).is_absolute()):
            paths.report(key, f"'{there}' is not a whole path; it begins with / or a drive")
        yield str(here), there
