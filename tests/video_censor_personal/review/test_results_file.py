from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from modeltasks.errors import DiskFull, PermissionRefused
from tests.video_censor_personal.examples import segment
from tests.video_censor_personal.review.films import RESULTS, Page, results_path
from video_censor_personal.errors import OutputRefused
from video_censor_personal.export.json_fields import SegmentsError
from video_censor_personal.export.results_json import Results
from video_censor_personal.export.results_lock import ResultsBusy, results_lock
from video_censor_personal.export.results_reader import read_results
from video_censor_personal.review.errors import AnotherFilm, NoLongerRead

ALLOW = {"kind": "set", "allow": True}


@pytest.fixture
def page(tmp_path: Path) -> Page:
    return Page(results_path(tmp_path), tmp_path / "notes")


def allow(page: Page, name: str = "profanity-10.0") -> None:
    page.send({**ALLOW, **page.of(name)})


def is_allowed(path: Path, name: str = "profanity-10.0") -> bool:
    return next(each.allow for each in read_results(path).segments if each.id == name)


def edit(path: Path, **metadata: Any) -> None:
    document = json.loads(path.read_text())
    document["metadata"] |= metadata
    path.write_text(json.dumps(document, indent=2))


def test_nothing_is_read_again_while_nobody_writes(page: Page) -> None:
    first = page.file.read()
    assert page.file.read() is first
    allow(page)
    second = page.file.read()
    assert page.file.read() is second
    assert second.revision != first.revision


def test_a_page_sees_what_another_decided(page: Page, tmp_path: Path) -> None:
    other = Page(page.file.path, tmp_path / "notes")
    allow(other, "profanity-20.0")
    allow(page, "profanity-10.0")
    other.look()
    assert [each.allow for each in page.all()[:2]] == [True, True] == [each.allow for each in other.all()[:2]]
    assert other.file.read().revision == page.file.read().revision


def test_what_is_written_is_the_mode_of_the_umask_and_nothing_lies_beside_it(page: Page) -> None:
    allow(page)
    assert page.file.path.stat().st_mode & 0o777 == 0o666 & ~_umask()
    assert sorted(each.name for each in page.file.path.parent.iterdir()) == ["film.results.json", "notes"]


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


@contextmanager
def no_room(size: int) -> Iterator[None]:
    """Let no file be larger than `size` bytes, as on a disk that is full then."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_full_disk_is_told_and_the_page_tries_again(page: Page) -> None:
    path = page.file.path
    before = path.read_bytes()
    with no_room(4096), pytest.raises(DiskFull, match=r"was not saved.*keeps what you decided"):
        allow(page)
    assert path.read_bytes() == before
    assert sorted(each.name for each in path.parent.iterdir()) == ["film.results.json", "notes"]
    allow(page)
    assert is_allowed(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="nobody refuses root anything")
def test_a_folder_that_may_not_be_written_is_told(page: Page) -> None:
    path = page.file.path
    path.parent.chmod(0o555)
    try:
        with pytest.raises(PermissionRefused, match="was not saved"):
            allow(page)
    finally:
        path.parent.chmod(0o755)
    assert not is_allowed(path)


def test_a_lock_that_cannot_be_made_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("in the way")
    page = Page(results_path(tmp_path), tmp_path / "notes")
    allow(page)
    assert is_allowed(page.file.path)


def test_a_file_that_is_gone_is_told_and_welcome_back(page: Page) -> None:
    path = page.file.path
    path.rename(path.with_suffix(".away"))
    for _ in range(2):
        with pytest.raises(SegmentsError, match="No such file"):
            page.file.read()
    with pytest.raises(SegmentsError, match="No such file"):
        allow(page)
    assert not path.exists()
    path.with_suffix(".away").rename(path)
    allow(page)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"segments": [', "Expecting value"),
        ('{"segments": [{"alow": true}]}', "alow"),
        ("[]", "segments"),
        ("", "Expecting value"),
    ],
)
def test_what_an_editor_spoilt_is_told_and_stays(page: Page, text: str, why: str) -> None:
    path = page.file.path
    good = path.read_text()
    path.write_text(text)
    for _ in range(2):
        with pytest.raises(NoLongerRead, match=why):
            page.file.read()
    with pytest.raises(NoLongerRead, match=why):
        allow(page)
    assert path.read_text() == text
    path.write_text(good)
    allow(page)
    assert is_allowed(path)


def test_the_results_of_another_film_are_not_decided_on(page: Page) -> None:
    path = page.file.path
    other = Results("other.mkv", 90.0, (segment(10.0, 11.0),), fingerprint="bb")
    results_path(path.parent, other)
    before = path.read_bytes()
    for _ in range(2):
        with pytest.raises(AnotherFilm, match=r"about film\.mkv.*about other\.mkv"):
            page.file.read()
    with pytest.raises(AnotherFilm):
        allow(page)
    assert path.read_bytes() == before
    results_path(path.parent)
    allow(page)


@pytest.mark.parametrize(
    "same",
    [
        replace(RESULTS, file="renamed.mkv", duration=170.0),
        replace(RESULTS, fingerprint="bb", duration=180.4),
        replace(RESULTS, fingerprint=None, file=None, duration=None),
    ],
)
def test_the_same_film_under_another_name_or_with_other_tags_is_the_same(page: Page, same: Results) -> None:
    results_path(page.file.path.parent, same)
    allow(page)


def test_a_link_is_not_replaced_by_a_file(page: Page, tmp_path: Path) -> None:
    link = tmp_path / "link.json"
    link.symlink_to(page.file.path)
    linked = Page(link, tmp_path / "notes")
    with pytest.raises(OutputRefused, match="is a link to"):
        allow(linked)
    assert link.is_symlink()


def test_what_would_not_be_written_again_is_kept_once_beside_the_file(page: Page) -> None:
    path = page.file.path
    (path.parent / "film.results.before-review.json").write_text("somebody's")
    edit(path, reviewer="Ann")
    page.look()
    before = path.read_text()
    warnings = page.file.read().warnings
    assert "reviewer" in warnings[0]
    assert "film.results.before-review2.json" in warnings[-1]
    allow(page)
    allow(page, "profanity-20.0")
    kept = sorted(path.parent.glob("*before*"))
    assert [each.name for each in kept] == [
        "film.results.before-review.json",
        "film.results.before-review2.json",
    ]
    assert [each.read_text() for each in kept] == ["somebody's", before]
    assert page.file.read().warnings == ()


def test_what_cannot_be_kept_beside_the_file_is_not_written_over(page: Page) -> None:
    path = page.file.path
    for number in ("", *range(2, 101)):
        path.with_name(f"film.results.before-review{number}.json").write_text("older")
    edit(path, reviewer="Ann")
    page.look()
    before = path.read_text()
    assert not any("is kept as" in each for each in page.file.read().warnings)
    with pytest.raises(OutputRefused, match=r"100 copies.*film\.results\.before-review\*\.json"):
        allow(page)
    assert path.read_text() == before
    path.with_name("film.results.before-review7.json").unlink()
    allow(page)
    assert path.with_name("film.results.before-review7.json").read_text() == before


def test_the_originals_file_is_kept_for_its_frame_data(tmp_path: Path) -> None:
    theirs = {"start_time": "00:10", "end_time": "00:12", "labels": ["Nudity"], "frame_data": {"image": "…"}}
    path = tmp_path / "theirs.json"
    path.write_text(json.dumps({"metadata": {"file": "film.mkv"}, "segments": [theirs]}))
    before = path.read_bytes()
    page = Page(path, tmp_path / "notes")
    assert "frame_data" in page.file.read().warnings[0]
    allow(page, "nudity-10.0")
    assert (tmp_path / "theirs.before-review.json").read_bytes() == before
    assert b"\n" not in path.read_bytes().strip(), "and it is on one line, as it was"


def test_who_has_to_wait_too_long_is_told_for_whom(page: Page, tmp_path: Path) -> None:
    path, notes = page.file.path, tmp_path / "notes"
    with (
        results_lock(path, notes),
        pytest.raises(ResultsBusy, match=f"process {os.getpid()}"),
        results_lock(path.parent / "notes" / ".." / path.name, notes, 0.05),
    ):
        pass
    with results_lock(path, notes, 0.05):
        pass


_DECIDES = """
import sys
from pathlib import Path
from video_censor_personal.review.changes import Add
from video_censor_personal.review.results_file import ResultsFile
file = ResultsFile(Path(sys.argv[1]), Path(sys.argv[2]))
for number in range(25):
    start = float(sys.argv[3]) + number
    file.change([Add(start, start + 0.5, "Violence")])
"""
_ANALYSES = """
import sys
from dataclasses import replace
from pathlib import Path
from tests.video_censor_personal.review.test_analysed_again import NEW
from video_censor_personal.export.results_lock import results_lock
from video_censor_personal.export.results_update import update_results
path = Path(sys.argv[1])
for number in range(25):
    with results_lock(path, Path(sys.argv[2])):
        update_results(path, replace(NEW, warnings=(str(number),)))
"""


def test_processes_that_write_at_once_lose_nothing_of_each_other(page: Page, tmp_path: Path) -> None:
    path, notes = page.file.path, tmp_path / "notes"
    scripts = [(_DECIDES, "100"), (_DECIDES, "140"), (_ANALYSES, "")]
    processes = [
        subprocess.Popen([sys.executable, "-c", script, str(path), str(notes), first])
        for script, first in scripts
    ]
    for each in processes:
        assert each.wait() == 0
    starts = {each.start for each in read_results(path).segments if each.category == "Violence"}
    assert starts == {float(first + number) for first in (100, 140) for number in range(25)}
    assert read_results(path).warnings == ("24",)
