"""MovieContentFilter 1.0.0 (moviecontentfilter.com/specification): filters that people share.

The format is a strict subset of WebVTT. `video` entries are for players that can cover a picture, `both` are
what is left out.

Its entries say what is there, and each viewer says from which severity on a category is hidden. Nobody here
knows how severe something is: all of it is `high`, which any filter for the category hides.
"""

from __future__ import annotations

import re

from video_censor_personal.export.stretches import ExportInput, Stretch, covered_by, muted_by, shown
from video_censor_personal.export.subtitles import cue
from video_censor_personal.findings.timecode import format_time

_OURS = {"profanity": "language", "sexualtheme": "sex"}
"""Categories of this program that have another name there."""

_KNOWN = re.findall(
    r"\w+",
    """
    commercial advertBreak consumerism productPlacement discrimination adultism antisemitism
    genderism homophobia misandry misogyny racism sexism supremacism transphobia xenophobia
    dispensable idiocy tedious drugs alcohol antipsychotics cigarettes depressants gambling
    hallucinogens stimulants fear accident acrophobia aliens arachnophobia astraphobia aviophobia
    chemophobia claustrophobia coulrophobia cynophobia death dentophobia emetophobia enochlophobia
    explosion fire gerascophobia ghosts grave hemophobia hylophobia melissophobia misophonia
    musophobia mysophobia nosocomephobia nyctophobia siderodromophobia thalassophobia vampires
    language blasphemy nameCalling sexualDialogue swearing vulgarity nudity bareButtocks
    exposedGenitalia fullNudity toplessness sex adultery analSex coitus kissing masturbation
    objectification oralSex premaritalSex promiscuity prostitution rape violence choking
    crueltyToAnimals culturalViolence desecration emotionalViolence kicking massacre murder punching
    slapping slavery stabbing torture warfare weapons
    """,
)
"""The categories of the format, and what each comprises."""
_BY_NAME = {name.casefold(): name for name in _KNOWN}

_OTHER = "dispensable"
"""What is none of these; a comment tells what it is."""


def render(source: ExportInput) -> str:
    """Return the filters: an entry for each segment, on its sound, its picture or both."""
    entries: list[tuple[Stretch, str]] = []
    for treated in source.segments:
        sound, picture = muted_by(source, treated), covered_by(source, treated)
        name, comment = _category(treated.segment.category)
        seen = "both" if treated.is_cut or sound == picture else "video"
        heard = None if picture is not None and seen == "both" and _is_in(sound, picture) else sound
        channels = [(heard, "audio"), (picture, seen)]
        entries += [(each, f"{name}=high={channel}{comment}") for each, channel in channels if each]
    entries.sort(key=lambda entry: (entry[0].start, entry[0].end, entry[1]))
    last = source.length or max((each.end for each, _ in entries), default=0)
    head = [
        "WEBVTT MovieContentFilter 1.0.0\n",
        f"NOTE\nSTART {format_time(0)}\nEND {format_time(last / 1000)}\n",
    ]
    return "\n".join([*head, *(cue(each, text) for each, text in entries)])


def _is_in(one: Stretch | None, other: Stretch) -> bool:
    return one is not None and other.start <= one.start and one.end <= other.end


def _category(category: str) -> tuple[str, str]:
    """Return the category's name in the format, and a comment where it has none."""
    plain = re.sub(r"[\W_]+", "", category.casefold())
    name = _BY_NAME.get(_OURS.get(plain, plain))
    return (name, "") if name else (_OTHER, f" # {shown(category)}")
