from __future__ import annotations

from pathlib import Path

import pytest

from modeltasks.sources import parse_source
from modeltasks.sources.huggingface import HubSource
from modeltasks.sources.pip_wheels import PipWheels
from modeltasks.spec import Checksum, FilePart, HubRef, ModelFile
from modeltasks.support.cancel import CancelToken
from tests.video_censor_personal.config.problems import problems_of
from video_censor_personal.config import config_from_mapping, load_config, parse_config

WHEELS = PipWheels(Path("never-made"), CancelToken())
A = "a" * 64
B = "b" * 64
HEAD = "models:\n  sources:\n"


def entry(text: str) -> str:
    """A source whose keys begin on line 3, column 7."""
    lines = text.strip("\n").splitlines()
    return HEAD + "    - " + "\n      ".join(lines) + "\n"


HUB = "name: m\nrepo: a/b"
SHORT = f"name: m\nurl: https://h.example/m.onnx\nchecksum: {A}"


def test_the_long_form() -> None:
    config = parse_config(
        entry(
            f"""
name: whisper
repo: Systran/faster-whisper-tiny.en
revision: 0d3d19a32d3338f10357c0889762bd8d64bbdeba
files:
  - {{path: model.bin, checksum: "sha256:{A}", size: 75537502}}
  - {{path: sub/config.json, checksum: {B}}}
mirrors: ["wheel:some-models==0.1.0/some/model/", "https://h.example/w/"]
license: MIT
allow_pickle: true
"""
        ),
        "c.yaml",
    )
    spec = config.model("whisper")
    assert spec is not None
    assert spec.hub == HubRef("Systran/faster-whisper-tiny.en", "0d3d19a32d3338f10357c0889762bd8d64bbdeba")
    assert spec.files == (
        ModelFile("model.bin", Checksum("sha256", A), 75537502),
        ModelFile("sub/config.json", Checksum("sha256", B), None),
    )
    assert spec.sources == (
        "hf:Systran/faster-whisper-tiny.en@0d3d19a32d3338f10357c0889762bd8d64bbdeba/",
        "wheel:some-models==0.1.0/some/model/",
        "https://h.example/w/",
    )
    assert (spec.license, spec.allow_pickle, spec.optional, spec.on_unavailable) == (
        "MIT",
        True,
        False,
        "fail",
    )


def test_the_short_form_is_the_original_s() -> None:
    config = parse_config(
        entry(
            f"""
name: open-nsfw
url: https://h.example/dir/open%20nsfw.onnx?download=true
checksum: {A}
algorithm: sha256
size_bytes: 23590724
optional: true
"""
        ),
        "c.yaml",
    )
    spec = config.model("open-nsfw")
    assert spec is not None
    assert spec.files == (ModelFile("open nsfw.onnx", Checksum("sha256", A), 23590724),)
    assert spec.sources == ("https://h.example/dir/open%20nsfw.onnx?download=true",)
    assert spec.hub is None
    assert spec.optional


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (f"checksum: {A}", Checksum("sha256", A)),
        (f"checksum: sha256:{A}", Checksum("sha256", A)),
        (f'checksum: "SHA256:{A.upper()}"', Checksum("sha256", A)),
        (f"checksum: {'1' * 64}", Checksum("sha256", "1" * 64)),
        (f"checksum: 12e45{'0' * 59}", Checksum("sha256", "12e45" + "0" * 59)),
        (f"checksum: {'c' * 128}\nalgorithm: sha512", Checksum("sha512", "c" * 128)),
        (f"checksum: git-sha1:{'d' * 40}", Checksum("git-sha1", "d" * 40)),
    ],
)
def test_a_checksum_in_all_its_forms(given: str, expected: Checksum) -> None:
    config = parse_config(entry(f"name: m\nurl: https://h.example/m.onnx\n{given}"), "c.yaml")
    assert config.models.sources[0].files[0].checksum == expected


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://h.example/a/b.onnx", "b.onnx"),
        ("https://h.example", "m"),
        ("https://h.example/a/..%2Fescape", "m"),
        ("https://h.example/a/nul.onnx", "m"),
        ("wheel:some-models==1.0/pkg/b.onnx", "b.onnx"),
        ("hf:owner/name@main/onnx/b.onnx", "b.onnx"),
        ("file:/srv/models/b.onnx", "b.onnx"),
    ],
)
def test_the_file_of_a_url_is_its_last_part_if_that_is_safe(url: str, path: str) -> None:
    config = parse_config(entry(f"name: m\nurl: {url}\nchecksum: {A}"), "c.yaml")
    assert config.models.sources[0].files[0].path == path
    assert config.models.sources[0].sources == (url,)


@pytest.mark.parametrize("size", ["size_bytes: 0", "size_bytes: null", ""])
def test_a_size_of_nothing_is_unknown(size: str) -> None:
    config = parse_config(entry(f"{SHORT}\n{size}"), "c.yaml")
    assert config.models.sources[0].files[0].size is None


def test_a_repository_without_files_leaves_them_to_the_registry() -> None:
    text = 'name: m\nrepo: owner/name\nrevision: refs/pr/5\ninclude: ["*.onnx"]\nexclude: big.onnx'
    spec = parse_config(entry(text), "c.yaml").models.sources[0]
    assert (spec.files, spec.include, spec.exclude) == ((), ("*.onnx",), ("big.onnx",))
    assert spec.hub == HubRef("owner/name", "refs/pr/5")
    assert spec.sources == ("hf:owner/name@refs%2Fpr%2F5/",)


@pytest.mark.parametrize("revision", ["v1", "refs/pr/5", "a%20b", "ünï", "a#b"])
def test_the_source_of_a_repository_names_the_revision_that_is_asked_for(revision: str) -> None:
    spec = parse_config(entry(f"{HUB}\nrevision: {revision}"), "c.yaml").models.sources[0]
    assert parse_source(spec.sources[0]) == HubSource("a/b", revision)


def test_without_a_revision_it_is_main() -> None:
    spec = parse_config(entry("name: m\nrepo: owner/name"), "c.yaml").models.sources[0]
    assert spec.hub == HubRef("owner/name", "main")


def test_a_folder_by_url_has_files() -> None:
    files = f"  - {{path: a, checksum: {A}}}\n  - {{path: b, checksum: {B}}}"
    text = f"name: m\nurl: https://h.example/dir/\nfiles:\n{files}"
    spec = parse_config(entry(text), "c.yaml").models.sources[0]
    assert [file.path for file in spec.files] == ["a", "b"]
    assert spec.sources == ("https://h.example/dir/",)


def test_local_sources_are_relative_to_the_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/someone")
    path = tmp_path / "c.yaml"
    path.write_text(entry(f"{SHORT}\nmirrors: [file:models/m 1.onnx, file:~/m.onnx, file:/srv/m.onnx]"))
    spec = load_config(path).models.sources[0]
    assert spec.sources[1:] == (
        (tmp_path / "models/m 1.onnx").as_uri(),
        "file:///home/someone/m.onnx",
        "file:/srv/m.onnx",
    )


def test_fallbacks_and_what_to_do_without_the_source() -> None:
    one = "    - {name: one, repo: o/one, fallback: [two, three]}\n"
    two = "    - {name: two, repo: o/two, fallback: three, on_unavailable: fail}\n"
    three = "    - {name: three, repo: o/three}\n"
    config = parse_config("models:\n  on_unavailable: fallback\n  sources:\n" + one + two + three, "c.yaml")
    assert [spec.fallback for spec in config.models.sources] == [("two", "three"), ("three",), ()]
    assert [spec.on_unavailable for spec in config.models.sources] == ["fallback", "fail", "fallback"]


def test_parts_and_archive_members(tmp_path: Path) -> None:
    text = entry(
        f"""
name: m
files:
  - path: f
    checksum: {A}
    parts:
      - {{url: "wheel:p==1/d/f.1", checksum: "sha512:{B}{B}", size: 3}}
      - {{url: "file:half/b.zip!/f.2", checksum: {B}, algorithm: sha256, size: 4}}
mirrors: ["file:all.zip!/in/", "wheel:p==1/x.zip!/in/"]
"""
    )
    (tmp_path / "wow!").mkdir()
    path = tmp_path / "wow!" / "c.yaml"
    path.write_text(text)
    (spec,) = load_config(path).models.sources
    here = path.parent.as_uri()
    assert spec.sources == (f"{here}/all.zip!/in/", "wheel:p==1/x.zip!/in/")
    (file,) = spec.files
    assert file.size == 7
    assert file.parts == (
        FilePart("wheel:p==1/d/f.1", Checksum("sha512", B + B), 3),
        FilePart(f"{here}/half/b.zip!/f.2", Checksum("sha256", B), 4),
    )
    assert parse_source(spec.sources[0]).mirror(file, WHEELS).label == f"file:{path.parent}/all.zip!/in/f"


@pytest.mark.parametrize(
    ("accepted", "terms"), [("", "give the source"), ("AGPL-3.0", None), ("[MIT, agpl-3.0]", None)]
)
def test_a_licence_that_was_accepted_has_no_terms_any_more(accepted: str, terms: str | None) -> None:
    text = entry(f"{SHORT}\nlicense: AGPL-3.0\nlicense_terms: give the source")
    models = parse_config(text.replace("models:", f"models:\n  accept_licenses: {accepted}"), "c.yaml").models
    assert models.sources[0].license_terms == terms


FILE = f"{{path: f, checksum: {A}}}"
PART = f"{{url: https://h.example/1, checksum: {A}, size: 3}}"


def in_parts(parts: str, more: str = "") -> str:
    """An entry whose parts begin on line 6, column 28."""
    return f"{HUB}\nfiles:\n  - {{path: f, parts: {parts}, checksum: {A}{more}}}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"url: https://h.example/m\nchecksum: {A}", "3:7: models.sources[0]: 'name' is missing"),
        (
            f"name: ../m\nurl: https://h.example/m\nchecksum: {A}",
            "3:13: models.sources[0].name: '../m' cannot be",
        ),
        (
            f"name: .m\nurl: https://h.example/m\nchecksum: {A}",
            "3:13: models.sources[0].name: '.m' cannot be",
        ),
        (
            f"name: CON\nurl: https://h.example/m\nchecksum: {A}",
            "3:13: models.sources[0].name: 'CON' cannot be",
        ),
        ("name: m", "3:7: models.sources[m]: `repo` (Hugging Face) or `url` is missing"),
        (f"{SHORT}\nrepo: a/b", "4:12: models.sources[m].url: give either `repo`"),
        ("name: m\nurl: https://h.example/m", "3:7: models.sources[m]: 'checksum' is missing: take it from"),
        (
            "name: m\nurl: https://h.example/m\nchecksum: abc",
            "5:17: models.sources[m].checksum: checksum 'abc' is not a",
        ),
        (
            f"{SHORT}\nalgorithm: sha257",
            "5:17: models.sources[m].checksum: checksum algorithm 'sha257' is not known",
        ),
        (
            f"name: m\nurl: https://h.example/m\nchecksum: sha256:{A}\nalgorithm: sha512",
            "6:18: models.sources[m].algorithm: 'sha512' contradicts the checksum, which says sha256",
        ),
        (f"{SHORT}\nsize_bytes: -1", "6:19: models.sources[m].size_bytes: -1 is too small"),
        (f"{SHORT}\nsize_bytes: 1.5", "6:19: models.sources[m].size_bytes: a whole number is expected"),
        (f"{SHORT}\nsize_bytes: lots", "6:19: models.sources[m].size_bytes: a whole number is expected"),
        (f"{SHORT}\noptional: maybe", "6:17: models.sources[m].optional: true or false is expected"),
        (f"{SHORT}\nchekcsum: x", "6:7: models.sources[m]: unknown key 'chekcsum'; did you mean 'checksum'?"),
        (f"{SHORT}\nsize: 5", "6:7: models.sources[m]: unknown key 'size'; did you mean 'size_bytes'?"),
        (f"{SHORT}\nrevision: main", "6:17: models.sources[m].revision: it belongs to a model with `repo`"),
        (f"{SHORT}\ninclude: x", "6:16: models.sources[m].include: it belongs to a model with `repo`"),
        (
            f"name: m\nurl: ftp://h.example/m\nchecksum: {A}",
            "4:12: models.sources[m].url: 'ftp://h.example/m' is not a source",
        ),
        (
            f"name: m\nurl: https:///m\nchecksum: {A}",
            "4:12: models.sources[m].url: 'https:///m' is not a URL",
        ),
        (
            "name: m\nurl: https://h.example/d/",
            "4:12: models.sources[m].url: it ends with '/', so it is a folder",
        ),
        (
            f"{SHORT}\nmirrors: [wheel:a/b]",
            "6:17: models.sources[m].mirrors: 'wheel:a/b' is not a file of a wheel",
        ),
        (
            f"{SHORT}\nmirrors:\n  - https://h.example/m\n  - nonsense",
            "8:11: models.sources[m].mirrors: 'nonsense' is not",
        ),
        (
            "name: m\nrepo: https://h.example/a/b",
            "4:13: models.sources[m].repo: 'https://h.example/a/b' is not a repository",
        ),
        (
            "name: m\nrepo: a--b",
            "4:13: models.sources[m].repo: 'a--b' is not a repository; write it as owner/name",
        ),
        (f"{HUB}\nrevision: ../x", "5:17: models.sources[m].revision: '../x' is not a commit, tag or branch"),
        (f"{HUB}\nrevision: a b", "5:17: models.sources[m].revision: 'a b' is not a commit"),
        (f"{HUB}\nchecksum: {A}", "5:17: models.sources[m].checksum: it describes the one file of a `url`"),
        (
            f"{HUB}\nfiles: [{FILE}]\nsize_bytes: 3",
            "6:19: models.sources[m].size_bytes: it describes the one file",
        ),
        (f"{HUB}\nfiles: [{FILE}]\ninclude: x", "6:16: models.sources[m].include: it chooses among"),
        (f"{HUB}\nfiles: []", "5:14: models.sources[m].files: the list is empty"),
        (f"{HUB}\nfiles: [f]", "5:15: models.sources[m].files[0]: keys with values are expected"),
        (f"{HUB}\nfiles: [{{path: f}}]", "5:15: models.sources[m].files[0]: 'checksum' is missing"),
        (f"{HUB}\nfiles: [{{checksum: {A}}}]", "5:15: models.sources[m].files[0]: 'path' is missing"),
        (
            f"{HUB}\nfiles: [{{path: ../f, checksum: {A}}}]",
            "5:22: models.sources[m].files[0].path: '../f' cannot be a file of a model",
        ),
        (
            f"{HUB}\nfiles:\n  - {FILE}\n  - {FILE}",
            "7:18: models.sources[m].files[1].path: 'f' is listed twice",
        ),
        (
            f"{HUB}\nfiles:\n  - {FILE}\n  - {{path: F, checksum: {A}}}",
            "7:18: models.sources[m].files[1].path: 'F' differs from 'f' only by case",
        ),
        (
            f"{HUB}\nfiles:\n  - {FILE}\n  - {{path: F/g, checksum: {A}}}",
            "7:18: models.sources[m].files[1].path: 'F/g' and 'f' cannot both be there",
        ),
        (
            f"{HUB}\nfiles:\n  - {FILE}\n  - {{path: g, checksum: {A}}}\nmirrors: [https://h.example/x]",
            "8:17: models.sources[m].mirrors: 'https://h.example/x' is one file, but the model has several",
        ),
        (
            f"{HUB}\nmirrors: https://h.example/x",
            "5:16: models.sources[m].mirrors: 'https://h.example/x' is one file",
        ),
        (in_parts("[]"), "6:28: models.sources[m].files[0].parts: the list is empty"),
        (in_parts("x"), "6:28: models.sources[m].files[0].parts: a list is expected"),
        (in_parts("[x]"), "6:29: models.sources[m].files[0].parts[0]: keys with values are expected"),
        (
            in_parts(f"[{PART}, {{checksum: {A}, size: 3}}]"),
            "6:142: models.sources[m].files[0].parts[1]: 'url' is missing",
        ),
        (
            in_parts("[{url: https://h.example/1, size: 3}]"),
            "6:29: models.sources[m].files[0].parts[0]: 'checksum' is missing",
        ),
        (
            in_parts(f"[{{url: https://h.example/1, checksum: {A}}}]"),
            "6:29: models.sources[m].files[0].parts[0]: 'size' is missing",
        ),
        (
            in_parts(f"[{{url: https://h.example/1, checksum: {A}, size: 0}}]"),
            "6:138: models.sources[m].files[0].parts[0].size: 0 is too small",
        ),
        (
            in_parts(f"[{{url: https://h.example/1, checksum: {A}, sizes: 1, size: 1}}]"),
            "6:132: models.sources[m].files[0].parts[0]: unknown key 'sizes'; did you mean 'size'?",
        ),
        (
            in_parts(f"[{{url: https://h.example/, checksum: {A}, size: 3}}]"),
            "6:35: models.sources[m].files[0].parts[0].url: 'https://h.example/' is a folder",
        ),
        (
            in_parts(f"[{{url: ftp://h.example/1, checksum: {A}, size: 3}}]"),
            "6:35: models.sources[m].files[0].parts[0].url: 'ftp://h.example/1' is not a source",
        ),
        (
            in_parts(f"[{{url: 'https://h.example/a.zip!/1', checksum: {A}, size: 3}}]"),
            "6:35: models.sources[m].files[0].parts[0].url: 'https://h.example/a.zip!/1' names a file in an",
        ),
        (
            in_parts(f"[{PART}, {PART}]", ", size: 7"),
            "6:338: models.sources[m].files[0].size: 7 is not the size of its parts together, which is 6",
        ),
        (
            f"name: m\nfiles:\n  - {FILE}",
            "3:7: models.sources[m]: `repo` (Hugging Face) or `url` is missing",
        ),
        (f"{SHORT}\nlicense_terms: x", "6:22: models.sources[m].license_terms: `license` is missing"),
        (f"{HUB}\nfallback: [n]", "5:18: models.sources[m].fallback: no model 'n'; none is known"),
        (f"{HUB}\nfallback: m", "5:17: models.sources[m].fallback: 'm' leads back to 'm' itself"),
        (f"{HUB}\non_unavailable: retry", "5:23: models.sources[m].on_unavailable: 'retry' is not one of"),
        (f"{HUB}\non_unavailable: fallback", "5:23: models.sources[m].on_unavailable: 'fallback' needs"),
    ],
)
def test_each_rule_of_a_source_has_its_place_and_its_sentence(text: str, expected: str) -> None:
    (problem,) = problems_of(entry(text))
    assert problem.startswith(expected)


def test_a_wrong_name_is_told_of_once_though_others_use_it() -> None:
    text = (
        "models:\n  sources:\n    - {name: a b, repo: a/b}\n    - {name: c, repo: a/c, fallback: [a b]}\n"
        "detectors:\n  - {name: d, type: speech, model: a b, categories: [Profanity]}\n"
    )
    (problem,) = problems_of(text)
    assert problem.startswith("3:14: models.sources[0].name: 'a b' cannot be the name of a model")


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        (
            "    - {name: m, repo: a/b}\n    - {name: m, repo: a/c}\n",
            ["4:14: models.sources[m].name: the name 'm' is used twice"],
        ),
        (
            "    - {name: m, repo: a/b}\n    - {name: M, repo: a/c}\n",
            ["4:14: models.sources[M].name: the name 'M' differs from 'm' only by case"],
        ),
        (
            "    - {name: one, repo: a/b, fallback: two}\n    - {name: two, repo: a/c, fallback: one}\n",
            [
                "3:40: models.sources[one].fallback: 'two' leads back to 'one' itself",
                "4:40: models.sources[two].fallback: 'one' leads back to 'two' itself",
            ],
        ),
        (
            "    - {name: whisper-base, repo: a/b}\n    - {name: two, repo: a/c, fallback: wisper-base}\n",
            ["4:40: models.sources[two].fallback: no model 'wisper-base'; did you mean 'whisper-base'?"],
        ),
    ],
)
def test_sources_among_each_other(sources: str, expected: list[str]) -> None:
    assert problems_of(HEAD + sources) == expected


@pytest.mark.parametrize(
    ("checksum", "warned"),
    [("md5:" + "a" * 32, "md5"), ("sha1:" + "a" * 40, "sha1"), ("sha256:" + "a" * 64, None)],
)
@pytest.mark.parametrize("form", ["url", "files"])
def test_a_weak_checksum_is_warned_of(checksum: str, warned: str | None, form: str) -> None:
    of_file = (
        {"checksum": checksum} if form == "url" else {"files": [{"path": "m.onnx", "checksum": checksum}]}
    )
    url = "https://h.example/m.onnx" if form == "url" else "https://h.example/"
    config = config_from_mapping(
        {"version": 1, "models": {"sources": [{"name": "m", "url": url, **of_file}]}}
    )
    weak = [warning for warning in config.warnings if "is weak" in warning]
    assert len(weak) == (warned is not None)
    assert all(f"{warned} is weak" in warning for warning in weak)
