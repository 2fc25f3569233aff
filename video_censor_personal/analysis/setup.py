"""What a config and its models make of an analysis: what it is asked, and what its results file says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from modeltasks.provision.readiness import Readiness
from video_censor_personal.analysis.analyser import AnalysisRequest, AnalysisResult
from video_censor_personal.analysis.assignment import EnabledDetector
from video_censor_personal.config import Config
from video_censor_personal.detectors.catalog import detector_type
from video_censor_personal.errors import UsageError
from video_censor_personal.export.results_json import ModelUse, Results
from video_censor_personal.findings.coverage import incomplete
from video_censor_personal.findings.policy import Policy
from video_censor_personal.findings.tracks import SoundTrack, unheard
from video_censor_personal.media.marking import marking_warnings
from video_censor_personal.media.probe import Film


class NothingToLookFor(UsageError):
    """No detector is enabled, so that any result would be an empty promise."""

    def __init__(self, video: Path) -> None:
        super().__init__(
            f"{video} was not analysed",
            "no detector is enabled, or the optional models of all of them are missing",
            "Add a detector to `detectors` in the config, or fetch the models",
        )


@dataclass(frozen=True)
class AnalysisSetup:
    """A config, and how the models stand that it requires.

    `allow_all` makes segments without a decision allowed ones.
    """

    config: Config
    readiness: Mapping[str, Readiness]
    allow_all: bool = False

    @cached_property
    def left_out(self) -> dict[str, str]:
        """The detectors whose optional model could not be had, with that model's name."""
        return {
            detector.name: detector.model
            for detector in self.config.detectors
            if detector.enabled and detector.model is not None and not self.readiness[detector.model].ready
        }

    def request(self, film: Film) -> AnalysisRequest:
        """Return what the analysis of a film is asked.

        Raises:
            NothingToLookFor: no detector is left.
        """
        processing = self.config.processing
        detectors = tuple(
            EnabledDetector(
                detector.name,
                detector_type(detector.type),
                detector.model,
                detector.categories,
                detector.parameters,
            )
            for detector in self.config.detectors
            if detector.enabled and detector.name not in self.left_out
        )
        if not detectors:
            raise NothingToLookFor(film.path)
        return AnalysisRequest(
            film=film,
            detectors=detectors,
            policy=Policy(processing.merge_threshold, self.config.detections, self.allow_all),
            step=processing.sample_rate,
        )

    def results(
        self, film: Film, analysis: AnalysisResult, dropped: tuple[dict[str, Any], ...] | None
    ) -> Results:
        """Return what the results file says of an analysis; `dropped` are the streams that a copy lacks."""
        warnings = tuple(
            f"{detector} did not look at the video: its optional model {model} is not there"
            for detector, model in self.left_out.items()
        )
        in_use = [each for each in self.readiness.values() if each.ready]
        replaced = tuple(
            f"{each.used} was used in place of {each.name}, which could not be had"
            for each in in_use
            if each.used is not None
        )
        return Results(
            file=film.path.name,
            duration=analysis.duration,
            segments=tuple(each for each in analysis.segments if each.certainty != "weak"),
            weak=tuple(each for each in analysis.segments if each.certainty == "weak"),
            config=self.config.path.name if self.config.path else None,
            fingerprint=analysis.fingerprint,
            models=tuple(
                ModelUse(
                    each.spec.name,
                    tuple((file.path, str(file.checksum)) for file in each.spec.files),
                    each.source,
                )
                for each in in_use
            ),
            warnings=(*marking_warnings(film.info), *analysis.warnings, *warnings, *replaced),
            incomplete=(*self.left_out, *analysis.not_listening, *incomplete(analysis.coverage)),
            skipped=tuple(self.left_out),
            coverage=analysis.coverage,
            allowed_by_default=self.allow_all,
            tracks=self._remedied(analysis.tracks),
            dropped_streams=dropped,
        )

    def _remedied(self, tracks: tuple[SoundTrack, ...]) -> tuple[SoundTrack, ...]:
        """Add to tracks that were not listened to what becomes of them in a clean copy."""
        others = unheard(tracks) if self.config.audio.enabled else ()
        return tuple(
            replace(track, remediation=self.config.audio.other_tracks) if track in others else track
            for track in tracks
        )
