"""The commands that messages name: as they are typed in this installation, or none where there is none.

A message asks for `command("models:x")`. For who typed `doit` that is `doit models:x`; for who runs another
program from a folder that is not on the path it is perhaps `.venv/bin/tool tasks models:x config=my.yaml`;
a program that only uses the engine has no command for a task, and its messages name none.
"""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

_WITH_VALUE = {"-f": "--file", "-d": "--dir"}
"""Options of doit with a value, short and long."""
_SWITCHES = {"-k", "--seek-file"}


@dataclass(frozen=True, slots=True)
class TaskCommands:
    """How a user runs a task of this program; a process can hand it to another.

    Args:
        program: what is typed before the task, such as `doit -f tools/dodo.py`.
        arguments: what is typed after it, such as `config=my.yaml`.
        groups: the groups that there are, by what they are for, each with its members; None: all, by the
            names that the builders give them.
    """

    program: str
    arguments: str = ""
    groups: Mapping[str, Mapping[str, Collection[str]]] | None = None

    def typed(self, task: str) -> str | None:
        """Return what is typed to run `task`; see `command`."""
        name, _, options = task.partition(" ")
        if self.groups is not None:
            kind, colon, member = name.partition(":")
            group = _group_with(member, self.groups.get(kind, {}))
            # Which options the groups of another program have is not known here.
            if group is None or (options and not member):
                return None
            name = f"{group}{colon}{member}"
        return " ".join(filter(None, (self.program, shlex.quote(name), options, self.arguments)))


_chosen: TaskCommands | None = None
_offered: dict[str, dict[str, Collection[str]]] = {}


def use(commands: TaskCommands | None) -> None:
    """Say how tasks are run from now on; None: by doit, if that is what runs here."""
    global _chosen  # noqa: PLW0603 - one process is run by one command
    _chosen = commands


def offer(kind: str, group: str, members: Collection[str] = ()) -> None:
    """Note that there are tasks; their builders do that.

    Args:
        kind: what they are for, which is the usual name of the group: `models`, `verify`, …
        group: the name that they have here.
        members: names of those that are called `<group>:<member>`.
    """
    _offered.setdefault(kind, {})[group] = members


def current() -> TaskCommands | None:
    """Return how tasks are run here, to be used in another process too; None: they are not."""
    if _chosen is not None:
        return _chosen
    program = doit_program()
    return None if program is None else TaskCommands(program, groups=_offered)


def command(task: str) -> str | None:
    """Return the command that runs a task, in backticks; None where there is no such command.

    Args:
        task: the usual name of the group, perhaps a colon and a member, perhaps options:
            `lock`, `models:x`, `prune --yes`.
    """
    commands = current()
    typed = None if commands is None else commands.typed(task)
    return None if typed is None else f"`{typed}`"


def doit_program() -> str | None:
    """Return how doit was started, with the options that say where its tasks are; None: it was not."""
    program = running("doit", ("doit",))
    return None if program is None else " ".join((program, *map(shlex.quote, _of_loader(sys.argv[1:]))))


def running(name: str, modules: Collection[str]) -> str | None:
    """Return how the program that runs here was typed, quoted for a shell; None: it is another one.

    Args:
        name: of the script that the installation makes.
        modules: the names by which `python -m` runs it.
    """
    main = getattr(sys.modules.get("__main__"), "__spec__", None)
    if main is not None:
        return _interpreter() if main.name.removesuffix(".__main__") in modules else None
    started = Path(sys.argv[0])
    if started.stem == name:
        return script(started)
    return _interpreter() if started.suffix == ".py" and started.stem in modules else None


def script(path: Path) -> str:
    """Return what is typed for a program: its name where a shell finds that very one, else its path."""
    # A shell makes a path absolute only when it has found it; a relative one is what was typed.
    found = shutil.which(path.stem) if path.is_absolute() else None
    if found is not None and path.exists() and path.samefile(found):
        return path.stem
    return shlex.quote(str(path))


def _group_with(member: str, groups: Mapping[str, Collection[str]]) -> str | None:
    """Return the group that has a member, or else the first of them."""
    return next((group for group, members in groups.items() if member in members), next(iter(groups), None))


def _interpreter() -> str:
    """Return the words of the command line before the program's arguments: `python -m doit`."""
    words = sys.orig_argv
    return shlex.join(words[: len(words) - len(sys.argv[1:])])


def _of_loader(words: list[str]) -> list[str]:
    """Return the options of doit that say where the tasks are, as they were given."""
    found, following = [], iter(words)
    for word in following:
        option, equals, _ = word.partition("=")
        if word in _SWITCHES or (equals and option in _WITH_VALUE.values()):
            found.append(word)
        elif word in {*_WITH_VALUE, *_WITH_VALUE.values()}:
            found += [word, next(following, "")]
        elif word[:2] in _WITH_VALUE:
            found.append(word)
    return found
