"""The short cut of a run with nothing to do: a few milliseconds.

It imports next to nothing and decides nothing: it only recognises that neither the config nor any
model file has changed since a full run found everything current. In any doubt the full program decides.
"""

from __future__ import annotations

import os
import sys

from modeltasks.report.console import print_err
from modeltasks.report.result_json import result_json
from modeltasks.store.snapshot import read_snapshot, write_snapshot
from video_censor_personal.cli.console import print_result
from video_censor_personal.cli.reply import DONE, reply_json
from video_censor_personal.locations import CACHE_VARIABLE, find_config
from video_censor_personal.shipped import CATALOGUE, shipped_config_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from modeltasks.provision.readiness import Readiness
    from modeltasks.store.snapshot import Model
    from video_censor_personal.model_manager import ModelManager

_HARMLESS = {"--download-models", "--json", "--offline", "--quiet"}
_STORE_VARIABLES = (CACHE_VARIABLE, "XDG_CACHE_HOME", "HOME", "LOCALAPPDATA")


def run_fast(argv: list[str]) -> int | None:
    """Do what the command line asks for and return the exit code, or None where the full program must."""
    config: str | None = None
    words = iter(argv)
    for word in words:
        if word == "--config":
            config = next(words, None)
            if config is None:
                return None
        elif word.startswith("--config="):
            config = word[len("--config=") :]
        elif word not in _HARMLESS:
            return None
    found = models_in_place(config, os.getcwd()) if "--download-models" in argv else None
    if found is None:
        return None
    _, models, warnings = found
    for warning in warnings:
        print_err(f"WARNING: {warning}")
    if "--json" in argv:
        return print_result(reply_json([result_json(name, path) for name, path, _, _ in models]))
    if "--quiet" not in argv:
        print_err(f"All {len(models)} models are in place." if len(models) != 1 else "The model is in place.")
    return DONE


def asks_doit_for_models_only(argv: list[str], config: str | None, cwd: str, *more: str) -> bool:
    """Whether doit's command line is about the group `models` and about nothing else.

    Args:
        argv: the command line.
        config: the config that it names, if it names one.
        cwd: as for `models_in_place`, as is `more`.
    """
    words = iter(argv)
    for word in words:
        if word in {"-f", "--file"}:
            next(words, None)
        elif word not in {"run", "models"} and not word.startswith("config="):
            return False
    return "models" in argv or not _mentions_library(config, cwd, *more)


def _mentions_library(config: str | None, *folders: str) -> bool:
    """Whether a config may have a library, whose films are made by default too."""
    try:
        return "library" in read_texts(find_config(config, os.environ, *folders))[0]
    except Exception:  # noqa: BLE001 - the full program says what is wrong, in full
        return True


def models_in_place(config: str | None, cwd: str, *more: str) -> tuple[str, list[Model], list[str]] | None:
    """Return a config's path, the models it needs, and its warnings, if all models are surely in place.

    Args:
        config: the config that was named, if one was.
        cwd: where relative paths start, and where a config may lie.
        more: where else it may lie.
    """
    try:
        path = find_config(config, os.environ, cwd, *more)
        texts = read_texts(path)
        store = _guess_store(path, texts[0])
    except Exception:  # noqa: BLE001 - the full program says what is wrong, in full
        return None
    noted = None if store is None else read_snapshot(store, path, texts)
    return None if noted is None else (path, *noted)


class Snapshot:
    """What the config at `path` says when the run begins; make it before the config is read."""

    def __init__(self, path: str) -> None:
        self._path = path
        try:
            self._texts = read_texts(path)
        except (OSError, UnicodeDecodeError):
            # Whoever reads the config next says what is wrong with it.
            self._texts = []

    def write(self, manager: ModelManager, readiness: Iterable[Readiness]) -> None:
        """Note where the required models are, if all are current, and stay so until something is edited.

        Args:
            manager: of the models.
            readiness: how each required one stands.
        """
        models = tuple(readiness)
        if not self._texts or not manager.is_pinned():
            return
        if any(not each.ready or each.used is not None for each in models):
            return
        from modeltasks.tasks.models import describe

        store = manager.store
        noted = []
        for each in models:
            files = [(str(store.path(each.spec, f)), each.evidence[f.path].stat) for f in each.spec.files]
            noted.append((each.name, str(store.opened(each.spec)), describe(each.spec), files))
        warnings = [str(warning) for warning in manager.config.warnings]
        write_snapshot(str(store.root), self._path, self._texts, noted, warnings)


def read_texts(config: str) -> list[str]:
    """Return what a run's models depend on.

    That is the config, its lock file ('' for none), what names the store, and which catalogue is installed.
    With all of that equal the store is the same one, even where `_guess_store` reads the config wrongly.
    """
    with open(config, encoding="utf-8", newline="") as stream:
        text = stream.read()
    try:
        with open(f"{config}.lock", encoding="utf-8", newline="") as stream:
            lock = stream.read()
    except FileNotFoundError:
        lock = ""
    named = "\n".join(ascii(os.environ.get(variable)) for variable in _STORE_VARIABLES)
    status = os.stat(shipped_config_path(CATALOGUE))
    return [text, lock, named, f"{status.st_size} {status.st_mtime_ns}"]


def _guess_store(config: str, text: str) -> str | None:
    """Return where the store should be, without parsing YAML; a wrong guess finds no snapshot."""
    root = os.path.expanduser(os.environ.get(CACHE_VARIABLE, ""))
    if not root:
        root = _cache_dir_in(text)
        if "$" in root:
            return None
        folder = os.path.dirname(os.path.abspath(config))
        root = os.path.join(folder, os.path.expanduser(root)) if root else ""
    if not root:
        # platformdirs' rule for everything but Windows and macOS; importing it would double the time.
        if sys.platform in {"win32", "darwin"}:
            from platformdirs import user_cache_dir

            base = user_cache_dir()
        else:
            base = os.environ.get("XDG_CACHE_HOME", "").strip() or os.path.expanduser("~/.cache")
        root = os.path.join(base, "video-censor", "models")
    return root


def _cache_dir_in(text: str) -> str:
    for line in text.splitlines():
        key, colon, value = line.strip().partition(":")
        if colon and key == "cache_dir":
            value = value.partition(" #")[0].strip().strip("'\"")
            return "" if value in {"null", "~", "Null", "NULL"} else value
    return ""
