"""A model is loaded once for many films, and again where anything that it depends on is another."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from modeltasks.report.progress import NoProgress
from modeltasks.support.cancel import CancelToken
from tests.video_censor_personal.analysis.bench import LIGHT, SOUND, Bench
from tests.video_censor_personal.analysis.small_detectors import Brightness
from video_censor_personal.analysis import EnabledDetector, InstalledModel
from video_censor_personal.analysis.assignment import assign
from video_censor_personal.analysis.observation_store import ObservationStore, Observed
from video_censor_personal.analysis.observing import RunContext, observe
from video_censor_personal.analysis.open_detectors import OpenDetectors
from video_censor_personal.detectors.scripted import ScriptedDetector
from video_censor_personal.errors import DetectorError
from video_censor_personal.findings.tracks import SoundTrack
from video_censor_personal.machine import share_cores
from video_censor_personal.media.probe import Film


class Shelf:
    """Films, all with the same content, which one process observes."""

    def __init__(self, bench: Bench, clips: Path, detectors: OpenDetectors | None) -> None:
        self.bench = bench
        self.clip = clips / "film.mkv"
        self.detectors = detectors
        self.films = 0

    def observe(self, *enabled: EnabledDetector) -> list[Observed]:
        """Observe one film more."""
        self.films += 1
        tracks = (SoundTrack(1),)
        found = [
            each for one in enabled for each in assign(one, f"film {self.films}", tracks, 0.5, self.model)
        ]
        context = RunContext(Film(self.clip), NoProgress(), CancelToken(), self.detectors)
        return list(observe(context, found, ObservationStore(self.bench.folder / "seen")).values())

    def model(self, name: str) -> InstalledModel:
        return InstalledModel(self.bench.model(name), (), self.bench.digests[name])

    def notes(self, name: str) -> list[str]:
        """How often a detector was opened and closed since the last time."""
        return [note for note in self.bench.notes(name) if note in ("open", "close")]


@pytest.fixture
def shelf(bench: Bench, clips: Path) -> Shelf:
    return Shelf(bench, clips, OpenDetectors())


def test_a_model_is_opened_once_for_many_films(shelf: Shelf) -> None:
    first, *others = [shelf.observe(LIGHT, SOUND) for _ in range(3)]
    assert shelf.notes("eye") == ["open"]
    assert shelf.notes("ear") == ["open"]
    assert all(first)
    assert others == [first, first]


def test_without_a_keeper_it_is_opened_for_each_film(bench: Bench, clips: Path) -> None:
    shelf = Shelf(bench, clips, None)
    shelf.observe(LIGHT)
    shelf.observe(LIGHT)
    assert shelf.notes("eye") == ["open", "close"] * 2


def test_closing_closes_all_of_them(shelf: Shelf) -> None:
    shelf.observe(LIGHT, SOUND)
    assert shelf.detectors is not None
    shelf.detectors.close()
    assert shelf.notes("eye") == shelf.notes("ear") == ["open", "close"]
    shelf.observe(LIGHT)
    assert shelf.notes("eye") == ["open"]


def with_gain(gain: float) -> EnabledDetector:
    return replace(LIGHT, parameters={"gain": gain})


def test_a_rule_needs_no_other_detector(shelf: Shelf) -> None:
    shelf.observe(LIGHT)
    shelf.observe(replace(LIGHT, name="dark", parameters={"threshold": 0.9, "gain": 1}))
    assert shelf.notes("eye") == ["open"]


def test_what_it_infers_by_needs_another_detector(shelf: Shelf) -> None:
    full, half = shelf.observe(LIGHT), shelf.observe(with_gain(0.5))
    assert shelf.notes("eye") == ["open", "close", "open"]
    brightest = [max(seen.score for seen in each[0].observations) for each in (full, half)]
    assert brightest[1] == pytest.approx(brightest[0] / 2)


def test_another_share_of_the_cores_needs_another_detector(shelf: Shelf) -> None:
    try:
        for cores in (3, 3, 1):
            share_cores(cores)
            shelf.observe(LIGHT)
    finally:
        share_cores(None)
    assert shelf.notes("eye") == ["open", "close", "open"]


def test_another_model_of_that_name_is_opened(shelf: Shelf) -> None:
    shelf.observe(LIGHT)
    shelf.bench.digests["eye"] = "e2"
    shelf.observe(LIGHT)
    assert shelf.notes("eye") == ["open", "close", "open"]


def test_another_type_is_another_detector(shelf: Shelf) -> None:
    class Other(Brightness):
        type_name = "other"

    shelf.observe(LIGHT)
    shelf.observe(replace(LIGHT, kind=Other))
    assert shelf.notes("eye") == ["open", "close", "open"]


def test_an_edited_file_is_read_again(shelf: Shelf, tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    found = []
    for start in (0.5, 1.5):
        script.write_text(json.dumps([{"start": start, "label": "Nudity"}]))
        (seen,) = shelf.observe(
            EnabledDetector("scripted", ScriptedDetector, parameters={"script": str(script)})
        )
        found += [each.start for each in seen.observations]
    assert found == [0.5, 1.5]


def test_those_that_a_film_does_not_need_are_closed_when_it_needs_others(shelf: Shelf) -> None:
    shelf.observe(LIGHT, SOUND)
    shelf.observe(LIGHT)
    assert shelf.notes("ear") == ["open"], "nothing else had to be opened"
    shelf.observe(with_gain(0.5), replace(SOUND, name="other"))
    assert shelf.notes("eye") == ["open", "close", "open"]
    assert shelf.notes("ear") == []
    shelf.observe(LIGHT)
    assert shelf.notes("ear") == ["close"]


@pytest.mark.parametrize("where", ["open", "observe"])
def test_a_detector_that_failed_is_closed_and_not_used_again(shelf: Shelf, where: str) -> None:
    fault = shelf.bench.model("eye") / "fault"
    fault.write_text(where)
    with pytest.raises(DetectorError, match=f"The detector light failed: RuntimeError: broke in {where}"):
        shelf.observe(LIGHT)
    fault.unlink()
    assert all(shelf.observe(LIGHT))
    assert shelf.notes("eye") == ["open", "close", "open"]


def test_one_that_cannot_be_closed_costs_no_film(shelf: Shelf, caplog: pytest.LogCaptureFixture) -> None:
    shelf.observe(LIGHT)
    (shelf.bench.model("eye") / "fault").write_text("close")
    assert all(shelf.observe(with_gain(0.5)))
    assert "broke in close" in caplog.text
