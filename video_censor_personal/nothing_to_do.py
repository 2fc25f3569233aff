"""The answer of `video-censor --download-models` when everything is in place, in a few milliseconds.

It imports next to nothing and decides nothing: it only recognises that neither the config nor any
model file has changed since a full run found everything current. In any doubt it leaves the answer
to the full program.
"""

from __future__ import annotations

import os
import sys

from modeltasks.snapshot import read_snapshot
from video_censor_personal.config_location import find_config

_HARMLESS = {"--download-models", "--json", "--offline"}


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
    try:
        path = find_config(config, os.environ, os.getcwd())
        texts = read_texts(path)
    except Exception:  # noqa: BLE001 - the full program says what is wrong, in full
        return False
    meta = _guess_meta(path, texts[0])
    models = meta and read_snapshot(meta, path, texts)
    if not models:
        return False
    if "--json" in argv:
        _print_json(models)
    else:
        sys.stderr.write(f"All {len(models)} models are in place.\n")
    return True


def read_texts(config: str) -> list[str]:
    """Return what a run's models depend on: the text of the config, and of its lock file ('' for none)."""
    with open(config, encoding="utf-8", newline="") as stream:
        text = stream.read()
    try:
        with open(f"{config}.lock", encoding="utf-8", newline="") as stream:
            lock = stream.read()
    except FileNotFoundError:
        lock = ""
    return [text, lock]


def _guess_meta(config: str, text: str) -> str | None:
    """Return where the store's notes should be, without parsing YAML; a wrong guess finds no snapshot."""
    root = os.environ.get("VIDEO_CENSOR_CACHE_DIR", "")
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
    return os.path.join(root, ".modeltasks")


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
        }
        for name, path in models
    ]
    print(json.dumps({"ok": True, "exit_code": 0, "models": entries, "analysis": None}, indent=2))
