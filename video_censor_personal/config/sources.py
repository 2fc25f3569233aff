"""One entry of `models.sources`, read as a `ModelSpec`."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from yaml.nodes import Node

from modeltasks.errors import ConfigError
from modeltasks.sources import parse_source
from modeltasks.sources.archive import INSIDE
from modeltasks.sources.huggingface import hub_source
from modeltasks.spec import (
    ON_UNAVAILABLE,
    WEAK,
    Checksum,
    FilePart,
    HubRef,
    ModelFile,
    ModelSpec,
    check_name,
    check_path,
    is_repository,
    is_revision,
)
from video_censor_personal.commands import task
from video_censor_personal.config.keys import known_only
from video_censor_personal.config.yaml_nodes import Problem
from video_censor_personal.config.yaml_section import Section

_HOW_TO_CHECKSUM = (
    "take it from the publisher's page, or compute it with `sha256sum FILE` from a file that you trust"
)


@dataclass(frozen=True, slots=True)
class ReadSource:
    """An entry of `models.sources` and its mistakes; `spec` is None where they are too many."""

    entry: Section
    name: str
    fallback: tuple[str, ...]
    on_unavailable: str
    spec: ModelSpec | None
    problems: list[Problem]


def read_source(
    entry: Section, base: Path, on_unavailable: str, accepted: Collection[str] = ()
) -> ReadSource:
    """Read an entry; its mistakes are collected, since they count only if a detector needs the model.

    Args:
        entry: of `models.sources`.
        base: what relative paths are relative to.
        on_unavailable: what `models` says of it.
        accepted: the licences that the user accepted.
    """
    problems: list[Problem] = []
    with entry.document.collecting(problems):
        name = entry.required_text("name", "it is the model's folder, its task, and what detectors call it")
        if name and _checked(entry, "name", check_name, name):
            entry.where = f"models.sources[{name}]"
        known_only(entry, "models.sources[]")
        fallback = entry.texts("fallback")
        unavailable = entry.choice("on_unavailable", ON_UNAVAILABLE, on_unavailable)
        spec = None
        try:
            spec = _read_spec(entry, base, name, fallback, unavailable)
            spec = replace(spec, license_terms=_read_terms(entry, accepted))
        except ConfigError as error:
            # Most mistakes are reported already, each with its place.
            if not problems:
                entry.report("", str(error))
    return ReadSource(entry, name, fallback, unavailable, spec, problems)


def is_accepted(license: str | None, accepted: Collection[str]) -> bool:
    """Whether a licence is among those that the user accepted."""
    return license is not None and license.casefold() in map(str.casefold, accepted)


def _read_spec(
    entry: Section, base: Path, name: str, fallback: tuple[str, ...], on_unavailable: str
) -> ModelSpec:
    files = _read_files(entry, base) if entry.has("files") else _single_file(entry, name)
    hub = _read_hub(entry, has_parts=bool(files) and all(file.parts for file in files))
    return ModelSpec(
        name=name,
        files=files,
        sources=_read_sources(entry, hub, files, base),
        hub=hub,
        optional=entry.boolean("optional", False),
        license=entry.text("license", None),
        fallback=fallback,
        allow_pickle=entry.boolean("allow_pickle", False),
        include=entry.texts("include"),
        exclude=entry.texts("exclude"),
        on_unavailable=on_unavailable,
    )


def _checked(entry: Section, key: str, check: Callable[[str], str], text: str) -> bool:
    """Report what `check` raises for `text`; return whether the text is valid."""
    try:
        check(text)
    except ConfigError as error:
        entry.report(key, str(error))
        return False
    return True


def _read_terms(entry: Section, accepted: Collection[str]) -> str | None:
    """Read what the licence obliges to; None where there is nothing to accept any more."""
    terms, license = entry.text("license_terms", None), entry.text("license", None)
    if terms is not None and license is None:
        entry.report("license_terms", "`license` is missing: what is to be accepted?")
    return None if is_accepted(license, accepted) else terms


def _read_hub(entry: Section, *, has_parts: bool) -> HubRef | None:
    if entry.has("repo") and entry.has("url"):
        entry.report("url", "give either `repo` (Hugging Face) or `url`; more places are `mirrors`")
    elif not entry.has("repo") and not entry.has("url") and not has_parts:
        entry.report("", "`repo` (Hugging Face) or `url` is missing: where does the model come from?")
    repo = entry.text("repo", None)
    revision = entry.text("revision", "main")
    if repo is None:
        for key in ("revision", "include", "exclude"):
            if entry.has(key):
                entry.report(key, "it belongs to a model with `repo`")
        return None
    if not is_repository(repo):
        entry.report("repo", f"'{repo}' is not a repository; write it as owner/name")
        return None
    if not is_revision(revision):
        entry.report("revision", f"'{revision}' is not a commit, tag or branch")
        return None
    return HubRef(repo, revision)


def _read_files(entry: Section, base: Path) -> tuple[ModelFile, ...]:
    for key in ("checksum", "algorithm", "size_bytes"):
        if entry.has(key):
            entry.report(key, "it describes the one file of a `url`; with `files`, each has its own")
    for key in ("include", "exclude"):
        if entry.has(key):
            entry.report(key, "it chooses among a repository's files, but `files` lists them already")
    listed = entry.sections("files")
    value = entry.value("files")
    if value is not None and value.value == []:
        entry.report("files", "the list is empty; leave `files` out to take what the repository has")
    files: list[ModelFile] = []
    for item in listed:
        known_only(item, "models.sources[].files[]")
        path = item.required_text("path", "it says where the file lies in the model's folder")
        usable = bool(path) and _checked(item, "path", check_path, path)
        if usable:
            _check_clash(item, path, files)
        checksum = _read_checksum(
            item,
            f"{_HOW_TO_CHECKSUM}; for a `repo`, write the path under `include` instead and let "
            f"{task('lock')} note the checksum",
        )
        parts = _read_parts(item, base)
        size = item.integer("size", None)
        if parts:
            size = _size_of_parts(item, parts, size)
        if usable and checksum is not None:
            files.append(ModelFile(path, checksum, size, parts))
    return tuple(files)


def _read_parts(file: Section, base: Path) -> tuple[FilePart, ...]:
    """Read the parts that a file is joined from; none where there is a mistake in one."""
    entries = file.sections("parts")
    value = file.value("parts")
    if value is not None and value.value == []:
        file.report("parts", "the list is empty; leave `parts` out where the file comes as a whole")
    parts = [_read_part(known_only(entry, "models.sources[].files[].parts[]"), base) for entry in entries]
    return tuple(part for part in parts if part is not None) if None not in parts else ()


def _read_part(entry: Section, base: Path) -> FilePart | None:
    url = entry.required_text("url", "it says where the part comes from")
    checksum = _read_checksum(entry, _HOW_TO_CHECKSUM)
    size = entry.integer("size", None, minimum=1)
    if size is None and not entry.has("size"):
        entry.report("", "'size' is missing: it says where the next part begins")
    if url.endswith("/"):
        entry.report("url", f"'{url}' is a folder; a part is one file")
    elif url:
        source = _from_base(entry, "url", url, base)
        if _is_source(entry, "url", source) and checksum is not None and size is not None:
            return FilePart(source, checksum, size)
    return None


def _size_of_parts(file: Section, parts: tuple[FilePart, ...], size: int | None) -> int:
    """Return how long the parts are together, after reporting a size of the file that contradicts that."""
    total = sum(part.size for part in parts)
    if size not in {None, total}:
        file.report("size", f"{size} is not the size of its parts together, which is {total}")
    return total


def _is_source(entry: Section, key: str, text: str, node: Node | None = None) -> bool:
    """Report what is wrong with the text of a source; return whether it can be used."""
    try:
        parse_source(text)
    except (ConfigError, ValueError) as error:
        entry.report(key, str(error), node)
        return False
    return True


def _check_clash(item: Section, path: str, others: list[ModelFile]) -> None:
    folded = path.casefold()
    for other in others:
        theirs = other.path.casefold()
        if folded == theirs:
            same = "is listed twice" if path == other.path else f"differs from '{other.path}' only by case"
            item.report("path", f"'{path}' {same}")
        elif folded.startswith(theirs + "/") or theirs.startswith(folded + "/"):
            item.report(
                "path", f"'{path}' and '{other.path}' cannot both be there: one is the other's folder"
            )


def _read_checksum(entry: Section, how: str) -> Checksum | None:
    text = entry.text("checksum", None)
    algorithm = entry.text("algorithm", "sha256")
    if text is None:
        if not entry.has("checksum"):
            entry.report("", f"'checksum' is missing: {how}")
        return None
    try:
        checksum = Checksum.parse(text, algorithm)
    except ConfigError as error:
        entry.report("checksum", str(error))
        return None
    if entry.has("algorithm") and algorithm.lower() != checksum.algorithm:
        entry.report("algorithm", f"'{algorithm}' contradicts the checksum, which says {checksum.algorithm}")
    if checksum.algorithm in WEAK:
        entry.warn(
            "checksum",
            f"{checksum.algorithm} is weak: it tells of accidents, but other files with the same one can be "
            "made on purpose; use SHA-256",
        )
    return checksum


def _single_file(entry: Section, name: str) -> tuple[ModelFile, ...]:
    url = entry.text("url", None)
    size = entry.integer("size_bytes", None)
    if url is None:
        for key in ("checksum", "algorithm", "size_bytes"):
            if entry.has(key):
                entry.report(
                    key, "it describes the one file of a `url`; a `repo` lists its own under `files`"
                )
        return ()
    if url.endswith("/"):
        entry.report("url", "it ends with '/', so it is a folder: list what it has under `files`")
        return ()
    checksum = _read_checksum(entry, _HOW_TO_CHECKSUM)
    if checksum is None:
        return ()
    # The original's example has 0 for 'not known'.
    return (ModelFile(_file_name(url, name), checksum, size or None),)


def _file_name(url: str, name: str) -> str:
    try:
        last = unquote(urlsplit(url).path.rpartition("/")[2])
        return last if "/" not in last and check_path(last) else name
    except (ConfigError, ValueError):
        return name


def _read_sources(
    entry: Section, hub: HubRef | None, files: tuple[ModelFile, ...], base: Path
) -> tuple[str, ...]:
    sources = []
    if hub is not None:
        sources.append(hub_source(hub.repo, hub.revision))
    for key in ("url", "mirrors"):
        for text, node in entry.text_items(key):
            source = _from_base(entry, key, text, base)
            if not _is_source(entry, key, source, node):
                continue
            if not source.endswith("/") and (len(files) > 1 or (hub is not None and not files)):
                why = "is one file, but the model has several; give their folder, with '/' at the end"
                entry.report(key, f"'{text}' {why}", node)
            sources.append(source)
    return tuple(dict.fromkeys(sources))


def _from_base(entry: Section, key: str, text: str, base: Path) -> str:
    """Make `file:relative/path` and `file:~/path` absolute; leave all else as it is."""
    rest = text.removeprefix("file:")
    if rest == text or rest.startswith("/"):
        return text
    name, inside, member = rest.partition(INSIDE)
    path = base.joinpath(entry.expand(key, unquote(name))).absolute()
    return path.as_uri() + ("/" if name.endswith("/") else "") + inside + member
