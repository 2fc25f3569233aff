from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.video_censor_personal.examples import segment
from tests.video_censor_personal.examples import word as spoken
from video_censor_personal.config import Config, parse_config
from video_censor_personal.config.values import AudioMode, AudioRemediation, VideoRemediation
from video_censor_personal.edits.own_sound import NoOwnSound
from video_censor_personal.edits.plan import (
    UnknownAction,
    doubts,
    plan_cuts,
    plan_picture,
    plan_skips,
    plan_sound,
)
from video_censor_personal.edits.values import Cut, PictureEdit, SoundEdit
from video_censor_personal.export.chapters import Part
from video_censor_personal.findings.observations import Box, Hit
from video_censor_personal.findings.segments import PictureStyle, Segment


def word(
    start: float, end: float, action: str | None = None, allow: bool = False, category: str = "Profanity"
) -> Segment:
    return Segment(
        f"{category}-{start}",
        start,
        end,
        category,
        (category,),
        "",
        0.9,
        allow=allow,
        audio_remediation=action,
    )


def edit(start: float, end: float, mode: AudioMode = "silence") -> SoundEdit:
    return SoundEdit(start, end, mode)


def heard(*hits: Hit, start: float | None = None, end: float | None = None) -> Segment:
    """A segment of these words, whose borders a person may have moved."""
    first, last = min(hit.start for hit in hits), max(hit.end for hit in hits)
    made = word(first if start is None else start, last if end is None else end)
    return replace(made, detections=hits)


def placed(start: float, end: float, before: float, after: float) -> Hit:
    return spoken(start, end, margin=(before, after))


ALL = AudioRemediation(enabled=True, categories=("Profanity",), padding=0.0)
BY_PLACEMENT = replace(ALL, padding=None)
RULES: dict[str, tuple[list[Segment], AudioRemediation, list[SoundEdit]]] = {
    "a word is silenced": ([word(1, 2)], ALL, [edit(1, 2)]),
    "or bleeped": ([word(1, 2)], replace(ALL, mode="bleep"), [edit(1, 2, "bleep")]),
    "with padding": ([word(1, 2)], replace(ALL, padding=0.25), [edit(0.75, 2.25)]),
    "but not before the film": ([word(0.1, 2)], replace(ALL, padding=0.25), [edit(0, 2.25)]),
    "allowed: not hidden": ([word(1, 2, allow=True)], ALL, []),
    "allowed beats its own action": ([word(1, 2, "bleep", allow=True)], ALL, []),
    "a category not configured": ([word(1, 2, category="Nudity")], ALL, []),
    "whatever the letters' case": ([word(1, 2, category="PROFANITY")], ALL, [edit(1, 2)]),
    "its own action": ([word(1, 2, "bleep")], ALL, [edit(1, 2, "bleep")]),
    "its own action is none": ([word(1, 2, "none")], ALL, []),
    "its own action in a category not configured": (
        [word(1, 2, "silence", category="Nudity")],
        ALL,
        [edit(1, 2)],
    ),
    "switched off": ([word(1, 2), word(3, 4, "bleep")], replace(ALL, enabled=False), []),
    "no length": ([word(1, 1), word(3, 2)], ALL, []),
    "by time": ([word(3, 4), word(1, 2)], ALL, [edit(1, 2), edit(3, 4)]),
    "overlapping are joined": ([word(1, 2), word(1.5, 3)], ALL, [edit(1, 3)]),
    "so are those that touch": ([word(1, 2), word(2, 3)], ALL, [edit(1, 3)]),
    "padding can make them": ([word(1, 2), word(2.2, 3)], replace(ALL, padding=0.125), [edit(0.875, 3.125)]),
    "one within another": ([word(1, 4), word(2, 3)], ALL, [edit(1, 4)]),
    "two modes: the first keeps its end": (
        [word(1, 3), word(2, 4, "bleep")],
        ALL,
        [edit(1, 3), edit(3, 4, "bleep")],
    ),
    "two modes, one within": ([word(1, 4), word(2, 3, "bleep")], ALL, [edit(1, 4)]),
    "nothing found": ([], ALL, []),
    "each word by how well it was placed": (
        [heard(placed(2, 3, 0.125, 0.25)), heard(placed(5, 6, 0.5, 0.0))],
        BY_PLACEMENT,
        [edit(1.875, 3.25), edit(4.5, 6)],
    ),
    "words that became one segment: the farthest of each": (
        [heard(placed(2, 3, 0.125, 0.25), placed(2.25, 2.75, 0.5, 0.75))],
        BY_PLACEMENT,
        [edit(1.75, 3.5)],
    ),
    "borders moved by hand keep the words' margins": (
        [heard(placed(2, 3, 0.125, 0.25), start=1.5, end=4)],
        BY_PLACEMENT,
        [edit(1.375, 4.25)],
    ),
    "nobody says: the usual": (
        [word(1, 2), heard(spoken(3, 4))],
        BY_PLACEMENT,
        [edit(0.8, 2.2), edit(2.8, 4.2)],
    ),
    "a padding of the config wins": (
        [heard(placed(2, 3, 0.125, 0.25))],
        replace(ALL, padding=0.5),
        [edit(1.5, 3.5)],
    ),
    "even one of nothing": ([heard(placed(2, 3, 0.125, 0.25))], ALL, [edit(2, 3)]),
    "a word without length has the padding": ([word(1, 1)], replace(ALL, padding=0.25), [edit(0.75, 1.25)]),
    "or its margin": ([heard(placed(1, 1, 0.5, 0.25))], BY_PLACEMENT, [edit(0.5, 1.25)]),
    "which hides it where padding would hide nothing": (
        [heard(placed(1, 1, 0.5, 0.25))],
        ALL,
        [edit(0.5, 1.25)],
    ),
    "allowed without length": (
        [replace(heard(placed(1, 1, 0.5, 0.25)), allow=True)],
        BY_PLACEMENT,
        [],
    ),
}


@pytest.mark.parametrize("rule", RULES)
def test_which_sound_is_hidden(rule: str) -> None:
    segments, remediation, expected = RULES[rule]

    assert list(plan_sound(segments, remediation)) == expected


def scene(
    start: float, end: float, action: str | None = None, allow: bool = False, category: str = "Nudity"
) -> Segment:
    made = word(start, end, allow=allow, category=category)
    return replace(made, video_remediation=action)


def span(start: float, end: float, color: str = "#000000") -> PictureEdit:
    return PictureEdit(start, end, color=color)


BLANK = VideoRemediation(enabled=True)
NUDITY = VideoRemediation(enabled=True, mode="none", category_modes={"Nudity": "blank"})
VIDEO_RULES: dict[str, tuple[list[Segment], VideoRemediation, list[PictureEdit]]] = {
    "a scene is covered": ([scene(1, 2)], BLANK, [span(1, 2)]),
    "in the colour asked for": (
        [scene(1, 2)],
        replace(BLANK, blank_color="#336699"),
        [span(1, 2, "#336699")],
    ),
    "switched off": ([scene(1, 2), scene(3, 4, "blank")], replace(BLANK, enabled=False), []),
    "mode none": ([scene(1, 2)], VideoRemediation(enabled=True, mode="none"), []),
    "the category's mode beats the mode": ([scene(1, 2)], NUDITY, [span(1, 2)]),
    "either way": ([scene(1, 2)], VideoRemediation(enabled=True, category_modes={"Nudity": "none"}), []),
    "whatever the letters' case": ([scene(1, 2, category="NUDITY")], NUDITY, [span(1, 2)]),
    "a category without a mode has the mode": ([scene(1, 2, category="Violence")], NUDITY, []),
    "its own action beats its category's": ([scene(1, 2, "none")], NUDITY, []),
    "either way too": ([scene(1, 2, "blank", category="Violence")], NUDITY, [span(1, 2)]),
    "allowed: not hidden": ([scene(1, 2, allow=True)], BLANK, []),
    "allowed beats its own action": ([scene(1, 2, "blank", allow=True)], BLANK, []),
    "allowed and cut: not hidden": ([scene(1, 2, "cut", allow=True)], BLANK, []),
    "a moment": ([scene(1, 1)], BLANK, [span(1, 1)]),
    "backwards": ([scene(2, 1)], BLANK, []),
    "not before the film": ([scene(-1, 1)], BLANK, [span(0, 1)]),
    "by time": ([scene(3, 4), scene(1, 2)], BLANK, [span(1, 2), span(3, 4)]),
    "overlapping are joined": ([scene(1, 2), scene(1.5, 3, category="Violence")], BLANK, [span(1, 3)]),
    "so are those that touch": ([scene(1, 2), scene(2, 3)], BLANK, [span(1, 3)]),
    "one within another": ([scene(1, 4), scene(2, 3), scene(3.5, 5)], BLANK, [span(1, 5)]),
    "nothing found": ([], BLANK, []),
}


@pytest.mark.parametrize("rule", VIDEO_RULES)
def test_which_picture_is_hidden(rule: str) -> None:
    segments, remediation, expected = VIDEO_RULES[rule]

    assert list(plan_picture(segments, remediation)) == expected


STYLED = VideoRemediation(
    enabled=True,
    mode="blur",
    blank_color="#101010",
    strength=0.25,
    category_modes={"Nudity": "mosaic", "Violence": "box"},
    category_styles={"Nudity": PictureStyle(strength=0.75), "Violence": PictureStyle(color="#300000")},
)
STYLES: dict[str, tuple[Segment, PictureEdit]] = {
    "as for all": (scene(1, 2, category="Other"), PictureEdit(1, 2, "blur", strength=0.25)),
    "as its category": (scene(1, 2), PictureEdit(1, 2, "mosaic", strength=0.75)),
    "its category's colour": (scene(1, 2, category="violence"), PictureEdit(1, 2, color="#300000")),
    "its own strength": (
        replace(scene(1, 2), video_style=PictureStyle(strength=0.0)),
        PictureEdit(1, 2, "mosaic", strength=0.0),
    ),
    "its own action, its category's strength": (
        scene(1, 2, "blur"),
        PictureEdit(1, 2, "blur", strength=0.75),
    ),
    "its own action and colour": (
        replace(scene(1, 2, "blank"), video_style=PictureStyle(color="#ffffff")),
        PictureEdit(1, 2, color="#ffffff"),
    ),
}


@pytest.mark.parametrize("rule", STYLES)
def test_how_a_picture_is_hidden(rule: str) -> None:
    segment, expected = STYLES[rule]

    assert plan_picture([segment], STYLED) == (expected,)


def test_what_is_alike_is_joined_and_what_is_not_is_not() -> None:
    own = replace(scene(1.5, 4), video_style=PictureStyle(strength=1.0))

    assert plan_picture([scene(1, 2), own, scene(2, 3)], STYLED) == (
        PictureEdit(1, 3, "mosaic", strength=0.75),
        PictureEdit(1.5, 4, "mosaic", strength=1.0),
    )


def located(segment: Segment) -> Segment:
    seen = spoken(segment.start, segment.end)
    return replace(segment, detections=(replace(seen, text=None, box=Box(0.1, 0.1, 0.2, 0.2)),))


BOXLESS: dict[str, tuple[Segment, VideoRemediation, bool]] = {
    "a blur": (scene(1, 2), replace(BLANK, mode="blur"), True),
    "where it is is known": (located(scene(1, 2)), replace(BLANK, mode="blur"), False),
    "the whole is asked for": (scene(1, 2), replace(BLANK, mode="blur", area="picture"), False),
    "it asks for the whole": (
        replace(scene(1, 2), video_style=PictureStyle("picture")),
        replace(BLANK, mode="mosaic"),
        False,
    ),
    "it asks for a box": (scene(1, 2, "box"), BLANK, True),
    "the whole is hidden anyway": (scene(1, 2), BLANK, False),
    "allowed": (scene(1, 2, allow=True), replace(BLANK, mode="blur"), False),
    "switched off": (scene(1, 2), replace(BLANK, mode="blur", enabled=False), False),
}


def config_with(video: VideoRemediation, **audio: Any) -> Config:
    return replace(parse_config("version: 1", "c.yaml"), video=video, audio=AudioRemediation(**audio))


@pytest.mark.parametrize("rule", BOXLESS)
def test_it_is_told_where_nothing_says_which_part_to_hide(rule: str) -> None:
    segment, remediation, is_told = BOXLESS[rule]

    silenced = {"enabled": True, "categories": (segment.category,)}
    found = doubts([replace(segment, id="scene-1.0")], config_with(remediation, **silenced))

    assert len(found) == is_told
    assert all("'scene-1.0' is: the whole picture is hidden" in line for line in found)


def test_many_such_segments_are_counted() -> None:
    many = [replace(scene(n, n + 1), id=f"s-{n}") for n in range(9)]

    (line,) = doubts(many, config_with(replace(BLANK, mode="blur")))

    assert "'s-0', 's-1', 's-2', 's-3', 's-4' and 4 more" in line


NOTHING = VideoRemediation(enabled=True, mode="none")
WITHOUT_ACTION = {
    "no action for its category": (scene(1, 2), NOTHING, {}, 1),
    "an action for another": (scene(1, 2), NOTHING, {"enabled": True, "categories": ("Profanity",)}, 1),
    "its sound goes": (scene(1, 2), NOTHING, {"enabled": True, "categories": ("nudity",)}, 0),
    "its picture goes": (scene(1, 2), replace(NOTHING, category_modes={"nudity": "blank"}), {}, 0),
    "the config leaves it": (scene(1, 2), replace(NOTHING, category_modes={"Nudity": "none"}), {}, 0),
    "it is to be left": (scene(1, 2, "none"), NOTHING, {}, 0),
    "it is allowed": (scene(1, 2, allow=True), NOTHING, {}, 0),
    "players jump over it": (scene(1, 2), replace(NOTHING, skip_chapters=True), {}, 0),
    "nothing is done at all": (scene(1, 2), replace(NOTHING, enabled=False), {}, 1),
}


@pytest.mark.parametrize("rule", WITHOUT_ACTION)
def test_it_is_told_where_nothing_is_done(rule: str) -> None:
    segment, video, audio, count = WITHOUT_ACTION[rule]
    found = doubts([segment, segment], config_with(video, **audio))
    assert len(found) == count
    assert all(
        "Nothing is done about 2 findings of Nudity: the config has no action" in line for line in found
    )


@pytest.mark.parametrize(
    ("category", "told"), [("Nudety", "perhaps Nudity is meant"), ("Gore", "for it. Name")]
)
def test_a_category_that_is_nearly_one_is_told(category: str, told: str) -> None:
    (line,) = doubts([replace(scene(1, 2), category=category)], config_with(NOTHING))
    assert told in line


@pytest.mark.parametrize("allow", [False, True])
@pytest.mark.parametrize("enabled", [False, True])
def test_a_word_for_an_action_that_nobody_knows_is_an_error(allow: bool, enabled: bool) -> None:
    odd = replace(word(1, 2, "sielnce", allow), id="word-1.0")
    with pytest.raises(
        UnknownAction, match=r"audio_remediation of the segment 'word-1.0' is 'sielnce'.*bleep"
    ):
        plan_sound([word(3, 4), odd], replace(ALL, enabled=enabled))

    odd = replace(scene(1, 2, "blnk", allow), id="scene-1.0")
    with pytest.raises(UnknownAction, match=r"video_remediation of the segment 'scene-1.0' is 'blnk'.*blank"):
        plan_picture([scene(3, 4), odd], replace(BLANK, enabled=enabled))


def test_what_is_to_be_cut_is_not_covered() -> None:
    cut = replace(BLANK, category_modes={"Nudity": "cut"})
    assert plan_picture([scene(1, 2)], cut) == ()
    assert plan_cuts([scene(1, 2), scene(1.5, 3)], cut, None) == (Cut(1, 3),)
    assert plan_cuts([scene(1, 2, "blank")], cut, None) == ()
    assert plan_cuts([scene(1, 2)], replace(cut, enabled=False), None) == ()


SCENE = segment(1.0, 2.0, "Nudity")
SKIPS: dict[str, tuple[Segment, VideoRemediation, bool]] = {
    "where they are wanted": (SCENE, VideoRemediation(skip_chapters=True), True),
    "nowhere else": (SCENE, VideoRemediation(enabled=True), False),
    "an allowed one is not skipped": (
        replace(SCENE, allow=True),
        VideoRemediation(skip_chapters=True),
        False,
    ),
    "what is cut out cannot be skipped": (
        SCENE,
        VideoRemediation(enabled=True, mode="cut", skip_chapters=True),
        False,
    ),
    "but nothing is cut out where the picture is not changed": (
        SCENE,
        VideoRemediation(mode="cut", skip_chapters=True),
        True,
    ),
}


@pytest.mark.parametrize("name", SKIPS)
def test_a_segment_has_a_chapter_to_skip(name: str) -> None:
    found, remediation, is_skipped = SKIPS[name]
    expected = (Part(1000, 2000, "skip: Nudity [90%]"),) if is_skipped else ()
    assert plan_skips([found], remediation) == expected


def test_an_own_sound_that_nobody_named_is_refused() -> None:
    with pytest.raises(NoOwnSound, match=r"segment 'Profanity-1' is 'sound'"):
        plan_sound([word(1, 2, "sound")], ALL)
    assert plan_sound([word(1, 2, "sound")], replace(ALL, sound_file=Path("a.wav"))) == (edit(1, 2, "sound"),)
    assert plan_sound([word(1, 2, "sound", allow=True)], ALL) == ()


def test_a_word_is_silent_where_all_around_it_is_only_ducked() -> None:
    sound = AudioRemediation(
        enabled=True, padding=0.0, category_modes={"Violence": "duck", "Profanity": "silence"}
    )
    segments = [word(1, 9, category="Violence"), word(3, 4), word(8.5, 10)]
    assert plan_sound(segments, sound) == (
        SoundEdit(1, 3, "duck"),
        SoundEdit(3, 4, "silence"),
        SoundEdit(4, 8.5, "duck"),
        SoundEdit(8.5, 10, "silence"),
    )
