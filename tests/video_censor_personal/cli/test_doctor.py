"""`video-censor doctor`: exit codes, JSON, text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.support.file_host import FileHost
from tests.support.programs import video_censor

A = b"model a " * 4000


def test_exit_codes_and_both_forms(host: FileHost, config_file: Callable[..., Path], here: Path) -> None:
    config = config_file(host.entry("a", A))
    reply = video_censor(here, "doctor", "--config", config, "--json")
    assert (reply.code, reply.json["ok"], reply.json["exit_code"], reply.err) == (0, True, 0, "")
    assert reply.json["verdict"].startswith("Nothing will fail.")
    assert {tuple(check) for check in reply.json["checks"]} == {("name", "state", "what", "fix")}
    host.files.clear()
    said = video_censor(here, "doctor", "--config", config)
    assert said.code == 1
    lines = said.out.splitlines()
    assert lines[0] == "Will fail:"
    assert lines[1].startswith("  Model a: is missing (")
    assert lines[-1] == "2 things will fail: Model a, Source of a."
    assert max(map(len, lines)) < 110
    assert not list(here.glob(".*"))


def test_a_config_that_is_wrong_is_exit_code_2(here: Path) -> None:
    (here / "video-censor.yaml").write_text("versoin: 1\n")
    reply = video_censor(here, "doctor", "--offline", "--json")
    first, *others = reply.json["checks"]
    assert (reply.code, reply.json["exit_code"], first["name"]) == (2, 2, "Config")
    assert "did you mean 'version'?" in first["what"]
    assert {"Python", "PyAV", "Folder of models", "Review page"} <= {check["name"] for check in others}
    assert "failed" not in {check["state"] for check in others}


def test_what_is_not_understood(here: Path) -> None:
    reply = video_censor(here, "doctor", "--everything", "--json")
    assert (reply.code, reply.json["error"]["kind"]) == (2, "config")
    assert "--everything" in reply.json["error"]["what"]
