"""The tags of a copy: those of the film, and what the copy says of itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from video_censor_personal.containers.container import kind_of
from video_censor_personal.media.marking import COMMENT, TAG, marking, without_marking
from video_censor_personal.media.probe import open_by_header, tags_of
from video_censor_personal.media.reader import FilmReader

if TYPE_CHECKING:
    from av.container import OutputContainer

_OF_THE_FILE = frozenset({"major_brand", "minor_version", "compatible_brands", "encoder", "duration", "tlen"})
"""What a file says about itself, not about the film, such as how long it is; the muxer says its own."""
_KNOWN_ONLY = frozenset({"mp4", "mov", "ipod", "wav"})
"""Formats whose muxer writes well-known tags only. An MP4 could have others, but no player would find its
title then."""


def copy_tags(film: FilmReader, output: OutputContainer, plan: str) -> None:
    """Copy the film's own tags, and mark the copy as one of this plan, if there is one."""
    tags = {
        name: text
        for name, text in tags_of(film.container).items()
        if name.lower() not in _OF_THE_FILE and name.upper() != TAG
    }
    if plan:
        own = {name: without_marking(text) for name, text in tags.items() if name.lower() == COMMENT}
        tags = {name: text for name, text in (tags | own).items() if text or name not in own}
        if kind_of(output) in _KNOWN_ONLY:
            before = next((text for name, text in own.items() if text), "")
            tags = {name: text for name, text in tags.items() if name not in own}
            tags[COMMENT] = f"{before} {marking(plan)}".lstrip()
        else:
            tags[TAG] = marking(plan)
    output.metadata.update(tags)
    for stream in output.streams:  # in an Ogg, the film's tags came with its first stream
        for name in [name for name in stream.metadata if name.upper() == TAG]:
            del stream.metadata[name]


def marking_problems(made: Path, plan: str) -> Iterator[str]:
    """Say that a copy is not marked with its plan. Raises MediaError where it cannot be read."""
    with open_by_header(made) as copy:
        if copy.info.plan != plan:
            yield f"it is marked with the plan {copy.info.plan} instead of {plan}"
