from __future__ import annotations

from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest
from av.codec.context import Flags

from video_censor_personal.smart_render.nal_units import Codec, Framing, guarded, unguarded, unit_type
from video_censor_personal.smart_render.parameter_sets import (
    Ids,
    free_ids,
    parameter_sets,
    read_avc_sequence,
    renumbered,
    set_id,
    with_sets,
)


def encoder(
    name: str, options: dict[str, str], *, header: bool = False, size: tuple[int, int] = (96, 64)
) -> Any:
    context: Any = av.CodecContext.create(name, "w")
    context.width, context.height = size
    context.pix_fmt, context.time_base, context.framerate = "yuv420p", Fraction(1, 25), 25
    context.options = options
    if header:
        context.flags |= Flags.global_header
    context.open()
    return context


def encoded(context: Any, count: int = 12) -> list[bytes]:
    noise = np.random.default_rng(5).integers(
        0, 255, (context.height, context.width + count, 3), dtype=np.uint8
    )
    packets = []
    for number in range(count):
        image = np.ascontiguousarray(noise[:, number : number + context.width])
        frame = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(format="yuv420p")
        frame.pts, frame.time_base = number, Fraction(1, 25)
        packets += context.encode(frame)
    return [bytes(packet) for packet in [*packets, *context.encode(None)]]


def shown(codec: str, packets: list[bytes]) -> list[bytes]:
    """Return the pictures that a decoder makes of packets."""
    context: Any = av.CodecContext.create(codec, "r")
    frames = [frame for packet in packets for frame in context.decode(av.Packet(packet))]
    return [frame.to_ndarray().tobytes() for frame in [*frames, *context.decode(None)]]


X265 = {
    "plain": "",
    "slices": "slices=2",
    "pools and rows": "wpp=1:ctu=16",
    "layers in time": "temporal-layers=3:bframes=3",
    "weights": "weightp=1:bframes=2:weightb=1",
    "open groups": "open-gop=1:keyint=4:bframes=2",
}


@pytest.mark.parametrize("name", X265)
@pytest.mark.parametrize("ids", [Ids(15, 30, 15), Ids(7, 15, 3), Ids(1, 16, 1)], ids=str)
def test_h265_with_other_ids_is_decoded_to_the_same_pictures(name: str, ids: Ids) -> None:
    packets = encoded(
        encoder("libx265", {"preset": "ultrafast", "x265-params": f"{X265[name]}:log-level=none"})
    )

    other = [Framing().join(renumbered(unit, ids) for unit in Framing().split(packet)) for packet in packets]

    units = [unit for packet in other for unit in Framing().split(packet)]
    found = {set_id("hevc", unit) for unit in units if unit_type("hevc", unit) in (32, 33, 34)}
    assert found == {(32, ids.video), (33, ids.sequence), (34, ids.picture)}
    assert shown("hevc", other) == shown("hevc", packets)


@pytest.mark.parametrize("number", [1, 30, 31])
def test_the_ids_of_h264_are_read(number: int) -> None:
    context = encoder("libx264", {"preset": "ultrafast", "x264-params": f"sps-id={number}"}, header=True)

    assert [set_id("h264", unit) for unit in parameter_sets("h264", context.extradata)] == [
        (7, number),
        (8, number),
    ]


SCANS = {
    "progressive": ({}, True),
    "interlaced": ({"flags": "+ildct+ilme"}, False),
    "4:4:4": ({"profile": "high444"}, True),
    "with matrices": ({"x264-params": "cqm=jvt"}, True),
    "baseline": ({"profile": "baseline"}, True),
}


@pytest.mark.parametrize("name", SCANS)
def test_whether_all_pictures_are_whole_frames_is_read(name: str) -> None:
    options, expected = SCANS[name]
    context = encoder("libx264", {"preset": "fast", **options}, header=True)

    assert read_avc_sequence(parameter_sets("h264", context.extradata)[0]).is_progressive is expected


def record(codec: Codec, name: str, options: dict[str, str]) -> bytes:
    """Return extradata as an MP4 has it."""
    from io import BytesIO

    file = BytesIO()
    with av.open(file, "w", format="mp4") as output:
        stream: Any = output.add_stream(name, rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        frame = av.VideoFrame(96, 64, "yuv420p")
        frame.pts = 0
        output.mux([*stream.encode(frame), *stream.encode(None)])
    with av.open(BytesIO(file.getvalue())) as made:
        return made.streams.video[0].codec_context.extradata or b""


RECORDS: dict[Codec, tuple[str, dict[str, str]]] = {
    "h264": ("libx264", {"preset": "fast"}),
    "hevc": ("libx265", {"x265-params": "log-level=none:bframes=0"}),  # of one picture, too
}


@pytest.mark.parametrize("codec", RECORDS)
@pytest.mark.parametrize("is_record", [True, False])
def test_sets_are_added_to_a_header(codec: Codec, *, is_record: bool) -> None:
    name, options = RECORDS[codec]
    own = record(codec, name, options)
    before = parameter_sets(codec, own)
    header = own if is_record else Framing().join(before)
    ids = free_ids(codec, before)
    assert ids is not None
    if codec == "hevc":
        added = [renumbered(unit, ids) for unit in before]
    else:
        more = encoder(name, {"x264-params": f"sps-id={ids.sequence}"}, header=True)
        added = parameter_sets(codec, more.extradata)

    made = with_sets(codec, header, added)

    assert sorted(parameter_sets(codec, made)) == sorted([*before, *added])
    assert len({set_id(codec, unit) for unit in (*before, *added)}) == len(before) + len(added)
    assert Framing.of(codec, made) == Framing.of(codec, header) == Framing(4 if is_record else 0)


def test_where_all_ids_are_taken_there_is_none_to_be_had() -> None:
    own = parameter_sets("hevc", record("hevc", *RECORDS["hevc"]))
    taken = [renumbered(unit, Ids(7, picture, 3)) for unit in own for picture in range(15, 31)]

    assert free_ids("hevc", taken) is None
    assert free_ids("hevc", own) == Ids(15, 30, 15)


@pytest.mark.parametrize("framing", [Framing(), Framing(4), Framing(2)])
def test_units_that_were_put_together_come_apart(framing: Framing) -> None:
    units = [b"\x67\x64\x01", b"\x68\xee", guarded(b"\x65" + bytes(9) + b"\x01\x02\x03\x80")]

    assert list(framing.split(framing.join(units))) == units


@pytest.mark.parametrize("size", range(7))
def test_zeros_never_look_like_a_start(size: int) -> None:
    for last in range(5):
        plain = b"\x26\x01" + bytes(size) + bytes([last, 0x80])

        assert b"\x00\x00\x01" not in guarded(plain)
        assert b"\x00\x00\x00" not in guarded(plain)
        assert unguarded(guarded(plain)) == plain


def test_a_packet_that_is_cut_off_ends_there() -> None:
    assert list(Framing(4).split(b"\x00\x00\x00\x02\x41\x9a\x00\x00\x00\x09\x41")) == [b"\x41\x9a", b"\x41"]
    assert list(Framing(4).split(b"\x00\x00")) == []
