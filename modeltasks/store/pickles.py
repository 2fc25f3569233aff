"""Model files that run code when they are opened: recognised by their content, never opened as such.

A pickle is a program for a small stack machine that can import and call any function
(https://docs.python.org/3/library/pickle.html, "Warning"). torch saves one bare (before 1.6) or as
`data.pkl` in a zip; joblib compresses one; NumPy hides one in an array of objects. The name proves
nothing: `model.bin` of CTranslate2 is plain numbers, and a pickle may be called anything.

The program is followed, never executed: opcodes, the lengths of their arguments, the depth of the stack and
its marks. Arguments are not read, since the readers of several Pythons differ in what they accept
(https://docs.python.org/3/library/pickletools.html has the table).
"""

from __future__ import annotations

import ast
import math
import pickletools
import re
from dataclasses import dataclass
from pathlib import Path

from modeltasks.errors import UnsafeFormat
from modeltasks.store.containers import Content, Meter, Unreadable, inside

_DEEPEST = 8
_ARRAY = b"\x93NUMPY"
_LONGEST_HEADER = 64 * 1024
_MOST_ARRAYS = 1000
_PYTHON_2_LONG = re.compile(r"(?<=\d)L\b")

_CHUNK = 64 * 1024
_LONG_CHUNK = 1024 * 1024
_MOST_STEPS = 200_000
_NEWEST_PROTOCOL = 5
_IMPORTS = {"GLOBAL", "INST", "STACK_GLOBAL"}
# Numbers for what a program has registered with copyreg: only picklers of protocol 2 and later write them.
_MARKED_IMPORTS = _IMPORTS | {"EXT1", "EXT2", "EXT4"}
_CALLS = {"REDUCE", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "BUILD"}
_LENGTH_BYTES = {
    pickletools.TAKEN_FROM_ARGUMENT1: (1, False),
    pickletools.TAKEN_FROM_ARGUMENT4: (4, True),
    pickletools.TAKEN_FROM_ARGUMENT4U: (4, False),
    pickletools.TAKEN_FROM_ARGUMENT8U: (8, False),
}


def pickle_in(path: Path) -> str | None:
    """Return what kind of pickle a file is or holds ('a pickle', …), or None when there is none.

    What cannot be read to its end is taken for one: it may hold anything.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb", buffering=0) as stream:
        meter = Meter(path.stat().st_size)
        try:
            return _find(Content(stream, meter), _DEEPEST)
        except Unreadable as error:
            return f"an archive that cannot be read through and may hold a pickle ({error})"


def refuse_pickle(path: Path, name: str | None = None) -> None:
    """Refuse a file that would run code when it is opened.

    Args:
        path: the file.
        name: what to call it in the message, default its path.

    Raises:
        UnsafeFormat: it is a pickle, holds one, or cannot be read through.
        OSError: the file cannot be read.
    """
    found = pickle_in(path)
    if found is not None:
        raise UnsafeFormat(name or str(path), found)


def _find(content: Content, deeper: int) -> str | None:
    start = 0
    if content.head.startswith(_ARRAY):
        start = _after_arrays(content)
        if start < 0:
            return "a NumPy array of pickled objects"
    if is_pickle(content, start):
        return "a pickle"
    for phrase, inner in inside(content):
        if deeper == 0:
            raise Unreadable(f"it is nested more than {_DEEPEST} deep")
        if found := _find(inner, deeper - 1):
            return phrase.format(found)
    return None


def _after_arrays(content: Content) -> int:
    """Return where the arrays that `content` begins with end; -1 when one of them holds objects."""
    position = 0
    for _ in range(_MOST_ARRAYS):
        if content.read_at(position, len(_ARRAY)) != _ARRAY:
            return position
        try:
            size, objects = _array(content, position)
        except Exception as error:  # whatever NumPy says of it
            raise Unreadable("the header of a NumPy array is wrong") from error
        if objects:
            return -1
        position += size
    raise Unreadable("it has too many arrays")


def _array(content: Content, position: int) -> tuple[int, bool]:
    """Return how many bytes an array takes with its header, and whether it holds objects."""
    from numpy.lib.format import descr_to_dtype

    fixed = content.read_at(position, 12)
    width = 2 if fixed[6] == 1 else 4
    length = int.from_bytes(fixed[8 : 8 + width], "little")
    if not 1 <= fixed[6] <= 3 or length > _LONGEST_HEADER:
        raise ValueError(length)
    text = content.read_at(position + 8 + width, length).decode("utf-8" if fixed[6] == 3 else "latin-1")
    if fixed[6] < 3:
        text = _PYTHON_2_LONG.sub("", text)
    header = ast.literal_eval(text.strip())
    dtype, shape = descr_to_dtype(header["descr"]), header["shape"]
    if not all(isinstance(extent, int) and extent >= 0 for extent in shape):
        raise ValueError(shape)
    return 8 + width + length + dtype.itemsize * math.prod(shape), dtype.hasobject


@dataclass(frozen=True, slots=True)
class _Opcode:
    name: str
    lines: int
    fixed: int
    length_bytes: int
    length_signed: bool
    to_mark: bool
    takes: int
    gives: int

    @classmethod
    def read(cls, opcode: pickletools.OpcodeInfo) -> _Opcode:
        argument = opcode.arg.n if opcode.arg is not None else 0
        length_bytes, signed = _LENGTH_BYTES.get(argument, (0, False))
        before = opcode.stack_before
        to_mark = pickletools.markobject in before
        return cls(
            name=opcode.name,
            lines=0 if argument != pickletools.UP_TO_NEWLINE else 2 if opcode.name in _IMPORTS else 1,
            fixed=max(argument, 0),
            length_bytes=length_bytes,
            length_signed=signed,
            to_mark=to_mark,
            takes=before.index(pickletools.markobject) if to_mark else len(before),
            gives=len(opcode.stack_after) if opcode.name != "MARK" else 0,
        )


_OPCODES = {ord(opcode.code): _Opcode.read(opcode) for opcode in pickletools.opcodes}


def is_pickle(content: Content, start: int = 0) -> bool:
    """Whether a loader that reads from `start`, pickle after pickle, would find one that matters.

    With the mark of protocol 2 and later that is one that imports or reaches its end. Without, harmless
    data may read as opcodes, so that it takes an import and then a call or the end. A program that is not
    over after many steps counts too: it may lead anywhere.

    Raises:
        Unreadable: the content cannot be read so far.
    """
    program = _Program(content, start)
    try:
        while not _matters(program):
            pass
    except _Stops:
        return False
    except _TooLong:
        return True
    return True


class _Stops(Exception):
    """Every machine ends with an error here."""


class _TooLong(Exception):
    """It takes too many steps to follow."""


def _matters(program: _Program) -> bool:
    """Follow one pickle; return whether it matters, at its end when it does not."""
    opcode = program.opcode()
    marked = opcode.name == "PROTO" and program.next_byte() <= _NEWEST_PROTOCOL
    imported = False
    depth = 0
    marks: list[int] = []
    while True:
        program.skip_argument(opcode)
        depth = _stack(opcode, depth, marks)
        imported = imported or opcode.name in (_MARKED_IMPORTS if marked else _IMPORTS)
        if imported and (marked or opcode.name in _CALLS):
            return True
        if opcode.name == "STOP":
            return marked or imported
        opcode = program.opcode()


def _stack(opcode: _Opcode, depth: int, marks: list[int]) -> int:
    """Apply an opcode to the marks and the depth of the stack; return the new depth."""
    if opcode.to_mark:
        if not marks:
            raise _Stops
        depth = marks.pop()
    above_mark = depth - (marks[-1] if marks else 0)
    if opcode.name == "POP" and above_mark == 0 and marks:
        marks.pop()
        return depth
    if above_mark < opcode.takes:
        raise _Stops
    if opcode.name == "MARK":
        marks.append(depth)
    return depth - opcode.takes + opcode.gives


def _can_be_name(line: bytes | None) -> bool:
    """Whether a line can name a module or what is in it: else every machine stops there."""
    if line is None:
        return True
    try:
        return line != b"" and line.decode("utf-8").isprintable()
    except UnicodeDecodeError:
        return False


class _Program:
    """Opcodes and the ends of their arguments, read in chunks; what is long is skipped, not kept."""

    def __init__(self, content: Content, start: int) -> None:
        self._content = content
        self._chunk = b""
        self._chunk_at = start
        self._at = start
        self._steps = 0

    def opcode(self) -> _Opcode:
        """Return the next opcode."""
        self._steps += 1
        if self._steps > _MOST_STEPS:
            raise _TooLong
        known = _OPCODES.get(self.next_byte())
        if known is None:
            raise _Stops
        self._at += 1
        return known

    def next_byte(self) -> int:
        """Return the byte that comes next, and leave it there."""
        return self._peek(1)[0]

    def skip_argument(self, opcode: _Opcode) -> None:
        """Go to where the argument of `opcode` ends."""
        for _ in range(opcode.lines):
            line = self._skip_line()
            if opcode.lines == 2 and not _can_be_name(line):
                raise _Stops
        length = opcode.fixed
        if opcode.length_bytes:
            field = self._peek(opcode.length_bytes)
            length = len(field) + int.from_bytes(field, "little", signed=opcode.length_signed)
            if length < len(field):
                raise _Stops
        if self._at + length > self._content.size:
            raise _Stops
        self._at += length

    def _peek(self, count: int) -> bytes:
        start = self._at - self._chunk_at
        if start + count > len(self._chunk):
            self._load()
            start = 0
        found = self._chunk[start : start + count]
        if len(found) < count:
            raise _Stops
        return found

    def _skip_line(self) -> bytes | None:
        """Go to the next line; return this one, or None when it does not lie in one chunk."""
        start = self._at - self._chunk_at
        end = self._chunk.find(b"\n", start)
        line = self._chunk[start:end] if end >= 0 else None
        while end < 0:
            self._at = max(self._at, self._chunk_at + len(self._chunk))
            self._load(_LONG_CHUNK)
            if not self._chunk:
                raise _Stops
            end = self._chunk.find(b"\n")
        self._at = self._chunk_at + end + 1
        return line

    def _load(self, size: int = _CHUNK) -> None:
        self._chunk_at = self._at
        self._chunk = self._content.read_at(self._at, size)
