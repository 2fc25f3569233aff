"""What is noted of places is not lost, whoever notes something at the same time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from video_censor_personal.model_manager import ModelManager
from video_censor_personal.targets.places import Places
from video_censor_personal.targets.session import FilmSession

_NOTES = """
import sys
from pathlib import Path
from video_censor_personal.targets.places import Places
folder, first = Path(sys.argv[1]), int(sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
for number in range(first, first + 50):
    Places(folder).note("content", "", folder / f"film {number}", folder / "results")
    Places(folder).note_copy("content", "", folder / f"results {number}", folder / "results")
"""


def test_processes_that_note_at_once_lose_nothing_of_each_other(tmp_path: Path) -> None:
    (tmp_path / "results").touch()
    firsts = ("0", "50", "100")
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _NOTES, str(tmp_path), first],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for first in firsts
    ]
    for each in processes:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    for each in processes:  # at once, and not as each is through with its imports
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    for each in processes:
        each.communicate()
        assert each.returncode == 0
    places = Places(tmp_path)
    noted = {film.name for film, _ in places.films_of("content", [""])}
    assert noted == {f"film {number}" for number in range(150)}
    for number in range(150):
        assert places.copy_of("content", "", tmp_path / f"results {number}") == tmp_path / "results"


def test_a_session_of_its_own_waits_for_the_same_locks(tmp_path: Path) -> None:
    session = FilmSession(ModelManager({"version": 1, "models": {"cache_dir": str(tmp_path)}}))
    other = session.one_of_its_own()
    assert other.places is session.places
    assert other.content_lock("content") is session.content_lock("content")
    assert other.content_lock("another") is not session.content_lock("content")


def test_where_no_lock_can_be_made_it_is_noted_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "results").touch()
    (tmp_path / "locks").write_text("in the way")
    Places(tmp_path).note("content", "", tmp_path / "film", tmp_path / "results")
    assert Places(tmp_path).results_of("content", "", tmp_path / "film") == tmp_path / "results"
