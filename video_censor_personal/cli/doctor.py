"""`video-censor doctor`: what would fail on the day it is needed, and what to do about it."""

from __future__ import annotations

import json
import os
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

from modeltasks.errors import Failure
from modeltasks.support.text import clean, one_line
from video_censor_personal.cli.command_parsers import doctor_parser
from video_censor_personal.cli.console import print_result, terminal_width
from video_censor_personal.cli.logs import set_up_logging
from video_censor_personal.cli.reply import DONE, FAILED, USAGE
from video_censor_personal.commands import name_tasks
from video_censor_personal.doctor.check import Check
from video_censor_personal.doctor.examination import Examination, examine
from video_censor_personal.locations import find_config

_HEADINGS = {"failed": "Will fail:", "warning": "Worth knowing:", "ok": "Fine:"}


def doctor(argv: list[str]) -> int:
    """Look at the installation, its models, their sources and the disk; return the exit code.

    0: nothing will fail; 1: something will; 2: the config is wrong.

    Raises:
        UsageError: an argument is not understood.
    """
    asked = doctor_parser().parse_args(argv)
    set_up_logging("WARNING")
    config: str | Failure
    try:
        config = find_config(asked.config, os.environ, Path.cwd())
        name_tasks(config, Path.cwd())
    except Failure as error:
        config = error
    found = examine(config, offline=asked.offline)
    code = USAGE if not found.has_config else DONE if found.is_well else FAILED
    return print_result(_as_json(found, code) if asked.json else _as_text(found)) or code


def _as_json(found: Examination, code: int) -> str:
    checks = [{key: clean(text) for key, text in check.as_dict().items()} for check in found.checks]
    reply = {"ok": code == DONE, "exit_code": code, "verdict": found.verdict, "checks": checks}
    return json.dumps(reply, indent=2)


def _as_text(found: Examination) -> str:
    columns = terminal_width(sys.stdout)
    lines: list[str] = []
    for state, heading in _HEADINGS.items():
        checks = [check for check in found.checks if check.state == state]
        if checks:
            lines += [heading, *(line for check in checks for line in _lines(check, columns)), ""]
    return "\n".join([*lines, found.verdict])


def _lines(check: Check, columns: int) -> Iterator[str]:
    first, *more = f"{check.name}: {check.what}".splitlines()
    for text, indent in ((first, "  "), *((line, "    ") for line in more)):
        yield from _wrapped(text, columns, indent)
    if check.fix and check.state != "ok":
        yield from _wrapped(f"-> {check.fix}", columns, "    ")


def _wrapped(text: str, columns: int, indent: str) -> list[str]:
    return textwrap.wrap(
        one_line(text),
        max(columns - 1, 20),
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
