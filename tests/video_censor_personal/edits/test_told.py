from __future__ import annotations

import pytest

from video_censor_personal.edits.told import actions_line, actions_of, streams_line
from video_censor_personal.edits.values import BoxAt, Cut, Edits, HiddenWord, PictureEdit, SoundEdit
from video_censor_personal.export.chapters import Part
from video_censor_personal.findings.observations import Box

PATH = (BoxAt(5.0, Box(0.1, 0.1, 0.2, 0.2)),)
ALL = Edits(
    sound=(SoundEdit(1.0, 2.0, "silence"), SoundEdit(3.0, 3.5, "bleep"), SoundEdit(8.0, 8.25, "silence")),
    picture=(PictureEdit(5.0, 6.0), PictureEdit(5.5, 7.0, path=PATH), PictureEdit(6.5, 9.0, "blur")),
    cuts=(Cut(20.0, 32.0),),
    words=(HiddenWord(1.1, 1.9, "damn"),),
    skips=(Part(40000, 41000, "skip: Nudity [90%]"),),
)


def test_each_action_is_counted_under_the_name_that_the_config_has_for_it() -> None:
    assert actions_of(ALL) == {
        "sound": {"bleep": {"count": 1, "seconds": 0.5}, "silence": {"count": 2, "seconds": 1.25}},
        "picture": {
            "blank": {"count": 1, "seconds": 1.0},
            "blur": {"count": 1, "seconds": 2.5},
            "box": {"count": 1, "seconds": 1.5},
        },
        "cut": {"count": 1, "seconds": 12.0},
        "words": 1,
        "skip_chapters": 1,
    }


def test_two_boxes_at_once_are_one_stretch() -> None:
    two = Edits(picture=(PictureEdit(1.0, 3.0, "blur", path=PATH), PictureEdit(2.0, 4.0, "blur", path=PATH)))
    assert actions_of(two)["picture"] == {"blur": {"count": 1, "seconds": 3.0}}


def test_a_line_says_it_in_words() -> None:
    assert actions_line(actions_of(ALL)) == (
        "1 sound of 0.5 s hidden (bleep), 2 sounds of 1.2 s hidden (silence), "
        "1 picture of 1.0 s covered (blank), 1 picture of 2.5 s covered (blur), "
        "1 picture of 1.5 s covered (box), 1 stretch of 12.0 s cut out, 1 chapter to skip"
    )
    assert actions_line(actions_of(Edits())) == ""


@pytest.mark.parametrize(
    ("streams", "line"),
    [
        ({"encoded": [1]}, ""),
        ({"pictures": {"copied": 240, "encoded": 10, "kept": 0}}, "10 pictures encoded, 240 copied"),
        (
            {"pictures": {"copied": 240, "encoded": 1, "kept": 9}},
            "1 picture encoded, 240 copied, 9 taken from the copy before",
        ),
    ],
)
def test_a_line_says_how_much_was_encoded(streams: dict[str, object], line: str) -> None:
    assert streams_line(streams) == line
