"""What is looked at on this machine stays on it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.file_host import sha256
from tests.support.programs import command, run
from tests.support.small_onnx import small_onnx


def after_importing(code: str, folder: Path) -> list[str]:
    """Return what a program leaves in its user's cache."""
    folder.mkdir()
    places = dict.fromkeys(("XDG_CACHE_HOME", "HOME", "TMPDIR"), str(folder))
    done = run([sys.executable, "-c", code], folder, **places)
    assert done.code == 0, done.err
    return sorted(path.name for path in folder.rglob("*"))


def test_onnxruntime_makes_no_number_for_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ORT_DISABLE_TELEMETRY", raising=False)  # set by what this process has imported
    ours = "from video_censor_personal.detectors.devices import onnx_devices; onnx_devices()"
    assert after_importing(ours, tmp_path / "ours") == []
    if "deviceid" not in after_importing("import onnxruntime", tmp_path / "bare"):
        pytest.skip("this onnxruntime has no telemetry")


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_a_film_is_cleaned_without_a_connection(
    tmp_path: Path, film_folder: Path, config_file: Callable[..., Path]
) -> None:
    network = small_onnx()
    (tmp_path / "eyes.onnx").write_bytes(network)
    source = {"name": "eyes", "url": f"file:{tmp_path}/eyes.onnx", "checksum": sha256(network)}
    detectors = [{"name": "eyes", "type": "nsfw", "model": "eyes"}, {"type": "subtitles"}]
    config = config_file(source, detectors=detectors, remediation={"video": {"enabled": True}})
    clean = command("film.mp4", "--download-models", "--offline", "--config", config)
    trace = tmp_path / "trace"
    traced = ["strace", "-f", "-qq", "-e", "trace=connect,sendto,sendmmsg", "-o", str(trace), *clean]
    done = run(traced, film_folder)
    if "ptrace" in done.err:
        pytest.skip("programs may not be traced here")
    assert done.code == 0, done.err
    assert [line for line in trace.read_text().splitlines() if "AF_INET" in line or "sin_port" in line] == []
