"""The models that a config needs: whether they are in place, and could be had if they were not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from modeltasks.report.display import size_text
from modeltasks.settings import offline_switch
from modeltasks.spec import ModelSpec
from video_censor_personal.commands import accept_first, fetch_command
from video_censor_personal.doctor.check import Check, State, from_failure
from video_censor_personal.doctor.sources import ModelReport, ModelRequest, SourceReport, ask_sources
from video_censor_personal.model_manager import ModelManager

_CLOCK_OFF = 3600.0
"""Seconds by which a clock may differ: certificates are for weeks, signed addresses for minutes to hours."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a model stands.

    Args:
        spec: the entry, with its files as far as they are known.
        why: why it is not known to be in place; None where it is.
        is_needed: a run cannot do without it, and nothing else can take its place.
        is_open: only its hub knows which files it has.
    """

    spec: ModelSpec
    why: str | None
    is_needed: bool
    is_open: bool

    @property
    def is_missing(self) -> bool:
        """Whether something of it has to be fetched; what is only in doubt is hashed."""
        return not self.spec.files or (self.why is not None and self.why.startswith("missing"))


def standings(manager: ModelManager) -> list[Standing]:
    """Return how the models stand that a run needs, and those that may take their place; hashes nothing."""
    config, found = manager.config, dict[str, Standing]()
    for spec in config.required_models():
        others = [config.model(name) for name in spec.fallback] if spec.on_unavailable == "fallback" else []
        in_place = [each for each in others if each is not None and _why(manager, each) is None]
        _add(found, manager, spec, is_needed=not spec.optional and not in_place)
        for other in others:
            if other is not None:
                _add(found, manager, other, is_needed=False)
    return list(found.values())


def look_at_models(manager: ModelManager, stand: Sequence[Standing], seconds: float) -> Iterator[Check]:
    """Look at each model, and ask each of its sources unless the network is off.

    Args:
        manager: of the models.
        stand: how they stand.
        seconds: how long that may take.
    """
    network = manager.config.models.network
    switch = offline_switch(network)
    if switch is not None:
        yield Check("Network", "ok", f"{switch} forbids using it: no source was asked")
    requests = [ModelRequest(each.spec, each.is_open) for each in stand]
    reports = {} if switch else ask_sources(requests, network, manager.store.layout.staging, seconds)
    for each in stand:
        report = reports.get(each.spec.name, ModelReport())
        yield _model(each, report, switch, manager)
        yield from (_source(each, source, report) for source in report.sources)
    yield from _clock([source for report in reports.values() for source in report.sources])


def _add(found: dict[str, Standing], manager: ModelManager, spec: ModelSpec, *, is_needed: bool) -> None:
    known = manager.known(spec)
    before = found.get(spec.name)
    needed = is_needed or (before is not None and before.is_needed)
    found[spec.name] = Standing(known, _why(manager, spec), needed, not manager.is_pinned([spec]))


def _why(manager: ModelManager, spec: ModelSpec) -> str | None:
    known = manager.known(spec)
    return manager.store.why_stale(known) if known.files else "missing"


def _model(stand: Standing, report: ModelReport, switch: str | None, manager: ModelManager) -> Check:
    spec, name = stand.spec, f"Model {stand.spec.name}"
    size = size_text(spec.size) if spec.size else "size unknown"
    traits = f"{size}, {spec.license or 'licence unknown'}"
    fetch = f"Run {fetch_command(manager.config.path)}"
    if stand.why is None:
        return Check(name, "ok", f"is in place ({traits})")
    if not stand.is_missing:
        what = f"is there, and will be hashed before it is used: {stand.why} ({traits})"
        return Check(name, "ok" if stand.why == "never verified" else "warning", what, fetch)
    worst: State = "failed" if stand.is_needed else "warning"
    if switch is not None:
        what = f"is missing ({traits}), and {switch} forbids fetching it"
        return Check(name, worst, what, "Go online once, or copy the store from a machine that has it")
    lacks = _lacks(stand, report)
    if lacks and not report.is_complete:
        what = f"is missing ({traits}); there was not the time to find out whether it can be fetched now"
        return Check(name, "warning", what, fetch)
    if lacks:
        only = report.lacking if len(report.lacking) < len(spec.files) else ()
        files = f"{', '.join(only)} of it" if only else "it"
        what = f"is missing ({traits}), and none of its sources has {files} now"
        return Check(name, worst, what, "See what is wrong with each, or add a mirror of your own")
    accept = accept_first([spec])
    what = f"is missing ({traits}); it can be fetched now"
    return Check(name, "warning", what, f"{accept}. {fetch}" if accept else fetch)


def _lacks(stand: Standing, report: ModelReport) -> bool:
    """Whether something of a model could not be had now."""
    return bool(report.lacking) or not (stand.spec.files or report.is_described)


def _source(stand: Standing, source: SourceReport, report: ModelReport) -> Check:
    name = f"Source of {stand.spec.name}"
    if source.error is not None:
        needed = stand.is_missing and stand.is_needed and report.is_complete
        found = from_failure(name, source.error, "failed" if needed and _lacks(stand, report) else "warning")
        return replace(found, what=f"{source.name}: {found.what}")
    took = f"{source.name}: answered in {source.seconds:.1f} s"
    if source.restarts:
        what = f"{took}, but gives no parts of a file: a download that is cut short begins again"
        return Check(name, "warning", what, "Add a mirror that takes `Range`, if the link is slow")
    return Check(name, "ok", took)


def _clock(sources: Sequence[SourceReport]) -> Iterator[Check]:
    clocks = [each.clock for each in sources if each.clock is not None]
    if not clocks:
        return
    off = sorted(here - there.timestamp() for there, here in clocks)[len(clocks) // 2]
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    if abs(off) < _CLOCK_OFF:
        yield Check("Clock", "ok", f"is right: {now}")
        return
    way = "ahead of" if off > 0 else "behind"
    what = f"says {now}, which is {abs(off) / 3600:.0f} hours {way} the servers that were asked"
    yield Check("Clock", "warning", what, "Set it: secure connections are refused by a clock that is wrong")
