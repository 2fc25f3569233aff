"""A file of the store that rotted is repaired by its wrong blocks, as a user does it."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from modeltasks.checksum import BLOCK
from tests.end_to_end.kit import Write, fetch, task
from tests.modeltasks.transfer.servers import Server, files, serving, spoiling
from tests.support.file_host import sha256
from tests.support.programs import doit

SIZE = 3 * 1024 * 1024 + 17
BODY = random.Random(11).randbytes(SIZE)


def flip(path: Path, *offsets: int) -> None:
    with path.open("r+b") as stream:
        for offset in offsets:
            stream.seek(offset)
            stream.write(bytes([BODY[offset] ^ 1]))


def entry(server: Server) -> dict[str, object]:
    return {"name": "big", "url": server.url(), "checksum": sha256(BODY), "size_bytes": SIZE}


@pytest.mark.parametrize("offsets", [[0], [SIZE - 1], [5, 1024 * 1024, 2 * 1024 * 1024]])
@pytest.mark.parametrize("verified", [True, False], ids=["in quarantine", "in place"])
def test_rot_costs_its_blocks(
    tmp_path: Path, config_file: Write, cache_dir: Path, offsets: list[int], verified: bool
) -> None:
    with serving(files({"/file": BODY})) as server:
        config = config_file(entry(server))
        assert fetch(tmp_path, config)["bytes_fetched"] == SIZE
        place = cache_dir / "big" / "file"
        flip(place, *offsets)
        wrong = place.read_bytes()
        if verified:
            assert task(tmp_path, config, "verify").code != 0
            assert not place.exists()

        model = fetch(tmp_path, config)

        assert model["status"] == "fetched"
        # A block need not come to its end: it is over once the whole has its checksum again.
        assert 0 < model["bytes_fetched"] <= repaired(offsets)
        assert place.read_bytes() == BODY
        assert fetch(tmp_path, config)["status"] == "current"
        kept = list((cache_dir / ".modeltasks" / "quarantine").glob("*"))
        assert [path.read_bytes() for path in kept] == ([wrong] if verified else [])


def repaired(offsets: list[int]) -> int:
    blocks = {offset // BLOCK for offset in offsets}
    return sum(min(BLOCK, SIZE - block * BLOCK) for block in blocks)


@pytest.mark.parametrize("lost", ["absent", "damaged"])
def test_without_its_digests_the_whole_is_fetched(
    tmp_path: Path, config_file: Write, cache_dir: Path, lost: str
) -> None:
    with serving(files({"/file": BODY})) as server:
        config = config_file(entry(server))
        fetch(tmp_path, config)
        (digests,) = (cache_dir / ".modeltasks" / "blocks").iterdir()
        if lost == "absent":
            digests.unlink()
        else:
            digests.write_bytes(b"\0" * 40)
        flip(cache_dir / "big" / "file", 100)

        assert fetch(tmp_path, config)["bytes_fetched"] == SIZE
        assert fetch(tmp_path, config)["status"] == "current"


def test_force_fetches_everything(tmp_path: Path, config_file: Write) -> None:
    with serving(files({"/file": BODY})) as server:
        config = config_file(entry(server))
        fetch(tmp_path, config)
        assert fetch(tmp_path, config, "--force")["bytes_fetched"] == SIZE


def test_clean_takes_the_digests_along(tmp_path: Path, config_file: Write, cache_dir: Path) -> None:
    with serving(files({"/file": BODY})) as server:
        config = config_file(entry(server))
        fetch(tmp_path, config)
        doit(tmp_path, "clean", f"config={config}", "models:big")
        assert list((cache_dir / ".modeltasks" / "blocks").iterdir()) == []


def test_a_flipped_byte_on_the_wire_is_told_and_does_no_harm(
    tmp_path: Path, config_file: Write, cache_dir: Path
) -> None:
    with serving(spoiling(BODY, {1_000_000: [2]})) as server:
        model = fetch(tmp_path, config_file(entry(server), network={"retries": 0}))

        assert (model["status"], model["error"]) == ("fetched", None)
        again = model["bytes_fetched"] - SIZE
        assert 0 < again <= SIZE
        (warning,) = model["warnings"]
        assert warning["kind"] == "refetched"
        assert f"{again:,} bytes" in warning["message"]
        assert (cache_dir / "big" / "file").read_bytes() == BODY
