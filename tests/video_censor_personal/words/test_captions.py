"""What subtitles say is spoken, and what in them only describes or decorates."""

# ruff: noqa: RUF001  # other letters are what this is about

from __future__ import annotations

import pytest

from video_censor_personal.words.captions import BLEEP, OATHS, spoken
from video_censor_personal.words.lexicon import assemble

SPOKEN = [
    ("<i>What</i> is\n{\\an8}this?", "What is this?"),
    ("f<b>uc</b>k", "fuck"),
    ("<00:00:01.200><c.x> hell</c>", "hell"),
    ("R&amp;B &lt;i&gt;now&lt;/i&gt;", "R*B now"),
    ("- Damn it.\n- No, you!", "Damn it. No, you!"),
    ("– Damn it.\n—No", "Damn it. No"),
    (">> MAN: Oh, hell.", "Oh, hell."),
    ("MAN 2: - Oh, hell.", "Oh, hell."),
    ("DICK: Hello.", "Hello."),
    ("ИВАН: Привет", "Привет"),
    ("It is 10:30 now: go", "It is 10:30 now: go"),
    ("[door slams] Hell no", "Hell no"),
    ("[Dick] Hell no", "Hell no"),
    ("(LAUGHS) You bastard", "You bastard"),
    ("(dick laughs)", ""),
    ("[laughs\nloudly] hell", "hell"),
    ("(quietly [to Bob]) hell", "hell"),
    ("（ドアの音） hell", "hell"),
    ("(Oh, shit.)", "Oh, shit."),
    ("♪ Damn the rain ♪", "Damn the rain"),
    ("# Damn the rain #", "Damn the rain"),
    ("♪♪", ""),
    ("#1 in line", "#1 in line"),
    ("* * *", ""),
    ("...", ""),
    ("mother-\nfucker", "mother-fucker"),
    ("What a [bleep] day", f"What a {BLEEP} day"),
    ("What a (expletive) day", f"What a {BLEEP} day"),
    ("[beeps]", BLEEP),
    ("(phone beeps)", ""),
    ("You [ __ ]", f"You {BLEEP}"),
    ("You **** fool", f"You {BLEEP} fool"),
    ("You #@$%!", f"You {BLEEP}"),
    ("[cursing in Spanish]", OATHS),
    ("(swears under breath)", OATHS),
    ("[swearing-in ceremony]", ""),
]


@pytest.mark.parametrize(("text", "said"), SPOKEN)
def test_only_what_is_said_is_left(text: str, said: str) -> None:
    assert spoken([text]) == [said]


def test_a_name_before_a_colon_shows_in_how_often_it_stands_there() -> None:
    texts = ["Dick: Hi.", "Damn: I forgot.", "- Dick: Oh no.\n- Well: yes."]
    assert spoken(texts) == ["Hi.", "Damn: I forgot.", "Oh no. Well: yes."]


MASKED = [
    "f***",
    "f**k",
    "Sh^t",
    "s%#t",
    "f••k",
    "sh█t",
    "f---",
    "f--k",
    "fu*king",
    "d@mn",
    "b!tch",
    "a$$",
    "sh×t",
]


@pytest.mark.parametrize("word", MASKED)
def test_a_masked_word_is_found(word: str) -> None:
    lexicon = assemble(("mild", "strong", "slur"), (), None, ())
    (said,) = spoken([f"You {word}, come here!"])
    assert [match.first for match in lexicon.find(said.split())] == [1]


@pytest.mark.parametrize("text", ["AT&T", "50% of it", "R&B", "B&B", "Q&A", "I... I don't", "It's 5°C"])
def test_signs_make_no_masked_word(text: str) -> None:
    lexicon = assemble(("mild", "strong", "slur"), (), None, ())
    assert list(lexicon.find(spoken([text])[0].split())) == []
