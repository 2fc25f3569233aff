"""The formats that findings are exported in, for players and people, and how their files are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from modeltasks.report.os_errors import explained
from modeltasks.support.files import replacing
from video_censor_personal.errors import OutputRefused, WouldOverwrite
from video_censor_personal.export import chapters, edl, mcf, plexautoskip, report, subtitles, table
from video_censor_personal.export.signatures import is_signed, sign
from video_censor_personal.export.stretches import ExportInput
from video_censor_personal.locations import check_place, is_same_file
from video_censor_personal.media.errors import OUTPUT


@dataclass(frozen=True, slots=True)
class Shared:
    """How a file is written that others may write to as well.

    Args:
        is_ours: whether a text has a part of ours.
        update: put our part into a text, in place of the one before, and keep the rest.
        others: return the rest.
    """

    is_ours: Callable[[str], bool]
    update: Callable[[str, ExportInput], str]
    others: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Format:
    """A format; the name of its files is the film's stem and `suffix`."""

    name: str
    suffix: str
    purpose: str
    render: Callable[[ExportInput], str]
    shared: Shared | None = None


REPORT = "report"
"""The format that tells of the copy, too, and so is written after it."""

_ALL = (
    Format("edl", ".edl", "Kodi and MPlayer", edl.render, Shared(edl.has_section, edl.update, edl.others)),
    Format("chapters", ".chapters.txt", "ffmpeg", chapters.ffmetadata),
    Format("ogm", ".ogm.txt", "mkvmerge", chapters.ogm),
    Format("plexautoskip", ".plexautoskip.json", "PlexAutoSkip", plexautoskip.render),
    Format("mcf", ".mcf", "MovieContentFilter", mcf.render),
    Format("csv", ".segments.csv", "spreadsheets", table.render),
    Format("srt", ".hidden.srt", "any player", subtitles.srt),
    Format("vtt", ".hidden.vtt", "browsers", subtitles.vtt),
    Format(REPORT, ".report.html", "people", report.render),
)
FORMATS: Mapping[str, Format] = MappingProxyType({each.name: each for each in _ALL})


def write_export(
    path: Path, form: Format, source: ExportInput, notes: Path, *, overwrite: bool = False
) -> bool:
    """Write an export, unless it says the same already; return whether it was written.

    A file that is there is ours if its content was written here once, wherever it was moved to; one that
    somebody edited is not. The lines of others in a shared file are kept in any case.

    Args:
        path: the file.
        form: its format.
        source: what it tells.
        notes: the folder in which it is noted what was written here.
        overwrite: replace what is there and not ours.

    Raises:
        OutputRefused: no file can be put there, or it is the film itself.
        WouldOverwrite: what is there is not ours.
        DiskFull, PermissionRefused, LocalError: the file cannot be read or written.
    """
    check_place(path)
    if is_same_file(path, source.film):
        raise OutputRefused(path, "it is the film itself")
    with explained(path, use=OUTPUT):
        before = path.read_bytes() if path.exists() else None
    overwrite = overwrite or (before is not None and _has_part_of_ours(form, before))
    return write_signed(path, _content(form, source, before), notes, overwrite=overwrite)


def write_signed(path: Path, content: bytes, notes: Path, *, overwrite: bool = False) -> bool:
    """Write a file as `write_export` does, whatever is in it; return whether it was. Raises as that."""
    check_place(path)
    with explained(path, use=OUTPUT):
        before = path.read_bytes() if path.exists() else None
        if content != before:
            if before is not None and not overwrite and not is_signed(before, notes):
                raise WouldOverwrite(path)
            sign(content, notes)
            with replacing(path) as stream:
                stream.write(content)
            return True
    sign(content, notes)
    return False


def why_not_ours(path: Path, form: Format, notes: Path) -> str | None:
    """Return why an export that is there is not wholly ours to remove; None where it is.

    Raises:
        DiskFull, PermissionRefused, LocalError: it cannot be read.
    """
    with explained(path, use=OUTPUT):
        content = path.read_bytes()
    if not is_signed(content, notes):
        return "it is not as it was made here"
    if form.shared is not None and form.shared.others(_decoded(content)).strip():
        return "somebody else wrote to it too"
    return None


def _content(form: Format, source: ExportInput, before: bytes | None) -> bytes:
    if form.shared is None or before is None:
        return form.render(source).encode("utf-8")
    return form.shared.update(_decoded(before), source).encode("utf-8", "surrogateescape")


def _has_part_of_ours(form: Format, content: bytes) -> bool:
    return form.shared is not None and form.shared.is_ours(_decoded(content))


def _decoded(content: bytes) -> str:
    return content.decode(
        "utf-8", "surrogateescape"
    )  # what others wrote need not be UTF-8; it stays as it is
