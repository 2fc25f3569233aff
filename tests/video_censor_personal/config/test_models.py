"""The settings of `models`: where they are kept, and how the network is used."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.video_censor_personal.config.problems import problems_of
from video_censor_personal.config import load_config, parse_config


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("models: [a]", "1:9: models: keys with values are expected, not a list"),
        ("models: {ofline: true}", "1:10: models: unknown key 'ofline'; did you mean 'offline'?"),
        (
            "models: {network: {retrys: 1}}",
            "1:20: models.network: unknown key 'retrys'; did you mean 'retries'?",
        ),
        ("models: {network: {retries: -1}}", "1:29: models.network.retries: -1 is too small"),
        ("models: {network: {connections: 0}}", "1:33: models.network.connections: 0 is too small"),
        ("models: {network: {backoff: [2, x]}}", "1:33: models.network.backoff: a number is expected"),
        ("models: {network: {max_rate: fast}}", "1:30: models.network.max_rate: a number of bytes"),
        ("models: {network: {connect_timeout: 0}}", "1:37: models.network.connect_timeout: 0 is too small"),
        ("models: {max_size: 0}", "1:20: models.max_size: 0 is too small"),
        (
            "models: {cache_dir: $NOT_SET_HERE/x}",
            "1:21: models.cache_dir: the environment variable $NOT_SET_HERE is",
        ),
        (
            "models: {cache_dir: ~nobody-has-this-name/m}",
            "1:21: models.cache_dir: there is no home folder for '~no",
        ),
        ("models: {sources: {name: m}}", "1:19: models.sources: a list is expected"),
    ],
)
def test_each_setting_of_models(text: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOT_SET_HERE", raising=False)
    monkeypatch.delenv("VIDEO_CENSOR_CACHE_DIR", raising=False)
    (problem,) = problems_of(text)
    assert problem.startswith(expected)


def test_network_settings_are_read() -> None:
    text = (
        "models:\n  max_size: 20Gi\n  network: {connect_timeout: 500ms, idle_timeout: 1min, retries: 5, "
        "backoff: [1, 2.5], connections: 4, max_rate: 5M}\n"
    )
    models = parse_config(text, "c.yaml").models
    network = models.network
    assert models.max_size == 20 * 1024**3
    assert (network.connect_timeout, network.idle_timeout, network.retries) == (0.5, 60.0, 5)
    assert (network.backoff, network.connections, network.max_rate) == ((1.0, 2.5), 4, 5_000_000)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("models: {offline: true}", True),
        ("models: {offline: true, network: {retries: 1}}", True),
        ("models: {offline: false}", False),
        ("version: 1", False),
    ],
)
def test_offline(text: str, expected: bool) -> None:
    assert parse_config(text, "c.yaml").models.network.offline is expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("/srv/models", "/srv/models"),
        ("~/m", "/home/someone/m"),
        ("${PLACE}/m", "/data/m"),
        ("store", "{config}/store"),
        ("null", "/home/someone/.cache/video-censor/models"),
    ],
)
def test_where_models_are_kept(
    written: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("HOME", "/home/someone"), ("PLACE", "/data")):
        monkeypatch.setenv(name, value)
    for name in ("VIDEO_CENSOR_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "c.yaml"
    path.write_text(
        f"models: {{cache_dir: {written}}}\n" if "{" not in written else f"models:\n  cache_dir: {written}\n"
    )
    assert load_config(path).models.cache_dir == Path(expected.replace("{config}", str(tmp_path)))
    monkeypatch.setenv("VIDEO_CENSOR_CACHE_DIR", "~/wins")
    assert load_config(path).models.cache_dir == Path("/home/someone/wins")
