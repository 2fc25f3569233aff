from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from modeltasks.errors import ModelTasksError
from modeltasks.registry import DAY, TROUBLE_TTL, Registry
from modeltasks.settings import NetworkSettings
from modeltasks.support.cancel import Cancelled, CancelToken
from tests.modeltasks.registry.kit import (
    FILES,
    INFO,
    QUICK,
    Clock,
    clock,
    failure,
    kinds,
    registry,
)
from tests.support.hub_server import HubServer
from tests.support.waiting import AGES, once

__all__ = ["clock", "registry"]


def test_a_mirror_that_drops_hashes_altogether_is_named(hub: HubServer, registry: Registry) -> None:
    hub.add("acme/m", FILES)
    hub.drops_sizes = True
    hub.fail("/paths-info/", 200, body=b"[]")
    error = failure(registry, "acme/m")
    assert error.kind == "bad-answer"
    assert "config.json" in str(error)


@pytest.mark.parametrize(
    ("repo", "revision", "token", "kind"),
    [
        ("acme/none", "main", None, "absent-or-private"),
        ("acme/none", "main", "valid", "absent-or-private"),
        ("acme/private", "main", None, "absent-or-private"),
        ("acme/m", "main", "bad", "token-refused"),
        ("acme/m", "gone", None, "revision-gone"),
        ("not a/repo", "main", None, "config"),
    ],
)
def test_refusals(
    hub: HubServer,
    registry: Registry,
    monkeypatch: pytest.MonkeyPatch,
    repo: str,
    revision: str,
    token: str | None,
    kind: str,
) -> None:
    hub.add("acme/m", FILES)
    hub.add("acme/private", FILES, private=True)
    hub.allow("valid")
    if token:
        monkeypatch.setenv("HF_TOKEN", token)
    assert failure(registry, repo, revision).kind == kind


@pytest.mark.parametrize(
    ("fault", "kind", "calls"),
    [
        ({"status": 500}, "http-status", 3),
        ({"status": 403}, "http-status", 1),
        (
            {"status": 403, "headers": {"X-Error-Message": "Access to this resource is disabled."}},
            "disabled",
            1,
        ),
        ({"status": 403, "headers": {"X-Error-Code": "GatedRepo"}}, "gated", 1),
        ({"status": 404, "headers": {"X-Error-Code": "RepoNotFound"}}, "absent-or-private", 1),
        ({"status": 200, "body": b"<!DOCTYPE html><html>log in</html>"}, "html", 1),
        ({"status": 200, "body": b"nonsense"}, "bad-answer", 1),
        ({"status": 200, "body": b"[]"}, "bad-answer", 1),
        ({"status": 200, "body": b"{}"}, "bad-answer", 1),
        ({"status": 200, "body": b'{"id": "acme/m"}'}, "bad-answer", 1),
        (
            {
                "status": 200,
                "body": b'{"id": "a", "sha": "1", "siblings": [{"rfilename": "a", "size": 1, "blobId": ""}]}',
            },
            "bad-answer",
            1,
        ),
        ({"status": 307, "headers": {"Location": "ftp://elsewhere/x"}}, "bad-answer", 1),
        ({"status": 429, "headers": {"Retry-After": "0"}}, "rate-limited", 3),
        ({"status": 429, "headers": {"RateLimit": '"api";r=0;t=9999'}}, "rate-limited", 1),
        ({"drop": True}, "refused", 3),
    ],
)
def test_faults_are_named_and_only_those_that_may_pass_are_tried_again(
    hub: HubServer, registry: Registry, fault: dict[str, Any], kind: str, calls: int
) -> None:
    hub.add("acme/m", FILES)
    hub.fail(INFO, **fault)
    assert failure(registry, "acme/m").kind == kind
    assert hub.count(INFO) == calls


def test_a_fault_that_passes_is_not_seen(hub: HubServer, registry: Registry) -> None:
    repo = hub.add("acme/m", FILES)
    hub.fail(INFO, 503, times=2)
    assert registry.query("acme/m").commit == repo.head


def test_a_rate_limit_is_waited_for(hub: HubServer, registry: Registry) -> None:
    hub.add("acme/m", FILES)
    hub.fail(INFO, 429, headers={"RateLimit": '"api";r=0;t=1'}, times=1)
    started = time.monotonic()
    registry.query("acme/m")
    assert time.monotonic() - started >= 1
    assert hub.count() == 2


def test_a_long_rate_limit_keeps_other_models_from_asking(hub: HubServer, registry: Registry) -> None:
    hub.add("acme/m", FILES)
    hub.add("acme/n", FILES)
    hub.fail("acme/m", 429, headers={"RateLimit": '"api";r=0;t=250'})
    assert failure(registry, "acme/m").kind == "rate-limited"
    assert failure(registry, "acme/n").kind == "rate-limited"
    assert hub.count("acme/n") == 0


def test_a_hub_that_stalls_is_given_up(hub: HubServer, tmp_path: Path) -> None:
    hub.add("acme/m", FILES)
    hub.fail(INFO, stall=AGES)
    registry = Registry(tmp_path, NetworkSettings(connect_timeout=0.2, retries=0))
    assert failure(registry, "acme/m").kind == "timeout"


def test_a_stop_ends_a_call_that_stalls(hub: HubServer, tmp_path: Path) -> None:
    hub.add("acme/m", FILES)
    hub.fail(INFO, stall=AGES)
    cancel = CancelToken()
    once(hub.stalling.is_set, cancel.set)
    with pytest.raises(Cancelled):
        Registry(tmp_path, NetworkSettings(connect_timeout=AGES), cancel).query("acme/m")


def test_a_hub_that_went_down(hub: HubServer, registry: Registry, clock: Clock) -> None:
    hub.add("acme/m", FILES)
    registry.query("acme/m")
    hub.close()
    clock.now += DAY
    assert kinds(registry.query("acme/m").notices) == ["stale"]
    assert failure(registry, "acme/n").kind == "refused"


def test_no_server_there(
    hub: HubServer, registry: Registry, closed_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{closed_port}")
    assert failure(registry, "acme/m").kind == "refused"


def test_no_such_host(hub: HubServer, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://hub.invalid")
    assert failure(registry, "acme/m").kind == "dns"


def test_no_secure_connection(hub: HubServer, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", hub.endpoint.replace("http:", "https:"))
    assert failure(registry, "acme/m").kind in {"tls", "refused"}


@pytest.mark.parametrize(
    "fault", [{"status": 500}, {"status": 429}, {"drop": True}, {"status": 200, "body": b"x"}]
)
def test_old_is_better_than_none(
    hub: HubServer, registry: Registry, clock: Clock, fault: dict[str, Any]
) -> None:
    hub.add("acme/m", FILES)
    fresh = registry.query("acme/m")
    hub.fail(INFO, **fault)
    clock.now += 3 * DAY
    old = registry.query("acme/m")
    assert (old, kinds(old.notices)) == (fresh, ["stale"])
    assert "3.0 days old" in str(old.notices[0])
    assert hub.count() == 2, "there is something to fall back on: one attempt is enough"
    registry.query("acme/m")
    assert hub.count() == 2, "and the hub is left alone for a while"
    hub.heal()
    clock.now += TROUBLE_TTL
    assert registry.query("acme/m").notices == ()


def test_a_model_that_is_gone_keeps_its_record_and_says_so(
    hub: HubServer, registry: Registry, clock: Clock
) -> None:
    hub.add("acme/m", FILES)
    registry.query("acme/m")
    del hub.repos["acme/m"]
    clock.now += DAY
    assert kinds(registry.query("acme/m").notices) == ["gone"]
    assert kinds(registry.query("acme/m").notices) == ["gone"]
    assert hub.count() == 2


def test_a_no_is_remembered_briefly(hub: HubServer, registry: Registry, clock: Clock) -> None:
    assert failure(registry, "acme/m").kind == "absent-or-private"
    assert failure(registry, "acme/m").kind == "absent-or-private"
    assert hub.count() == 1
    clock.now += TROUBLE_TTL
    hub.add("acme/m", FILES)
    assert registry.query("acme/m").id == "acme/m"


def test_a_no_is_forgotten_when_the_token_changes(
    hub: HubServer, registry: Registry, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hub.add("acme/private", FILES, private=True)
    failure(registry, "acme/private")
    hub.allow("hf_secret", "acme/private")
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    assert registry.query("acme/private").private
    written = [path.read_text() for path in (tmp_path / "cache").rglob("*.json")]
    assert written
    assert "hf_secret" not in "".join(written)


def test_trouble_without_a_record_is_not_remembered(hub: HubServer, registry: Registry) -> None:
    hub.add("acme/m", FILES)
    hub.fail(INFO, 500, times=3)
    failure(registry, "acme/m")
    assert registry.query("acme/m").id == "acme/m"


@pytest.mark.parametrize("switch", ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "settings"])
def test_offline_makes_no_request(
    hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock, switch: str
) -> None:
    hub.add("acme/m", FILES)
    Registry(tmp_path, QUICK, clock=clock).query("acme/m")
    clock.now += 9 * DAY
    if switch != "settings":
        monkeypatch.setenv(switch, "1")
    offline = Registry(tmp_path, NetworkSettings(offline=switch == "settings"), clock=clock)
    assert kinds(offline.query("acme/m").notices) == ["stale"]
    error = failure(offline, "acme/unknown")
    assert error.kind == "offline"
    assert ("models.offline" if switch == "settings" else switch) in str(error)
    assert hub.count() == 1


def test_a_token_never_leaves_the_origin_of_the_endpoint(
    hub: HubServer, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.add("acme/m", FILES)
    hub.allow("valid")
    monkeypatch.setenv("HF_TOKEN", "valid")
    info = (hub.endpoint, hub.cdn)
    registry.query("acme/m")
    assert hub.authorizations("hub") == {"Bearer valid"}
    hub.fail("/api/models/acme/away", 307, headers={"Location": info[1] + "/api/models/acme/away"})
    hub.fail("/refs", 307, headers={"Location": info[1] + "/refs"})
    hub.fail("/commits/", 307, headers={"Location": info[1] + "/commits"})
    failure(registry, "acme/away")
    for call in (registry.versions, registry.commits):
        with pytest.raises(ModelTasksError):
            call("acme/m")
    registry.search(search="m")
    assert hub.count(origin="cdn") >= 3
    assert hub.authorizations("cdn") == set()


def test_a_listing_that_goes_on_elsewhere_does_not_take_the_token_along(
    hub: HubServer, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.add("acme/m", FILES)
    hub.drops_sizes = True
    hub.allow("valid")
    monkeypatch.setenv("HF_TOKEN", "valid")
    link = {"Link": f'<{hub.cdn}/next>; rel="next"'}
    hub.fail("/commits/", 200, body=b'[{"id": "1"}]', headers=link)
    assert registry.commits("acme/m") == ("1",)
    registry.query("acme/m")
    assert hub.count(origin="cdn") == 0
