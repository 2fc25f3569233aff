"""Other programs, each installed in a venv of its own.

Those that silence swears get the very words that are planted: what is measured is how words are
found and silenced, not whose list is longer.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lines import read_lines
from reels import Reel


class NoPeerError(Exception):
    """A program cannot run on this machine."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A program, installed.

    Args:
        takes: whether it can do something with a reel.
        prepare: makes what it needs beside the film, in the film's folder.
        command: how it turns `film.mkv` of that folder to `copy.mkv`.
    """

    name: str
    takes: Callable[[Reel], bool]
    prepare: Callable[[Path], None]
    command: tuple[str, ...]


def cleanvid(tools: Path) -> Peer:
    """Return cleanvid, which goes by subtitles alone. Raises NoPeerError."""
    program = _with_ffmpeg("cleanvid==1.7.1", tools)
    command = ("-i", "film.mkv", "-s", "film.srt", "-o", "copy.mkv", "-w", str(_words(program)), "--offline")
    return Peer(
        "cleanvid 1.7.1",
        lambda reel: reel.subtitles is not None,
        lambda folder: None,
        (str(program), *command),
    )


def monkeyplug(tools: Path, whisper: Path) -> Peer:
    """Return monkeyplug with the words that faster-whisper hears. Raises NoPeerError.

    Its own recognisers' weights are on no package index. Those of faster-whisper are the same model, and
    monkeyplug takes a transcript.

    Args:
        whisper: the folder of the model.
    """
    program = _with_ffmpeg("monkeyplug==2.1.9", tools)
    if not (whisper / "model.bin").exists():
        raise NoPeerError(f"{whisper.name} is not in the store, and its own models cannot be had")

    def prepare(folder: Path) -> None:
        work = [sys.executable, __file__, str(whisper), str(folder / "film.mkv")]
        heard = subprocess.run(work, capture_output=True, text=True, check=True)
        (folder / "words.json").write_text(heard.stdout)

    # It knows no codec of its own for Matroska.
    command = (
        "-i",
        "film.mkv",
        "-o",
        "copy.mkv",
        "-w",
        str(_words(program)),
        "--audio-params=-c:a aac -b:a 256K",
    )
    return Peer(
        f"monkeyplug 2.1.9, transcript by faster-whisper ({whisper.name})",
        lambda reel: reel.looks == "words" and reel.language == "en",
        prepare,
        (str(program), *command, "--input-transcript", "words.json"),
    )


def installed(wanted: str, tools: Path, program: str | None = None) -> Path:
    """Return the program of a package, installed now or before; it is called as the package unless given.

    Raises:
        NoPeerError: it cannot be installed.
    """
    name = wanted.partition("=")[0]
    home = tools / name
    path = home / "bin" / (program or name)
    if not path.exists():
        try:
            for command in (["venv", str(home)], ["pip", "--python", str(home), "install", "-q", wanted]):
                subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, check=True)
        except subprocess.CalledProcessError as error:
            raise NoPeerError(f"it cannot be installed: {error.stderr.strip().splitlines()[-1]}") from error
    return path


def ffmpeg(tools: Path) -> Path:
    """Return the program ffmpeg: the one that is here, else that of a package. Raises NoPeerError."""
    if found := shutil.which("ffmpeg"):
        return Path(found)
    python = installed("imageio-ffmpeg==0.8.1", tools, "python")
    ask = "import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())"
    told = subprocess.run([python, "-c", ask], capture_output=True, text=True, check=False)
    if told.returncode:
        raise NoPeerError("its package has no program for this machine")
    return Path(told.stdout.strip())


def _with_ffmpeg(wanted: str, tools: Path) -> Path:
    """Return a program that needs ffmpeg and ffprobe."""
    if absent := [each for each in ("ffmpeg", "ffprobe") if shutil.which(each) is None]:
        raise NoPeerError(f"it needs {' and '.join(absent)}")
    return installed(wanted, tools)


def _words(program: Path) -> Path:
    """Write the swears that are planted, as a list for the program; return where."""
    planted = {
        " ".join(re.findall(r"[\w']+", " ".join(line.text.split()[first : last + 1])))
        for line in read_lines()["swears"]
        for first, last, _ in line.marks
    }
    words = program.parents[1] / "swears.txt"
    words.write_text("\n".join(sorted(word.lower() for word in planted)) + "\n", encoding="utf-8")
    return words


def _transcript(model: str, film: str) -> list[dict[str, object]]:
    """Return each word with its times, as monkeyplug's own recogniser would."""
    from faster_whisper import WhisperModel

    whisper = WhisperModel(model, device="cpu", compute_type="int8", cpu_threads=1, local_files_only=True)
    segments, _ = whisper.transcribe(film, language="en", beam_size=5, word_timestamps=True)
    return [
        {"word": word.word.strip(), "start": float(word.start), "end": float(word.end), "probability": 1.0}
        for segment in segments
        for word in segment.words or ()
    ]


if __name__ == "__main__":
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    print(json.dumps(_transcript(*sys.argv[1:])))
