"""A server with the API of OpenAI: what it answers, and all the ways in which it does not."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from tests.support.tiny_llava import PROJECTOR, TEXT, tiny_llava
from video_censor_personal.errors import DetectorError, NotJudged
from video_censor_personal.vlm import endpoint
from video_censor_personal.vlm.answer import scores
from video_censor_personal.vlm.endpoint import Endpoint, EndpointSettings, is_here, why_no_endpoint
from video_censor_personal.vlm.gguf import vision_files
from video_censor_personal.vlm.local import CPU, LocalModel, LocalSettings, require_library
from video_censor_personal.vlm.request import chat_request, instructions, jpeg

CONCEPTS = {"Violence": ""}
RATED = {"choices": [{"message": {"content": '{"Violence": 9}'}}]}
MODELS = {"data": [{"id": "eyes"}]}
Answer = Callable[[Request], Response]


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "_PAUSES", (0.0, 0.0))


def asked(url: str, **settings: Any) -> dict[str, float]:
    client = Endpoint(EndpointSettings(url, **{"model": "eyes", **settings}))
    try:
        return scores(client.chat(chat_request("Rate", b"jpeg", CONCEPTS), CONCEPTS), tuple(CONCEPTS))
    finally:
        client.close()


def checked(url: str, **settings: Any) -> None:
    client = Endpoint(EndpointSettings(url, **settings))
    try:
        client.check()
    finally:
        client.close()


@pytest.fixture
def url(httpserver: HTTPServer) -> str:
    return httpserver.url_for("/v1")


def serve(server: HTTPServer, answer: Answer, path: str = "/v1/chat/completions") -> None:
    server.expect_request(path).respond_with_handler(answer)


def test_it_is_asked_for_the_form_and_the_probabilities(httpserver: HTTPServer, url: str) -> None:
    seen: list[Request] = []

    def answer(request: Request) -> Response:
        seen.append(request)
        return Response(json.dumps(RATED), content_type="application/json")

    serve(httpserver, answer)
    assert asked(url + "/", key="secret") == {"Violence": 1.0}
    (request,) = seen
    body = json.loads(request.get_data())
    assert body["model"] == "eyes"
    assert body["stream"] is False
    assert body["logprobs"] is True
    assert body["response_format"]["json_schema"]["schema"]["required"] == ["Violence"]
    assert request.headers["Authorization"] == "Bearer secret"


def test_a_server_that_does_not_know_forms_is_asked_without(httpserver: HTTPServer, url: str) -> None:
    bodies: list[dict[str, Any]] = []

    def answer(request: Request) -> Response:
        bodies.append(json.loads(request.get_data()))
        if "response_format" in bodies[-1]:
            return Response('{"error": "unknown field response_format"}', 400)
        return Response(json.dumps(RATED))

    serve(httpserver, answer)
    client = Endpoint(EndpointSettings(url, "eyes"))
    for _ in range(2):
        assert client.chat(chat_request("Rate", b"jpeg", CONCEPTS), CONCEPTS) == RATED
    client.close()
    assert ["response_format" in body for body in bodies] == [True, False, False]
    assert "logprobs" not in bodies[-1]


BAD: dict[str, tuple[Response | Callable[[], Response], str]] = {
    "no such path": (lambda: Response("not found", 404), "status 404: not found"),
    "no such model": (
        lambda: Response('{"error": {"message": "model \\"eyes\\" not found"}}', 404),
        'status 404: model "eyes" not found',
    ),
    "no key": (lambda: Response('{"error": "no"}', 401), r"refuses requests without a key \(401\)"),
    "forbidden": (lambda: Response("", 403), r"refuses requests without a key \(403\)"),
    "a web page": (lambda: Response("<html>Hi</html>", content_type="text/html"), r"a web page \(200\)"),
    "a page that says it is JSON": (
        lambda: Response("<!DOCTYPE html>", content_type="application/json"),
        "a web page",
    ),
    "a page of an error": (lambda: Response("<html>", 502, content_type="text/html"), r"a web page \(502\)"),
    "text": (lambda: Response("I am no JSON"), "its answer is no JSON: I am no JSON"),
    "nothing": (lambda: Response(""), "its answer is no JSON: nothing"),
    "half of it": (lambda: Response('{"choices": [{"mess'), "its answer is no JSON"),
    "bytes": (lambda: Response(b"\xff\xfe\x00"), "its answer is no JSON"),
    "another object": (lambda: Response('{"ok": true}'), "no chat completion"),
    "a list": (lambda: Response("[]"), "no chat completion"),
    "an error that is called a success": (lambda: Response('{"error": "out of memory"}'), "out of memory"),
    "a stream": (
        lambda: Response('data: {"choices": []}\n\ndata: [DONE]\n', content_type="text/event-stream"),
        "it streams its answer",
    ),
    "a stream that does not say so": (lambda: Response("data: {}\n\n"), "it streams its answer"),
    "elsewhere": (
        lambda: Response("", 307, headers={"Location": "http://example.org/v1"}),
        "it redirects to http://example.org/v1",
    ),
    "too busy": (lambda: Response('{"detail": "queue is full"}', 503), "status 503: queue is full"),
    "too long": (lambda: Response(b" " * (5 * 1024 * 1024)), "longer than 4 MiB"),
}


@pytest.mark.parametrize(("answer", "why"), BAD.values(), ids=BAD)
def test_what_it_answers_badly_is_not_judged(
    httpserver: HTTPServer, url: str, answer: Callable[[], Response], why: str
) -> None:
    serve(httpserver, lambda _: answer())
    with pytest.raises(NotJudged, match=why):
        asked(url)


def test_a_key_that_is_refused_is_not_shown(httpserver: HTTPServer, url: str) -> None:
    serve(httpserver, lambda _: Response("", 401))
    with pytest.raises(NotJudged, match=r"refuses the key \(401\)") as refused:
        asked(url, key="very-secret")
    assert "very-secret" not in str(refused.value)


@pytest.mark.parametrize(("failures", "is_judged"), [(1, True), (2, True), (3, False)])
def test_one_that_is_busy_is_asked_again(
    httpserver: HTTPServer, url: str, failures: int, is_judged: bool
) -> None:
    answers = iter([Response("busy", 429)] * failures + [Response(json.dumps(RATED))])
    serve(httpserver, lambda _: next(answers))
    if is_judged:
        assert asked(url) == {"Violence": 1.0}
    else:
        with pytest.raises(NotJudged, match="status 429: busy"):
            asked(url)


def test_one_that_is_down_is_named(url: str, closed_port: int) -> None:
    down = f"http://127.0.0.1:{closed_port}/v1"
    with pytest.raises(NotJudged, match="nothing answers there: Connection refused"):
        asked(down)
    with pytest.raises(DetectorError, match="Connection refused") as failure:
        checked(down)
    assert failure.value.what == f"The server {down} cannot be used"


@pytest.fixture
def silent() -> Iterator[str]:
    """A server that takes connections, sends what it is told to, and then nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/v1"


def test_one_that_does_not_answer_is_not_waited_for(silent: str) -> None:
    with pytest.raises(NotJudged, match=r"did not answer within 0\.2 s"):
        asked(silent, timeout=0.2)


def test_one_that_never_ends_is_not_waited_for() -> None:
    done = threading.Event()

    def drip(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
            while not done.wait(0.05):
                try:
                    connection.sendall(b" " * 70_000)
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=drip, args=(server,))
        thread.start()
        try:
            with pytest.raises(NotJudged, match=r"did not answer within 0\.5 s"):
                asked(f"http://127.0.0.1:{server.getsockname()[1]}/v1", timeout=0.5)
        finally:
            done.set()
            thread.join()


def test_one_that_hangs_up_is_named() -> None:
    def hang_up(server: socket.socket) -> None:
        for _ in range(3):
            connection, _ = server.accept()
            connection.recv(65536)
            connection.close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=hang_up, args=(server,))
        thread.start()
        with pytest.raises(NotJudged, match="nothing answers there"):
            asked(f"http://127.0.0.1:{server.getsockname()[1]}/v1")
        thread.join()


def test_no_proxy_is_asked_for_what_is_here(
    httpserver: HTTPServer, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    serve(httpserver, lambda _: Response(json.dumps(RATED)))
    assert asked(url) == {"Violence": 1.0}


def test_the_only_model_need_not_be_named(httpserver: HTTPServer, url: str) -> None:
    httpserver.expect_request("/v1/models").respond_with_json(MODELS)
    checked(url)
    serve(
        httpserver, lambda request: Response(json.dumps({**RATED, "was": json.loads(request.data)["model"]}))
    )
    assert asked(url, model=None) == {"Violence": 1.0}


LISTED = {
    "another": ({"data": [{"id": "a"}, {"id": "b"}]}, "eyes", "it has no model eyes; it has: a, b"),
    "none": ({"data": []}, "eyes", "it has no model eyes; it has: none"),
    "several": ({"data": [{"id": "a"}, {"id": "b"}]}, None, "`endpoint_model` is needed .*: a, b"),
    "nonsense": ({"models": 3}, "eyes", "it lists no models"),
    "text": ("hello", "eyes", "it lists no models"),
    "numbers": ({"data": [1]}, "eyes", "it lists no models"),
}


@pytest.mark.parametrize(("listed", "model", "why"), LISTED.values(), ids=LISTED)
def test_a_server_without_the_model_is_found_before(
    httpserver: HTTPServer, url: str, listed: object, model: str | None, why: str
) -> None:
    httpserver.expect_request("/v1/models").respond_with_json(listed)
    with pytest.raises(DetectorError, match=why):
        checked(url, model=model)


def test_a_name_without_a_tag_is_the_latest(httpserver: HTTPServer, url: str) -> None:
    httpserver.expect_request("/v1/models").respond_with_json({"data": [{"id": "eyes:latest"}, {"id": "b"}]})
    checked(url, model="eyes")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("http://127.0.0.1:11434/v1", True),
        ("http://localhost/v1", True),
        ("http://[::1]:8080", True),
        ("http://127.3.4.5", True),
        ("http://llama.localhost:1", True),
        ("http://192.168.1.5:11434/v1", False),
        ("https://api.example.org/v1", False),
        ("http://localhost.example.org", False),
        ("http://0.0.0.0:80", False),
        ("http://127.0.0.1.example.org", False),
    ],
)
def test_what_is_on_this_machine(address: str, expected: bool) -> None:
    assert is_here(address) is expected


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1:11434",
        "ftp://127.0.0.1",
        "http://",
        "http://h:port/v1",
        "http://h:99999",
        "http://u:p@h/v1",
    ],
)
def test_what_is_no_address_is_named(address: str) -> None:
    assert why_no_endpoint(address)
    assert why_no_endpoint("http://127.0.0.1:11434/v1") is None


def test_a_real_server_answers_as_the_model_does_in_process(tmp_path: Any) -> None:
    folder = tiny_llava(tmp_path)
    files = vision_files([folder / TEXT, folder / PROJECTOR])
    parameters = require_library().CommonParams()
    parameters.model.path, parameters.mmproj.path = str(files.language), str(files.projector)
    parameters.n_ctx, parameters.n_parallel, parameters.verbosity = 4096, 1, -1
    parameters.warmup = parameters.fit_params = False
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1
    parameters.api_keys = ["secret"]
    server = require_library().Server(parameters)
    local = LocalModel(files, LocalSettings(CPU, 1))
    client = Endpoint(EndpointSettings(f"{server.listening_address}/v1", None, "secret"))
    client.check()
    for colour, expected in (((220, 20, 20), 1.0), ((20, 200, 20), 0.0)):
        picture = jpeg(np.full((48, 64, 3), colour, np.uint8))
        request = chat_request(instructions(CONCEPTS, None), picture, CONCEPTS)
        there = scores(client.chat(request, CONCEPTS), tuple(CONCEPTS))
        here = scores(local.chat(request, CONCEPTS), tuple(CONCEPTS))
        assert there == {"Violence": pytest.approx(expected, abs=0.05)}
        assert here == {"Violence": pytest.approx(expected, abs=0.05)}
    with pytest.raises(NotJudged, match=r"refuses the key \(401\)"):
        asked(f"{server.listening_address}/v1", key="wrong")
    client.close()
    local.close()
