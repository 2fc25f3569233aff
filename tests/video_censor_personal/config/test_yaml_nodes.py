from __future__ import annotations

from collections.abc import Callable

import pytest

from video_censor_personal.config.yaml_nodes import Document
from video_censor_personal.config.yaml_section import Section

Reader = Callable[[Section], object]


def read(text: str, reader: Reader) -> tuple[object, list[str]]:
    document = Document("c.yaml")
    node = document.compose(text)
    assert node is not None, document.problems
    return reader(Section(document, node, "")), [str(problem) for problem in document.problems]


@pytest.mark.parametrize(
    ("text", "place", "part"),
    [
        ("", "1:1", "empty"),
        ("# only a comment\n", "1:1", "empty"),
        ("- a\n- b\n", "1:1", "keys with values are expected here, not a list"),
        ("just text\n", "1:1", "not 'just text'"),
        ("a: 1\nb: 'open\nc: 2\n", "4:1", "unexpected end of stream"),
        ("a:\n\tb: 1\n", "2:1", "not with tabs"),
        ("a: b: c\n", "1:5", "in quotes"),
        ("name: @x\n", "1:7", "begins with this character"),
        ("a: {b: 1\nc: 2\n", "2:2", "flow mapping"),
        ("a: *nowhere\n", "1:4", "no anchor"),
        ("a: 1\n---\nb: 2\n", "2:1", "second YAML document"),
        ("é: 1\nö: \x07\n", "2:4", "control character U+0007"),
        ("a: " + "[" * 200 + "]" * 200, "1:103", "nested too deeply"),
        ("- " * 300, "1:201", "nested too deeply"),
    ],
)
def test_text_that_is_no_mapping_is_one_problem_with_its_place(text: str, place: str, part: str) -> None:
    document = Document("c.yaml")
    assert document.compose(text) is None
    (problem,) = map(str, document.problems)
    assert problem.startswith(f"c.yaml:{place}: ")
    assert part in problem


@pytest.mark.parametrize(
    ("text", "reader", "expected"),
    [
        ("k: no", lambda s: s.text("k", None), "no"),
        ("k: 12e45", lambda s: s.text("k", None), "12e45"),
        ("k: 0123456789", lambda s: s.text("k", None), "0123456789"),
        ("k: 2024-01-01", lambda s: s.text("k", None), "2024-01-01"),
        ("k: 1_000", lambda s: s.text("k", None), "1_000"),
        ("k: 'null'", lambda s: s.text("k", None), "null"),
        ("k: >\n  folded\n  text\n", lambda s: s.text("k", None), "folded text"),
        ("k: null", lambda s: s.text("k", None), None),
        ("k: ~", lambda s: s.text("k", "d"), "d"),
        ("k:", lambda s: s.text("k", "d"), "d"),
        ("other: 1", lambda s: s.text("k", "d"), "d"),
        ("k: [a, no, 3]", lambda s: s.texts("k"), ("a", "no", "3")),
        ("k: alone", lambda s: s.texts("k"), ("alone",)),
        ("k: 75_537_502", lambda s: s.integer("k", None), 75537502),
        ("k: 0", lambda s: s.integer("k", None), 0),
        ("k: 0.5", lambda s: s.number("k", None), 0.5),
        ("k: 3", lambda s: s.number("k", None), 3.0),
        ("k: 1e-3", lambda s: s.number("k", None), 0.001),
        ("k: [2, 4.5]", lambda s: s.numbers("k", ()), (2.0, 4.5)),
        ("k: []", lambda s: s.numbers("k", (1.0,)), ()),
        ("k: Yes", lambda s: s.boolean("k", False), True),
        ("k: off", lambda s: s.boolean("k", True), False),
        ("k: 5000", lambda s: s.size("k", None), 5000),
        ("k: 5M", lambda s: s.size("k", None), 5_000_000),
        ("k: 5MB/s", lambda s: s.size("k", None), 5_000_000),
        ("k: 2 GiB", lambda s: s.size("k", None), 2 * 1024**3),
        ("k: 1.5k", lambda s: s.size("k", None), 1500),
        ("k: null", lambda s: s.size("k", None), None),
        ("k: 500ms", lambda s: s.seconds("k", 9.0), 0.5),
        ("k: 2s", lambda s: s.seconds("k", 9.0), 2.0),
        ("k: 3 min", lambda s: s.seconds("k", 9.0), 180.0),
        ("k: 7", lambda s: s.seconds("k", 9.0), 7.0),
        ("k: b", lambda s: s.choice("k", ("a", "b"), "a"), "b"),
    ],
)
def test_values_are_what_was_written(text: str, reader: Reader, expected: object) -> None:
    assert read(text, reader) == (expected, [])


@pytest.mark.parametrize(
    ("text", "reader", "message"),
    [
        ("k: [a]", lambda s: s.text("k", ""), "1:4: k: text is expected, not a list"),
        ("k: {a: 1}", lambda s: s.text("k", ""), "1:4: k: text is expected, not keys with values"),
        ("k: ''", lambda s: s.text("k", ""), "1:4: k: text is expected, but it is empty"),
        ('k: "a\\0b"', lambda s: s.text("k", ""), "1:4: k: text on one line is expected, not 'a\\x00b'"),
        ("k: |\n  a\n  b\n", lambda s: s.text("k", ""), "1:4: k: text on one line is expected, not 'a\\nb'"),
        ("k: !env HOME", lambda s: s.text("k", ""), "1:4: k: the tag !env means nothing here"),
        ("a: 1", lambda s: s.required_text("k", "it matters"), "1:1: 'k' is missing: it matters"),
        ("k:\n  - a\n  - [b]", lambda s: s.texts("k"), "3:5: k: text is expected, not a list"),
        ("k:\n  - a\n  -", lambda s: s.texts("k"), "3:4: k: text is expected, not nothing"),
        ("k: {a: 1}", lambda s: s.texts("k"), "1:4: k: a list is expected, not keys with values"),
        ("k: many", lambda s: s.integer("k", 1), "1:4: k: a whole number is expected, not 'many'"),
        ("k: '5'", lambda s: s.integer("k", 1), "1:4: k: a whole number is expected, not '5'"),
        ("k: 010", lambda s: s.integer("k", 1), "1:4: k: a whole number is expected, not '010'"),
        ("k: 0x10", lambda s: s.integer("k", 1), "1:4: k: a whole number is expected, not '0x10'"),
        ("k: 1.5", lambda s: s.integer("k", 1), "1:4: k: a whole number is expected, not '1.5'"),
        ("k: true", lambda s: s.integer("k", 1), "1:4: k: a whole number is expected, not 'true'"),
        ("k: " + "9" * 5000, lambda s: s.integer("k", 1), "1:4: k: a whole number is expected"),
        ("k: -1", lambda s: s.integer("k", 1), "1:4: k: -1 is too small; the least is 0"),
        ("k: 99", lambda s: s.integer("k", 1, 0, 64), "1:4: k: 99 is too large; the most is 64"),
        ("k: .inf", lambda s: s.number("k", 1.0), "1:4: k: a number is expected, not '.inf'"),
        ("k: .nan", lambda s: s.number("k", 1.0), "1:4: k: a number is expected, not '.nan'"),
        ("k: 1:30", lambda s: s.number("k", 1.0), "1:4: k: a number is expected, not '1:30'"),
        ("k: 1.2", lambda s: s.number("k", 1.0, 0, 1), "1:4: k: 1.2 is too large; the most is 1"),
        ("k: [1, x]", lambda s: s.numbers("k", ()), "1:8: k: a number is expected, not 'x'"),
        ("k: [-1]", lambda s: s.numbers("k", ()), "1:4: k: -1 is too small; the least is 0"),
        ("k: 'yes'", lambda s: s.boolean("k", False), "1:4: k: true or false is expected, not 'yes'"),
        ("k: 1", lambda s: s.boolean("k", False), "1:4: k: true or false is expected, not '1'"),
        ("k: fast", lambda s: s.size("k", 1), "1:4: k: a number of bytes such as"),
        ("k: 5 parsecs", lambda s: s.size("k", 1), "1:4: k: a number of bytes such as"),
        ("k: 0", lambda s: s.size("k", 1, minimum=1), "1:4: k: 0 is too small; the least is 1"),
        ("k: [1]", lambda s: s.seconds("k", 1.0), "1:4: k: a duration such as"),
        ("k: 3 days", lambda s: s.seconds("k", 1.0), "1:4: k: a duration such as"),
        ("k: x", lambda s: s.choice("k", ("a", "b"), "a"), "1:4: k: 'x' is not one of a, b; known: a, b"),
        ("k: blnk", lambda s: s.choice("k", ("blank",), "blank"), "did you mean 'blank'?"),
        ("k: [1]", lambda s: s.section("k"), "1:4: k: keys with values are expected, not a list"),
        ("k: {a: 1}", lambda s: s.sections("k"), "1:4: k: a list is expected"),
        ("k:\n- a: 1\n- b", lambda s: s.sections("k"), "3:3: k[1]: keys with values are expected, not 'b'"),
        ("retrys: 1", lambda s: s.only(("retries", "name")), "1:1: unknown key 'retrys'; did you mean"),
        ("zzz: 1", lambda s: s.only(("retries", "name")), "1:1: unknown key 'zzz'; known: retries, name"),
        ("a: 1\nb: 2\na: 3", lambda s: s.text("a", ""), "3:1: the key 'a' is given twice"),
        ("? [a]\n: 1", lambda s: s.text("a", ""), "1:3: a key must be plain text, not a list"),
        ("<<: 5", lambda s: s.text("a", ""), "1:5: only keys with values can be merged"),
    ],
)
def test_wrong_values_are_reported_at_their_place(text: str, reader: Reader, message: str) -> None:
    _, problems = read(text, reader)
    assert len(problems) == 1
    assert message in problems[0].removeprefix("c.yaml:")


def test_a_wrong_value_gives_its_default_so_that_reading_goes_on() -> None:
    text = "a: x\nb: 0\nc: maybe\nd: 5 parsecs"
    values, problems = read(
        text, lambda s: (s.integer("a", 3), s.number("b", 0.5, 0.1), s.boolean("c", True), s.size("d", None))
    )
    assert values == (3, 0.5, True, None)
    assert [problem.split(":")[1] for problem in problems] == ["1", "2", "3", "4"]


def test_columns_count_characters_and_not_bytes() -> None:
    def reader(root: Section) -> object:
        section = root.section("ключ")
        return section.integer("bad", 1) if section else None

    value, problems = read("ключ: {ä: 1, bad: x}", reader)
    assert value == 1
    assert problems == ["c.yaml:1:19: ключ.bad: a whole number is expected, not 'x'"]


def test_anchors_aliases_and_merges() -> None:
    text = (
        "base: &b {x: 1, y: 2}\nmore: &m {y: 7, z: 8}\none: {<<: *b, y: 3}\ntwo: {<<: [*b, *m]}\nsame: *b\n"
    )

    def sums(root: Section) -> list[tuple[int, ...]]:
        sections = [root.section(key) for key in ("one", "two", "same")]
        return [tuple(s.integer(key, 0) for key in s.names()) for s in sections if s is not None]

    values, problems = read(text, sums)
    assert values == [(3, 1), (1, 2, 8), (1, 2)]
    assert problems == []


def test_an_alias_to_itself_ends() -> None:
    value, problems = read("a: &a {<<: *a, x: 1}", lambda s: s.section("a").names())
    assert value == ("x",)
    assert problems == []
