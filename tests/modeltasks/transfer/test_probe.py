"""What one look at a mirror tells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from modeltasks.errors import ModelTasksError
from modeltasks.settings import NetworkSettings
from modeltasks.sources.huggingface import HubSource
from modeltasks.spec import Checksum, ModelFile
from modeltasks.transfer.http_client import HttpClient
from modeltasks.transfer.mirror import UrlMirror, Wanted
from modeltasks.transfer.probe import greet, probe
from tests.support.file_host import FileHost, sha256
from tests.support.hub_server import HubServer
from tests.support.waiting import AGES, PROMPT

CONTENT = b"model " * 50_000


@pytest.fixture
def http() -> Iterator[HttpClient]:
    client = HttpClient(NetworkSettings())
    yield client
    client.close()


def wanted(content: bytes = CONTENT) -> Wanted:
    return Wanted("a.bin", Checksum("sha256", sha256(content)), len(content))


def test_a_mirror_that_has_the_file(host: FileHost, http: HttpClient) -> None:
    found = probe(UrlMirror(host.put("a.bin", CONTENT), "a"), wanted(), http, PROMPT)
    assert (found.size, found.takes_ranges) == (len(CONTENT), True)
    assert 0 < found.seconds < PROMPT
    assert found.clock is not None
    assert host.asked == [("a.bin", "bytes=0-0")]


@pytest.mark.parametrize("size", [len(CONTENT), None])
def test_a_size_that_the_config_leaves_out_is_learned(
    host: FileHost, http: HttpClient, size: int | None
) -> None:
    found = probe(UrlMirror(host.put("a.bin", CONTENT), "a"), replace(wanted(), size=size), http, PROMPT)
    assert found.size == len(CONTENT)


def test_an_empty_file_is_one(host: FileHost, http: HttpClient) -> None:
    assert probe(UrlMirror(host.put("a.bin", b""), "a"), wanted(b""), http, PROMPT).size == 0


@pytest.mark.parametrize(
    ("headers", "ranges", "size"),
    [
        ({}, False, len(CONTENT)),
        ({"Content-Encoding": "br"}, False, None),
    ],
)
def test_a_server_without_ranges(
    httpserver: HTTPServer, http: HttpClient, headers: dict[str, str], ranges: bool, size: int | None
) -> None:
    httpserver.expect_request("/a.bin").respond_with_response(Response(CONTENT, headers=headers))
    mirror = UrlMirror(httpserver.url_for("/a.bin"), "a")
    found = probe(mirror, replace(wanted(), size=size), http, PROMPT)
    assert (found.takes_ranges, found.size) == (ranges, size)


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (Response("no", status=401), "http-status"),
        (Response("no", status=404), "file-gone"),
        (Response("no", status=429, headers={"Retry-After": "9"}), "rate-limited"),
        (Response("no", status=503), "http-status"),
        (Response(b"short"), "size"),
        (Response("<!doctype html><p>log in", content_type="text/html"), "html"),
        (Response(b"x", status=206), "bad-answer"),
        (Response(b"", status=302, headers={"Location": "ftp://elsewhere/"}), "http-status"),
    ],
)
def test_what_a_server_does_wrong_has_the_name_that_a_transfer_gives_it(
    httpserver: HTTPServer, http: HttpClient, response: Response, kind: str
) -> None:
    httpserver.expect_request("/a.bin").respond_with_response(response)
    with pytest.raises(ModelTasksError) as raised:
        probe(UrlMirror(httpserver.url_for("/a.bin"), "a"), wanted(), http, PROMPT)
    assert raised.value.kind == kind


@pytest.mark.parametrize(
    ("url", "kind"), [("http://127.0.0.1:9/x", "refused"), ("http://x.invalid/x", "dns")]
)
def test_a_host_that_is_not_there(http: HttpClient, url: str, kind: str) -> None:
    with pytest.raises(ModelTasksError) as raised:
        probe(UrlMirror(url, "a"), wanted(), http, PROMPT)
    assert raised.value.kind == kind


def test_a_host_that_hangs_costs_the_time_allowed_and_no_more(hub: HubServer, http: HttpClient) -> None:
    hub.fail(".", stall=AGES)
    with pytest.raises(ModelTasksError) as raised:
        greet(UrlMirror(f"{hub.endpoint}/api/models/a/b", "a"), http, 0.3)
    assert raised.value.kind == "timeout"


def test_a_hub_is_asked_through_its_redirect_and_tells_why_not(hub: HubServer, http: HttpClient) -> None:
    repo = hub.add("acme/net", {"net.onnx": CONTENT})
    file = ModelFile("net.onnx", Checksum("sha256", sha256(CONTENT)), len(CONTENT))
    found = probe(HubSource("acme/net", repo.head).mirror(file), wanted(), http, PROMPT)
    assert (found.size, found.takes_ranges) == (len(CONTENT), True)
    repo.gated = "auto"
    with pytest.raises(ModelTasksError) as raised:
        probe(HubSource("acme/net", repo.head).mirror(file), wanted(), http, PROMPT)
    assert raised.value.kind == "gated"
