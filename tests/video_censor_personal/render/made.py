"""Copies made and checked as the program does it, asked for by the paths of film and copy."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from video_censor_personal.config import Config
from video_censor_personal.findings.segments import Segment
from video_censor_personal.findings.tracks import SoundTrack
from video_censor_personal.media.notes import FilmFacts
from video_censor_personal.media.probe import probe
from video_censor_personal.render import mux, streams, verify
from video_censor_personal.render.clean_copy import CleanCopy, Copier, CopyRequest
from video_censor_personal.render.gate import TONE_HERTZ
from video_censor_personal.render.mux import RenderOptions, RenderReport
from video_censor_personal.render.plan import Edit
from video_censor_personal.render.streams import StreamPlan


def plan_streams(
    source: Path, target: Path, unsupported: str = "drop", edited: Sequence[str] = ()
) -> StreamPlan:
    return streams.plan_streams(probe(source), target, unsupported, edited)


def render(
    source: Path,
    target: Path,
    edits: Sequence[Edit],
    options: RenderOptions | None = None,
    unsupported: str = "drop",
) -> RenderReport:
    return mux.render(plan_streams(source, target, unsupported), edits, options)


def verify_render(
    source: Path,
    output: Path,
    edits: Sequence[Edit],
    report: RenderReport | None = None,
    bleep_frequency: float = TONE_HERTZ,
) -> list[str]:
    return verify.verify_render(probe(source), output, edits, report, bleep_frequency)


def copied(
    copier: Copier,
    source: Path,
    output: Path,
    segments: Sequence[Segment],
    config: Config,
    tracks: Sequence[SoundTrack] = (),
) -> CleanCopy:
    facts = FilmFacts(hashlib.sha256(source.read_bytes()).hexdigest(), probe(source))
    request = CopyRequest(facts, output, tuple(segments), config, tuple(tracks))
    return copier.current(request) or copier.copy(request)
