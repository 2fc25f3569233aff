from __future__ import annotations

import pytest

from video_censor_personal.captions.finding import Wanted, find
from video_censor_personal.captions.markup import Form, letters, masking, replaced
from video_censor_personal.edits.values import HiddenWord

FUCK = ("fuck", "*fuck*")
BITCH = ("son of a bitch", "son+ of a bitch")
ASS = ("dumb ass", "dumb ass")

MASKED: dict[str, tuple[tuple[str, str], str, str]] = {
    "a word, and not what has it in it": (("hell", "hell"), "Oh hell, hello shell!", "Oh ****, hello shell!"),
    "capitals": (FUCK, "WHAT THE FUCK?!", "WHAT THE ****?!"),
    "an ending": (FUCK, "You're fucking late.", "You're **** late."),
    "heard with an ending, written without": (("fucking", "*fuck*"), "Oh, fuck.", "Oh, ****."),
    "an ending that is not written": (("fucking", "*fuck*"), "fuckin' hell", "****' hell"),
    "an ending of the user's own word": (("blooper", "blooper"), "Two bloopers.", "Two ****."),
    "masked": (FUCK, "F**king f---, f\u2588\u2588k.", "**** ****, ****."),
    "masked by other letters": (("shit", "*shit*"), "sh!t, 5hit", "****, ****"),
    "as it was found, masked": (("f**k", ""), "What the f**k", "What the ****"),
    "drawn out": (("shit", "*shit*"), "Shiiiit!", "****!"),
    "accents and marks of their own": (FUCK, "f\u00fack fu\u0301ck f\u200buck", "**** **** ****"),
    "somebody's": (("bastard", "bastard+"), "The bastard's dog.", "The ****'s dog."),
    "elided": (("idiot", "idiot"), "Qu'idiot !", "Qu'**** !"),
    "a part of a compound": (FUCK, "abso-fucking-lutely", "abso-****-lutely"),
    "broken by a hyphen": (("motherfucker", "*fuck*"), "mother-\nfucker!", "****\n****!"),
    "a phrase": (BITCH, "You son of a bitch!", "You **** **** **** ****!"),
    "a phrase over a line break": (BITCH, "You son\nof a bitch!", "You ****\n**** **** ****!"),
    "the beginning of a phrase": (BITCH, "You son of", "You **** ****"),
    "the end of a phrase": (BITCH, "- a bitch, he is", "- **** ****, he is"),
    "no part of a phrase elsewhere": (BITCH, "A son of mine", "A son of mine"),
    "two words as one": (ASS, "Dumbass!", "****!"),
    "one word as two": (("dumbass", "dumbass"), "dumb ass", "**** ****"),
    "markup within": (FUCK, "The <i>f</i>uck<b>ing</b> dog", "The <i>****</i><b></b> dog"),
    "markup with the word in it": (FUCK, '<font face="fuck">fuck</font>', '<font face="fuck">****</font>'),
    "no markup, though it looks so": (FUCK, "<fuck> {fuck} a<b", "<****> {****} a<b"),
    "entities": (FUCK, "&lt;f&#117;ck&amp;co", "&lt;****&amp;co"),
    "a word that is not written": (("[bleep]", "bleep"), "the [bleep] bleep", "the [bleep] bleep"),
    "one letter that shows is in every word": (("f***", "re:fuck|f.{3}"), "a f, a fan", "a f, a fan"),
    "what a doubtful word was heard as": (("duck", "*fuck*"), "A duck, a fuck.", "A ****, a ****."),
    "another script": (("\u03bc\u03b1\u03bb", ""), "\u03a9 \u039c\u0391\u039b!", "\u03a9 ****!"),
}


@pytest.mark.parametrize("name", MASKED)
def test_a_word_is_found_in_any_spelling_and_nothing_else(name: str) -> None:
    (text, entry), written, expected = MASKED[name]
    assert masked(text, entry, written, "plain") == expected


STYLED: dict[str, tuple[Form, str, str]] = {
    "codes": ("ass", r"{\an8}You f{\b1}uck{\b0}\Nfuck\hyou", r"{\an8}You ****{\b1}{\b0}\N****\hyou"),
    "drawings": ("ass", r"{\p1}m 0 0 fuck{\p0}fuck", r"{\p1}m 0 0 fuck{\p0}****"),
    "no code of ASS": ("ass", r"<fuck> {\fnfuck}fuck", r"<****> {\fnfuck}****"),
    "lines": ("lines", "{y:i}You|fuck|off", "{y:i}You|****|off"),
}


@pytest.mark.parametrize("name", STYLED)
def test_styles_and_places_stay(name: str) -> None:
    form, written, expected = STYLED[name]
    assert masked("fuck", "*fuck*", written, form) == expected


def masked(text: str, entry: str, written: str, form: Form) -> str:
    wanted = Wanted.of(HiddenWord(0.0, 0.0, text, entry))
    seen = letters(written, form)
    return replaced(written, masking(seen, find(wanted, seen, "en") if wanted else (), "****"))
