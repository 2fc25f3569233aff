"""A film with everything in it, before and after, stream by stream.

    python benchmarks/everything.py [--only mkv] [--keep FOLDER]

Two languages, 5.1 and stereo, ASS and SRT (mov_text in an MP4), chapters, a cover, a font, tags, and in the
Matroska HDR10: 10 bits of H.265. Words are muted and masked, a part is covered, and a part is cut out, each
in a copy of its own and all in one.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from commands import ROOT, Product, as_table
from copies import Found, write_config, write_results
from footage import RATE, read_sound
from inventory import changes, take

if TYPE_CHECKING:
    from footage import Sound

sys.path.insert(0, str(ROOT))

SECONDS = 28
WIDTH, HEIGHT, FRAMES = 640, 360, 24
HDR10 = (
    "hdr10=1:repeat-headers=1:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc:log-level=none:keyint=48:"
    "master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1):max-cll=1000,400"
)
BT2020, PQ, BT2020_NC = 9, 16, 9
WORDS = ((5.18, 5.37, "hell"), (6.065, 6.32, "damn"), (11.225, 11.725, "bastard"))
"""Of the demo's speech, in both languages' tracks: it is the film's mix that counts, not what it says."""
CUES = (
    (0.2, 3.4, "Good morning, class."),
    (4.6, 7.1, "Where the hell did you put the damn keys?"),
    (10.7, 13.4, "That bastard stole my lunch again."),
    (18.0, 21.0, "Emily Dickinson wrote a poem."),
)
SPANISH = (
    (0.2, 3.4, "Buenos días, clase."),
    (4.6, 7.1, "¿Dónde demonios pusiste las llaves?"),
    (10.7, 13.4, "Ese bastardo me robó el almuerzo."),
)
CHAPTERS = ((0, 9, "Morning"), (9, 17, "Lunch"), (17, SECONDS, "The end"))
TAGS = {"title": "Everything", "artist": "Nobody", "date": "2026", "comment": "kept"}
STYLES = """[Script Info]
ScriptType: v4.00+
PlayResX: 640
PlayResY: 360

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, \
Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, \
MarginR, MarginV, Encoding
Style: Default,Made Up,24,&H00FFFFFF,&H000000FF,&H00000000,&H00000000,0,0,0,0,100,100,0,0,1,2,0,2,10,10,10,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


@dataclass(frozen=True, slots=True)
class Kind:
    """One of the two films: its container, its codec of pictures, and of each of its texts."""

    suffix: str
    video: str
    pixels: str
    options: dict[str, str]
    texts: tuple[tuple[str, str, str, str], ...]
    """Codec, language, title and disposition."""
    font: bool = False


MKV = Kind(
    ".mkv",
    "libx265",
    "yuv420p10le",
    {"preset": "veryfast", "crf": "24", "x265-params": HDR10},
    (
        ("ass", "eng", "Full", "default"),
        ("srt", "eng", "For the deaf", "hearing_impaired"),
        ("srt", "spa", "Español", ""),
    ),
    font=True,
)
MP4 = Kind(
    ".mp4",
    "libx264",
    "yuv420p",
    {"preset": "veryfast", "crf": "22", "x264-params": "keyint=48"},
    (("mov_text", "eng", "", "default"), ("mov_text", "spa", "", "")),
)
SOUNDS = (
    ("ac3", "5.1", "eng", "Surround", "default", 448_000),
    ("aac", "stereo", "spa", "Doblaje", "dub", 128_000),
    ("aac", "stereo", "eng", "Commentary", "comment", 128_000),
)


def write_everything(path: Path, kind: Kind) -> Path:
    """Write the film."""
    import heapq

    import av

    with av.open(
        str(path), "w", options={"movie_timescale": "1000"} if kind.suffix == ".mp4" else {}
    ) as film:
        film.metadata.update(TAGS)
        speech = read_sound(ROOT / "demo" / "speech.opus", RATE)
        jobs = [_pictures(film, kind), *(_sound(film, each, speech) for each in SOUNDS)]
        jobs += [_text(film, *text) for text in kind.texts]
        if kind.font:
            film.add_attachment(
                "made-up.ttf", "application/x-truetype-font", b"\0\1\0\0" + bytes(range(256)) * 40
            )
            film.add_attachment("cover.png", "image/png", _png())
        else:
            jobs.append(_cover(film))
        film.set_chapters(
            [
                {
                    "id": number + 1,
                    "start": start * 1000,
                    "end": end * 1000,
                    "time_base": Fraction(1, 1000),
                    "metadata": {"title": title},
                }
                for number, (start, end, title) in enumerate(CHAPTERS)
            ]
        )
        for packet in heapq.merge(*jobs, key=lambda packet: float(packet.dts * packet.time_base)):
            film.mux(packet)
    return path


def _pictures(film: Any, kind: Kind) -> Iterator[Any]:
    stream = film.add_stream(kind.video, rate=FRAMES, options=kind.options)
    context = stream.codec_context
    stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, kind.pixels
    context.time_base = Fraction(1, FRAMES)
    if kind.video == "libx265":
        context.color_primaries, context.color_trc, context.colorspace = BT2020, PQ, BT2020_NC
        context.color_range = 1
    return _shown(stream)


def _shown(stream: Any) -> Iterator[Any]:
    import av
    import numpy as np

    across, down = np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT))
    for number in range(SECONDS * FRAMES):
        light = 120 + 60 * np.sin((across + 3 * number) / 37) + 40 * np.sin((down - number) / 23)
        picture = np.stack([light, light * 0.8, 255 - light], axis=-1).clip(0, 255).astype(np.uint8)
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), "rgb24").reformat(
            format=stream.pix_fmt
        )
        frame.pts, frame.time_base = number, Fraction(1, FRAMES)
        yield from stream.encode(frame)
    yield from stream.encode(None)


def _sound(film: Any, sound: tuple[str, str, str, str, str, int], speech: Sound) -> Iterator[Any]:
    codec, layout, language, title, flag, bit_rate = sound
    stream = film.add_stream(codec, rate=RATE, layout=layout)
    stream.bit_rate = bit_rate
    stream.metadata.update({"language": language, "title": title})
    stream.disposition = _flag(flag)
    return _heard(stream, layout, speech)


def _heard(stream: Any, layout: str, speech: Sound) -> Iterator[Any]:
    import av
    import numpy as np

    bed = (np.sin(np.arange(SECONDS * RATE) * 2 * np.pi * 220 / RATE) * 0.03).astype(np.float32)
    voice = np.zeros_like(bed)
    voice[: len(speech)] = speech[: len(voice)]
    mixes = {"stereo": (voice + bed, voice + bed), "5.1": (bed, bed, voice, bed * 0, bed, bed)}
    channels = np.stack(mixes[layout])
    size = stream.codec_context.frame_size or 1024
    for at in range(0, channels.shape[1], size):
        block = channels[:, at : at + size]
        block = np.pad(block, ((0, 0), (0, size - block.shape[1])))
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block), "fltp", layout)
        frame.sample_rate, frame.pts, frame.time_base = RATE, at, Fraction(1, RATE)
        yield from stream.encode(frame)
    yield from stream.encode(None)


def _text(film: Any, codec: str, language: str, title: str, flag: str) -> Iterator[Any]:
    import av

    cues = SPANISH if language == "spa" else CUES
    if codec == "ass":
        script = av.open(BytesIO(ass(cues).encode()), format="ass")
        stream = film.add_stream_from_template(script.streams[0])
        packets = _taken_over(script, stream)
    else:
        stream = film.add_mux_stream(codec, time_base=Fraction(1, 1000))
        packets = _cues(stream, codec, cues)
    stream.metadata["language"] = language
    if title:
        stream.metadata["title"] = title
    stream.disposition = _flag(flag)
    return packets


def ass(cues: Iterable[tuple[float, float, str]]) -> str:
    """Return a script of subtitles, in italics."""
    lines = [
        f"Dialogue: 0,{_clock(start)},{_clock(end)},Default,,0,0,0,,{{\\i1}}{said}{{\\i0}}"
        for start, end, said in cues
    ]
    return STYLES + "\n".join(lines) + "\n"


def _clock(seconds: float) -> str:
    return f"0:{int(seconds) // 60:02d}:{seconds % 60:05.2f}"


def _taken_over(script: Any, stream: Any) -> Iterator[Any]:
    for packet in script.demux():
        if packet.dts is not None:
            packet.stream = stream
            yield packet


def _cues(stream: Any, codec: str, cues: tuple[tuple[float, float, str], ...]) -> Iterator[Any]:
    import av

    for start, end, said in cues:
        text = said.encode()
        if codec == "mov_text":
            text = len(text).to_bytes(2, "big") + text
        packet: Any = av.Packet(text)
        packet.stream, packet.time_base = stream, Fraction(1, 1000)
        packet.pts = packet.dts = round(start * 1000)
        packet.duration, packet.is_keyframe = round((end - start) * 1000), True
        yield packet


def _cover(film: Any) -> Iterator[Any]:
    import av

    stream = film.add_mux_stream("png", width=64, height=64, time_base=Fraction(1, 1000))
    stream.disposition = _flag("attached_pic")
    packet: Any = av.Packet(_png())
    packet.stream, packet.time_base, packet.pts, packet.dts = stream, Fraction(1, 1000), 0, 0
    packet.is_keyframe = True
    return iter([packet])


def _png() -> bytes:
    import av
    import numpy as np

    encoder: Any = av.CodecContext.create("png", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = 64, 64, "rgb24", Fraction(1, 25)
    frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 90, np.uint8), "rgb24")
    frame.pts = 0
    return b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])


def _flag(name: str) -> Any:
    from av.stream import Disposition

    return getattr(Disposition, name) if name else Disposition(0)


def asked() -> Iterator[tuple[str, list[Found], dict[str, Any]]]:
    """Yield what is done: its name, what is hidden, and the config's `remediation`."""
    words = [Found(start, end, "Profanity", text) for start, end, text in WORDS]
    bare = [Found(14.0, 15.5, boxes=((14.25, (0.2, 0.2, 0.2, 0.3)), (15.0, (0.3, 0.2, 0.2, 0.3))))]
    gone = [Found(18.2, 20.7, "Violence")]
    modes = {"Profanity": "none", "Nudity": "blur", "Violence": "cut"}
    yield "words muted", words, {"audio": {}}
    yield (
        "words muted beside the untouched sound, centre alone",
        words,
        {"audio": {"add_track": True, "scope": "centre"}},
    )
    yield "a part blurred", bare, {"video": {"category_modes": modes}}
    yield "a part cut out", gone, {"video": {"category_modes": modes}}
    yield "all of it", [*words, *bare, *gone], {"audio": {}, "video": {"category_modes": modes}}


def main() -> None:
    """Make the films and their copies, and print what is in them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default="", help="mkv or mp4")
    parser.add_argument("--keep", type=Path, help="a folder where films and copies stay")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = options.keep or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        product = Product(Path(name) / "store")
        for kind in (MKV, MP4):
            if options.only in kind.suffix:
                film = write_everything(folder / f"everything{kind.suffix}", kind)
                show(product, film, folder)


def show(product: Product, film: Path, folder: Path) -> None:
    """Make each copy of a film, and print the tables."""
    before = take(film)
    for number, (what, found, remediation) in enumerate(asked()):
        print(f"\n**{film.name}: {what}**\n")
        results = write_results(folder / "results.json", film, found)
        config = write_config(folder / "config.yaml", **remediation)
        copy = folder / f"{film.stem}.{number}{film.suffix}"
        copy.unlink(missing_ok=True)
        ran = product.copy(film, results, copy, config)
        if ran.code:
            print(f"exit {ran.code}: {ran.last_line}")
            continue
        print(as_table(("before", "after", ""), changes(before, take(copy))))
        print("\n" + "\n".join(f"    {line}" for line in ran.told.splitlines() if "WARNING" in line))


if __name__ == "__main__":
    main()
