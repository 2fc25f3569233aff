"""Schedulers and servers that are there or not, proxies and certificates."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from video_censor_personal.config import load_config
from video_censor_personal.doctor.services import look_at_endpoints, look_at_scheduler, look_at_way_out


def test_a_scheduler_that_listens_and_one_that_does_not(closed_port: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"tcp://127.0.0.1:{listening.getsockname()[1]}"
        assert [check.state for check in look_at_scheduler(address, 5.0)] == ["ok"]
    (check,) = look_at_scheduler(f"tcp://127.0.0.1:{closed_port}", 5.0)
    assert (check.state, "dask scheduler" in check.fix) == ("failed", True)


@pytest.mark.parametrize(("name", "state"), [("eyes", "ok"), ("other", "failed")])
def test_a_server_of_a_vision_language_model(
    httpserver: HTTPServer, config_file: Callable[..., Path], name: str, state: str
) -> None:
    httpserver.expect_request("/v1/models").respond_with_json({"data": [{"id": "eyes"}]})
    detector = {"type": "llava", "endpoint": httpserver.url_for("/v1"), "endpoint_model": name}
    config = load_config(config_file(detectors=[{**detector, "categories": ["Violence"]}]))
    (check,) = look_at_endpoints(config, 5.0)
    assert (check.name, check.state) == ("Server of llava", state)


@pytest.mark.parametrize(("bundle", "state"), [("there", "ok"), ("gone", "failed")])
def test_the_way_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, bundle: str, state: str) -> None:
    (tmp_path / "there").touch()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / bundle))
    monkeypatch.setenv("https_proxy", "http://ann:secret@proxy.example:3128")
    proxy, certificates = look_at_way_out()
    assert "https through http://proxy.example:3128" in proxy.what
    assert "secret" not in proxy.what
    assert certificates.state == state
