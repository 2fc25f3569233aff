"""Measures a clean copy: is everything there, unchanged, and is what was hidden really gone?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from video_censor_personal.media.continuous import Block, Continuous
from video_censor_personal.media.decode import decoded, is_flush, packets
from video_censor_personal.media.probe import MediaInfo, StreamInfo, describe, open_media, origin_of
from video_censor_personal.render.copy import Copied, is_chapter_text, is_filler
from video_censor_personal.render.gate import TONE_HERTZ
from video_censor_personal.render.mux import RenderReport, muted_tracks
from video_censor_personal.render.plan import AudioEdit

if TYPE_CHECKING:
    from av.container import InputContainer
    from numpy.typing import NDArray

_DURATION_SLACK = 0.1
_START_SLACK = 0.0021
"""Seconds; containers round timestamps to a millisecond, and may have been written twice."""
_SILENCE = -90.0
"""dBFS. Louder than this, a silenced span is not silent."""
_BORDER = 2400 / 48000
"""Seconds at each border of a span into which a codec's window spreads what is beside it."""
_BORDER_SILENCE = -30.0
_RUN_UP = 0.3
"""Seconds decoded before a span, for the decoder to settle."""


def verify_render(
    source: Path,
    output: Path,
    edits: Sequence[AudioEdit],
    report: RenderReport | None = None,
    bleep_frequency: float = TONE_HERTZ,
) -> list[str]:
    """Return what is wrong with `output` as the clean copy of `source`; nothing wrong: an empty list.

    Checked: durations, streams with their codec, language, flags and start, chapters, tags, the payloads
    of all copied packets, and the level inside every hidden span. A tone is taken out before measuring.

    Args:
        source: the film.
        output: the clean copy.
        edits: what was to be hidden.
        report: of the render; spares reading the whole input once more.
        bleep_frequency: the tone's pitch in hertz.

    Raises:
        MediaError: one of the files cannot be read.
    """
    before, after = _contents(source), _contents(output)
    muted = report.muted if report else muted_tracks(before, edits, None)
    problems = _compare(before, after, muted)
    pairs = list(zip(before.streams, after.streams, strict=False))
    if len(before.streams) != len(after.streams):
        return problems
    expected = report.copied if report else _copied(source, {a.index for a, _ in pairs} - set(muted))
    found = _copied(output, {b.index for a, b in pairs if a.index not in muted})
    for a, b in pairs:
        if a.index in expected and expected[a.index] != found.get(b.index):
            problems.append(
                f"{a} is not the same in the copy: {_counts(expected[a.index], found.get(b.index))}"
            )
    for a, b in pairs:
        if a.index in muted:
            problems += _levels(output, b.index, edits, bleep_frequency)
    return problems


def _contents(path: Path) -> MediaInfo:
    """Return what is in the file, tracks first: where covers stand differs by container."""
    with open_media(path) as container:
        info = describe(path, container)
        real = [s for s in info.streams if not is_chapter_text(container.streams[s.index])]
    return replace(
        info, streams=tuple(sorted(real, key=lambda s: (s.is_attached_picture, s.kind == "attachment")))
    )


def _compare(before: MediaInfo, after: MediaInfo, muted: tuple[int, ...]) -> list[str]:
    problems = []
    if abs(before.duration - after.duration) > _DURATION_SLACK:
        problems.append(f"it lasts {after.duration:.3f} s instead of {before.duration:.3f} s")
    if len(before.streams) != len(after.streams):
        problems.append(f"it has {len(after.streams)} streams instead of {len(before.streams)}")
    if len(before.chapters) != len(after.chapters):
        problems.append(f"it has {len(after.chapters)} chapters instead of {len(before.chapters)}")
    for a, b in zip(before.streams, after.streams, strict=False):
        problems += _differences(a, b, a.index in muted)
    return problems


def _differences(a: StreamInfo, b: StreamInfo, is_muted: bool) -> Iterator[str]:
    fields = ["kind", "language", "title", "channels", "is_attached_picture"]
    fields += [] if is_muted else ["codec", "rate", "layout", "width", "height", "pixel_shape"]
    for field in fields:
        was, now = getattr(a, field), getattr(b, field)
        if was != now and {was, now} != {None, "und"}:
            yield f"{a}: {field} was {was} and is {now}"
    if a.start is not None and b.start is not None and abs(a.start - b.start) > _START_SLACK:
        yield f"{a} begins at {b.start:.3f} s instead of {a.start:.3f} s"


def _copied(path: Path, indexes: set[int]) -> dict[int, tuple[int, str]]:
    found = {index: Copied() for index in indexes}
    with open_media(path) as container:
        for packet in packets(path, container):
            index = packet.stream.index
            if index in found and not is_flush(packet) and not is_filler(packet.stream, packet):
                found[index].add(packet)
    return {index: item.content for index, item in found.items()}


def _counts(was: tuple[int, str], now: tuple[int, str] | None) -> str:
    if now is None or was[0] != now[0]:
        return f"{now[0] if now else 0} packets instead of {was[0]}"
    return f"the content of its {was[0]} packets differs"


def _levels(output: Path, index: int, edits: Sequence[AudioEdit], hertz: float) -> Iterator[str]:
    with open_media(output) as container:
        for edit in edits:
            sound, rate = _span(output, container, index, edit)
            if edit.mode == "bleep":
                sound = _without_tone(sound, rate, hertz)
            border = min(round(_BORDER * rate), sound.shape[1] // 2)
            inner = sound[:, border : sound.shape[1] - border]
            limit = _SILENCE if edit.mode == "silence" else _BORDER_SILENCE
            for part, most in ((inner, limit), (sound, _BORDER_SILENCE)):
                level = _decibels(part)
                if level > most:
                    where = f"from {edit.start:.3f} to {edit.end:.3f} s"
                    yield f"stream {index} has {level:.0f} dBFS {where}: more than {most:.0f}"
                    break


def _span(
    path: Path, container: InputContainer, index: int, edit: AudioEdit
) -> tuple[NDArray[np.float64], int]:
    """Return the sound of an edit's span as channels x samples between -1 and 1, and its rate."""
    stream: Any = container.streams[index]
    origin = origin_of(container)
    wanted = Fraction(max(edit.start - _RUN_UP, 0)) + origin
    container.seek(round(wanted / stream.time_base), stream=stream)
    line = Continuous(path, origin)
    parts: list[NDArray[np.float64]] = []
    for block in _blocks(path, container, stream, line):
        assert line.format is not None
        rate = line.format.rate
        if block.position >= edit.end * rate:
            break
        first = max(round(edit.start * rate) - block.position, 0)
        last = round(edit.end * rate) - block.position
        if last > 0:
            parts.append(_floats(block.data[:, first:last]))
    if line.format is None:
        return np.zeros((1, 0)), 1
    return np.concatenate([np.zeros((line.format.channels, 0)), *parts], axis=1), line.format.rate


def _blocks(path: Path, container: InputContainer, stream: Any, line: Continuous) -> Iterator[Block]:
    for frame in decoded(path, container, stream):
        yield from line.push(frame)


def _floats(data: NDArray[Any]) -> NDArray[np.float64]:
    if data.dtype.kind == "f":
        return data.astype(np.float64)
    middle = 128 if data.dtype == np.uint8 else 0
    return (data.astype(np.float64) - middle) / (float(np.iinfo(data.dtype).max) - middle)


def _without_tone(sound: NDArray[np.float64], rate: int, hertz: float) -> NDArray[np.float64]:
    """Subtract the sine of `hertz` that fits best."""
    if not sound.size:
        return sound
    phase = 2 * np.pi * hertz * np.arange(sound.shape[1]) / rate
    basis = np.stack([np.sin(phase), np.cos(phase)], axis=1)
    fit, *_ = np.linalg.lstsq(basis, sound.T, rcond=None)
    return np.asarray(sound - (basis @ fit).T, dtype=np.float64)


def _decibels(sound: NDArray[np.float64]) -> float:
    power = float(np.max(np.mean(sound**2, axis=1))) if sound.size else 0.0
    return 10 * np.log10(power) if power > 0 else float("-inf")
