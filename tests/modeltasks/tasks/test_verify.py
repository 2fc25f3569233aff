"""`verify`: every file is hashed again, and what is not right is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from modeltasks.provision.session import Session
from modeltasks.support.commands import TaskCommands, use
from modeltasks.tasks.catalogue import Catalogue
from modeltasks.tasks.engine import run
from modeltasks.tasks.models import model_tasks
from modeltasks.tasks.verify import verify_tasks
from tests.modeltasks.tasks.kit import catalogue, model, session, stored

__all__ = ["session"]


@pytest.fixture
def models(session: Session, tmp_path: Path) -> Catalogue:
    """Two models in place, of which a run needs the first; a third one that is not, and that none needs."""
    specs = [model(tmp_path, name, name.encode() * 99) for name in ("a", "b", "absent")]
    found = catalogue(*specs, wanted=("a",))
    run(model_tasks(found, session), ["models:a", "models:b"])
    return found


def verify(models: Catalogue, session: Session, name: str = "verify", **more: Any) -> str:
    """Return what failed."""
    return "\n".join(run(verify_tasks(models, session, **more), [name]).failed.values())


def test_right_files_are_verified_each_time(models: Catalogue, session: Session) -> None:
    for _ in range(2):
        report = run(verify_tasks(models, session), ["verify"])
        assert (report.executed, report.failed) == (["verify"], {})


def spoil(models: Catalogue, session: Session, name: str) -> Path:
    """Alter a file as a bad disk does: its receipt still vouches for it."""
    spec = models.find(name)
    assert spec is not None
    path = stored(session, spec)
    path.write_bytes(b"X" + path.read_bytes()[1:])
    return path


@pytest.mark.parametrize("task", ["verify", "verify:b"])
def test_wrong_content_is_named_and_goes_to_quarantine(
    models: Catalogue, session: Session, task: str
) -> None:
    path = spoil(models, session, "b")
    use(TaskCommands("doit"))
    wrong = verify(models, session, task)
    assert "b/b.bin: wrong content" in wrong
    assert "`doit models:b` repairs it" in wrong
    assert not path.exists()
    assert verify(models, session, "verify:a") == ""


@pytest.mark.parametrize(
    ("task", "missing"), [("verify", ""), ("verify:absent", "absent/absent.bin: not here")]
)
def test_what_is_not_here_fails_where_it_is_needed_or_named(
    models: Catalogue, session: Session, task: str, missing: str
) -> None:
    assert verify(models, session, task).startswith(missing)
    assert bool(verify(models, session, task)) == bool(missing)


def test_a_needed_file_that_is_gone_is_a_failure(models: Catalogue, session: Session) -> None:
    spoil(models, session, "a").unlink()
    assert verify(models, session).endswith("a/a.bin: not here")
    use(TaskCommands("doit"))
    assert "`doit models:a` fetches it" in verify(models, session)


@pytest.mark.parametrize(("older_than", "hashed"), [(0.0, True), (3600.0, False)])
def test_what_was_hashed_lately_may_be_left_out(
    models: Catalogue, session: Session, caplog: pytest.LogCaptureFixture, older_than: float, hashed: bool
) -> None:
    caplog.set_level("INFO")
    assert verify(models, session, older_than=older_than) == ""
    assert ("a/a.bin: ok" in caplog.messages) is hashed
