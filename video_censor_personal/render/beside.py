"""The files of subtitles beside a clean copy: those beside the film, with words hidden in them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from modeltasks.report.os_errors import explained
from modeltasks.support.files import replacing
from video_censor_personal.errors import OutputRefused, WouldOverwrite
from video_censor_personal.export.signatures import is_signed, placed, sign
from video_censor_personal.findings.texts import TextSource
from video_censor_personal.locations import check_place, is_same_file
from video_censor_personal.media.errors import OUTPUT
from video_censor_personal.media.sidecars import name_beside

if TYPE_CHECKING:
    from video_censor_personal.captions.hiding import Texts
    from video_censor_personal.media.info import MediaInfo


@dataclass(frozen=True, slots=True)
class CleanFile:
    """A file that is to lie beside the copy, and what will be in it."""

    path: Path
    content: bytes


@dataclass(frozen=True, slots=True)
class CleanFiles:
    """The files that are to lie beside the copy, and what the user should know of them."""

    files: tuple[CleanFile, ...] = ()
    warnings: tuple[str, ...] = ()


def check_beside(
    film: Path, output: Path, sources: Iterable[TextSource], notes: Path, *, overwrite: bool
) -> None:
    """Make sure that clean files may lie beside a copy. Opens none of them.

    Raises:
        OutputRefused: one would take the place of that beside the film, or cannot be written.
        WouldOverwrite: what is there was not made here.
    """
    for each in sources:
        if each.file is None or each.unreadable:
            continue
        path = output.parent / name_beside(film, each.file, output)
        if is_same_file(film.parent / each.file, path):
            raise OutputRefused(
                path,
                f"it is beside {film.name} already, and players would show it with {output.name}, too",
                "Give the copy another name or folder, or set `remediation.subtitles.beside` to false",
            )
        check_place(path)
        if path.exists() and not overwrite and not _is_ours(path, notes):
            raise WouldOverwrite(path)


def clean_files(film: MediaInfo, output: Path, sources: Sequence[TextSource], texts: Texts) -> CleanFiles:
    """Return the files that are to lie beside a copy, each looked at again.

    One that cannot be read, or in which a word could still be, is left out.

    Raises:
        MediaError: the film cannot be read, or one of the files is not what it was.
    """
    from video_censor_personal.captions.beside import edited_file
    from video_censor_personal.captions.check import NotHidden, require_hidden
    from video_censor_personal.media.encodings import NotText
    from video_censor_personal.media.sidecars import UnreadableText
    from video_censor_personal.media.subtitles import pictures_a_second

    files: list[CleanFile] = []
    warnings: list[str] = []
    for each in sources:
        name = each.file or ""
        if each.unreadable:
            warnings.append(f"{each} is not beside {output.name}: {each.unreadable}")
            continue
        path = film.path.parent / name
        try:
            made = edited_file(path, each, texts, lambda: pictures_a_second(film))
            if texts.is_edited:
                require_hidden(path, each, made.content, texts, lambda: pictures_a_second(film))
        except UnreadableText as error:
            warnings.append(f"{each} is not beside {output.name}: {error.why}")
            continue
        except (NotText, NotHidden) as error:
            warnings.append(f"{each} is not beside {output.name}: {error}")
            continue
        files.append(CleanFile(output.parent / name_beside(film.path, name, output), made.content))
        if texts.words and texts.style.mode == "leave":
            warnings.append(f"{each} is as it was, with the words that are hidden in the sound")
        elif texts.words and each.name not in texts.read:
            warnings.append(f"no detector read {each}: only words that were found elsewhere are hidden in it")
    return CleanFiles(tuple(files), tuple(warnings))


def write_beside(found: CleanFiles, before: Iterable[Path], notes: Path) -> None:
    """Write the files, each whole, unless they are there as they should be.

    Args:
        found: the files.
        before: what was written beside the copy before; what of it is not among the files goes.
        notes: the folder in which it is noted what was written here.

    Raises:
        DiskFull, PermissionRefused, LocalError: one cannot be written.
    """
    for each in found.files:
        with explained(each.path, use=OUTPUT):
            sign(each.content, notes)
            sign(placed(each.path, hashlib.sha256(each.content).hexdigest()), notes)
            if each.path.exists() and each.path.read_bytes() == each.content:
                continue
            with replacing(each.path) as stream:
                stream.write(each.content)
    wanted = {each.path for each in found.files}
    for path in before:
        if path not in wanted:
            with suppress(OSError):  # it stays there, which is no harm
                path.unlink()


def _is_ours(path: Path, notes: Path) -> bool:
    try:
        return is_signed(path.read_bytes(), notes)
    except OSError:  # it may not be read, so nobody can say that it is
        return False
