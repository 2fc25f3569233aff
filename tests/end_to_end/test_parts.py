"""Files in parts and files in archives, as a user has them in a config."""

from __future__ import annotations

import io
import random
import signal
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.end_to_end.kit import Write, fetch, task
from tests.modeltasks.transfer.servers import Quota, Server, files, serving
from tests.support.file_host import FileHost, sha256
from tests.support.programs import command, doit, start, video_censor
from tests.support.waiting import PATIENCE, wait_until
from tests.support.wheels import build_wheel, only_index

HALF = 1024 * 1024 + 7
BODY = random.Random(5).randbytes(2 * HALF)
PARTS = {"/1": BODY[:HALF], "/2": BODY[HALF:]}


def joined(*urls: str) -> dict[str, object]:
    """A file whose two halves are there."""
    contents = zip(urls, PARTS.values(), strict=True)
    parts = [{"url": url, "checksum": sha256(part), "size": len(part)} for url, part in contents]
    return {"path": "big.bin", "checksum": sha256(BODY), "size": len(BODY), "parts": parts}


def entry(first: Server, second: Server, **more: object) -> dict[str, object]:
    return {"name": "big", "files": [joined(first.url("/1"), second.url("/2"))], **more}


def asked(server: Server) -> list[str]:
    return [request.path for request in server.requests]


def test_all_tasks_know_a_model_in_parts(tmp_path: Path, config_file: Write, cache_dir: Path) -> None:
    with serving(files(PARTS)) as server:
        config = config_file(entry(server, server))
        planned = video_censor(tmp_path, "--dry-run", "--config", config, "--json").json["fetch"]["models"]
        assert planned == [{"name": "big", "bytes": len(BODY), "license": None}]

        model = fetch(tmp_path, config)
        assert (model["status"], model["bytes_fetched"]) == ("fetched", len(BODY))
        assert model["source"] == f"{server.url('/1')} and 1 more part"
        assert (cache_dir / "big" / "big.bin").read_bytes() == BODY
        assert list((cache_dir / ".modeltasks" / "partials").iterdir()) == []

        assert fetch(tmp_path, config)["status"] == "current"
        assert "current" in task(tmp_path, config, "models").out + fetch(tmp_path, config)["status"]
        assert "big/big.bin" in str(doit(tmp_path, "info", f"config={config}", "models:big").out)
        assert task(tmp_path, config, "verify").code == 0
        assert task(tmp_path, config, "lock").code == 0
        assert asked(server) == ["/1", "/2"]


@pytest.mark.parametrize("where", ["/1", "/2"])
def test_a_file_that_rotted_costs_the_part_where_it_did(
    tmp_path: Path, config_file: Write, cache_dir: Path, where: str
) -> None:
    with serving(files(PARTS)) as server:
        config = config_file(entry(server, server))
        fetch(tmp_path, config)
        place = cache_dir / "big" / "big.bin"
        with place.open("r+b") as stream:
            stream.seek(100 if where == "/1" else HALF + 300_000)
            stream.write(b"?")
        assert task(tmp_path, config, "verify").code != 0

        assert fetch(tmp_path, config)["bytes_fetched"] == HALF

        assert place.read_bytes() == BODY
        assert asked(server) == ["/1", "/2", where]


def test_a_run_that_was_killed_leaves_the_next_one_only_the_rest(
    tmp_path: Path, config_file: Write, cache_dir: Path
) -> None:
    sent = 700_000
    with serving(files(PARTS)) as good, serving(files(PARTS, quota=Quota(sent))) as slow:
        config = config_file(entry(good, slow))
        program = start(command("--download-models", "--config", config), tmp_path, stdout=subprocess.DEVNULL)
        partials = cache_dir / ".modeltasks" / "partials"
        second = f"sha256-{sha256(PARTS['/2'])}.part"

        def came() -> bool:
            return any(path.stat().st_size > sent // 2 for path in partials.glob(f"{second}*"))

        wait_until(came)
        program.send_signal(signal.SIGKILL)
        program.wait(PATIENCE)
        assert asked(good) == ["/1"]

        config = config_file(entry(good, good))
        model = fetch(tmp_path, config)

        assert model["bytes_fetched"] < HALF
        assert (cache_dir / "big" / "big.bin").read_bytes() == BODY
        assert [(each.path, each.range is not None) for each in good.requests] == [
            ("/1", False),
            ("/2", True),
        ]
        assert list(partials.iterdir()) == []


def test_a_part_that_is_wrong_is_named_and_the_next_mirror_asked(
    tmp_path: Path, config_file: Write, host: FileHost
) -> None:
    with serving(files(PARTS | {"/2": BODY[:HALF]})) as server:
        config = config_file(entry(server, server))
        error = fetch(tmp_path, config, code=1)["error"]
        assert error["kind"] == "checksum"
        assert error["what"] == f"big (part 2 of 2) from {server.url('/2')} has the wrong content"

        config = config_file(entry(server, server, mirrors=[host.put("whole.bin", BODY)]))
        assert fetch(tmp_path, config)["source"] == host.url("whole.bin")
        assert asked(server).count("/1") == 1


def archive(**contents: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in contents.items():
            opened.writestr(f"in/{name}", content)
    return made.getvalue()


def test_a_model_in_an_archive_in_a_wheel(
    tmp_path: Path, config_file: Write, cache_dir: Path, host: FileHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = archive(one=BODY, two=b"small")
    damaged = whole[: len(whole) // 2] + bytes(64) + whole[len(whole) // 2 + 64 :]
    build_wheel(tmp_path / "index", "p", "1", {"a.zip": whole, "b.zip": damaged})
    only_index(monkeypatch, tmp_path / "index")
    listed = [
        {"path": "one", "checksum": sha256(BODY), "size": len(BODY)},
        {"path": "two", "checksum": sha256(b"small"), "size": 5},
    ]

    model = fetch(tmp_path, config_file({"name": "m", "url": "wheel:p==1/a.zip!/in/", "files": listed}))
    assert model["bytes_fetched"] == len(BODY) + 5
    assert (cache_dir / "m" / "one").read_bytes() == BODY

    damaged_only = {"name": "n", "url": "wheel:p==1/b.zip!/in/one", "checksum": sha256(BODY[::-1])}
    error = fetch(tmp_path, config_file(damaged_only), code=1)["error"]
    assert (error["kind"], error["why"].partition(":")[0]) == ("wheel", "it cannot be read")
    mirrored = config_file({**damaged_only, "mirrors": [host.put("reversed", BODY[::-1])]})
    assert fetch(tmp_path, mirrored)["source"] == host.url("reversed")


def test_parts_in_wheels_and_archives(
    tmp_path: Path, config_file: Write, cache_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_wheel(tmp_path / "index", "p", "1", {"a.zip": archive(first=PARTS["/1"])})
    build_wheel(tmp_path / "index", "q", "1", {"second": PARTS["/2"]})
    only_index(monkeypatch, tmp_path / "index")
    config = config_file({"name": "m", "files": [joined("wheel:p==1/a.zip!/in/first", "wheel:q==1/second")]})

    assert fetch(tmp_path, config)["bytes_fetched"] == len(BODY)

    assert (cache_dir / "m" / "big.bin").read_bytes() == BODY
    assert list((cache_dir / ".modeltasks" / "staging").iterdir()) == []
