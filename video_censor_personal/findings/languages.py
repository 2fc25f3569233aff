"""Tags of languages: one code for a language, however a file or a person writes it."""

from __future__ import annotations

import re

AUTO = "auto"
"""Said in place of a language: the one that is spoken."""

_CODES = (
    "aa aar | ab abk | ae ave | af afr | ak aka | am amh | an arg | ar ara arb | as asm | av ava | ay aym "
    "| az aze azj | ba bak | be bel | bg bul | bi bis | bm bam | bn ben | bo bod tib | br bre | bs bos | "
    "ca cat | ce che | ch cha | co cos | cr cre | cs ces cze | cu chu | cv chv | cy cym wel | da dan | de "
    "deu ger | dv div | dz dzo | ee ewe | el ell gre | en eng | eo epo | es spa | et est ekk | eu eus baq "
    "| fa fas per pes | ff ful | fi fin | fj fij | fo fao | fr fra fre | fy fry | ga gle | gd gla | gl glg "
    "| gn grn | gu guj | gv glv | ha hau | he heb iw | hi hin | ho hmo | hr hrv scr | ht hat | hu hun | hy "
    "hye arm | hz her | ia ina | id ind in | ie ile | ig ibo | ii iii | ik ipk | io ido | is isl ice | it "
    "ita | iu iku | ja jpn | jv jav jw | ka kat geo | kg kon | ki kik | kj kua | kk kaz | kl kal | km khm "
    "| kn kan | ko kor | kr kau | ks kas | ku kur | kv kom | kw cor | ky kir | la lat | lb ltz | lg lug | "
    "li lim | ln lin | lo lao | lt lit | lu lub | lv lav lvs | mg mlg | mh mah | mi mri mao | mk mkd mac | "
    "ml mal | mn mon khk | mr mar | ms msa may zsm | mt mlt | my mya bur | na nau | nd nde | ne nep npi | "
    "ng ndo | nl nld dut | nn nno | no nor nob nb | nr nbl | nv nav | ny nya | oc oci | oj oji | om orm | "
    "or ori ory | os oss | pa pan | pi pli | pl pol | ps pus | pt por | qu que | rm roh | rn run | ro ron "
    "rum mo mol | ru rus | rw kin | sa san | sc srd | sd snd | se sme | sg sag | sh hbs | si sin | sk slk "
    "slo | sl slv | sm smo | sn sna | so som | sq sqi alb als | sr srp scc | ss ssw | st sot | su sun | sv "
    "swe | sw swa swh | ta tam | te tel | tg tgk | th tha | ti tir | tk tuk | tl tgl fil | tn tsn | to ton "
    "| tr tur | ts tso | tt tat | tw twi | ty tah | ug uig | uk ukr | ur urd | uz uzb uzn | ve ven | vi "
    "vie | vo vol | wa wln | wo wol | xh xho | yi yid ji | yo yor | za zha | zh zho chi cmn | zu zul "
)
"""Each language with its code of two letters first, then those of three (ISO 639-2 T and B), withdrawn ones,
and those of the one kind of it that is meant when nothing is said (ISO 639-3)."""

_CODE = {other: codes[0] for codes in map(str.split, _CODES.split("|")) for other in codes}
_LONG_CODE = {codes[0]: codes[1] for codes in map(str.split, _CODES.split("|")) if len(codes) > 1}
_BIBLIOGRAPHIC = frozenset(
    {"alb", "arm", "baq", "bur", "chi", "cze", "dut", "fre", "geo", "ger", "gre", "ice", "mac", "mao", "may"}
    | {"per", "rum", "slo", "tib", "wel"}
)
"""Codes of ISO 639-2 B that differ from those of T."""
_UNSAID = frozenset({"und", "mis", "mul", "zxx", "unk", "root"})
"""Codes for an unknown language, several languages, or no speech."""
_PRIVATE = re.compile(r"q[a-t][a-z]")
_NAMES = {
    **{"ar": "Arabic", "bg": "Bulgarian", "ca": "Catalan", "cs": "Czech", "da": "Danish", "de": "German"},
    **{"el": "Greek", "en": "English", "es": "Spanish", "et": "Estonian", "fa": "Persian", "fi": "Finnish"},
    **{
        "fr": "French",
        "he": "Hebrew",
        "hi": "Hindi",
        "hr": "Croatian",
        "hu": "Hungarian",
        "id": "Indonesian",
    },
    **{"is": "Icelandic", "it": "Italian", "ja": "Japanese", "ko": "Korean", "lt": "Lithuanian"},
    **{
        "lv": "Latvian",
        "nl": "Dutch",
        "no": "Norwegian",
        "pl": "Polish",
        "pt": "Portuguese",
        "ro": "Romanian",
    },
    **{"ru": "Russian", "sk": "Slovak", "sl": "Slovenian", "sr": "Serbian", "sv": "Swedish", "ta": "Tamil"},
    **{"te": "Telugu", "th": "Thai", "tr": "Turkish", "uk": "Ukrainian", "vi": "Vietnamese", "zh": "Chinese"},
}
"""What films are mostly spoken in, in English."""
_TAG = re.compile(r"([a-z]{2,3})(?:[-_.@].*)?", re.DOTALL)


def language_code(tag: str | None) -> str | None:
    """Return the code of a tag's language: `en` for `eng`, `en-US` and `EN`; None where it names none.

    Region, script and variant do not count. A code that is not in the table stands for itself.
    """
    found = _TAG.fullmatch(tag.strip().lower()) if tag else None
    if found is None or found[1] in _UNSAID or _PRIVATE.fullmatch(found[1]):
        return None
    return _CODE.get(found[1], found[1])


def is_language(tag: str) -> bool:
    """Return whether a tag names a language that is in the table: `en` and `pt-BR` do, `web` does not."""
    return language_code(tag) in _LONG_CODE


def long_code(tag: str) -> str:
    """Return a tag's language in three letters, of ISO 639-2 T where it is in there.

    A tag that names no language stays as it is, and so does one that names a kind of one, as `nob` does.
    """
    code = language_code(tag)
    if code is None or (re.fullmatch("[a-z]{3}", tag) and tag not in _BIBLIOGRAPHIC):
        return tag
    return _LONG_CODE.get(code, code)


def language_name(tag: str | None) -> str | None:
    """Return what a tag's language is called in English; None where that is not known here."""
    return _NAMES.get(language_code(tag) or "")
