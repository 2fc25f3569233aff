from __future__ import annotations

from dataclasses import replace

import pytest

from tests.video_censor_personal.config.problems import problems_of
from video_censor_personal.config import Config, parse_config
from video_censor_personal.config.values import AudioRemediation, Library
from video_censor_personal.findings.policy import CategoryPolicy

BASE = """\
models: {sources: [{name: ears, repo: a/ears}, {name: eyes, repo: a/eyes}]}
detectors:
  - {name: talk, type: speech, model: ears, words: [rats], allow: [hitch], threshold: 0.1}
  - {name: look, type: nsfw, model: eyes}
detections: {nudity: {sensitivity: 0.3, min_duration: 2}, Profanity: {threshold: 0.2}}
processing: {frame_sampling: {sample_rate: 0.5}, segment_merge: {merge_threshold: 3}}
remediation:
  audio: {enabled: true, categories: [Profanity], padding: 1}
  video: {enabled: true, category_modes: {Nudity: blank, profanity: none}}
library:
  films: /films/*.mkv
"""
LINES = BASE.count("\n")


def read(profile: str) -> tuple[Config, Config]:
    """The base, and the config of its only profile."""
    config = parse_config(f"{BASE}  profiles: {{small: {{{profile}}}}}\n", "c.yaml")
    assert config.library is not None
    return replace(config, library=None), config.library.profiles[0].config


def problem_of(profile: str) -> str:
    """The one mistake in a profile that begins in the first column of the line behind BASE."""
    (problem,) = problems_of(f"{BASE}  profiles:\n    small:\n      {profile}\n")
    assert problem.startswith(f"{LINES + 3}:")
    return problem.partition(" library.profiles.small")[2]


@pytest.mark.parametrize(
    "nothing",
    ["", "detections: {}", "detections: ", "remediation: {audio: {enabled: null}}", "detectors: {talk: }"],
)
def test_a_profile_that_changes_nothing_is_the_base(nothing: str) -> None:
    base, small = read(nothing)
    assert small == base


def test_only_the_keys_that_are_named_change() -> None:
    base, small = read(
        "detections: {Nudity: {threshold: 0.9}, Violence: {enabled: false}}, "
        "processing: {segment_merge: {enabled: false}}, "
        "remediation: {audio: {mode: bleep}, video: {category_modes: {nudity: none}}, "
        "streams: {unsupported: fail}}, "
        "detectors: {talk: {words: [mice]}}"
    )
    talk, look = base.detectors
    assert small == replace(
        base,
        detections={
            "Nudity": CategoryPolicy(True, 0.9, 2.0),
            "Profanity": CategoryPolicy(True, 0.2),
            "Violence": CategoryPolicy(False),
        },
        processing=replace(base.processing, merge_threshold=0.0),
        audio=AudioRemediation(True, "bleep", ("Profanity",), 1000.0, 1.0),
        video=replace(base.video, category_modes={"Nudity": "none", "Profanity": "none"}),
        unsupported_streams="fail",
        detectors=(replace(talk, parameters={**talk.parameters, "words": ("mice",)}), look),
    )


def test_a_detector_goes_as_low_as_the_profile_asks() -> None:
    base, small = read("detections: {Nudity: {threshold: 0.3}}")
    assert base.detectors[1].parameters["threshold"] == 0.5
    assert small.detectors[1].parameters["threshold"] == 0.3


def test_sensitivity_takes_the_place_of_threshold() -> None:
    _, small = read("detections: {Profanity: {sensitivity: 0.4}}")
    assert small.detections["Profanity"] == CategoryPolicy(True, 0.6)


def test_merged_and_shared_keys_are_keys_like_others() -> None:
    text = BASE.replace("library:", "common: &common {Violence: {min_duration: 5}}\nlibrary:")
    (problem,) = problems_of(text)  # the base knows no place for shared keys of its own
    assert "unknown key 'common'" in problem
    text = BASE.replace("detections: {", "detections: {<<: &common {Violence: {min_duration: 5}}, ").replace(
        "[{name: look", "&x [{name: look"
    )
    config = parse_config(
        f"{text}  profiles: {{small: {{detections: {{Violence: {{threshold: 0.5}}}}}}}}", "c.yaml"
    )
    assert config.library is not None
    assert config.library.profiles[0].config.detections["Violence"] == CategoryPolicy(True, 0.5, 5.0)


def test_an_anchor_that_holds_itself_ends() -> None:
    text = BASE.replace("detections: {nudity: {", "detections: &d {Violence: *d, nudity: {")
    problems = problems_of(f"{text}  profiles: {{small: {{detections: &e {{Violence: *e}}}}}}\n")
    assert problems


@pytest.mark.parametrize(
    ("profile", "problem"),
    [
        ("models: {}", ": 'models' is the same for all profiles; it belongs outside of them"),
        ("output_dir: /x", ": 'output_dir' is the same for all profiles"),
        ("detection: {}", ": unknown key 'detection'; did you mean 'detections'?"),
        (
            "processing: {frame_sampling: {}}",
            ".processing: 'frame_sampling' cannot differ between profiles: one analysis serves them all",
        ),
        ("processing: {segment_merg: {}}", ".processing: unknown key 'segment_merg'; did you mean"),
        ("detectors: {tolk: {}}", ".detectors: no detector 'tolk'; did you mean 'talk'?"),
        ("detectors: {talk: {language: de}}", ".detectors.talk: 'language' cannot differ between profiles"),
        ("detectors: {talk: {tracks: all}}", ".detectors.talk: 'tracks' cannot differ between profiles"),
        ("detectors: {talk: {model: eyes}}", ".detectors.talk: 'model' cannot differ between profiles"),
        ("detectors: {talk: {type: nsfw}}", ".detectors.talk: 'type' cannot differ between profiles"),
        (
            "detectors: {talk: {enabled: no}}",
            ".detectors.talk: 'enabled' cannot differ between profiles: one analysis serves them all; "
            "`detections` says",
        ),
        ("detectors: {look: {treshold: 1}}", ".detectors.look: unknown key 'treshold'; did you mean"),
        ("detectors: {look: {threshold: 7}}", ".detectors[look].threshold: 7 is too large; the most is 1"),
        ("detectors: [talk]", ".detectors: keys with values are expected, not a list"),
        ("detections: [talk]", ".detections: keys with values are expected, not a list"),
        ("detections: {nudity: {}, Nudity: {}}", ".detections: 'Nudity' is given twice"),
        ("detections: {Violence: {x: 1}}", ".detections.Violence: unknown key 'x'"),
        (
            "detections: {Nudity: {threshold: 1, sensitivity: 0}}",
            ".detections.Nudity.sensitivity: keep it or `threshold`",
        ),
        ("remediation: {audio: {mode: peep}}", ".remediation.audio.mode: 'peep' is not one of"),
        ("copy: '{stem}.txt'", ".copy: '{stem}.txt': end the name with {suffix}"),
    ],
)
def test_mistakes_are_told_where_they_are(profile: str, problem: str) -> None:
    assert problem_of(profile).startswith(problem)


def test_a_warning_of_the_base_is_told_once_and_one_of_a_profile_by_its_name() -> None:
    text = BASE.replace("Profanity: {threshold", "Violence: {}, Profanity: {threshold")
    config = parse_config(f"{text}  profiles: {{a: {{}}, b: {{processing: {{max_workers: 4}}}}}}", "c.yaml")
    violence, workers = config.warnings
    assert ": detections.Violence: Violence is NOT looked for" in violence
    assert f"c.yaml:{LINES + 1}:38: library.profiles.b.processing.max_workers: has no effect" in workers
    assert config.library is not None
    assert [profile.config.warnings for profile in config.library.profiles] == [(), ()]


@pytest.mark.parametrize("name", ["te en", "-x", "_x", "ä", "a.b", "''"])
def test_names_that_no_profile_has(name: str) -> None:
    (problem,) = problems_of(f"{BASE}  profiles: {{{name}: {{}}}}")
    assert "cannot name a profile: letters and digits, then - and _ too" in problem


def test_profiles_that_differ_by_case_alone_are_a_mistake() -> None:
    problems = problems_of(f"{BASE}  profiles: {{small: {{}}, Small: {{}}}}")
    assert "library.profiles: the profile 'Small' differs from 'small' only by case" in problems[-1]


def library_with(text: str) -> Library:
    library = parse_config(f"{BASE}  profiles: {{a: {{}}, b: {{}}}}\n  {text}", "c.yaml").library
    assert library is not None
    return library


def test_with_profiles_names_have_them_unless_given() -> None:
    library = library_with("")
    assert library.copy == "{stem}.{profile}{suffix}"
    assert library.results == "{stem}.{profile}.results.json"
    assert library_with("copy: null").copy is None


@pytest.mark.parametrize(
    ("key", "pattern"), [("copy", "{stem}.clean{suffix}"), ("results", "{stem}.results.json")]
)
def test_two_profiles_never_get_one_file(key: str, pattern: str) -> None:
    (problem,) = problems_of(f"{BASE}  profiles: {{a: {{}}, b: {{}}}}\n  {key}: '{pattern}'")
    assert f"library.{key}: the profiles 'a' and 'b' would write one file; put {{profile}} in it" in problem


def test_two_profiles_never_get_one_file_in_two_ways() -> None:
    problems = problems_of(
        f"{BASE}  profiles: {{a: {{copy: '{{stem}}.c{{suffix}}'}}, b: {{copy: '{{stem}}.C{{suffix}}'}}, "
        "c: {copy: 'x/{name}'}, d: {copy: 'x/{stem}{suffix}'}}"
    )
    assert ["library.profiles.b.copy: the profiles 'a' and 'b'" in problem for problem in problems] == [
        True,
        False,
    ]
    assert "library.profiles.d.copy: the profiles 'c' and 'd'" in problems[1]


def test_profiles_have_names_of_their_own() -> None:
    config = parse_config(
        f"{BASE}  profiles: {{a: {{copy: '{{stem}}.x{{suffix}}', results: '{{stem}}.json'}}, b: {{}}}}",
        "c.yaml",
    )
    assert config.library is not None
    assert [(each.copy, each.results) for each in config.library.profiles] == [
        ("{stem}.x{suffix}", "{stem}.json"),
        (None, None),
    ]
