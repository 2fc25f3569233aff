"""The man page: made of the parsers, so that it says what `--help` says, and of the pages.

`python -m tests.docs.man_page` writes it; a test tells when that is to be done.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator

from tests.docs.pages import REPOSITORY, table_rows
from video_censor_personal import __version__
from video_censor_personal.cli.command_parsers import COMMAND_PARSERS
from video_censor_personal.cli.parser import SUBCOMMANDS, CommandParser, main_parser

PATH = REPOSITORY / "docs" / "video-censor.1"
SCRIPTS = REPOSITORY / "docs" / "scripts.md"

Rows = Iterable[tuple[str, str]]

DESCRIPTION = (
    "finds profanity in the speech and subtitles of films, nudity in their pictures, screams and shots in "
    "their sound, and makes clean copies of them, on your own machine: nothing of a film leaves it. Films "
    "are never changed.",
    "What was found in film.mkv is written beside it as film.results.json, and the clean copy as "
    "film.clean.mkv. What is up to date is left as it is. On a terminal, models that are missing are "
    "offered; elsewhere --download-models fetches them. What was not looked at is never called clean.",
    "A word of COMMANDS in the first place begins a command line of its own.",
)
TASKS = (
    "What stands behind it is doit's: names of tasks, and list, info, clean and help. Without anything, all "
    "models are fetched, and all films of the config are looked at and copied, as far as they are not up to "
    "date."
)
FILES: Rows = (
    ("./video-censor.yaml", "the config, where --config and $VIDEO_CENSOR_CONFIG name none; init writes one"),
    ("video-censor.yaml.lock", "the pinned models: tasks lock writes it, --frozen goes by it"),
    (
        "~/.cache/video-censor/models",
        "models, what was observed in films, and notes, where the config says nothing",
    ),
    ("film.results.json", "what was found in film.mkv, and what you decided"),
    ("film.clean.mkv", "its clean copy"),
)
ENVIRONMENT: Rows = (
    ("VIDEO_CENSOR_CONFIG", "the config, where --config names none"),
    ("VIDEO_CENSOR_CACHE_DIR", "the folder of models and of what was observed; counts before the config"),
    ("HF_HUB_OFFLINE", "1: never use the network"),
    ("HF_TOKEN", "for models on the Hugging Face hub whose terms you accepted there"),
    ("HF_ENDPOINT", "a mirror of that hub"),
    ("HTTPS_PROXY, NO_PROXY, REQUESTS_CA_BUNDLE", "how the network is reached"),
    ("NO_COLOR, TERM, COLUMNS", "how the terminal is written to"),
)
EXAMPLES: Rows = (
    ("video-censor film.mkv", "clean a film; missing models are offered"),
    ("video-censor review film.results.json", "look through what was found, in the browser, and decide"),
    ("video-censor --edit film.mkv", "both, one after the other"),
    ("video-censor --dry-run ~/Films", "what would be done with all films in a folder"),
    ("video-censor --input a.mkv --output a.json --output-video b.mkv", "say where results and copy go"),
    ("video-censor --download-models --json", "fetch all models, and tell it to a script"),
    ("video-censor tasks list --all --status", "what is up to date, and what is not"),
)


def escaped(text: str) -> str:
    """Return a text as roff reads it."""
    text = text.replace("\\", "\\(rs").replace("-", "\\-").replace("'", "\\(aq").replace("~", "\\(ti")
    return f"\\&{text}" if text.startswith(".") else text


def entry(term: str, text: str) -> str:
    return f".TP\n{term}\n{escaped(text)}"


def entries(rows: Rows) -> Iterator[str]:
    for term, text in rows:
        yield entry(f".B {escaped(term)}", text)


def option(action: argparse.Action) -> str:
    value = f" \\fI{escaped(str(action.metavar))}\\fR" if action.nargs != 0 else ""
    spellings = ", ".join(f"\\fB{escaped(each)}\\fR" for each in action.option_strings)
    text = (action.help or "") % {"default": action.default}
    return entry(spellings + value if spellings else value.strip(), text)


def groups(parser: CommandParser, heading: str) -> Iterator[str]:
    for group in parser._action_groups:
        if group._group_actions:
            yield f".{heading} {escaped(group.title or '').capitalize()}"
            yield from map(option, group._group_actions)


def synopsis() -> Iterator[str]:
    for parser in (main_parser(), *(make() for make in COMMAND_PARSERS.values())):
        for line in (parser.usage or "").splitlines():
            if "COMMAND" not in line:
                words = line.split(" ")
                bold = 2 if words[1] in SUBCOMMANDS else 1
                rest = escaped(" ".join(words[bold:]))
                yield f"\\fB{escaped(' '.join(words[:bold]))}\\fR {rest}".rstrip() + "\n.br"
    yield "\\fBvideo\\-censor tasks\\fR [doit\\(aqs words]"


def commands() -> Iterator[str]:
    for word, purpose in SUBCOMMANDS.items():
        yield f".SS video\\-censor {word}"
        if word not in COMMAND_PARSERS:
            yield f"{escaped(purpose.capitalize())}.\n.PP\n{escaped(TASKS)}"
            continue
        parser = COMMAND_PARSERS[word]()
        yield escaped(parser.description or "")
        yield from (option(each) for each in parser._actions)
        if parser.epilog:
            heading, *lines = parser.epilog.splitlines()
            yield f".PP\n{escaped(heading.capitalize())}\n.PP\n.nf"
            yield from map(escaped, lines)
            yield ".fi"


def text() -> str:
    """Return the file."""
    codes = [
        (code, meaning.replace("`", ""))
        for code, meaning in table_rows(SCRIPTS.read_text("utf-8"), "exit code")
    ]
    lines = [
        '.\\" Written by `python -m tests.docs.man_page`.',
        f'.TH VIDEO\\-CENSOR 1 "" "video\\-censor\\-personal {__version__}" "User Commands"',
        ".SH NAME",
        "video\\-censor \\- make clean copies of films, on your own machine",
        ".SH SYNOPSIS",
        *synopsis(),
        ".SH DESCRIPTION",
        ".B video\\-censor",
        "\n.PP\n".join(map(escaped, DESCRIPTION)),
        ".SH OPTIONS",
        *groups(main_parser(), "SS"),
        ".SH COMMANDS",
        *commands(),
        ".SH EXIT STATUS",
        *entries(codes),
        ".SH FILES",
        *entries(FILES),
        ".SH ENVIRONMENT",
        *entries(ENVIRONMENT),
        ".SH EXAMPLES",
        *entries(EXAMPLES),
        ".SH SEE ALSO",
        ".BR doit (1),",
        "and the pages in the folder docs of the source: quick start, daily use, review, configuration.",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
