from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from tests.support.media_clips import Clip, Track, delay, make_clip
from tests.video_censor_personal.media.reading import read_pcm, sample_frames
from video_censor_personal.media.errors import Damaged
from video_censor_personal.media.placing import plan_timeline
from video_censor_personal.media.probe import probe
from video_censor_personal.media.reader import open_film
from video_censor_personal.media.timeline import UNKNOWN, Stamps, Timeline

SECONDS = 20.0
BASE = Fraction(1, 90_000)
Raw = Callable[[str, float, int], float | None]
"""What the file says of a packet: its kind, its true time, its number in the stream; None: it is lost."""


@dataclass(frozen=True)
class Packet:
    kind: str
    number: int
    decoded: float
    shown: float
    length: float


def film(frame: float = 0.04, late: float = 0.0) -> list[Packet]:
    """The packets of a film in the order of its file; `late`: sound lies so much further on in it."""
    reorder = (2, 0, 1)  # I P B B: shown two later, at once, one later
    pictures = [
        Packet("video", n, n * frame, n * frame + reorder[n % 3] * frame, frame)
        for n in range(round(SECONDS / frame))
    ]
    size = 1024 / 48000
    sounds = [Packet("audio", n, n * size, n * size, size) for n in range(int(SECONDS / size))]
    return sorted([*pictures, *sounds], key=lambda each: each.decoded + (late if each.kind == "audio" else 0))


def stamped(
    packets: list[Packet], raw: Raw, tells_decoding: bool = True
) -> tuple[list[Stamps], dict[str, list[Packet]]]:
    streams: list[Stamps] = []
    kept: dict[str, list[Packet]] = {}
    for index, kind in enumerate(("video", "audio")):
        rows, kept[kind] = [], []
        has_dts = tells_decoding or kind == "audio"
        for order, packet in enumerate(packets):
            if packet.kind != kind or (says := raw(kind, packet.decoded, packet.number)) is None:
                continue
            dts = round(says / BASE)
            pts = dts + round((packet.shown - packet.decoded) / BASE)
            dts = dts if has_dts else UNKNOWN
            rows.append((dts, pts, round(packet.length / BASE), order))
            kept[kind].append(packet)
        table = np.array(rows, dtype=np.int64)
        streams.append(
            Stamps(
                index,
                kind,
                BASE,
                True,
                tells_decoding or kind == "audio",
                *(table[:, column] for column in range(4)),
            )
        )
    return streams, kept


def placed(timeline: Timeline, streams: list[Stamps]) -> dict[str, list[tuple[float, float]]]:
    """The (decoding, presentation) times that the packets get, in seconds."""
    found: dict[str, list[tuple[float, float]]] = {}
    for stamps in streams:
        line = timeline.streams[stamps.index]
        found[stamps.kind] = []
        for n, (dts, pts) in enumerate(zip(stamps.dts, stamps.pts, strict=True)):
            shift = line.shift(n)
            decoded, shown = line.moved.get(n, (int(max(dts, pts - 10_000)) + shift, int(pts) + shift))
            found[stamps.kind].append((float(decoded * BASE), float(shown * BASE)))
    return found


def moved_from(moment: float, by: float) -> Raw:
    return lambda _kind, time, _number: time + (by if time >= moment - 1e-9 else 0)


def astray(which: str, first: int, count: int, by: float) -> Raw:
    return lambda kind, time, number: time + (by if kind == which and first <= number < first + count else 0)


def wrapped(_kind: str, time: float, _number: int) -> float:
    return (time + 2**33 / 90_000 - 7.3) % (2**33 / 90_000)


FOLLOWED: dict[str, Raw] = {
    "begins again": lambda _k, time, _n: time % 8,
    "begins again thrice": lambda _k, time, _n: time % 4.6,
    "goes back 2 s": moved_from(7, -2),
    "goes back 0.3 s": moved_from(11, -0.3),
    "goes back twice": lambda _k, time, _n: time - 3 * (time >= 5) - 4 * (time >= 13),
    "jumps ahead 100 s": moved_from(9, 100),
    "jumps ahead and back": lambda _k, time, _n: time + 5000 * (6 <= time < 12),
    "wraps": wrapped,
    "a second of both an hour ahead": lambda _k, time, _n: time + 3600 * (8 <= time < 9),
    "a second of both 3 s back": lambda _k, time, _n: time - 3 * (8 <= time < 9),
    "one sound 60 s ahead": astray("audio", 200, 1, 60),
    "one sound 3 s ahead": astray("audio", 200, 1, 3),
    "one sound 0.5 s ahead": astray("audio", 321, 1, 0.5),
    "three sounds 7 s back": astray("audio", 400, 3, -7),
    "eight sounds a day ahead": astray("audio", 10, 8, 86_400),
    "the first sounds ahead": astray("audio", 0, 2, 7200),
    "the last sounds ahead": astray("audio", 934, 3, 500),
    "two pictures 2 h ahead": astray("video", 150, 2, 7200),
    "a picture 5 s back": astray("video", 222, 1, -5),
    "two seconds of sound 60 s ahead": lambda kind, time, _n: time + 60 * (kind == "audio" and 6 < time < 8),
    "only the sound begins again": lambda kind, time, _n: time - 6 * (kind == "audio" and time >= 6),
}


@pytest.mark.parametrize("tells_decoding", [True, False], ids=["decoding times", "none"])
@pytest.mark.parametrize("name", FOLLOWED)
def test_whatever_the_stamps_say_packets_come_one_behind_the_other(name: str, tells_decoding: bool) -> None:
    packets = film()
    streams, _ = stamped(packets, FOLLOWED[name], tells_decoding)

    timeline = plan_timeline(streams, restarts=True)

    found = placed(timeline, streams)
    start = min(shown for times in found.values() for _, shown in times)
    for kind in ("video", "audio"):
        truth = [packet for packet in packets if packet.kind == kind]
        first = min(packet.shown for packet in truth)
        for packet, (decoded, shown) in zip(truth, found[kind], strict=True):
            # Pieces adjoin: what ends first waits for the other, by less than a packet at every joint.
            assert -0.002 <= shown - start - (packet.shown - first) <= 0.25, (packet, shown - start)
            assert decoded <= shown + 1e-6
        order = [decoded for decoded, _ in found[kind]]
        if tells_decoding or kind == "audio" or timeline.streams[0].moved:
            assert order == sorted(order)
    assert timeline.disorder == ""


@pytest.mark.parametrize("tells_decoding", [True, False], ids=["decoding times", "none"])
@pytest.mark.parametrize("name", FOLLOWED)
def test_sound_and_picture_keep_together(name: str, tells_decoding: bool) -> None:
    packets = film()
    streams, _ = stamped(packets, FOLLOWED[name], tells_decoding)

    found = placed(plan_timeline(streams, restarts=True), streams)

    late = {
        kind: [
            shown - packet.shown
            for packet, (_, shown) in zip((p for p in packets if p.kind == kind), found[kind], strict=True)
        ]
        for kind in ("video", "audio")
    }
    if "only the sound" not in name:
        assert abs(late["video"][-1] - late["audio"][-1]) < 0.001


KEPT: dict[str, tuple[Raw, bool]] = {
    "a plain film": (lambda _k, time, _n: time, True),
    "a film that begins at an hour": (lambda _k, time, _n: time + 3600, True),
    "a hole in a transport stream": (moved_from(5, 4), True),
    "a long hole in a file": (moved_from(5, 60), False),
    "sound that pauses": (lambda kind, time, _n: None if kind == "audio" and 4 < time < 9 else time, True),
    "jitter of a millisecond": (lambda _k, time, _n: round(time, 3), False),
    "late sound": (lambda kind, time, _n: None if kind == "audio" and time < 7 else time, True),
    "slides": (
        lambda kind, time, number: None if kind == "video" and number % (100 + number // 80) else time,
        True,
    ),
}


@pytest.mark.parametrize("tells_decoding", [True, False], ids=["decoding times", "none"])
@pytest.mark.parametrize("name", KEPT)
def test_what_a_player_would_believe_is_believed(name: str, tells_decoding: bool) -> None:
    raw, restarts = KEPT[name]
    streams, _ = stamped(film(), raw, tells_decoding)

    assert plan_timeline(streams, restarts=restarts).is_plain


def test_sound_far_from_its_picture_in_the_file_is_believed() -> None:
    streams, _ = stamped(film(late=9.0), lambda kind, time, _n: time + 6 * (kind == "audio" and time > 10))

    assert plan_timeline(streams, restarts=False).is_plain


def test_sound_that_only_says_wrongly_when_it_is_heard_is_followed() -> None:
    streams, _ = stamped(film(), lambda _k, time, _n: time)
    sound = streams[1]
    pts = sound.pts.copy()
    pts[300] += 3 * 90_000

    wild = Stamps(1, "audio", BASE, True, True, sound.dts, pts, sound.duration, sound.order)
    line = plan_timeline([streams[0], wild], restarts=True).streams[1]

    assert line.moved == {300: (sound.pts[300], sound.pts[300])}


def test_many_gaps_are_no_disorder() -> None:
    streams, _ = stamped(film(), lambda kind, time, number: None if kind == "video" and number % 20 else time)

    assert plan_timeline(streams, restarts=False).disorder == ""


def test_stamps_in_disorder_are_said_to_be() -> None:
    random = np.random.default_rng(3)
    streams, _ = stamped(film(), lambda _k, time, _n: time + float(random.uniform(-40, 40)))

    assert "jump" in plan_timeline(streams, restarts=True).disorder


def test_subtitles_follow_the_clock_of_what_is_around_them() -> None:
    streams, _ = stamped(film(), lambda _k, time, _n: time % 8)
    times = (3.0, 12.0, 18.5)
    at = [int(streams[1].order[round(time * 48000 / 1024)]) for time in times]
    ticks = np.array([round(time % 8 / BASE) for time in times], dtype=np.int64)
    cues = Stamps(
        2, "subtitle", BASE, False, True, ticks, ticks, np.full(3, 90_000), np.array(at, dtype=np.int64)
    )
    timeline = plan_timeline([*streams, cues], restarts=True)

    line = timeline.streams[2]
    moments = [float((int(tick) + line.shift(n)) * BASE) for n, tick in enumerate(ticks)]
    assert moments == pytest.approx(times, abs=0.2)


def test_unknown_stamps_are_filled_in() -> None:
    streams, _ = stamped(film(), lambda _k, time, _n: time)
    pictures = streams[0]
    dts = pictures.dts.copy()
    dts[[0, 1, 77]] = UNKNOWN
    holed = Stamps(0, "video", BASE, True, True, dts, pictures.pts, pictures.duration, pictures.order)

    assert plan_timeline([holed, streams[1]], restarts=False).is_plain


# Real files.


def joined(path: Path, *clips: Path) -> Path:
    path.write_bytes(b"".join(clip.read_bytes() for clip in clips))
    return path


def restart(tmp_path: Path, suffix: str) -> Path:
    video = "mpeg2video" if suffix == ".mpg" else "libx264"
    audio = Track("mp2" if suffix == ".mpg" else "aac")
    one = make_clip(tmp_path / f"one{suffix}", Clip(seconds=2.0, video=video, audio=(audio,)))
    two = make_clip(tmp_path / f"two{suffix}", Clip(seconds=3.0, video=video, audio=(audio,)))
    return joined(tmp_path / f"film{suffix}", one, two)


def test_a_first_recording_far_ahead_is_no_reason_to_call_the_film_cut_off(tmp_path: Path) -> None:
    pieces = []
    for number, ahead in enumerate((30, 900, 0)):
        clip = make_clip(tmp_path / "clip.ts", Clip(seconds=1.5))
        pieces.append(tmp_path / f"{number}.ts")
        with (
            av.open(str(clip)) as source,
            av.open(str(pieces[-1]), "w", options={"output_ts_offset": str(ahead)}) as output,
        ):
            streams = {s.index: output.add_stream_from_template(s) for s in source.streams}
            for packet in source.demux():
                if packet.dts is not None:
                    packet.stream = streams[packet.stream.index]
                    output.mux(packet)
    path = joined(tmp_path / "film.ts", *pieces)

    assert probe(path).duration == pytest.approx(4.5, abs=0.4)
    assert len(levels(path, 0.1)) == pytest.approx(45, abs=4)


def test_what_cannot_be_read_at_the_end_of_a_file_is_said(tmp_path: Path) -> None:
    sound = (Track("libmp3lame", rate=44100),)
    clips = [make_clip(tmp_path / f"{n}.flv", Clip(seconds=4.0, audio=sound)) for n in (1, 2)]

    assert probe(clips[0]).duration == pytest.approx(4.0, abs=0.2)
    with pytest.raises(Damaged, match="bytes cannot be read"):
        probe(joined(tmp_path / "film.flv", *clips))


def levels(path: Path, step: float) -> list[int]:
    """What the frames' grey says of their time: 80 levels a second, from 16 on."""
    return [int(np.median(frame.image[:, :60])) for frame in sample_frames(path, step)]


@pytest.mark.parametrize("suffix", [".ts", ".mpg"])
def test_a_film_of_two_recordings_is_seen_and_heard_to_its_end(tmp_path: Path, suffix: str) -> None:
    path = restart(tmp_path, suffix)

    assert probe(path).duration == pytest.approx(5.0, abs=0.3)
    seen = levels(path, 0.25)
    assert len(seen) == pytest.approx(20, abs=1)
    assert max(seen[9:]) == pytest.approx(16 + 80 * 2.75, abs=30)
    sound = np.concatenate(list(read_pcm(path, 48000)))
    second = sound[round(2.0 * 48000) :]
    late = [delay(second, 48000, begin, begin + 0.8) for begin in (0.6, 1.4)]
    # It comes behind the first, once, and steadily.
    assert abs(late[0] - late[1]) < 1.0 or np.isinf(late).all()
    assert len(sound) / 48000 == pytest.approx(5.0, abs=0.3)


def test_every_frame_of_the_pieces_is_decoded_once_and_in_order(tmp_path: Path) -> None:
    path = restart(tmp_path, ".ts")

    with open_film(probe(path)) as film:
        times = [frame.pts or 0 for frame in film.frames(0)]

    assert len(times) == 125
    assert times == sorted(set(times))


def test_pictures_stamped_hours_ahead_are_seen_where_they_belong(tmp_path: Path) -> None:
    path, target = make_clip(tmp_path / "film.mp4"), tmp_path / "wild.mp4"
    with av.open(str(path)) as source, av.open(str(target), "w") as output:
        streams = {s.index: output.add_stream_from_template(s) for s in source.streams}
        number = 0
        for packet in source.demux():
            if packet.dts is None:
                continue
            if packet.stream.type == "video":
                number += 1
                packet.pts = (packet.pts or 0) + (number in (30, 31)) * round(7200 / packet.time_base)
            packet.stream = streams[packet.stream.index]
            output.mux(packet)

    assert probe(target).duration == pytest.approx(2.5, abs=0.05)
    assert levels(target, 0.04) == pytest.approx(levels(path, 0.04), abs=4)


HELD = (
    (0.0, 0.1, 0.15, 1.2, 1.25),
    (0.0, 0.04, 0.08, 5.0, 5.04, 9.0),
    (0.0, 0.04, 7.0, 7.04, 30.0, 31.0, 55.0),
)


@pytest.mark.parametrize("times", HELD)
@pytest.mark.parametrize("audio", [(), (Track(),)], ids=["silent", "with sound"])
@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
def test_pictures_held_long_are_believed(
    tmp_path: Path, suffix: str, audio: tuple[Track, ...], times: tuple[float, ...]
) -> None:
    clip = Clip(seconds=times[-1] + 1, frame_times=times, audio=audio)
    path = make_clip(tmp_path / f"film{suffix}", clip)

    assert probe(path).timeline.is_plain


def test_a_stream_that_begins_late_is_there_from_the_start(tmp_path: Path) -> None:
    one = Track(language="eng")
    pieces = [
        make_clip(
            tmp_path / f"{number}.ts",
            Clip(seconds=2.0, size=(320, 240), audio=audio, options={"crf": "1"}),
        )
        for number, audio in enumerate([(one,), (one, Track("aac", "mono")), (one,)])
    ]
    path = joined(tmp_path / "film.ts", *pieces)

    info = probe(path)

    assert [track.channels for track in info.of_kind("audio")] == [2, 1]
    late = info.of_kind("audio")[1].index
    sound = np.concatenate(list(read_pcm(path, 8000, track=late)))
    assert np.abs(sound[: 2 * 8000 - 800]).max() < 0.001
    assert np.abs(sound[round(2.2 * 8000) : round(3.8 * 8000)]).max() > 0.1


def test_a_film_in_disorder_is_refused_by_name(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.ts", Clip(seconds=0.12, audio=()))
    path = joined(tmp_path / "film.ts", *[clip] * 80)

    with pytest.raises(Damaged, match=r"film\.ts.* jump"):
        probe(path)
