from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from modeltasks.errors import Failure
from modeltasks.support.cancel import Cancelled
from tests.support.media_clips import Clip, make_clip
from tests.support.waiting import wait_until
from tests.video_censor_personal.clips.jobs import Counted, Crash, Forever
from tests.video_censor_personal.clips.played import played
from tests.video_censor_personal.render.made import edits_of
from tests.video_censor_personal.targets.shelf import aged
from video_censor_personal.clips.request import AllCut, ClipRequest, CopyEdits
from video_censor_personal.clips.work import MediaWork
from video_censor_personal.edits.values import Cut, SoundEdit
from video_censor_personal.errors import ProcessDied
from video_censor_personal.media.errors import MediaError
from video_censor_personal.media.notes import FilmNotes, fingerprint


def _with_work(tmp_path: Path, ask: Callable[[MediaWork, Counted], Awaitable[None]]) -> None:
    async def all_of_it() -> None:
        runner = Counted()
        work = MediaWork(tmp_path / "store" / ".analysis", runner)
        try:
            await ask(work, runner)
        finally:
            work.close()
            await asyncio.to_thread(runner.close)

    asyncio.run(all_of_it())


def test_what_was_made_once_is_not_made_again(tmp_path: Path) -> None:
    film = make_clip(tmp_path / "film.mkv", Clip())
    far, near = SoundEdit(50.0, 51.0, "silence"), SoundEdit(1.2, 1.6, "silence")

    async def ask(work: MediaWork, runner: Counted) -> None:
        plain = await work.clip(film, ClipRequest(1.0, 1.0))
        assert played(plain).level(0.3, 0.5) > -20
        edited = await work.clip(film, ClipRequest(1.0, 1.0, copy=CopyEdits(edits_of([near]), muted=(1,))))
        assert played(edited).level(0.3, 0.5) < -60
        still = await work.still(film, 1.0, 64)
        assert still is not None
        assert still.startswith(b"\xff\xd8")
        assert len(runner.jobs) == 3

        both = CopyEdits(edits_of([near, far]), muted=(1,))
        assert await work.clip(film, ClipRequest(1.0, 1.0, copy=both)) == edited
        assert await work.clip(film, ClipRequest(1.0, 1.0)) == plain
        assert await work.still(film, 1.0, 64) == still
        again = MediaWork(tmp_path / "store" / ".analysis", runner)
        assert await again.clip(film, ClipRequest(1.0, 1.0)) == plain
        assert len(runner.jobs) == 3
        assert plain.parent == tmp_path / "store" / ".review"

    _with_work(tmp_path, ask)


def test_the_waveform_is_measured_beside_and_kept(tmp_path: Path) -> None:
    film = make_clip(tmp_path / "film.mkv", Clip(seconds=2.0))

    async def ask(work: MediaWork, runner: Counted) -> None:
        first = work.waveform(film)
        assert first.peaks is not None or 0.0 <= first.share <= 1.0
        await asyncio.to_thread(wait_until, lambda: work.waveform(film).peaks)
        peaks = work.waveform(film).peaks
        assert peaks is not None
        assert len(peaks) in (20, 21)
        assert min(peaks[1:19]) > 100
        assert MediaWork(tmp_path / "store" / ".analysis", runner).waveform(film).peaks == peaks
        assert len(runner.jobs) == 1

    _with_work(tmp_path, ask)


def test_what_was_made_before_the_film_was_hashed_is_not_made_again(tmp_path: Path) -> None:
    film = aged(make_clip(tmp_path / "film.mkv", Clip(seconds=1.0)))
    notes = tmp_path / "store" / ".analysis"

    async def ask(work: MediaWork, runner: Counted) -> None:
        await asyncio.to_thread(wait_until, lambda: work.waveform(film).peaks)
        still, clip = await work.still(film, 0.5, 64), await work.clip(film, ClipRequest(0.0, 0.5))
        fingerprint(film, notes)
        assert FilmNotes(film, notes).fingerprint() is not None
        for each in (work, MediaWork(notes, runner)):
            assert each.waveform(film).peaks
            assert await each.still(film, 0.5, 64) == still
            assert await each.clip(film, ClipRequest(0.0, 0.5)) == clip
        assert len(runner.jobs) == 3

    _with_work(tmp_path, ask)


def test_a_waveform_that_failed_is_tried_again(tmp_path: Path) -> None:
    film = make_clip(tmp_path / "film.mkv", Clip(seconds=1.0))

    async def ask(work: MediaWork, runner: Counted) -> None:
        runner.instead = Crash(film)
        with pytest.raises(ProcessDied):
            await asyncio.to_thread(wait_until, lambda: work.waveform(film).peaks)
        await asyncio.to_thread(wait_until, lambda: work.waveform(film).peaks)
        assert len(runner.jobs) == 2

    _with_work(tmp_path, ask)


def test_a_film_that_crashes_a_decoder_costs_its_clip_alone(tmp_path: Path) -> None:
    film = make_clip(tmp_path / "film.mkv", Clip(seconds=1.0))

    async def ask(work: MediaWork, runner: Counted) -> None:
        runner.instead = Crash(film)
        with pytest.raises(ProcessDied):
            await work.clip(film, ClipRequest(0.0, 0.5))
        assert (await work.clip(film, ClipRequest(0.0, 0.5))).exists()

    _with_work(tmp_path, ask)


def test_what_nobody_waits_for_is_stopped_and_leaves_nothing(tmp_path: Path) -> None:
    film = make_clip(tmp_path / "film.mkv", Clip(seconds=1.0))

    async def ask(work: MediaWork, runner: Counted) -> None:
        runner.instead = Forever(film)
        task = asyncio.create_task(work.clip(film, ClipRequest(0.0, 0.5)))
        await asyncio.to_thread(wait_until, lambda: runner.jobs)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await work.clip(film, ClipRequest(0.0, 0.5))).exists()
        folder = tmp_path / "store" / ".review"
        await asyncio.to_thread(wait_until, lambda: len(list(folder.iterdir())) == 1)

    _with_work(tmp_path, ask)


def test_what_cannot_be_shown_is_told_why(tmp_path: Path) -> None:
    text = tmp_path / "film.mkv"
    text.write_text("no film")
    short = make_clip(tmp_path / "short.mkv", Clip(seconds=0.5))

    async def ask(work: MediaWork, _runner: Counted) -> None:
        with pytest.raises(MediaError):
            await work.clip(tmp_path / "gone.mkv", ClipRequest(0.0, 0.5))
        with pytest.raises(MediaError):
            await work.still(text, 0.0, 64)
        with pytest.raises(MediaError, match=r"lasts 0\.5"):
            await work.clip(short, ClipRequest(3.0, 0.5))
        with pytest.raises(AllCut, match=r"0\.1 to 0\.3 s"):
            await work.clip(short, ClipRequest(0.1, 0.2, copy=CopyEdits(edits_of([Cut(0.0, 0.4)]))))
        with pytest.raises(Failure):
            await asyncio.to_thread(wait_until, lambda: work.waveform(text).peaks)

    _with_work(tmp_path, ask)


def test_it_can_be_closed_while_something_is_made(tmp_path: Path) -> None:
    film = make_clip(tmp_path / "film.mkv", Clip(seconds=1.0))

    async def ask(work: MediaWork, runner: Counted) -> None:
        runner.instead = Forever(film)
        task = asyncio.create_task(work.clip(film, ClipRequest(0.0, 0.5)))
        await asyncio.to_thread(wait_until, lambda: runner.jobs)
        work.close()
        with pytest.raises(Cancelled):
            await task

    _with_work(tmp_path, ask)
