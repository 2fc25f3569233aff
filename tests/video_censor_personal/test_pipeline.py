from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from modeltasks.errors import ModelTasksError
from tests.support.file_host import FileHost
from tests.support.media_clips import make_clip
from video_censor_personal.errors import DetectorError, ModelsMissing, UsageError
from video_censor_personal.pipeline import AnalysisPipeline, State

Write = Callable[..., Path]


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("film") / "film.mp4")


@pytest.fixture
def notes(tmp_path: Path) -> dict[str, object]:
    """A detector that needs no model and finds one word."""
    script = tmp_path / "script.json"
    script.write_text(json.dumps([{"start": 0.5, "end": 0.7, "label": "Profanity", "text": "damn"}]))
    return {"name": "notes", "type": "scripted", "script": str(script), "categories": ["Profanity"]}


def test_a_pipeline_goes_from_created_to_done(
    film: Path, config_file: Write, notes: dict[str, object]
) -> None:
    pipeline = AnalysisPipeline(film, config_file(detectors=[notes]))
    states = [pipeline.state]
    pipeline.verify_models()
    states.append(pipeline.state)
    results = pipeline.analyze()
    states.append(pipeline.state)
    assert [str(state) for state in states] == ["created", "models-ready", "done"]
    assert [(each.category, each.start, each.end) for each in results.segments] == [("Profanity", 0.5, 0.7)]


def test_missing_models_are_listed_before_any_detector_is_opened(
    film: Path, config_file: Write, host: FileHost, notes: dict[str, object]
) -> None:
    speech = {"name": "speech", "type": "speech", "model": "a"}
    broken = {**notes, "script": notes["script"]}
    Path(str(notes["script"])).write_text("{ it would fail if it were opened")
    config = config_file(host.entry("a", b"a" * 10, size_bytes=10), detectors=[speech, broken])
    pipeline = AnalysisPipeline(film, config)
    with pytest.raises(ModelsMissing) as caught:
        pipeline.analyze()
    assert caught.value.missing == (("a", 10),)
    assert str(config) in caught.value.command
    assert pipeline.state is State.CREATED
    assert host.requests() == 0


def test_the_same_pipeline_goes_on_after_the_download(film: Path, config_file: Write, host: FileHost) -> None:
    config = config_file(host.entry("a", b"a"), detectors=[{"name": "s", "type": "speech", "model": "a"}])
    pipeline = AnalysisPipeline(film, config)
    with pytest.raises(ModelsMissing):
        pipeline.verify_models()
    (result,) = pipeline.verify_models(download=True)
    assert (result.status, pipeline.state) == ("fetched", State.MODELS_READY)
    # The bytes are what the config asks for, but they are no speech model: only now is it opened.
    with pytest.raises(DetectorError, match="speech model"):
        pipeline.analyze()


def test_a_failed_download_is_raised(film: Path, config_file: Write, host: FileHost) -> None:
    config = config_file(host.entry("a", b"a"), detectors=[{"name": "s", "type": "speech", "model": "a"}])
    host.statuses["a.bin"] = 404
    pipeline = AnalysisPipeline(film, config)
    with pytest.raises(ModelTasksError, match="has no file"):
        pipeline.verify_models(download=True)
    assert pipeline.state is State.CREATED


def test_a_detector_that_fails_fails_the_pipeline(
    film: Path, config_file: Write, notes: dict[str, object], tmp_path: Path
) -> None:
    Path(str(notes["script"])).write_text("{")
    pipeline = AnalysisPipeline(film, config_file(detectors=[notes]))
    with pytest.raises(DetectorError):
        pipeline.analyze(tmp_path / "results.json")
    assert pipeline.state is State.FAILED
    assert not (tmp_path / "results.json").exists()
    with pytest.raises(UsageError, match="nothing to render"):
        pipeline.render(tmp_path / "clean.mp4")


def test_a_detector_without_its_optional_model_is_reported_as_not_having_looked(
    film: Path, config_file: Write, host: FileHost, notes: dict[str, object]
) -> None:
    speech = {"name": "speech", "type": "speech", "model": "a"}
    config = config_file(host.entry("a", b"a", optional=True), detectors=[speech, notes])
    results = AnalysisPipeline(film, config).analyze()
    assert results.incomplete == ("speech",)
    assert any("speech did not look at the video" in warning for warning in results.warnings)


def test_the_config_may_be_a_mapping(film: Path, notes: dict[str, object], tmp_path: Path) -> None:
    config = {"version": 1, "models": {"cache_dir": str(tmp_path / "cache")}, "detectors": [notes]}
    assert AnalysisPipeline(str(film), config).analyze().segments
