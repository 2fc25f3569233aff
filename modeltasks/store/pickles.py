"""Model files that run code when they are opened: recognised by their content, never opened as such.

A pickle is a program for a small stack machine that can import and call any function
(https://docs.python.org/3/library/pickle.html, "Warning"). torch saves one bare (before 1.6) or as
`data.pkl` in a zip; joblib compresses one; NumPy hides one in an array of objects. The name proves
nothing: `model.bin` of CTranslate2 is plain numbers, and a pickle may be called anything.
"""

from __future__ import annotations

import ast
import math
import re
from pathlib import Path

from modeltasks.errors import UnsafeFormat
from modeltasks.store.containers import Content, Meter, Unreadable, inside
from modeltasks.store.pickle_machine import is_pickle

_DEEPEST = 8
_ARRAY = b"\x93NUMPY"
_LONGEST_HEADER = 64 * 1024
_MOST_ARRAYS = 1000
_PYTHON_2_LONG = re.compile(r"(?<=\d)L\b")


def pickle_in(path: Path) -> str | None:
    """Return what kind of pickle a file is or holds ('a pickle', …), or None when there is none.

    What cannot be read through and through is taken for one: nobody has seen what it holds.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb", buffering=0) as stream:
        meter = Meter(path.stat().st_size)
        try:
            return _look(Content(stream, meter), _DEEPEST)
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


def _look(content: Content, deeper: int) -> str | None:
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
        if found := _look(inner, deeper - 1):
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
