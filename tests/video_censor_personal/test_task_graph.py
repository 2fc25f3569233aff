"""`video-censor tasks`: doit on the packaged tasks, from any folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.file_host import FileHost
from tests.support.programs import video_censor

A = b"model a " * 4000


def test_tasks_are_those_of_the_config_of_the_folder(
    host: FileHost, config_file: Callable[..., Path], tmp_path: Path
) -> None:
    config = config_file(host.entry("a", A))
    folder = tmp_path / "my films"
    folder.mkdir()
    (folder / "pyproject.toml").write_text('[tool.doit]\nnonsense = "read"\n')
    (folder / "dodo.py").write_text("raise SystemExit('read')")
    first, second = (video_censor(folder, "tasks", f"config={config}") for _ in range(2))
    assert (first.code, first.out) == (0, ".  models:a\n")
    assert (second.code, second.out) == (0, "-- models:a\n")
    assert host.requests() == 1
    info = video_censor(folder, "tasks", "info", "models:a", f"config={config}")
    assert str(config) in info.out
    assert "up-to-date" in info.out
    assert video_censor(folder, "tasks", "verify", f"config={config}").code == 0
    assert sorted(path.name for path in folder.iterdir()) == ["dodo.py", "pyproject.toml"]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["nothing-of-the-kind"], " tasks help"),
        (["config=nowhere.yaml"], "nowhere.yaml"),
    ],
)
def test_what_doit_refuses_is_one_message_and_its_exit_code(
    tmp_path: Path, arguments: list[str], text: str
) -> None:
    reply = video_censor(tmp_path, "tasks", *arguments)
    assert reply.code == 3
    assert text in reply.err + reply.out
    assert "Traceback" not in reply.err
    assert list(tmp_path.iterdir()) == []
