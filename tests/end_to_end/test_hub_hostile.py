"""A hub that is hostile: what it lists, what it calls things, and where it sends a token."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from modeltasks.sources import huggingface
from modeltasks.sources.huggingface import access_token
from tests.end_to_end.kit import Write, age, hub_entry
from tests.support.hub import Repo, info_of
from tests.support.hub_server import HubServer
from tests.support.programs import Outcome, doit, video_censor

FILES = {"model.bin": b"weights " * 50, "config.json": b"{}\n"}
TEXT = "MIT\x1b[2J\x07\u202egnp.exe\u200b\x9b\nINFO: forged " + "long " * 5000
UNSEEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
COMMANDS = (
    ["list", "--all", "--status"],
    ["info", "models:m"],
    ["info", "registry:m"],
    *(["run", name] for name in ("models", "verify", "usage", "prune", "licenses", "outdated", "registry")),
    ["run", "registry", "--force"],
    ["run", "lock"],
    ["run", "lock", "--check"],
)


@pytest.fixture
def repo(hub: HubServer) -> Repo:
    return hub.add("acme/m", FILES)


def command(here: Path, config: Path, words: list[str]) -> Outcome:
    verb, *rest = words
    return doit(here, verb, f"config={config}", *rest)


def assert_clean(done: Outcome) -> None:
    assert "Traceback" not in done.out + done.err
    assert not UNSEEN.search(done.out + done.err), ascii(UNSEEN.search(done.out + done.err))
    assert not re.search("^INFO: forged", done.out + done.err, re.MULTILINE)
    assert len(done.out + done.err) < 10_000


LISTINGS: dict[str, Any] = {
    "leads elsewhere": lambda info: info["siblings"][0].update(rfilename="../../evil"),
    "absolute": lambda info: info["siblings"][0].update(rfilename="/tmp/evil"),
    "twice": lambda info: info.update(siblings=info["siblings"] * 2),
    "levels": lambda info: info["siblings"][0].update(rfilename="/".join(["d"] * 3000)),
    "escape": lambda info: info["siblings"][0].update(rfilename="\x1b[2Jx"),
    "surrogate": lambda info: info["siblings"][0].update(rfilename="\ud800x"),
    "sha": lambda info: info.update(sha=7),
    "size": lambda info: info["siblings"][0].update(size=-3),
}


@pytest.mark.parametrize("name", LISTINGS)
def test_a_hostile_listing_is_a_failure_of_its_model_alone(
    hub: HubServer, repo: Repo, config_file: Write, here: Path, cache_dir: Path, name: str
) -> None:
    hub.add("acme/good", FILES)
    config = config_file(hub_entry(), hub_entry("good", "acme/good"), network={"retries": 0})
    info = info_of(repo, repo.head, sizes=True)
    LISTINGS[name](info)
    hub.fail("^/api/models/acme/m/", 200, body=json.dumps(info).encode())
    reply = video_censor(here, "--download-models", "--config", config, "--json")
    assert_clean(reply)
    assert reply.code == 1
    bad, good = reply.json["models"]
    assert (bad["error"]["kind"], good["status"]) == ("bad-answer", "fetched")
    assert (cache_dir / "good" / "model.bin").read_bytes() == FILES["model.bin"]
    assert not (cache_dir / "m").exists()
    assert not (cache_dir.parent / "evil").exists()


def test_every_command_works_beside_a_hostile_listing(
    hub: HubServer, repo: Repo, config_file: Write, here: Path
) -> None:
    hub.fail("^/api/models/acme/m/", 200, body=b'{"id": "acme/m", "sha": 7, "siblings": [[[7]]]}')
    hub.add("acme/good", FILES)
    config = config_file(hub_entry(), hub_entry("good", "acme/good"), network={"retries": 0})
    asks = {"models", "outdated", "registry", "lock"}
    for words in COMMANDS:
        done = command(here, config, words)
        assert_clean(done)
        failing = words[0] == "run" and (words[1] in asks or words[1] == "verify")
        assert words[0] == "info" or bool(done.code) is failing, (words, done.out, done.err)


@pytest.mark.parametrize("nonsense", ["deep", "types", "paths"])
def test_every_command_works_with_what_an_older_version_kept(
    hub: HubServer, repo: Repo, config_file: Write, here: Path, cache_dir: Path, nonsense: str
) -> None:
    config = config_file(hub_entry())
    assert command(here, config, ["run", "models"]).code == 0
    for kept in ("registry", "installed"):
        (path,) = (cache_dir / ".modeltasks" / kept).glob("*.json")
        record = json.loads(path.read_text())
        inner = record["metadata"] if kept == "registry" else record
        if nonsense == "types":
            inner |= {"license": {"a": 1}, "include": "abc", "exclude": 7, "gated": [7]}
        elif nonsense == "paths" and kept == "registry":
            inner["files"] = [file | {"path": to} for file in inner["files"] for to in ("../x", "d/" * 3000)]
        elif nonsense == "paths":
            inner["files"] = {"d/" * 3000 + "x": next(iter(inner["files"].values()))}
        path.write_text("[" * 100_000 if nonsense == "deep" else json.dumps(record))
    for words in COMMANDS:
        done = command(here, config, words)
        assert_clean(done)
        # `info` says by its code whether the task is up to date.
        assert done.code == 0 or words[0] == "info", (words, done.out, done.err)


def test_texts_of_a_card_are_clean_wherever_they_leave(
    hub: HubServer, repo: Repo, config_file: Write, here: Path, cache_dir: Path
) -> None:
    repo.card = {"license": "other", "license_name": TEXT[:9000]}
    config = config_file(hub_entry())
    for words in COMMANDS:
        done = command(here, config, words)
        assert_clean(done)
        if words == ["run", "licenses"]:
            assert "MIT\\x1b[2J" in done.out


@pytest.mark.parametrize("where", ["api", "resolve", "mirror"])
def test_what_a_server_says_is_clean(
    hub: HubServer, repo: Repo, config_file: Write, here: Path, where: str
) -> None:
    said = "\x1b[2J\x07Pwned\x9b31m"
    headers = {"X-Error-Message": said, "X-Error-Code": said, "Content-Type": said}
    hub.fail({"api": "^/api/", "resolve": "/resolve/", "mirror": "/x/"}[where], 418, headers=headers)
    if where == "mirror":
        hub.fail("/resolve/", 404)
    mirrors = [f"{hub.endpoint}/x/"] if where == "mirror" else []
    config = config_file(hub_entry() | {"mirrors": mirrors}, network={"retries": 0})
    for log in ("INFO", "DEBUG", "TRACE"):
        reply = video_censor(here, "--download-models", "--config", config, "--json", "--log-level", log)
        assert reply.code == 1
        assert not UNSEEN.search(reply.err), ascii(reply.err)
        assert "Traceback" not in reply.err


def test_texts_of_the_config_are_clean_wherever_they_leave(
    hub: HubServer, repo: Repo, config_file: Write, here: Path
) -> None:
    config = config_file(hub_entry(license="GPL\x1b[2J\u202e\ud800", include=["*\u200b"]))
    for words in COMMANDS:
        assert_clean(command(here, config, words))


# Tokens.


@pytest.fixture
def stranger(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A hub of another machine, over plain HTTP: the test hub is its proxy, and answers for it."""
    huggingface._warn_withheld.cache_clear()
    monkeypatch.setenv("HTTP_PROXY", hub.endpoint)
    monkeypatch.setenv("http_proxy", hub.endpoint)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("HF_ENDPOINT", "http://hub.example:8080")
    yield "http://hub.example:8080"
    huggingface._warn_withheld.cache_clear()


@pytest.mark.parametrize("place", ["HF_TOKEN", "file"])
def test_a_token_is_not_sent_over_plain_http_to_a_stranger(
    hub: HubServer,
    repo: Repo,
    stranger: str,
    config_file: Write,
    here: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
) -> None:
    hub.allow("hf_secret", "acme/m")
    if place == "HF_TOKEN":
        monkeypatch.setenv("HF_TOKEN", "hf_secret")
    else:
        (tmp_path / "hf-home").mkdir(exist_ok=True)
        (tmp_path / "hf-home" / "token").write_text("hf_secret\n")
    config = config_file(hub_entry(), network={"retries": 0})
    reply = video_censor(here, "--download-models", "--config", config, "--json")
    assert reply.code == 0, reply.err
    assert {seen.authorization for seen in hub.seen} == {None}
    assert reply.err.count("MODELTASKS_TOKEN_OVER_HTTP") == 1
    assert "hf_secret" not in reply.out + reply.err
    repo.private = True
    age(Path(config).parent, 25)
    error = video_censor(here, "--download-models", "--force", "--config", config, "--json").json
    assert "MODELTASKS_TOKEN_OVER_HTTP" in error["models"][0]["error"]["fix"]
    assert {seen.authorization for seen in hub.seen} == {None}
    monkeypatch.setenv("MODELTASKS_TOKEN_OVER_HTTP", "1")
    assert video_censor(here, "--download-models", "--force", "--config", config).code == 0
    assert hub.authorizations("hub") == {"Bearer hf_secret"}


@pytest.mark.parametrize(
    ("endpoint", "sent"),
    [
        ("https://hub.example", True),
        ("http://127.0.0.1:8080", True),
        ("http://127.8.8.8", True),
        ("http://[::1]:80", True),
        ("http://localhost:3000", True),
        ("http://LOCALHOST", True),
        ("http://hub.example", False),
        ("http://10.0.0.7", False),
        ("http://localhost.evil.example", False),
        ("http://127.0.0.1.evil.example", False),
        ("http://127.0.0.1@evil.example", False),
        ("http://2130706433", False),
        ("http://0.0.0.0", False),
    ],
)
def test_to_whom_a_token_goes(monkeypatch: pytest.MonkeyPatch, endpoint: str, sent: bool) -> None:
    monkeypatch.setenv("HF_ENDPOINT", endpoint)
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    assert access_token() == ("hf_secret" if sent else None)


@pytest.mark.parametrize("token", ["hf_\x00", "hf_\x1b[2J", "hf_ä", "hf_\ud800"])
def test_a_token_with_characters_that_no_token_has(
    hub: HubServer, repo: Repo, config_file: Write, here: Path, tmp_path: Path, token: str
) -> None:
    (tmp_path / "hf-home").mkdir(exist_ok=True)
    (tmp_path / "hf-home" / "token").write_bytes(token.encode("utf-8", "surrogatepass"))
    reply = video_censor(here, "--download-models", "--config", config_file(hub_entry()), "--json")
    if token == "hf_\ud800":
        assert reply.code == 0
    else:
        assert (reply.code, reply.json["models"][0]["error"]["kind"]) == (2, "config")
    assert hub.authorizations("hub") == set()
    assert_clean(reply)


@pytest.mark.parametrize("call", ["revision", "paths-info", "resolve"])
def test_a_redirect_to_another_origin_does_not_take_the_token_along(
    hub: HubServer, repo: Repo, config_file: Write, here: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    hub.allow("hf_secret", "acme/m")
    hub.drops_sizes = call == "paths-info"
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    localhost = hub.endpoint.replace("127.0.0.1", "localhost")
    for number, elsewhere in enumerate((hub.cdn, localhost)):
        # The same machine under another name is another origin; so is another port.
        hub.heal()
        seen = len(hub.seen)
        hub.fail(f"/{call}", 307, headers={"Location": f"{elsewhere}/away{number}"}, times=1)
        config = config_file(hub_entry(f"m{number}"), network={"retries": 0})
        video_censor(here, "--download-models", "--force", "--config", config)
        away = [each for each in hub.seen[seen:] if each.path == f"/away{number}"]
        assert away
        assert {each.authorization for each in away} == {None}
    assert hub.authorizations("cdn") == set()
    assert hub.authorizations("hub") == {"Bearer hf_secret"}
    assert urlsplit(localhost).port == urlsplit(hub.endpoint).port
