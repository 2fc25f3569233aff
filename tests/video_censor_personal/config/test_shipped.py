from __future__ import annotations

from pathlib import Path

import pytest

from modeltasks.spec import DIGEST_LENGTHS
from video_censor_personal.config import load_config
from video_censor_personal.config.catalogue import catalogue

CONFIGS = sorted((Path(__file__).parents[3] / "config").glob("*.yaml"))


def test_the_three_are_there() -> None:
    assert [path.name for path in CONFIGS] == ["example-custom.yaml", "huggingface.yaml", "video-censor.yaml"]


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_each_loads_without_a_warning_and_names_every_model_once(path: Path) -> None:
    config = load_config(path)
    assert config.warnings == ()
    names = [spec.name for spec in config.models.sources]
    assert len(names) == len(set(names)) > 0
    for spec in config.models.sources:
        assert spec.license, f"{spec.name} has no licence"
        assert spec.files or spec.include, f"{spec.name} takes a whole repository"
        for file in spec.files:
            assert len(file.checksum.hexdigest) == DIGEST_LENGTHS[file.checksum.algorithm]
            # A made-up digest tends to repeat itself.
            assert len(set(file.checksum.hexdigest)) > 8


def test_the_default_needs_exactly_its_three_models() -> None:
    config = load_config(CONFIGS[-1])
    assert [spec.name for spec in config.required_models()] == ["whisper-base", "yamnet", "open-nsfw"]
    assert [spec.size for spec in config.required_models()] == [147_882_941, 15_021_715, 23_590_724]
    assert config.quality == "balanced"
    assert config.audio.enabled
    assert config.audio.categories == ("Profanity",)
    assert config.video.enabled
    assert (config.video.mode, dict(config.video.category_modes)) == (
        "none",
        {"Nudity": "blank", "Sexual Theme": "blank"},
    )


def test_the_same_digest_is_never_written_in_two_ways() -> None:
    """Models that several configs list are the same bytes in each."""
    seen: dict[str, str] = {}
    for path in CONFIGS:
        for spec in load_config(path).models.sources:
            if spec.files:
                assert seen.setdefault(spec.name, spec.entry_digest) == spec.entry_digest, spec.name


@pytest.mark.parametrize(
    "name",
    [
        f"whisper-{size}"
        for size in ("tiny", "base", "small", "medium", "large-v2", "large-v3", "large-v3-turbo")
    ]
    + [f"whisper-{size}-en" for size in ("tiny", "base", "small", "medium")],
)
def test_the_catalogue_has_every_size_of_whisper(name: str) -> None:
    spec = catalogue()[name]
    assert spec.hub is not None
    assert len(spec.hub.revision) == 40


def test_every_commit_in_the_catalogue_is_whole() -> None:
    catalogue = load_config(CONFIGS[1])
    floating = [s.name for s in catalogue.models.sources if s.hub and len(s.hub.revision) != 40]
    assert floating == ["silero-vad-ggml"]
