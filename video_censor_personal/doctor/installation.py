"""The program itself: Python, the packages that it needs, and those that only some of its parts need."""

from __future__ import annotations

import platform
import socket
import sys
from collections.abc import Iterator
from importlib import metadata

from packaging.requirements import Requirement

from video_censor_personal import __version__
from video_censor_personal.config import Config
from video_censor_personal.doctor.check import Check

DISTRIBUTION = "video-censor-personal"
_EXTRAS = {
    "cuda": "models on an NVIDIA graphics card",
    "cluster": "films on several machines",
    "vlm": "a vision language model on this machine",
}
_AGAIN = f"Install the program anew: pip install --force-reinstall {DISTRIBUTION}"


def look_at_installation(config: Config | None) -> Iterator[Check]:
    """Look at Python, the program and its packages."""
    system = f"{platform.system()} {platform.machine()}"
    yield Check("Python", "ok", f"{platform.python_version()}, {sys.executable}, {system}")
    try:
        required = [Requirement(text) for text in metadata.requires(DISTRIBUTION) or ()]
    except metadata.PackageNotFoundError:
        yield Check(
            "Program",
            "warning",
            f"{__version__}, used without being installed: its packages cannot be compared",
            "Install it: pip install .",
        )
        return
    yield Check("Program", "ok", f"{DISTRIBUTION} {metadata.version(DISTRIBUTION)}")
    core = [each for each in required if each.marker is None or each.marker.evaluate({"extra": ""})]
    yield _packages("Packages", core)
    for extra, what in _EXTRAS.items():
        of_extra = [each for each in required if each not in core and _belongs(each, extra)]
        yield _extra(extra, what, of_extra, is_needed=extra in needed_extras(config))


def needed_extras(config: Config | None) -> frozenset[str]:
    """Return the names of the extras without which this config cannot be carried out."""
    if config is None:
        return frozenset()
    library, needed = config.library, set()
    if library is not None and library.runner != "local":
        needed.add("cluster")
    for detector in config.detectors:
        if detector.enabled and detector.type == "llava" and detector.parameters.get("endpoint") is None:
            needed.add("vlm")
    return frozenset(needed)


def look_at_review_page() -> Iterator[Check]:
    """See whether the page in the browser could be served."""
    try:
        import starlette
        import uvicorn

        del starlette, uvicorn
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
    except ImportError as error:
        yield Check("Review page", "failed", f"a package cannot be used: {error}", _AGAIN)
    except OSError as error:
        yield Check(
            "Review page",
            "failed",
            f"this machine does not let a program serve a page to itself: {error.strerror}",
            "Allow connections to 127.0.0.1; in a container, bring its loopback interface up",
        )
    else:
        yield Check("Review page", "ok", "can be served to the browser of this machine")


def _belongs(requirement: Requirement, extra: str) -> bool:
    return requirement.marker is not None and requirement.marker.evaluate({"extra": extra})


def _packages(name: str, required: list[Requirement]) -> Check:
    wrong = [why for each in required if (why := _why_wrong(each)) is not None]
    if wrong:
        return Check(name, "failed", "; ".join(wrong), _AGAIN)
    return Check(name, "ok", f"all {len(required)} that are needed are there")


def _extra(extra: str, what: str, required: list[Requirement], *, is_needed: bool) -> Check:
    name = f"Extra {extra}"
    wrong = [why for each in required if (why := _why_wrong(each)) is not None]
    how = f"pip install '{DISTRIBUTION}[{extra}]'"
    if not required:
        return Check(name, "ok", f"is not for this kind of machine; it is for {what}")
    if not wrong:
        return Check(name, "ok", f"is installed: {what}")
    if is_needed:
        return Check(name, "failed", f"the config needs it, for {what}: {'; '.join(wrong)}", f"Run {how}")
    if len(wrong) < len(required):
        return Check(name, "warning", f"is there in part: {'; '.join(wrong)}", f"For {what}, run {how}")
    return Check(name, "ok", f"is not installed, and not needed; it is for {what}")


def _why_wrong(requirement: Requirement) -> str | None:
    try:
        there = metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        return f"{requirement.name} is missing"
    if requirement.specifier.contains(there, prereleases=True):
        return None
    return f"{requirement.name} is {there}, and {requirement.specifier} is needed"
