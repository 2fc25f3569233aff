"""`video-censor FILM…`: films by name, each with results and a clean copy beside it, in one run."""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.file_host import FileHost
from tests.support.media_clips import Clip, make_clip
from tests.support.programs import ENVIRONMENT, Outcome, command, video_censor
from tests.support.waiting import PATIENCE

WORDS = [{"start": 0.5, "end": 0.7, "label": "Profanity", "score": 0.9, "text": "damn"}]


@pytest.fixture
def here(film_folder: Path) -> Path:
    (film_folder.parent / "script.json").write_text(json.dumps(WORDS))
    make_clip(film_folder / "other.mkv", Clip(seconds=2.0))
    return film_folder


@pytest.fixture
def config(config_file: Callable[..., Path], tmp_path: Path) -> Callable[..., Path]:
    """Write a config whose detector reports what the script says; sections by keyword."""

    def write(**sections: object) -> Path:
        detector = {"name": "notes", "type": "scripted", "script": str(tmp_path / "script.json")}
        return config_file(
            detectors=[{**detector, "categories": ["Profanity"]}],
            remediation={"audio": {"enabled": True, "categories": ["Profanity"]}},
            **sections,
        )

    return write


def clean(here: Path, config: Path, *words: object) -> Outcome:
    return video_censor(here, *words, "--config", config)


def names(here: Path) -> set[str]:
    return {path.name for path in here.iterdir()}


MADE = {"film.clean.mp4", "film.results.json", "other.clean.mkv", "other.results.json"}


def test_each_film_gets_results_and_a_copy_beside_it(here: Path, config: Callable[..., Path]) -> None:
    reply = clean(here, config(), "film.mp4", "other.mkv", "--json")
    assert reply.code == 0, reply.err
    assert names(here) == {"film.mp4", "other.mkv", *MADE}
    assert [Path(each["input"]).name for each in reply.json["films"]] == ["film.mp4", "other.mkv"]
    assert reply.json["analysis"] is None
    for each in reply.json["films"]:
        (version,) = each["versions"]
        assert (version["segments"], version["edits"], version["observed"]) == (1, 1, ["notes"])
        assert each["error"] is None


def test_one_film_is_summed_up_as_with_input(here: Path, config: Callable[..., Path]) -> None:
    analysis = clean(here, config(), "film.mp4", "--json").json["analysis"]
    assert analysis["output"] == str(here / "film.results.json")
    assert analysis["output_video"] == str(here / "film.clean.mp4")


def test_a_second_run_does_nothing_and_says_so(here: Path, config: Callable[..., Path]) -> None:
    path = config()
    clean(here, path, "film.mp4", "other.mkv")
    before = {name: (here / name).stat().st_mtime_ns for name in MADE}
    reply = clean(here, path, "film.mp4", "other.mkv")
    assert (reply.code, reply.out, reply.err) == (0, "", "2 films are up to date.\n")
    assert {name: (here / name).stat().st_mtime_ns for name in MADE} == before


def test_the_table_tells_what_was_made(here: Path, config: Callable[..., Path]) -> None:
    reply = clean(here, config(), "film.mp4", "other.mkv")
    assert "Profanity 1" in reply.err
    assert "2 films" in reply.err
    assert clean(here, config(), "film.mp4", "--force", "--quiet").err == ""


def test_our_own_copies_are_no_films(here: Path, config: Callable[..., Path]) -> None:
    path = config()
    clean(here, path, "film.mp4")
    reply = clean(here, path, "film.clean.mp4", "film.mp4")  # as *.mp4 gives them
    assert reply.code == 0
    assert "film.clean.mp4 is left out: it is a clean copy" in reply.err
    assert "film.clean.clean.mp4" not in names(here)


def test_a_film_named_twice_is_cleaned_once(here: Path, config: Callable[..., Path]) -> None:
    (here / "link.mp4").symlink_to("film.mp4")
    reply = clean(here, config(), "film.mp4", "film.mp4", "link.mp4", "--json")
    assert reply.code == 0, reply.err
    assert len(reply.json["films"]) == 1
    assert "link.clean.mp4" not in names(here)


def test_a_bad_film_stops_no_other(here: Path, config: Callable[..., Path]) -> None:
    (here / "bad.mp4").write_bytes(b"no film" * 100)
    reply = clean(here, config(), "bad.mp4", "film.mp4", "other.mkv", "--json")
    assert reply.code == 1
    assert {"film.clean.mp4", "other.clean.mkv"} <= names(here)
    assert "bad.mp4" in reply.err
    errors = {Path(each["input"]).name: each["error"] for each in reply.json["films"]}
    assert errors["bad.mp4"]["kind"] == "media"
    assert errors["film.mp4"] is errors["other.mkv"] is None


def test_what_is_somebody_elses_stays(here: Path, config: Callable[..., Path]) -> None:
    (here / "film.results.json").write_text("mine")
    reply = clean(here, config(), "film.mp4", "other.mkv")
    assert reply.code == 2
    assert "film.results.json cannot be written" in reply.err
    assert (here / "film.results.json").read_text() == "mine"
    assert "other.clean.mkv" in names(here)
    assert clean(here, config(), "film.mp4", "--overwrite").code == 0


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["film.mp4", "--input", "other.mkv"], "--input does not go with film.mp4"),
        (["film.mp4", "--output", "r.json"], "--output does not go with film.mp4"),
        (["film.mp4", "--output-video", "c.mp4"], "--output-video does not go with film.mp4"),
        (["film.mp4", "--input-segments", "r.json"], "--input-segments does not go with film.mp4"),
        (["nowhere.mp4"], "nowhere.mp4 cannot be opened: there is no such file"),
        (["*.avi"], "*.avi cannot be opened: there is no such file"),
        (["."], ". cannot be opened: it is a folder"),
        ([], "no film is named"),
    ],
)
def test_what_cannot_be_meant_is_told(
    here: Path, config: Callable[..., Path], words: list[str], problem: str
) -> None:
    before = names(here)
    reply = clean(here, config(), *words)
    assert reply.code == 2
    assert problem in reply.err
    assert names(here) == before


def test_profiles_and_names_are_those_of_the_config(here: Path, config: Callable[..., Path]) -> None:
    library = {
        "films": ["nowhere/*.mp4"],
        "copy": "{stem}-{profile}{suffix}",
        "profiles": {"all": {}, "none": {"remediation": {"audio": {"enabled": False}}}},
        "exports": ["edl"],
    }
    reply = clean(here, config(library=library), "film.mp4", "--json")
    assert reply.code == 0, reply.err
    assert {"film-all.mp4", "film-none.mp4", "film.all.results.json", "film.none.edl"} <= names(here)
    (film,) = reply.json["films"]
    assert {each["profile"]: each["edits"] for each in film["versions"]} == {"all": 1, "none": 0}


def test_missing_models_stop_the_run_before_any_film(
    here: Path, config_file: Callable[..., Path], host: FileHost
) -> None:
    path = config_file(host.entry("a", b"a" * 10), detectors=[{"name": "s", "type": "speech", "model": "a"}])
    reply = clean(here, path, "film.mp4", "other.mkv")
    assert reply.code == 3
    assert "--download-models" in reply.err
    assert names(here) == {"film.mp4", "other.mkv"}


@pytest.mark.parametrize(("answer", "fetched"), [("\n", True), ("y\n", True), ("n\n", False), ("", False)])
def test_on_a_terminal_missing_models_are_offered(
    here: Path, config_file: Callable[..., Path], host: FileHost, answer: str, fetched: bool
) -> None:
    entry = host.entry("a", b"a" * 1000, size_bytes=1000, license="MIT")
    path = config_file(entry, detectors=[{"name": "s", "type": "speech", "model": "a"}])
    master, slave = pty.openpty()
    program = subprocess.Popen(
        command("film.mp4", "--config", path),
        cwd=here,
        env={**os.environ, **ENVIRONMENT},
        stdin=slave,
        stderr=slave,
        stdout=subprocess.DEVNULL,
    )
    os.close(slave)
    told = b""
    while b"[Y/n]" not in told:
        told += os.read(master, 4096)
    os.write(master, answer.encode() or b"\x04")
    while True:
        try:
            told += os.read(master, 4096)
        except OSError:
            break
    code = program.wait(PATIENCE)
    os.close(master)
    assert b"a: 1.0 kB, MIT" in told
    assert host.requests() == int(fetched)
    assert code == (1 if fetched else 3), told  # what was fetched is no speech model


def test_a_dry_run_tells_what_would_be_done_and_why(here: Path, config: Callable[..., Path]) -> None:
    path = config()
    before = names(here)
    reply = clean(here, path, "film.mp4", "--dry-run", "--json")
    assert reply.code == 0
    assert names(here) == before
    (film,) = reply.json["films"]
    groups = [each["task"].partition(":")[0] for each in film["tasks"]]
    assert groups == ["observe", "segments", "copy"]
    assert film["tasks"][2]["target"] == str(here / "film.clean.mp4")
    assert film["tasks"][2]["bytes"] == film["bytes"] == (here / "film.mp4").stat().st_size
    assert film["tasks"][2]["free"] > 0
    assert film["seconds"] is None

    clean(here, path, "film.mp4")
    assert "up to date" in clean(here, path, "film.mp4", "--dry-run").err
    path.write_text(path.read_text().replace("type: scripted", "type: scripted\n  threshold: 0.3"))
    (film,) = clean(here, path, "film.mp4", "--dry-run", "--json").json["films"]
    assert film["seconds"] == pytest.approx(2.5, abs=0.2)
    assert film["tasks"][0]["why"] == ["threshold of notes"]


def test_a_dry_run_without_a_film_is_about_the_library(here: Path, config: Callable[..., Path]) -> None:
    path = config(library={"films": [f"{here}/*.mkv"]})
    reply = clean(here, path, "--dry-run", "--json")
    assert [Path(each["input"]).name for each in reply.json["films"]] == ["other.mkv"]


def test_a_dry_run_of_one_film_by_flag_tells_its_tasks(here: Path, config: Callable[..., Path]) -> None:
    flags = ("--input", "film.mp4", "--output-video", "c.mp4", "--dry-run")
    reply = clean(here, config(), *flags, "--json")
    (film,) = reply.json["films"]
    assert [each["target"] for each in film["tasks"]] == [None, "results.json", "c.mp4"]


def test_at_rest_nothing_heavy_is_imported(here: Path, config: Callable[..., Path]) -> None:
    path = config()
    clean(here, path, "film.mp4")
    code = (
        "import sys, video_censor_personal.__main__ as m; sys.argv[1:] = sys.argv[1:];"
        "code = m.main(); print(code, *sorted({'av', 'numpy', 'requests', 'onnxruntime'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "film.mp4", "--config", str(path)],
        cwd=here,
        env={**os.environ, **ENVIRONMENT},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "0\n", done.stderr


def test_a_film_in_a_folder_that_takes_no_file(here: Path, config: Callable[..., Path]) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    locked = here / "locked"
    locked.mkdir()
    shutil.copy(here / "film.mp4", locked)
    locked.chmod(0o555)
    reply = clean(here, config(), "locked/film.mp4", "other.mkv")
    assert reply.code == 2
    assert "nothing can be written" in reply.err
    assert "other.clean.mkv" in names(here)
