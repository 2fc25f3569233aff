"""Runs on one film at once: each ends right, and none takes away what is another's."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.programs import command, doit, refusing, start
from tests.support.waiting import PATIENCE

WORDS = [
    {"start": n / 100, "end": n / 100 + 0.005, "label": "Profanity", "score": 0.9, "text": "damn"}
    for n in range(100)
]


@pytest.mark.parametrize("refused", [(), ("flock=ENOLCK",)], ids=["locks", "no locks"])
@pytest.mark.parametrize("outputs", [("clean",) * 3, ("a", "b", "c")], ids=["same", "different"])
def test_runs_on_one_film_at_once(
    film_folder: Path,
    config_file: Callable[..., Path],
    cache_dir: Path,
    tmp_path: Path,
    outputs: tuple[str, ...],
    refused: tuple[str, ...],
) -> None:
    (film_folder / "script.json").write_text(json.dumps(WORDS))
    detector = {"name": "notes", "type": "scripted", "script": str(film_folder / "script.json")}
    config = config_file(
        detectors=[{**detector, "categories": ["Profanity"]}],
        remediation={"audio": {"enabled": True, "mode": "silence", "categories": ["Profanity"]}},
    )
    shim = refusing(tmp_path / "shim", *refused)
    for force in ((), ("--force",)):
        processes = [
            start(
                command(
                    *("--input", "film.mp4", "--json", "--config", config, *force),
                    *("--output", f"{name}.json", "--output-video", f"{name}.mp4"),
                ),
                film_folder,
                shim,
                stderr=subprocess.PIPE,
            )
            for name in outputs
        ]
        ended = [process.communicate(timeout=PATIENCE) for process in processes]
        assert [process.returncode for process in processes] == [0] * 3, [err for _, err in ended]
        replies = [json.loads(out)["analysis"] for out, _ in ended]
        assert len({(reply["segments"], reply["edits"]) for reply in replies}) == 1
    copies = [(film_folder / f"{name}.mp4").read_bytes() for name in dict.fromkeys(outputs)]
    assert len(set(copies)) == 1
    names = {f"{name}.{end}" for name in outputs for end in ("json", "mp4")}
    assert {path.name for path in film_folder.iterdir()} == {"film.mp4", "script.json", *names}
    observations = list((cache_dir / ".analysis/observations").iterdir())
    assert [path.suffix for path in observations] == [".jsonl"], "no draft is left"


def test_observations_are_counted_and_bounded(
    film_folder: Path, config_file: Callable[..., Path], cache_dir: Path
) -> None:
    config = config_file(detectors=[])
    notes = cache_dir / ".analysis/observations"
    notes.mkdir(parents=True)
    for name in ("old.jsonl", "new.jsonl"):
        (notes / name).write_bytes(bytes(500_000))
    os.utime(notes / "old.jsonl", (1e9, 1e9))
    clips = cache_dir / ".review"
    clips.mkdir()
    for name in ("old.mp4", "new.mp4"):
        (clips / name).write_bytes(bytes(1_000_000))
    os.utime(clips / "old.mp4", (1e9, 1e9))
    told = doit(film_folder, "run", f"config={config}", "usage").out
    assert "1.0 MB  observations" in told
    assert "2.0 MB  clips of the review page" in told
    pruned = doit(film_folder, "run", f"config={config}", "prune")
    assert "unused observations: 1 file not used for" in pruned.out
    assert len(list(notes.iterdir())) == 2, "without --yes nothing goes"
    assert doit(film_folder, "run", f"config={config}", "prune", "--yes").code == 0
    assert [path.name for path in notes.iterdir()] == ["new.jsonl"]
    assert [path.name for path in clips.iterdir()] == ["new.mp4"]
    doit(film_folder, "run", f"config={config}", "prune", "--film-age", "0s", "--yes")
    assert list(notes.iterdir()) == []
