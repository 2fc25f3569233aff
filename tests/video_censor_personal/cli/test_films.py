"""`video-censor FILM…`: films by name, each with results and a clean copy beside it, in one run."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.docs.pages import REPOSITORY, blocks
from tests.support.file_host import FileHost
from tests.support.programs import ENVIRONMENT, command, run
from tests.support.waiting import PATIENCE
from tests.video_censor_personal.cli.films import clean, names

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


def test_a_film_alone_ends_with_what_was_found_and_what_to_do_next(
    here: Path, config: Callable[..., Path]
) -> None:
    (here / "film.mp4").rename(here / "my film.mp4")
    lines = clean(here, config(), "my film.mp4").err.splitlines()
    assert "time  category   what  done" in lines
    assert "0.50  Profanity  d***  muted" in lines
    assert any(" review 'my film.results.json'" in line for line in lines)
    again = clean(here, config(), "my film.mp4").err.splitlines()
    assert again[0] == "The film is up to date."
    assert "0.50  Profanity  d***  muted" in again


def test_a_folder_is_all_films_in_it(here: Path, config: Callable[..., Path]) -> None:
    path = config()
    assert clean(here, path, ".").code == 0
    reply = clean(here, path, ".", "--json")  # its copies are no films
    assert [Path(each["input"]).name for each in reply.json["films"]] == ["film.mp4", "other.mkv"]


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
    alone = clean(here, path, "film.clean.mp4", "--json")
    assert alone.code == 2
    assert alone.json["error"]["why"] == "film.clean.mp4 is a clean copy that was made here"


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
    alone = clean(here, config(), "bad.mp4", "--json").json
    assert alone["error"] == alone["films"][0]["error"] == errors["bad.mp4"]
    assert alone["analysis"]["state"] == "failed"


def test_films_that_would_get_one_file_are_left_out_and_named(
    here: Path, config: Callable[..., Path]
) -> None:
    shutil.copy(here / "film.mp4", here / "other.mp4")
    reply = clean(here, config(), "other.mkv", "film.mp4", "other.mp4", "--json")
    assert reply.code == 2
    assert names(here) == {"film.mp4", "other.mkv", "other.mp4", "film.clean.mp4", "film.results.json"}
    (problem,) = reply.json["problems"]
    assert "other.mkv" in problem["what"]
    assert problem["what"] in reply.err
    assert clean(here, config(), "other.mkv", "other.mp4", "--json").json["films"] == []


@pytest.mark.parametrize("flags", [(), ("--dry-run",), ("--quiet",)])
def test_each_film_of_a_folder_that_is_not_looked_at_is_named(
    here: Path, config: Callable[..., Path], flags: tuple[str, ...]
) -> None:
    for name in ("film.mkv", "other.webm", "third.mkv"):
        shutil.copy(here / "other.mkv", here / name)
    (here / "gone.mkv").symlink_to("nowhere")
    told = clean(here, config(), ".", *flags)
    assert told.code == 2
    left_out = ("film.mkv", "film.mp4", "other.mkv", "other.webm", "gone.mkv")
    errors = [line for line in told.err.splitlines() if line.startswith("error: ")]
    assert {
        name for name in left_out if any(f"{here / name} " in f"{line} ".replace(",", " ") for line in errors)
    } == {*left_out}
    assert "library." not in "".join(errors)
    problems = clean(here, config(), ".", *flags, "--json").json["problems"]
    assert len(problems) == len(errors) == 3


def test_films_that_would_get_one_file_can_be_cleaned_as_the_advice_says(
    here: Path, config: Callable[..., Path]
) -> None:
    shutil.copy(here / "film.mp4", here / "other.mp4")
    reply = clean(here, config(), ".")
    assert "--input FILM --output RESULTS --output-video COPY" in reply.err
    flags = ("--input", "other.mp4", "--output", "other-2.results.json", "--output-video", "other-2.mp4")
    assert clean(here, config(), *flags).code == 0
    by_config = clean(here, config(library={"films": ["*.mkv"]}), ".")
    assert "in library.results and library.copy" in by_config.err


def test_a_film_that_is_being_written_is_named_and_the_run_not_called_done(
    here: Path, config: Callable[..., Path]
) -> None:
    with (here / "other.mkv").open("ab"):
        reply = clean(here, config(), "other.mkv", "film.mp4", "--json")
    assert reply.code == 1
    assert reply.json["waiting"] == [str(here / "other.mkv")]
    assert "other.mkv is left for the next run: somebody is writing it" in reply.err
    assert "film.clean.mp4" in names(here)
    assert "other.clean.mkv" not in names(here)


def test_what_is_somebody_elses_stays(here: Path, config: Callable[..., Path]) -> None:
    (here / "film.results.json").write_text("mine")
    reply = clean(here, config(), "film.mp4", "other.mkv")
    assert reply.code == 2
    assert "film.results.json cannot be written" in reply.err
    assert "; these flags say where: --input FILM --output RESULTS --output-video COPY" in reply.err
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
        (["*.avi"], "There is no film for *.avi: it matches no file"),
        (["empty"], "There is no film for empty: no file in it"),
        ([""], "A film names no file: it was given an empty text"),
        (["reveiw"], "did you mean `"),
        (["x" * 300 + ".mp4"], "cannot be opened: File name too long"),
        (["gone.mp4"], "gone.mp4 cannot be opened: it is a link that leads nowhere"),
        (["pipe.mp4"], "pipe.mp4 cannot be opened: it is a device, a pipe or a socket"),
        ([], "no film is named"),
        (["--input", "empty"], "empty cannot be opened: it is a folder"),
        (["film.mp4", "--jobs", "0"], "--jobs cannot be 0: it is a whole number of at least 1"),
        (["film.mp4", "--jobs=many"], "--jobs cannot be many: it is a whole number of at least 1"),
        (
            ["film.mp4", "--ofline"],
            "--ofline was not understood: video-censor has no such option. Did you mean --off",
        ),
        (["film.mp4", "--force=yes"], "--force takes no value: it was given 'yes'"),
        (["film.mp4", "--log-level", "LOUD"], "--log-level cannot be LOUD: it is one of ERROR,"),
        (["film.mp4", "--log-file", "film.mp4"], "--log-file cannot be film.mp4"),
        (["film.mp4", "--log-file", "empty"], "empty cannot be written"),
        (["film.mp4", "--log-file", "nowhere/run.log"], "nowhere/run.log cannot be written"),
    ],
)
def test_what_cannot_be_meant_is_told(
    here: Path, config: Callable[..., Path], words: list[str], problem: str
) -> None:
    (here / "gone.mp4").symlink_to("nowhere")
    os.mkfifo(here / "pipe.mp4")
    (here / "empty").mkdir()
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


_ON_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""Makes the terminal that of the session, or nobody gets what Ctrl-C sends."""

Answered = Callable[..., tuple[int, str]]


@pytest.fixture
def answered(here: Path) -> Answered:
    """Run `video-censor` on a terminal and answer when it asks; return its exit code and what it said."""

    def run(answer: bytes, *words: object) -> tuple[int, str]:
        master, slave = pty.openpty()
        program = subprocess.Popen(
            [sys.executable, "-c", _ON_TERMINAL, *command(*words)],
            cwd=here,
            env={**os.environ, **ENVIRONMENT},
            stdin=slave,
            stderr=slave,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(slave)
        told = b""
        with suppress(OSError):
            while piece := os.read(master, 4096):
                asked = b"[Y/n]" in told
                told += piece
                if not asked and b"[Y/n]" in told:
                    os.write(master, answer)
        os.close(master)
        return program.wait(PATIENCE), told.decode()

    return run


END_OF_FILE, CTRL_C = b"\x04", b"\x03"


@pytest.mark.parametrize(
    ("film", "answer", "code"),
    [
        ("film.mp4", b"\n", 1),
        ("film.mp4", b"YES\n", 1),
        ("film.mp4", b"n\n", 3),
        ("film.mp4", b"what\n", 3),
        ("film.mp4", END_OF_FILE, 3),
        ("film.mp4", CTRL_C, 130),
        ("--input film.mp4", b"y\n", 1),
        ("--input film.mp4", b"n\n", 3),
    ],
)
def test_on_a_terminal_missing_models_are_offered(
    answered: Answered,
    config_file: Callable[..., Path],
    host: FileHost,
    film: str,
    answer: bytes,
    code: int,
) -> None:
    entry = host.entry("a", b"a" * 1000, size_bytes=1000, license="MIT")
    path = config_file(entry, detectors=[{"name": "s", "type": "speech", "model": "a"}])
    ended, told = answered(answer, *film.split(), "--config", path)
    assert "a: 1.0 kB, MIT" in told
    assert "Fetch 1.0 kB now? [Y/n]" in told
    assert ended == code, told  # 1: what was fetched is no speech model
    assert host.requests() == int(code == 1)


def test_the_page_shows_what_is_asked(
    answered: Answered, config_file: Callable[..., Path], host: FileHost
) -> None:
    entry = host.entry("open-nsfw", b"", size_bytes=23590724, license="BSD-2-Clause")
    path = config_file(entry, detectors=[{"name": "n", "type": "nsfw", "model": "open-nsfw"}])
    _, told = answered(b"n\n", "film.mp4", "--config", path)
    (shown,) = (block.text for block in blocks(REPOSITORY / "docs" / "films.md") if block.language == "text")
    assert shown.strip() in told.replace("\r", "")


def test_what_is_offered_may_be_of_unknown_size(
    answered: Answered, config_file: Callable[..., Path], host: FileHost
) -> None:
    path = config_file(host.entry("a", b"a"), detectors=[{"name": "s", "type": "speech", "model": "a"}])
    _, told = answered(b"n\n", "film.mp4", "--config", path)
    assert "a: size unknown, licence unknown" in told
    assert "Fetch them now?" in told


@pytest.mark.parametrize("flag", ["--json", "--quiet", "--offline", "--dry-run"])
def test_nothing_is_offered_where_nobody_expects_it(
    answered: Answered, config_file: Callable[..., Path], host: FileHost, flag: str
) -> None:
    path = config_file(host.entry("a", b"a"), detectors=[{"name": "s", "type": "speech", "model": "a"}])
    ended, told = answered(b"y\n", "film.mp4", flag, "--config", path)
    assert ended == (0 if flag == "--dry-run" else 3)
    assert "[Y/n]" not in told
    assert host.requests() == 0


_AT_REST = """
import sys
started = []
sys.addaudithook(lambda event, _: started.append(event) if event in {
    "subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.exec", "os.spawn"} else None)
import video_censor_personal.__main__ as program
code = program.main()
heavy = {"av", "numpy", "requests", "huggingface_hub", "onnxruntime", "distributed"} & set(sys.modules)
print(code, *started, *sorted(heavy))
"""


def test_at_rest_nothing_heavy_is_imported_and_no_process_started(
    here: Path, config: Callable[..., Path]
) -> None:
    path = config()
    assert clean(here, path, "film.mp4", "other.mkv").code == 0
    line = [sys.executable, "-c", _AT_REST, "film.mp4", "other.mkv", "--config", str(path)]
    done = run(line, here)
    assert done.out == "0\n", done.err
