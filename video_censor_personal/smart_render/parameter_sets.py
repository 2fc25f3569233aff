"""Parameter sets of H.264 and H.265: found, told apart by their ids, and given other ids.

A copy has one header for pictures of two encoders: those of the film and those encoded anew. Their sets have
different ids, so that a decoder never takes one for the other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from video_censor_personal.smart_render.nal_units import (
    Codec,
    Framing,
    guarded,
    is_record,
    unguarded,
    unit_type,
)

SETS: dict[Codec, tuple[int, ...]] = {"h264": (7, 8), "hevc": (32, 33, 34)}
"""The types of sequence and picture parameter sets; H.265 has one of the video before these."""
_VPS, _SPS, _PPS = 32, 33, 34
_IRAP = range(16, 24)
_SLICES = range(32)
_RECORD_HEADER: dict[Codec, int] = {"h264": 5, "hevc": 22}
_HEVC_LEVEL_AT = 12
_PTL_BITS, _SUB_LAYER_PROFILE_BITS, _LEVEL_BITS = 96, 88, 8
_FINE_PROFILES = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
"""Profiles whose sets say the chroma format (H.264, 7.3.2.1.1)."""


class BitReader:
    """Reads the fields of a unit, its emulation prevention undone."""

    def __init__(self, unit: bytes, header: int) -> None:
        self.bits = "".join(f"{byte:08b}" for byte in unguarded(unit))
        self.at = header * 8

    def u(self, count: int) -> int:
        """Read an unsigned number of so many bits."""
        self.at += count
        return int(self.bits[self.at - count : self.at] or "0", 2)

    def ue(self) -> int:
        """Read an Exp-Golomb code (9.2)."""
        zeros = self.bits.index("1", self.at) - self.at
        self.at += zeros
        return self.u(zeros + 1) - 1

    def se(self) -> int:
        """Read a signed Exp-Golomb code."""
        code = self.ue()
        return (code + 1) // 2 if code % 2 else -(code // 2)


@dataclass(frozen=True, slots=True)
class Ids:
    """The ids of one encoder's sets; H.264 has none for the video."""

    sequence: int = 0
    picture: int = 0
    video: int = 0


def parameter_sets(codec: Codec, extradata: bytes) -> list[bytes]:
    """Return the sets that a stream's extradata holds."""
    found = list(_recorded(codec, extradata) if is_record(extradata) else Framing().split(extradata))
    return [unit for unit in found if unit_type(codec, unit) in SETS[codec]]


def set_id(codec: Codec, unit: bytes) -> tuple[int, int]:
    """Return the type and the id of a parameter set."""
    kind = unit_type(codec, unit)
    if codec == "h264":
        reader = BitReader(unit[:32], 1 if kind == 8 else 4)
        return kind, reader.ue()
    reader = BitReader(unit[:128], 2)
    if kind == _VPS:
        return kind, reader.u(4)
    if kind == _SPS:
        reader.u(4)
        _skip_profile(reader)
    return kind, reader.ue()


def free_ids(codec: Codec, units: Iterable[bytes]) -> Ids | None:
    """Return ids that none of these sets has; None when all are taken."""
    taken = defaultdict[int, set[int]](set)
    for unit in units:
        kind, number = set_id(codec, unit)
        taken[kind].add(number)
    if codec == "h264":
        # The encoder gives both kinds the same.
        both = max(set(range(32)) - taken[7] - taken[8], default=None)
        return None if both is None else Ids(both, both)
    # A picture set's id of 9 bits is exactly a byte longer than the encoder's, of one (see `renumbered`).
    video, sequence, picture = (
        max(set(ids) - taken[kind], default=None)
        for kind, ids in ((_VPS, range(16)), (_SPS, range(16)), (_PPS, range(15, 31)))
    )
    if video is None or sequence is None or picture is None:
        return None
    return Ids(sequence, picture, video)


def with_sets(codec: Codec, extradata: bytes, added: Sequence[bytes], *, has_all: bool = False) -> bytes:
    """Return extradata that holds the sets in `added` beside its own.

    `has_all` says that there are none in the packets; only H.265 tells.
    """
    if not is_record(extradata):
        return extradata + Framing().join(added)
    header = bytearray(extradata[: _RECORD_HEADER[codec]])
    units = defaultdict[int, list[bytes]](list)
    for unit in _recorded(codec, extradata):
        units[unit_type(codec, unit)].append(unit)
    for unit in added:
        units[unit_type(codec, unit)].append(unit)
    if codec == "h264":
        sequences, pictures = units[7], units[8]
        rest = extradata[_avc_length(extradata) :]
        body = bytes([0xE0 | len(sequences)]) + _sized(sequences) + bytes([len(pictures)]) + _sized(pictures)
        return bytes(header) + body + rest
    levels = [_level(unit) for unit in added if unit_type(codec, unit) == _SPS]
    header[_HEVC_LEVEL_AT] = max(header[_HEVC_LEVEL_AT], *levels)
    # array_completeness
    bit = 0x80 if has_all else 0
    arrays = [
        bytes([kind | bit]) + len(of).to_bytes(2, "big") + _sized(of) for kind, of in sorted(units.items())
    ]
    return bytes(header) + bytes([len(arrays)]) + b"".join(arrays)


def renumbered(unit: bytes, ids: Ids) -> bytes:
    """Return a unit of an H.265 encoder that has 0 for all ids, with others; those of pictures are 15 to 30.

    The id in the header of a slice (7.3.6.1) becomes eight bits longer: all that follows is moved by a byte.
    """
    kind = unit_type("hevc", unit)
    if kind == _VPS:
        reader = BitReader(unit, 2)
        return _packed(reader.bits[: reader.at] + f"{ids.video:04b}" + reader.bits[reader.at + 4 :])
    if kind == _SPS:
        reader = BitReader(unit, 2)
        reader.bits = reader.bits[:16] + f"{ids.video:04b}" + reader.bits[20:]
        reader.u(4)
        _skip_profile(reader)
        return _packed(_replaced(reader, (ids.sequence,)))
    if kind == _PPS:
        return _packed(_replaced(BitReader(unit, 2), (ids.picture, ids.sequence)))
    if kind in _SLICES:
        plain = unguarded(unit)
        before = 2 if kind in _IRAP else 1
        first = f"{plain[2]:08b}"
        moved = int(first[:before] + _golomb(ids.picture) + first[before + 1 :], 2)
        return guarded(plain[:2] + moved.to_bytes(2, "big") + plain[3:])
    return unit


@dataclass(frozen=True, slots=True)
class AvcSequence:
    """What a sequence parameter set of H.264 says (7.4.2.1.1).

    `references` are the pictures that a decoder holds at most. `is_progressive`: all are whole frames.
    """

    profile: int
    level: int
    references: int
    is_progressive: bool


def read_avc_sequence(unit: bytes) -> AvcSequence:
    """Read a sequence parameter set of H.264 (7.3.2.1.1)."""
    reader = BitReader(unit, 1)
    profile, _, level = reader.u(8), reader.u(8), reader.u(8)
    reader.ue()
    if profile in _FINE_PROFILES:
        _skip_chroma(reader)
    reader.ue()
    order = reader.ue()
    if order == 0:
        reader.ue()
    elif order == 1:
        reader.u(1)
        reader.se(), reader.se()
        for _ in range(reader.ue()):
            reader.se()
    references = reader.ue()
    reader.u(1)
    reader.ue(), reader.ue()
    return AvcSequence(profile, level, references, bool(reader.u(1)))


def _skip_chroma(reader: BitReader) -> None:
    chroma = reader.ue()
    if chroma == 3:
        reader.u(1)
    reader.ue(), reader.ue()
    reader.u(1)
    if not reader.u(1):
        return
    for number in range(8 if chroma != 3 else 12):
        if reader.u(1):
            _skip_scaling(reader, 16 if number < 6 else 64)


def _skip_scaling(reader: BitReader, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + reader.se()) % 256
        last = following or last


def _skip_profile(reader: BitReader) -> None:
    """Skip from sps_max_sub_layers_minus1 to the end of profile_tier_level (H.265, 7.3.2.2, 7.3.3)."""
    layers = reader.u(3)
    reader.u(1)
    reader.at += _PTL_BITS
    told = [(reader.u(1), reader.u(1)) for _ in range(layers)]
    reader.at += 2 * (8 - layers) if layers else 0
    for has_profile, has_level in told:
        reader.at += has_profile * _SUB_LAYER_PROFILE_BITS + has_level * _LEVEL_BITS


def _replaced(reader: BitReader, ids: tuple[int, ...]) -> str:
    """Return the bits with the codes at the reader's place replaced, and the end aligned again."""
    begin = reader.at
    for _ in ids:
        reader.ue()
    end = reader.bits.rindex("1")
    content = reader.bits[:begin] + "".join(map(_golomb, ids)) + reader.bits[reader.at : end + 1]
    return content + "0" * (-len(content) % 8)


def _golomb(number: int) -> str:
    code = f"{number + 1:b}"
    return "0" * (len(code) - 1) + code


def _packed(bits: str) -> bytes:
    return guarded(int(bits, 2).to_bytes(len(bits) // 8, "big"))


def _level(unit: bytes) -> int:
    # General level: behind the header, ids, and 88 bits of the profile.
    return unguarded(unit)[2 + 1 + 11]


def _sized(units: Iterable[bytes]) -> bytes:
    return b"".join(len(unit).to_bytes(2, "big") + unit for unit in units)


def _recorded(codec: Codec, record: bytes) -> list[bytes]:
    """Return the units of avcC (ISO/IEC 14496-15, 5.3.3.1) or hvcC (8.3.3.1)."""
    return _avc_units(record)[0] if codec == "h264" else _hevc_units(record)


def _avc_units(record: bytes) -> tuple[list[bytes], int]:
    found, at = [], 5
    for mask in (31, 255):
        count = record[at] & mask if at < len(record) else 0
        at += 1
        for _ in range(count):
            size = int.from_bytes(record[at : at + 2], "big")
            found.append(record[at + 2 : at + 2 + size])
            at += 2 + size
    return [unit for unit in found if unit], at


def _avc_length(record: bytes) -> int:
    return _avc_units(record)[1]


def _hevc_units(record: bytes) -> list[bytes]:
    found, at = [], 23
    for _ in range(record[22] if len(record) > 22 else 0):
        count = int.from_bytes(record[at + 1 : at + 3], "big")
        at += 3
        for _ in range(count):
            size = int.from_bytes(record[at : at + 2], "big")
            found.append(record[at + 2 : at + 2 + size])
            at += 2 + size
    return [unit for unit in found if unit]


def by_id(codec: Codec, units: Iterable[bytes]) -> Mapping[tuple[int, int], bytes]:
    """Return sets by type and id; of two with the same, the first."""
    found: dict[tuple[int, int], bytes] = {}
    for unit in units:
        found.setdefault(set_id(codec, unit), unit)
    return found
