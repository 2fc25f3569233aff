"""Stores whose path is no text that a terminal can show."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end.crash.counting_host import hosting
from tests.end_to_end.crash.stores import Contents, inspect, paths, write_config
from tests.support.programs import ENVIRONMENT, REPOSITORY

MODELS: Contents = {"one": {"one.bin": b"1" * 5000}, "two": {"a.bin": b"a" * 3000, "sub/b.bin": b"b"}}
ODD = {
    "a newline": b"two\nlines",
    "no UTF-8": b"caf\xe9",
    "both": b"\xff\n\xfe",
    "a tab": b"a\tb",
    "a space at the end": b"end ",
}


def run(cwd: Path, store: Path, *command: str) -> tuple[int, bytes, bytes]:
    environment = {**os.environ, **ENVIRONMENT, "VIDEO_CENSOR_CACHE_DIR": str(store)}
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=cwd, env=environment, capture_output=True, check=False
    )
    assert b"Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout, done.stderr


@pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="such names cannot be there")
@pytest.mark.parametrize("kind", ODD)
def test_every_command_works_on_it(tmp_path: Path, kind: str) -> None:
    store = tmp_path / os.fsdecode(ODD[kind])
    with hosting(paths(MODELS)) as host:
        config = str(write_config(tmp_path / "video-censor.yaml", MODELS, host, tmp_path / "unused"))
        fetch = ("video_censor_personal", "--download-models", "--config", config, "--json")
        for status in ("fetched", "current"):
            code, out, err = run(tmp_path, store, *fetch)
            assert code == 0, err
            models = json.loads(out)["models"]
            assert [model["status"] for model in models] == [status] * 2
            assert models[0]["path"] == str(store / "one/one.bin")
        assert run(tmp_path, store, *fetch[:-1])[0] == 0
        (store / "one/one.bin").write_bytes(b"wrong")
        dodo = ("-f", str(REPOSITORY / "dodo.py"), f"config={config}")
        for command, expected in (
            (("run", *dodo, "verify"), 1),
            (("run", *dodo, "models"), 0),
            (("run", *dodo, "verify"), 0),
            (("run", *dodo, "usage"), 0),
            (("list", *dodo[:2], "--all", "--status"), 0),
            (("run", *dodo, "prune", "--yes"), 0),
            (("clean", *dodo, "models:two"), 0),
            (("run", *dodo), 0),
        ):
            code, out, err = run(tmp_path, store, "doit", *command)
            assert code == expected, (command, out, err)
    assert not (tmp_path / "unused").exists()
    assert inspect(store, MODELS).violations == ()
