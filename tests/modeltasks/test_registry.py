from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from modeltasks.cancel import CancelToken
from modeltasks.errors import Cancelled, ModelTasksError
from modeltasks.registry import DAY, TROUBLE_TTL, Registry
from modeltasks.settings import NetworkSettings
from modeltasks.spec import Checksum
from tests.hub_repo import git_sha1, sha256
from tests.hub_server import HubServer, hub

__all__ = ["hub"]

QUICK = NetworkSettings(connect_timeout=5, retries=2, backoff=(0.01,))
WEIGHTS = b"\x00\x01weights" * 99
FILES = {"config.json": b"{}\n", "onnx/model.onnx": WEIGHTS}
INFO = "/api/models/"


@dataclass
class Clock:
    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def registry(hub: HubServer, tmp_path: Path, clock: Clock) -> Registry:
    return Registry(tmp_path / "cache", QUICK, clock=clock)


def kinds(metadata_notices: object) -> list[str]:
    return [notice.kind for notice in metadata_notices]  # type: ignore[attr-defined]


def failure(registry: Registry, repo: str, revision: str = "main") -> ModelTasksError:
    with pytest.raises(ModelTasksError) as caught:
        registry.query(repo, revision)
    return caught.value


def test_a_record_tells_all_that_the_hub_knows(hub: HubServer, registry: Registry, clock: Clock) -> None:
    repo = hub.add("acme/m", FILES, card={"license": "apache-2.0", "new_version": "acme/m2"}, gated="auto")
    found = registry.query("acme/m")
    assert (found.repo, found.revision, found.id, found.uid) == ("acme/m", "main", "acme/m", repo.uid)
    assert (found.commit, found.fetched_at) == (repo.head, clock.now)
    assert {file.path: (file.checksum, file.size) for file in found.files} == {
        "config.json": (Checksum("git-sha1", git_sha1(FILES["config.json"])), 3),
        "onnx/model.onnx": (Checksum("sha256", sha256(WEIGHTS)), len(WEIGHTS)),
    }
    assert (found.license, found.library, found.pipeline_tag) == (
        "apache-2.0",
        "onnx",
        "image-classification",
    )
    assert (found.gated, found.disabled, found.private) == ("auto", False, False)
    assert (found.new_version, found.last_modified) == ("acme/m2", "2026-09-25T08:49:23+00:00")
    assert kinds(found.notices) == ["superseded", "gated"]


def test_what_a_page_may_leave_out(hub: HubServer, registry: Registry) -> None:
    hub.add("acme/m", FILES, card=None, library=None, pipeline_tag=None)
    found = registry.query("acme/m")
    assert (found.license, found.library, found.pipeline_tag, found.new_version) == (None, None, None, None)
    assert found.notices == ()


@pytest.mark.parametrize(
    ("card", "license_name"),
    [
        ({"license": "mit"}, "mit"),
        ({"license": ["mit", "apache-2.0"]}, "mit, apache-2.0"),
        ({"license": "other", "license_name": "llama2"}, "llama2"),
        ({"license": "other"}, "other"),
        ({}, None),
    ],
)
def test_the_licence(
    hub: HubServer, registry: Registry, card: dict[str, object], license_name: str | None
) -> None:
    hub.add("acme/m", FILES, card=card)
    assert registry.query("acme/m").license == license_name


def test_one_call_a_model_a_day(hub: HubServer, registry: Registry, clock: Clock, tmp_path: Path) -> None:
    hub.add("acme/m", FILES)
    first = registry.query("acme/m")
    assert hub.count() == 1
    clock.now += DAY - 1
    assert registry.query("acme/m") == first
    assert Registry(tmp_path / "cache", QUICK, clock=clock).query("acme/m") == first
    assert hub.count() == 1
    clock.now += 1
    assert registry.query("acme/m").fetched_at == clock.now
    assert hub.count() == 2
    registry.query("acme/m", force_refresh=True)
    assert hub.count() == 3
    registry.query("acme/m", "refs/heads/main")
    assert hub.count() == 4


def test_a_process_of_its_own_makes_one_call_too(hub: HubServer, tmp_path: Path) -> None:
    repo = hub.add("acme/m", FILES)
    code = (
        "import sys; from pathlib import Path; from modeltasks.registry import Registry\n"
        "assert 'huggingface_hub' not in sys.modules\n"
        "print(Registry(Path(sys.argv[1])).query('acme/m').commit)"
    )
    for _ in range(2):
        run = subprocess.run(
            [sys.executable, "-c", code, tmp_path], check=True, capture_output=True, text=True
        )
        assert run.stdout.strip() == repo.head
        assert hub.count() == 1


def test_a_clock_set_back_does_not_make_a_record_fresh_for_ever(
    hub: HubServer, registry: Registry, clock: Clock
) -> None:
    hub.add("acme/m", FILES)
    registry.query("acme/m")
    clock.now -= 3600
    assert not registry.is_fresh("acme/m")
    registry.query("acme/m")
    assert hub.count() == 2
    assert registry.is_fresh("acme/m")


@pytest.mark.parametrize("with_token", [False, True])
def test_a_mirror_that_drops_sizes_is_asked_for_each_file(
    hub: HubServer, registry: Registry, monkeypatch: pytest.MonkeyPatch, with_token: bool
) -> None:
    hub.add("acme/m", FILES)
    whole = registry.query("acme/m")
    hub.drops_sizes = True
    if with_token:
        hub.allow("valid")
        monkeypatch.setenv("HF_TOKEN", "valid")
    assert registry.query("acme/m", force_refresh=True).files == whole.files
    assert hub.count("/paths-info/") == 1


def test_a_mirror_that_drops_hashes_altogether_is_named(hub: HubServer, registry: Registry) -> None:
    hub.add("acme/m", FILES)
    hub.drops_sizes = True
    hub.fail("/paths-info/", 200, body=b"[]")
    error = failure(registry, "acme/m")
    assert error.kind == "bad-answer"
    assert "config.json" in str(error)


def test_a_rename_is_followed_and_told(hub: HubServer, registry: Registry, clock: Clock) -> None:
    hub.add("acme/old", FILES)
    before = registry.query("acme/old")
    hub.rename("acme/old", "acme/new")
    clock.now += DAY
    after = registry.query("acme/old")
    assert (after.renamed_to, after.uid) == ("acme/new", before.uid)
    assert kinds(after.notices) == ["renamed"]
    assert "acme/new" in str(after.notices[0])


def test_a_redirect_to_another_repository_is_not_a_rename(
    hub: HubServer, registry: Registry, clock: Clock
) -> None:
    hub.add("acme/m", FILES)
    registry.query("acme/m")
    del hub.repos["acme/m"]
    hub.add("squatter/m", FILES)
    hub.rename("acme/m", "squatter/m")
    clock.now += DAY
    assert kinds(registry.query("acme/m").notices) == ["replaced", "renamed", "moved"]


def test_a_branch_that_moved_is_told_until_the_next_refresh(
    hub: HubServer, registry: Registry, clock: Clock
) -> None:
    repo = hub.add("acme/m", FILES)
    first = repo.head
    registry.query("acme/m")
    second = repo.commit(FILES | {"config.json": b'{"v": 2}\n'})
    clock.now += DAY
    for _ in range(2):
        moved = registry.query("acme/m")
        assert (moved.commit, moved.moved_from) == (second, first)
        assert kinds(moved.notices) == ["moved"]
    clock.now += DAY
    assert registry.query("acme/m").notices == ()


def test_a_disabled_model_is_described_and_told(hub: HubServer, registry: Registry) -> None:
    hub.add("acme/m", FILES, disabled=True)
    assert kinds(registry.query("acme/m").notices) == ["disabled"]


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
    hub: HubServer, registry: Registry, fault: dict[str, object], kind: str, calls: int
) -> None:
    hub.add("acme/m", FILES)
    hub.fail(INFO, **fault)  # type: ignore[arg-type]
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
    hub.fail(INFO, stall=30)
    registry = Registry(tmp_path, NetworkSettings(connect_timeout=0.2, retries=0))
    started = time.monotonic()
    assert failure(registry, "acme/m").kind == "timeout"
    assert time.monotonic() - started < 5


def test_a_stop_ends_a_call_that_stalls(hub: HubServer, tmp_path: Path) -> None:
    hub.add("acme/m", FILES)
    hub.fail(INFO, stall=30)
    cancel = CancelToken()
    threading.Timer(0.2, cancel.set).start()
    started = time.monotonic()
    with pytest.raises(Cancelled):
        Registry(tmp_path, NetworkSettings(connect_timeout=20), cancel).query("acme/m")
    assert time.monotonic() - started < 5


def test_a_hub_that_went_down(hub: HubServer, registry: Registry, clock: Clock) -> None:
    hub.add("acme/m", FILES)
    registry.query("acme/m")
    hub.close()
    clock.now += DAY
    assert kinds(registry.query("acme/m").notices) == ["stale"]
    assert failure(registry, "acme/n").kind == "refused"


def test_no_server_there(hub: HubServer, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{unused.getsockname()[1]}")
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
    hub: HubServer, registry: Registry, clock: Clock, fault: dict[str, object]
) -> None:
    hub.add("acme/m", FILES)
    fresh = registry.query("acme/m")
    hub.fail(INFO, **fault)  # type: ignore[arg-type]
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


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"{",
        b"[]",
        b'{"format": 99}',
        b"\xff\xfe",
        b'{"format": 1, "endpoint": "E", "metadata": {"repo": 1}}',
    ],
)
def test_a_corrupt_record_is_fetched_again(hub: HubServer, registry: Registry, damage: bytes) -> None:
    hub.add("acme/m", FILES)
    whole = registry.query("acme/m")
    path = registry.cache.path("acme/m", "main")
    path.write_bytes(damage.replace(b"E", hub.endpoint.encode()))
    assert registry.query("acme/m") == whole
    assert hub.count() == 2


@pytest.mark.parametrize("field", ["repo", "commit", "files", "fetched_at", "id"])
def test_a_record_that_lacks_something_is_fetched_again(
    hub: HubServer, registry: Registry, field: str
) -> None:
    hub.add("acme/m", FILES)
    whole = registry.query("acme/m")
    path = registry.cache.path("acme/m", "main")
    record = json.loads(path.read_bytes())
    del record["metadata"][field]
    path.write_text(json.dumps(record))
    assert registry.query("acme/m") == whole
    assert hub.count() == 2


def test_records_of_one_hub_do_not_answer_for_another(
    hub: HubServer, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.add("acme/m", FILES)
    registry.query("acme/m")
    monkeypatch.setenv("HF_ENDPOINT", hub.endpoint.replace("127.0.0.1", "localhost"))
    assert registry.cached("acme/m") is None
    registry.query("acme/m")
    assert hub.count() == 2


def test_a_cache_that_cannot_be_written_does_not_matter(hub: HubServer, tmp_path: Path) -> None:
    hub.add("acme/m", FILES)
    (tmp_path / ".modeltasks").write_text("a file where the folder should be")
    assert Registry(tmp_path, QUICK).query("acme/m").id == "acme/m"


def test_threads_that_want_the_same_model_make_one_call(hub: HubServer, registry: Registry) -> None:
    hub.add("acme/m", FILES)
    hub.fail(INFO, 0, stall=0.2)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: registry.query("acme/m"), range(8)))
    assert len(set(answers)) == 1
    assert hub.count() == 1


def test_processes_may_write_the_same_record(hub: HubServer, registry: Registry, tmp_path: Path) -> None:
    repo = hub.add("acme/m", {f"{number}.json": b"{}" for number in range(300)})
    code = (
        "import sys; from pathlib import Path; from modeltasks.registry import Registry\n"
        "registry = Registry(Path(sys.argv[1]))\n"
        "for _ in range(8):\n"
        "    assert len(registry.query('acme/m', force_refresh=True).files) == 300\n"
        "    assert registry.cached('acme/m') is not None, 'half a record'"
    )
    cache = tmp_path / "cache"
    running = [subprocess.Popen([sys.executable, "-c", code, cache]) for _ in range(3)]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    known = registry.cached("acme/m")
    assert known is not None
    assert known.commit == repo.head
    assert [path.suffix for path in registry.cache.path("acme/m", "main").parent.iterdir()] == [".json"]


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


def test_versions_are_a_call_of_their_own_once_a_day(
    hub: HubServer, registry: Registry, clock: Clock
) -> None:
    repo = hub.add("acme/m", FILES)
    repo.tags["v1"] = repo.head
    found = registry.versions("acme/m")
    assert (found.branches, found.tags) == ({"main": repo.head}, {"v1": repo.head})
    assert registry.versions("acme/m") == found
    assert hub.count() == 1
    hub.fail("/refs", 500)
    clock.now += DAY
    assert registry.versions("acme/m") == found
    with pytest.raises(ModelTasksError):
        registry.versions("acme/n")


def test_commits_newest_first(hub: HubServer, registry: Registry) -> None:
    repo = hub.add("acme/m", FILES)
    first = repo.head
    second = repo.commit(FILES | {"x": b"1"})
    assert registry.commits("acme/m") == (second, first)
    assert registry.commits("acme/m", first) == (first,)


@pytest.mark.parametrize(
    ("chain", "expected"),
    [
        ({}, ()),
        ({"m": "m2"}, ("m2",)),
        ({"m": "m2", "m2": "m3"}, ("m2", "m3")),
        ({"m": "m2", "m2": "m"}, ("m2",)),
        ({"m": "m"}, ()),
        ({"m": "m2", "m2": "gone"}, ("m2",)),
        ({f"m{'' if n == 0 else n}": f"m{n + 1}" for n in range(14)}, tuple(f"m{n}" for n in range(1, 11))),
    ],
)
def test_the_chain_of_successors(
    hub: HubServer, registry: Registry, chain: dict[str, str], expected: tuple[str, ...]
) -> None:
    for name in {"m", *chain, *chain.values()} - {"gone"}:
        following = chain.get(name)
        hub.add(f"acme/{name}", FILES, card={"new_version": f"acme/{following}"} if following else {})
    assert registry.successors(registry.query("acme/m")) == tuple(f"acme/{name}" for name in expected)


def test_forgetting(hub: HubServer, registry: Registry) -> None:
    hub.add("acme/m", FILES)
    hub.add("acme/m2", FILES)
    registry.query("acme/m")
    registry.versions("acme/m")
    registry.query("acme/m2")
    assert registry.cache.forget("acme/m") == 2
    assert registry.cached("acme/m") is None
    assert registry.cached("acme/m2") is not None
    assert registry.cache.forget() == 1
    assert registry.cache.forget() == 0
