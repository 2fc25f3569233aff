"""Decode and encode a film's pictures with the library that the product uses, and nothing else, to measure.

    python benchmarks/alone.py FILM COPY

Encoder and settings are those of a copy; the sound is copied.
"""

from __future__ import annotations

import sys
from typing import Any

import av

X264 = {"crf": "18", "preset": "veryfast"}


def encode(film: str, copy: str) -> None:
    """Write a copy of a film's first picture and sound."""
    with av.open(film) as source, av.open(copy, "w") as output:
        shown: Any = source.streams.video[0]
        shown.thread_type = "AUTO"
        heard = source.streams.audio[0]
        video: Any = output.add_stream("libx264", rate=shown.average_rate, options=X264)
        video.width, video.height, video.pix_fmt = shown.width, shown.height, shown.pix_fmt
        video.codec_context.time_base = shown.time_base
        audio = output.add_stream_from_template(heard)
        for packet in source.demux(shown, heard):
            if packet.stream is shown:
                for frame in packet.decode():
                    picture: Any = frame
                    picture.pict_type = 0
                    output.mux(video.encode(frame))
            elif packet.dts is not None:
                packet.stream = audio
                output.mux(packet)
        output.mux(video.encode(None))


if __name__ == "__main__":
    encode(*sys.argv[1:])
