"""Patterns of the names that copies and results get: `{stem}.clean{suffix}`."""

from __future__ import annotations

import re
from pathlib import PurePosixPath, PureWindowsPath

from video_censor_personal.config.values import Library
from video_censor_personal.config.yaml_nodes import nearest
from video_censor_personal.config.yaml_section import Section

COPY_SUFFIXES = (
    *(".mkv", ".mp4", ".mov", ".webm", ".m4v"),
    *(".mka", ".m4a", ".m4b", ".mp3", ".flac", ".ogg", ".oga", ".opus", ".wav", ".aac", ".aif", ".aiff"),
)
"""Kinds of file that a copy can be; `containers.container`, which writes them, is too heavy for a config."""

_FIELDS = ("stem", "suffix", "name", "profile")
_FIELD = re.compile(r"\{([^{}]*)\}")
_PROFILE_COPY = "{stem}.{profile}{suffix}"
_PROFILE_RESULTS = "{stem}.{profile}.results.json"


def read_copy(section: Section, *, profiles: bool, tree: bool) -> str | None:
    """Read `copy`; only a written `null` means that no copies are made.

    Args:
        section: where it stands.
        profiles: there are profiles.
        tree: copies have a folder of their own, so that they may be called as the films are.
    """
    if not section.has("copy"):
        none_made = "copy" in section.names() and not section.is_blank("copy")
        return None if none_made else _PROFILE_COPY if profiles else Library(()).copy
    return read_pattern(section, "copy", profiles=profiles, tree=tree)


def read_results(section: Section, *, profiles: bool) -> str:
    """Read `results`."""
    default = _PROFILE_RESULTS if profiles else Library(()).results
    return read_pattern(section, "results", profiles=profiles, tree=True) or default


def read_pattern(section: Section, key: str, *, profiles: bool, tree: bool) -> str | None:
    """Read the pattern `key`, which is `copy` or `results`; None where it is not given."""
    text = section.text(key, None)
    if text is None:
        return None
    why = _wrong_fields(text, profiles=profiles) or _wrong_path(text)
    if why is None:
        why = _wrong_results(text) if key == "results" else _wrong_copy(text, tree=tree)
    if why is not None:
        section.report(key, f"'{text}': {why}")
    return text


def written_for(pattern: str, profile: str) -> str:
    """Return a pattern as a profile has it, in the one form that all of the same meaning have."""
    return pattern.replace("{profile}", profile).replace("{name}", "{stem}{suffix}").lower()


def _wrong_fields(text: str, *, profiles: bool) -> str | None:
    fields = _FIELD.findall(text)
    for field in fields:
        if field not in _FIELDS:
            near = nearest(field, _FIELDS)
            hint = f"; did you mean {{{near}}}?" if near else ""
            return f"{{{field}}} is not known; known: {', '.join(f'{{{each}}}' for each in _FIELDS)}{hint}"
    if re.search(r"[{}]", _FIELD.sub("", text)):
        return "a brace stands alone"
    if not {"stem", "name"} & set(fields):
        return "without {stem} or {name}, all films would have one file"
    if "profile" in fields and not profiles:
        return "there are no `profiles` that {profile} could stand for"
    return None


def _wrong_path(text: str) -> str | None:
    if "\\" in text:
        return "write / between a folder and a file"
    if text.startswith(("/", "~")) or PureWindowsPath(text).drive:
        return "the place of all files is `output_dir`; this is a name, perhaps with folders below that"
    if any(part in {"", ".", ".."} for part in text.split("/")):
        return "each part between / must be a name"
    return None


def _wrong_results(text: str) -> str | None:
    return None if text.lower().endswith(".json") else "results are JSON; end the name with .json"


def _wrong_copy(text: str, *, tree: bool) -> str | None:
    if text.endswith(("{suffix}", "{name}")):
        same = text.replace("{name}", "{stem}{suffix}") == "{stem}{suffix}"
        return "this is the film itself; give its copy another name" if same and not tree else None
    suffix = PurePosixPath(text).suffix.lower()
    if suffix in COPY_SUFFIXES:
        return None
    return f"end the name with {{suffix}}, which is the film's own, or with one of {', '.join(COPY_SUFFIXES)}"
