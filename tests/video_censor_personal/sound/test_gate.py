from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.media_clips import decibels
from tests.support.sounds import RATE, speech, write_sound
from video_censor_personal.config.values import AudioMode, AudioRemediation
from video_censor_personal.edits.values import SoundEdit
from video_censor_personal.media.continuous import Block, PcmFormat
from video_censor_personal.sound.gate import Gate
from video_censor_personal.sound.own_sound import OwnSound, read_own_sound

RAMP = 240
COUNT = 6000
FULL = {"u1": 127, "i2": 32767, "i4": 2147483647, "f4": 1.0, "f8": 1.0}
STORED = {"u1": "u8p", "i2": "s16p", "i4": "s32p", "f4": "fltp", "f8": "dblp"}
LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1"}
USUAL = AudioRemediation()
SILENCE = SoundEdit(0.05, 0.075, "silence")
BLEEP = SoundEdit(0.05, 0.075, "bleep")
FIRST, LAST = 2400, 3600


def sound(kind: str, level: float = 0.5, channels: int = 2) -> NDArray[Any]:
    """Return samples that all have the same level."""
    middle = 128 if kind == "u1" else 0
    return np.full((channels, COUNT), middle + level * FULL[kind]).astype(kind)


def level(data: NDArray[Any]) -> NDArray[np.float64]:
    middle = 128 if data.dtype == np.uint8 else 0
    return (data.astype(np.float64) - middle) / FULL[data.dtype.str[1:]]


def gate(
    edits: list[SoundEdit],
    data: NDArray[Any],
    settings: AudioRemediation = USUAL,
    own: OwnSound | None = None,
) -> Gate:
    kind = PcmFormat(STORED[data.dtype.str[1:]], LAYOUTS[len(data)], RATE, len(data))
    return Gate(edits, kind, settings, own)


def gated(
    edits: list[SoundEdit],
    data: NDArray[Any],
    settings: AudioRemediation = USUAL,
    own: OwnSound | None = None,
    size: int = 1024,
) -> NDArray[Any]:
    """Return a sound with its edits applied, as it comes out block by block."""
    made = gate(edits, data, settings, own)
    found: list[Block] = []
    for first in range(0, data.shape[1], size):
        found += made.push(Block(first, data[:, first : first + size]))
    found += made.flush()
    places = np.cumsum([0, *(block.data.shape[1] for block in found)])
    assert [block.position for block in found] == places[:-1].tolist()
    return np.concatenate([block.data for block in found], axis=1)


@pytest.mark.parametrize("kind", FULL)
def test_the_span_is_silent_and_nothing_beyond_the_ramps_changes(kind: str) -> None:
    before = sound(kind)

    after = gated([SILENCE], before)

    assert after.dtype == before.dtype
    assert not level(after[:, FIRST:LAST]).any()
    assert np.array_equal(after[:, : FIRST - RAMP], before[:, : FIRST - RAMP])
    assert np.array_equal(after[:, LAST + RAMP :], before[:, LAST + RAMP :])
    assert np.array_equal(before, sound(kind))  # the input is not written to


@pytest.mark.parametrize("kind", FULL)
def test_the_ramps_are_steady_and_outside_of_the_span(kind: str) -> None:
    heard = level(gated([SILENCE], sound(kind)))[0]

    falling, rising = heard[FIRST - RAMP : FIRST], heard[LAST : LAST + RAMP]
    assert (np.diff(falling) <= 0).all()
    assert (np.diff(rising) >= 0).all()
    assert falling[RAMP // 2] == pytest.approx(0.25, abs=0.02)
    assert np.abs(np.diff(heard)).max() <= 0.5 / RAMP + 1 / 127
    assert heard[FIRST - 1] > 0 or kind == "u1"


@pytest.mark.parametrize("ramp", [0.0, 0.001, 0.02])
def test_a_ramp_is_as_long_as_was_asked_for(ramp: float) -> None:
    before = sound("f8")

    changed = np.flatnonzero(gated([SILENCE], before, AudioRemediation(ramp=ramp))[0] != before[0])

    at_most = round(ramp * RATE)
    assert FIRST - at_most <= changed[0] <= FIRST - at_most + 1
    assert LAST + at_most - 2 <= changed[-1] <= LAST + at_most


@pytest.mark.parametrize("kind", FULL)
def test_a_bleep_is_a_tone_and_nothing_else(kind: str) -> None:
    after = level(gated([BLEEP], sound(kind)))

    tone = 0.2 * np.sin(2 * np.pi * 1000 * np.arange(LAST - FIRST) / RATE)
    for channel in after:
        assert np.abs(channel[FIRST:LAST] - tone).max() <= 0.005
    assert np.abs(np.diff(after[0])).max() < 0.04  # no click


def test_the_pitch_can_be_chosen() -> None:
    after = gated([BLEEP], sound("f8", 0.5), AudioRemediation(bleep_frequency=440.0))

    assert after[0, FIRST + 27] == pytest.approx(0.2 * np.sin(2 * np.pi * 440 * 27 / RATE))


LOUDNESS = {
    "loud": (0.9, -22, -16.9),
    "as usual": (0.1, -37, -33),
    "faint": (0.01, -40, -36),
    "none": (0.0, -38, -36),
}


@pytest.mark.parametrize("name", LOUDNESS)
def test_a_bleep_is_as_loud_as_what_is_said_around_it(name: str) -> None:
    amplitude, least, most = LOUDNESS[name]
    before = amplitude * np.tile(speech(4.0), (2, 1))
    loud = max(decibels(before[0, at : at + 2400]) for at in range(0, before.shape[1], 2400))

    heard = gated([SoundEdit(2.0, 2.4, "bleep")], before)[:, 96000:115200]

    assert least <= decibels(heard[0]) <= most
    assert name in ("faint", "none") or decibels(heard[0]) <= loud
    assert np.array_equal(heard[0], heard[1])


def test_a_bleep_is_where_it_is_spoken_and_never_in_the_bass() -> None:
    before = np.zeros((6, 4 * RATE))
    before[0], before[2], before[3] = 0.02 * speech(4.0), 0.2 * speech(4.0), 0.5

    heard = gated([SoundEdit(2.0, 2.4, "bleep")], before)[:, 96000:115200]

    left, centre = decibels(heard[0]), decibels(heard[2])
    assert left == pytest.approx(centre - 20, abs=0.5)
    assert not heard[[1, 3, 4, 5]].any()


@pytest.mark.parametrize("kind", FULL)
@pytest.mark.parametrize("amplitude", [-1.0, 1.0])
@pytest.mark.parametrize("mode", ["bleep", "reverse", "duck"])
def test_full_scale_never_wraps_around(kind: str, amplitude: float, mode: AudioMode) -> None:
    heard = level(gated([SoundEdit(0.05, 0.075, mode)], sound(kind, amplitude)))

    assert np.abs(np.diff(heard)).max() < 0.1
    assert np.abs(heard).max() <= 1.01


MIXTURES: dict[str, list[SoundEdit]] = {
    "silence": [SILENCE],
    "bleep": [BLEEP],
    "all": [
        SILENCE,
        SoundEdit(0.08, 0.09, "bleep"),
        SoundEdit(0.09, 0.1, "duck"),
        SoundEdit(0.1, 0.11, "sound"),
        SoundEdit(0.111, 0.12, "reverse"),
    ],
}


@pytest.fixture
def own(tmp_path: Path) -> OwnSound:
    times = np.arange(2400) / RATE
    return read_own_sound(
        write_sound(tmp_path / "quack.wav", 0.4 * np.sin(2 * np.pi * 440 * times)[np.newaxis])
    )


@pytest.mark.parametrize("size", [1, 7, 239, 240, 1024, 1536])
@pytest.mark.parametrize("name", MIXTURES)
def test_blocks_of_any_size_give_the_same(size: int, name: str, own: OwnSound) -> None:
    data = np.random.default_rng(1).uniform(-1, 1, (2, COUNT))

    parts = gated(MIXTURES[name], data, own=own, size=size)

    assert np.array_equal(parts, gated(MIXTURES[name], data, own=own, size=COUNT))


def test_a_block_that_no_edit_reaches_is_passed_on() -> None:
    data = sound("i2")

    behind, before = gate([SILENCE], data), gate([SILENCE], data)
    assert next(block.data for block in behind.push(Block(LAST + RAMP, data))) is data
    assert next(block.data for block in before.push(Block(FIRST - RAMP - COUNT, data))) is data


def test_a_span_between_samples_covers_both() -> None:
    after = gated([SoundEdit(100.5 / RATE, 200.5 / RATE, "silence")], sound("f4"))

    assert not after[:, 100:201].any()
    assert after[:, [99, 201]].all()


def test_between_two_near_edits_the_sound_does_not_jump() -> None:
    edits = [SoundEdit(0.05, 0.06, "silence"), SoundEdit(0.063, 0.07, "silence")]

    heard = gated(edits, sound("f8", 1.0))[0]

    assert np.abs(np.diff(heard)).max() <= 1 / RAMP + 1e-9


NEAR = {
    "apart": ((0.05, 0.06), (0.09, 0.1)),
    "touching": ((0.05, 0.07), (0.07, 0.08)),
    "touching between two samples": ((0.05, 0.0700101), (0.0700101, 0.08)),
    "three": ((0.04, 0.05), (0.06, 0.065), (0.08, 0.09)),
}


@pytest.mark.parametrize("ramp", [0.005, 0.02, 1.0])
@pytest.mark.parametrize("name", NEAR)
def test_where_ramps_meet_a_tone_is_no_louder(name: str, ramp: float) -> None:
    edits = [SoundEdit(start, end, "bleep") for start, end in NEAR[name]]

    after = gated(edits, sound("f8", 0.0), AudioRemediation(ramp=ramp))[0]

    assert np.abs(after).max() <= 0.02 + 1e-9
    for edit in edits:
        first, last = round(edit.start * RATE) + 1, round(edit.end * RATE) - 1
        tone = 0.02 * np.sin(2 * np.pi * 1000 * (np.arange(first, last) - int(edit.start * RATE)) / RATE)
        assert np.allclose(after[first:last], tone)


@pytest.mark.parametrize("ramp", [0.005, 0.02, 1.0])
@pytest.mark.parametrize("mode", ["silence", "bleep", "sound", "reverse", "duck"])
@pytest.mark.parametrize("beside", ["silence", "bleep", "sound", "reverse", "duck"])
def test_an_edit_is_what_it_would_be_alone(
    mode: AudioMode, beside: AudioMode, ramp: float, own: OwnSound
) -> None:
    before = np.random.default_rng(1).uniform(-1, 1, (2, COUNT))
    edit, settings = SoundEdit(0.06, 0.075, mode), AudioRemediation(ramp=ramp, duck_level=-6)
    others = [SoundEdit(0.05, 0.0595, beside), SoundEdit(0.0752, 0.08, beside)]

    among = gated([others[0], edit, others[1]], before, settings, own)

    inside = slice(round(edit.start * RATE), round(edit.end * RATE))
    assert np.allclose(among[:, inside], gated([edit], before, settings, own)[:, inside])
    assert np.abs(among).max() <= 1.0


@pytest.mark.parametrize("mode", ["bleep", "sound", "reverse", "duck"])
def test_a_silence_stays_silent_whatever_is_beside_it(mode: AudioMode, own: OwnSound) -> None:
    edits = [SoundEdit(0.05, 0.06, "silence"), SoundEdit(0.06, 0.07, mode)]

    after = gated(edits, sound("f8"), own=own)

    assert not after[:, 2400:2880].any()
    assert np.abs(after[:, 2880:3360]).max() > 0.01


def test_a_ducked_stretch_is_lowered_and_nothing_else() -> None:
    before = np.random.default_rng(1).uniform(-1, 1, (2, COUNT))

    after = gated([SoundEdit(0.05, 0.075, "duck")], before, AudioRemediation(duck_level=-20))

    assert np.allclose(after[:, FIRST:LAST], before[:, FIRST:LAST] / 10)
    assert np.array_equal(after[:, LAST + RAMP :], before[:, LAST + RAMP :])


def test_a_reversed_stretch_is_heard_from_its_end() -> None:
    before = np.random.default_rng(1).uniform(-1, 1, (2, COUNT))

    after = gated([SoundEdit(0.05, 0.075, "reverse")], before)

    inner = slice(FIRST + RAMP, LAST - RAMP)
    assert np.allclose(after[:, inner], before[:, FIRST:LAST][:, ::-1][:, RAMP:-RAMP])
    assert np.abs(after[:, [FIRST, LAST - 1]]).max() < 0.02


def test_a_long_reversed_stretch_is_reversed_in_equal_parts_and_little_is_held() -> None:
    before = np.random.default_rng(1).uniform(-1, 1, (1, 16 * RATE))
    made = gate([SoundEdit(1.0, 15.0, "reverse")], before)
    found: list[Block] = []
    behind = 0
    for first in range(0, before.shape[1], 4800):
        found += made.push(Block(first, before[:, first : first + 4800]))
        behind = max(behind, first + 4800 - (found[-1].position + found[-1].data.shape[1]))

    after = np.concatenate([block.data for block in [*found, *made.flush()]], axis=1)

    length = 14 * RATE // 3
    for part in range(3):
        begin = RATE + part * length
        there = before[:, begin : begin + length][:, ::-1]
        assert np.allclose(after[:, begin + RAMP : begin + length - RAMP], there[:, RAMP:-RAMP])
    assert behind < 5 * RATE


def test_an_own_sound_is_looped_and_fades_at_the_borders(own: OwnSound) -> None:
    after = gated([SoundEdit(0.02, 0.12, "sound")], sound("f8"), own=own)

    there = own.as_heard("stereo", 2, RATE)
    inside = after[:, 960:5760]
    expected = np.concatenate([there[:, RAMP:], there, there[:, :RAMP]], axis=1)
    assert np.allclose(inside, expected, atol=1e-6)
    assert np.abs(np.diff(after[0])).max() < 0.05


def test_the_centre_alone_is_hidden_where_it_holds_the_voice() -> None:
    noise = np.random.default_rng(2).uniform(-0.02, 0.02, (6, 4 * RATE))
    spoken, everywhere = noise.copy(), noise.copy()
    spoken[2] += 0.3 * speech(4.0)
    everywhere += 0.3 * speech(4.0)
    edit = SoundEdit(1.5, 2.0, "silence")
    settings = AudioRemediation(scope="centre")

    kept, all_of_it = gated([edit], spoken, settings), gated([edit], everywhere, settings)

    inside = slice(72000, 96000)
    assert not kept[2, inside].any()
    assert np.array_equal(np.delete(kept, 2, axis=0), np.delete(spoken, 2, axis=0))
    assert not all_of_it[:, inside].any()


@pytest.mark.parametrize("channels", [2, 6])
def test_what_could_not_be_kept_to_the_centre_is_known(channels: int) -> None:
    data = np.tile(0.3 * speech(4.0), (channels, 1))
    made = gate([SoundEdit(1.5, 2.0, "silence")], data, AudioRemediation(scope="centre"))

    list(made.push(Block(0, data)))

    assert made.everywhere == [SoundEdit(1.5, 2.0, "silence")]


def test_many_edits_cost_what_the_near_ones_cost() -> None:
    edits = [SoundEdit(second + 0.5, second + 0.6, "silence") for second in range(20_000)]
    made = gate(edits, np.ones((1, 1)))

    after = list(made.push(Block(19_000 * RATE, np.ones((1, RATE)))))

    assert sum(int((block.data == 0).sum()) for block in after) == RATE // 10


def test_an_edit_at_the_end_is_applied_to_what_there_is() -> None:
    for mode in ("bleep", "reverse", "duck", "silence"):
        data = np.tile(0.3 * speech(1.0), (2, 1))
        edit = replace(SoundEdit(0.8, 3.0, "silence"), mode=mode)

        after = gated([edit], data)

        assert after.shape == data.shape
        assert not np.allclose(after[:, 39000:], data[:, 39000:], atol=0.01)
