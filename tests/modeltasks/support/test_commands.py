"""Messages name the command that runs a task here, or none."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from modeltasks.errors import RevisionGone
from modeltasks.report.os_errors import disk_full
from modeltasks.resolve.lockfile import Lock, read_lock, require_locked
from modeltasks.spec import HubRef, ModelSpec
from modeltasks.support.commands import TaskCommands, command, current, offer, script, use

ELSEWHERE = TaskCommands("tool tasks", "config='my file.yaml'")


@pytest.mark.parametrize(
    ("task", "typed"),
    [
        ("lock", "`tool tasks lock config='my file.yaml'`"),
        ("prune --yes", "`tool tasks prune --yes config='my file.yaml'`"),
        ("models:a", "`tool tasks models:a config='my file.yaml'`"),
    ],
)
def test_a_command_is_program_task_options_and_config(task: str, typed: str) -> None:
    use(ELSEWHERE)
    assert command(task) == typed


GROUPS: dict[str, dict[str, tuple[str, ...]]] = {
    "models": {"weights": ("a", "b"), "voices": ("c",)},
    "prune": {"tidy": ()},
}


@pytest.mark.parametrize(
    ("task", "typed"),
    [
        ("models:a", "`doit weights:a`"),
        ("models:c", "`doit voices:c`"),
        ("models", "`doit weights`"),
        ("prune", "`doit tidy`"),
        ("lock", None),
        # Whether the program has made it an option is not known.
        ("prune --yes", None),
    ],
)
def test_a_program_has_the_groups_that_it_has_made(task: str, typed: str | None) -> None:
    use(TaskCommands("doit", groups=GROUPS))
    assert command(task) == typed


def test_a_program_that_doit_does_not_run_has_no_commands() -> None:
    offer("models", "models", {"a"})
    assert current() is None
    assert command("models:a") is None


def test_what_one_process_says_of_commands_can_be_said_in_another() -> None:
    use(TaskCommands("doit", groups=GROUPS))
    handed = pickle.dumps(current())
    use(None)
    use(pickle.loads(handed))
    assert command("models:c") == "`doit voices:c`"


@pytest.mark.parametrize("typed", ["tool", "my tools/tool"])
def test_a_program_is_named_by_its_path_unless_a_shell_finds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    path = tmp_path / typed
    path.parent.mkdir(exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", "/bin")
    assert script(path) == (f"'{path}'" if " " in typed else str(path))
    monkeypatch.setenv("PATH", str(path.parent))
    assert script(path) == "tool"
    other = tmp_path / "other" / "tool"
    other.parent.mkdir()
    other.symlink_to(sys.executable)
    assert script(other) == str(other), "a shell would find another one"


def _message(call: Callable[[], object]) -> str:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - any failure has a message
        call()
    return str(caught.value)


def _raise(error: Exception) -> None:
    raise error


OF_A_HUB = ModelSpec("m", (), (), HubRef("acme/m"))
MESSAGES: dict[str, Callable[[Path], object]] = {
    "outdated": lambda _: _raise(RevisionGone("acme/m", "v9")),
    "prune": lambda path: _raise(disk_full(path)),
    "lock": lambda _: require_locked([OF_A_HUB], Lock()),
    "lock ": read_lock,
}


@pytest.mark.parametrize("task", MESSAGES)
def test_a_message_names_the_command_of_this_installation_or_none(tmp_path: Path, task: str) -> None:
    path = tmp_path / "damaged.lock"
    path.write_text("<<<<")

    def say() -> str:
        return _message(lambda: MESSAGES[task](path))

    assert "`" not in say()
    use(ELSEWHERE)
    assert f"`tool tasks {task.strip()} config='my file.yaml'`" in say()
