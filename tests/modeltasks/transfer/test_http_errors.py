"""Failures below HTTP, over real sockets: which kind each becomes, and that it is retried or not."""

from __future__ import annotations

import errno
import os
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from urllib3.exceptions import ProtocolError

from modeltasks.errors import (
    ConfigError,
    ConnectionRefused,
    DnsFailure,
    LocalError,
    ModelTasksError,
    Stalled,
    Timeout,
    TlsFailure,
)
from modeltasks.transfer.http_errors import NETWORK_FAILURES, opening_error
from modeltasks.transfer.mirror import UrlMirror
from tests.modeltasks.transfer.conftest import Bench, wanted_of
from tests.modeltasks.transfer.servers import (
    Reply,
    Request,
    black_hole,
    close_listener,
    hang,
    head,
    reset,
    script,
)

BODY = b"model bytes"


def test_dns(bench: Bench) -> None:
    with pytest.raises(DnsFailure, match=r"does-not-exist\.invalid"):
        bench.fetch(wanted_of(BODY), "http://does-not-exist.invalid/file")


def test_refused(bench: Bench, closed_port: int) -> None:
    with pytest.raises(ConnectionRefused, match="Connection refused"):
        bench.fetch(wanted_of(BODY), f"http://127.0.0.1:{closed_port}/file")


def test_no_connection_in_time(bench: Bench) -> None:
    bench.tune(connect_timeout=0.3, retries=0)
    with black_hole() as port, pytest.raises(Timeout, match=r"0\.3 s"):
        bench.fetch(wanted_of(BODY), f"http://127.0.0.1:{port}/file")


def silent(_request: Request, connection: socket.socket) -> bool:
    hang(connection)
    return False


def test_no_first_byte_in_time(bench: Bench) -> None:
    bench.tune(connect_timeout=1.5, retries=1)
    server = bench.serve(silent)
    with pytest.raises(Timeout, match=r"1\.5 s"):
        bench.fetch(wanted_of(BODY), server)
    assert len(server.requests) == 2


def test_stalled(bench: Bench) -> None:
    bench.tune(idle_timeout=0.3, retries=1)
    server = bench.serve(script(Reply(200, BODY[:4], length=len(BODY), then="hang")))
    with pytest.raises(Stalled, match=r"0\.3 s"):
        bench.fetch(wanted_of(BODY), server)
    assert len(server.requests) == 2


def test_slow_is_not_stalled(bench: Bench) -> None:
    bench.tune(idle_timeout=2.0)

    def drip(_request: Request, connection: socket.socket) -> bool:
        connection.sendall(head(200, {"Content-Length": str(len(BODY))}))
        for byte in BODY:
            connection.sendall(bytes([byte]))
            threading.Event().wait(0.3)
        return True

    assert bench.fetch(wanted_of(BODY), bench.serve(drip)).path.read_bytes() == BODY


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, BODY[:4], length=len(BODY), then="close"),
        Reply(200, BODY[:4], length=len(BODY), then="reset"),
        Reply(200, b"b\r\nmode", {"Transfer-Encoding": "chunked"}, then="close"),
        Reply(200, b"zz\r\nmodel", {"Transfer-Encoding": "chunked"}, then="close"),
    ],
)
def test_dropped_in_the_middle(bench: Bench, reply: Reply) -> None:
    server = bench.serve(script(reply))
    with pytest.raises(ConnectionRefused, match="dropped"):
        bench.fetch(wanted_of(BODY), server)
    assert len(server.requests) == 3


@pytest.mark.parametrize("greeting", [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 abc\r\n\r\n"])
def test_no_http_at_all(bench: Bench, greeting: bytes) -> None:
    def handler(_request: Request, connection: socket.socket) -> bool:
        connection.sendall(greeting)
        if not greeting:
            reset(connection)
        return False

    with pytest.raises(ConnectionRefused):
        bench.fetch(wanted_of(BODY), bench.serve(handler))


@pytest.mark.parametrize(
    "url", ["http://", "http://[::1/file", "models.test/file", "http://a.test:port/file", "htp://x/y"]
)
def test_a_url_that_is_none(bench: Bench, url: str) -> None:
    with pytest.raises(ConfigError):
        bench.fetch(wanted_of(BODY), UrlMirror(url, "x"))


class TlsServer:
    """Answers one file over TLS, and counts connections."""

    def __init__(self, certificate: Path) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.connections = 0
        self._accepting = threading.Thread(target=self._serve, args=(context,), daemon=True)
        self._accepting.start()

    def close(self) -> None:
        close_listener(self.listener, self._accepting)

    def _serve(self, context: ssl.SSLContext) -> None:
        while True:
            try:
                plain, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            try:
                with context.wrap_socket(plain, server_side=True) as connection:
                    connection.recv(65536)
                    connection.sendall(head(200, {"Content-Length": str(len(BODY))}) + BODY)
            except OSError:
                continue


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    path = tmp_path / "server.pem"
    public = tmp_path / "cert.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject]
    subprocess.run([*command, "-keyout", str(path), "-out", str(public)], check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + public.read_bytes())
    return path


@pytest.fixture
def tls(certificate: Path) -> Iterator[TlsServer]:
    server = TlsServer(certificate)
    yield server
    server.close()


def test_tls_is_not_retried(bench: Bench, tls: TlsServer) -> None:
    with pytest.raises(TlsFailure, match="self-signed"):
        bench.fetch(wanted_of(BODY), f"https://127.0.0.1:{tls.port}/file")
    assert tls.connections == 1


def test_the_ca_bundle_of_the_environment_is_trusted(
    bench: Bench, tls: TlsServer, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate.with_name("cert.pem")))

    assert bench.fetch(wanted_of(BODY), f"https://127.0.0.1:{tls.port}/file").path.read_bytes() == BODY


def test_no_tls_at_the_other_end(bench: Bench) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(head(400, {}))

        threading.Thread(target=answer, daemon=True).start()
        with pytest.raises(TlsFailure, match="wrong version"):
            bench.fetch(wanted_of(BODY), f"https://127.0.0.1:{listener.getsockname()[1]}/file")


def test_a_mistake_of_ours_is_not_the_networks(bench: Bench) -> None:
    # Whoever gives such a token has made a mistake, and no server had a part in it.
    server = bench.serve(script(Reply(200, BODY)))

    with pytest.raises(UnicodeEncodeError):
        bench.fetch(wanted_of(BODY), UrlMirror(server.url(), "x", "日本"))
    assert server.requests == []


@pytest.mark.parametrize("error", [TypeError("x"), ValueError("x"), AttributeError("x"), MemoryError("x")])
def test_only_what_tells_of_trouble_is_the_networks(error: Exception) -> None:
    assert not isinstance(error, NETWORK_FAILURES)


@pytest.mark.parametrize("code", [errno.EMFILE, errno.ENFILE, errno.ENOMEM])
def test_what_this_machine_lacks_is_not_the_hosts(code: int) -> None:
    lack = OSError(code, os.strerror(code))
    error = opening_error(requests.ConnectionError(ProtocolError("x", lack)), "http://h/", "http://h/", 1)

    assert error.kind == "system"
    assert isinstance(error, LocalError)
    assert os.strerror(code) in str(error)


@pytest.mark.parametrize("bundle", ["missing", "garbage"])
def test_a_ca_bundle_that_is_none(
    bench: Bench, tls: TlsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bundle: str
) -> None:
    path = tmp_path / "bundle.pem"
    if bundle == "garbage":
        path.write_text("no certificate at all")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(path))

    with pytest.raises(TlsFailure):
        bench.fetch(wanted_of(BODY), f"https://127.0.0.1:{tls.port}/file")
    assert bench.fetch(wanted_of(BODY), bench.serve(script(Reply(200, BODY)))).path.read_bytes() == BODY


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:9", "foo://127.0.0.1:9", "http://", "http://:x", "::"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_cannot_be_used_is_named(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, scheme: str, proxy: str
) -> None:
    monkeypatch.setenv(f"{scheme}_proxy", proxy)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)

    with pytest.raises(ConfigError, match=r"proxy for models\.test"):
        bench.fetch(wanted_of(BODY), f"{scheme}://models.test/file")


@pytest.mark.parametrize(
    "host", ["a" * 70 + ".test", "x..y", ".test", "é" + "x" * 64 + ".test", "a.test:99999"]
)
def test_a_host_that_cannot_be(bench: Bench, monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    with pytest.raises(ConfigError, match="not a usable URL"):
        bench.fetch(wanted_of(BODY), f"http://{host}/file")
    server = bench.serve(script(Reply(302, headers={"Location": f"http://{host}/file"})))
    with pytest.raises(ModelTasksError) as caught:
        bench.fetch(wanted_of(BODY), server)
    assert caught.value.kind in {"bad-answer", "http-status"}
