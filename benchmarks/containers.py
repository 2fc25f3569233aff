"""Which actions work on which containers and codecs: each is rendered, checked, and decoded from outside.

    python benchmarks/containers.py [--only WORDS] [--json FILE]

For each action on each film the whole command runs, with its own check. Then another program, ffmpeg, decodes
the copy: it may complain of nothing, and must count as many pictures as there are to be. `yes` is all that.
A film that its container cannot hold comes in a Matroska, and its copy goes into the container.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from itertools import product as each_with_each
from pathlib import Path
from typing import Any

from actions import Others
from commands import Product, as_table
from copies import Found, write_config, write_results
from footage import RATE

WIDTH, HEIGHT, FRAMES, SECONDS = 320, 180, 25, 6
CONTAINERS = (".mkv", ".mp4", ".mov", ".webm")
VIDEOS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "H.264": ("libx264", {"preset": "veryfast", "g": "50"}),
    "H.265": ("libx265", {"preset": "ultrafast", "x265-params": "log-level=none:keyint=50"}),
    "VP9": ("libvpx-vp9", {"deadline": "realtime", "cpu-used": "8", "g": "50"}),
    "AV1": ("libsvtav1", {"preset": "12", "g": "50"}),
    "MPEG-4": ("mpeg4", {"g": "50", "bf": "2"}),
}
AUDIOS = {"AAC": "aac", "AC-3": "ac3", "Opus": "libopus", "FLAC": "flac", "PCM": "pcm_s16le"}
HELD = {
    ".mkv": {*VIDEOS, *AUDIOS},
    ".mp4": {"H.264", "H.265", "VP9", "AV1", "MPEG-4", "AAC", "AC-3", "Opus", "FLAC"},
    ".mov": {"H.264", "H.265", "MPEG-4", "AAC", "AC-3", "PCM"},
    ".webm": {"VP9", "AV1", "Opus"},
}
"""What each container holds, as far as films of these codecs are made for it here."""
_ADDRESS = re.compile(r" @ 0x[0-9a-f]+")
WORD = Found(2.1, 2.5, "Profanity", "damn")
MOVING = Found(2.0, 3.4, boxes=tuple((2.0 + n / 2, (0.2 + n / 10, 0.3, 0.2, 0.3)) for n in range(3)))
GONE = (Found(1.1, 1.9), Found(4.03, 4.39))
ON_PICTURES: Mapping[str, tuple[Sequence[Found], Mapping[str, Any]]] = {
    "blank": ((Found(2.2, 2.4),), {"video": {"mode": "blank"}}),
    "box": ((MOVING,), {"video": {"mode": "box"}}),
    "mosaic": ((MOVING,), {"video": {"mode": "mosaic"}}),
    "blur": ((MOVING,), {"video": {"mode": "blur"}}),
    "blur all": ((MOVING,), {"video": {"mode": "blur", "area": "picture"}}),
    "cut": (GONE, {"video": {"mode": "cut"}}),
    "cut, mute, blur": (
        (WORD, MOVING, GONE[1]),
        {"audio": {}, "video": {"mode": "blur"}},
    ),
}
ON_SOUNDS: Mapping[str, tuple[Sequence[Found], Mapping[str, Any]]] = {
    **{mode: ((WORD,), {"audio": {"mode": mode}}) for mode in ("silence", "bleep", "duck", "reverse")},
    "track added": ((WORD,), {"audio": {"add_track": True}}),
    "cut": (GONE, {"video": {"mode": "cut"}}),
}


@dataclass(frozen=True, slots=True)
class Tried:
    """One action on one film: `outcome` is what the table says, `why` more of it, `notes` the warnings."""

    container: str
    codec: str
    action: str
    outcome: str
    why: str = ""
    notes: tuple[str, ...] = ()


def write_small(path: Path, video: str, audio: str) -> Path:
    """Write a small film with a moving pattern, and a tone that moves."""
    import heapq

    import av

    with av.open(str(path), "w") as film:
        encoder, options = VIDEOS[video]
        shown: Any = film.add_stream(encoder, rate=FRAMES, options=dict(options))
        shown.width, shown.height, shown.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        shown.codec_context.time_base = Fraction(1, FRAMES)
        heard: Any = film.add_stream(AUDIOS[audio], rate=RATE, layout="stereo")
        jobs = (_pictures(shown), _sounds(heard))
        for packet in heapq.merge(*jobs, key=lambda packet: packet.dts * packet.time_base):
            film.mux(packet)
    return path


def _pictures(stream: Any) -> Iterator[Any]:
    import av
    import numpy as np

    grain = np.random.default_rng(4).integers(0, 60, (HEIGHT, WIDTH * 2), np.uint8)
    for number in range(SECONDS * FRAMES):
        picture = np.zeros((HEIGHT * 3 // 2, WIDTH), np.uint8) + np.uint8(120)
        picture[:HEIGHT] = 80 + grain[:, number : number + WIDTH]
        frame = av.VideoFrame.from_ndarray(picture, "yuv420p")
        frame.pts, frame.time_base = number, Fraction(1, FRAMES)
        yield from stream.encode(frame)
    yield from stream.encode(None)


def _sounds(stream: Any) -> Iterator[Any]:
    import av
    import numpy as np

    times = np.arange(SECONDS * RATE) / RATE
    tone = (0.3 * np.sin(2 * np.pi * (300 * times + 20 * times**2))).astype(np.float32)
    form = stream.codec_context.codec.audio_formats[0].name
    size = stream.codec_context.frame_size or 4096
    for at in range(0, len(tone), size):
        frame = av.AudioFrame.from_ndarray(np.stack([tone[at : at + size]] * 2), "fltp", "stereo")
        frame.sample_rate = RATE
        for made in av.AudioResampler(form, "stereo", RATE).resample(frame):
            made.pts, made.time_base = at, Fraction(1, RATE)
            yield from stream.encode(made)
    yield from stream.encode(None)


def decoded(ffmpeg: Path, copy: Path) -> tuple[int, str]:
    """Return how many pictures ffmpeg finds in a file, and of what it complains."""
    command: list[str | Path] = [
        ffmpeg,
        "-v",
        "warning",
        "-stats",
        "-i",
        copy,
        "-map",
        "0:v:0",
        "-map",
        "0:a?",
    ]
    ran = subprocess.run([*command, "-f", "null", "-"], capture_output=True, text=True, check=False)
    lines = [line.strip() for line in ran.stderr.replace("\r", "\n").splitlines() if line.strip()]
    counts = [line for line in lines if line.startswith("frame=")]
    told = " / ".join(_ADDRESS.sub("", line) for line in lines if not line.startswith("frame="))
    return int(counts[-1].removeprefix("frame=").split()[0]) if counts else 0, told


class Trials:
    """Tries all actions in a folder of its own.

    Args:
        scratch: the folder.
        ffmpeg: the program that decodes copies; None for without.
    """

    def __init__(self, scratch: Path, ffmpeg: Path | None) -> None:
        self.tried: list[Tried] = []
        self._scratch = scratch
        self._ffmpeg = ffmpeg
        self._product = Product(scratch / "store")

    def row(
        self,
        suffix: str,
        video: str,
        audio: str,
        actions: Mapping[str, tuple[Sequence[Found], Mapping[str, Any]]],
    ) -> list[str]:
        """Try all actions on one film; return what the table says of each."""
        codec = video if actions is ON_PICTURES else audio
        comes_in = suffix if {video, audio} <= HELD[suffix] else ".mkv"
        film = write_small(self._scratch / f"film{comes_in}", video, audio)
        expected = decoded(self._ffmpeg, film) if self._ffmpeg else (0, "")
        before = len(self.tried)
        for action, (found, remediation) in actions.items():
            self.tried.append(self._try(film, suffix, codec, action, found, remediation, expected))
        return [each.outcome for each in self.tried[before:]]

    def _try(
        self,
        film: Path,
        suffix: str,
        codec: str,
        action: str,
        found: Sequence[Found],
        remediation: Mapping[str, Any],
        expected: tuple[int, str],
    ) -> Tried:
        copy = self._scratch / f"copy{suffix}"
        copy.unlink(missing_ok=True)
        found = _with_cuts(action, found)
        results = write_results(self._scratch / "results.json", film, found)
        config = write_config(self._scratch / "config.yaml", **remediation)
        ran = self._product.copy(film, results, copy, config)
        notes = tuple(
            line
            for line in ran.told.splitlines()
            if "WARNING" in line and "there are no `detectors`" not in line
        )
        if ran.code:
            return Tried(suffix, codec, action, f"exit {ran.code}", ran.last_line, notes)
        if self._ffmpeg is None:
            return Tried(suffix, codec, action, "checked", "", notes)
        wanted = expected[0] - (_frames(found) if "cut" in action else 0)
        count, told = decoded(self._ffmpeg, copy)
        if told and told != expected[1]:
            return Tried(suffix, codec, action, "**complaint**", told, notes)
        if count != wanted:
            return Tried(suffix, codec, action, f"**{count} of {wanted}**", "", notes)
        return Tried(suffix, codec, action, "yes" if not notes else "yes, told", "", notes)


def _with_cuts(action: str, found: Sequence[Found]) -> list[Found]:
    if action != "cut, mute, blur":
        return list(found)
    return [*found[:-1], Found(found[-1].start, found[-1].end, picture="cut")]


def _frames(found: Sequence[Found]) -> int:
    """Return how many pictures are cut out: all that are shown at any moment of it."""
    spans = [(each.start, each.end) for each in found if each in GONE or each.picture == "cut"]
    times = [number / FRAMES for number in range(SECONDS * FRAMES)]
    return sum(
        any(at < end - 1e-6 and start < at + 1 / FRAMES - 1e-6 for start, end in spans) for at in times
    )


def main() -> None:
    """Try everything, and print the tables."""
    from platformdirs import user_cache_path

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default="", help="words of the rows to try, such as '.mp4 H.264'")
    parser.add_argument("--cache", type=Path, default=user_cache_path("video-censor-benchmarks"))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    os.environ["SVT_LOG"] = "1"  # the encoder of AV1 talks
    ffmpeg = Others(options.cache / "tools", names=("ffmpeg",)).ffmpeg
    with tempfile.TemporaryDirectory() as name:
        trials = Trials(Path(name), ffmpeg)
        for title, codecs, actions in (("pictures", VIDEOS, ON_PICTURES), ("sounds", AUDIOS, ON_SOUNDS)):
            print(f"\n{as_table((title, *actions), [])}")
            for suffix, codec in each_with_each(CONTAINERS, codecs):
                if options.only not in f"{suffix} {codec}":
                    continue
                video = codec if title == "pictures" else ("VP9" if suffix == ".webm" else "H.264")
                audio = codec if title == "sounds" else ("Opus" if suffix == ".webm" else "AAC")
                outcomes = trials.row(suffix, video, audio, actions)
                print(f"| {suffix} {codec} | {' | '.join(outcomes)} |", flush=True)
    print()
    for each in trials.tried:
        if each.why or each.notes:
            where = f"{each.container} {each.codec}, {each.action}"
            print(f"- {where}: {'; '.join(part for part in (each.why, *each.notes) if part)}")
    if options.json:
        options.json.write_text(json.dumps([asdict(each) for each in trials.tried], indent=1) + "\n")


if __name__ == "__main__":
    main()
