"""What a model is: a named set of files with checksums, and where their bytes can come from."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from modeltasks.errors import ConfigError
from modeltasks.text import is_plain

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

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9\-_.]*\Z")
_HEX = re.compile(r"[0-9a-f]+\Z")
# Windows opens these as devices whatever their extension.
_DEVICES = {"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(1, 10))}


def _invalid(what: str, why: str, fix: str) -> ConfigError:
    return ConfigError(what, why, fix)


@dataclass(frozen=True, slots=True)
class Checksum:
    """A digest and the algorithm that made it."""

    algorithm: str
    hexdigest: str

    @classmethod
    def parse(cls, text: str, algorithm: str = "sha256") -> Checksum:
        """Read `alg:hex`, or bare hex with `algorithm`.

        Raises:
            ConfigError: unknown algorithm, or not that algorithm's number of hex digits.
        """
        if ":" in text:
            algorithm, _, text = text.partition(":")
        algorithm = algorithm.strip().lower()
        hexdigest = text.strip().lower()
        length = DIGEST_LENGTHS.get(algorithm)
        if length is None:
            raise _invalid(
                f"checksum algorithm {algorithm!r} is not known",
                "only algorithms whose digests can be trusted everywhere are used",
                f"Use one of {', '.join(DIGEST_LENGTHS)}",
            )
        if len(hexdigest) != length or not _HEX.match(hexdigest):
            raise _invalid(
                f"checksum {hexdigest!r} is not a {algorithm} digest",
                f"{length} hex digits are expected, {len(hexdigest)} characters were given",
                "Copy the whole digest from the publisher, or compute it from a file you trust",
            )
        return cls(algorithm, hexdigest)

    @property
    def strength(self) -> int:
        """How much it proves, to be compared with that of another."""
        return _STRENGTH.get(self.algorithm, 2)

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.hexdigest}"


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of a model; `path` is relative, with `/`; `size` in bytes, when known."""

    path: str
    checksum: Checksum
    size: int | None = None


@dataclass(frozen=True, slots=True)
class HubRef:
    """A repository on a Hugging Face hub and the revision (commit, tag or branch) wanted of it."""

    repo: str
    revision: str = "main"


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A model as the config describes it.

    `sources` are where its bytes can come from, best first, in the textual form that
    `modeltasks.sources.parse_source` reads; the digests of `files` decide what counts as its bytes.
    No `files` at all means: those of the hub repository that `include` and `exclude` (globs) let
    through. `on_unavailable` is 'fail' or 'fallback': what to do when every source is gone.
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

    @property
    def size(self) -> int:
        """Bytes of all files whose size is known."""
        return sum(file.size or 0 for file in self.files)

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
        ConfigError: anything but letters, digits, `-`, `_`, `.`; a leading `-`, `_` or `.`; a device name.
    """
    if not _NAME.match(name) or name.split(".", maxsplit=1)[0].lower() in _DEVICES or name.endswith("."):
        raise _invalid(
            f"{name!r} cannot be the name of a model",
            "a name is a folder in the store and a task of doit",
            "Use letters, digits, '-', '_' and '.', beginning with a letter or a digit",
        )
    return name


def check_path(path: str) -> str:
    """Return a relative file path that cannot leave its model's folder.

    Raises:
        ConfigError: absolute, with `..`, a backslash, a colon, a hidden character or a device name.
    """
    parts = PurePosixPath(path).parts
    bad = (
        not parts
        or path.startswith("/")
        or path.endswith("/")
        or any(part in {"..", "."} or part.endswith((".", " ")) for part in path.split("/"))
        or any(char in '\\:*?"<>|' for char in path)
        or not is_plain(path)
        or any(part.split(".")[0].lower() in _DEVICES for part in parts)
        or any(not part for part in path.split("/"))
    )
    if bad:
        raise _invalid(
            f"{path!r} cannot be a file of a model",
            "it would not stay inside the model's folder on every system",
            "Use a relative path with '/' and without '..'",
        )
    return path
