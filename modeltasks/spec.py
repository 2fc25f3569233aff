"""What a model is: a named set of files with checksums, and where their bytes can come from."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from modeltasks.errors import ConfigError
from modeltasks.support.text import is_plain

DIGEST_LENGTHS = {
    "sha256": 64,
    "sha512": 128,
    "sha384": 96,
    "blake2b": 128,
    "sha1": 40,
    "md5": 32,
    "git-sha1": 40,
}
"""Hex digits per algorithm. `git-sha1` is git's blob id, the only hash a hub gives for small files."""

_STRENGTH = {"md5": 0, "sha1": 1, "git-sha1": 1}
WEAK = ("md5", "sha1")
"""Algorithms for which files with a chosen digest are made; fine against accidents only."""

ON_UNAVAILABLE = ("fail", "fallback")
"""What to do when every source is gone."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9\-_.]{0,199}\Z")
# As huggingface_hub has it, which sends no other name to a hub.
_PART = r"\b[\w.-]{1,96}\b"
_REPO = re.compile(rf"(?!.*(--|\.\.|\.git\Z))({_PART}/)?{_PART}\Z", re.ASCII)
_REVISION = re.compile(r"[^\s\x00-\x1f\x7f@:?*\[\\^~]+\Z")
_SOURCE = re.compile(r"(https?|hf|wheel|file):[^\x00-\x1f\x7f]+\Z", re.IGNORECASE)
_HEX = re.compile(r"[0-9a-f]+\Z")
# Windows opens these as devices whatever their extension.
_DEVICES = {"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(1, 10))}
_LEAVES = re.compile(r"/|[A-Za-z]:|.*\\|(.*/)?\.{0,2}(/|\Z)")
_NOT_EVERYWHERE = re.compile(r".*[:*?\"<>|]|.*[. ](/|\Z)")
_LONGEST_PART = 255  # bytes, in every file system


@dataclass(frozen=True, slots=True)
class Checksum:
    """A digest and the algorithm that made it."""

    algorithm: str
    hexdigest: str

    def __post_init__(self) -> None:
        """Raise `ConfigError` for an unknown algorithm, or not that algorithm's number of hex digits."""
        length = DIGEST_LENGTHS.get(self.algorithm) if isinstance(self.algorithm, str) else None
        if length is None:
            raise ConfigError(
                f"checksum algorithm {self.algorithm!r} is not known",
                "only algorithms whose digests can be trusted everywhere are used",
                f"Use one of {', '.join(DIGEST_LENGTHS)}",
            )
        _expect(isinstance(self.hexdigest, str), "a checksum", "text", self.hexdigest)
        if len(self.hexdigest) != length or not _HEX.match(self.hexdigest):
            raise ConfigError(
                f"checksum {self.hexdigest!r} is not a {self.algorithm} digest",
                f"{length} hex digits are expected, {len(self.hexdigest)} characters were given",
                "Copy the whole digest from the publisher, or compute it from a file you trust",
            )

    @classmethod
    def parse(cls, text: str, algorithm: str = "sha256") -> Checksum:
        """Read `alg:hex`, or bare hex with `algorithm`.

        Raises:
            ConfigError: unknown algorithm, or not that algorithm's number of hex digits.
        """
        _expect(isinstance(text, str), "a checksum", "text", text)
        if ":" in text:
            algorithm, _, text = text.partition(":")
        return cls(algorithm.strip().lower(), text.strip().lower())

    @property
    def strength(self) -> int:
        """How much it proves, to be compared with that of another."""
        return _STRENGTH.get(self.algorithm, 2)

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.hexdigest}"


@dataclass(frozen=True, slots=True)
class FilePart:
    """A part of a file: where it can come from, in the form of a source, and which bytes it is.

    Raises `ConfigError` when made with anything else.
    """

    source: str
    checksum: Checksum
    size: int

    def __post_init__(self) -> None:
        is_file = _is_source(self.source) and not self.source.endswith("/")
        _expect(is_file, "the source of a part", "https:, hf:, wheel: or file: and a file", self.source)
        of = f"of the part {self.source!r}"
        _expect(isinstance(self.checksum, Checksum), f"the checksum {of}", "a Checksum", self.checksum)
        known = type(self.size) is int and self.size > 0
        _expect(known, f"the size {of}", "a number of bytes", self.size)


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of a model; `path` is relative, with `/`; `size` in bytes, when known.

    `parts`, joined in their order, are the file. Like all sources, they are no part of what it is.

    Raises `ConfigError` when made with anything else.
    """

    path: str
    checksum: Checksum
    size: int | None = None
    parts: tuple[FilePart, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        check_inside(self.path)
        _expect(
            isinstance(self.checksum, Checksum), f"the checksum of {self.path!r}", "a Checksum", self.checksum
        )
        known = type(self.size) is int and self.size >= 0
        _expect(self.size is None or known, f"the size of {self.path!r}", "a number of bytes", self.size)
        are_parts = _all(self.parts, lambda part: isinstance(part, FilePart))
        _expect(are_parts, f"parts of {self.path!r}", "FileParts", self.parts)
        total = sum(part.size for part in self.parts)
        _expect(
            not self.parts or self.size == total,
            f"the size of {self.path!r}",
            f"that of its parts together, {total}",
            self.size,
        )


@dataclass(frozen=True, slots=True)
class HubRef:
    """A repository on a Hugging Face hub and the revision (commit, tag or branch) wanted of it.

    Raises `ConfigError` when made with anything else.
    """

    repo: str
    revision: str = "main"

    def __post_init__(self) -> None:
        _expect(is_repository(self.repo), "a repository", "owner/name", self.repo)
        _expect(is_revision(self.revision), "a revision", "a commit, tag or branch", self.revision)


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A model as the config describes it.

    `sources` are where its bytes can come from, best first, in the textual form that
    `modeltasks.sources.parse_source` reads; the digests of `files` decide what counts as its bytes.
    No `files` at all means: those of the hub repository that `include` and `exclude` (globs) let
    through. `on_unavailable` is 'fail' or 'fallback': what to do when every source is gone.
    `license_terms` says what the licence obliges to, where it must be accepted before anything is fetched
    and was not.

    Raises `ConfigError` when made with values of other types, a name or paths that no store has, or the
    same path twice.
    """

    name: str
    files: tuple[ModelFile, ...]
    sources: tuple[str, ...]
    hub: HubRef | None = None
    optional: bool = False
    license: str | None = None
    fallback: tuple[str, ...] = ()
    allow_pickle: bool = False
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    on_unavailable: str = "fail"
    meta: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    license_terms: str | None = None

    def __post_init__(self) -> None:
        check_name(self.name)
        of = f"of the model {self.name}"
        _expect(
            _all(self.files, lambda item: isinstance(item, ModelFile)),
            f"files {of}",
            "ModelFiles",
            self.files,
        )
        _check_files(self.name, self.files)
        _expect(_all(self.sources, _is_source), f"sources {of}", "https:, hf:, wheel: or file:", self.sources)
        _expect(isinstance(self.hub, HubRef | None), f"hub {of}", "a HubRef", self.hub)
        for what in ("license", "license_terms"):
            value = getattr(self, what)
            _expect(isinstance(value, str | None), f"{what} {of}", "text", value)
        for what in ("optional", "allow_pickle"):
            value = getattr(self, what)
            _expect(isinstance(value, bool), f"{what} {of}", "True or False", value)
        for what in ("fallback", "include", "exclude"):
            value = getattr(self, what)
            _expect(_all(value, lambda item: isinstance(item, str)), f"{what} {of}", "texts", value)
        given = self.on_unavailable
        _expect(given in ON_UNAVAILABLE, f"on_unavailable {of}", " or ".join(ON_UNAVAILABLE), given)

    @property
    def size(self) -> int:
        """Bytes of all files whose size is known."""
        return sum(file.size or 0 for file in self.files)

    def label(self, file: ModelFile) -> str:
        """Return what messages call one of the files."""
        return self.name if len(self.files) == 1 else f"{self.name}/{file.path}"

    @property
    def entry_digest(self) -> str:
        """SHA-256 of what makes the files on disk current: paths, checksums, whether pickles are trusted.

        Sources, size, licence and optionality are left out: a new mirror for the same bytes
        changes nothing that is already on disk.
        """
        files = sorted([file.path, str(file.checksum)] for file in self.files)
        entry: dict[str, object] = {"v": 1, "files": files}
        if self.allow_pickle:
            entry["allow_pickle"] = True
        return hashlib.sha256(json.dumps(entry, separators=(",", ":")).encode()).hexdigest()


def check_name(name: str) -> str:
    """Return a model name that is safe as a folder and as a doit task.

    Raises:
        ConfigError: anything but letters, digits, `-`, `_`, `.`; a leading `-`, `_` or `.`; a device name;
            more than 200 characters.
    """
    if not _fits(_NAME, name) or name.split(".", maxsplit=1)[0].lower() in _DEVICES or name.endswith("."):
        raise ConfigError(
            f"{name!r} cannot be the name of a model",
            "a name is a folder in the store and a task of doit",
            "Use letters, digits, '-', '_' and '.', beginning with a letter or a digit",
        )
    return name


def is_repository(text: object) -> bool:
    """Whether a text can be the name of a repository: `owner/name`, or the bare name of an old one."""
    return _fits(_REPO, text)


def is_revision(text: object) -> bool:
    """Whether a text can be a commit, tag or branch."""
    return isinstance(text, str) and _REVISION.match(text) is not None and ".." not in text


def check_path(path: str) -> str:
    """Return a relative file path that stays inside its model's folder on every system.

    Raises:
        ConfigError: absolute, with `..`, a backslash, a colon, a hidden character, a device name, …
    """
    check_inside(path)
    devices = any(part.split(".")[0].lower() in _DEVICES for part in path.split("/"))
    if devices or _NOT_EVERYWHERE.match(path):
        raise _bad_path(path)
    return path


def check_inside(path: str) -> str:
    """Return a relative file path that stays inside its folder: what a repository may list.

    Raises:
        ConfigError: it leads elsewhere, or no system could write it.
    """
    if not isinstance(path, str) or not is_plain(path) or _LEAVES.match(path):
        raise _bad_path(path)
    if len(path) > _LONGEST_PART // 4 and any(len(p.encode()) > _LONGEST_PART for p in path.split("/")):
        raise _bad_path(path)
    return path


def _bad_path(path: object) -> ConfigError:
    return ConfigError(
        f"{path!r} cannot be a file of a model",
        "it would not stay inside the model's folder on every system",
        "Use a relative path with '/' and without '..'",
    )


def _check_files(name: str, files: tuple[ModelFile, ...]) -> None:
    paths: set[str] = set()
    for file in files:
        if check_path(file.path) in paths:
            raise ConfigError(
                f"{file.path!r} is twice in the model {name}", "a path is one file", "List it once"
            )
        paths.add(file.path)


def _expect(is_so: bool, what: str, wanted: str, value: object) -> None:
    if not is_so:
        raise ConfigError(
            f"{value!r} cannot be {what}", f"{wanted} is expected", "Correct what makes the model"
        )


def _all(values: object, fits: Callable[[object], bool]) -> bool:
    return isinstance(values, tuple) and all(map(fits, values))


def _fits(pattern: re.Pattern[str], text: object) -> bool:
    return isinstance(text, str) and pattern.match(text) is not None


def _is_source(text: object) -> bool:
    return isinstance(text, str) and _SOURCE.match(text) is not None
