"""How what befalls a request becomes its answer."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response

from video_censor_personal.review.responses import handling_failures, json_response, read_json


def test_a_browser_that_goes_away_in_mid_request_is_no_mistake_of_ours(
    caplog: pytest.LogCaptureFixture,
) -> None:
    parts = iter(
        ({"type": "http.request", "body": b'{"half', "more_body": True}, {"type": "http.disconnect"})
    )

    async def receive() -> MutableMapping[str, Any]:
        return next(parts)

    async def answer(request: Request) -> Response:
        return json_response(await read_json(request))

    async def answered() -> Response:
        return await handling_failures(answer)(Request({"type": "http", "path": "/", "headers": []}, receive))

    assert asyncio.run(answered()).status_code == 499
    assert caplog.records == []
