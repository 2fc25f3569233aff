"""Files of subtitles beside a film, with words hidden in them and all else as it is, byte for byte."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from video_censor_personal.captions.cue_places import FORMS, CuePlace, cue_places
from video_censor_personal.captions.hiding import CueEditor, Edited, Texts, fitting
from video_censor_personal.captions.markup import Replacement, replaced
from video_censor_personal.findings.languages import language_code
from video_censor_personal.findings.texts import TextSource
from video_censor_personal.media.encodings import ExactText
from video_censor_personal.media.sidecars import FRAMES_A_SECOND, content_of, cues_in, form_of


@dataclass(frozen=True, slots=True)
class EditedFile:
    """A file of subtitles with words hidden in it; `changed` says in how many of its cues."""

    content: bytes
    changed: int


def edited_file(path: Path, source: TextSource, texts: Texts, rate: Callable[[], float | None]) -> EditedFile:
    """Return a file of subtitles with words hidden in it.

    Args:
        path: the file.
        source: what is known of it.
        texts: what is hidden in all texts.
        rate: tells how many pictures a second the film has, for files that count them.

    Raises:
        MediaError: it is not the file that it was, is no longer there, or nothing can be read in it.
        NotText: its encoding does not give the same bytes again.
    """
    content = content_of(path, source)
    if not texts.is_edited:
        return EditedFile(content, 0)
    language = language_code(source.language)
    cues_in(content, path, language, rate)  # what cannot be read is not clean because nothing is found in it
    text = ExactText.of(content, language)
    editor = texts.of(source.name, language)
    # As long as it was: each place in it is the same.
    lines = text.text.replace("\r\n", " \n").replace("\r", "\n")
    form = form_of(lines, path.suffix.lower())
    edits = list(_edits(lines, form, editor, lambda: rate() or FRAMES_A_SECOND))
    made: list[Replacement] = []
    for place, edited in edits:
        made += _replacements(place, edited)
    changed = replaced(text.text, fitting(sorted(made, key=lambda each: each.start), text))
    return EditedFile(text.encoded(changed), len(edits))


def _edits(
    lines: str, form: str, editor: CueEditor, rate: Callable[[], float]
) -> Iterable[tuple[CuePlace, Edited]]:
    for place in cue_places(lines, form, rate):
        first, last = place.text
        edited = editor.edited(place.start, place.end, lines[first:last], FORMS[form])
        if edited is not None:
            yield place, edited


def _replacements(place: CuePlace, edited: Edited) -> list[Replacement]:
    if edited.is_dropped:
        return [Replacement(*place.whole, place.left)]
    first = place.text[0]
    return [Replacement(first + each.start, first + each.end, each.text) for each in edited.replacements]
