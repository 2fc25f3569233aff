"""A second judge through the command line: it finds the red seconds of a film, here and on a server."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from tests.support.programs import Outcome, video_censor
from tests.support.shot_films import red_film
from tests.support.tiny_llava import PROJECTOR, TEXT, tiny_llava
from video_censor_personal.vlm.local import require_library

REDS = [0.0] * 50 + [1.0] * 25 + [0.0] * 50 + [1.0] * 25 + [0.0] * 25
"""Red in its third second and in its sixth."""
FOUND = [
    {"start": 0.5, "end": 1.0, "label": "Violence", "score": 0.4},
    {"start": 2.2, "end": 2.8, "label": "Violence", "score": 0.3},
    {"start": 5.0, "end": 6.0, "label": "Violence", "score": 0.1},
]
"""What another detector is unsure of: a green stretch and a red one. In the other red one it saw nothing."""


@pytest.fixture
def here(tmp_path: Path) -> Path:
    folder = tmp_path / "cwd"
    folder.mkdir()
    red_film(folder / "film.mkv", REDS)
    (folder / "script.json").write_text(json.dumps(FOUND))
    return folder


@pytest.fixture
def model(cache_dir: Path) -> dict[str, Any]:
    """The entry of a model that is in its place already."""
    folder = tiny_llava(cache_dir / "red")
    files = [
        {"path": name, "checksum": f"sha256:{hashlib.sha256((folder / name).read_bytes()).hexdigest()}"}
        for name in (TEXT, PROJECTOR)
    ]
    return {"name": "red", "repo": "a/b", "files": files}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """A llama.cpp server with the model."""
    folder = tiny_llava(tmp_path / "served")
    parameters = require_library().CommonParams()
    parameters.model.path, parameters.mmproj.path = str(folder / TEXT), str(folder / PROJECTOR)
    parameters.n_ctx, parameters.n_parallel, parameters.verbosity = 4096, 1, -1
    parameters.warmup = parameters.fit_params = False
    parameters.endpoint_metrics = True
    running = require_library().Server(parameters)
    running.handle_metrics()
    yield f"{running.listening_address}/v1"
    del running


def analyse(here: Path, config: Path, *more: object) -> Outcome:
    return video_censor(
        here, "--input", "film.mkv", "--output", "r.json", "--json", "--config", config, *more
    )


def found(here: Path) -> list[tuple[float, float]]:
    segments = json.loads((here / "r.json").read_text())["segments"]
    return [(each["start_time_seconds"], each["end_time_seconds"]) for each in segments]


def coverage(here: Path) -> dict[str, Any]:
    entries = json.loads((here / "r.json").read_text())["metadata"]["coverage"]
    (entry,) = [each for each in entries if each["detector"] == "judge"]
    assert isinstance(entry, dict)
    return entry


def judge(**more: object) -> dict[str, object]:
    return {"name": "judge", "type": "llava", "categories": ["Violence"], **more}


NO_MERGING = {"segment_merge": {"enabled": False}}


def test_a_picture_of_each_shot_is_judged(
    here: Path, config_file: Callable[..., Path], model: dict[str, Any]
) -> None:
    config = config_file(model, detectors=[judge(model="red")], processing=NO_MERGING)
    reply = analyse(here, config)
    assert reply.code == 0, reply.err
    assert found(here) == [(2.0, 3.0), (5.0, 6.0)]
    assert coverage(here)["judged"] == {"asked_for": 5, "chosen": 5, "judged": 5, "failed": [], "why": None}
    assert coverage(here)["device"] == "cpu"
    assert "judge judged 5 of 5 pictures of video stream 0" in reply.err


def test_only_what_another_is_unsure_of_is_judged(
    here: Path, config_file: Callable[..., Path], model: dict[str, Any]
) -> None:
    other = {"name": "notes", "type": "scripted", "script": str(here / "script.json"), "threshold": 0.9}
    config = config_file(
        model, detectors=[judge(model="red", judges=["notes"]), other], processing=NO_MERGING
    )
    reply = analyse(here, config)
    assert reply.code == 0, reply.err
    assert found(here) == [(2.2, 2.8)]
    assert coverage(here)["judged"]["judged"] == 2


def test_a_server_judges_as_well(here: Path, config_file: Callable[..., Path], server: str) -> None:
    config = config_file(detectors=[judge(endpoint=server)], processing=NO_MERGING)
    reply = analyse(here, config)
    assert reply.code == 0, reply.err
    assert found(here) == [(2.0, 3.0), (5.0, 6.0)]
    assert coverage(here)["device"] == server


class Flaky:
    """A server that rates every picture 9, until it has answered so often as it may."""

    def __init__(self, server: HTTPServer) -> None:
        self.url = server.url_for("/v1")
        self.may_answer = 0
        self.asked = 0
        server.expect_request("/v1/models").respond_with_json({"data": [{"id": "eyes"}]})
        server.expect_request("/v1/chat/completions").respond_with_handler(self._answer)

    def _answer(self, _: Request) -> Response:
        self.asked += 1
        if self.may_answer <= 0:
            return Response('{"error": "out of memory"}', 404)
        self.may_answer -= 1
        return Response(json.dumps({"choices": [{"message": {"content": '{"Violence": 9}'}}]}))


def test_what_a_server_did_not_judge_is_told_and_judged_by_the_next_run(
    here: Path, config_file: Callable[..., Path], httpserver: HTTPServer
) -> None:
    flaky = Flaky(httpserver)
    config = config_file(detectors=[judge(endpoint=flaky.url)], processing=NO_MERGING)

    flaky.may_answer = 2
    reply = analyse(here, config)
    assert reply.code == 1
    assert flaky.asked == 2 + 3, "after three failures no more are tried"
    assert (
        "judged 2 of 5 pictures of video stream 0, not 3.00-7.00: it answers with status 404: out of memory"
        in reply.err
    )
    assert found(here) == [(0.0, 3.0)], "what was judged is kept"
    entry = coverage(here)
    assert entry["incomplete"] is True
    assert (entry["judged"]["chosen"], entry["judged"]["judged"]) == (5, 2)
    assert entry["judged"]["failed"] == [{"start": 3.0, "end": 7.0}]
    assert entry["looked_at_seconds"] == 3.0

    flaky.may_answer, flaky.asked = 9, 0
    reply = analyse(here, config)
    assert reply.code == 0, reply.err
    assert flaky.asked == 3, "none is judged twice"
    assert found(here) == [(0.0, 7.0)]

    flaky.asked = 0
    assert analyse(here, config).code == 0
    assert flaky.asked == 0


def test_who_accepts_what_was_not_judged_need_not_have_it_judged_again(
    here: Path, config_file: Callable[..., Path], httpserver: HTTPServer
) -> None:
    flaky = Flaky(httpserver)
    config = config_file(detectors=[judge(endpoint=flaky.url)])
    flaky.may_answer = 1
    assert analyse(here, config).code == 1
    flaky.asked = 0
    analyse(here, config, "--allow-incomplete")
    assert flaky.asked == 0
    assert coverage(here)["judged"]["judged"] == 1


def test_a_server_that_is_down_is_told_before_the_film_is_decoded(
    here: Path, config_file: Callable[..., Path]
) -> None:
    config = config_file(detectors=[judge(endpoint="http://127.0.0.1:1/v1")])
    reply = analyse(here, config)
    assert reply.code == 1
    assert "The server http://127.0.0.1:1/v1 cannot be used" in reply.err
    assert "Connection refused" in reply.err
    assert not (here / "r.json").exists()


def test_files_that_are_no_model_are_told_before_the_film_is_decoded(
    here: Path, cache_dir: Path, config_file: Callable[..., Path], model: dict[str, Any]
) -> None:
    text = b"I am no model"
    (cache_dir / "red" / PROJECTOR).write_bytes(text)
    model["files"][1]["checksum"] = f"sha256:{hashlib.sha256(text).hexdigest()}"
    reply = analyse(here, config_file(model, detectors=[judge(model="red")]))
    assert reply.code == 1
    assert "red-mmproj.gguf is no GGUF file" in reply.err
