"""Where the files are that come with the program, in a wheel and in a checkout.

Imports only `os`: a run with nothing to do passes here, too.
"""

from __future__ import annotations

import os

FILE_NAME = "video-censor.yaml"
"""The default config; a config of this name in the working directory is found by itself."""

CATALOGUE = "huggingface.yaml"
"""The file of the models that a config may name without describing them."""

_PACKAGE = os.path.dirname(os.path.abspath(__file__))


def shipped_config_path(name: str) -> str:
    """The path of a config; it exists in any sound installation."""
    return _shipped("defaults", "config", name)


def default_config_path() -> str:
    """The path of the default config."""
    return shipped_config_path(FILE_NAME)


def schema_path(name: str) -> str:
    """The path of the JSON Schema of a kind of file: `config` or `results`."""
    return os.path.join(_PACKAGE, "schemas", f"{name}.schema.json")


def manual_page(name: str) -> str:
    """The path of a page of the documentation, such as `configuration.md`."""
    return _shipped("manual", "docs", name)


def _shipped(folder: str, in_checkout: str, name: str) -> str:
    installed = os.path.join(_PACKAGE, folder, name)
    if os.path.isfile(installed):
        return installed
    return os.path.join(os.path.dirname(_PACKAGE), in_checkout, name)
