"""Small real clips, made with the same library that reads them; shared by the tests of media and render."""

from __future__ import annotations

import heapq
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import av
import av.audio.frame
import av.video.frame
import numpy as np
from numpy.typing import NDArray

from video_censor_personal.machine import usual_scheduling
from video_censor_personal.media.continuous import PcmFormat, frame_of

Samples = NDArray[np.float32]


def sweep(times: NDArray[np.float64], channel: int = 0) -> Samples:
    """Return a sound whose shape is different at every moment: a slow sweep, one phase per channel."""
    phase = 2 * np.pi * (300 * times + 250 * times**2) + channel
    return np.asarray(0.3 * np.sin(phase) + 0.1 * np.sin(2.7 * phase), dtype=np.float32)


@dataclass(frozen=True)
class Track:
    """One audio track to make; `start` and `gap` (begin, end) are seconds on the container's time line.

    `samples` are those of a packet, where the codec leaves that open. `sound` gives the samples of a channel
    at some times.
    """

    codec: str = "aac"
    layout: str = "stereo"
    rate: int = 48000
    start: float = 0.0
    language: str | None = None
    title: str | None = None
    disposition: int = 0
    gap: tuple[float, float] | None = None
    bit_rate: int = 160_000
    samples: int = 1024
    sound: Callable[[NDArray[np.float64], int], Samples] = sweep


@dataclass(frozen=True)
class Captions:
    """A track of subtitles to make; `cues` are start, end (seconds) and what a packet says."""

    codec: str = "srt"
    language: str | None = None
    cues: tuple[tuple[float, float, str | bytes], ...] = ((0.3, 0.8, "line 0"), (1.1, 1.6, "line 1"))
    title: str | None = None
    disposition: int = 0


@dataclass(frozen=True)
class Clip:
    """What to put in a clip; the defaults make a plain MP4-like film of two and a half seconds.

    `colors` are the code points of matrix, primaries, transfer and range. `draw` gives the picture (height x
    width x 3, RGB) of a moment, if it is not to be the usual one.
    """

    seconds: float = 2.5
    video: str | None = "libx264"
    size: tuple[int, int] = (160, 120)
    rate: int | Fraction = 25
    frame_times: tuple[float, ...] | None = None
    audio: tuple[Track, ...] = (Track(),)
    subtitles: tuple[tuple[str, str] | Captions, ...] = ()
    chapters: tuple[tuple[float, float, str], ...] = ()
    attachment: tuple[str, str, bytes] | None = None
    cover: bytes | None = None
    timecode: str | None = None
    pixel_shape: Fraction | None = None
    tag: str | None = None
    pixels: str = "yuv420p"
    colors: tuple[int, int, int, int] | None = None
    options: dict[str, str] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)
    draw: Callable[[float, int, int], NDArray[np.uint8]] | None = None


def recorded(channels: NDArray[np.float32], rate: int) -> Callable[[NDArray[np.float64], int], Samples]:
    """Return a sound of samples (channels x count), for a `Track` of that rate; silence behind their end."""

    def sound(times: NDArray[np.float64], channel: int) -> Samples:
        at = np.round(times * rate).astype(int)
        samples = channels[channel][np.minimum(at, channels.shape[1] - 1)]
        return np.where(at < channels.shape[1], samples, np.float32(0))

    return sound


def make_clip(path: Path, clip: Clip | None = None) -> Path:
    """Write `clip` to `path`; the suffix decides the container."""
    wanted = clip or Clip()
    with usual_scheduling(), av.open(str(path), "w") as output:
        output.metadata.update(wanted.metadata)
        jobs: list[Iterator[tuple[float, Any]]] = []
        if wanted.video:
            jobs.append(_video(output, wanted))
        jobs += [_audio(output, track, wanted.seconds) for track in wanted.audio]
        jobs += [
            _subtitle(output, each if isinstance(each, Captions) else Captions(*each))
            for each in wanted.subtitles
        ]
        if wanted.attachment:
            output.add_attachment(*wanted.attachment)
        if wanted.cover:
            jobs.append(_cover(output, wanted.cover, path.suffix))
        if wanted.chapters:
            output.set_chapters(
                [
                    {
                        "id": number + 1,
                        "start": round(start * 1000),
                        "end": round(end * 1000),
                        "time_base": Fraction(1, 1000),
                        "metadata": {"title": title},
                    }
                    for number, (start, end, title) in enumerate(wanted.chapters)
                ]
            )
        _mux_in_time_order(output, jobs)
    return path


def _mux_in_time_order(output: Any, jobs: list[Iterator[tuple[float, Any]]]) -> None:
    for _, packet in heapq.merge(*jobs, key=lambda head: head[0]):
        output.mux(packet)


def _video(output: Any, clip: Clip) -> Iterator[tuple[float, Any]]:
    width, height = clip.size
    stream = output.add_stream(clip.video, rate=clip.rate, width=width, height=height)
    stream.pix_fmt = clip.pixels
    stream.codec_context.time_base = Fraction(1, 1000) if clip.frame_times else Fraction(1, clip.rate)
    if clip.pixel_shape:
        stream.codec_context.sample_aspect_ratio = clip.pixel_shape
    if clip.colors:
        context = stream.codec_context
        context.colorspace, context.color_primaries, context.color_trc, context.color_range = clip.colors
    if clip.tag:
        stream.codec_context.codec_tag = clip.tag
    if clip.timecode:
        stream.metadata["timecode"] = clip.timecode
    if clip.video == "libx264":
        stream.options = {"preset": "ultrafast", "bf": "2"}
    if clip.video == "libx265":
        stream.options = {"preset": "ultrafast", "x265-params": "log-level=none"}
    if clip.video == "libvpx-vp9":
        stream.options = {"deadline": "realtime", "cpu-used": "8"}
    if clip.options:
        stream.options = {**stream.options, **clip.options}
    times = clip.frame_times or tuple(float(n / clip.rate) for n in range(round(clip.seconds * clip.rate)))
    draw = clip.draw or _image
    return _encoded(
        stream, times, lambda time: av.VideoFrame.from_ndarray(draw(time, width, height), format="rgb24")
    )


def _image(time: float, width: int, height: int) -> NDArray[np.uint8]:
    """A grey frame whose left half says the time: its level is 80 per second."""
    image = np.full((height, width, 3), 128, dtype=np.uint8)
    image[:, : width // 2] = int(16 + 80 * time) % 240
    return image


def _encoded(
    stream: Any, times: tuple[float, ...], draw: Callable[[float], Any]
) -> Iterator[tuple[float, Any]]:
    base = stream.codec_context.time_base
    for time in times:
        frame = draw(time)
        frame.pts, frame.time_base = round(time / base), base
        for packet in stream.encode(frame):
            yield float(packet.dts * packet.time_base), packet
    for packet in stream.encode(None):
        yield float(packet.dts * packet.time_base), packet


def audio_packets(output: Any, track: Track, seconds: float) -> Iterator[Any]:
    """Add an audio track to `output` and return its packets to come."""
    made = _audio(output, track, seconds)
    first = next(made)
    return (packet for _, packet in chain([first], made))


def _audio(output: Any, track: Track, seconds: float) -> Iterator[tuple[float, Any]]:
    stream = output.add_stream(track.codec, rate=track.rate, layout=track.layout, bit_rate=track.bit_rate)
    if track.codec == "vorbis":
        stream.options = {"strict": "experimental"}
    if track.language:
        stream.metadata["language"] = track.language
    if track.title:
        stream.metadata["title"] = track.title
    if track.disposition:
        stream.disposition = track.disposition
    formats = [item.name for item in stream.codec_context.codec.audio_formats]
    return _sound(stream, track, seconds, formats[0])


def _sound(stream: Any, track: Track, seconds: float, sample_format: str) -> Iterator[tuple[float, Any]]:
    size = stream.codec_context.frame_size or track.samples
    channels = stream.codec_context.layout.nb_channels
    for first in range(round(track.start * track.rate), round(seconds * track.rate), size):
        if track.gap and track.gap[0] <= first / track.rate < track.gap[1]:
            continue
        times = (first + np.arange(size)) / track.rate
        data = np.stack([track.sound(times, channel) for channel in range(channels)])
        frame = _audio_frame(data, sample_format, track)
        frame.pts, frame.time_base = first, Fraction(1, track.rate)
        for packet in stream.encode(frame):
            yield float(packet.pts * packet.time_base), packet
    for packet in stream.encode(None):
        yield float(packet.pts * packet.time_base), packet


def _audio_frame(data: Samples, sample_format: str, track: Track) -> Any:
    kind = sample_format.removesuffix("p")
    values: NDArray[Any] = data
    if kind in ("s16", "s32"):
        dtype = np.int16 if kind == "s16" else np.int32
        values = np.round(data.astype(np.float64) * np.iinfo(dtype).max).astype(dtype)
    if kind == "u8":
        values = np.round(data * 127 + 128).astype(np.uint8)
    return frame_of(values, PcmFormat(sample_format, track.layout, track.rate, data.shape[0]))


def _subtitle(output: Any, captions: Captions) -> Iterator[tuple[float, Any]]:
    stream = output.add_mux_stream(captions.codec, time_base=Fraction(1, 1000))
    if captions.language:
        stream.metadata["language"] = captions.language
    if captions.title:
        stream.metadata["title"] = captions.title
    if captions.disposition:
        stream.disposition = captions.disposition
    return _cues(stream, captions)


def _cues(stream: Any, captions: Captions) -> Iterator[tuple[float, Any]]:
    for number, (start, end, said) in enumerate(captions.cues):
        text = said.encode() if isinstance(said, str) else said
        if captions.codec == "ass":
            text = f"{number},0,Default,,0,0,0,,".encode() + text
        if captions.codec == "mov_text":
            text = len(text).to_bytes(2, "big") + text
        packet = av.Packet(text)
        packet.stream = stream
        packet.time_base = Fraction(1, 1000)
        packet.pts = packet.dts = round(start * 1000)
        packet.duration = round((end - start) * 1000)
        packet.is_keyframe = True
        yield start, packet


def _cover(output: Any, image: bytes, suffix: str) -> Iterator[tuple[float, Any]]:
    if suffix == ".mkv":
        output.add_attachment("cover.png", "image/png", image)
        return iter(())
    stream = output.add_mux_stream("png", width=32, height=32, time_base=Fraction(1, 1000))
    stream.disposition = av.stream.Disposition.attached_pic
    packet = av.Packet(image)
    packet.stream = stream
    packet.time_base, packet.pts, packet.dts = Fraction(1, 1000), 0, 0
    packet.is_keyframe = True
    return iter([(0.0, packet)])


def png(width: int = 32, height: int = 32) -> bytes:
    """Return a small PNG picture."""
    encoder: Any = av.CodecContext.create("png", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "rgb24"
    encoder.time_base = Fraction(1, 25)
    frame = av.VideoFrame.from_ndarray(np.full((height, width, 3), 90, dtype=np.uint8), format="rgb24")
    frame.pts = 0
    return b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])


def rotated(path: Path) -> Path:
    """Have an MP4 ask players to turn its picture clockwise by a quarter."""
    content = bytearray(path.read_bytes())
    matrix = content.index(b"tkhd") + 44
    content[matrix : matrix + 36] = struct.pack(">9i", 0, 1 << 16, 0, -(1 << 16), 0, 0, 120 << 16, 0, 1 << 30)
    path.write_bytes(content)
    return path


def damaged(path: Path, target: Path, kind: str, first: int, last: int) -> Path:
    """Copy a clip with packets `first` to `last` of its stream of `kind` overwritten by noise."""
    noise = np.random.default_rng(7)
    with av.open(str(path)) as source, av.open(str(target), "w") as output:
        streams = {s.index: output.add_stream_from_template(s, opaque=True) for s in source.streams}
        counts = dict.fromkeys(streams, 0)
        for packet in source.demux():
            if packet.dts is None and packet.pts is None:
                continue
            index = packet.stream.index
            counts[index] += 1
            made: Any = packet
            if packet.stream.type == kind and first <= counts[index] <= last:
                made = av.Packet(noise.bytes(packet.size))
                made.pts, made.dts, made.time_base = packet.pts, packet.dts, packet.time_base
            made.stream = streams[index]
            output.mux(made)
    return target


def delay(sound: NDArray[Any], rate: int, begin: float, end: float) -> float:
    """Return by how many milliseconds `sound`, from time 0, is late against `sweep`, measured in a span."""
    first, count, reach = round(begin * rate), round((end - begin) * rate), round(0.03 * rate)
    truth = sweep((first + np.arange(count)) / rate).astype(np.float64)
    heard = np.asarray(sound[first - reach : first + count + reach], dtype=np.float64)
    size = 1 << (heard.size + count).bit_length()
    match = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(truth, size)), size)[: 2 * reach + 1]
    best = int(np.argmax(match))
    if not 0 < best < 2 * reach:
        return float("inf")
    below, top, above = match[best - 1 : best + 2]
    return float((best + 0.5 * (below - above) / (below - 2 * top + above) - reach) * 1000 / rate)


def loudness(film: Path, start: float, end: float) -> float:
    """Return the level of a stretch of a film's first sound track, in dBFS; times in seconds."""
    with av.open(str(film)) as container:
        rate = container.streams.audio[0].rate
        sound = np.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], axis=1)
    return decibels(sound[:, round(start * rate) : round(end * rate)])


def decibels(sound: NDArray[Any]) -> float:
    """Return the level of samples between -1 and 1, in dBFS."""
    power = float(np.mean(np.asarray(sound, dtype=np.float64) ** 2)) if sound.size else 0.0
    return 10 * float(np.log10(power)) if power > 0 else float("-inf")
