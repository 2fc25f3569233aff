from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest

from modeltasks.support.cancel import Cancelled
from tests.video_censor_personal.analysis.bench import LIGHT, SOUND, Bench, StopAt
from tests.video_censor_personal.analysis.small_detectors import Brightness, Loudness
from video_censor_personal.detectors.installed_model import InstalledModel
from video_censor_personal.errors import DetectorError
from video_censor_personal.media.errors import MediaError, NotFound


@pytest.mark.parametrize("where", ["open", "observe"])
def test_a_detector_that_fails_fails_the_analysis_and_runs_again(
    bench: Bench, clips: Path, where: str
) -> None:
    fault = bench.model("eye") / "fault"
    fault.write_text(where)
    with pytest.raises(DetectorError, match=f"The detector light failed: RuntimeError: broke in {where}"):
        bench.run(clips / "film.mkv")
    assert bench.notes("eye")[-1] == "close"
    bench.notes("ear")
    fault.unlink()
    result = bench.run(clips / "film.mkv")
    assert result.observed == ("light",), "what the other one heard was kept"
    assert bench.opened() == {"eye"}


def test_a_detector_that_cannot_be_closed_is_named(bench: Bench, clips: Path) -> None:
    (bench.model("eye") / "fault").write_text("close")
    with pytest.raises(DetectorError, match="The detector light failed: RuntimeError: broke in close"):
        bench.run(clips / "film.mkv", LIGHT)


def test_a_score_that_is_no_number_fails_the_analysis(bench: Bench, clips: Path) -> None:
    (bench.model("eye") / "nan").touch()
    with pytest.raises(DetectorError, match="is no observation"):
        bench.run(clips / "film.mkv", LIGHT)


def test_a_rule_that_fails_fails_the_analysis(bench: Bench, clips: Path) -> None:
    with pytest.raises(DetectorError, match="The detector sound failed: RuntimeError: broke in decide"):
        bench.run(clips / "film.mkv", replace(SOUND, categories=("Broken",)))


def test_a_detector_whose_runtime_is_not_installed_fails_the_analysis(bench: Bench, clips: Path) -> None:
    class Absent(Brightness):
        def open(self, model: InstalledModel | None) -> None:
            super().open(model)
            import_module("no_such_runtime")

    with pytest.raises(DetectorError, match="ModuleNotFoundError"):
        bench.run(clips / "film.mkv", replace(LIGHT, kind=Absent))


def test_without_sound_nothing_is_heard_and_each_run_warns(bench: Bench, clips: Path) -> None:
    for _ in range(2):
        result = bench.run(clips / "silent.mkv", SOUND)
        assert result.segments == ()
        assert result.warnings == ("sound: the video has no sound, so nothing was listened to",)
    assert bench.opened() == set(), "no model is opened for it"


def test_a_film_that_goes_away_between_two_detectors_is_named(
    bench: Bench, clips: Path, tmp_path: Path
) -> None:
    """Not the folder in which the observations are kept: nothing is wrong with that."""
    film = tmp_path / "film.mkv"
    film.write_bytes((clips / "film.mkv").read_bytes())

    class Removing(Loudness):
        def close(self) -> None:
            super().close()
            film.unlink()

    with pytest.raises(NotFound, match=r"film\.mkv"):
        bench.run(film, replace(SOUND, kind=Removing), LIGHT)


@pytest.mark.parametrize("content", [None, b"", b"no video at all" * 100])
def test_what_is_no_video_is_named(bench: Bench, tmp_path: Path, content: bytes | None) -> None:
    video = tmp_path / "x.mkv"
    if content is not None:
        video.write_bytes(content)
    with pytest.raises(MediaError, match=r"x\.mkv"):
        bench.run(video)
    assert bench.opened() == set()


@pytest.mark.parametrize(("label", "left"), [("sound", {"eye", "ear"}), ("light", {"eye"})])
def test_a_stop_keeps_what_was_complete(bench: Bench, clips: Path, label: str, left: set[str]) -> None:
    bench.progress = StopAt(bench.cancel, label)
    with pytest.raises(Cancelled):
        bench.run(clips / "film.mkv")
    bench.opened()
    again = Bench(bench.folder)
    again.run(clips / "film.mkv")
    assert again.opened() == left
    assert not list((bench.folder / "cache" / "observations").glob(".*")), "no draft is left"
