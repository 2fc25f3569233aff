"""The answer of `video-censor --download-models` when everything is in place, in a few milliseconds.

It imports next to nothing and decides nothing: it only recognises that neither the config nor any
model file has changed since a full run found everything current. In any doubt it leaves the answer
to the full program.
"""

from __future__ import annotations

import os
import sys

from modeltasks.store.snapshot import read_snapshot
from video_censor_personal.cli.console import print_result, tell
from video_censor_personal.locations import find_config

_HARMLESS = {"--download-models", "--json", "--offline"}
_NAMES_THE_STORE = ("VIDEO_CENSOR_CACHE_DIR", "XDG_CACHE_HOME", "HOME", "LOCALAPPDATA")


def answer(argv: list[str]) -> bool:
    """Answer the command line if it asks for models that are all in place; return whether it was answered."""
    config: str | None = None
    words = iter(argv)
    for word in words:
        if word == "--config":
            config = next(words, None)
            if config is None:
                return False
        elif word.startswith("--config="):
            config = word[len("--config=") :]
        elif word not in _HARMLESS:
            return False
    if "--download-models" not in argv:
        return False
    found = models_in_place(config, os.getcwd())
    if found is None:
        return False
    models, warnings = found
    for warning in warnings:
        tell(f"WARNING: {warning}")
    if "--json" in argv:
        _print_json(models)
    else:
        tell(in_place_text(len(models)))
    return True


def in_place_text(count: int) -> str:
    """Return the line that says that all is well."""
    return f"All {count} models are in place." if count != 1 else "The model is in place."


def asks_doit_for_models_only(argv: list[str]) -> bool:
    """Whether doit's command line is about the group `models` and about nothing else."""
    words = iter(argv)
    for word in words:
        if word in {"-f", "--file"}:
            next(words, None)
        elif word not in {"run", "models"} and not word.startswith("config="):
            return False
    return True


def models_in_place(config: str | None, cwd: str) -> tuple[list[tuple[str, str]], list[str]] | None:
    """Return (name, path) of the models that a config needs, and its warnings, if all are surely in place.

    Args:
        config: the config that was named, if one was.
        cwd: where relative paths start, and where a config may lie.
    """
    try:
        path = find_config(config, os.environ, cwd)
        texts = read_texts(path)
        store = _guess_store(path, texts[0])
    except Exception:  # noqa: BLE001 - the full program says what is wrong, in full
        return None
    return None if store is None else read_snapshot(store, path, texts)


def read_texts(config: str) -> list[str]:
    """Return what a run's models depend on: config, its lock file ('' for none), and what names the store.

    With all of that equal the store is the same one, even where `_guess_store` reads the config wrongly.
    """
    with open(config, encoding="utf-8", newline="") as stream:
        text = stream.read()
    try:
        with open(f"{config}.lock", encoding="utf-8", newline="") as stream:
            lock = stream.read()
    except FileNotFoundError:
        lock = ""
    named = "\n".join(ascii(os.environ.get(variable)) for variable in _NAMES_THE_STORE)
    return [text, lock, named]


def _guess_store(config: str, text: str) -> str | None:
    """Return where the store should be, without parsing YAML; a wrong guess finds no snapshot."""
    root = os.path.expanduser(os.environ.get("VIDEO_CENSOR_CACHE_DIR", ""))
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


def _print_json(models: list[tuple[str, str]]) -> None:
    import json

    entries: list[dict[str, object]] = [
        {
            "name": name,
            "status": "current",
            "path": path,
            "bytes_fetched": 0,
            "source": None,
            "seconds": 0.0,
            "error": None,
            "warnings": [],
            "used": None,
        }
        for name, path in models
    ]
    reply = {"ok": True, "exit_code": 0, "models": entries, "analysis": None}
    if code := print_result(json.dumps(reply, indent=2)):
        sys.exit(code)
