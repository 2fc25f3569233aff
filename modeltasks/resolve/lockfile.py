"""The lock file: for each model of a hub the commit and the digest of every file, so that nothing is asked.

JSON, sorted and indented: it is read by people and compared line by line in version control.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from modeltasks.errors import ConfigError, FileGone, ModelTasksError
from modeltasks.registry.metadata import Malformed, ModelMetadata, check_tree, listed_path, listed_size
from modeltasks.report.os_errors import Use, explain, explained
from modeltasks.resolve.errors import CommitChanged, WeakerChecksum
from modeltasks.resolve.selection import select
from modeltasks.sources.huggingface import at_commit, is_commit
from modeltasks.spec import WEAK, Checksum, HubRef, ModelFile, ModelSpec, check_path
from modeltasks.support.commands import command
from modeltasks.support.files import write_whole

VERSION = 1


@dataclass(frozen=True, slots=True)
class LockEntry:
    """One model: what the config asked for, and the commit and files that this meant at `locked_at`."""

    repo: str
    revision: str
    commit: str
    files: tuple[ModelFile, ...]
    license: str | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    locked_at: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        files = {f.path: {"checksum": str(f.checksum), "size": f.size} for f in self.files}
        plain: dict[str, Any] = {
            "repo": self.repo,
            "revision": self.revision,
            "commit": self.commit,
            "license": self.license,
            "locked_at": self.locked_at,
            "files": files,
        }
        patterns = {"include": list(self.include), "exclude": list(self.exclude)}
        return plain | {key: value for key, value in patterns.items() if value}

    @classmethod
    def from_dict(cls, content: Any) -> LockEntry:
        """Read the JSON form.

        Raises:
            Malformed: it is none; says what is wrong.
        """
        try:
            return _read(content)
        except KeyError as error:
            raise Malformed(f"key {error} is missing") from error
        except (ConfigError, AttributeError, TypeError, ValueError, RecursionError) as error:
            raise Malformed(str(error)) from error


@dataclass(frozen=True, slots=True)
class Lock:
    """The entries by name of model."""

    models: Mapping[str, LockEntry] = field(default_factory=dict)


def lock_path(config: Path) -> Path:
    """Where the lock of a config lies: beside it, `<config>.lock`."""
    return config.with_name(config.name + ".lock")


def lock_entry(spec: ModelSpec, metadata: ModelMetadata, now: datetime) -> LockEntry:
    """Return what `spec` means at the commit that `metadata` describes.

    Raises:
        ConfigError: a digest in the config contradicts the hub's, or no file is chosen.
        FileGone: a file that the config lists is not there.
    """
    return LockEntry(
        repo=metadata.repo,
        revision=metadata.revision,
        commit=metadata.commit,
        files=_confirmed(spec, metadata) if spec.files else select(spec, metadata),
        license=spec.license or metadata.license,
        include=spec.include,
        exclude=spec.exclude,
        locked_at=now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    )


_ELSEWHERE = "A lock lies beside its config: copy the config to a folder of yours, and use the copy"
LOCK_FILE = Use(
    "The lock file {path} cannot be written",
    "The lock file {path} cannot be written",
    "Free some space, then run again",
    *(_ELSEWHERE, _ELSEWHERE, _ELSEWHERE),
)


def write_lock(path: Path, lock: Lock) -> None:
    """Write the lock file whole. An entry that says what the file already says keeps its date.

    Raises:
        DiskFull, PermissionRefused, LocalError: the folder of the config does not let us.
    """
    try:
        before = read_lock(path).models
    except ConfigError:
        before = {}
    entries = {}
    for name, entry in lock.models.items():
        old = before.get(name)
        same = old is not None and replace(old, locked_at="") == replace(entry, locked_at="")
        entries[name] = (old if same and old is not None else entry).as_dict()
    text = json.dumps({"version": VERSION, "models": entries}, indent=2, sort_keys=True, ensure_ascii=False)
    with explained(path, use=LOCK_FILE):
        write_whole(path, f"{text}\n", durable=True)


def read_lock(path: Path) -> Lock:
    """Read a lock file; one that does not exist is empty.

    Raises:
        ConfigError: it is not a lock file; says at which line.
        PermissionRefused, LocalError: it cannot be read.
    """
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return Lock()
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not a lock file", f"it is not text: {error}", _remedy()) from error
    except OSError as error:
        what = "The lock file {path} cannot be read"
        fix = f"Check owner and mode of the file and its disk, or {_lock_again()}"
        raise explain(error, path, use=Use(what, what, fix, fix, fix, fix)) from error
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        line, column = getattr(error, "lineno", 1), getattr(error, "colno", 1)
        why = f"it is not JSON: {getattr(error, 'msg', error)}"
        raise ConfigError(f"{path}:{line}:{column}: not a lock file", why, _remedy()) from error
    version = content.get("version") if isinstance(content, dict) else None
    if version != VERSION or not isinstance(content.get("models"), dict):
        why = f"its version is {version!r}, this program knows {VERSION}"
        raise ConfigError(f"{path}:1: not a lock file of this version", why, _remedy())
    models = {}
    for name, entry in content["models"].items():
        try:
            models[name] = LockEntry.from_dict(entry)
        except Malformed as error:
            place = f"{path}:{_line(text, name)}"
            raise ConfigError(
                f"{place}: the entry of {name} cannot be used", str(error), _remedy()
            ) from error
    return Lock(models)


def check_lock(specs: Iterable[ModelSpec], lock: Lock) -> list[str]:
    """Return where the lock does not say what the config asks for; models without a hub need no lock."""
    wanted = tuple(specs)
    of_a_hub = {spec.name for spec in wanted if spec.hub is not None}
    left_over = [name for name in lock.models if name not in of_a_hub]
    return [
        *_unlocked(wanted, lock),
        *(f"{name}: is locked, but the config has no such model of a hub" for name in left_over),
    ]


def require_locked(specs: Iterable[ModelSpec], lock: Lock) -> None:
    """Refuse models that the lock does not pin (`--frozen`).

    Raises:
        ConfigError: names each of them, and says why.
    """
    unlocked = _unlocked(specs, lock)
    if unlocked:
        run = command("lock")
        raise ConfigError(
            "Not everything is locked",
            "; ".join(unlocked),
            f"{f'Run {run}' if run else 'Lock them'} and keep the lock file with the config, "
            "or run without --frozen",
        )


def _remedy() -> str:
    return f"Take the committed one from version control, or {_lock_again()}"


def _lock_again() -> str:
    lock = command("lock")
    return f"delete it and run {lock}" if lock else "delete it and lock again"


def _unlocked(specs: Iterable[ModelSpec], lock: Lock) -> list[str]:
    reasons = ((spec.name, _why_not_locked(spec, lock.models.get(spec.name))) for spec in specs)
    return [f"{name}: {why}" for name, why in reasons if why is not None]


def is_locked(spec: ModelSpec, lock: Lock) -> bool:
    """Whether the lock pins what the config asks for; a model without a hub has nothing to pin."""
    return _why_not_locked(spec, lock.models.get(spec.name)) is None


def apply_lock(spec: ModelSpec, lock: Lock) -> ModelSpec:
    """Return `spec` with commit, files, sizes and licence as locked; as it is where the lock does not fit."""
    entry = lock.models.get(spec.name)
    return spec if entry is None else apply_entry(spec, entry)


def apply_entry(spec: ModelSpec, entry: LockEntry) -> ModelSpec:
    """Return `spec` as `entry` says; as it is where the entry does not fit."""
    if spec.hub is None or _why_not_locked(spec, entry) is not None:
        return spec
    in_parts = {(file.path, file.size): file for file in spec.files if file.parts}
    return replace(
        spec,
        files=tuple(in_parts.get((file.path, file.size), file) for file in entry.files),
        hub=HubRef(entry.repo, entry.commit),
        sources=at_commit(spec.sources, spec.hub, entry.repo, entry.commit),
        license=spec.license or entry.license,
    )


def _confirmed(spec: ModelSpec, metadata: ModelMetadata) -> tuple[ModelFile, ...]:
    there = {file.path: file for file in metadata.files}
    files = []
    for file in spec.files:
        theirs = there.get(file.path)
        if theirs is None:
            raise FileGone(f"{metadata.repo}@{metadata.commit}", file.path)
        same_kind = theirs.checksum.algorithm == file.checksum.algorithm
        if same_kind and theirs.checksum != file.checksum:
            raise ConfigError(
                f"The config's checksum of {spec.name}/{file.path} is not that of {metadata.repo}",
                f"the config says {file.checksum}, the hub says {theirs.checksum} at {metadata.commit}",
                "Pin the revision that has the file you checked, or check the new file and update the config",
            )
        if None not in {theirs.size, file.size} and theirs.size != file.size:
            raise ConfigError(
                f"The config's size of {spec.name}/{file.path} is not that of {metadata.repo}",
                f"the config says {file.size}, the hub says {theirs.size} at {metadata.commit}",
                "Correct `size`, or pin the revision that has the file you checked",
            )
        files.append(replace(file, size=file.size if theirs.size is None else theirs.size))
    return tuple(files)


def contradiction(before: LockEntry, now: LockEntry, origin: str) -> ModelTasksError | None:
    """Return how `now` contradicts `before`, or None.

    A commit never comes to mean other bytes, and a weaker checksum than before would let in files that the
    stronger one kept out.

    Args:
        before: what was installed or locked.
        now: what is said of the same model now.
        origin: what messages call `before`, such as `the lock`.
    """
    if before.repo != now.repo:
        return None
    known = {file.path: file.checksum for file in before.files}
    for file in now.files:
        old = known.get(file.path)
        if old is None or old == file.checksum:
            continue
        if file.checksum.strength < old.strength:
            return WeakerChecksum(now.repo, file.path, str(old), str(file.checksum), origin)
        if before.commit == now.commit and old.algorithm == file.checksum.algorithm:
            place = f"{now.repo}@{now.commit[:12]}"
            return CommitChanged(place, file.path, str(old), str(file.checksum), origin)
    return None


def _why_not_locked(spec: ModelSpec, entry: LockEntry | None) -> str | None:
    if spec.hub is None:
        return None
    if entry is None:
        return "is not locked"
    asked = (spec.hub.repo, spec.hub.revision, ", ".join(spec.include), ", ".join(spec.exclude))
    locked = (entry.repo, entry.revision, ", ".join(entry.include), ", ".join(entry.exclude))
    for what, now, then in zip(("repo", "revision", "include", "exclude"), asked, locked, strict=True):
        if now != then:
            return f"`{what}` is '{now}' in the config and '{then}' in the lock"
    return _other_files(spec, entry) if spec.files else _weakly_locked(entry)


def _weakly_locked(entry: LockEntry) -> str | None:
    """Return which file has a checksum that can be forged and that no hub gives, or None."""
    weak = [file for file in entry.files if file.checksum.algorithm in WEAK]
    return f"{weak[0].path} is locked by no more than {weak[0].checksum.algorithm}" if weak else None


def _other_files(spec: ModelSpec, entry: LockEntry) -> str | None:
    locked = {file.path: file.checksum for file in entry.files}
    for file in spec.files:
        checksum = locked.pop(file.path, None)
        if checksum is None:
            return f"{file.path} is not locked"
        if checksum != file.checksum:
            other = "a weaker" if file.checksum.strength < checksum.strength else "another"
            return f"{file.path} has {other} checksum in the config than in the lock"
    return f"{min(locked)} is locked, but the config does not list it" if locked else None


def _read(content: Mapping[str, Any]) -> LockEntry:
    texts = {key: content[key] for key in ("repo", "revision", "commit")}
    for key, value in texts.items():
        if not isinstance(value, str) or not value:
            raise TypeError(f"{key} is {value!r}")
    if not is_commit(texts["commit"]):
        raise ValueError(f"commit is {texts['commit']!r}, not 40 hex digits")
    files = tuple(
        ModelFile(
            listed_path(check_path(path)),
            Checksum.parse(file["checksum"]),
            listed_size(path, file.get("size")),
        )
        for path, file in content["files"].items()
    )
    if not files:
        raise ValueError("it has no files")
    check_tree(file.path for file in files)
    license = content.get("license")
    if not isinstance(license, str | None):
        raise TypeError("license is no text")
    return LockEntry(
        files=files,
        license=license,
        include=_patterns(content, "include"),
        exclude=_patterns(content, "exclude"),
        locked_at=str(content.get("locked_at", "")),
        **texts,
    )


def _patterns(content: Mapping[str, Any], key: str) -> tuple[str, ...]:
    patterns = content.get(key, [])
    if not isinstance(patterns, list) or not all(isinstance(pattern, str) for pattern in patterns):
        raise TypeError(f"{key} is no list of texts")
    return tuple(patterns)


def _line(text: str, name: str) -> int:
    key = json.dumps(name, ensure_ascii=False) + ":"
    return next((n for n, line in enumerate(text.splitlines(), 1) if key in line), 1)
