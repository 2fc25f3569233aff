"""Which way each stream of a film goes into a container: decided by trying, before any work."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import av

from video_censor_personal.captions.recoder import CODECS, is_styled
from video_censor_personal.containers.container import CONTAINERS, Container, keeps_time, open_output
from video_censor_personal.containers.copy import is_made_by_muxer
from video_censor_personal.containers.target import NoSuchContainer, check_target
from video_censor_personal.errors import OutputRefused
from video_censor_personal.machine import usual_scheduling
from video_censor_personal.media.errors import RenderError
from video_censor_personal.media.info import MediaInfo, StreamInfo
from video_censor_personal.media.marking import marking_warnings
from video_censor_personal.media.reader import FilmReader, open_film
from video_censor_personal.media.subtitles import is_text
from video_censor_personal.render.assembly import Assembly, Choice, Lookahead, Role, Way, Work
from video_censor_personal.render.tracks import added_tracks

_SUGGESTED = (".mkv", ".mp4", ".mov", ".mka", ".m4a", ".mp3", ".ogg", ".flac")
_SOUND_ONLY = frozenset({"mp3", "flac", "ogg", "opus", "wav", "adts", "aiff"})
_WITHOUT_COVERS = frozenset({"wav", "adts", "ogg", "opus", "webm"})
_NO_PLACE = "such a file has no place for it"
_NOUNS = {"video": "pictures", "audio": "sound"}
_ORDER = {"video": 0, "audio": 1, "subtitle": 2}


@dataclass(frozen=True, slots=True)
class Dropped:
    """What the container cannot hold: a stream, or the chapters (`index` is None), and why."""

    index: int | None
    kind: str
    codec: str
    language: str | None
    why: str

    @classmethod
    def of(cls, info: StreamInfo, why: str) -> Dropped:
        """Return a stream as one that is left out."""
        return cls(info.index, info.kind, info.codec, info.language, why)

    def __str__(self) -> str:
        if self.index is None:
            return self.kind
        parts = (self.kind, self.codec or "unknown codec", self.language or "")
        return f"stream {self.index} ({', '.join(part for part in parts if part)})"

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "stream": self.index,
            "kind": self.kind,
            "codec": self.codec,
            "language": self.language,
            "why": self.why,
        }


@dataclass(frozen=True, slots=True)
class StreamPlan:
    """The ways of a film's streams into a container, in the film's order, and what stays out.

    With `add_track`, a sound in which something is hidden has the untouched one beside it.
    """

    info: MediaInfo
    target: Path
    container: Container
    lookahead: Lookahead
    choices: tuple[Choice, ...]
    dropped: tuple[Dropped, ...] = ()
    chapters: bool = True
    add_track: bool = False

    @property
    def lenient(self) -> bool:
        """Whether the container keeps a stream that no standard lets it keep."""
        return any(choice.lenient for choice in self.choices)

    def indexes(self, way: Way) -> tuple[int, ...]:
        """Return the input's streams that go one way."""
        return tuple(choice.info.index for choice in self.choices if choice.way is way)

    def edited(self, indexes: Sequence[int]) -> StreamPlan:
        """Return the plan with some sounds and pictures re-encoded, because something in them is hidden."""
        doubled = [each for each in self.choices if each.info.index in indexes and each.info.kind == "audio"]
        names = added_tracks(self.info, [each.info for each in doubled]) if self.add_track else {}
        changed: list[Choice] = []
        for each in self.choices:
            if each.info.index in names:
                clean, untouched = names[each.info.index]
                changed.append(Choice(clean, Way.ENCODE, role=Role.CLEAN))
                changed.append(replace(each, info=untouched, role=Role.UNTOUCHED))
            else:
                changed.append(_encoded(each) if each.info.index in indexes else each)
        return replace(self, choices=tuple(changed))

    def cut(self) -> StreamPlan:
        """Return the plan with all sounds and pictures re-encoded, because something is cut out of them."""
        played = {each.index for kind in ("audio", "video") for each in self.info.of_kind(kind)}
        choices = (
            _encoded(each) if each.info.index in played and each.way is Way.COPY else each
            for each in self.choices
        )
        return replace(self, choices=tuple(choices))

    def without(self, left_out: Mapping[int, str]) -> StreamPlan:
        """Return the plan less some streams, each with the reason."""
        kept = tuple(each for each in self.choices if each.info.index not in left_out)
        gone = [each.info for each in self.choices if each.info.index in left_out]
        dropped = (Dropped.of(each, left_out[each.index]) for each in gone)
        return replace(self, choices=kept, dropped=(*self.dropped, *dropped))

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the user should know of the copy."""
        target = self.target.name
        lost = [f"{target} is without {each}: {each.why}" for each in self.dropped]
        plain = [
            f"{each.info} is {each.encoder} in {target}: its fonts, colours and places are not kept"
            for each in self.choices
            if each.way is Way.TEXT and is_styled(each.info.codec) and not is_styled(each.encoder)
        ]
        return (*marking_warnings(self.info), *lost, *plain, *self._doubled())

    def _doubled(self) -> Iterator[str]:
        """Say which sounds are there twice, and what a player calls them."""
        titles = {each.info.index: each.info.title for each in self.choices if each.role is Role.CLEAN}
        for each in self.choices:
            if each.role is Role.UNTOUCHED:
                clean = titles[each.info.index]
                yield (
                    f"{each.info} is in {self.target.name} twice: '{clean}', and untouched, with all that "
                    f"was hidden, '{each.info.title}'"
                )


def plan_streams(
    info: MediaInfo,
    target: Path,
    unsupported: str = "drop",
    edited: Sequence[str] = (),
    work: Work | None = None,
) -> StreamPlan:
    """Return how the streams of a film get into a copy at `target`.

    Args:
        info: of the film.
        target: the copy; its suffix decides the container.
        unsupported: what becomes of streams that the container cannot hold in any way: `drop` or `fail`.
        edited: kinds of stream, `audio` or `video`, in which something may have to be hidden.
        work: how sounds and pictures are encoded, and what the copy is to have besides: chapters that players
            jump over, the untouched sounds. A container that cannot keep it is refused.

    Raises:
        MediaError: the film cannot be read.
        OutputRefused: nothing can be written to `target`; or its container cannot hold a picture or a sound
            of the film, or all of its streams where `unsupported` is `fail`, or what has to be re-encoded,
            or what the copy is to have besides. The advice was tried.
        EncoderUnusable: the encoder that `work` names does not make such a copy.
    """
    with open_film(info) as film:
        planner = _Planner(film, target, edited, work or Work())
        try:
            container = check_target(info.path, target)
        except NoSuchContainer as error:
            raise NoSuchContainer(target, planner.advice()) from error
        plan, refusal = planner.tried(container)
        lost = plan.dropped if unsupported == "fail" or refusal is not None else ()
        if lost or refusal:
            reasons = [*(f"{each}: {each.why}" for each in lost), *([refusal] if refusal else [])]
            why = f"its container cannot hold everything of {info.path.name} ({'; '.join(reasons)})"
            raise OutputRefused(target, why, planner.advice(can_drop=refusal is None))
    return plan


class _Planner:
    """Plans copies of an open film, of which nothing is read, for one container or another."""

    def __init__(self, film: FilmReader, target: Path, edited: Sequence[str], work: Work) -> None:
        self._film = film
        self._target = target
        self._edited = edited
        self._work = work
        self._lookahead = Lookahead(film.info)

    def tried(self, container: Container) -> tuple[StreamPlan, str | None]:
        """Return the plan for a container, and why a copy in it would be none of the film."""
        info = self._film.info
        trials = _Trials(self._film, container, self._lookahead, self._work)
        choices, dropped = trials.choose()
        plan = StreamPlan(info, self._target, container, self._lookahead, choices, dropped)
        if why := _loses_chapters(plan):
            if self._work.video.skip_chapters:
                return plan, f"the chapters that players jump over: {why}"
            lost = (Dropped(None, "the chapters", "", None, why),) if info.chapters else ()
            plan = replace(plan, dropped=(*plan.dropped, *lost), chapters=False)
        kept = {choice.info.kind for choice in plan.choices if not choice.info.is_attached_picture}
        for kind in ("video", "audio"):
            if info.of_kind(kind) and kind not in kept:
                return plan, f"nothing of its {_NOUNS[kind]} would be left"
        indexes = [each.index for kind in self._edited for each in info.of_kind(kind)]
        changed = plan.edited(indexes)
        refusal = trials.refusal(changed.choices) if changed != plan else None
        if refusal is not None or not self._work.keeps_untouched_sound or "audio" not in self._edited:
            return plan, refusal
        plan = replace(plan, add_track=True)
        anew = [each.info for each in plan.choices if each.info.kind == "audio" and each.way is Way.ENCODE]
        if anew:
            return plan, f"{anew[0]} would not be untouched beside the clean one: {_NO_PLACE}"
        if trials.refusal(plan.edited(indexes).choices) is not None:
            return plan, "there is no place for the untouched sound beside the clean one"
        return plan, None

    def advice(self, *, can_drop: bool = False) -> str:
        """Return what works for this film: another suffix, which was tried, or else to do without."""
        partly: dict[str, StreamPlan] = {}
        for suffix in dict.fromkeys((self._film.info.path.suffix.lower(), *_SUGGESTED)):
            container = CONTAINERS.get(suffix)
            if container is None or suffix == self._target.suffix.lower():
                continue
            plan, refusal = self.tried(container)
            if refusal is None and not plan.dropped:
                return f"Give the output the suffix {suffix}, which holds all of this film"
            if refusal is None:
                partly[suffix] = plan
        if can_drop:
            return "Set `remediation.streams.unsupported` to drop in the config, to do without"
        for suffix, plan in partly.items():
            lost = ", ".join(map(str, plan.dropped))
            return f"Give the output the suffix {suffix}, which holds all of this film but {lost}"
        if self._work.video.skip_chapters:
            return "Set `video.metadata_output.skip_chapters.enabled` to false in the config"
        if self._work.keeps_untouched_sound:
            return "Set `remediation.audio.add_track` to false in the config"
        return "Convert it to another format first"


def _encoded(choice: Choice) -> Choice:
    takes_packets = choice.way is Way.COPY and not choice.lenient
    return Choice(choice.info, Way.ENCODE, role=choice.role, takes_packets=takes_packets)


def _loses_chapters(plan: StreamPlan) -> str | None:
    if not plan.container.has_chapters:
        return "such a file keeps none"
    in_ogg = plan.container.format == "ogg" and any(each.info.codec == "flac" for each in plan.choices)
    return "such a file keeps none with such a codec" if plan.lenient or in_ogg else None


class _Trials:
    """Finds the first way that works for each stream, together with those chosen before."""

    def __init__(self, film: FilmReader, container: Container, lookahead: Lookahead, work: Work) -> None:
        self._film = film
        self._work = work
        self._container = container
        self._lookahead = lookahead

    def choose(self) -> tuple[tuple[Choice, ...], tuple[Dropped, ...]]:
        """Return the ways of the streams, and which of them have none."""
        found = self._film.info.streams
        streams = [each for each in found if not is_made_by_muxer(self._film.stream(each.index))]
        header = [Choice(each, Way.HEADER) for each in found if each not in streams]
        chosen = [Choice(each, Way.COPY) for each in streams if self._copies(each)]
        dropped: list[Dropped] = []
        if len(chosen) < len(streams) or self.refusal(chosen) is not None:
            chosen = []
            for each in sorted(streams, key=_importance):
                refusals = [] if self._copies(each) else [_NO_PLACE]
                for choice in self._ways(each):
                    why = self.refusal([*chosen, choice])
                    if why is None:
                        chosen.append(choice)
                        break
                    refusals.append(why)
                else:
                    dropped.append(Dropped.of(each, refusals[0]))
        return tuple(sorted((*chosen, *header), key=lambda each: each.info.index)), tuple(dropped)

    def _ways(self, info: StreamInfo) -> Iterator[Choice]:
        kind = self._container.format
        stream = self._film.stream(info.index)
        if self._copies(info):
            yield Choice(info, Way.COPY)
        if info.is_attached_picture:
            if kind in ("ogg", "opus"):
                yield Choice(info, Way.TAG)
        elif info.kind in ("video", "audio"):
            if kind == "matroska":
                yield Choice(info, Way.COPY, lenient=True)
            if info.kind == "audio" or kind not in _SOUND_ONLY:
                yield Choice(info, Way.ENCODE)
        elif is_text(stream):
            yield from (Choice(info, Way.TEXT, encoder) for encoder in CODECS.get(kind, ()))

    def _copies(self, info: StreamInfo) -> bool:
        """Whether a copy of the stream is worth a trial."""
        kind = self._container.format
        if info.is_attached_picture:
            return kind not in _WITHOUT_COVERS
        return info.kind != "audio" or keeps_time(kind, self._film.info.formats, info.codec)

    def refusal(self, choices: Sequence[Choice]) -> str | None:
        """Return why a file with these streams cannot be begun; None when it can."""
        with tempfile.TemporaryDirectory(prefix="video-censor-") as folder:
            lenient = any(choice.lenient for choice in choices)
            place = Path(folder, "trial") if lenient else BytesIO()
            return self._tried(choices, place, lenient=lenient)

    def _tried(self, choices: Sequence[Choice], place: Path | BytesIO, *, lenient: bool) -> str | None:
        output = open_output(place, self._container.format, dict(self._container.options), lenient=lenient)
        assembly = Assembly(self._film, output, self._lookahead, self._work)
        try:
            for choice in sorted(choices, key=lambda each: each.info.index):
                assembly.add(choice)
            with usual_scheduling():
                output.start_encoding()
        except RenderError as error:
            return error.why
        except (av.FFmpegError, ValueError) as error:
            return _reason(error)
        finally:
            assembly.abandon()
        return None


def _reason(error: Exception) -> str:
    text = str(getattr(error, "strerror", None) or error)
    return _NO_PLACE if "does not support" in text or "Invalid" in text else text


def _importance(info: StreamInfo) -> tuple[bool, int, int]:
    return info.is_attached_picture, _ORDER.get(info.kind, len(_ORDER)), info.index
