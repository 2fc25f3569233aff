"""Reading all packets of a file once, without decoding: what is there, and when."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from video_censor_personal.media import scan_notes
from video_censor_personal.media.container import opened
from video_censor_personal.media.errors import Damaged, NotFound
from video_censor_personal.media.stamps import UNKNOWN, Stamps
from video_censor_personal.media.timeline import Timeline, plan_timeline

if TYPE_CHECKING:
    import numpy as np
    from av.container import InputContainer
    from numpy.typing import NDArray

_KEPT = 16
"""Files whose scan is remembered."""
_RESTARTING = frozenset({"mpegts", "mpeg", "mpegvideo", "wtv", "flv", "rtsp", "hls"})
"""Formats whose clock may begin again in the middle."""
_SHOWN_ONLY = frozenset({"matroska", "webm"})
"""Formats that say when a picture is shown, and not when it is decoded."""
_LEAST_UNREAD = 2**15
"""Bytes at the end of a file that may be anything."""
_PROBED = (2**26, 2**28)
"""Bytes read ahead, and kept in memory while the file is opened, to learn of streams that begin late."""
_UNHURRIED = {"analyzeduration": str(2**40), "fpsprobesize": str(2**30)}
"""Makes the library read ahead until its bytes are used up, though it knows the streams it has seen."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What all packets of a file tell.

    Args:
        timeline: where they belong.
        options: with which the file must be opened for all its streams to be seen.
    """

    timeline: Timeline
    options: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def scan(path: Path) -> Scan:
    """Return what the packets of `path` tell. A file that did not change is read once.

    Raises:
        MediaError: it cannot be opened, or its time stamps are in such disorder that nobody can tell what
            belongs where.
    """
    try:
        stat = path.stat()
    except OSError as error:
        raise NotFound(path) from error
    identity = (stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
    found = _scan(path, identity)
    if found.timeline.disorder:
        raise Damaged(path, found.timeline.disorder)
    return found


@lru_cache(_KEPT)
def _scan(path: Path, identity: tuple[int, ...]) -> Scan:
    note = scan_notes.place(path)
    known = scan_notes.read(note, identity) if note else None
    if known is not None:
        timeline, options = known
        return Scan(timeline, MappingProxyType(options))
    found = _read(path)
    if note is not None:
        scan_notes.write(note, identity, found.timeline, found.options)
    return found


def _read(path: Path) -> Scan:
    options: dict[str, str] = {}
    for size in (*_PROBED, None):
        with opened(path, options) as container:
            found = _packets(container)
            if found is not None:
                restarts = not _RESTARTING.isdisjoint(container.format.name.split(","))
                timeline = plan_timeline([each.stamps() for each in found.values()], restarts=restarts)
                if container.format.name == "flv" and (rest := _unread(container, found)):
                    timeline = replace(timeline, disorder=rest)
                return Scan(timeline, MappingProxyType(options))
        options = {"probesize": str(size), **_UNHURRIED}
    raise Damaged(path, f"a stream begins only after the first {_PROBED[-1] >> 20} MiB, which cannot be read")


def _unread(container: InputContainer, found: Mapping[int, _Column]) -> str:
    """Say that there is much in the file behind what can be read of it; nothing when there is not."""
    rest = container.size - max((each.reached for each in found.values()), default=0)
    if rest < max(_LEAST_UNREAD, container.size // 100):
        return ""
    return f"its last {rest:,} bytes cannot be read, as where one recording was put behind another"


class _Column:
    """The packets of one stream, as they come; `reached` is the byte of the file where the last ends."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._rows = array("q")
        self.reached = 0

    def add(self, packet: Any, order: int) -> None:
        """Note a packet."""
        dts, pts = packet.dts, packet.pts
        self.reached = max(self.reached, (packet.pos or 0) + packet.size)
        self._rows.extend(
            (UNKNOWN if dts is None else dts, UNKNOWN if pts is None else pts, packet.duration or 0, order)
        )

    def stamps(self) -> Stamps:
        """Return what was noted."""
        import numpy as np
        from av.stream import Disposition

        stream = self._stream
        table = np.array(self._rows, dtype=np.int64).reshape(-1, 4)
        is_cover = bool(stream.disposition & Disposition.attached_pic)
        return Stamps(
            index=stream.index,
            kind=stream.type or "unknown",
            base=Fraction(stream.time_base or 1),
            is_dense=stream.type in ("audio", "video") and not is_cover,
            tells_decoding=_tells_decoding(stream, table[:, 0]),
            dts=table[:, 0],
            pts=table[:, 1],
            duration=table[:, 2],
            order=table[:, 3],
        )


def _tells_decoding(stream: Any, dts: NDArray[np.int64]) -> bool:
    import numpy as np

    told = dts[dts != UNKNOWN]
    is_guessed = stream.type == "video" and not _SHOWN_ONLY.isdisjoint(
        stream.container.format.name.split(",")
    )
    # A guess that never goes back is right: it only fails where the moments themselves go back.
    return len(told) * 2 > len(dts) and not (is_guessed and bool(np.any(np.diff(told) < 0)))


def _packets(container: InputContainer) -> dict[int, _Column] | None:
    """Return the packets by stream; None when a stream shows up that was not known at the opening."""
    import av

    found = {stream.index: _Column(stream) for stream in container.streams}
    unknown = {stream.index for stream in container.streams.audio if not stream.codec_context.sample_rate}
    seen: dict[int, int] = defaultdict(int)
    try:
        for order, packet in enumerate(container.demux()):
            if packet.size or packet.dts is not None or packet.pts is not None:
                found[packet.stream.index].add(packet, order)
                seen[packet.stream.index] += 1
    except IndexError:
        return None
    except av.FFmpegError:
        pass  # whoever decodes it says what is wrong
    return None if any(seen[index] for index in unknown) else found
