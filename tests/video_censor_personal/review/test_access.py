"""Nobody but the user's own page gets an answer."""

from __future__ import annotations

import asyncio
import http.client
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import requests
from starlette.responses import Response
from starlette.types import ASGIApp, Message

from tests.video_censor_personal.review.page import Page, film, finder, found, page, results_of
from video_censor_personal.review.access import Access, Guard

JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    folder = tmp_path_factory.mktemp("access")
    results = results_of(film(folder / "film.mp4"), found(0.2, 0.5))
    with page(finder(folder), results) as made:
        yield made


def ask(
    page: Page, path: str = "/api/films", method: str = "GET", body: str | None = None, **headers: str
) -> requests.Response:
    """Ask without any secret but what is given."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    url = page.root + path
    return requests.request(method, url, data=body, headers=named, timeout=60, allow_redirects=False)


def test_the_address_lets_in_and_leaves_no_secret_in_it(opened: Page) -> None:
    entered = requests.get(opened.access.address, timeout=60, allow_redirects=False)
    assert (entered.status_code, entered.headers["Location"]) == (303, "/")
    cookie = entered.headers["Set-Cookie"]
    assert cookie.startswith(f"video-censor-{opened.server.port}=")
    assert {"httponly", "samesite=strict"} <= {part.strip().lower() for part in cookie.split(";")}
    assert requests.get(opened.access.address, timeout=60).status_code == 200  # by the cookie


def test_what_a_browser_is_started_with_is_good_once(opened: Page) -> None:
    address = opened.access.address_once
    answers = [requests.get(address, timeout=60, allow_redirects=False) for _ in range(2)]
    assert [each.status_code for each in answers] == [303, 403]
    assert "again" in answers[1].text


@pytest.mark.parametrize(
    "path", ["/", "/api/films", "/api/state", "/static/index.html", "/api/films/f0/media"]
)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer "},
        {"Authorization": "Basic TOKEN"},
        {"Authorization": "Bearer \xe9\xff"},
        {"Cookie": "other=TOKEN"},
        {"Cookie": "video-censor-PORT=wrong"},
        {"Cookie": "video-censor-PORT="},
        {"Cookie": ";;=;\x01"},
    ],
)
def test_without_the_secret_nothing_is_told(opened: Page, path: str, headers: dict[str, str]) -> None:
    port = str(opened.server.port)
    filled = {
        name: value.replace("TOKEN", opened.access.token).replace("PORT", port).encode("latin-1")
        for name, value in headers.items()
    }
    answer = requests.get(opened.root + path, headers=filled, timeout=60)
    assert answer.status_code == 401
    if path.startswith("/api/"):
        assert set(answer.json()["error"]) == {"kind", "what", "why", "fix"}
    else:
        assert "video-censor review" in answer.text


@pytest.mark.parametrize(
    "foreign",
    ['prefs={"a":1}', "a b", "x[1]=2", "version=1", "$Path=/", 'open="', "café=é", "video-censor-PORT=old"],
)
@pytest.mark.parametrize("line", ["{foreign}; {ours}", "{ours}; {foreign}", "{foreign};{ours};"])
def test_cookies_of_other_programs_on_this_machine_lock_nobody_out(
    opened: Page, foreign: str, line: str
) -> None:
    ours = f"video-censor-PORT={opened.access.token}"
    cookies = line.format(foreign=foreign, ours=ours).replace("PORT", str(opened.server.port))
    answer = requests.get(opened.root + "/", headers={"Cookie": cookies.encode()}, timeout=60)
    assert answer.status_code == 200


def test_a_wrong_token_is_told_and_sets_nothing(opened: Page) -> None:
    for token in ("wrong", "", "%ff", opened.access.token[:-1], opened.access.token + "x"):
        answer = ask(opened, f"/?token={token}")
        assert (answer.status_code, answer.headers.get("Set-Cookie")) == (403, None)


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:PORT", "127.0.0.1", "127.0.0.1:1", "[::1]:PORT", ""]
)
def test_another_name_for_this_machine_is_refused(opened: Page, host: str) -> None:
    host = host.replace("PORT", str(opened.server.port))
    for path in ("/", "/api/films", f"/?token={opened.access.token}"):
        answer = ask(opened, path, Host=host, Authorization=f"Bearer {opened.access.token}")
        assert answer.status_code in ({400, 421} if not host else {421})
        assert "Set-Cookie" not in answer.headers


def test_two_hosts_are_one_too_many(opened: Page) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", opened.server.port, timeout=60)
    connection.putrequest("GET", "/api/films", skip_host=True)
    for host in (f"127.0.0.1:{opened.server.port}", "evil.example"):
        connection.putheader("Host", host)
    connection.putheader("Authorization", f"Bearer {opened.access.token}")
    connection.endheaders()
    assert connection.getresponse().status in {400, 421}


def test_localhost_is_this_machine(opened: Page) -> None:
    host = f"localhost:{opened.server.port}"
    assert ask(opened, Host=host, Authorization=f"Bearer {opened.access.token}").status_code == 200


@pytest.mark.parametrize(
    ("port", "host", "origin", "status"),
    [
        (80, "127.0.0.1", "http://127.0.0.1", 200),
        (80, "localhost", "http://localhost", 200),
        (80, "127.0.0.1:80", "http://127.0.0.1:80", 200),
        (80, "evil.example", "http://127.0.0.1", 421),
        (80, "127.0.0.1", "http://evil.example", 403),
        (80, "127.0.0.1", "https://127.0.0.1", 403),
        (8080, "127.0.0.1", "http://127.0.0.1:8080", 421),
        (8080, "127.0.0.1:8080", "http://127.0.0.1", 403),
    ],
)
def test_the_usual_port_is_left_out_of_addresses(port: int, host: str, origin: str, status: int) -> None:
    """Without a socket: not everybody may listen there."""
    access = Access(port)
    headers = {"Host": host, "Origin": origin, "Authorization": f"Bearer {access.token}", **JSON}
    assert asyncio.run(answered(Guard(Response(), access), headers)) == status


async def answered(app: ASGIApp, headers: Mapping[str, str]) -> int:
    """Return the status with which an application answers to who posts."""
    statuses: list[int] = []

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "POST", "path": "/api/quit", "query_string": b"", "headers": raw}
    await app(scope, receive, send)
    (status,) = statuses
    return status


@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({**JSON, "Origin": "http://evil.example"}, 403),
        ({**JSON, "Origin": "null"}, 403),
        ({**JSON, "Origin": "http://127.0.0.1:1"}, 403),
        ({**JSON, "Origin": "https://127.0.0.1:PORT"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({}, 415),
        ({**JSON, "Origin": "http://127.0.0.1:PORT"}, 200),
        ({**JSON, "Origin": "http://localhost:PORT"}, 200),
        ({"Content-Type": "application/json; charset=utf-8"}, 200),
    ],
)
def test_only_the_page_itself_changes_anything(
    opened: Page, method: str, headers: dict[str, str], status: int
) -> None:
    port = str(opened.server.port)
    filled = {name: value.replace("PORT", port) for name, value in headers.items()}
    path = "/api/films/f0/render" if method == "DELETE" else "/api/films/f0/film"
    body = None if method == "DELETE" else f'{{"path": "{opened.first.place.film}"}}'
    filled["Authorization"] = f"Bearer {opened.access.token}"
    assert (
        requests.request(method, opened.root + path, data=body, headers=filled, timeout=60).status_code
        == status
    )


def test_every_answer_protects_the_page(opened: Page) -> None:
    for answer in (opened.get("/"), opened.get("/api/films"), opened.get("/nothing"), ask(opened, "/")):
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "Access-Control-Allow-Origin" not in answer.headers
    assert opened.get("/api/films").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    [
        *("/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/static/%2e%2e%2fapp.py"),
        *("/static//etc/passwd", "/static/..\\app.py", "/static/", "/static/nothing.js", "/static/a%00b"),
    ],
)
def test_nothing_beside_the_page_is_given_out(opened: Page, path: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", opened.server.port, timeout=60)
    connection.request("GET", path, headers={"Authorization": f"Bearer {opened.access.token}"})
    answer = connection.getresponse()
    assert answer.status in {400, 404, 405}
    assert b"Guard" not in answer.read()


def test_two_servers_have_two_secrets(opened: Page, tmp_path: Path) -> None:
    results = results_of(film(tmp_path / "film.mp4"), found(0.2, 0.5))
    with page(finder(tmp_path), results) as other:
        crossed = requests.get(
            other.root + "/api/films", headers={"Authorization": f"Bearer {opened.access.token}"}, timeout=60
        )
        assert crossed.status_code == 401
        assert other.get("/api/films").status_code == opened.get("/api/films").status_code == 200
