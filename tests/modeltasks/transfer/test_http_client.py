"""Redirects, tokens, credentials of the environment, proxies, and what messages may show."""

from __future__ import annotations

import base64
import socket
from collections.abc import Mapping
from pathlib import Path

import pytest

from modeltasks.errors import Gated, HttpStatus, ModelTasksError, TokenRefused
from modeltasks.transfer.mirror import UrlMirror
from modeltasks.transfer.url import host_of, origin_of, redact
from tests.modeltasks.transfer.conftest import MIB, Bench, wanted_of
from tests.modeltasks.transfer.servers import Handler, Reply, Request, Server, files, script

BODY = b"model bytes"
TOKEN = "hf_verysecret"


def to(location: str, status: int = 302) -> Reply:
    return Reply(status, b"Found", {"Location": location})


def routes(table: dict[str, Reply]) -> Handler:
    def handle(request: Request, connection: socket.socket) -> bool:
        return table.get(request.path, Reply(404)).send(connection)

    return handle


def mirror(server: Server, path: str = "/file", token: str | None = TOKEN) -> UrlMirror:
    return UrlMirror(server.url(path), "hub", token)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("location", ["/there", "there", "../there", "//{host}/there", "http://{host}/there"])
def test_redirects_are_followed(bench: Bench, status: int, location: str) -> None:
    table: dict[str, Reply] = {}
    server = bench.serve(routes(table))
    table |= {
        "/file": to(location.replace("{host}", f"127.0.0.1:{server.port}"), status),
        "/there": Reply(200, BODY),
    }

    assert bench.fetch(wanted_of(BODY), mirror(server)).path.read_bytes() == BODY
    assert server.connections == 1


def test_the_token_goes_to_its_origin_only(bench: Bench) -> None:
    cdn = bench.serve(script(to("/again"), Reply(200, BODY)))
    hub = bench.serve(script(to("/inside"), to(cdn.url("/signed?Signature=s"))))

    bench.fetch(wanted_of(BODY), mirror(hub))

    assert [each.headers.get("authorization") for each in hub.requests] == [f"Bearer {TOKEN}"] * 2
    assert [each.headers.get("authorization") for each in cdn.requests] == [None, None]


def test_the_token_does_not_come_back_by_a_detour(bench: Bench) -> None:
    table: dict[str, Reply] = {}
    hub = bench.serve(routes(table))
    other = bench.serve(script(to(hub.url("/end"))))
    table |= {"/file": to(other.url("/x")), "/end": Reply(200, BODY)}

    bench.fetch(wanted_of(BODY), mirror(hub))

    assert "authorization" not in other.requests[0].headers
    assert other.requests[0].headers["accept-encoding"] == "identity"


def test_ten_redirects_and_no_more(bench: Bench) -> None:
    server = bench.serve(script(*[to(f"/{n}") for n in range(10)], Reply(200, BODY)))
    assert bench.fetch(wanted_of(BODY), mirror(server)).path.read_bytes() == BODY

    endless = bench.serve(script(to("/file")))
    with pytest.raises(HttpStatus, match="more than 10"):
        bench.fetch(wanted_of(BODY + b"2"), mirror(endless))
    assert len(endless.requests) == 11


@pytest.mark.parametrize(
    "place", ["ftp://127.0.0.1/x", "file:///etc/passwd", "data:,x", "http://[::1/x", "http://a.test:port/x"]
)
def test_redirects_elsewhere_than_http_are_refused(bench: Bench, place: str) -> None:
    server = bench.serve(script(to(place)))

    with pytest.raises(HttpStatus, match="not http"):
        bench.fetch(wanted_of(BODY), mirror(server))


def test_netrc_does_not_overrule_the_token(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password mine\n")
    monkeypatch.setenv("NETRC", str(netrc))
    server = bench.serve(script(Reply(200, BODY)))

    bench.fetch(wanted_of(BODY), mirror(server))
    bench.fetch(wanted_of(BODY), mirror(server, token=None))

    basic = "Basic " + base64.b64encode(b"me:mine").decode()
    assert [each.headers["authorization"] for each in server.requests] == [f"Bearer {TOKEN}", basic]


def test_a_proxy_of_the_environment_is_used(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = bench.serve(script(Reply(200, BODY)))
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)

    bench.fetch(wanted_of(BODY), UrlMirror("http://models.test/file", "x"))

    assert proxy.requests[0].path == "http://models.test/file"


def test_a_proxy_that_does_not_work_is_named(
    bench: Bench, closed_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{closed_port}")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)

    with pytest.raises(ModelTasksError, match="proxy") as caught:
        bench.fetch(wanted_of(BODY), UrlMirror("https://models.test/file", "x"))
    assert caught.value.kind == "refused"


@pytest.mark.parametrize(
    "reply", [Reply(403), Reply(500), Reply(404), Reply(200, BODY[::-1]), Reply(200, b"<html>")]
)
def test_no_secret_is_ever_shown(bench: Bench, reply: Reply) -> None:
    server = bench.serve(script(reply))
    url = f"http://user:passw0rd@127.0.0.1:{server.port}/file?Signature=s1gnature#fr4gment"

    with pytest.raises(ModelTasksError) as caught:
        bench.fetch(wanted_of(BODY), UrlMirror(url, url, TOKEN))

    shown = "".join(map(str, [caught.value, caught.value.as_dict(), repr(caught.value)]))
    assert "127.0.0.1" in shown
    for secret in ("passw0rd", "s1gnature", "fr4gment", TOKEN):
        assert secret not in shown


def test_a_refused_connection_shows_no_secret(bench: Bench, closed_port: int) -> None:
    url = f"http://user:passw0rd@127.0.0.1:{closed_port}/file?Signature=s1gnature"

    with pytest.raises(ModelTasksError) as caught:
        bench.fetch(wanted_of(BODY), url)

    assert "passw0rd" not in str(caught.value)
    assert "s1gnature" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "shown", "host"),
    [
        ("http://a.test/x?y=1#z", "http://a.test/x", "a.test"),
        ("https://me:pw@a.test:8443/x", "https://a.test:8443/x", "a.test:8443"),
        ("hf:owner/name@main", "hf:owner/name@main", ""),
        ("http://[::1]:80/x", "http://[::1]:80/x", "::1:80"),
        ("http://a.test:port/x", "http://a.test:port/x", "http://a.test:port/x"),
    ],
)
def test_addresses(url: str, shown: str, host: str) -> None:
    assert redact(url) == shown
    if host:
        assert host_of(url) == host


def test_origins() -> None:
    assert origin_of("https://A.test/x") == origin_of("https://a.test:443/y")
    assert origin_of("https://a.test") != origin_of("http://a.test")
    assert origin_of("https://a.test") != origin_of("https://a.test:444")


def gate(status: int, headers: Mapping[str, str]) -> ModelTasksError | None:
    return (
        Gated("owner/name", "https://hub.test/owner/name")
        if headers.get("X-Error-Code") == "GatedRepo"
        else None
    )


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(403, headers={"X-Error-Code": "GatedRepo"}), "gated"),
        (Reply(401, headers={"X-Error-Code": "GatedRepo"}), "gated"),
        (Reply(403), "http-status"),
        (Reply(401), "token-refused"),
        (Reply(404), "file-gone"),
        (Reply(410), "file-gone"),
        (Reply(429, headers={"Retry-After": "400"}), "rate-limited"),
        (Reply(500), "http-status"),
        (Reply(204), "http-status"),
        (Reply(300, b"many"), "http-status"),
        (Reply(418), "http-status"),
    ],
)
def test_what_a_status_means(bench: Bench, reply: Reply, kind: str) -> None:
    server = bench.serve(script(reply))

    with pytest.raises(ModelTasksError) as caught:
        bench.fetch(wanted_of(BODY), UrlMirror(server.url(), "hub", TOKEN, gate))

    assert caught.value.kind == kind


def test_the_hubs_reading_of_a_status_is_not_asked_about_other_servers(bench: Bench) -> None:
    cdn = bench.serve(script(Reply(403, headers={"X-Error-Code": "GatedRepo"})))
    hub = bench.serve(script(to(cdn.url())))

    with pytest.raises(HttpStatus):
        bench.fetch(wanted_of(BODY), UrlMirror(hub.url(), "hub", None, gate))


def test_a_signed_url_that_expired_is_asked_for_again(bench: Bench) -> None:
    cdn = bench.serve(
        script(Reply(200, BODY[:5], length=len(BODY), then="close"), Reply(403), Reply(200, BODY))
    )
    hub = bench.serve(script(to(cdn.url("/signed"))))

    assert bench.fetch(wanted_of(BODY), mirror(hub)).path.read_bytes() == BODY
    assert len(hub.requests) == 3
    assert cdn.ranges == [None, (5, None), (5, None)]


def test_a_signed_url_that_expires_between_pieces_is_asked_for_again(bench: Bench) -> None:
    content = bytes(40) * MIB
    serve = files({"/signed": content})
    seen = []

    def cdn_handler(request: Request, connection: socket.socket) -> bool:
        seen.append(request)
        return Reply(403).send(connection) if len(seen) == 2 else serve(request, connection)

    cdn = bench.serve(cdn_handler)
    hub = bench.serve(script(to(cdn.url("/signed"))))
    wanted = wanted_of(content)
    bench.tune(connections=1)
    # A gap in the middle: two pieces have to be asked for.
    from modeltasks.transfer.partial import Partial

    bench.put_partial(wanted, content[: 8 * MIB])
    partial = Partial(bench.partial(wanted), len(content))
    partial.allow_gaps()
    with partial.writer(16 * MIB) as out:
        out.write(content[16 * MIB : 24 * MIB])
    partial.mark_present(16 * MIB, 24 * MIB)
    partial.close()

    fetched = bench.fetch(wanted, mirror(hub))

    assert fetched.path.read_bytes() == content
    assert fetched.bytes_fetched == 24 * MIB
    assert len(hub.requests) == 2


def test_an_idle_connection_that_the_server_closed_is_no_failure(bench: Bench) -> None:
    contents = [b"first", b"second"]
    bench.tune(retries=0)

    def handler(request: Request, connection: socket.socket) -> bool:
        Reply(200, contents[int(request.path[1:])]).send(connection)
        return False  # closes, without having said so

    server = bench.serve(handler)
    transfer = bench.transfer()
    for number, content in enumerate(contents):
        fetched = transfer.fetch(wanted_of(content), [UrlMirror(server.url(f"/{number}"), "x")])
        assert fetched.path.read_bytes() == content


def test_connections_are_used_again(bench: Bench) -> None:
    contents = {f"/{n}": f"file {n}".encode() for n in range(5)}
    server = bench.serve(files(contents))
    transfer = bench.transfer()

    for path, content in contents.items():
        transfer.fetch(wanted_of(content), [UrlMirror(server.url(path), "x")])

    assert server.connections == 1


def test_cookies_are_not_kept(bench: Bench) -> None:
    server = bench.serve(script(Reply(503, headers={"Set-Cookie": "id=1"}), Reply(200, BODY)))

    bench.fetch(wanted_of(BODY), server)

    assert "cookie" not in server.requests[1].headers


def test_a_token_that_is_refused_says_so(bench: Bench) -> None:
    server = bench.serve(script(Reply(401)))
    with pytest.raises(TokenRefused):
        bench.fetch(wanted_of(BODY), mirror(server))
    with pytest.raises(HttpStatus):
        bench.fetch(wanted_of(BODY), mirror(server, token=None))
