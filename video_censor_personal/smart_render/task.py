"""What is to be done with one picture of a film, as a value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from video_censor_personal.config.values import VideoRemediation
from video_censor_personal.edits.cuts import Cuts
from video_censor_personal.edits.values import PictureEdit
from video_censor_personal.media.info import StreamInfo
from video_censor_personal.picture.encoding import Look
from video_censor_personal.smart_render.index import PacketIndex
from video_censor_personal.smart_render.pieces import Pieces


@dataclass(frozen=True, slots=True)
class PictureTask:
    """What is to be done with one picture of a film.

    `refusal` says why nothing of it may be copied, if so. `fingerprint` is the digest of the film; empty
    where that is unknown, and then nothing is used again. `video` says how it is encoded. `track` counts the
    copy's pictures.
    """

    info: StreamInfo
    look: Look
    index: PacketIndex
    edits: Sequence[PictureEdit]
    video: VideoRemediation
    cuts: Cuts = field(default_factory=Cuts)
    refusal: str = ""
    fingerprint: str = ""
    track: int = 0
    pieces: Pieces = field(default_factory=Pieces)
