"""The clean copy of a video: planned, rendered, checked, and not made again while nothing changed."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from modeltasks.report.progress import NoProgress, Progress
from modeltasks.support.cancel import CancelToken
from modeltasks.support.files import write_whole
from modeltasks.support.filesystem import mark_used
from video_censor_personal.config import Config
from video_censor_personal.config.values import AudioRemediation, OtherTracks
from video_censor_personal.edits.own_sound import own_sound_digest
from video_censor_personal.edits.plan import doubts, plan_edits
from video_censor_personal.edits.told import Actions, actions_of
from video_censor_personal.edits.values import RENDERER, Edits
from video_censor_personal.errors import VideoCensorError, WouldOverwrite
from video_censor_personal.findings.segments import Segment
from video_censor_personal.findings.texts import TextSource
from video_censor_personal.findings.tracks import SoundTrack
from video_censor_personal.media.errors import FilmChanged
from video_censor_personal.media.info import MediaInfo
from video_censor_personal.media.notes import FilmFacts
from video_censor_personal.media.progress import CHECKING, WRITING, film_progress
from video_censor_personal.render.beside import CleanFiles, check_beside, clean_files, write_beside
from video_censor_personal.render.identity import content_key, stat_key
from video_censor_personal.render.notes import read_note

if TYPE_CHECKING:
    from video_censor_personal.render.assembly import Reuse
    from video_censor_personal.render.mux import RenderReport
    from video_censor_personal.render.streams import StreamPlan


class NotClean(VideoCensorError):
    """What was rendered is not what was planned; it was thrown away."""

    kind = "render"

    def __init__(self, output: Path, problems: Sequence[str]) -> None:
        super().__init__(
            f"The clean copy {output} failed its check and was not written",
            "; ".join(problems),
            "Please report this as a bug, with the kind of video it was",
        )


@dataclass(frozen=True, slots=True)
class CopyRequest:
    """A clean copy that is wanted.

    Args:
        film: what is known of the film.
        output: where the copy is to be.
        segments: what was found in the film.
        config: what is done about that.
        tracks: the film's sound tracks, and who listened to them, as far as that is known.
        read: the tracks of text, by their numbers, and the files beside the film, by their names, that
            somebody read.
        beside: the files of subtitles beside the film that are to lie beside the copy, too.
    """

    film: FilmFacts
    output: Path
    segments: tuple[Segment, ...]
    config: Config
    tracks: tuple[SoundTrack, ...] = ()
    read: frozenset[int | str] = frozenset()
    beside: tuple[TextSource, ...] = ()

    @property
    def edits(self) -> Edits:
        """What is done. Raises UsageError where the config, or a segment, asks for what cannot be done."""
        return plan_edits(self.segments, self.config)

    @property
    def doubts(self) -> tuple[str, ...]:
        """What the user should know before it is made."""
        return doubts(self.segments, self.config)

    @property
    def sounds(self) -> Sounds:
        """What becomes of the sound tracks."""
        heard = frozenset(each.stream for each in self.tracks if each.heard_by)
        return Sounds(heard, self.config.audio.other_tracks)


@dataclass(frozen=True, slots=True)
class CleanCopy:
    """A clean copy; `written` is False when it was there already.

    `edits` counts sound, picture and cuts; `actions` says what is done, as `edits.told` has it. `streams`
    are those of the film that were encoded anew, written as other text, and copied, as `RenderReport` has
    them; None where that is not known any more.
    """

    path: Path
    written: bool
    edits: int
    warnings: tuple[str, ...] = ()
    actions: Actions = field(default_factory=lambda: MappingProxyType({}))
    streams: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Sounds:
    """The streams that were listened to, and what becomes of other sound tracks."""

    heard: frozenset[int]
    others: OtherTracks

    def treatment(self, streams: Iterable[int]) -> tuple[tuple[int, ...], dict[int, str]]:
        """Return which of the film's sound tracks are muted, and which are left out and why.

        Where none was listened to, what was found was not found by listening, and is in all of them.
        """
        found = tuple(streams)
        others = [index for index in found if index not in self.heard and self.heard]
        if self.others == "mute":
            return found, {}
        left_out = dict.fromkeys(others, "nobody listened to it") if self.others == "drop" else {}
        return tuple(index for index in found if index not in others), left_out


class Copier:
    """Makes clean copies; `folder` is where it notes what was made from what.

    A file that is there already is replaced if it is one of its copies, wherever that was moved to, or
    with `overwrite`. The notes say what is a copy, not a tag in the file: a tag stays in what
    others make of a copy, and that is not ours to replace.
    """

    def __init__(
        self, folder: Path, cancel: CancelToken, progress: Progress | None = None, *, overwrite: bool = False
    ) -> None:
        self._folder = folder
        self._cancel = cancel
        self._progress = progress or NoProgress()
        self._overwrite = overwrite

    def check(self, video: Path, output: Path) -> None:
        """Make sure that the clean copy of `video` may be written to `output`.

        Raises:
            OutputRefused: nothing can be written there, or what is there is no copy that was made here.
        """
        from video_censor_personal.containers.target import check_target

        check_target(video, output)
        self.check_replaceable(output)

    def check_replaceable(self, output: Path) -> None:
        """Make sure that what is at `output`, if anything, may be replaced. Raises WouldOverwrite."""
        if output.exists() and not self._overwrite and not self.is_ours(output):
            raise WouldOverwrite(output)

    def plan(self, film: MediaInfo, output: Path, config: Config) -> StreamPlan:
        """Return how the streams of a film get into a clean copy at `output`, tried before any work.

        Raises:
            OutputRefused: as `check`, or the container cannot hold the film.
            OwnSoundUnusable: what is to be heard in place of what is hidden cannot be read.
            MediaError: the film cannot be read.
        """
        enabled = {"audio": config.audio.enabled or config.video.can_cut, "video": config.video.enabled}
        return self._planned(film, output, config, [kind for kind, is_on in enabled.items() if is_on])

    def _planned(self, film: MediaInfo, output: Path, config: Config, edited: Sequence[str]) -> StreamPlan:
        from video_censor_personal.containers.target import NoSuchContainer
        from video_censor_personal.media.sidecars import sidecars
        from video_censor_personal.render.assembly import Work
        from video_censor_personal.render.streams import plan_streams
        from video_censor_personal.render.texts import plan_texts
        from video_censor_personal.sound.own_sound import check_own_sound

        with suppress(NoSuchContainer):  # refused with better advice once the film is known
            self.check(film.path, output)
        if config.subtitles.beside:
            self._check_beside(film.path, output, sidecars(film.path, lambda _file: ""))
        check_own_sound(config.audio)
        work = Work(audio=config.audio, video=config.video)
        plan = plan_streams(film, output, config.unsupported_streams, edited, work)
        return plan_texts(plan, config.subtitles)

    def current(self, request: CopyRequest) -> CleanCopy | None:
        """Return the copy that is there, if it is what `copy` would give; opens no film.

        Raises:
            UsageError: the config, or a segment, asks for what cannot be done.
        """
        edits, known = request.edits, read_note(self._note(request.output))
        if known is None or known.key != _key(request, edits) or not known.is_as_made(request.output):
            return None
        return CleanCopy(request.output, False, len(edits), known.warnings, actions_of(edits), known.streams)

    def copy(self, request: CopyRequest) -> CleanCopy:
        """Render the clean copy.

        Raises:
            UsageError: the config, or a segment, asks for what cannot be done, or what is there is somebody
                else's; nothing was begun.
            VideoCensorError: it cannot be made; nothing is there that was not there before.
            NotClean: it was made, but its check failed.
            Cancelled: a stop was asked for.
        """
        output, edits, config = request.output, request.edits, request.config
        if edits.cuts:  # which a person may have chosen, whatever the config says
            plan = self._planned(request.film.info, output, config, ("audio", "video"))
        else:
            plan = self.plan(request.film.info, output, config)
        key = _key(request, edits)
        beside = self._beside(request, edits)
        report, stat = self._render(plan, request, key)
        write_beside(beside, self.beside(output), self._folder)
        warnings, streams = (*request.doubts, *report.warnings, *beside.warnings), report.streams
        with suppress(OSError):
            document: dict[str, object] = {"key": key, "output": str(output), "stat": stat}
            document |= {"warnings": warnings, "streams": streams}
            document["pieces"] = [asdict(piece) for each in report.joined.values() for piece in each.pieces]
            document["beside"] = {each.path.name: stat_key(each.path) for each in beside.files}
            write_whole(self._note(output), json.dumps(document, indent=1) + "\n")
        return CleanCopy(output, True, len(edits), warnings, actions_of(edits), streams)

    def mark_used(self, output: Path) -> None:
        """Note that a copy is in use, so that nobody takes what is noted of it for old."""
        mark_used(self._note(output))

    def is_noted(self, output: Path) -> bool:
        """Whether the file there is a copy as it was made here, at this place."""
        known = read_note(self._note(output))
        return known is not None and known.stat == stat_key(output)

    def is_ours(self, output: Path) -> bool:
        """Whether the file there is a copy that was made here, wherever it was moved to since."""
        if self.is_noted(output):
            return True
        try:
            return self._signature(output).exists()
        except OSError:  # it may not be read, so nobody can say that it is
            return False

    def _sign(self, output: Path) -> None:
        write_whole(self._signature(output), f"{str(output)!a}\n")

    def _signature(self, output: Path) -> Path:
        """Return the note whose existence says that a file with this content was made here."""
        return self._folder / "copies" / f"{content_key(output)}.made"

    def _note(self, output: Path) -> Path:
        name = hashlib.sha256(os.fsencode(output.absolute())).hexdigest()
        return self._folder / "copies" / f"{name}.json"

    def beside(self, output: Path) -> tuple[Path, ...]:
        """Return the files of subtitles beside a copy that are as they were made here."""
        known = read_note(self._note(output))
        noted = {} if known is None else known.beside
        found = {output.parent / name: stat for name, stat in noted.items()}
        return tuple(path for path, stat in found.items() if stat is not None and stat == stat_key(path))

    def _check_beside(self, film: Path, output: Path, sources: Iterable[TextSource]) -> None:
        check_beside(film, output, sources, self._folder, overwrite=self._overwrite)

    def _beside(self, request: CopyRequest, edits: Edits) -> CleanFiles:
        """Return the files of subtitles that are to lie beside the copy; nothing is written yet."""
        if not request.beside:
            return CleanFiles()
        from video_censor_personal.captions.hiding import Texts

        self._check_beside(request.film.info.path, request.output, request.beside)
        texts = Texts(edits.words, edits.spared, request.config.subtitles, request.read)
        return clean_files(request.film.info, request.output, request.beside, texts)

    def _render(
        self, plan: StreamPlan, request: CopyRequest, key: str
    ) -> tuple[RenderReport, list[int] | None]:
        """Render the copy; return what was made and its stat, taken before it got its name.

        Another run may give the same name to a copy of its own at any time.
        """
        from video_censor_personal.containers.tags import marking_problems
        from video_censor_personal.render.mux import RenderOptions, render
        from video_censor_personal.render.verify import Told, verify_render

        stat: list[int] | None = None
        film, output, config = plan.info, plan.target, request.config
        before = stat_key(film.path)

        def check(made: Path, report: RenderReport) -> None:
            nonlocal stat
            written()
            with film_progress(self._progress, CHECKING, film.duration) as reached:

                def checked(seconds: float) -> None:
                    self._cancel.check()
                    reached(seconds)

                told = Told(report.copied, report.joined)
                problems = verify_render(report.plan, made, report.work, told, checked)
            problems += marking_problems(made, key)
            if problems:
                raise NotClean(output, problems)
            stat = stat_key(made)
            if stat_key(film.path) != before:
                raise FilmChanged(film.path)
            # Something may have been put there meanwhile.
            self.check(film.path, output)
            self._check_beside(film.path, output, request.beside)
            # Before it has its name: another run for the same output must know it for ours at once.
            with suppress(OSError):
                self._sign(made)

        muted, left_out = request.sounds.treatment(each.index for each in film.of_kind("audio"))
        with ExitStack() as writing:
            reached = writing.enter_context(film_progress(self._progress, WRITING, film.duration))
            written = writing.close
            options = RenderOptions(
                tracks=muted,
                left_out=left_out,
                audio=config.audio,
                video=config.video,
                subtitles=config.subtitles,
                read=frozenset(each for each in request.read if isinstance(each, int)),
                reuse=self._reuse(request),
                cancel=self._cancel,
                progress=reached,
                check=check,
                plan=key,
            )
            return render(plan, request.edits, options), stat

    def _reuse(self, request: CopyRequest) -> Reuse:
        """Return what can be taken from the copy that is there, as long as it is as it was made here."""
        from video_censor_personal.render.assembly import Reuse
        from video_censor_personal.smart_render.pieces import Piece, Pieces

        known = read_note(self._note(request.output))
        if known is None or known.stat != stat_key(request.output):
            return Reuse(request.film.fingerprint)
        try:
            pieces = Pieces.of(request.output, [Piece(**each) for each in known.pieces])
        except TypeError:
            pieces = Pieces()
        return Reuse(request.film.fingerprint, pieces)


def _key(request: CopyRequest, edits: Edits) -> str:
    config, sounds = request.config, request.sounds
    plan = {
        "renderer": RENDERER,
        "video": request.film.fingerprint,
        "edits": asdict(edits),
        "sound": _sound_key(config.audio, {edit.mode for edit in edits.sound}),
        "encoder": [config.video.encoder, config.video.preset] if _may_encode(request, edits) else None,
        "subtitles": asdict(config.subtitles) if edits.words else config.subtitles.picture_subtitles,
        "read": sorted(map(str, request.read)) if edits.words else None,
        "beside": sorted((each.file or "", each.digest) for each in request.beside),
        "unsupported": config.unsupported_streams,
        "heard": sorted(sounds.heard),
        "other_tracks": sounds.others,
    }
    return hashlib.sha256(json.dumps(plan, sort_keys=True).encode()).hexdigest()


def _may_encode(request: CopyRequest, edits: Edits) -> bool:
    """Whether pictures may have to be encoded: for what is done to them, or for another kind of file."""
    before, after = request.film.info.path.suffix, request.output.suffix
    return bool(edits.picture or edits.cuts) or before.lower() != after.lower()


def _sound_key(audio: AudioRemediation, modes: Collection[str]) -> list[object]:
    """Return what of the settings counts where sound is hidden in these ways: of a file, its content."""
    if not modes:
        return []
    of_modes = {"bleep": audio.bleep_frequency, "duck": audio.duck_level, "sound": own_sound_digest(audio)}
    return [audio.ramp, audio.scope, audio.add_track, *(of_modes.get(mode) for mode in sorted(modes))]
