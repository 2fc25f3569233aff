"""Films of the demo's street at 720p: long ones, and some with a face that moves through them."""

from __future__ import annotations

import heapq
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, count, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from footage import RATE, read_sound

if TYPE_CHECKING:
    import numpy as np
    from footage import Sound
    from numpy.typing import NDArray

    Planes = NDArray[np.uint8]

WIDTH, HEIGHT, FRAMES = 1280, 720, 25
LAP = 20
"""Seconds that are encoded; longer films repeat them."""
SPEECH_LAP = 30
DOWN = 0.3
"""How fast the head goes down, beside how fast it goes across."""
FACE = 128
"""Pixels: width and height of the face's truth."""
_GRAIN = 2.0
_FACES = "scikit-image==0.26.0"
_ASTRONAUT = "skimage/data/astronaut.png"
_HEAD_AT = (130, 0, 200)
"""Left, top and side of what is taken of that picture: somebody's head and shoulders."""
HEAD = 300
"""Pixels: width and height of that in the film."""
FACE_IN_HEAD = (74, 130)
"""Left and top of the face there; both even."""
_X264 = {"preset": "veryfast", "crf": "24"}


@dataclass(frozen=True, slots=True)
class Crossing:
    """Where somebody's head is: it crosses the picture at `speed` (pixels a second) and back."""

    speed: int

    def head_at(self, number: int) -> tuple[int, int]:
        """Return left and top of the head in a picture, both even."""
        gone = self.speed * number / FRAMES
        left, top = to_and_fro(gone, WIDTH - HEAD), to_and_fro(gone * DOWN, HEIGHT - HEAD)
        return int(left) // 2 * 2, int(top) // 2 * 2

    def at(self, number: int) -> tuple[int, int]:
        """Return left and top of the face in a picture, both even."""
        left, top = self.head_at(number)
        return left + FACE_IN_HEAD[0], top + FACE_IN_HEAD[1]

    def box(self, time: float) -> tuple[float, float, float, float]:
        """Return left, top, width and height of the face in fractions of the picture."""
        left, top = self.at(round(time * FRAMES))
        return left / WIDTH, top / HEIGHT, FACE / WIDTH, FACE / HEIGHT


def to_and_fro(gone: float, room: float) -> float:
    """Return where something is that went so far in a room, and turned back at its ends."""
    return room - abs(room - gone % (2 * room))


def street_planes(street: Path) -> Iterator[Planes]:
    """Yield the street's pictures with some grain, as planes of yuv420p, again and again."""
    import av
    import numpy as np

    chance = np.random.default_rng(3)
    grain = [np.rint(chance.normal(0, _GRAIN, (HEIGHT, WIDTH))).astype(np.int16) for _ in range(8)]
    numbers = count()
    while True:
        with av.open(str(street)) as film:
            for frame in film.decode(video=0):
                picture = cast("Planes", frame.reformat(WIDTH, HEIGHT, "yuv420p").to_ndarray())
                luma = picture[:HEIGHT].astype(np.int16) + grain[next(numbers) % 8]
                picture[:HEIGHT] = np.clip(luma, 16, 235).astype(np.uint8)
                yield picture


def head_planes(tools: Path) -> tuple[Planes, Planes, Planes]:
    """Return a head as planes of yuv420p: scikit-image's astronaut, out of the wheel."""
    import av
    import numpy as np

    folder = tools / "faces"
    if not list(folder.glob("*.whl")):
        command = ["pip", "download", "--quiet", "--no-deps", "--dest", str(folder), _FACES]
        subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, check=True)
    picture = folder / "astronaut.png"
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        picture.write_bytes(wheel.read(_ASTRONAUT))
    with av.open(str(picture)) as file:
        whole = next(file.decode(video=0)).to_ndarray(format="rgb24")
    left, top, side = _HEAD_AT
    cut = cast("Planes", np.ascontiguousarray(whole[top : top + side, left : left + side]))
    frame = av.VideoFrame.from_ndarray(cut, "rgb24").reformat(HEAD, HEAD, "yuv420p")
    planes = cast("Planes", frame.to_ndarray())
    blue, red = planes[HEAD:].reshape(2, HEAD // 2, HEAD // 2)
    return planes[:HEAD], blue, red


def with_face(pictures: Iterator[Planes], tools: Path, path: Crossing) -> Iterator[Planes]:
    """Yield the pictures with the head in them."""
    luma, blue, red = head_planes(tools)
    half, quarter = HEAD // 2, HEIGHT // 4
    for number, picture in enumerate(pictures):
        left, top = path.head_at(number)
        picture[top : top + HEAD, left : left + HEAD] = luma
        for plane, at in ((blue, HEIGHT), (red, HEIGHT + quarter)):
            chroma = picture[at : at + quarter].reshape(HEIGHT // 2, WIDTH // 2)
            chroma[top // 2 : top // 2 + half, left // 2 : left // 2 + half] = plane
        yield picture


def write_street(
    path: Path, pictures: Iterator[Planes], seconds: int, gop: int, sound: Sound | None, lap: int = LAP
) -> Path:
    """Write H.264 and, with a sound, AAC: `lap` seconds of pictures, repeated to `seconds`.

    Args:
        gop: seconds between key frames, of which a lap is a multiple.
        sound: at RATE, mono; repeated as well.
    """
    import av

    with av.open(str(path), "w") as film:
        video: Any = film.add_stream("libx264", rate=FRAMES, options=_X264 | _gop(gop * FRAMES))
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        video.codec_context.time_base = Fraction(1, FRAMES)
        audio: Any = film.add_stream("aac", rate=RATE, layout="stereo") if sound is not None else None
        lap_packets = list(_encoded(video, islice(pictures, lap * FRAMES)))
        shown = _repeated(video, lap_packets, seconds, lap)
        heard = () if sound is None else _sound_packets(audio, sound, seconds)
        for packet in heapq.merge(shown, heard, key=lambda packet: packet.dts * packet.time_base):
            film.mux(packet)
    return path


def _gop(frames: int) -> dict[str, str]:
    return {"x264-params": f"keyint={frames}:min-keyint={frames}:scenecut=0:open-gop=0"}


def _encoded(video: Any, pictures: Iterator[Planes]) -> Iterator[tuple[bytes, int, int, bool]]:
    """Yield content, times and whether it is a key frame, of each packet."""
    import av

    base = Fraction(1, FRAMES)
    frames = (av.VideoFrame.from_ndarray(picture, "yuv420p") for picture in pictures)
    for number, frame in enumerate(chain(frames, (None,))):
        if frame is not None:
            frame.pts, frame.time_base = number, base
        for packet in video.encode(frame):
            scale = packet.time_base / base
            yield bytes(packet), round(packet.pts * scale), round(packet.dts * scale), packet.is_keyframe


def _repeated(
    video: Any, packets: Sequence[tuple[bytes, int, int, bool]], seconds: int, lap: int
) -> Iterator[Any]:
    import av

    for before in range(0, seconds * FRAMES, lap * FRAMES):
        for content, pts, dts, is_key in packets:
            packet: Any = av.Packet(content)
            packet.stream, packet.time_base, packet.is_keyframe = video, Fraction(1, FRAMES), is_key
            packet.pts, packet.dts, packet.duration = pts + before, dts + before, 1
            yield packet


def _sound_packets(audio: Any, sound: Sound, seconds: int) -> Iterator[Any]:
    import av
    import numpy as np

    for at in range(0, seconds * RATE, 1024):
        block = sound[(at + np.arange(1024)) % len(sound)]
        frame = av.AudioFrame.from_ndarray(np.stack([block, block]), "fltp", "stereo")
        frame.sample_rate, frame.pts, frame.time_base = RATE, at, Fraction(1, RATE)
        yield from audio.encode(frame)
    yield from audio.encode(None)


def speech(path: Path) -> Sound:
    """Return the demo's speech, with silence up to SPEECH_LAP seconds."""
    import numpy as np

    heard = read_sound(path, RATE)
    return np.concatenate([heard, np.zeros(SPEECH_LAP * RATE - len(heard), np.float32)])
