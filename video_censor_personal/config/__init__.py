"""The config: YAML in, checked frozen values out, all mistakes at once with file, line and column."""

from video_censor_personal.config.load import config_from_mapping, load_config, parse_config
from video_censor_personal.config.values import Config

__all__ = ["Config", "config_from_mapping", "load_config", "parse_config"]
