"""What is marked in the sentences of the reels."""

from __future__ import annotations

import pytest
from lines import Line, parse, read_lines

from video_censor_personal.words.lexicon import assemble


@pytest.mark.parametrize(
    ("written", "line"),
    [
        ("Nobody knew it.", Line("Nobody knew it.")),
        ("What the {hell}?", Line("What the hell?", ((2, 2, "swear"),))),
        ("That {son of a gun}, he won.", Line("That son of a gun, he won.", ((1, 4, "swear"),))),
        (
            "[Ask] the [assistant]'s boss.",
            Line("Ask the assistant's boss.", ((0, 0, "trap"), (2, 2, "trap"))),
        ),
    ],
)
def test_a_mark_is_kept_by_the_places_of_its_words(written: str, line: Line) -> None:
    assert parse(written) == line


@pytest.mark.parametrize(
    ("sections", "language"),
    [(("swears", "traps", "talk"), "en"), *(((code,), code) for code in ("es", "fr", "de", "it", "pt"))],
)
def test_each_swear_is_on_the_list_and_nothing_else_is(sections: tuple[str, ...], language: str) -> None:
    lexicon = assemble(("mild", "strong", "slur"), (), None, (), language)
    lines = read_lines()
    for line in (line for section in sections for line in lines[section]):
        matches = lexicon.find(line.text.split(), set())
        found = [(match.first, match.last) for match in matches]
        marked = [(first, last) for first, last, what in line.marks if what == "swear"]
        assert found == marked, line.text


def test_as_many_traps_are_planted_as_promised() -> None:
    assert sum(len(line.marks) for line in read_lines()["traps"]) >= 150, "each of three voices says them all"
