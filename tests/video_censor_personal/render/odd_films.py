"""Films of many kinds: what a container, a codec or a recorder promises, and what it does not."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from tests.support.media_clips import Clip, Track

SIZE = (64, 48)
VP8, VP9 = "libvpx", "libvpx-vp9"


def _film(
    track: Track | None, *, video: str = "libx264", seconds: float = 2.4, late: float = 0.0, **more: Any
) -> Clip:
    """A small film with one sound; its picture begins `late` seconds after time 0."""
    times = tuple(late + n / 25 for n in range(round((seconds - late) * 25))) if late else None
    sounds = (track,) if track else ()
    return Clip(seconds, video, SIZE, 25, times, sounds, **more)


def _sound(codec: str, rate: int = 48000, layout: str = "stereo", **more: Any) -> Track:
    bit_rate = 32_000 if rate < 32000 else 64_000
    return Track(codec, layout, rate, bit_rate=bit_rate * {"mono": 1, "stereo": 2, "5.1": 5}[layout], **more)


ODD_FILMS: dict[str, tuple[str, str, Clip]] = {
    "aac, 8 kHz": (".mkv", ".mkv", _film(_sound("aac", 8000, "mono"))),
    "aac, 8 kHz, mp4": (".mp4", ".mp4", _film(_sound("aac", 8000, "mono"))),
    "aac, 11 kHz": (".mp4", ".mp4", _film(_sound("aac", 11025, "mono"))),
    "aac, 22 kHz": (".mkv", ".mkv", _film(_sound("aac", 22050))),
    "aac, 96 kHz": (".mkv", ".mkv", _film(_sound("aac", 96000))),
    "aac, 5.1": (".mp4", ".mp4", _film(_sound("aac", 48000, "5.1"))),
    "aac, ts": (".ts", ".mkv", _film(_sound("aac"))),
    "aac, ts to mp4": (".ts", ".mp4", _film(_sound("aac", 44100))),
    "aac, flv": (".flv", ".mp4", _film(_sound("aac", 44100))),
    "aac, 3gp": (".3gp", ".mp4", _film(_sound("aac", 22050, "mono"))),
    "amr": (".3gp", ".mp4", _film(Track("libopencore_amrnb", "mono", 8000, bit_rate=12200))),
    "mp3": (".mp4", ".mp4", _film(_sound("libmp3lame", 44100))),
    "mp3, 8 kHz": (".mkv", ".mkv", _film(_sound("libmp3lame", 8000, "mono"))),
    "mp3, avi with B-frames": (
        ".avi",
        ".mkv",
        _film(_sound("libmp3lame", 48000), video="mpeg4", options={"bf": "2"}),
    ),
    "mp3, avi to mp4": (".avi", ".mp4", _film(_sound("libmp3lame", 44100), video="mpeg4")),
    "mp2, mpg": (".mpg", ".mkv", _film(_sound("mp2"), video="mpeg2video")),
    "mp2, mpg to mp4": (".mpg", ".mp4", _film(_sound("mp2", 44100), video="mpeg2video")),
    "ac3": (".mkv", ".mkv", _film(_sound("ac3", 48000, "5.1"))),
    "eac3, 32 kHz": (".mp4", ".mp4", _film(_sound("eac3", 32000))),
    "opus, webm": (".webm", ".webm", _film(_sound("libopus"), video=VP8)),
    "opus, mkv": (".mkv", ".mkv", _film(_sound("libopus", 48000, "5.1"))),
    "opus, mono": (".webm", ".webm", _film(_sound("libopus", 48000, "mono"), video=VP8)),
    "vorbis, mkv": (".mkv", ".mkv", _film(_sound("vorbis"))),
    "vorbis, webm": (".webm", ".webm", _film(_sound("vorbis", 44100), video=VP8)),
    "flac": (".mkv", ".mkv", _film(_sound("flac", 44100))),
    "alac": (".mp4", ".mp4", _film(_sound("alac"))),
    "pcm, mov": (".mov", ".mov", _film(_sound("pcm_s16le"))),
    "a-law, mov": (".mov", ".mov", _film(_sound("pcm_alaw", 8000, "mono"))),
    "u-law, avi": (".avi", ".mkv", _film(_sound("pcm_mulaw", 8000, "mono"), video="mpeg4")),
    "pcm of 32 bits, avi": (".avi", ".mkv", _film(_sound("pcm_f32le", 11025, "mono"), video="mpeg4")),
    "wma, wmv": (".wmv", ".mkv", _film(_sound("wmav2", 44100), video="mpeg4")),
    "wma 1, wmv": (".wmv", ".mkv", _film(_sound("wmav1", 44100), video="mpeg4")),
    "sound half a second late": (".mp4", ".mp4", _film(_sound("aac", start=0.5))),
    "sound late, ts": (".ts", ".mkv", _film(_sound("aac", start=0.6))),
    "sound 10 s late": (".mkv", ".mkv", _film(_sound("aac", start=10.0), seconds=12.4)),
    "sound 10 s late, mp4": (".mp4", ".mp4", _film(_sound("aac", start=10.0), seconds=12.4)),
    "picture half a second late": (".mkv", ".mkv", _film(_sound("aac"), late=0.5)),
    "picture 3 s late": (".mp4", ".mp4", _film(_sound("aac"), late=3.0, seconds=5.4)),
    "all begins at 3 s": (".mkv", ".mkv", _film(_sound("ac3", start=3.008), late=3.0, seconds=5.4)),
    "a picture now and then": (
        ".mkv",
        ".mkv",
        Clip(2.4, "libx264", SIZE, 25, (0, 0.1, 0.13, 0.5, 1.1, 1.12, 1.7, 2.3), (_sound("aac"),)),
    ),
    "interlaced": (
        ".mkv",
        ".mkv",
        _film(_sound("ac3"), options={"flags": "+ildct+ilme", "x264-params": "tff=1"}),
    ),
    "nearly square pixels": (
        ".mp4",
        ".mp4",
        _film(_sound("aac"), video=VP9, pixel_shape=Fraction(320, 321)),
    ),
    "nearly square pixels, webm": (
        ".webm",
        ".webm",
        _film(_sound("libopus"), video=VP9, pixel_shape=Fraction(214, 213)),
    ),
    "no sound, no clock": (".m1v", ".mkv", _film(None, video="mpeg1video")),
}
"""By name: the suffixes of the film and of its copy, and what is in it."""
