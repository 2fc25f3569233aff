"""From a video to segments: what must be observed is observed, the rest is remembered."""

from video_censor_personal.analysis.analyser import Analyser, AnalysisRequest, AnalysisResult
from video_censor_personal.analysis.assignment import EnabledDetector
from video_censor_personal.detectors.installed_model import InstalledModel

__all__ = ["Analyser", "AnalysisRequest", "AnalysisResult", "EnabledDetector", "InstalledModel"]
