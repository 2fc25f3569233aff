"""A few seconds of a film as a small file that every browser plays."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from modeltasks.support.cancel import CancelToken
from video_censor_personal.clips.part import part_of
from video_censor_personal.clips.picture import clip_pictures
from video_censor_personal.clips.request import ClipRequest, CopyEdits
from video_censor_personal.clips.sound import RATE, clip_sound
from video_censor_personal.machine import usual_scheduling
from video_censor_personal.media.audio import choose_track
from video_censor_personal.media.continuous import PcmFormat, frame_of
from video_censor_personal.media.errors import Damaged
from video_censor_personal.media.info import MediaInfo, StreamInfo
from video_censor_personal.media.reader import file_url

_CLOCK = 90_000
_USUAL_RATE = Fraction(25)
_PICTURE_OPTIONS = {"preset": "ultrafast", "crf": "24", "tune": "zerolatency"}
_BITS = 128_000
_STEREO = PcmFormat("fltp", "stereo", RATE, 2)
_LIMITED = 1


def write_clip(info: MediaInfo, wanted: ClipRequest, to: Path, cancel: CancelToken | None = None) -> None:
    """Write a part of a film as MP4: H.264 of at most 480 lines, and AAC in stereo. Both begin at 0.

    Raises:
        AllCut: nothing of it is in the copy.
        MediaError: the film cannot be read, the part is not in it, or nothing of it can be decoded.
        OwnSoundUnusable: the sound that is to be heard in place of what is hidden cannot be.
        OSError, av.FFmpegError: it cannot be written.
        Cancelled: a stop was asked for.
    """
    stop = cancel or CancelToken()
    part = part_of(info, wanted)
    videos, sound = info.of_kind("video"), _sound(info, wanted.track, wanted.copy)
    with (
        usual_scheduling(),
        av.open(file_url(to), "w", format="mp4", options={"movflags": "+faststart"}) as output,
    ):
        jobs: list[list[Any]] = []
        if videos:
            pictures = list(_encoded_pictures(output, clip_pictures(info, videos[0], part, stop)))
            # The last picture stays to the end, where there is no sound, too.
            pictures[-1].duration = round(part.length / pictures[-1].time_base) - pictures[-1].pts
            jobs.append(pictures)
        if sound is not None:
            jobs.append(list(_encoded_sound(output, clip_sound(info, sound, part, stop))))
        if not any(jobs):
            raise Damaged(info.path, f"nothing at {wanted.start:.1f} s can be decoded")
        for packet in heapq.merge(*jobs, key=_moment):
            output.mux(packet)


def _sound(info: MediaInfo, track: int | None, copy: CopyEdits | None) -> StreamInfo | None:
    """Return the sound that is heard; None where the copy has none of it."""
    sounds = {each.index: each for each in info.of_kind("audio")}
    for index in copy.left_out if copy is not None else ():
        sounds.pop(index, None)
    chosen = choose_track(info) if track is None else track
    if chosen in sounds or track is not None:
        return None if chosen is None else sounds.get(chosen)
    return next(iter(sounds.values()), None)


def _encoded_pictures(output: Any, pictures: Iterator[tuple[Any, Fraction]]) -> Iterator[Any]:
    stream: Any = None
    last = -1
    for frame, moment in pictures:
        if stream is None:
            stream = output.add_stream("libx264", rate=_USUAL_RATE, options=_PICTURE_OPTIONS)
            context = stream.codec_context
            context.width, context.height, context.pix_fmt = frame.width, frame.height, "yuv420p"
            context.time_base = Fraction(1, _CLOCK)
            context.gop_size = 50
            context.colorspace, context.color_range = int(frame.colorspace), _LIMITED
        ticks = round(moment * _CLOCK)
        if ticks > last:
            frame.pts, frame.time_base, last = ticks, Fraction(1, _CLOCK), ticks
            frame.pict_type = av.video.frame.PictureType.NONE
            yield from stream.encode(frame)
    if stream is not None:
        yield from stream.encode(None)


def _encoded_sound(output: Any, blocks: Iterator[Any]) -> Iterator[Any]:
    stream: Any = None
    count = 0
    for block in blocks:
        if stream is None:
            stream = output.add_stream("aac", rate=RATE, layout="stereo", bit_rate=_BITS)
        frame = frame_of(block, _STEREO)
        frame.pts, frame.time_base = count, Fraction(1, RATE)
        count += block.shape[1]
        yield from stream.encode(frame)
    if stream is not None:
        yield from stream.encode(None)


def _moment(packet: Any) -> float:
    return float(packet.dts * packet.time_base)
