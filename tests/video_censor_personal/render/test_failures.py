from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from modeltasks.errors import Failure
from modeltasks.support.cancel import Cancelled, CancelToken
from tests.support.media_clips import Clip, Track, damaged, make_clip
from tests.video_censor_personal.render.made import Edit, render, verify_render
from video_censor_personal.containers.target import growing
from video_censor_personal.edits.values import PictureEdit, SoundEdit
from video_censor_personal.media.errors import Damaged, RenderError
from video_censor_personal.render.mux import RenderOptions, RenderReport

EDITS = (SoundEdit(0.5, 0.8, "silence"),)
BOTH = (*EDITS, PictureEdit(0.5, 0.8, color="#000000"))


def link(folder: Path, make: Callable[[Path, Path], None]) -> Path:
    make(folder / "film.mp4", folder / "other.mp4")
    return folder / "other.mp4"


def linked(folder: Path) -> Path:
    (folder / "other.mp4").symlink_to("nowhere.mp4")
    return folder / "other.mp4"


def piped(folder: Path) -> Path:
    os.mkfifo(folder / "other.mp4")
    return folder / "other.mp4"


TARGETS: dict[str, tuple[Callable[[Path], Path], str]] = {
    "the input itself": (lambda folder: folder / "film.mp4", "input"),
    "by another way": (lambda folder: folder / "sub" / ".." / "film.mp4", "input"),
    "a symbolic link to it": (lambda folder: link(folder, lambda a, b: b.symlink_to(a)), "input"),
    "a hard link to it": (lambda folder: link(folder, lambda a, b: b.hardlink_to(a)), "input"),
    "below a file": (lambda folder: folder / "film.mp4" / "clean.mp4", "film.mp4 is no folder"),
    "a link": (linked, "it is a link to nowhere.mp4"),
    "a pipe": (piped, "a device, a pipe or a socket"),
    "a name that is too long": (lambda folder: folder / f"{'n' * 300}.mp4", "name too long"),
    "a folder": (lambda folder: folder / "sub", "is a folder"),
    "no container": (lambda folder: folder / "clean.rm", "rm files are not written .* suffix .mp4"),
    "no suffix": (lambda folder: folder / "clean", "no suffix. Give the output the suffix .mp4"),
}


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_that_cannot_be_is_named_before_any_work(tmp_path: Path, name: str) -> None:
    make, reason = TARGETS[name]
    (tmp_path / "sub").mkdir()
    source = make_clip(tmp_path / "film.mp4", Clip(seconds=1.0))
    content = source.read_bytes()
    target = make(tmp_path)
    there = sorted(tmp_path.rglob("*"))

    with pytest.raises(Failure, match=reason):
        render(source, target, EDITS)

    assert source.read_bytes() == content
    assert sorted(tmp_path.rglob("*")) == there


def stop(failure: BaseException) -> Callable[[float], None]:
    def progress(seconds: float) -> None:
        if seconds > 0.5:
            raise failure

    return progress


@pytest.mark.parametrize("failure", [KeyboardInterrupt(), Cancelled(), ValueError("a bug")], ids=repr)
@pytest.mark.parametrize("there", [None, b"the clean copy of yesterday"])
@pytest.mark.parametrize("edits", [EDITS, BOTH], ids=["sound", "both"])
def test_whatever_stops_the_work_the_target_is_as_before(
    tmp_path: Path, failure: BaseException, there: bytes | None, edits: tuple[Edit, ...]
) -> None:
    source, target = make_clip(tmp_path / "film.mp4", Clip(seconds=1.0)), tmp_path / "clean.mp4"
    if there:
        target.write_bytes(there)

    with pytest.raises(type(failure)):
        render(source, target, edits, RenderOptions(progress=stop(failure)))

    assert (target.read_bytes() if target.exists() else None) == there
    assert {path.name for path in tmp_path.iterdir()} <= {"film.mp4", "clean.mp4"}


@pytest.mark.parametrize("edits", [EDITS, BOTH], ids=["sound", "both"])
def test_a_stop_request_is_heard(tmp_path: Path, edits: tuple[Edit, ...]) -> None:
    token = CancelToken()

    def stop_soon(seconds: float) -> None:
        if seconds > 0.5:
            token.set()

    source, options = make_clip(tmp_path / "film.mp4"), RenderOptions(cancel=token, progress=stop_soon)
    with pytest.raises(Cancelled):
        render(source, tmp_path / "clean.mp4", edits, options)

    assert not (tmp_path / "clean.mp4").exists()


def test_a_copy_that_fails_its_check_does_not_take_the_name(tmp_path: Path) -> None:
    source, target = make_clip(tmp_path / "film.mp4", Clip(seconds=1.0)), tmp_path / "clean.mp4"
    target.write_bytes(b"the clean copy of yesterday")
    seen: list[int] = []

    def check(part: Path, report: RenderReport) -> None:
        seen.append(part.stat().st_size)
        raise ValueError(report.output.name)

    with pytest.raises(ValueError, match=r"clean\.mp4"):
        render(source, target, EDITS, RenderOptions(check=check))

    assert seen[0] > 1000
    assert target.read_bytes() == b"the clean copy of yesterday"
    assert len(list(tmp_path.iterdir())) == 2


def test_a_kill_leaves_no_target(tmp_path: Path) -> None:
    source, target = make_clip(tmp_path / "film.mkv", Clip(seconds=1.0)), tmp_path / "clean.mkv"
    script = """
        import os, signal, sys
        from pathlib import Path
        from tests.video_censor_personal.render.made import render
        from video_censor_personal.render.mux import RenderOptions
        from video_censor_personal.edits.values import SoundEdit

        def progress(seconds):
            if seconds > 0.5:
                os.kill(os.getpid(), signal.SIGKILL)

        edits = [SoundEdit(0.5, 0.8, "silence")]
        render(Path(sys.argv[1]), Path(sys.argv[2]), edits, RenderOptions(progress=progress))
    """

    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), str(source), str(target)], check=False
    )

    assert result.returncode == -9
    assert not target.exists()
    assert len(list(tmp_path.iterdir())) == 2

    assert render(source, target, EDITS).output == target
    assert {path.name for path in tmp_path.iterdir()} == {"film.mkv", "clean.mkv"}


def test_two_renders_of_one_target_do_not_disturb_each_other(tmp_path: Path) -> None:
    source, target = make_clip(tmp_path / "film.mkv", Clip(seconds=1.0)), tmp_path / "clean.mkv"
    inner: list[RenderReport] = []

    def check(part: Path, report: RenderReport) -> None:
        if not inner:
            inner.append(report)
            render(source, target, EDITS)
            assert part.exists()

    report = render(source, target, EDITS, RenderOptions(check=check))

    assert verify_render(source, target, EDITS, report) == []
    assert {path.name for path in tmp_path.iterdir()} == {"film.mkv", "clean.mkv"}


def test_a_long_name_is_no_obstacle(tmp_path: Path) -> None:
    target = tmp_path / ("é" * 120 + ".mkv")

    assert render(make_clip(tmp_path / "film.mkv", Clip(seconds=0.5)), target, ()).output.exists()


def test_a_file_that_grows_too_large_for_the_disk_is_a_full_disk(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "film.mkv", Clip(size=(640, 480), audio=(Track("pcm_s16le"),)))
    script = """
        import resource, sys
        from pathlib import Path
        from modeltasks.errors import Failure
        from tests.video_censor_personal.render.made import render

        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        try:
            render(Path(sys.argv[1]), Path(sys.argv[2]), ())
        except Failure as error:
            print(error.kind, "|", error)
    """

    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), str(source), str(tmp_path / "clean.mkv")],
        check=True,
        capture_output=True,
        text=True,
    )

    assert result.stdout.startswith("disk-full | ")
    assert "clean.mkv" in result.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["film.mkv"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "film.mp4", Clip(seconds=0.5))
    (tmp_path / "locked").mkdir(mode=0o500)

    with pytest.raises(Failure) as failure:
        render(source, tmp_path / "locked" / "clean.mp4", EDITS)

    assert failure.value.kind == "permission"


def test_a_ruined_track_is_a_failure(tmp_path: Path) -> None:
    source = damaged(make_clip(tmp_path / "a.mkv"), tmp_path / "film.mkv", "audio", 1, 999)

    with pytest.raises(Damaged):
        render(source, tmp_path / "clean.mkv", EDITS)

    assert not (tmp_path / "clean.mkv").exists()


def test_the_room_of_a_copy_is_given_back_though_the_library_has_it_open(tmp_path: Path) -> None:
    with suppress(RenderError), growing(tmp_path / "clean.mkv") as part:
        still_open = part.open("wb", buffering=0)
        still_open.write(bytes(2**20))
        raise RenderError("It cannot be written", "the disk is full", "Free some space")
    with still_open:
        assert os.fstat(still_open.fileno()).st_size == 0
    assert list(tmp_path.iterdir()) == []


def test_a_copy_that_has_its_name_keeps_its_content(tmp_path: Path) -> None:
    target = tmp_path / "clean.mkv"
    with suppress(Cancelled), growing(target) as part:
        part.write_bytes(b"a whole copy")
        part.replace(target)
        raise Cancelled
    assert target.read_bytes() == b"a whole copy"
