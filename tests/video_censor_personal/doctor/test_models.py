"""What is said of models and of each of their sources, asked on real servers."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from wsgiref.handlers import format_date_time

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from tests.modeltasks.transfer.servers import Request, head, serving
from tests.support.file_host import FileHost, sha256
from tests.support.hub_server import HubServer
from tests.support.waiting import AGES
from tests.support.wheels import build_wheel, only_index
from video_censor_personal.doctor.check import Check
from video_censor_personal.doctor.models import look_at_models, standings
from video_censor_personal.model_manager import ModelManager

A = b"model a " * 4000
NOWHERE = "http://127.0.0.1:9/files/a.bin"
Write = Callable[..., Path]


def look(config: Path, seconds: float = 30.0) -> list[Check]:
    manager = ModelManager(config)
    return list(look_at_models(manager, standings(manager), seconds))


def states(checks: list[Check]) -> dict[str, list[str]]:
    """Return the states by name."""
    found: dict[str, list[str]] = {}
    for check in checks:
        found.setdefault(check.name, []).append(check.state)
    return found


def test_a_missing_model_that_can_be_had_is_worth_knowing(host: FileHost, config_file: Write) -> None:
    entry = host.entry("a", A, size_bytes=len(A), license="MIT")
    model, source, clock = look(config_file(entry))
    assert (model.name, model.state, source.state, clock.state) == ("Model a", "warning", "ok", "ok")
    assert "32.0 kB, MIT" in model.what
    assert "--download-models" in model.fix
    assert host.asked == [("a.bin", "bytes=0-0")]


def test_what_is_in_place_is_well_and_its_sources_are_asked_all_the_same(
    host: FileHost, config_file: Write
) -> None:
    config = config_file(host.entry("a", A))
    ModelManager(config).provide()
    assert states(look(config))["Model a"] == ["ok"]
    host.files.clear()
    assert states(look(config)) | {"Clock": []} == {
        "Model a": ["ok"],
        "Source of a": ["warning"],
        "Clock": [],
    }


def test_nothing_is_written_and_nothing_fetched(
    host: FileHost, config_file: Write, cache_dir: Path, tmp_path: Path
) -> None:
    config = config_file(host.entry("a", A))
    before = sorted(tmp_path.rglob("*"))
    look(config)
    assert not cache_dir.exists()
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, "answered 401"), (404, "no file"), (429, "limits the number"), (500, "answered 500")],
)
def test_a_missing_model_that_nobody_has_will_fail(
    host: FileHost, config_file: Write, status: int, kind: str
) -> None:
    entry = host.entry("a", A)
    host.statuses["a.bin"] = status
    checks = look(config_file(entry))
    assert states(checks) == {"Model a": ["failed"], "Source of a": ["failed"]}
    assert kind in checks[1].what
    assert all(check.fix for check in checks)


def test_a_size_that_is_not_the_configured_one(host: FileHost, config_file: Write) -> None:
    checks = look(config_file(host.entry("a", A, size_bytes=len(A) + 1)))
    assert states(checks) == {"Model a": ["failed"], "Source of a": ["failed"]}
    assert "32,000 bytes instead of 32,001" in checks[1].what


def test_a_mirror_that_works_is_enough(host: FileHost, config_file: Write) -> None:
    entry = {**host.entry("a", A), "url": NOWHERE, "mirrors": [host.url("a.bin")]}
    checks = look(config_file(entry))
    assert states(checks) | {"Clock": []} == {
        "Model a": ["warning"],
        "Source of a": ["warning", "ok"],
        "Clock": [],
    }
    assert "refused" in checks[1].what


def test_an_optional_model_is_no_failure(host: FileHost, config_file: Write) -> None:
    entry = {**host.entry("a", A, optional=True), "url": NOWHERE}
    assert states(look(config_file(entry))) == {"Model a": ["warning"], "Source of a": ["warning"]}


def test_nor_is_one_whose_fallback_is_there(host: FileHost, config_file: Write) -> None:
    config = config_file(host.entry("b", A))
    ModelManager(config).provide()
    gone = {**host.entry("a", A), "url": NOWHERE, "fallback": ["b"], "on_unavailable": "fallback"}
    found = states(look(config_file(gone, host.entry("b", A))))
    assert (found["Model a"], found["Model b"]) == (["warning"], ["ok"])


def test_without_the_network_nobody_is_asked(
    host: FileHost, config_file: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    checks = look(config_file(host.entry("a", A)))
    assert states(checks) == {"Network": ["ok"], "Model a": ["failed"]}
    assert "HF_HUB_OFFLINE" in checks[1].what
    assert host.requests() == 0


def test_a_host_that_hangs_holds_up_nobody(hub: HubServer, host: FileHost, config_file: Write) -> None:
    hub.fail(".", stall=AGES)
    slow = [{**host.entry(f"slow-{n}", A), "url": f"{hub.endpoint}/a{n}.bin"} for n in range(30)]
    found = states(look(config_file(*slow, host.entry("a", A)), seconds=2.0))
    assert (found["Source of slow-29"], found["Source of a"]) == (["failed"], ["ok"])


def test_a_file_in_parts_needs_all_of_them(host: FileHost, config_file: Write) -> None:
    half = len(A) // 2
    parts = [
        {"url": host.put(name, content), "checksum": sha256(content), "size": half}
        for name, content in (("one", A[:half]), ("two", A[half:]))
    ]
    file = {"path": "a.bin", "checksum": sha256(A), "size": len(A), "parts": parts}
    config = config_file({"name": "a", "files": [file]})
    assert states(look(config))["Model a"] == ["warning"]
    del host.files["two"]
    found = states(look(config))
    assert found["Model a"] == ["failed"]
    assert sorted(found["Source of a"]) == ["failed", "ok"]


def test_a_wheel_is_asked_for_once(
    config_file: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_wheel(tmp_path / "index", "some-models", "1.0", {"data/a.bin": A, "data/b.bin": A})
    only_index(monkeypatch, tmp_path / "index")
    files = [{"path": f"{name}.bin", "checksum": sha256(A)} for name in "ab"]
    entry = {"name": "a", "files": files, "url": "wheel:some-models==1.0/data/"}
    checks = look(config_file(entry))
    assert states(checks) == {"Model a": ["warning"], "Source of a": ["ok"]}
    assert "wheel:some-models==1.0: answered" in checks[1].what


@pytest.mark.parametrize(("there", "state"), [(A, "ok"), (A[:-1], "failed"), (None, "failed")])
def test_a_file_of_this_machine(config_file: Write, tmp_path: Path, there: bytes | None, state: str) -> None:
    if there is not None:
        (tmp_path / "a.bin").write_bytes(there)
    entry = {"name": "a", "url": f"file:{tmp_path}/a.bin", "checksum": sha256(A), "size_bytes": len(A)}
    assert states(look(config_file(entry)))["Source of a"] == [state]


def test_a_hub_is_asked_what_a_branch_is(hub: HubServer, config_file: Write) -> None:
    repo = hub.add("acme/net", {"net.onnx": A})
    config = config_file({"name": "net", "repo": "acme/net", "revision": "main"})
    found = states(look(config))
    assert (found["Model net"], found["Source of net"]) == (["warning"], ["ok"])
    repo.private = True
    checks = look(config)
    assert states(checks) == {"Model net": ["failed"], "Source of net": ["failed"]}


@pytest.mark.parametrize(("token", "state"), [(None, "failed"), ("hf_good", "ok"), ("hf_bad", "failed")])
def test_a_token_that_is_needed(
    hub: HubServer, config_file: Write, monkeypatch: pytest.MonkeyPatch, token: str | None, state: str
) -> None:
    repo = hub.add("acme/net", {"net.onnx": A}, gated="auto")
    hub.allow("hf_good", "acme/net")
    if token:
        monkeypatch.setenv("HF_TOKEN", token)
    files = [{"path": "net.onnx", "checksum": sha256(A)}]
    entry = {"name": "net", "repo": "acme/net", "revision": repo.head, "files": files}
    checks = look(config_file(entry))
    (source,) = [check for check in checks if check.what.startswith("hf:")]
    assert source.state == state
    assert state == "ok" or "HF_TOKEN" in source.fix


def test_a_licence_that_must_be_accepted_is_named(hub: HubServer, config_file: Write) -> None:
    repo = hub.add("acme/net", {"net.onnx": A})
    entry = {
        **{"name": "net", "repo": "acme/net", "revision": repo.head, "license": "AGPL-3.0"},
        **{
            "license_terms": "share it",
            "files": [{"path": "net.onnx", "checksum": sha256(A)}],
        },
    }
    model = look(config_file(entry))[0]
    assert "accept_licenses: [AGPL-3.0]" in model.fix


def test_what_is_in_doubt_is_not_called_missing(host: FileHost, config_file: Write, cache_dir: Path) -> None:
    config = config_file(host.entry("a", A))
    ModelManager(config).provide()
    os.utime(cache_dir / "a" / "a.bin", ns=(1, 1))
    model = look(config)[0]
    assert model.state == "warning"
    assert "will be hashed" in model.what


@pytest.mark.parametrize(("hours", "state"), [(0, "ok"), (-30, "warning"), (30, "warning")])
def test_a_clock_that_is_wrong(config_file: Write, hours: int, state: str) -> None:
    told = format_date_time((datetime.now(UTC) + timedelta(hours=hours)).timestamp())

    def answer(_request: Request, connection: socket.socket) -> bool:
        connection.sendall(head(200, {"Content-Length": str(len(A)), "Date": told}) + A)
        return True

    with serving(answer) as server:
        entry = {"name": "a", "url": server.url(), "checksum": sha256(A)}
        (clock,) = [check for check in look(config_file(entry)) if check.name == "Clock"]
    assert clock.state == state


def test_a_large_file_that_cannot_be_resumed_is_worth_knowing(
    httpserver: HTTPServer, config_file: Write
) -> None:
    size = 40_000_000
    httpserver.expect_request("/a.bin").respond_with_response(Response(bytes(size)))
    entry = {"name": "a", "url": httpserver.url_for("/a.bin"), "checksum": sha256(A), "size_bytes": size}
    source = look(config_file(entry))[1]
    assert (source.name, source.state) == ("Source of a", "warning")
    assert "begins again" in source.what
