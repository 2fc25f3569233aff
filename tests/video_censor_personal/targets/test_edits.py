"""An edit, the tasks that it makes run, and why, as `doit info` says it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from modeltasks.report.progress import Progress
from modeltasks.support.cancel import CancelToken
from tests.video_censor_personal.targets.shelf import FOUND, Shelf, aged
from video_censor_personal.detectors.scripted import ScriptedDetector
from video_censor_personal.edits.values import RENDERER
from video_censor_personal.media.errors import FilmChanged
from video_censor_personal.runners.runner import Job, Runner
from video_censor_personal.runners.workers import shared_workers
from video_censor_personal.targets import steps
from video_censor_personal.targets.session import Options

ALL = ["observe", "segments", "copy", "exports"]
DECIDED = ["segments", "copy", "exports"]
EDITED = ["film.results.json was changed"]


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """A shelf with one film, of which all is made."""
    made = Shelf(tmp_path / "shelf")
    made.add()
    assert made.run().tasks == ALL
    return made


def set_to(path: str, value: object) -> Callable[[Shelf], None]:
    return lambda shelf: shelf.edit(path, value)


def rewrite(suffix: str, text: str) -> Callable[[Shelf], None]:
    return lambda shelf: _write(shelf.made(suffix), text)


def remove(suffix: str) -> Callable[[Shelf], None]:
    return lambda shelf: shelf.made(suffix).unlink()


def _write(path: Path, text: str) -> None:
    path.write_text(text)


def script(*observations: dict[str, object]) -> Callable[[Shelf], None]:
    return lambda shelf: shelf.say(observations)


def comment(shelf: Shelf) -> None:
    shelf.config["models"]["offline"] = False
    shelf.config = dict(reversed(shelf.config.items()))


def forget_observed(shelf: Shelf) -> None:
    shutil.rmtree(shelf.folder / "cache" / ".analysis" / "observations")


def forget_notes(shelf: Shelf) -> None:
    shutil.rmtree(shelf.folder / "cache" / ".analysis" / "targets")


def touch(shelf: Shelf) -> None:
    aged(shelf.films / "film.mkv")


def another_film(shelf: Shelf) -> None:
    shelf.add(title="another")


def move_border(shelf: Shelf) -> None:
    shelf.decide(start_time_seconds=0.25, start_time="00:00:00.250")


EDITS: dict[str, tuple[Callable[[Shelf], object], list[str], list[str]]] = {
    "nothing": (lambda shelf: None, [], []),
    "the order of the config": (comment, [], []),
    "threshold of the detector": (set_to("detectors.0.threshold", 0.7), DECIDED, ["threshold of eye"]),
    "threshold that finds the same": (
        set_to("detectors.0.threshold", 0.55),
        ["segments"],
        ["threshold of eye"],
    ),
    "threshold of a category": (
        set_to("detections.Nudity.threshold", 0.7),
        DECIDED,
        ["threshold of Nudity"],
    ),
    "merge gap": (
        set_to("processing.segment_merge.merge_threshold", 0.01),
        ["segments"],
        ["merge_threshold"],
    ),
    "a category that is not wanted": (
        set_to("detections.Nudity.enabled", False),
        DECIDED,
        ["enabled of Nudity"],
    ),
    "categories of the detector": (
        set_to("detectors.0.categories", ["Profanity"]),
        DECIDED,
        ["categories of eye"],
    ),
    "what the detector reads": (script(FOUND[0]), ALL, ["script of eye"]),
    "mode of the sound": (
        set_to("remediation.audio.mode", "bleep"),
        ["copy", "exports"],
        ["mode of the sound"],
    ),
    "padding": (set_to("remediation.audio.padding", 0.1), ["copy", "exports"], ["padding of the sound"]),
    "blank colour": (
        set_to("remediation.video.blank_color", "#ff0000"),
        ["copy", "exports"],
        ["blank_color of the picture"],
    ),
    "unsupported streams": (
        set_to("remediation.streams.unsupported", "fail"),
        ["copy"],
        ["unsupported streams"],
    ),
    "form of the results": (set_to("output.pretty_print", False), ["segments", "exports"], ["pretty_print"]),
    "a decision": (lambda shelf: shelf.decide(allow=True), DECIDED, [*EDITED, "1 decision in the results"]),
    "a moved border": (move_border, DECIDED, [*EDITED, "1 decision in the results"]),
    "results that say the same otherwise": (
        lambda shelf: shelf.decide(),
        ["segments", "exports"],
        EDITED,
    ),
    "no results": (remove("results.json"), ["segments", "exports"], ["film.results.json is gone"]),
    "no copy": (remove("clean.mkv"), ["copy"], ["film.clean.mkv is gone"]),
    "no export": (remove("edl"), ["exports"], ["film.edl is gone"]),
    "observations pruned": (forget_observed, ["observe"], ["what was observed is gone"]),
    "notes pruned": (
        forget_notes,
        ["observe", "segments", "exports"],
        ["nobody knows what the results are of"],
    ),
    "a film that was touched": (touch, ["observe"], ["the film was changed"]),
    "another film in its place": (another_film, ALL, ["the film was changed"]),
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_runs_the_tasks_that_it_concerns_and_no_others(shelf: Shelf, edit: str) -> None:
    change, tasks, reasons = EDITS[edit]
    change(shelf)
    assert list(shelf.state().why_stale()) == reasons
    ran = shelf.run()
    assert ran.report.failed == {}
    assert ran.tasks == tasks
    assert shelf.run().tasks == []


def test_a_film_that_was_touched_is_read_once_and_not_looked_at_again(shelf: Shelf) -> None:
    touch(shelf)
    assert shelf.run().observed == []
    assert shelf.run().tasks == []


def test_another_version_of_a_detector_is_told(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ScriptedDetector, "version", "3")
    state = shelf.state()
    assert state.why_observe() == ("version of eye",)


def test_another_renderer_is_told_by_its_number(shelf: Shelf) -> None:
    state = shelf.state()
    (version,) = state.entry.versions
    assert version.copy is not None
    for note, changes in (
        (state.session.notes.path("copy", version.copy), {"inputs": {"renderer": RENDERER - 1}}),
        (_note_of_copy(shelf), {"key": "of another renderer"}),
    ):
        _change(note, changes)
    assert state.why_copy(version) == (f"renderer {RENDERER}",)
    assert state.why_exports(version) == state.why_segments(version) == ()


def _note_of_copy(shelf: Shelf) -> Path:
    (note,) = (shelf.folder / "cache" / ".analysis" / "copies").glob("*.json")
    return note


def _change(note: Path, changes: Mapping[str, Any]) -> None:
    """Change some of what a note says; of a mapping in it, only the keys that are named."""
    document = json.loads(note.read_text())
    for key, value in changes.items():
        document[key] = {**document[key], **value} if isinstance(value, Mapping) else value
    note.write_text(json.dumps(document))


def test_a_copy_that_somebody_edited_may_be_a_film(shelf: Shelf) -> None:
    shelf.made("clean.mkv").write_text("mine")
    (said,) = shelf.run().report.failed.values()
    assert "film.clean.mkv" in said
    assert shelf.made("clean.mkv").read_text() == "mine"


def test_a_copy_that_somebody_edited_is_named_and_stays(shelf: Shelf) -> None:
    shelf.edit("library.exclude", [str(shelf.films / "*.clean.mkv")])
    shelf.made("clean.mkv").write_text("mine")
    (version,) = shelf.state().entry.versions
    assert shelf.state().why_copy(version) == ("film.clean.mkv was changed",)
    ran = shelf.run()
    (error,) = ran.errors
    assert "film.clean.mkv" in error.what + error.why
    assert shelf.made("clean.mkv").read_text() == "mine"
    shelf.options = Options(overwrite=True)
    assert shelf.run().tasks == ["copy"]


@pytest.mark.parametrize(
    ("text", "said"),
    [("{", "film.results.json"), ("[]", "film.results.json"), ('{"segments": null}', "film.results.json")],
)
def test_results_that_make_no_sense_stay_and_the_copy_too(shelf: Shelf, text: str, said: str) -> None:
    copy = shelf.made("clean.mkv").read_bytes()
    shelf.made("results.json").write_text(text)
    ran = shelf.run()
    (error,) = ran.errors
    assert said in str(error)
    assert ran.tasks == ["segments"]
    assert (shelf.made("results.json").read_text(), shelf.made("clean.mkv").read_bytes()) == (text, copy)


def test_a_decision_that_is_misspelt_fails_by_name(shelf: Shelf) -> None:
    shelf.decide(allow="jein")
    (error,) = shelf.run().errors
    assert "jein" in str(error)
    assert "film.results.json" in str(error)


def test_a_renamed_film_is_not_looked_at_again_and_keeps_what_was_decided(
    shelf: Shelf, capsys: pytest.CaptureFixture[str]
) -> None:
    shelf.decide(allow=True, note="mine")
    shelf.run()
    (shelf.films / "film.mkv").rename(shelf.films / "other.mkv")
    shelf.made("clean.mkv").unlink()
    ran = shelf.run()
    assert (ran.observed, ran.report.failed) == ([], {})
    (first, second) = json.loads(shelf.made("results.json", "other").read_text())["segments"]
    assert (first["allow"], first["note"], second["allow"]) == (True, "mine", False)
    assert shelf.made("results.json").exists()
    told = f"1 decision was taken over from {shelf.made('results.json')}"
    assert f"warning: other.mkv: {told}" in capsys.readouterr().err
    shelf.edit("remediation.audio.mode", "bleep")
    shelf.run()
    assert "taken over" not in capsys.readouterr().err


def test_a_film_keeps_its_decisions_to_itself_while_it_is_there(shelf: Shelf) -> None:
    shelf.decide(allow=True)
    shelf.run()
    shutil.copy2(shelf.films / "film.mkv", shelf.films / "twin.mkv")
    shelf.run()
    segments = json.loads(shelf.made("results.json", "twin").read_text())["segments"]
    assert [each["allow"] for each in segments] == [False, False]


@pytest.mark.parametrize("jobs", [1, 4])
def test_two_films_with_one_content_are_observed_once(tmp_path: Path, jobs: int) -> None:
    shelf = Shelf(tmp_path / "shelf")
    aged(Path(shutil.copy(shelf.add(), shelf.films / "twin.mkv")))
    ran = shelf.run(jobs=jobs)
    assert ran.report.failed == {}
    assert ran.observed == ["eye"]
    assert shelf.made("clean.mkv", "twin").exists()
    assert shelf.run(jobs=jobs).tasks == []


@pytest.fixture
def family(tmp_path: Path) -> Shelf:
    """A shelf with one film and two profiles, all made."""
    made = Shelf(tmp_path / "shelf")
    made.config["library"] |= {
        "copy": "{stem}.{profile}{suffix}",
        "results": "{stem}.{profile}.json",
        "profiles": {"small": {}, "teen": {"detections": {"Nudity": {"enabled": False}}}},
    }
    made.add()
    ran = made.run(jobs=4)
    assert ran.report.failed == {}
    assert ran.observed == ["eye"]
    return made


@pytest.mark.parametrize(
    ("path", "value", "tasks"),
    [
        (
            "library.profiles.teen.detections.Profanity",
            {"enabled": False},
            ["segments:teen", "copy:teen", "exports:teen"],
        ),
        (
            "library.profiles.small.remediation",
            {"audio": {"mode": "bleep"}},
            ["copy:small", "exports:small"],
        ),
        (
            "remediation.video.blank_color",
            "#00ff00",
            ["copy:small", "exports:small", "exports:teen"],  # nothing is covered in the copy for teens
        ),
    ],
)
def test_an_edit_of_a_profile_runs_the_tasks_of_that_one(
    family: Shelf, path: str, value: object, tasks: list[str]
) -> None:
    family.edit(path, value)
    assert sorted(family.run().tasks) == sorted(tasks)
    assert family.run().tasks == []


def test_forced_groups_are_done_again(shelf: Shelf) -> None:
    assert shelf.run(force=["copy", "observe"]).tasks == ["observe", "copy"]
    assert shelf.run("observe:FILM", force=["observe"]).observed == ["eye"]


def test_info_of_a_copy_tells_the_decisions_before_anything_has_run(shelf: Shelf) -> None:
    shelf.decide(allow=True)
    state = shelf.state()
    (version,) = state.entry.versions
    assert state.why_copy(version) == ("1 decision in the results",)


@dataclass(frozen=True)
class Interrupted:
    """A runner in whose work something happens, just before it ends."""

    runner: Runner
    happens: Callable[[], None]

    def run(self, job: Job, progress: Progress, cancel: CancelToken) -> Any:
        done = self.runner.run(job, progress, cancel)
        self.happens()
        return done

    def close(self) -> None:
        self.runner.close()


def test_a_decision_made_while_the_copy_is_rendered_is_not_lost(shelf: Shelf) -> None:
    shelf.made("clean.mkv").unlink()
    state = shelf.state()
    (version,) = state.entry.versions
    session = state.session
    session.open_runner = lambda: Interrupted(shared_workers(), lambda: shelf.decide(allow=True))
    steps.make_copy(state, version)
    assert shelf.run().tasks == DECIDED


@pytest.mark.parametrize("step", ["observe", "copy"])
def test_a_film_that_is_replaced_in_mid_run_fails_and_leaves_nothing(tmp_path: Path, step: str) -> None:
    shelf = Shelf(tmp_path / "shelf")
    film = shelf.add()
    state = shelf.state()
    (version,) = state.entry.versions
    state.facts()
    if step == "copy":
        steps.observe(state)
        steps.decide(state, version)
    shelf.add(title="another")
    with pytest.raises(FilmChanged, match=str(film)):
        steps.observe(state, force=True) if step == "observe" else steps.make_copy(state, version)
    assert not shelf.made("clean.mkv").exists()
    ran = shelf.run()
    assert (ran.report.failed, ran.observed) == ({}, ["eye"])


def test_a_run_forgets_the_results_of_a_film_that_is_finished(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "shelf")
    shelf.add()
    (state,) = shelf.run().states
    (version,) = state.entry.versions
    assert state.decided(version) is None
    assert state.found[""].categories == {"Profanity": 1, "Nudity": 1}
    assert state.results_of(version).segments


def test_a_note_that_nobody_foresaw_concerns_one_film_alone(shelf: Shelf) -> None:
    state = shelf.state()
    (version,) = state.entry.versions
    assert version.copy is not None
    _change(state.session.notes.path("copy", version.copy), {"files": {"no\0name": None}})
    assert state.why_copy(version) == ("ValueError: embedded null byte",)
    assert state.why_segments(version) == ()


@pytest.mark.parametrize("edit", [touch, remove("clean.mkv"), remove("edl")])
def test_what_was_found_is_told_though_it_was_found_earlier(
    shelf: Shelf, edit: Callable[[Shelf], None], capsys: pytest.CaptureFixture[str]
) -> None:
    edit(shelf)
    capsys.readouterr()
    shelf.run()
    assert "Nudity 1" in capsys.readouterr().err
