from __future__ import annotations

from pathlib import Path

import pytest

from video_censor_personal.errors import DetectorError
from video_censor_personal.words.endings import forms
from video_censor_personal.words.lexicon import (
    ALLOW,
    WORDS,
    Lexicon,
    assemble,
    bare_words,
    parse_entry,
    read_list,
)

DEFAULT = ("mild", "strong", "slur")


def lexicon(
    words: tuple[str, ...] = (),
    allow: tuple[str, ...] = (),
    tiers: tuple[str, ...] = DEFAULT,
    word_file: Path | None = None,
) -> Lexicon:
    return assemble(tiers, words, word_file, allow)


def found(said: str, using: Lexicon | None = None) -> list[str]:
    """The spoken words that count, as they stand in the transcript."""
    texts = said.split()
    return [" ".join(texts[match.first : match.last + 1]) for match in (using or lexicon()).find(texts)]


@pytest.mark.parametrize(
    ("said", "counted"),
    [
        ("Damn!", ["Damn!"]),
        ("you're damned, DAMNING evidence", ["damned,", "DAMNING"]),
        (
            "fucking fucker fucked, fuckin' motherfuckers",
            ["fucking", "fucker", "fucked,", "fuckin'", "motherfuckers"],
        ),
        ("shitting shitty bullshitters", ["shitting", "shitty", "bullshitters"]),
        ("You son of a bitch.", ["son of a bitch."]),
        ("you sons of bitches", ["sons of bitches"]),
        ("that bitch", ["bitch"]),
        ("a dumb-ass idea", ["dumb-ass"]),
        ("a half -assed idea", ["half -assed"]),
        ("son-of-a-bitch", ["son-of-a-bitch"]),
        ("the bastard\u2019s hat", ["bastard\u2019s"]),
        ("“hell”", ["“hell”"]),
        ("goddamnit, God damn it", ["goddamnit,", "God damn it"]),
        ("f*** f**k sh*t b****es a**hole", ["f***", "f**k", "sh*t", "b****es", "a**hole"]),
        ("he said the F-word", ["F-word"]),
        ("bloody nose, bloody hell", ["bloody hell"]),
        ("kick ass hole", ["kick ass", "ass hole"]),
    ],
)
def test_what_counts(said: str, counted: list[str]) -> None:
    assert found(said) == counted


@pytest.mark.parametrize(
    "said",
    [
        "hello class, the assassin from Scunthorpe passed the grass",
        "she sells sea shells by the seashore with Michelle and Shelley",
        "Emily Dickinson and Charles Dickens drank a cocktail with Hancock in the cockpit",
        "assess the assets, assume the assignment, embarrass the ambassador of Massachusetts",
        "Moby Dick, Dick Van Dyke and Philip K. Dick",
        "the dam is closed, dammed for good",
        "tit for tat, a great tit, the constitution of Essex",
        "a magna cum laude document about cucumbers",
        "shiitake mushrooms and a mishit ball",
        "Hell's Kitchen and the Hells Angels",
        "spick and span, a Maine coon, honky-tonk",
        "a pussy willow and pussycats",
        "5 * 3 is * not * a *laughs* swear",
        "**** ***",
        "",
    ],
)
def test_what_does_not_count(said: str) -> None:
    assert found(said) == []


def test_an_innocent_phrase_does_not_protect_the_word_elsewhere() -> None:
    assert found("Moby Dick was written by a dick") == ["dick"]


@pytest.mark.parametrize(
    ("tiers", "counted"),
    [
        (("mild",), ["damn"]),
        (("strong",), ["shit"]),
        (("religious", "mild"), ["damn", "Jesus Christ"]),
        ((), []),
    ],
)
def test_tiers_choose(tiers: tuple[str, ...], counted: list[str]) -> None:
    assert found("damn shit Jesus Christ", lexicon(tiers=tiers)) == counted


@pytest.mark.parametrize(
    ("words", "said", "counted"),
    [
        (("frick+",), "fricking frick, frickle", ["fricking", "frick,"]),
        (("hijo de puta",), "¡Hijo de puta!", ["¡Hijo de puta!"]),
        (("*ass*",), "lass dumbassery class assassin", ["dumbassery"]),
        (("re: da+ng",), "daaaang dang danger", ["daaaang", "dang"]),
        (("cocktail",), "a cocktail", ["cocktail"]),
        (("Käse",), "KÄSE", ["KÄSE"]),
    ],
)
def test_words_of_the_user(words: tuple[str, ...], said: str, counted: list[str]) -> None:
    assert found(said, lexicon(words=words)) == counted


@pytest.mark.parametrize(
    ("allow", "said", "counted"),
    [
        (("hell",), "hell no, bloody hell, damn", ["bloody hell,", "damn"]),
        (("what the hell",), "What the hell is hell", ["hell"]),
        (("damn+",), "damned damn", []),
        (("*fuck*",), "fucking", []),
    ],
)
def test_the_users_allow_list(allow: tuple[str, ...], said: str, counted: list[str]) -> None:
    assert found(said, lexicon(allow=allow)) == counted


def test_a_word_file_adds_sections_and_pardons(tmp_path: Path) -> None:
    own = tmp_path / "own.txt"
    own.write_text(
        "# mine\nfrick+   # always\n[religious]\ngosh\n[strong]\nzounds\n[allow]\nhell\n", encoding="utf-8"
    )
    assert found("fricking gosh zounds hell damn", lexicon(word_file=own)) == ["fricking", "zounds", "damn"]


def test_an_edit_of_a_word_file_counts_at_once(tmp_path: Path) -> None:
    own = tmp_path / "own.txt"
    for word in ("gosh", "golly"):
        own.write_text(word, encoding="utf-8")
        assert found("gosh golly", lexicon(word_file=own)) == [word]


@pytest.mark.parametrize(
    ("content", "place"), [("ok\n[wild]\n", ":2"), ("ok\n\nre: (\n", ":3"), ("+\n", ":1"), ("a ** b\n", ":1")]
)
def test_a_bad_line_is_named(tmp_path: Path, content: str, place: str) -> None:
    own = tmp_path / "own.txt"
    own.write_text(content, encoding="utf-8")
    with pytest.raises(DetectorError, match=f"own.txt{place}"):
        read_list(own)


def test_a_list_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "latin.txt").write_bytes(b"\xe4rger\n")
    for name, why in (("latin.txt", "UTF-8"), ("none.txt", "No such file")):
        with pytest.raises(DetectorError, match=why):
            read_list(tmp_path / name)


@pytest.mark.parametrize(
    ("stem", "some", "none"),
    [
        ("damn", {"damn", "damns", "damned", "damning"}, {"damnned", "dam"}),
        ("shit", {"shits", "shitting", "shitty"}, {"shiting"}),
        ("bitch", {"bitches", "bitching", "bitchy"}, {"bitchs"}),
        ("whore", {"whores", "whoring", "whored"}, {"whoreing"}),
        ("bullshit", {"bullshitting"}, set()),
        ("bugger", {"buggered", "buggering"}, set()),
    ],
)
def test_usual_endings(stem: str, some: set[str], none: set[str]) -> None:
    assert some <= forms(stem)
    assert not none & forms(stem)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Son-of-a-bitch!", ["son", "of", "a", "bitch"]),
        ("class's", ["class"]),
        ("rock\u2019n\u2019roll", ["rock'n'roll"]),
        ("...", []),
        ("F***,", ["f***"]),
        ("ＤＡＭＮ", ["damn"]),  # noqa: RUF001  # full width, as some subtitles have it
    ],
)
def test_words_are_compared_bare(text: str, words: list[str]) -> None:
    assert bare_words(text) == words


def test_a_match_tells_its_words_its_entry_and_its_tier() -> None:
    (match,) = lexicon().find(["you", "son", "of", "a", "bitch"])
    assert (match.first, match.last, match.entry, match.tier) == (1, 4, "son of a bitch", "strong")


BUILT_IN_ENTRIES = read_list(WORDS / "en.txt")


def test_no_line_of_the_built_in_list_is_there_twice_or_without_effect() -> None:
    texts = [one.text for one in BUILT_IN_ENTRIES]
    doubled = {text for text in texts if texts.count(text) > 1}
    assert doubled == set()
    everything = assemble(("religious", *DEFAULT), (), None, ())
    for one in BUILT_IN_ENTRIES:
        if one.tier != ALLOW and one.exact:
            assert found(one.text, everything) == [one.text], f"{one.text} is not found"


def test_every_innocent_word_on_the_list_is_let_through() -> None:
    wild = lexicon(
        words=("*ass*", "*hell*", "*cock*", "*tit*", "*cum*", "*shit*", "*dick*", "*coon*", "*spic*")
    )
    for one in BUILT_IN_ENTRIES:
        if one.tier == ALLOW and "*" not in one.text:
            assert found(one.text, wild) == [], f"{one.text} is caught"


def test_an_entry_needs_letters() -> None:
    with pytest.raises(DetectorError, match="needs letters"):
        parse_entry("-", "custom")
