"""The sections that say who looks, and what becomes of what was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import get_args

from yaml.nodes import MappingNode

from video_censor_personal.config.categories import CATEGORIES, category_label, read_categories
from video_censor_personal.config.detectors import Context, read_detectors, read_quality
from video_censor_personal.config.encoders import read_encoder
from video_censor_personal.config.keys import NO_EFFECT, known_only, subsection, warn_of_inert
from video_censor_personal.config.parameters import check_bounds
from video_censor_personal.config.values import (
    AudioMode,
    AudioRemediation,
    AudioScope,
    Config,
    DetectorConfig,
    OtherTracks,
    OutputConfig,
    PictureSubtitles,
    Processing,
    SubtitleMode,
    SubtitleRemediation,
    UnsupportedStreams,
    VideoMode,
    VideoRemediation,
)
from video_censor_personal.config.yaml_nodes import suggestion
from video_censor_personal.config.yaml_section import Section
from video_censor_personal.findings.policy import CategoryPolicy
from video_censor_personal.findings.segments import PictureArea, PictureStyle, color_code

_LONGEST_MASK = 40
"""Characters; a cue has about eighty."""
_MARKUP = frozenset("<>{}\\&|")
"""What is no text in one kind of subtitles or another."""


def read_policy(root: Section, config: Config, models: frozenset[str], base: Path) -> Config:
    """Return `config` with the detectors, policy and actions of `root`.

    Args:
        root: the top of a config.
        config: what the rest of it says.
        models: the names of its sources.
        base: what paths are relative to.
    """
    detections = read_detections(root)
    quality = read_quality(root)
    detectors, chosen = read_detectors(root, Context(models, detections, base, quality))
    check_categories(root, detectors, detections)
    remediation = subsection(root, "remediation", "remediation")
    return replace(
        config,
        quality=quality if chosen else None,
        detectors=detectors,
        detections=detections,
        processing=read_processing(root),
        audio=read_audio(remediation, base),
        video=read_video(remediation, root),
        subtitles=read_subtitles(remediation),
        unsupported_streams=read_streams(remediation),
    )


def read_detections(root: Section) -> Mapping[str, CategoryPolicy]:
    """Read `detections`: one policy a category."""
    section = warn_of_inert(root.section("detections"), "detections")
    policies: dict[str, CategoryPolicy] = {}
    for key in _categories(section):
        label = category_label(key)
        if label in policies:
            section.report("", f"'{label}' is given twice", section.key_node(key))
        policies[label] = _read_category(section.section(key))
    return MappingProxyType(policies)


def _categories(detections: Section) -> tuple[str, ...]:
    """The keys of `detections` that name a category."""
    return tuple(name for name in detections.names() if name not in NO_EFFECT["detections"])


def _read_category(entry: Section) -> CategoryPolicy:
    known_only(entry, "detections.<category>")
    threshold = entry.number("threshold", None, 0, 1)
    sensitivity = entry.number("sensitivity", None, 0, 1)
    if sensitivity is not None:
        if entry.has("threshold"):
            entry.report("sensitivity", "keep it or `threshold` (which is 1 - sensitivity), not both")
        else:
            # Ten digits: 1 - 0.7 is 0.3 to the user, not 0.30000000000000004.
            threshold = round(1 - sensitivity, 10)
    doubtful, weak = entry.number("doubtful", None, 0, 1), entry.number("weak", None, 0, 1)
    check_bounds(entry, {"threshold": threshold, "doubtful": doubtful, "weak": weak})
    least = entry.seconds("min_duration", 0.0)
    return CategoryPolicy(entry.boolean("enabled", True), threshold, least, doubtful, weak)


def read_processing(root: Section) -> Processing:
    """Read `processing`."""
    default = Processing()
    section = subsection(root, "processing", "processing")
    sampling = subsection(section, "frame_sampling", "processing.frame_sampling")
    merge = subsection(section, "segment_merge", "processing.segment_merge")
    if sampling.choice("strategy", ("uniform", "scene_based", "all"), "uniform") == "all":
        sampling.ignored(
            "strategy",
            "pictures are looked at `sample_rate` seconds apart, in each shot and where scores change",
        )
    sample_rate = sampling.seconds("sample_rate", default.sample_rate, minimum=0.02)
    threshold = merge.seconds("merge_threshold", default.merge_threshold)
    return Processing(sample_rate, threshold if merge.boolean("enabled", True) else 0.0)


def read_audio(remediation: Section, base: Path) -> AudioRemediation:
    """Read `remediation.audio`; `base` is what the path of an own sound is relative to."""
    default = AudioRemediation()
    section = subsection(remediation, "audio", "remediation.audio")
    enabled = section.boolean("enabled", default.enabled)
    categories = read_categories(section, "categories")
    modes = section.section("category_modes")
    if enabled and not categories and not modes.names():
        section.warn("", "no `categories` are named, so nothing will be muted")
    mode = section.choice("mode", get_args(AudioMode), default.mode)
    by_category = {
        category_label(key): modes.choice(key, (*get_args(AudioMode), "none"), "none")
        for key in modes.names()
    }
    sound_file = _read_sound_file(section, base, must_be_there=enabled)
    if enabled and not section.has("sound_file") and "sound" in (mode, *by_category.values()):
        section.report("", "name the file that is to be heard, as `sound_file`: a mode is sound")
    return AudioRemediation(
        enabled=enabled,
        mode=mode,
        categories=categories,
        bleep_frequency=section.number("bleep_frequency", default.bleep_frequency, 20, 20000),
        padding=section.seconds("padding", 0.0) if section.has("padding") else default.padding,
        other_tracks=section.choice("other_tracks", get_args(OtherTracks), default.other_tracks),
        category_modes=MappingProxyType(by_category),
        ramp=section.number("ramp", default.ramp, 0, 1),
        duck_level=section.number("duck_level", default.duck_level, -90, -1),
        sound_file=sound_file,
        scope=section.choice("scope", get_args(AudioScope), default.scope),
        add_track=section.boolean("add_track", default.add_track),
    )


def _read_sound_file(section: Section, base: Path, *, must_be_there: bool) -> Path | None:
    name = section.text("sound_file", "")
    if not name:
        return None
    path = base / section.expand("sound_file", name)
    if must_be_there and not path.is_file():
        section.report("sound_file", f"there is no file {path}")
    return path


def read_video(remediation: Section, root: Section) -> VideoRemediation:
    """Read `remediation.video`, and what of the original's `video` has to do with the copy."""
    default = VideoRemediation()
    section = subsection(remediation, "video", "remediation.video")
    modes = section.section("category_modes")
    enabled = section.boolean("enabled", default.enabled)
    mode = section.choice("mode", get_args(VideoMode), default.mode)
    by_category: dict[str, VideoMode] = {}
    styles: dict[str, PictureStyle] = {}
    for key in modes.names():
        place = modes
        if isinstance(modes.value(key), MappingNode):
            place = subsection(modes, key, "remediation.video.category_modes.<category>")
            styles[category_label(key)] = _read_style(place)
        name = key if place is modes else "mode"
        by_category[category_label(key)] = place.choice(name, get_args(VideoMode), mode)
    style = _read_style(section, color="blank_color")
    encoder, preset = read_encoder(section, default.encoder)
    metadata = root.section("video").section("metadata_output")
    chapters = subsection(metadata, "skip_chapters", "video.metadata_output.skip_chapters")
    return VideoRemediation(
        enabled=enabled,
        mode=mode,
        blank_color=style.color or default.blank_color,
        category_modes=MappingProxyType(by_category),
        area=style.area or default.area,
        strength=default.strength if style.strength is None else style.strength,
        category_styles=MappingProxyType(styles),
        encoder=encoder,
        preset=preset,
        skip_chapters=chapters.boolean("enabled", default.skip_chapters),
    )


def _mode_of(place: Section, key: str) -> str:
    """Return the mode at `key`, which may have keys of its own."""
    is_mapping = isinstance(place.value(key), MappingNode)
    return place.section(key).text("mode", "") if is_mapping else place.text(key, "")


def _read_style(section: Section, color: str = "color") -> PictureStyle:
    areas = get_args(PictureArea)
    return PictureStyle(
        section.choice("area", areas, areas[0]) if section.has("area") else None,
        _read_color(section, color),
        section.number("strength", None, 0, 1),
    )


def read_subtitles(remediation: Section) -> SubtitleRemediation:
    """Read `remediation.subtitles`: what becomes of words in subtitles."""
    default = SubtitleRemediation()
    section = subsection(remediation, "subtitles", "remediation.subtitles")
    return SubtitleRemediation(
        mode=section.choice("mode", get_args(SubtitleMode), default.mode),
        mask=_read_mask(section, default.mask),
        picture_subtitles=section.choice(
            "picture_subtitles", get_args(PictureSubtitles), default.picture_subtitles
        ),
        beside=section.boolean("beside", default.beside),
        forced=section.boolean("forced", default.forced),
    )


def _read_mask(section: Section, default: str) -> str:
    mask = section.text("mask", default)
    if len(mask) > _LONGEST_MASK:
        section.report("mask", f"it must not be longer than {_LONGEST_MASK} characters")
    elif not _MARKUP.isdisjoint(mask):
        section.report("mask", f"it must be without any of {' '.join(sorted(_MARKUP))}")
    elif all(char.isalnum() for char in mask):
        section.report("mask", "it needs a character that no word has, such as * or a bracket")
    return mask


def read_streams(remediation: Section) -> UnsupportedStreams:
    """Read `remediation.streams`: what becomes of streams that a copy's container cannot hold."""
    section = subsection(remediation, "streams", "remediation.streams")
    return section.choice("unsupported", get_args(UnsupportedStreams), "drop")


def _read_color(section: Section, key: str) -> str | None:
    if section.is_blank(key):
        section.report(key, "put the colour in quotes: without them, # begins a comment")
    color = section.text(key, "")
    if not section.has(key):
        return None
    code = color_code(color)
    if code is None:
        section.report(key, f"'{color}' is not a colour; write it as \"#RRGGBB\"")
    return code


def read_output(root: Section) -> OutputConfig:
    """Read `output`."""
    section = subsection(root, "output", "output")
    section.choice("format", ("json",), "json")
    return OutputConfig(section.boolean("include_confidence", True), section.boolean("pretty_print", True))


def check_categories(
    root: Section, detectors: tuple[DetectorConfig, ...], detections: Mapping[str, CategoryPolicy]
) -> None:
    """Warn of wanted categories that no detector looks for; report unknown ones."""
    wanted = _wanted(root)
    if not detectors:
        if wanted:
            root.warn("", "there are no `detectors`, so nothing is looked for")
        return
    found = {category for detector in detectors if detector.enabled for category in detector.categories}
    warned: set[str] = set()
    known = {*CATEGORIES, *detections, *(c for detector in detectors for c in detector.categories)}
    for category, section, key in wanted:
        label = category_label(category)
        if label not in known:
            near = suggestion(label, sorted(known))
            section.report(key, f"no detector knows the category '{category}'; {near}")
        elif label not in found and label not in warned:
            warned.add(label)
            section.warn(key, f"{label} is NOT looked for: no enabled detector has it among its `categories`")


def _wanted(root: Section) -> list[tuple[str, Section, str]]:
    """Every mention of a category that should be found: the category, and where it is mentioned."""
    mentions: list[tuple[str, Section, str]] = []
    detections = root.section("detections")
    for key in _categories(detections):
        if detections.section(key).boolean("enabled", True):
            mentions.append((key, detections, key))
    audio = root.section("remediation").section("audio")
    if audio.boolean("enabled", False):
        mentions += [(category, audio, "categories") for category in audio.texts("categories")]
        sounds = audio.section("category_modes")
        mentions += [(key, sounds, key) for key in sounds.names() if sounds.text(key, "") != "none"]
    video = root.section("remediation").section("video")
    if video.boolean("enabled", False):
        modes = video.section("category_modes")
        mentions += [(key, modes, key) for key in modes.names() if _mode_of(modes, key) != "none"]
    return mentions
