"""The encoders and presets that a config can name; whether an encoder is there, only its library knows."""

from __future__ import annotations

import re

from video_censor_personal.config.yaml_nodes import suggestion
from video_censor_personal.config.yaml_section import Section

SOFTWARE = {"h264": "libx264", "hevc": "libx265", "vp9": "libvpx-vp9", "av1": "libsvtav1"}
"""By the codec of the pictures, as the library names it."""
KINDS = ("nvenc", "qsv", "amf", "videotoolbox", "mf", "v4l2m2m")
"""Hardware, as the library names it behind the codec; the first that works is taken."""
PRESETS = (
    *("ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow"),
    "placebo",
)
"""Words that all software encoders know; those that have numbers of their own have them too."""
NUMBERED = {"libvpx-vp9": range(9), "libsvtav1": range(14)}
_ANY, _HARDWARE = ("software", "auto"), re.compile(r"[a-z0-9][a-z0-9_-]*\Z")


def hardware_names(codec: str) -> tuple[str, ...]:
    """Return what hardware encoders of a codec are called."""
    return tuple(f"{codec}_{kind}" for kind in KINDS)


def read_encoder(section: Section, default: str) -> tuple[str, str | None]:
    """Read `encoder` and `preset`, and report what no encoder is called and what it has no preset for."""
    names = (*_ANY, *SOFTWARE.values(), *(name for codec in SOFTWARE for name in hardware_names(codec)))
    encoder = section.text("encoder", default)
    if encoder not in names:
        section.report(
            "encoder", f"'{encoder}' is no encoder of a copy; {suggestion(encoder, sorted(names))}"
        )
        return default, None
    preset = section.text("preset", "")
    numbers = NUMBERED.get(encoder, range(0))
    known = (*PRESETS, *map(str, numbers))
    is_software = encoder in (*_ANY, *SOFTWARE.values())
    if not preset or preset in known or (not is_software and _HARDWARE.match(preset)):
        return encoder, preset or None
    more = f", or a number up to {numbers[-1]}" if numbers else ""
    section.report("preset", f"'{preset}' is no preset of {encoder}; they are {', '.join(PRESETS)}{more}")
    return encoder, None
