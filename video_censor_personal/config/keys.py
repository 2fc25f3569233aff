"""Every key that the config knows, by section; what `docs/configuration.md` lists is checked against it."""

from __future__ import annotations

from collections.abc import Mapping

from video_censor_personal.config.yaml_section import Section

KEYS: Mapping[str, tuple[str, ...]] = {
    "": (
        *("version", "models", "detectors", "detections", "processing", "output", "remediation", "video"),
        *("library", "quality"),
    ),
    "models": (
        *("cache_dir", "offline", "max_size", "on_unavailable", "accept_licenses", "network", "sources"),
    ),
    "models.network": ("connect_timeout", "idle_timeout", "retries", "backoff", "connections", "max_rate"),
    "models.sources[]": (
        *("name", "repo", "revision", "files", "include", "exclude", "url", "checksum", "algorithm"),
        *("size_bytes", "mirrors", "fallback", "on_unavailable", "optional", "license", "allow_pickle"),
        "license_terms",
    ),
    "models.sources[].files[]": ("path", "checksum", "algorithm", "size", "parts"),
    "models.sources[].files[].parts[]": ("url", "checksum", "algorithm", "size"),
    "detectors[]": ("name", "type", "model", "categories", "enabled", "needs"),
    "detections.<category>": ("enabled", "threshold", "doubtful", "weak", "sensitivity", "min_duration"),
    "processing": ("frame_sampling", "segment_merge"),
    "processing.frame_sampling": ("strategy", "sample_rate"),
    "processing.segment_merge": ("enabled", "merge_threshold"),
    "output": ("format", "include_confidence", "pretty_print"),
    "remediation": ("audio", "video", "subtitles", "streams"),
    "remediation.audio": (
        *("enabled", "mode", "categories", "category_modes", "bleep_frequency", "duck_level", "sound_file"),
        *("padding", "ramp", "scope", "add_track", "other_tracks"),
    ),
    "remediation.video": (
        *("enabled", "mode", "blank_color", "area", "strength", "category_modes", "encoder", "preset"),
    ),
    "remediation.video.category_modes.<category>": ("mode", "color", "area", "strength"),
    "remediation.subtitles": ("mode", "mask", "picture_subtitles", "beside", "forced"),
    "remediation.streams": ("unsupported",),
    "video": ("metadata_output",),
    "video.metadata_output": ("skip_chapters",),
    "video.metadata_output.skip_chapters": ("enabled",),
    "library": (
        *("films", "exclude", "output_dir", "copy", "results", "exports", "profiles", "runner", "paths"),
    ),
    "library.profiles.<name>": (
        *("detections", "detectors", "processing", "remediation", "copy", "results"),
    ),
}
"""The keys with an effect. A detector takes its type's parameters too (`detectors/catalog.py`)."""

NO_EFFECT: Mapping[str, Mapping[str, str]] = {
    "": {
        "audio": "sound is analysed by detectors that listen, and changed as `remediation.audio` says",
        "detection": "detectors are listed under `detectors`, at the top level",
        "model_config": "nothing reads it; a detector's settings stand in its own entry",
    },
    "models": {
        "auto_download": "models are fetched when --download-models or the task `models` asks for it",
        "local": "models are listed under `sources`, and kept in `cache_dir`",
        "third_party": "no film and no picture is ever sent to a service",
    },
    "detectors[]": {
        "config": "a detector's settings stand in its own entry",
    },
    "detections": {"custom_concepts": "what is described in words is a prompt of a detector of type `clip`"},
    "detections.<category>": {
        "model": "the model is named by the detector's own `model`",
        "languages": "the language is named by the detector's own `language`",
    },
    "processing": {"max_workers": "the number of workers follows from the machine; see --jobs"},
    "output": {
        "include_frames": "pictures are never written to the results",
        "include_metadata": "what is known of the film is always written",
    },
    "remediation.audio": {"output_path": "no sound file is kept beside the video"},
    "video": {"extraction": "pictures are read as `processing` says"},
    "video.metadata_output.skip_chapters": {
        "name_format": "a chapter's title is `skip:`, the categories and how sure they are",
    },
}
"""Keys of the original program that load with a warning, and why they have no effect."""


def known_only(section: Section, place: str) -> Section:
    """Report the keys of `section` that `place` does not know; warn of those without effect."""
    section.only((*KEYS[place], *NO_EFFECT.get(place, ())))
    return warn_of_inert(section, place)


def warn_of_inert(section: Section, place: str) -> Section:
    """Warn of the keys of `section` that are without effect at `place`."""
    for key, why in NO_EFFECT.get(place, {}).items():
        section.ignored(key, why)
    return section


def subsection(parent: Section, key: str, place: str) -> Section:
    """Return the section at `key`, its keys checked."""
    return known_only(parent.section(key), place)
