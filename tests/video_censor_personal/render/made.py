"""Copies made and checked as the program does it, asked for by the paths of film and copy."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from video_censor_personal.config import Config
from video_censor_personal.config.values import AudioRemediation
from video_censor_personal.edits.values import Cut, Edits, HiddenWord, PictureEdit, SoundEdit
from video_censor_personal.findings.segments import Segment
from video_censor_personal.findings.tracks import SoundTrack
from video_censor_personal.media.notes import FilmFacts
from video_censor_personal.media.probe import probe
from video_censor_personal.render import mux, streams, verify
from video_censor_personal.render.assembly import Work
from video_censor_personal.render.clean_copy import CleanCopy, Copier, CopyRequest
from video_censor_personal.render.cutting import cuts_of
from video_censor_personal.render.mux import RenderOptions, RenderReport
from video_censor_personal.render.streams import StreamPlan

Edit = SoundEdit | PictureEdit | Cut
_USUAL = AudioRemediation()


def plan_streams(
    source: Path,
    target: Path,
    unsupported: str = "drop",
    edited: Sequence[str] = (),
    work: Work | None = None,
) -> StreamPlan:
    return streams.plan_streams(probe(source), target, unsupported, edited, work)


def edits_of(edits: Iterable[Edit], words: Iterable[HiddenWord] = ()) -> Edits:
    """Return edits of all kinds, each where it belongs."""
    found = tuple(edits)
    return Edits(
        tuple(each for each in found if isinstance(each, SoundEdit)),
        tuple(each for each in found if isinstance(each, PictureEdit)),
        tuple(each for each in found if isinstance(each, Cut)),
        tuple(words),
    )


def render(
    source: Path,
    target: Path,
    edits: Iterable[Edit],
    options: RenderOptions | None = None,
    unsupported: str = "drop",
) -> RenderReport:
    audio = options.audio if options is not None else AudioRemediation()
    work = Work(audio=replace(audio, enabled=audio.add_track))
    plan = plan_streams(source, target, unsupported, ("audio",) if audio.add_track else (), work)
    return mux.render(plan, edits_of(edits), options)


def verify_render(
    source: Path,
    output: Path,
    edits: Iterable[Edit],
    report: RenderReport | None = None,
    settings: AudioRemediation = _USUAL,
) -> list[str]:
    """Check a copy; what is to be checked need not be what its render was asked for."""
    plan, wanted = plan_streams(source, output), edits_of(edits)
    muted = mux.muted_tracks(plan.info, wanted, None)
    if report is not None:
        plan, muted = report.plan, report.muted
    cuts = cuts_of(plan, wanted)
    if report is None:
        plan = plan.edited((*muted, *mux.covered_pictures(plan.info, wanted)))
        plan = plan.cut() if cuts.spans else plan
    own = mux.own_sound_of(wanted, settings)
    work = Work(wanted, cuts, muted=muted, audio=settings, own_sound=own)
    told = verify.Told(report.copied, report.joined) if report else verify.Told()
    return verify.verify_render(plan, output, work, told)


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
