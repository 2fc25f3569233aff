"""What a config says, as values: checked, completed with defaults, free of YAML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from modeltasks.settings import NetworkSettings
from modeltasks.spec import ModelSpec
from video_censor_personal.config.quality import Quality
from video_censor_personal.findings.policy import CategoryPolicy
from video_censor_personal.findings.segments import PictureArea, PictureStyle

AudioMode = Literal["silence", "bleep", "duck", "sound", "reverse"]
AudioScope = Literal["all", "centre"]
OtherTracks = Literal["mute", "drop", "keep"]
VideoMode = Literal["blank", "box", "mosaic", "blur", "cut", "none"]
SubtitleMode = Literal["mask", "drop", "leave"]
PictureSubtitles = Literal["keep", "drop"]
UnsupportedStreams = Literal["drop", "fail"]


@dataclass(frozen=True, slots=True)
class UnusableSource:
    """An entry of `models.sources` with mistakes, which no enabled detector needs."""

    name: str
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ModelsConfig:
    """Where models are kept and where they come from; `max_size` limits the store, in bytes.

    `accept_licenses` are those that the user accepted of the ones that must be.
    """

    cache_dir: Path
    network: NetworkSettings = field(default_factory=NetworkSettings)
    sources: tuple[ModelSpec, ...] = ()
    unusable: tuple[UnusableSource, ...] = ()
    max_size: int | None = None
    on_unavailable: str = "fail"
    accept_licenses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DetectorConfig:
    """One detector; `type` is a name of `detectors.catalog`, `parameters` are complete.

    `needs` is what a worker of a cluster must offer to run it, such as a `gpu`.
    """

    name: str
    type: str
    model: str | None = None
    categories: tuple[str, ...] = ()
    enabled: bool = True
    parameters: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    needs: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Processing:
    """`sample_rate`: seconds between frames. `merge_threshold`: hits up to this many seconds apart merge."""

    sample_rate: float = 1.0
    merge_threshold: float = 2.0


@dataclass(frozen=True, slots=True)
class AudioRemediation:
    """What is done to the sound.

    `category_modes` wins over `mode`; a category that is in it need not be among `categories`. `padding` is
    in seconds, on both sides; None leaves it to how well each word was placed. `ramp` is in seconds: over
    it, outside of what is hidden, the sound falls and rises. `other_tracks` is what becomes of sound tracks
    that no detector listened to. With `add_track`, the copy has each edited track beside the untouched one.

    `bleep_frequency` is in hertz; `duck_level` in decibels, below 0; `sound_file` is what is heard where
    `mode` is `sound`. With the `scope` centre, only that channel is changed, where it holds the voice.
    """

    enabled: bool = False
    mode: AudioMode = "silence"
    categories: tuple[str, ...] = ()
    bleep_frequency: float = 1000.0
    padding: float | None = None
    other_tracks: OtherTracks = "mute"
    category_modes: Mapping[str, AudioMode | Literal["none"]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    ramp: float = 0.005
    duck_level: float = -30.0
    sound_file: Path | None = None
    scope: AudioScope = "all"
    add_track: bool = False


@dataclass(frozen=True, slots=True)
class VideoRemediation:
    """What is done to the picture; `category_modes` and `category_styles` win over `mode` and the rest.

    `area`, `blank_color` and `strength` are as in `PictureStyle`. `encoder` is `software`, `auto` (hardware
    where there is any) or the name of one; `preset` is one of its own, None for a fast one. With
    `skip_chapters` the copy has a chapter for each segment, for players that jump over them.
    """

    enabled: bool = False
    mode: VideoMode = "blank"
    blank_color: str = "#000000"
    category_modes: Mapping[str, VideoMode] = field(default_factory=lambda: MappingProxyType({}))
    area: PictureArea = "boxes"
    strength: float = 0.5
    category_styles: Mapping[str, PictureStyle] = field(default_factory=lambda: MappingProxyType({}))
    encoder: str = "software"
    preset: str | None = None
    skip_chapters: bool = False

    @property
    def can_cut(self) -> bool:
        """Whether anything may be cut out, so that sounds must be encoded, too."""
        return self.enabled and "cut" in (self.mode, *self.category_modes.values())


@dataclass(frozen=True, slots=True)
class SubtitleRemediation:
    """What becomes of words in subtitles that are hidden in the sound.

    `mode` masks each with `mask`, drops the cue, or leaves it. `picture_subtitles` are those that nobody can
    read. `beside`: files beside the film are cleaned as well, and lie beside the copy. `forced`: a track
    is added with nothing but the changed cues.
    """

    mode: SubtitleMode = "mask"
    mask: str = "****"
    picture_subtitles: PictureSubtitles = "keep"
    beside: bool = True
    forced: bool = False


@dataclass(frozen=True, slots=True)
class OutputConfig:
    """How the results file is written."""

    include_confidence: bool = True
    pretty_print: bool = True


@dataclass(frozen=True, slots=True)
class Profile:
    """One of several copies of each film: a policy and actions of its own, and perhaps names.

    `config` is the whole config as this profile has it, without `library` and `warnings`. `copy` and
    `results` are name patterns; None leaves them to the library's.
    """

    name: str
    config: Config
    copy: str | None = None
    results: str | None = None


@dataclass(frozen=True, slots=True)
class Library:
    """Films as targets.

    `films` and `exclude` are glob patterns, absolute. `output_dir` is None where what is made lies beside
    each film. `copy` (None: no copies are made) and `results` are patterns of names. With `profiles`, each
    of them is made, and nothing else. `runner` is "local" or the address of a Dask scheduler; `paths` says
    what folders of this machine are called on its workers.
    """

    films: tuple[str, ...]
    exclude: tuple[str, ...] = ()
    output_dir: Path | None = None
    copy: str | None = "{stem}.clean{suffix}"
    results: str = "{stem}.results.json"
    exports: tuple[str, ...] = ()
    profiles: tuple[Profile, ...] = ()
    runner: str = "local"
    paths: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Config:
    """All of a config. `path` is None when it came from a mapping; `warnings` are for the user.

    `quality` is the set of models that those detectors have which name none; None: all of them do.
    `unsupported_streams` says what becomes of a stream that a copy's container cannot hold in any way.
    """

    path: Path | None
    models: ModelsConfig
    version: int = 1
    detectors: tuple[DetectorConfig, ...] = ()
    detections: Mapping[str, CategoryPolicy] = field(default_factory=lambda: MappingProxyType({}))
    processing: Processing = field(default_factory=Processing)
    audio: AudioRemediation = field(default_factory=AudioRemediation)
    video: VideoRemediation = field(default_factory=VideoRemediation)
    subtitles: SubtitleRemediation = field(default_factory=SubtitleRemediation)
    unsupported_streams: UnsupportedStreams = "drop"
    output: OutputConfig = field(default_factory=OutputConfig)
    library: Library | None = None
    warnings: tuple[str, ...] = ()
    quality: Quality | None = None

    def model(self, name: str) -> ModelSpec | None:
        """The source of that name."""
        return next((spec for spec in self.models.sources if spec.name == name), None)

    def without_network(self) -> Config:
        """The same config, but nothing is fetched, as `--offline` says."""
        network = replace(self.models.network, offline=True, offline_by="--offline")
        return replace(self, models=replace(self.models, network=network))

    def required_models(self) -> tuple[ModelSpec, ...]:
        """The models that the enabled detectors name; all of them where there are no detectors."""
        if not self.detectors:
            return self.models.sources
        wanted = {detector.model for detector in self.detectors if detector.enabled}
        return tuple(spec for spec in self.models.sources if spec.name in wanted)

    def needs(self) -> dict[str, float]:
        """What a worker of a cluster must offer to run all enabled detectors, one after the other."""
        needs: dict[str, float] = {}
        for detector in self.detectors:
            if detector.enabled:
                needs |= {name: max(count, needs.get(name, 0)) for name, count in detector.needs.items()}
        return needs
