"""Names of films: short, plain, and the same tomorrow."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from video_censor_personal.library.discover import FoundFilm
from video_censor_personal.library.names import LONGEST, film_names, slug_of

ROOT = Path("/films")
SAFE = re.compile(r"[a-z0-9][a-z0-9-]*-[0-9a-f]{4,16}\Z")


def films(*below: str, root: Path = ROOT) -> list[FoundFilm]:
    return [FoundFilm(root / each, root) for each in below]


@pytest.mark.parametrize(
    ("stem", "slug"),
    [
        ("Alien", "alien"),
        ("Die Blechtrommel (1979)", "die-blechtrommel-1979"),
        ("Das Mädchen mit den Schwefelhölzern", "das-maedchen-mit-den-schwefelhoelzern"),
        ("A\u0308rger", "aerger"),  # as macOS writes it
        ("Straße", "strasse"),
        ("Amélie", "amelie"),
        ("Smørrebrød på Ærø", "smorrebrod-pa-aero"),
        ("Łódź", "lodz"),
        ("\u0130stanbul I\u015f\u0131k", "istanbul-isik"),
        ("Ocean's 11", "oceans-11"),
        ("Ocean\u2019s 11", "oceans-11"),
        ("\ufb01lm \uff12", "film-2"),
        ("七人の侍", "film"),
        ("Солярис", "film"),
        ("七人の侍 (1954)", "1954"),
        ("-rf *", "rf"),
        ("a:b=c\n\x1b[31m\u202e", "a-b-c-31m"),
        ("bad \udcff bytes", "bad-bytes"),
        ("___", "film"),
    ],
)
def test_what_is_called(stem: str, slug: str) -> None:
    assert slug_of(stem) == slug


@pytest.mark.parametrize(
    "name",
    [
        "Alien.mkv",
        "x" * 200 + ".mkv",
        "-n 4.mkv",
        "a=b:c*d?[e].mkv",
        "七人の侍.mkv",
        "\x1b[2J\n.mkv",
        "\udcff.mkv",
        "a - " * 20 + ".mkv",
        "x" * 34 + " 2.mkv",
        "noext",
        "%s {x} $HOME `id`.mkv",
    ],
)
def test_a_name_is_short_and_safe_for_terminals_and_doit(name: str) -> None:
    (found,) = film_names(films(name))
    assert SAFE.match(found), found
    assert len(found) <= LONGEST
    assert "--" not in found


def test_a_name_does_not_depend_on_other_films() -> None:
    shelf = films(*(f"{folder}/Part {number}.mkv" for folder in "abcde" for number in range(40)))
    whole = dict(zip(shelf, film_names(shelf), strict=True))
    assert len(set(whole.values())) == len(shelf)
    for seed in range(5):
        some = random.Random(seed).sample(shelf, 60)
        assert film_names(some) == tuple(whole[film] for film in some)


def test_a_name_does_not_depend_on_where_the_shelf_stands() -> None:
    assert film_names(films("x/Alien.mkv")) == film_names(films("x/Alien.mkv", root=Path("/mnt/nas")))


def test_a_name_is_the_same_however_the_disk_writes_accents() -> None:
    assert film_names(films("Am\u00e9lie/Am\u00e9lie.mkv")) == film_names(
        films("Ame\u0301lie/Ame\u0301lie.mkv")
    )


def test_films_of_one_name_in_several_folders_differ() -> None:
    found = film_names(films("a/Alien.mkv", "b/Alien.mkv", "a/Alien.mp4"))
    assert len(set(found)) == 3
    assert all(name.startswith("alien-") and len(name) == len("alien-") + 4 for name in found)


def clashing() -> list[FoundFilm]:
    """Two films of one name whose digests begin alike, and another."""
    seen: dict[str, FoundFilm] = {}
    for number in range(100_000):
        (film,) = films(f"{number}/Alien.mkv")
        (name,) = film_names([film])
        if name in seen:
            return [seen[name], film, *films("Dune.mkv")]
        seen[name] = film
    raise AssertionError("no two digests are alike")


def test_a_clash_makes_two_names_longer_and_no_other() -> None:
    one, other, third = clashing()
    long_one, long_other, dune = film_names([one, other, third])
    (short,) = film_names([one])
    assert long_one != long_other
    assert {len(long_one), len(long_other)} == {len(short) + 2}
    assert long_one.startswith(short)
    assert (dune,) == film_names([third])
    assert film_names([other, third, one]) == (long_other, dune, long_one)


def test_the_same_place_on_two_shelves_is_told_by_the_whole_path() -> None:
    (one,), (other,) = films("Alien.mkv", root=Path("/a")), films("Alien.mkv", root=Path("/b"))
    found = film_names([one, other])
    assert len(set(found)) == 2
    assert all(SAFE.match(name) and len(name) <= LONGEST for name in found)
    assert film_names([other, one]) == found[::-1]


def test_no_films_have_no_names() -> None:
    assert film_names([]) == ()
