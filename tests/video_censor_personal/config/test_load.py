from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from tests.video_censor_personal.config.problems import problems_of
from video_censor_personal.config import config_from_mapping, load_config, parse_config
from video_censor_personal.config.values import AudioRemediation, OutputConfig, Processing, VideoRemediation
from video_censor_personal.errors import ConfigInvalid, UsageError
from video_censor_personal.findings.policy import CategoryPolicy
from video_censor_personal.findings.segments import PictureStyle

DIGEST = "a" * 64
MODELS = (
    "models: {sources: [{name: ears, repo: a/ears}, {name: eyes, repo: a/eyes}, "
    "{name: spare, repo: a/spare}]}\n"
)
SPEECH = "  - {name: speech, type: speech, model: ears}\n"
NSFW = "  - {name: nsfw, type: nsfw, model: eyes}\n"
SPOKEN = f"{MODELS}detectors:\n{SPEECH}"


def one(detector: str) -> str:
    """A config with this detector."""
    return f"{MODELS}detectors: [{{{detector}}}]"


def test_an_almost_empty_config_has_all_defaults() -> None:
    config = parse_config("version: 1", "c.yaml")
    assert config.models.sources == ()
    assert config.detectors == ()
    assert config.warnings == ()
    assert config.processing == Processing(1.0, 2.0)
    assert config.audio == AudioRemediation(False, "silence", (), 1000.0, None)
    assert config.video == VideoRemediation(False, "blank", "#000000", {})
    assert config.output == OutputConfig(True, True)
    assert dict(config.detections) == {}


def test_everything_can_be_said() -> None:
    config = parse_config(
        MODELS
        + """\
version: 1
detectors:
  - {name: talk, type: speech, model: ears, categories: profanity, language: es, beam_size: 1, words: [rats]}
  - {name: look, type: nsfw, model: eyes, enabled: no, threshold: 0.7}
detections:
  profanity: {enabled: true, threshold: 0.25, min_duration: 250ms}
processing:
  frame_sampling: {strategy: uniform, sample_rate: 0.5}
  segment_merge: {enabled: true, merge_threshold: 1}
remediation:
  audio:
    {enabled: true, mode: bleep, categories: [Profanity], bleep_frequency: 880, padding: 100ms,
     other_tracks: drop}
  video: {enabled: true, mode: none, blank_color: "#F80", category_modes: {profanity: blank, Nudity: none}}
output: {format: json, include_confidence: false, pretty_print: false}
""",
        "c.yaml",
    )
    talk, look = config.detectors
    assert (talk.name, talk.type, talk.model, talk.categories, talk.enabled) == (
        "talk",
        "speech",
        "ears",
        ("Profanity",),
        True,
    )
    assert talk.parameters["language"] == "es"
    assert talk.parameters["beam_size"] == 1
    assert talk.parameters["words"] == ("rats",)
    assert talk.parameters["compute_type"] == "int8"
    assert (look.enabled, look.parameters["threshold"]) == (False, 0.7)
    assert look.categories == ("Nudity", "Sexual Theme")
    assert dict(config.detections) == {"Profanity": CategoryPolicy(True, 0.25, 0.25)}
    assert config.processing == Processing(0.5, 1.0)
    assert config.audio == AudioRemediation(True, "bleep", ("Profanity",), 880.0, 0.1, "drop")
    assert config.video == VideoRemediation(True, "none", "#ff8800", {"Profanity": "blank", "Nudity": "none"})
    assert config.output == OutputConfig(False, False)
    assert config.warnings == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("encoder: auto", ("auto", None)),
        ("preset: slow", ("software", "slow")),
        ("{encoder: libsvtav1, preset: 10}", ("libsvtav1", "10")),
        ("{encoder: libvpx-vp9, preset: veryfast}", ("libvpx-vp9", "veryfast")),
        ("{encoder: h264_nvenc, preset: p5}", ("h264_nvenc", "p5")),
    ],
)
def test_an_encoder_and_its_preset(text: str, expected: tuple[str, str | None]) -> None:
    config = parse_config(SPOKEN + f"remediation:\n  video:\n    {text}\n", "c.yaml")
    assert (config.video.encoder, config.video.preset) == expected


def test_a_category_is_hidden_in_its_own_way() -> None:
    config = parse_config(
        SPOKEN
        + """\
remediation:
  video:
    enabled: true
    mode: mosaic
    area: picture
    strength: 0.9
    category_modes:
      profanity: {mode: box, color: "#F80", area: boxes}
      Nudity: {strength: 0}
      Violence: none
""",
        "c.yaml",
    )
    assert (config.video.mode, config.video.area, config.video.strength) == ("mosaic", "picture", 0.9)
    assert dict(config.video.category_modes) == {"Profanity": "box", "Nudity": "mosaic", "Violence": "none"}
    assert dict(config.video.category_styles) == {
        "Profanity": PictureStyle("boxes", "#ff8800"),
        "Nudity": PictureStyle(strength=0.0),
    }


@pytest.mark.parametrize(
    ("detectors", "required"),
    [
        ("", ["ears", "eyes", "spare"]),
        ("detectors: []\n", ["ears", "eyes", "spare"]),
        ("detectors:\n" + SPEECH, ["ears"]),
        ("detectors:\n" + NSFW + SPEECH, ["ears", "eyes"]),
        ("detectors:\n" + SPEECH + "  - {name: b, type: nsfw, model: eyes, enabled: false}\n", ["ears"]),
        ("detectors:\n" + SPEECH + "  - {name: twin, type: speech, model: ears}\n", ["ears"]),
        ("detectors: [{name: s, type: scripted}]\n", []),
        ("detectors: [{name: s, type: speech, model: ears, enabled: false}]\n", []),
    ],
)
def test_a_run_needs_the_models_of_its_enabled_detectors(detectors: str, required: list[str]) -> None:
    config = parse_config(MODELS + detectors, "c.yaml")
    assert [spec.name for spec in config.required_models()] == required


def test_a_model_is_found_by_its_name() -> None:
    config = parse_config(MODELS, "c.yaml")
    found = config.model("eyes")
    assert found is config.models.sources[1]
    assert config.model("nose") is None


def test_values_cannot_be_changed() -> None:
    config = parse_config(SPOKEN, "c.yaml")
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.version = 2  # type: ignore[misc]
    with pytest.raises(TypeError):
        config.detectors[0].parameters["language"] = "fr"  # type: ignore[index]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("version: 2", "1:10: version: this program knows version 1 of the config, not '2'"),
        ("verison: 1", "1:1: unknown key 'verison'; did you mean 'version'?"),
        ("detections: [a]", "1:13: detections: keys with values are expected, not a list"),
        ("detections: {Nudity: yes}", "1:22: detections.Nudity: keys with values are expected, not 'yes'"),
        (
            "detections: {Nudity: {treshold: 1}}",
            "1:23: detections.Nudity: unknown key 'treshold'; did you mean 'thr",
        ),
        ("detections: {Nudity: {threshold: 1.5}}", "1:34: detections.Nudity.threshold: 1.5 is too large"),
        ("detections: {Nudity: {sensitivity: -1}}", "1:36: detections.Nudity.sensitivity: -1 is too small"),
        (
            "detections: {Nudity: {sensitivity: 0.5, threshold: 0.5}}",
            "1:36: detections.Nudity.sensitivity: keep it or `threshold`",
        ),
        ("detections: {Nudity: {}, nudity: {}}", "1:26: detections: 'Nudity' is given twice"),
        (
            "processing: {frame_sampling: {sample_rate: 0}}",
            "1:44: processing.frame_sampling.sample_rate: 0 is too",
        ),
        (
            "processing: {frame_sampling: {strategy: some}}",
            "1:41: processing.frame_sampling.strategy: 'some' is not",
        ),
        (
            "processing: {segment_merge: {merge_threshold: -1}}",
            "1:47: processing.segment_merge.merge_threshold: a dur",
        ),
        ("processing: {workers: 1}", "1:14: processing: unknown key 'workers'"),
        ("output: {format: xml}", "1:18: output.format: 'xml' is not one of json"),
        ("output: {pretty_print: 1}", "1:24: output.pretty_print: true or false is expected"),
        (
            "remediation: {audio: {mode: mute}}",
            "1:29: remediation.audio.mode: 'mute' is not one of silence, bleep",
        ),
        (
            "remediation: {audio: {bleep_frequency: 5}}",
            "1:40: remediation.audio.bleep_frequency: 5 is too small",
        ),
        ("remediation: {subtitles: {mask: ' '}}", "1:33: remediation.subtitles.mask: text is expected"),
        (
            'remediation: {subtitles: {mask: "a\\nb"}}',
            "1:33: remediation.subtitles.mask: text on one line is expected",
        ),
        (
            "remediation: {subtitles: {mask: '<b>x</b>'}}",
            "1:33: remediation.subtitles.mask: it must be without any of & < >",
        ),
        (
            f"remediation: {{subtitles: {{mask: {'x' * 41}}}}}",
            "1:33: remediation.subtitles.mask: it must not be longer than 40",
        ),
        ("remediation: {audio: {duck_level: 5}}", "1:35: remediation.audio.duck_level: 5 is too large"),
        ("remediation: {audio: {ramp: 2}}", "1:29: remediation.audio.ramp: 2 is too large"),
        ("remediation: {audio: {scope: left}}", "1:30: remediation.audio.scope: 'left' is not one of all"),
        (
            "remediation: {audio: {enabled: true, categories: [], category_modes: {Nudity: sound}}}",
            "1:22: remediation.audio: name the file that is to be heard, as `sound_file`",
        ),
        (
            "remediation: {audio: {enabled: true, categories: [], sound_file: /no/such.wav}}",
            "1:66: remediation.audio.sound_file: there is no file /no/such.wav",
        ),
        ("remediation: {audio: {padding: wide}}", "1:32: remediation.audio.padding: a duration such as"),
        (
            "remediation: {video: {mode: blnk}}",
            "1:29: remediation.video.mode: 'blnk' is not one of blank, box, mosaic,",
        ),
        (
            "remediation: {video: {blank_color: black}}",
            "1:36: remediation.video.blank_color: 'black' is not a colour",
        ),
        (
            "remediation:\n  video:\n    blank_color: #ff0000\n",
            "3:17: remediation.video.blank_color: put the colour in",
        ),
        (
            "remediation: {video: {category_modes: {Nudity: smudge}}}",
            "1:48: remediation.video.category_modes.Nudity: 'smudge' is not one of blank, box, mosaic,",
        ),
        (
            "remediation: {video: {category_modes: {Nudity: {mode: smudge}}}}",
            "1:55: remediation.video.category_modes.Nudity.mode: 'smudge' is not one of blank, box, mosaic,",
        ),
        (
            "remediation: {video: {category_modes: {Nudity: {colour: red}}}}",
            "1:49: remediation.video.category_modes.Nudity: unknown key 'colour'; did you mean 'color'?",
        ),
        (
            "remediation: {video: {category_modes: {Nudity: {color: '#12345'}}}}",
            "1:56: remediation.video.category_modes.Nudity.color: '#12345' is not a colour; write it as",
        ),
        (
            "remediation: {video: {category_modes: {Nudity: {strength: 2}}}}",
            "1:59: remediation.video.category_modes.Nudity.strength: 2 is too large",
        ),
        ("remediation: {video: {strength: -0.1}}", "1:33: remediation.video.strength: -0.1 is too small"),
        ("remediation: {video: {strength: much}}", "1:33: remediation.video.strength: "),
        (
            "remediation: {video: {category_modes: {Nudity: {area: face}}}}",
            "1:55: remediation.video.category_modes.Nudity.area: 'face' is not one of boxes, picture",
        ),
        (
            "remediation: {video: {encoder: h264_nvec}}",
            "1:32: remediation.video.encoder: 'h264_nvec' is no encoder of a copy; did you mean 'h264_nvenc'",
        ),
        ("remediation: {video: {encoder: flac}}", "1:32: remediation.video.encoder: 'flac' is no encoder"),
        (
            "remediation: {video: {preset: quick}}",
            "1:31: remediation.video.preset: 'quick' is no preset of software; they are ultrafast, superfast",
        ),
        (
            "remediation: {video: {encoder: libsvtav1, preset: 14}}",
            "1:51: remediation.video.preset: '14' is no preset of libsvtav1; they are ultrafast, superfast,",
        ),
        (
            "remediation: {video: {encoder: libx264, preset: 3}}",
            "1:49: remediation.video.preset: '3' is no preset of libx264",
        ),
        (
            "remediation: {video: {encoder: hevc_qsv, preset: 'p 4'}}",
            "1:50: remediation.video.preset: 'p 4' is no preset of hevc_qsv",
        ),
        ("remediation: {vidoe: {}}", "1:15: remediation: unknown key 'vidoe'; did you mean 'video'?"),
        (
            "video: {metadata_output: {skip_chaptesr: {}}}",
            "1:27: video.metadata_output: unknown key 'skip_chaptesr'; did you mean 'skip_chapters'?",
        ),
        ("detection: {nudity: {enabled: yes}}", "1:13: detection: unknown key 'nudity'; known: detectors"),
        ("detectors: {type: speech}", "1:12: detectors: a list is expected"),
        (
            "detectors: [{name: a}]",
            "1:13: detectors[0]: 'type' is missing: it is one of speech, subtitles, sound, nsfw, "
            "nudenet, clip, classifier, llava, scripted",
        ),
        (
            "detectors: [{type: spech}]",
            "1:20: detectors[spech].type: no detector type 'spech'; did you mean 'speech'?",
        ),
        (
            one("type: speech, model: earz"),
            "2:35: detectors[speech].model: no model 'earz' in models.sources or the catalogue; did you "
            "mean 'ears'?",
        ),
        (one("type: scripted, model: ears"), "2:37: detectors[scripted].model: a detector of type"),
        (one("type: nsfw, model: eyes, thresold: 1"), "2:39: detectors[nsfw]: unknown key 'thresold'"),
        (
            "detections: {Nudity: {threshold: 0.5, doubtful: 0.6}}",
            "1:49: detections.Nudity.doubtful: 0.6 is above `threshold`, which is 0.5",
        ),
        (one("type: nsfw, model: eyes, weak: 0.7"), "2:45: detectors[nsfw].weak: 0.7 is above `threshold`"),
        (one("type: nsfw, model: eyes, threshold: 2"), "2:50: detectors[nsfw].threshold: 2 is too"),
        (one("type: speech, model: ears, beam_size: 0"), "2:52: detectors[speech].beam_size: 0 is too"),
        (one("type: speech, model: ears, vad: 1"), "2:46: detectors[speech].vad: true or false"),
        (
            one("type: speech, model: ears, compute_type: int9"),
            "2:55: detectors[speech].compute_type: 'int9' is not one of int8",
        ),
        (
            one("type: speech, model: ears, tiers: [mild, srong]"),
            "2:55: detectors[speech].tiers: 'srong' is not known; did you mean 'strong'?",
        ),
        (
            one("type: speech, model: ears, word_file: gone.txt"),
            "2:52: detectors[speech].word_file: there is no file",
        ),
        (SPOKEN + SPEECH, "4:12: detectors[speech].name: the name 'speech' is used twice"),
        (
            SPOKEN + "remediation: {audio: {enabled: true, categories: [Profanty]}}",
            "4:50: remediation.audio.categories: no detector knows the category 'Profanty'; did you",
        ),
        (
            SPOKEN + "remediation: {video: {enabled: true, category_modes: {Nudty: blank}}}",
            "4:62: remediation.video.category_modes.Nudty: no detector knows the category 'Nudty'; did you",
        ),
    ],
)
def test_each_rule_has_its_place_and_its_sentence(text: str, expected: str) -> None:
    (problem,) = problems_of(text)
    assert problem.startswith(expected)


def test_all_mistakes_come_at_once_in_the_order_of_the_file() -> None:
    text = "\n".join(
        [
            "models:",
            "  ofline: true",
            "  sources:",
            "    - name: ../m",
            "      url: https://h.example/m",
            "detectors:",
            "  - {type: speech, model: nobody}",
            "proccessing: {}",
        ]
    )
    with pytest.raises(ConfigInvalid) as caught:
        parse_config(text, "c.yaml")
    places = [problem.split(": ")[0] for problem in caught.value.problems]
    assert places == ["c.yaml:2:3", "c.yaml:4:7", "c.yaml:4:13", "c.yaml:7:27", "c.yaml:8:1"]
    assert str(caught.value) == "\n".join(caught.value.problems)
    plain = caught.value.as_dict()
    assert plain["kind"] == "config"
    assert plain["what"] == "c.yaml has 5 mistakes"
    assert "docs/configuration.md" in plain["fix"]


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        (
            "remediation: {audio: {enabled: true}}",
            "c.yaml:1:22: remediation.audio: no `categories` are named, so nothing will be muted",
        ),
        (
            "detections: {Nudity: {enabled: true}}",
            "c.yaml:1:1: there are no `detectors`, so nothing is looked for",
        ),
        (
            SPOKEN + "detections: {Violence: {enabled: true}}",
            "c.yaml:4:24: detections.Violence: Violence is NOT looked for: "
            "no enabled detector has it among its `categories`",
        ),
        (
            SPOKEN + "remediation: {audio: {enabled: true, categories: [nudity]}}",
            "c.yaml:4:50: remediation.audio.categories: Nudity is NOT looked for: "
            "no enabled detector has it among its `categories`",
        ),
        (
            SPOKEN + "remediation: {video: {enabled: true, category_modes: {nudity: blank, violence: none}}}",
            "c.yaml:4:63: remediation.video.category_modes.nudity: Nudity is NOT looked for: "
            "no enabled detector has it among its `categories`",
        ),
        (
            "processing: {frame_sampling: {strategy: all}}",
            "c.yaml:1:31: processing.frame_sampling.strategy: has no effect: pictures are looked at "
            "`sample_rate` seconds apart, in each shot and where scores change",
        ),
    ],
)
def test_what_would_silently_do_nothing_is_a_warning(text: str, warning: str) -> None:
    assert parse_config(text, "c.yaml").warnings == (warning,)


@pytest.mark.parametrize("strategy", ["uniform", "scene_based"])
def test_a_strategy_that_is_followed_is_no_warning(strategy: str) -> None:
    assert parse_config(f"processing: {{frame_sampling: {{strategy: {strategy}}}}}", "c.yaml").warnings == ()


def test_a_category_that_is_switched_off_need_not_be_looked_for() -> None:
    config = parse_config(SPOKEN + "detections: {Violence: {enabled: false}}", "c.yaml")
    assert config.warnings == ()
    assert not config.detections["Violence"].enabled


def test_sensitivity_is_the_other_side_of_threshold() -> None:
    config = parse_config("detections: {Nudity: {enabled: false, sensitivity: 0.7}}", "c.yaml")
    assert config.detections["Nudity"].threshold == 0.3


@pytest.mark.parametrize(
    ("own", "asked", "expected"),
    [
        ("", "Nudity: {threshold: 0.3}", 0.3),
        ("", "Nudity: {sensitivity: 0.9}", 0.1),
        ("", "Nudity: {threshold: 0.3}, Sexual Theme: {threshold: 0.2}", 0.2),
        ("", "Nudity: {threshold: 0.8}", 0.5),
        ("", "Violence: {enabled: false, threshold: 0.1}", 0.5),
        (", threshold: 0.6", "Nudity: {threshold: 0.3}", 0.6),
    ],
)
def test_a_detector_goes_as_low_as_its_categories_ask(own: str, asked: str, expected: float) -> None:
    text = f"{MODELS}detectors: [{{type: nsfw, model: eyes{own}}}]\ndetections: {{{asked}}}\n"
    assert parse_config(text, "c.yaml").detectors[0].parameters["threshold"] == expected


def test_merging_switched_off_joins_only_what_touches() -> None:
    text = "processing: {segment_merge: {enabled: false, merge_threshold: 5}}"
    assert parse_config(text, "c.yaml").processing.merge_threshold == 0.0


def test_paths_of_a_detector_are_relative_to_the_config(tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("rats\n")
    path = tmp_path / "c.yaml"
    path.write_text(one("type: speech, model: ears, word_file: words.txt"))
    config = load_config(path)
    assert config.path == path
    assert config.detectors[0].parameters["word_file"] == str(tmp_path / "words.txt")


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_bytes(b"\xef\xbb\xbfversion: 1\r\nmodels: {offline: true}\r\n")
    assert load_config(path).models.network.offline


def test_a_file_that_is_not_utf_8_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_bytes("version: 1\n# Größe\n".encode("latin-1"))
    with pytest.raises(ConfigInvalid, match=r"c\.yaml:2:1: this line is not UTF-8"):
        load_config(path)


def test_a_file_that_cannot_be_read_is_an_error_of_use(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        load_config(tmp_path)


def test_a_mapping_is_as_good_as_a_file(tmp_path: Path) -> None:
    config = config_from_mapping(
        {
            "models": {
                "cache_dir": tmp_path,
                "sources": [
                    {"name": "m", "url": "https://h.example/m.bin", "checksum": "1" * 64, "size_bytes": 7}
                ],
            },
            "detections": {"nudity": {"enabled": False}},
        }
    )
    assert config.path is None
    assert config.models.sources[0].files[0].size == 7
    assert str(config.models.sources[0].files[0].checksum) == "sha256:" + "1" * 64
    assert not config.detections["Nudity"].enabled


def test_the_mistakes_of_a_mapping_have_no_lines() -> None:
    with pytest.raises(ConfigInvalid) as caught:
        config_from_mapping({"models": {"sources": [{"name": "m", "repo": "a b"}], "extra": object}})
    assert caught.value.problems[0].startswith("<mapping>: not a value for a config")
    with pytest.raises(ConfigInvalid) as caught:
        config_from_mapping({"models": {"sources": [{"name": "m", "repo": "a b"}]}})
    assert caught.value.problems == (
        "<mapping>: models.sources[m].repo: 'a b' is not a repository; write it as owner/name",
    )


NEEDED = "models: {sources: [{name: ears, repo: a/ears, fallback: [spare]}, {name: spare, repo: oo/p/s}]}\n"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(NEEDED, id="without detectors, all are needed"),
        pytest.param(NEEDED + "detectors: [{type: speech, model: spare}]\n", id="a detector's own"),
        pytest.param(NEEDED + "detectors: [{type: speech, model: ears}]\n", id="what it falls back to"),
        pytest.param(NEEDED + "detectors: [{type: scripted}]\noutptu: {}\n", id="beside another mistake"),
    ],
)
def test_a_mistake_in_a_source_that_is_needed_is_a_mistake(text: str) -> None:
    assert any("'oo/p/s' is not a repository" in problem for problem in problems_of(text))


@pytest.mark.parametrize(
    ("detector", "warning"),
    [
        ("type: nsfw, model: eyes, categories: [Violence, Nudity]", "Violence is NOT looked for"),
        ("type: speech, model: ears, categories: nudity", "Nudity is NOT looked for"),
        ("type: speech, model: ears, categories: [Profanity, Slurs]", ""),
        ("type: scripted, categories: [Violence]", ""),
    ],
)
def test_what_a_type_cannot_find_is_not_promised(detector: str, warning: str) -> None:
    warnings = parse_config(one(detector), "c.yaml").warnings
    assert [warning in each for each in warnings] == ([True] if warning else [])


def test_what_a_detector_needs_of_a_worker() -> None:
    text = (
        MODELS
        + """\
detectors:
  - {name: a, type: speech, model: ears, needs: {gpu: 1, memory: 4e9}}
  - {name: b, type: nsfw, model: eyes, needs: {gpu: 2}}
  - {name: c, type: nsfw, model: eyes, enabled: no, needs: {gpu: 8}}
"""
    )
    config = parse_config(text, "c.yaml")
    assert [dict(each.needs) for each in config.detectors] == [
        {"gpu": 1, "memory": 4e9},
        {"gpu": 2},
        {"gpu": 8},
    ]
    assert config.needs() == {"gpu": 2, "memory": 4e9}


@pytest.mark.parametrize(
    ("needs", "problem"),
    [
        ("gpu", "keys with values are expected"),
        ("{gpu: }", "how much of 'gpu' is missing; write 1"),
        ("{gpu: much}", "a number is expected"),
        ("{gpu: -1}", "-1 is too small; the least is 0"),
    ],
)
def test_what_a_detector_cannot_need(needs: str, problem: str) -> None:
    (told,) = problems_of(one(f"name: a, type: speech, model: ears, needs: {needs}"))
    assert problem in told
