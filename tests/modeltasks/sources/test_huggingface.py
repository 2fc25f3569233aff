from __future__ import annotations

from pathlib import Path

import pytest
import requests

from modeltasks.errors import ConfigError, ModelTasksError
from modeltasks.sources import parse_source
from modeltasks.sources.huggingface import (
    HubSource,
    access_token,
    endpoint,
    hub_source,
)
from modeltasks.spec import Checksum, ModelFile
from modeltasks.transfer.mirror import UrlMirror
from tests.support.hub import git_sha1
from tests.support.hub_server import HubServer
from tests.support.waiting import PROMPT

WEIGHTS = bytes(range(256)) * 20
FILES = {"config.json": b'{"a": 1}\n', "sub dir/model.bin": WEIGHTS}


def file(path: str) -> ModelFile:
    return ModelFile(path, Checksum("sha256", "0" * 64))


def get(mirror: UrlMirror) -> requests.Response:
    headers = {"Authorization": f"Bearer {mirror.token}"} if mirror.token else {}
    return requests.get(mirror.url, headers=headers, timeout=PROMPT)


def refusal(mirror: UrlMirror) -> ModelTasksError:
    answer = get(mirror)
    assert mirror.explain is not None
    error = mirror.explain(answer.status_code, answer.headers)
    assert error is not None, f"{answer.status_code} {dict(answer.headers)}"
    return error


@pytest.mark.parametrize("revision", ["main", "v1.0", "refs/pr/1", "COMMIT"])
@pytest.mark.parametrize("path", FILES)
def test_both_kinds_of_file_arrive_at_any_revision(hub: HubServer, path: str, revision: str) -> None:
    repo = hub.add("acme/m", FILES)
    repo.tags["v1.0"] = repo.branches["refs/pr/1"] = repo.head
    wanted = repo.head if revision == "COMMIT" else revision
    answer = get(HubSource("acme/m", wanted).mirror(file(path)))
    assert (answer.status_code, answer.content) == (200, FILES[path])


def test_a_large_file_comes_from_the_second_origin_and_a_small_one_does_not(hub: HubServer) -> None:
    hub.add("acme/m", FILES)
    get(HubSource("acme/m").mirror(file("config.json")))
    assert hub.count(origin="cdn") == 0
    get(HubSource("acme/m").mirror(file("sub dir/model.bin")))
    assert hub.count(origin="cdn") == 1


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("hf:acme/m@main/", "/acme/m/resolve/main/a/b%20c.bin"),
        ("hf:acme/m/", "/acme/m/resolve/main/a/b%20c.bin"),
        ("hf:gpt2@main/", "/gpt2/resolve/main/a/b%20c.bin"),
        ("hf:acme/m@refs%2Fpr%2F1/", "/acme/m/resolve/refs%2Fpr%2F1/a/b%20c.bin"),
        ("hf:acme/m@v1/onnx/", "/acme/m/resolve/v1/onnx/a/b%20c.bin"),
        ("hf:acme/m@v1/onnx/model.onnx", "/acme/m/resolve/v1/onnx/model.onnx"),
    ],
)
def test_the_textual_form_names_a_url(monkeypatch: pytest.MonkeyPatch, text: str, url: str) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "https://hub.example/")
    assert HubSource.parse(text).mirror(file("a/b c.bin")).url == "https://hub.example" + url
    assert parse_source(text) == HubSource.parse(text)


@pytest.mark.parametrize("revision", ["main", "refs/pr/1", "0" * 40, "a@b", "ü ö"])
def test_the_textual_form_survives_a_round_trip(revision: str) -> None:
    assert HubSource.parse(hub_source("acme/m", revision)) == HubSource("acme/m", revision)


@pytest.mark.parametrize("text", ["hf:", "hf:acme/m@main", "hf:acme /m@main/", "hf:a/b/c@main/", "hf:@main/"])
def test_a_malformed_form_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="hf:owner/name@revision/"):
        HubSource.parse(text)


def test_the_label_shortens_a_commit_only() -> None:
    assert HubSource("acme/m", "0123456789abcdef" * 2 + "01234567").label == "hf:acme/m@0123456789ab"
    assert HubSource("acme/m", "a-rather-long-branch").label == "hf:acme/m@a-rather-long-branch"


@pytest.mark.parametrize(
    ("case", "kind", "says"),
    [
        ("absent, anonymous", "absent-or-private", "acme/none"),
        ("absent, with a valid token", "absent-or-private", "acme/none"),
        ("private, anonymous", "absent-or-private", "acme/private"),
        ("gated, anonymous", "gated", "/acme/gated"),
        ("gated, no access", "gated", "/acme/gated"),
        ("bad token for a public model", "token-refused", "HF_TOKEN"),
        ("disabled", "disabled", "acme/disabled"),
        ("revision gone", "revision-gone", "no-such-branch"),
        ("file gone", "file-gone", "no-such-file"),
        ("no repository, told by a mirror without codes", "file-gone", "config.json"),
        ("rate limit", "rate-limited", "295 s"),
    ],
)
def test_each_refusal_is_named(
    hub: HubServer, monkeypatch: pytest.MonkeyPatch, case: str, kind: str, says: str
) -> None:
    hub.add("acme/m", FILES)
    hub.add("acme/private", FILES, private=True)
    hub.add("acme/gated", FILES, gated="manual")
    hub.add("acme/disabled", FILES, disabled=True)
    hub.allow("valid")
    source, path = HubSource("acme/m"), "config.json"
    if "valid" in case or "no access" in case:
        monkeypatch.setenv("HF_TOKEN", "valid")
    if "bad token" in case:
        monkeypatch.setenv("HF_TOKEN", "bad")
    if "absent" in case:
        source = HubSource("acme/none")
    elif case.partition(",")[0] in {"private", "gated", "disabled"}:
        source = HubSource("acme/" + case.partition(",")[0])
    elif case == "revision gone":
        source = HubSource("acme/m", "no-such-branch")
    elif case == "file gone":
        path = "no-such-file"
    elif "mirror" in case:
        hub.fail("/resolve/", 404)
    elif case == "rate limit":
        hub.fail("/resolve/", 429, headers={"RateLimit": '"resolvers";r=0;t=295'})
    error = refusal(source.mirror(file(path)))
    assert error.kind == kind
    assert says in str(error)


def test_a_private_file_arrives_with_a_token_that_has_access(
    hub: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.add("acme/private", FILES, private=True)
    hub.allow("valid", "acme/private")
    monkeypatch.setenv("HF_TOKEN", "valid")
    for path, content in FILES.items():
        assert get(HubSource("acme/private").mirror(file(path))).content == content
    assert hub.authorizations("hub") == {"Bearer valid"}
    assert hub.authorizations("cdn") == set()


@pytest.mark.parametrize("status", [200, 302, 403, 500, 503])
def test_what_is_not_the_hubs_own_signal_is_left_to_the_transfer(status: int) -> None:
    explain = HubSource("acme/m").mirror(file("a")).explain
    assert explain is not None
    assert explain(status, {"Content-Type": "text/xml"}) is None


@pytest.mark.parametrize(
    ("variables", "token"),
    [
        ({}, None),
        ({"HF_TOKEN": "env"}, "env"),
        ({"HUGGING_FACE_HUB_TOKEN": "old"}, "old"),
        ({"HF_TOKEN": " env\n"}, "env"),
        ({"HF_HOME": "{home}"}, "saved"),
        ({"XDG_CACHE_HOME": "{xdg}"}, "saved"),
        ({"HF_TOKEN_PATH": "{home}/token"}, "saved"),
        ({"HF_HOME": "$PLACE/huggingface", "PLACE": "{xdg}"}, "saved"),
        ({"HF_TOKEN_PATH": "$PLACE/huggingface/token", "PLACE": "{xdg}"}, "saved"),
        ({"HF_TOKEN": "env", "HF_HOME": "{home}"}, "env"),
        ({"HF_TOKEN": "env", "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1"}, None),
        ({"HF_TOKEN_PATH": "{home}"}, None),
    ],
)
def test_where_the_token_comes_from(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    hub: HubServer,
    variables: dict[str, str],
    token: str | None,
) -> None:
    home = tmp_path / "xdg" / "huggingface"
    home.mkdir(parents=True)
    (home / "token").write_text("saved\n")
    if "XDG_CACHE_HOME" in variables:
        monkeypatch.delenv("HF_HOME")
    for name, value in variables.items():
        monkeypatch.setenv(name, value.format(home=home, xdg=tmp_path / "xdg"))
    assert access_token() == token


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, "https://huggingface.co"), ("", "https://huggingface.co"), ("http://h:1/hf/", "http://h:1/hf")],
)
def test_the_endpoint(monkeypatch: pytest.MonkeyPatch, value: str | None, expected: str) -> None:
    monkeypatch.delenv("HF_ENDPOINT", raising=False)
    if value is not None:
        monkeypatch.setenv("HF_ENDPOINT", value)
    assert endpoint() == expected


@pytest.mark.parametrize(
    "value", ["hub.example", "ftp://hub.example", "https://", "http://[::1", "http://hub:x", "http://hub:0"]
)
def test_an_endpoint_that_is_no_address_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("HF_ENDPOINT", value)
    with pytest.raises(ConfigError, match="HF_ENDPOINT"):
        endpoint()


def test_the_hub_under_test_tells_the_hashes_that_git_would(hub: HubServer) -> None:
    # `echo 'hello' | git hash-object --stdin`
    assert git_sha1(b"hello\n") == "ce013625030ba8dba906f756967f9e9ca394464a"


@pytest.mark.parametrize("token", ["hf_日本", "hf_\x1b[0m", "hf_é", "hf_\x7f"])
def test_a_token_that_cannot_be_sent_is_named(monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    monkeypatch.delenv("HF_HUB_DISABLE_IMPLICIT_TOKEN", raising=False)
    monkeypatch.setenv("HF_TOKEN", token)
    with pytest.raises(ConfigError, match="token") as caught:
        access_token()
    assert token not in str(caught.value)
