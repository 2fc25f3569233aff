"""A model that a server has: Ollama, llama-server, LM Studio, or any other with the API of OpenAI."""

from __future__ import annotations

import ipaddress
import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from video_censor_personal.errors import DetectorError, NotJudged
from video_censor_personal.vlm.answer import error_text, shortened
from video_censor_personal.vlm.request import schema

if TYPE_CHECKING:
    from requests import PreparedRequest, Response, Session

_CONNECT_SECONDS = 5.0
_PAUSES = (0.5, 2.0)
"""Seconds before a request is sent again."""
_LARGEST_ANSWER = 4 * 1024 * 1024
_BLOCK = 64 * 1024
_REFUSED = (401, 403)
_BUSY = (408, 429, 500, 502, 503, 504)
_NOT_UNDERSTOOD = (400, 415, 422, 501)


logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class EndpointSettings:
    """Where the server is, and what it takes.

    `model` is None for the only one that it has. `key` is sent with each request. `timeout` is in seconds,
    for a whole answer.
    """

    url: str
    model: str | None = None
    key: str | None = None
    timeout: float = 120.0


def why_no_endpoint(url: str) -> str | None:
    """Return why a text is no address of a server; None where it is one."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        return str(error)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "an address such as http://127.0.0.1:11434/v1 is needed"
    return "a key does not belong into the address" if parts.username or parts.password else None


def is_here(url: str) -> bool:
    """Whether an address is one of this machine's alone, whoever answers names."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


class Endpoint:
    """A server's model. Nothing is sent to where it redirects, and what is here is asked without a proxy."""

    def __init__(self, settings: EndpointSettings) -> None:
        self._settings = settings
        self._session = _session(settings)
        self._model = settings.model
        self._is_plain = False

    def check(self) -> None:
        """Find out whether the server has the model.

        Raises:
            DetectorError: it does not answer, or has no such model.
        """
        try:
            answer = self._answer("GET", "/models", None)
            names = [str(each["id"]) for each in answer["data"]]
        except NotJudged as error:
            raise self._unusable(error.why) from error
        except _NotUnderstood as error:
            raise self._unusable(str(error)) from error
        except (KeyError, TypeError) as error:
            raise self._unusable(f"it lists no models: {shortened(str(answer))}") from error
        listed = ", ".join(names) or "none"
        if self._model is None:
            if len(names) != 1:
                raise self._unusable(f"`endpoint_model` is needed to choose one of its models: {listed}")
            (self._model,) = names
        elif self._model not in names and f"{self._model}:latest" not in names:
            raise self._unusable(f"it has no model {self._model}; it has: {listed}")

    def chat(self, request: Mapping[str, Any], concepts: Mapping[str, str]) -> object:
        """Return the answer to a request; where the server takes it, in the form that is asked for.

        Raises:
            NotJudged: no answer came, or one that is no JSON.
        """
        if self._model is None:
            self.check()
        body = {**request, "model": self._model}
        if not self._is_plain:
            form = {"name": "ratings", "strict": True, "schema": schema(concepts)}
            bound = {**body, "response_format": {"type": "json_schema", "json_schema": form}}
            try:
                return self._answer("POST", "/chat/completions", bound)
            except _NotUnderstood as error:
                logger.debug("%s: %s", self._settings.url, error)
        plain = {name: value for name, value in body.items() if name not in ("logprobs", "top_logprobs")}
        try:
            answer = self._answer("POST", "/chat/completions", plain)
        except _NotUnderstood as error:
            raise NotJudged(str(error)) from error
        self._is_plain = True
        return answer

    def close(self) -> None:
        """Close connections."""
        self._session.close()

    def _unusable(self, why: str) -> DetectorError:
        return DetectorError(
            f"The server {self._settings.url} cannot be used",
            why,
            "Start it, with a model that sees pictures, or correct `endpoint`, `endpoint_model` or "
            "`api_key_env` of the detector",
        )

    def _answer(self, method: str, path: str, body: Mapping[str, Any] | None) -> Any:
        for pause in (*_PAUSES, None):
            try:
                return self._once(method, path, body)
            except _TryAgain as error:
                if pause is None:
                    raise NotJudged(str(error)) from error
                time.sleep(pause)
        raise AssertionError

    def _once(self, method: str, path: str, body: Mapping[str, Any] | None) -> Any:
        import requests

        deadline = time.monotonic() + self._settings.timeout
        try:
            with self._session.request(
                method,
                self._settings.url.rstrip("/") + path,
                json=body,
                timeout=(_CONNECT_SECONDS, self._settings.timeout),
                allow_redirects=False,
                stream=True,
            ) as response:
                content = _content(response, deadline)
        except (requests.Timeout, TimeoutError) as error:
            raise NotJudged(f"it did not answer within {self._settings.timeout:g} s") from error
        except requests.exceptions.SSLError as error:
            raise NotJudged(f"no secure connection to it: {shortened(str(error))}") from error
        except requests.ConnectionError as error:
            raise _TryAgain(f"nothing answers there: {_cause(error)}") from error
        except requests.RequestException as error:
            raise NotJudged(f"it cannot be asked: {shortened(str(error))}") from error
        return _parsed(response, content, has_key=self._settings.key is not None)


class _TryAgain(Exception):
    """It may be better in a moment; the text says what is wrong."""


class _NotUnderstood(Exception):
    """The server does not know something that was asked for; the text says what."""


def _session(settings: EndpointSettings) -> Session:
    import requests

    class Key(requests.auth.AuthBase):
        """Sends the key, and nothing that another file has for this host."""

        def __call__(self, request: PreparedRequest) -> PreparedRequest:
            if settings.key is not None:
                request.headers["Authorization"] = f"Bearer {settings.key}"
            return request

    session = requests.Session()
    session.trust_env = not is_here(settings.url)
    session.auth = Key()
    return session


def _content(response: Response, deadline: float) -> bytes:
    """Read an answer. Raises TimeoutError, NotJudged where it does not end in time or is far too long."""
    blocks: list[bytes] = []
    size = 0
    for block in response.iter_content(_BLOCK):
        blocks.append(block)
        size += len(block)
        if time.monotonic() > deadline:
            raise TimeoutError
        if size > _LARGEST_ANSWER:
            raise NotJudged("its answer is longer than 4 MiB")
    return b"".join(blocks)


def _parsed(response: Response, content: bytes, *, has_key: bool) -> Any:
    status = response.status_code
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().casefold()
    if response.is_redirect or 300 <= status < 400:
        raise NotJudged(f"it redirects to {shortened(response.headers.get('Location', 'nowhere'))}")
    if status in _REFUSED:
        raise NotJudged(f"it refuses {'the key' if has_key else 'requests without a key'} ({status})")
    if kind == "text/html" or content.lstrip()[:1] == b"<":
        raise NotJudged(f"it answers with a web page ({status}): this is not the address of its API")
    if kind == "text/event-stream" or content.startswith(b"data:"):
        raise NotJudged("it streams its answer, although it was asked not to")
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError) as error:
        if status < 400:
            said = shortened(content.decode("utf-8", "replace"))
            raise NotJudged(f"its answer is no JSON: {said or 'nothing'}") from error
        answer = content.decode("utf-8", "replace")
    if status >= 400:
        why = f"it answers with status {status}: {error_text(answer)}"
        if status in _NOT_UNDERSTOOD:
            raise _NotUnderstood(why)
        raise _TryAgain(why) if status in _BUSY else NotJudged(why)
    return answer


def _cause(error: BaseException) -> str:
    """What the system says of a connection that failed; libraries wrap it several times."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        reason = getattr(cause, "reason", None) or (cause.args[0] if cause.args else None)
        cause = reason if isinstance(reason, BaseException) else cause.__cause__ or cause.__context__
    return shortened(str(error))
