"""Subtitles are moved, shortened or left out; what is shown until further notice is not forgotten."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from tests.support.media_clips import Captions, Clip, make_clip
from video_censor_personal.containers.display_sets import DisplaySet, display_set
from video_censor_personal.containers.retiming import Retimer
from video_censor_personal.edits.cuts import FOR_GOOD, Cuts
from video_censor_personal.media.probe import probe
from video_censor_personal.media.reader import is_flush, open_film

CUTS = Cuts.of([(Fraction(2), Fraction(4)), (Fraction(7), Fraction(8))])
MILLISECOND = Fraction(1, 1000)

CUES: dict[str, tuple[tuple[float, float], tuple[int, int] | None]] = {
    "before": ((0.5, 1.5), (500, 1500)),
    "behind": ((5.0, 6.0), (3000, 4000)),
    "into a cut": ((1.0, 3.0), (1000, 2000)),
    "out of a cut": ((3.0, 5.0), (2000, 3000)),
    "around a cut": ((1.0, 5.0), (1000, 3000)),
    "around both": ((1.0, 9.0), (1000, 6000)),
    "within": ((2.5, 3.5), None),
    "all of it": ((2.0, 4.0), None),
    "from where the film goes on": ((4.0, 5.0), (2000, 3000)),
}


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    cues = tuple((start, end, name) for name, ((start, end), _) in CUES.items())
    clip = Clip(seconds=0.2, audio=(), subtitles=(Captions(cues=tuple(sorted(cues))),))
    return make_clip(tmp_path_factory.mktemp("film") / "film.mkv", clip)


def test_cues_are_moved_shortened_or_left_out(film: Path) -> None:
    with open_film(probe(film)) as source:
        retimer = Retimer(source.stream(1), Fraction(0), CUTS)
        found = {
            bytes(kept).decode(): (kept.pts, kept.pts + kept.duration)
            for packet in source.packets(1)
            if not is_flush(packet)
            for kept in retimer.push(packet)
        }
    assert found == {name: place for name, (_, place) in CUES.items() if place is not None}


def pgs(state: int, objects: int) -> bytes:
    """Return a display set of Blu-ray subtitles: what it is composed of, and its end."""
    composition = bytes([0, 64, 0, 48, 0x10, 0, 1, state, 0, 0, objects]) + bytes(8 * objects)
    return b"\x16" + len(composition).to_bytes(2, "big") + composition + b"\x80\x00\x00"


def dvb(state: int, regions: int) -> bytes:
    """Return the composition of a page of broadcast subtitles."""
    page = bytes([30, state << 2]) + bytes(6 * regions)
    return b"\x0f\x10\x00\x01" + len(page).to_bytes(2, "big") + page


SHOW, GO_ON, CLEAR = pgs(0x80, 1), pgs(0x00, 1), pgs(0x00, 0)

SETS = {
    "shows, anew": ("hdmv_pgs_subtitle", SHOW, DisplaySet(True, False)),
    "shows, going on": ("hdmv_pgs_subtitle", GO_ON, DisplaySet(False, False)),
    "can be entered": ("hdmv_pgs_subtitle", pgs(0x40, 1), DisplaySet(True, False)),
    "takes away": ("hdmv_pgs_subtitle", CLEAR, DisplaySet(False, True)),
    "a part of a set": ("hdmv_pgs_subtitle", b"\x15\x00\x01\x00", None),
    "nothing": ("hdmv_pgs_subtitle", b"", None),
    "broken": ("hdmv_pgs_subtitle", SHOW[:8], None),
    "a page": ("dvb_subtitle", dvb(2, 1), DisplaySet(True, False)),
    "a page that goes on": ("dvb_subtitle", dvb(0, 1), DisplaySet(False, False)),
    "an empty page": ("dvb_subtitle", dvb(0, 0), DisplaySet(False, True)),
    "text": ("subrip", b"Hello", None),
}


@pytest.mark.parametrize("name", SETS)
def test_what_a_packet_of_pictures_does(name: str) -> None:
    codec, payload, expected = SETS[name]
    assert display_set(codec, payload) == expected


SHOWN: dict[str, tuple[list[tuple[float, bytes]], list[tuple[int, bytes]]]] = {
    "all outside": ([(1, SHOW), (1.5, CLEAR)], [(1000, SHOW), (1500, CLEAR)]),
    "cleared within a cut": ([(1, SHOW), (3, CLEAR), (5, SHOW)], [(1000, SHOW), (2000, CLEAR), (3000, SHOW)]),
    "shown and cleared within": ([(2.5, SHOW), (3, CLEAR), (5, SHOW)], [(2000, CLEAR), (3000, SHOW)]),
    "shown within, cleared behind": ([(3, SHOW), (5, CLEAR)], [(2000, SHOW), (3000, CLEAR)]),
    "several within, the last counts": (
        [(2.2, SHOW), (2.5, SHOW), (3, SHOW), (3.5, GO_ON), (5, CLEAR)],
        [(2000, SHOW), (2000, GO_ON), (3000, CLEAR)],
    ),
    "within each of two cuts": ([(3, SHOW), (7.5, CLEAR)], [(2000, SHOW), (5000, CLEAR)]),
    "cleared in a cut to the end": ([(19, SHOW), (21, CLEAR)], [(16000, SHOW), (17000, CLEAR)]),
    "shown in a cut to the end": ([(19, CLEAR), (21, SHOW)], [(16000, CLEAR)]),
}


@pytest.mark.parametrize("name", SHOWN)
def test_pictures_that_are_shown_until_the_next_change_where_the_copy_goes_on(name: str) -> None:
    given, expected = SHOWN[name]
    cuts = Cuts.of([*CUTS.spans, (Fraction(20), FOR_GOOD)])
    retimer = Retimer(Blu(), Fraction(0), cuts)
    kept = [made for moment, payload in given for made in retimer.push(packet(moment, payload))]
    kept += retimer.flush()
    assert [(each.pts, bytes(each)) for each in kept] == expected


class Blu:
    """A stream of Blu-ray subtitles, as far as it is asked: no encoder makes one."""

    codec_context = av.CodecContext.create("pgssub", "r")


def packet(moment: float, payload: bytes) -> Any:
    made: Any = av.Packet(payload)
    made.time_base = MILLISECOND
    made.pts = made.dts = round(moment / MILLISECOND)
    return made
