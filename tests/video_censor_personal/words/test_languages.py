"""The built-in lists of other languages: what people say, and what must be left alone."""

from __future__ import annotations

import re

import pytest

from video_censor_personal.words.endings import forms
from video_censor_personal.words.lexicon import ALLOW, TIERS, WORDS, assemble, built_in_list, read_list
from video_censor_personal.words.spelling import unaccented

LANGUAGES = sorted(path.stem for path in WORDS.glob("*.txt"))
DEFAULT = ("mild", "strong", "slur")


def found(said: str, language: str, tiers: tuple[str, ...] = DEFAULT) -> list[str]:
    """The spoken words that count, as they stand in the transcript."""
    texts = said.split()
    lexicon = assemble(tiers, (), None, (), language)
    return [" ".join(texts[match.first : match.last + 1]) for match in lexicon.find(texts)]


def test_there_is_a_list_for_each_language_that_is_promised() -> None:
    assert LANGUAGES == ["de", "en", "es", "fr", "it", "pt"]


@pytest.mark.parametrize(
    ("language", "marked"),
    [
        ("es", "[¡Puta!] Son unos [putos,] esas [putitas.]"),
        ("es", "Eres un [cabrón,] ella una [cabrona,] todos [cabrones]"),
        ("es", "[Hijo de puta,] [hijos de puta,] [hija de la gran puta]"),
        ("es", "[¡Hijoputa!] El muy [joputa.]"),
        ("es", "Que te [jodan,] [jódete,] no me [jodas,] estamos [jodidos,] lo [jodió]"),
        ("es", "quieren [follar,] [follándose,] [¡fóllame!]"),
        ("es", "[Me cago en] la leche, la has [cagado,] [cágate]"),
        ("es", "[¡Chinga] tu madre, [pinche] [pendejo!] A la [chingada.]"),
        ("es", "tres [cojones,] qué [cojonudo,] estoy [acojonado,] no me [descojones]"),
        ("es", "vaya [mierda] de coche, [gilipollas,] ni qué [hostias]"),
        ("es", "¡La [concha de tu madre,] [boludo!]"),
        ("es", "[MARICÓN,] [mariconazo,] [sudacas]"),
        ("es", "[hazte una paja]"),
        ("es", "[maldita sea,] [¡Maldición!] [vete al infierno]"),
        ("es", "[cabron,] [maricon,] [jodete,] cono, [coño]"),
        ("es", "[hijo de p*ta,] [m**rda,] [c*brón]"),
        ("es", "[jooooder,] [puuuta]"),
        ("fr", "[Putain] de [merde] ! [Fils de pute,] [fils-de-pute]"),
        ("fr", "[Enculé] ! [Enculés,] [l'enculée,] [va te faire enculer]"),
        ("fr", "Tu [m'emmerdes,] on [s'emmerdait,] [démerde-toi,] [d'emmerdeur]"),
        ("fr", "C'est un [con,] une [conne,] des [connards,] quelle [connasse,] des [conneries]"),
        ("fr", "[Nique] ta mère, il l'a [niquée,] [niquez-vous]"),
        ("fr", "Je [m'en fous,] il s'en [fout,] [fous le camp,] c'est [foutu]"),
        ("fr", "[Va te faire foutre,] rien à [foutre]"),
        ("fr", "[Ta gueule,] [salopes,] espèce de [salaud,] bande de [bâtards]"),
        ("fr", "[Trou du cul,] [faux-cul,] il me [fait chier,] c'est [chiant]"),
        ("fr", "il veut [la baiser,] je t'ai [baisée,] on [baise]"),
        ("fr", "[Tabarnak,] [câlisse,] [viarge,] mon [osti]"),
        ("fr", "[sale arabe,] [négro,] [pédés,] [gouines]"),
        ("fr", "[encule,] [batard,] [pede,] [petasse]"),
        ("fr", "[p*tain,] [m*rde,] [P'tain,] [sal*pe]"),
        ("de", "[Scheiße!] So ein [Scheißkerl,] das ist [scheißegal,] [Hühnerscheiße]"),
        ("de", "Das ist doch [beschissen,] er hat uns [beschissen,] was für ein [Beschiss]"),
        ("de", "[Fick] dich! [Verfickte] [Scheiße,] dieser [Ficker,] [abgefickt,] er [fickt]"),
        ("de", "Du [Arschloch,] ihr [Arschlöcher,] [leck mich am Arsch,] [arschkalt]"),
        ("de", "[Hurensohn,] [Hurensöhne,] die [Nutten,] eine [Schlampe,] du [Wichser,] [gewichst]"),
        ("de", "[Verdammt] noch mal, [verdammter] Mist, die [verdammten] Dinger"),
        ("de", "[Was zum Teufel] ist das? [Fahr zur Hölle!] [Halt die Fresse]"),
        ("de", "[Verpiss] dich, ihr [Pisser,] ich muss [pissen]"),
        ("de", "[Fotze,] [Fotzen,] [Schwuchteln,] [Kanaken,] ein [Spast]"),
        ("de", "[Arschloecher,] [Scheisse,] [Moese]"),
        ("de", "[Sch***e,] [F*tze,] [Sche*ße,] [verf*ckt]"),
        ("it", "[Cazzo!] Che [cazzata,] sono [incazzato,] [sticazzi]"),
        ("it", "[Vaffanculo,] ma vai a [fare in culo]"),
        ("it", "[Stronzo,] [stronza,] quegli [stronzi,] che [stronzate]"),
        ("it", "[Figlio di puttana,] [figlia di troia,] porca [puttana]"),
        ("it", "un [coglione,] [rincoglionita,] mi hai rotto i [coglioni]"),
        ("it", "[Fottiti,] [fottuto] [bastardo,] li hanno [fottuti]"),
        ("it", "[Porco dio,] [dio cane,] [porca Madonna]"),
        ("it", "[merda,] [merdoso,] una testa di [minchia,] [l'inculata]"),
        ("it", "Non [rompere le palle,] [che palle,] [maledetti]"),
        ("it", "[frocio,] [froci,] [negri,] [terroni,] sei [un ritardato]"),
        ("it", "[c***o,] [str*nzo,] [m*rda,] [vaffan*ulo]"),
        ("pt", "[Filho da puta,] [filhos da puta,] [puta que pariu]"),
        ("pt", "[Foda-se!] [Vai se foder,] estou [fodido,] [fodeu]"),
        ("pt", "[Caralho,] [porra,] que [merda,] [vai tomar no cu]"),
        ("pt", "Seu [cuzão,] [bundão,] [cabrões,] aquele [arrombado]"),
        ("pt", "[buceta,] [boceta,] a [piça,] [conas,] [piroca]"),
        ("pt", "[vadia,] [vagabunda,] [putinha,] [viado,] [sapatão]"),
        ("pt", "[Vai pro inferno,] [maldito] seja, ele [cagou]"),
        ("pt", "[cuzao,] [cabroes,] [sapatao]"),
        ("pt", "[p*ta,] [m*rda,] [c*ralho]"),
        ("de", "[Fuck,] this [shit]"),
        ("es", "[Fuck,] this [shit]"),
        ("fr", "[Fuck,] this [shit]"),
        ("it", "[Fuck,] this [shit]"),
        ("pt", "[Fuck,] this [shit]"),
    ],
)
def test_what_counts(language: str, marked: str) -> None:
    counted = re.findall(r"\[(.*?)\]", marked)
    assert found(re.sub(r"[\[\]]", "", marked), language) == counted


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("es", "Coge el autobús y trae los huevos, el pollo y la paja"),
        ("es", "Este año comí un cono de helado, papá computa la disputa y la reputación"),
        ("es", "el diputado imputado no discutió; una disputa de diputadas"),
        ("es", "la maldición de la momia y el pinche de cocina"),
        ("es", "un folleto, el follaje, menudo follón, follajes"),
        ("es", "Jodie Foster vive en Culiacán, en Cagliari y en la Concha"),
        ("es", "qué vergüenza, una pija del barrio, polvo y nabos, el moro Muza"),
        ("es", "la zorra y las uvas, un zorro, perras y gatos"),
        ("es", "el capullo de rosa; mea culpa no es meta; me pinché un dedo, la lengua mongola"),
        ("es", "lo que te den lo coges; los cajones de la cómoda"),
        ("fr", "Ils sont fous, un baiser, des baisers, il embrasse sa queue de cheval"),
        ("fr", "il lui a baisé la main, continue, contre, consigne, conseil, qu'on"),
        ("fr", "un cul-de-sac, un chili con carne, le branle-bas de combat"),
        ("fr", "la chatte a eu des chatons; les yeux bandés; elle pouffe de rire"),
        ("fr", "Il est député, il dispute, la réputation, computer, une pédale, un melon"),
        ("fr", "la culture, un calcul, le recul, une bulle, cultiver, il articule"),
        ("fr", "une dent branlante, le maréchal Pétain, un raton laveur, la tringle, une drôle de tronche"),
        ("fr", "de Boumerdès à Rio Negro avec García Garcès"),
        ("fr", "il arbitre, une cabine, habite à côté, l'orbite; déconnecte le câble"),
        ("fr", "mon nègre littéraire, la merguez, mercredi, merci, immerger"),
        ("fr", "enfoncer, une poutre, le bâton, un chien, des chiens, la chienne du voisin"),
        ("de", "Das Weib marschiert nach Warschau, barsch und harsch, der Barsch"),
        ("de", "Der Schwanz des Hundes, zwei Eier, ein Sack Mehl, den Vögeln im Winter"),
        ("de", "ein schwüler Tag, Moses und Mose, das ist geil, so ein Mist"),
        ("de", "eine Arschbombe vom Brett, die Fahne runterholen"),
        ("de", "Human Trafficking, Grafik, Pfiffikus, eine Waage im Saal, das Haar"),
        ("de", "schlampig, Schlamperei, Dirndl, Hurra, Hurrikan, Nutzen, Nuss, Pistole, Pizza"),
        ("de", "er hat geschossen, beschlossen, ein Riss, Verschluss; die Fichte, schicken, flicken"),
        ("de", "Er saß auf dem Sack und negierte alles, Justus Möser und Frau Kaack"),
        ("it", "lo scopo, gli scopi, la scopa, un fico, le fiche del casinò, una sega"),
        ("it", "il cavallo di Troia, la guerra di Troia, andare a Troia"),
        ("it", "la cazzuola, un cazzotto, scazzottata, il ragazzo, lo stronzio"),
        ("it", "inculcare, incultura, l'incolto, la piscina, il pisello, il finocchio"),
        ("it", "spaghetti alla puttanesca, la maledizione della prima luna, a Chiavari"),
        ("it", "che cavolo, caspita, accidenti, l'uccello, le palle di neve, la cagna del vicino"),
        ("it", "checché se ne dica, i biancazzurri e il biscazziere, punto e p.to, il chiavarese"),
        ("it", "a scoppio ritardato, il pero, però, la commedia, immergersi, emergere"),
        ("it", "il calcolo, un articolo, il secolo, occulto, la cultura, cumulo, circolo"),
        ("it", "la competizione, Montenegro, il Rio Negro, i tetti, la figura"),
        ("pt", "A abelha pica, o pau, a rola, um puto de dez anos, a rapariga, a bicha do banco"),
        ("pt", "o cágado e os cágados, um coco, o côncavo, a disputa, o deputado, a computação"),
        ("pt", "a maldição do faraó, o vagabundo, um veado no bosque, a Dama e o Vagabundo"),
        ("pt", "o saco, os tomates, a galinha, o pinto, cuidado, cubo, culpa, a cura"),
        ("pt", "uma porrada, o porrete, o conto, conasse, a mercearia, mergulho, a putrefação"),
        ("pt", "um efeito retardado, punheta de bacalhau, a cadela vadia, a cornija, a peixaria"),
    ],
)
def test_what_does_not_count(language: str, said: str) -> None:
    assert found(said, language) == []


@pytest.mark.parametrize(
    ("language", "said", "tier"),
    [
        ("es", "cabrón", "strong"),
        ("es", "culo", "mild"),
        ("es", "maricón", "slur"),
        ("es", "Dios", "religious"),
        ("fr", "merde", "strong"),
        ("fr", "con", "mild"),
        ("fr", "pédé", "slur"),
        ("fr", "emmerdeur", "mild"),
        ("de", "Scheiße", "strong"),
        ("de", "Klugscheißer", "mild"),
        ("de", "Arschloch", "strong"),
        ("de", "Arschgeige", "mild"),
        ("de", "Schwuchtel", "slur"),
        ("de", "Gott", "religious"),
        ("it", "cazzo", "strong"),
        ("it", "culo", "mild"),
        ("it", "sputtanare", "mild"),
        ("it", "frocio", "slur"),
        ("pt", "caralho", "strong"),
        ("pt", "bunda", "mild"),
        ("pt", "viado", "slur"),
    ],
)
def test_the_tier_of_a_word(language: str, said: str, tier: str) -> None:
    (match,) = assemble(TIERS, (), None, (), language).find([said])
    assert match.tier == tier


@pytest.mark.parametrize(
    ("language", "stem", "some", "none"),
    [
        ("es", "puto", {"puta", "putas", "putito"}, {"putes", "putoed"}),
        ("es", "cabrón", {"cabrón", "cabrones", "cabronas"}, {"cabróns"}),
        ("es", "boludez", {"boludeces"}, set()),
        ("pt", "cuzão", {"cuzões", "cuzona"}, {"cuzãos"}),
        ("pt", "puta", {"putas", "putinha"}, {"puto"}),
        ("it", "stronzo", {"stronza", "stronzi", "stronze"}, {"stronzos"}),
        ("it", "crucco", {"crucca", "crucchi", "crucche"}, {"crucci"}),
        ("it", "frocio", {"froci", "frocia", "froce"}, {"frocii"}),
        ("fr", "niquer", {"nique", "niquait", "niquée", "niquez"}, {"niquers", "niquered"}),
        ("fr", "enculé", {"enculés", "enculée", "enculées"}, set()),
        ("fr", "branleur", {"branleurs", "branleuse"}, set()),
        ("de", "pissen", {"pisst", "gepisst", "pissend"}, {"pissens", "pissened"}),
        ("de", "verdammt", {"verdammte", "verdammter", "verdammtes"}, {"verdammted"}),
        ("de", "hure", {"huren"}, {"hureed"}),
        ("xx", "damn", {"damned"}, set()),
    ],
)
def test_usual_endings(language: str, stem: str, some: set[str], none: set[str]) -> None:
    assert some <= forms(stem, language)
    assert not none & forms(stem, language)


@pytest.mark.parametrize(
    ("word", "language", "bare"),
    [
        ("fúck", "en", "fuck"),
        ("año", "es", "año"),
        ("jódete", "es", "jodete"),
        ("schwül", "de", "schwül"),
        ("piça", "pt", "piça"),
        ("cuzão", "pt", "cuzao"),
        ("ça", "fr", "ça"),
        ("cagò", "it", "cago"),
        ("mañana", "en", "manana"),
    ],
)
def test_marks_that_make_another_letter_stay(word: str, language: str, bare: str) -> None:
    assert unaccented(word, language) == bare


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_line_of_a_list_is_there_twice_or_without_effect(language: str) -> None:
    path = built_in_list(language)
    assert path is not None
    entries = read_list(path, language)
    texts = [one.text for one in entries]
    assert {text for text in texts if texts.count(text) > 1} == set()
    for one in entries:
        if one.tier != ALLOW and one.exact:
            assert found(one.text, language, TIERS) == [one.text], f"{one.text} is not found"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_innocent_word_of_a_list_is_let_through(language: str) -> None:
    path = built_in_list(language)
    assert path is not None
    for one in read_list(path, language):
        if one.tier == ALLOW and "*" not in one.text:
            assert found(one.text, language) == [], f"{one.text} is caught"
