"""The report on a film: one page for people, without script or network, that may be kept and handed on.

Pictures in it are so small and blurred that nothing can be told from them but the scene, and words are masked
until somebody opens them.
"""

from __future__ import annotations

import base64
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import datetime

from modeltasks.report.pace import clock_text
from video_censor_personal.export.html import page, table, text
from video_censor_personal.export.report_facts import ReportFacts
from video_censor_personal.export.report_timeline import timeline
from video_censor_personal.export.results_json import Results
from video_censor_personal.export.stretches import ExportInput, Treated, is_left, title_of, what_is_done
from video_censor_personal.findings.coverage import coverage_lines, unseen_lines
from video_censor_personal.findings.reviews import needs_decision
from video_censor_personal.findings.timecode import format_short
from video_censor_personal.media.info import Chapter

MOST_ROWS = 3000
MOST_PICTURES = 60
_MOST_TEXT = 2_000_000
"""Characters that all rows may have together: notes may be long, and a page has to open on a phone."""


def render(source: ExportInput) -> str:
    """Return the page."""
    name = source.film.name
    facts = source.report or ReportFacts(Results(name, source.duration, ()))
    found = sorted(source.segments, key=lambda each: each.segment.start)
    return page(f"{name}: what was found", _body(name, source, found, facts))


def _body(name: str, source: ExportInput, found: Sequence[Treated], facts: ReportFacts) -> Iterator[str]:
    results = facts.results
    chapters = sorted(source.chapters, key=lambda each: each.start)
    yield f"<header><h1>{text(name)}</h1>"
    length = f"{clock_text(source.duration)} long; " if source.duration else ""
    yield f'<p class="quiet">{length}looked at {_day(results.processed_at)}</p>'
    yield f'<p class="verdict">{_verdict(found, facts)}</p></header><main>'
    yield from _not_looked_at(facts)
    yield from _beside_the_list(facts)
    if found:
        yield "<h2>When</h2>"
        yield from timeline(source.duration, found, chapters)
        yield "<h2>What was found</h2>"
        yield from _findings(found, facts, chapters)
    yield "<h2>What was done</h2>"
    yield from _copy(facts)
    yield "<h2>Who looked</h2>"
    yield from _looked(facts)
    yield f'</main><footer><p class="quiet">Made by {text(facts.program)}.</p></footer>'


def _day(moment: str | None) -> str:
    """Return when a film was looked at, as people write it."""
    try:
        read = datetime.fromisoformat(moment or "")
    except ValueError:
        return text(moment or "at a time that nobody knows")
    return f"on {read.day} {read:%B %Y} at {read:%H:%M} {text(read.tzname() or '')}".rstrip()


def _verdict(found: Sequence[Treated], facts: ReportFacts) -> str:
    waiting = sum(needs_decision(each.segment) for each in found)
    left = sum(is_left(each) for each in found)
    hidden = len(found) - waiting - left
    if not found:
        return "Nothing was found in what was looked at." if facts.results.unseen else "Nothing was found."
    counts = {"to be hidden": hidden, "left as is": left, "to be decided": waiting}
    kept = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
    return f"{len(found)} thing{'s were' if len(found) != 1 else ' was'} found: {kept}."


def _not_looked_at(facts: ReportFacts) -> Iterator[str]:
    results = facts.results
    partial = [each for each in results.coverage if each.is_partial or each.doubtful or each.why]
    skipped = [f"{name} was left out: its optional model is not there" for name in results.skipped]
    unseen = (name for name in results.unseen if name not in results.skipped)
    lines = [*unseen_lines(partial, unseen), *skipped]
    if not lines:
        return
    yield "<h2>What was not looked at</h2>"
    yield '<ul class="bad">'
    for line in lines:
        yield f"<li>{text(line)}</li>"
    yield "</ul>"


def _beside_the_list(facts: ReportFacts) -> Iterator[str]:
    """Tell of what no list has: hardly worth a look, or no longer found though somebody decided on it."""
    weak, retired = len(facts.results.weak), len(facts.results.retired)
    if weak:
        yield f"<p>{_things(weak)} hardly worth a look, and not listed here.</p>"
    if retired:
        yield f"<p>{_things(retired)} found before, and no longer.</p>"


def _things(number: int) -> str:
    return "One more thing was" if number == 1 else f"{number} more things were"


def _findings(found: Sequence[Treated], facts: ReportFacts, chapters: Sequence[Chapter]) -> Iterator[str]:
    heads = ("from", "to", "chapter", "category", "what", "how sure", "by", "done", "picture", "note")
    rows: list[tuple[str, ...]] = []
    room = _MOST_TEXT
    for each in found[:MOST_ROWS]:
        row = _row(each, facts, chapters)
        room -= sum(map(len, row))
        if room < 0:
            break
        rows.append(row)
    filled = [place for place in range(len(heads)) if any(row[place] for row in rows)]
    kept = ([row[place] for place in filled] for row in rows)
    yield from table(_number(len(found)), [heads[place] for place in filled], kept)
    if len(found) > len(rows):
        yield f"<p>{len(found) - len(rows)} more are in the results file; they are too many for one page.</p>"


def _number(findings: int) -> str:
    return "1 finding" if findings == 1 else f"{findings} findings"


def _row(treated: Treated, facts: ReportFacts, chapters: Sequence[Chapter]) -> tuple[str, ...]:
    segment = treated.segment
    picture = facts.pictures.get(segment.id)
    return (
        format_short(segment.start),
        format_short(segment.end),
        text(_chapter_at(segment.start, chapters)),
        text(segment.category),
        _what(treated),
        segment.certainty,
        text(", ".join(dict.fromkeys(hit.detector or "by hand" for hit in segment.detections)) or "by hand"),
        text(what_is_done(treated)) + (" <small>(decided)</small>" if segment.reviewed else ""),
        "" if picture is None else _image(picture),
        text(segment.note or ""),
    )


def _chapter_at(moment: float, chapters: Sequence[Chapter]) -> str:
    """Return the name of the chapter that a moment is in; none where it is before the first one."""
    number = bisect_right(chapters, moment, key=lambda each: each.start)
    return (chapters[number - 1].title or f"Chapter {number}") if number else ""


def _what(treated: Treated) -> str:
    words = dict.fromkeys(hit.text for hit in treated.segment.detections if hit.text)
    title = text(title_of(treated.segment))
    if not words:
        return title
    return f"<details><summary>{title}</summary>{text(', '.join(words))}</details>"


def _image(jpeg: bytes) -> str:
    return f'<img alt="blurred" src="data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}">'


def _copy(facts: ReportFacts) -> Iterator[str]:
    if facts.copy is None:
        yield "<p>No clean copy was made of it.</p>"
        return
    yield f"<p>The clean copy is <b>{text(facts.copy.name)}</b>.</p><ul>"
    for line in facts.copy.lines:
        yield f"<li>{text(line)}</li>"
    for line in (*facts.copy.warnings, *_dropped(facts)):
        yield f'<li class="bad">{text(line)}</li>'
    yield "</ul>"


def _dropped(facts: ReportFacts) -> Iterator[str]:
    for stream in facts.results.dropped_streams or ():
        yield f"stream {stream.get('stream')} ({stream.get('kind')}) is not in it: {stream.get('why')}"


def _looked(facts: ReportFacts) -> Iterator[str]:
    results = facts.results
    if facts.detectors:
        yield from table("Detectors", ("detector", "what it is", "model", "settings"), _detectors(facts))
    lines = coverage_lines(results.coverage)
    if lines:
        yield "<ul>" + "".join(f"<li>{text(line)}</li>" for line in lines) + "</ul>"
    if results.models:
        rows = (
            (
                text(use.name),
                text(use.source or ""),
                text(facts.licenses.get(use.name) or "unknown"),
                "<br>".join(f"{text(path)} <code>{text(digest)}</code>" for path, digest in use.checksums),
            )
            for use in results.models
        )
        heads = ("model", "where it came from", "licence", "its files and their digests")
        yield from table("Models", heads, rows)
    if results.config:
        yield f"<p>By the config {text(results.config)}.</p>"
    if results.fingerprint:
        yield f"<p>SHA-256 of the film: <code>{text(results.fingerprint)}</code></p>"
    for warning in results.warnings:
        yield f"<p>{text(warning)}</p>"


def _detectors(facts: ReportFacts) -> Iterator[tuple[str, ...]]:
    for each in facts.detectors:
        yield text(each.name), text(each.type), text(each.model or "none"), text(each.settings)
