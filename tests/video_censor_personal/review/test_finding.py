"""Which results are meant by what was named, and which film each is of."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from modeltasks.errors import Failure
from tests.video_censor_personal.review.page import film, finder, found, looks_at_files, page, results_of
from video_censor_personal.media.notes import fingerprint


def test_results_and_films_mean_the_same(tmp_path: Path) -> None:
    shown = film(tmp_path / "film.mp4")
    results = results_of(shown, found(0.2, 0.5))
    for named in ([results], [shown], [tmp_path], [shown, results, tmp_path]):
        (place,) = finder(tmp_path).named(named)
        assert (place.results, place.film, place.version.copy) == (
            results,
            shown,
            tmp_path / "film.clean.mp4",
        )
        assert place.command.endswith(f" {shown}")


def test_results_with_another_name_have_a_command_of_their_own(tmp_path: Path) -> None:
    shown = film(tmp_path / "film.mp4")
    results = results_of(shown, found(0.2, 0.5), path=tmp_path / "mine.json")
    (place,) = finder(tmp_path).named([results])
    assert (place.film, place.version.copy) == (shown, tmp_path / "film.clean.mp4")
    words = [
        "--input",
        str(shown),
        "--input-segments",
        str(results),
        "--output-video",
        str(place.version.copy),
    ]
    assert place.command.split()[-6:] == words
    assert finder(tmp_path).place(results, shown, tmp_path / "x.mkv").version.copy == tmp_path / "x.mkv"


def test_the_film_is_found_beside_in_the_library_or_by_its_content(tmp_path: Path) -> None:
    shown = film(tmp_path / "films" / "film.mp4")
    away = tmp_path / "clean" / "film.results.json"
    away.parent.mkdir()
    results_of(shown, found(0.2, 0.5), path=away)
    assert finder(tmp_path).named([away])[0].film is None

    library = {"films": [str(tmp_path / "films" / "*.mp4")], "output_dir": str(tmp_path / "clean")}
    in_library = finder(tmp_path, library=library)
    for named in ([away], [shown], []):
        (place,) = in_library.named(named)
        assert (place.film, place.results) == (shown, away)
        assert place.version.copy == tmp_path / "clean" / "film.clean.mp4"
        assert f"copy:{place.name}" in place.command

    noted = finder(tmp_path)
    digest = json.loads(away.read_text())["metadata"]["fingerprint"]
    noted.session.places.note(digest, "", shown, away)
    assert noted.named([away])[0].film == shown

    beside = Path(shutil.copy2(shown, away.parent))
    assert noted.named([away])[0].film == beside


@pytest.mark.parametrize(
    ("named", "is_theirs"), [("film.results.json", True), ("gone.results.json", False), ("backup.json", True)]
)
def test_a_film_with_the_same_content_and_results_of_its_own_is_not_the_film_of_others(
    tmp_path: Path, named: str, is_theirs: bool
) -> None:
    shown = film(tmp_path / "here" / "film.mp4")
    own = results_of(shown, found(0.2, 0.5))
    gone = Path(shutil.copy2(shown, tmp_path / "gone.mp4"))
    other = results_of(gone, found(0.2, 0.5))
    shutil.copy(own, tmp_path / "backup.json")
    looking = finder(tmp_path)
    digest = json.loads(own.read_text())["metadata"]["fingerprint"]
    for each, results in ((shown, own), (gone, other)):
        looking.session.places.note(digest, "", each, results)
    gone.unlink()
    (place,) = looking.named([own if named == own.name else tmp_path / named])
    assert place.film == (shown if is_theirs else None)


def test_the_copy_of_results_is_where_it_was_made(tmp_path: Path) -> None:
    shown = film(tmp_path / "film.mp4")
    results = results_of(shown, found(0.2, 0.5), path=tmp_path / "mine.json")
    looking = finder(tmp_path)
    digest = fingerprint(shown, looking.session.folder)
    copy = Path(shutil.copy(shown, tmp_path / "mine.mp4"))
    looking.session.places.note_copy(digest, "", results, copy)
    assert looking.named([results])[0].version.copy == copy
    copy.unlink()
    assert looking.named([results])[0].version.copy == tmp_path / "film.clean.mp4"


def looks_at_each(folder: Path, count: int, what: str) -> float:
    """Return how often each film of a library is looked at when all are named, as results or as films."""
    shown = film(folder / "films" / "film00.mp4")
    named = [results_of(shown, found(0.2, 0.5), path=folder / "clean" / "film00.results.json")]
    for number in range(1, count):
        shutil.copy2(shown, shown.with_stem(f"film{number:02}"))
        named.append(Path(shutil.copy(named[0], named[0].with_name(f"film{number:02}.results.json"))))
    if what == "films":
        named = sorted(shown.parent.iterdir())
    library = {"films": [str(shown.with_stem("*"))], "output_dir": str(folder / "clean")}
    made = finder(folder, library=library)
    assert len(made.named([])) == count
    return looks_at_files(lambda: made.named(named)) / count


@pytest.mark.parametrize("what", ["results", "films"])
def test_a_film_is_looked_at_as_often_however_many_others_there_are(what: str, tmp_path: Path) -> None:
    few, many = (looks_at_each(tmp_path / str(count), count, what) for count in (10, 60))
    assert many < 1.2 * few


def test_profiles_are_versions_of_one_film(tmp_path: Path) -> None:
    shown = film(tmp_path / "film.mp4")
    library = {
        "films": [str(tmp_path / "*.mp4")],
        "results": "{stem}.{profile}.json",
        "copy": "{stem}.{profile}{suffix}",
        "profiles": {"mild": {}, "strict": {}},
    }
    for name in ("mild", "strict"):
        results_of(shown, found(0.2, 0.5), path=tmp_path / f"film.{name}.json")
    for named in ([], [shown], [tmp_path]):
        places = finder(tmp_path, library=library).named(named)
        assert [place.version.profile for place in places] == ["mild", "strict"]
        assert [place.version.copy for place in places] == [
            tmp_path / "film.mild.mp4",
            tmp_path / "film.strict.mp4",
        ]


def test_a_library_shows_films_that_were_not_looked_at(tmp_path: Path) -> None:
    film(tmp_path / "film.mp4")
    (place,) = finder(tmp_path, library={"films": [str(tmp_path / "*.mp4")]}).named([])
    assert not place.results.exists()


def test_hidden_folders_and_other_files_are_no_results(tmp_path: Path) -> None:
    shown = film(tmp_path / "film.mp4")
    results = results_of(shown, found(0.2, 0.5))
    for path in (
        tmp_path / ".trash" / results.name,
        tmp_path / "other" / "x.results.json",
        tmp_path / "x.json",
    ):
        path.parent.mkdir(exist_ok=True)
        shutil.copy(results, path)
    (tmp_path / "other" / "x.results.json").write_text("{}")
    assert [place.results for place in finder(tmp_path).named([tmp_path])] == [results]


@pytest.mark.parametrize("config", [{}, {"library": {"films": ["FOLDER/*.mp4"]}}], ids=["none", "library"])
def test_damaged_results_in_a_folder_are_shown_too(config: dict[str, Any], tmp_path: Path) -> None:
    config = json.loads(json.dumps(config).replace("FOLDER", str(tmp_path)))
    whole, damaged, empty = (results_of(film(tmp_path / f"{name}.mp4"), found(0.2, 0.5)) for name in "abc")
    damaged.write_text(damaged.read_text()[:-10])
    empty.write_text("")
    alone = tmp_path / "other" / "d.results.json"
    alone.parent.mkdir()
    shutil.copy(damaged, alone)
    with page(finder(tmp_path, **config), tmp_path) as opened:
        told = {each["results"]: each for each in opened.json("/api/films")["films"]}
        assert list(told) == [str(whole), str(damaged), str(empty), str(alone)]
        assert told[str(whole)]["problem"] is None
        paths = [each["path"] for each in told.values()]
        assert paths == [*(str(tmp_path / f"{name}.mp4") for name in "abc"), None]
        for each in (damaged, alone):
            assert f"{each} is not valid JSON" in told[str(each)]["problem"]["what"]
        assert f"{empty} is not a results file" in told[str(empty)]["problem"]["what"]


@pytest.mark.parametrize("name", ["{stem} [found].json", "{stem}*.json", "{stem}{stem}?.json"])
def test_results_are_found_under_a_name_that_looks_like_a_pattern(name: str, tmp_path: Path) -> None:
    shown = film(tmp_path / "film.mp4")
    results = results_of(shown, found(0.2, 0.5), path=tmp_path / name.format(stem="film"))
    library = {"films": [str(tmp_path / "*.mp4")], "results": name}
    assert [each.results for each in finder(tmp_path, library=library).named([tmp_path])] == [results]
    results.unlink()
    with pytest.raises(Failure) as failure:
        finder(tmp_path, library=library).named([tmp_path])
    told = name.replace("{stem}{stem}", "*").replace("{stem}*", "*").replace("{stem}", "*")
    assert f"({', '.join(sorted([told, 'results.json']))})" in failure.value.why


def test_what_cannot_be_looked_through_is_told_with_what_to_do(tmp_path: Path) -> None:
    shown = film(tmp_path / "film.mp4")
    (tmp_path / "empty").mkdir()
    (tmp_path / "list.json").write_text("[]")
    expected: list[tuple[list[Path], dict[str, Any], str]] = [
        ([shown], {}, f"--edit {shown}"),
        ([tmp_path / "nowhere.mp4"], {}, "Check the path"),
        ([tmp_path / "nowhere.json"], {}, "Check"),
        ([tmp_path / "list.json"], {}, ""),
        ([tmp_path / "empty"], {}, "--edit FILM"),
        ([], {}, "review film.results.json"),
        ([], {"library": {"films": [str(tmp_path / "*.webm")]}}, "library.films"),
    ]
    for named, config, fix in expected:
        with pytest.raises(Failure) as failure:
            finder(tmp_path, **config).named(named)
        assert fix in failure.value.fix


def test_a_clean_copy_is_no_film(tmp_path: Path) -> None:
    copy = film(tmp_path / "film.clean.mp4")
    made = finder(tmp_path)
    made.session.copier()._sign(copy)
    with pytest.raises(Failure, match="clean copy"):
        made.named([copy])
