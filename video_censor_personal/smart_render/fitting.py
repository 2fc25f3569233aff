"""How pictures that are encoded anew are made to fit among those of the film, and when they cannot.

The copy has one header for both. So codec, size, format and colors must be the same; and the parameter sets
of H.264 and H.265 get ids that the film does not use.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import av
from av.codec.context import Flags

from video_censor_personal.machine import usual_scheduling
from video_censor_personal.media.errors import RenderError
from video_censor_personal.media.probe import codec_name
from video_censor_personal.picture.encoding import Look, PictureEncoding, configure
from video_censor_personal.smart_render.entry_points import unit_codec, without_delimiters
from video_censor_personal.smart_render.index import PacketIndex
from video_censor_personal.smart_render.nal_units import Codec, Framing, unit_type
from video_censor_personal.smart_render.parameter_sets import (
    SETS,
    Ids,
    free_ids,
    parameter_sets,
    read_avc_sequence,
    renumbered,
    with_sets,
)
from video_censor_personal.smart_render.task import PictureTask

_ENCODERS = {"h264": "libx264", "hevc": "libx265", "vp9": "libvpx-vp9", "av1": "libsvtav1"}
"""Those whose pictures are known to fit."""
_CONTAINERS = frozenset({"matroska", "webm", "mp4", "mov"})
_PROFILES = {66: "baseline", 77: "main", 100: "high", 110: "high10", 122: "high422", 244: "high444"}
END_OF_SEQUENCE = bytes([36 << 1, 1])
"""A unit after which nothing looks back (H.265, 7.4.2.4.4)."""
_DOLBY = frozenset({"DOVI_METADATA", "DOVI_RPU_BUFFER"})


class Unfit(Exception):
    """Why no picture of the film can be copied beside others that are encoded anew, in plain words."""


@dataclass(frozen=True, slots=True)
class Fitting:
    """Makes packets of an encoder such as fit among the film's.

    `encoding` is with which they are made, `header` the extradata for both. `sets` are the encoder's own
    parameter sets, with their new ids. Not `is_joined`: there are no pictures of the film.
    `has_all_sets` says that the header has all sets and the packets have none.
    """

    encoding: PictureEncoding
    codec: Codec | None = None
    framing: Framing = field(default_factory=Framing)
    ids: Ids = field(default_factory=Ids)
    sets: tuple[bytes, ...] = ()
    header: bytes | None = None
    is_joined: bool = True
    has_all_sets: bool = False

    @classmethod
    def alone(cls, encoding: PictureEncoding) -> Fitting:
        """Return how packets are made that are beside none of the film."""
        codec = unit_codec(av.Codec(encoding.encoder, "w").canonical_name)
        return cls(encoding, codec, is_joined=False)

    def fitted(self, payload: bytes) -> tuple[bytes, ...]:
        """Return what a packet of the encoder holds, as the copy has it; units, where the codec has them.

        Raises:
            RenderError: the encoder made other parameter sets than it had said.
        """
        if self.codec is None:
            return (without_delimiters(payload) if self.encoding.encoder == "libsvtav1" else payload,)
        units = tuple(Framing().split(payload))
        if not self.is_joined:
            return units
        if self.codec == "hevc":
            units = tuple(renumbered(unit, self.ids) for unit in units)
        for unit in units:
            if unit_type(self.codec, unit) in SETS[self.codec] and unit not in self.sets:
                raise RenderError(
                    "A stretch of the picture cannot be put between those that are copied",
                    "its encoder made another header than it had announced",
                    "Please report this as a bug, with the kind of video it was",
                )
        if self.has_all_sets:
            return tuple(unit for unit in units if unit_type(self.codec, unit) not in SETS[self.codec])
        return units

    def joined(self, parts: tuple[bytes, ...]) -> bytes:
        """Return the packet that holds these parts."""
        return b"".join(parts) if self.codec is None else self.framing.join(parts)


def fit(stream: Any, task: PictureTask, encoding: PictureEncoding, kind: str) -> Fitting:
    """Return how pictures are encoded that fit among those of `stream`.

    Args:
        stream: of the film.
        task: what is to be done with it.
        encoding: how they would be encoded by themselves.
        kind: the format of the copy, as the library calls it.

    Raises:
        Unfit: none would.
    """
    codec, index, look = codec_name(stream), task.index, task.look
    for is_so, why in (
        (bool(task.refusal), task.refusal),
        (codec not in _ENCODERS, f"{codec} pictures cannot be joined with others"),
        (kind not in _CONTAINERS, f"a {kind} file holds pictures of one encoder only"),
        (encoding.encoder != _ENCODERS.get(codec), f"{encoding.encoder} makes pictures of another kind"),
        (encoding.format != look.format, f"its {look.format} pictures cannot be encoded as such"),
        (bool(index.obstacle), index.obstacle),
        (look.is_interlaced, "it is interlaced"),
        (bool(_DOLBY & look.side_data.keys()), "its Dolby Vision data go with each picture"),
    ):
        if is_so:
            raise Unfit(why)
    units = unit_codec(codec)
    if units is None:
        return Fitting(encoding)
    return _unit_fitting(units, stream, task, encoding)


def open_encoder(encoding: PictureEncoding, look: Look, *, has_header: bool = False) -> Any:
    """Return an encoder that is ready; with `has_header`, it writes its parameter sets into one."""
    context: Any = av.CodecContext.create(encoding.encoder, "w")
    configure(context, encoding, look)
    if has_header:
        context.flags |= Flags.global_header
    with usual_scheduling():
        context.open()
    return context


def _unit_fitting(codec: Codec, stream: Any, task: PictureTask, encoding: PictureEncoding) -> Fitting:
    index, look = task.index, task.look
    extradata = stream.codec_context.extradata or b""
    if not parameter_sets(codec, extradata):
        raise Unfit("its header has no parameter sets")
    ids = free_ids(codec, index.sets)
    if ids is None:
        raise Unfit("all ids of parameter sets are in use")
    own = _h264_options(index, ids) if codec == "h264" else _hevc_options()
    encoding = replace(encoding, options=_merged(encoding.options, own))
    try:
        made = parameter_sets(codec, open_encoder(encoding, look, has_header=True).extradata or b"")
    except (av.FFmpegError, ValueError) as error:
        raise Unfit(f"{encoding.encoder} refuses to make such pictures") from error
    sets = tuple(renumbered(unit, ids) if codec == "hevc" else unit for unit in made)
    # By its tag (ISO/IEC 14496-15, 8.4.1).
    has_all = look.is_hvc1
    header = with_sets(codec, extradata, sets, has_all=has_all)
    return Fitting(encoding, codec, Framing.of(codec, extradata), ids, sets, header, has_all_sets=has_all)


def _h264_options(index: PacketIndex, ids: Ids) -> Mapping[str, str]:
    """Return what makes pictures in the order they are shown, of the film's profile and level.

    The decoder's memory is the same, too: where it changes, a decoder may drop what was not shown yet
    (no_output_of_prior_pics_flag, 7.4.3).
    """
    film = next((read_avc_sequence(unit) for unit in index.sets if unit_type("h264", unit) == 7), None)
    if film is None:
        raise Unfit("its packets do not say how they are to be decoded")
    options = {"bf": "0", "x264-params": f"sps-id={ids.sequence}:dpb-size={film.references}"}
    if film.profile in _PROFILES:
        options["profile"] = _PROFILES[film.profile]
    if film.level >= 10 and film.level != 11:
        options["level"] = f"{film.level // 10}.{film.level % 10}"
    return options


def _hevc_options() -> Mapping[str, str]:
    return {"x265-params": "bframes=0:open-gop=0:info=0"}


def _merged(options: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
    """Return options with more; lists of parameters are joined."""
    merged = dict(options)
    for key, value in more.items():
        merged[key] = f"{merged[key]}:{value}" if key.endswith("-params") and key in merged else value
    return merged
