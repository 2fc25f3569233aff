"""A pair of networks, one for pictures and one for texts, whose vectors can be compared: CLIP and its kin.

What the networks want is read from themselves: names, types and sizes of inputs and outputs. Text and
pictures go in one at a time: in a quantized network, what else is in a batch changes each vector.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

from video_censor_personal.detectors.base import unsuitable, unusable
from video_censor_personal.detectors.devices import first_line, onnx_session
from video_censor_personal.detectors.installed_model import InstalledModel
from video_censor_personal.detectors.pictures import resized
from video_censor_personal.errors import DetectorError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vector = NDArray[np.float32]

_TYPE = "clip"
_TOKENIZER = "tokenizer.json"
_PREPROCESSING = ("preprocessor_config.json", "preprocess_cfg.json")
"""How the library transformers and open_clip call it."""
_COLOURS = 3
_LARGEST = 4096
_PICTURE_SIZE = 224
"""Unless the network or the model's files say otherwise."""
_TYPES = {
    "tensor(float)": "float32",
    "tensor(float16)": "float16",
    "tensor(int32)": "int32",
    "tensor(int64)": "int64",
}
_EMBEDDINGS = ("image_embeds", "text_embeds", "pooler_output")
"""What exports call the vector that is to be compared, where they have others beside it."""


@dataclass(frozen=True, slots=True)
class _Family:
    """What differs between kinds of models that the networks themselves do not tell.

    Args:
        mark: a token that each text gets.
        context: tokens of the longest text.
        padding: the token after the end of a text.
        is_padded: a text must be padded to the longest: the network was trained so, and has no mask.
        mean: what is taken off each colour (0 to 1).
        deviation: what each colour is divided by then.
    """

    mark: str
    context: int
    padding: str
    is_padded: bool
    mean: tuple[float, ...]
    deviation: tuple[float, ...]


_FAMILIES = (
    # Its padding is never looked at: attention goes backwards, and the vector is taken where the text ends.
    _Family(
        *("<|startoftext|>", 77, "<|endoftext|>", False),
        mean=(0.48145466, 0.4578275, 0.40821073),
        deviation=(0.26862954, 0.26130258, 0.27577711),
    ),
    _Family("</s>", 64, "</s>", True, mean=(0.5, 0.5, 0.5), deviation=(0.5, 0.5, 0.5)),
)
"""CLIP (Radford et al. 2021) and SigLIP (Zhai et al. 2023)."""


@dataclass(frozen=True, slots=True, eq=False)
class Towers:
    """Both networks, tried out: their vectors have the same length. `device` is where pictures go."""

    pictures: PictureTower
    texts: TextTower
    device: str


def open_towers(model: InstalledModel | None, device: str) -> Towers:
    """Open the networks of a model and its tokenizer.

    Args:
        model: has two *.onnx files, a tokenizer.json, and perhaps a preprocessor_config.json.
        device: the parameter `device`.

    Raises:
        DetectorError: they are no such pair, or the device cannot be used.
    """
    files = model.ending(".onnx") if model else []
    if model is None or len(files) != 2:
        raise unusable(
            _TYPE,
            model,
            f"its entry has {len(files)} *.onnx files, two are needed: for pictures and for text",
        )
    tokenizer, family = _open_tokenizer(model)
    opened = [onnx_session(_TYPE, model, file, device) for file in files]
    pictures = [each for each in opened if _takes_pictures(each[0])]
    texts = [session for session, _ in opened if not _takes_pictures(session)]
    if len(pictures) != 1:
        names = " and ".join(file.name for file in files)
        raise unsuitable(
            _TYPE,
            model,
            f"of {names}, {'both take' if pictures else 'none takes'} pictures: "
            "one is needed for pictures and one for text",
        )
    (session, used) = pictures[0]
    towers = Towers(PictureTower(model, session, family), TextTower(model, texts[0], tokenizer, family), used)
    _compare(model, towers)
    return towers


class PictureTower:
    """The network for pictures; `size` is the height and width that it takes.

    The whole picture is squeezed to that, whatever its shape. CLIP's own way, the middle square, would leave
    what happens at the sides of a film unseen.
    """

    def __init__(self, model: InstalledModel, session: Any, family: _Family) -> None:
        import numpy as np

        (each, *others) = session.get_inputs()
        shape = list(each.shape)
        if others or len(shape) != 4 or _fixed(shape[1]) not in (_COLOURS, None):
            raise unsuitable(
                _TYPE, model, f"its picture input has the shape {shape}, not N x 3 x height x width"
            )
        wishes = _Wishes.read(model, family)
        self._session = session
        self._input, self._type = each.name, _type_of(model, each)
        self._output = _output_of(model, session)
        self.size = wishes.size or (_fixed(shape[2]) or _PICTURE_SIZE, _fixed(shape[3]) or _PICTURE_SIZE)
        if any(_fixed(side) not in (own, None) for side, own in zip(shape[2:], self.size, strict=True)):
            why = f"its network takes pictures of {shape[2:]}, and {wishes.name} says {list(self.size)}"
            raise unsuitable(_TYPE, model, why)
        # (x * factor - mean) / deviation, in one multiplication and one subtraction.
        self._scale = (wishes.factor / np.asarray(wishes.deviation)).astype(np.float32)
        self._shift = (np.asarray(wishes.mean) / np.asarray(wishes.deviation)).astype(np.float32)

    def embed(self, image: NDArray[np.uint8]) -> Vector:
        """Return the vector of an RGB picture, of length 1."""
        import numpy as np

        scaled = resized(image, *self.size, "BICUBIC").astype(np.float32) * self._scale - self._shift
        given = np.ascontiguousarray(scaled.transpose(2, 0, 1)[None]).astype(self._type, copy=False)
        (found,) = self._session.run([self._output], {self._input: given})
        return _unit(found)


@dataclass(frozen=True, slots=True)
class _Wishes:
    """How a model wants its pictures: (pixel x factor - mean) / deviation, at that size if one is told.

    `name` is the file that says so, if one does.
    """

    name: str
    size: tuple[int, int] | None
    factor: float
    mean: tuple[float, ...]
    deviation: tuple[float, ...]

    @classmethod
    def read(cls, model: InstalledModel, family: _Family) -> _Wishes:
        """Read them. Raises DetectorError when the file that has them makes no sense."""
        found = [(name, file) for name in _PREPROCESSING if (file := model.named(name)) is not None]
        if not found:
            return cls("", None, 1 / 255, family.mean, family.deviation)
        name, file = found[0]
        try:
            config = json.loads(file.read_text(encoding="utf-8"))
            return cls(
                name,
                _size_in(config.get("crop_size") or config.get("size")),
                _numbers_in(config.get("rescale_factor", 1 / 255), 1)[0],
                _numbers_in(config.get("image_mean", config.get("mean", family.mean)), _COLOURS),
                _divisors_in(config.get("image_std", config.get("std", family.deviation))),
            )
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise unusable(_TYPE, model, f"{name}: {first_line(error)}") from error


def _size_in(found: Any) -> tuple[int, int] | None:
    """Return height and width, from a number, a list, or the like with keys. Raises ValueError."""
    if found is None:
        return None
    sides = found
    if isinstance(found, dict):
        square = found.get("shortest_edge")
        sides = [found.get("height", square), found.get("width", square)]
    elif not isinstance(found, list):
        sides = [found, found]
    if len(sides) != 2 or not all(isinstance(side, int) and 0 < side <= _LARGEST for side in sides):
        raise ValueError(f"{found} is no size")
    return sides[0], sides[1]


def _numbers_in(found: Any, count: int) -> tuple[float, ...]:
    """Return some numbers. Raises ValueError when there are not as many."""
    values = tuple(found) if isinstance(found, list | tuple) else (found,)
    if len(values) != count or not all(isinstance(each, int | float) and isfinite(each) for each in values):
        raise ValueError(f"{found} where {count} numbers are expected")
    return values


def _divisors_in(found: Any) -> tuple[float, ...]:
    """Return what colours are divided by. Raises ValueError where they cannot be."""
    values = _numbers_in(found, _COLOURS)
    if min(values) <= 0:
        raise ValueError(f"colours cannot be divided by {min(values):g}")
    return values


class TextTower:
    """The network for texts."""

    def __init__(self, model: InstalledModel, session: Any, tokenizer: Any, family: _Family) -> None:
        inputs = {each.name: each for each in session.get_inputs()}
        self._mask = inputs.pop("attention_mask", None)
        if len(inputs) != 1:
            raise unsuitable(_TYPE, model, f"its text input is {', '.join(inputs)}, not one of token numbers")
        ((name, each),) = inputs.items()
        self._types = {one.name: _type_of(model, one) for one in (each, self._mask) if one is not None}
        if len(each.shape) != 2 or not each.type.startswith("tensor(int"):
            raise unsuitable(
                _TYPE, model, f"its text input has the shape {each.shape} of {each.type}, not N x tokens"
            )
        self._input, self._session, self._tokenizer = name, session, tokenizer
        self._output = _output_of(model, session)
        fixed = _fixed(each.shape[1])
        self._context = fixed or family.context
        self._is_padded = fixed is not None or family.is_padded
        self._padding = (tokenizer.padding or {}).get("pad_id", tokenizer.token_to_id(family.padding))
        if self._is_padded and self._padding is None:
            raise unsuitable(_TYPE, model, f"{_TOKENIZER} has no token {family.padding} to fill a text with")
        tokenizer.no_padding()
        tokenizer.no_truncation()

    def embed(self, text: str) -> Vector:
        """Return the vector of a text, of length 1. Raises DetectorError when it is too long."""
        import numpy as np

        tokens: list[int] = self._tokenizer.encode(text.lower()).ids
        if len(tokens) > self._context:
            raise DetectorError(
                f"The prompt {text!r} cannot be used",
                f"it has {len(tokens)} tokens, and the model takes {self._context}",
                "Say it in fewer words",
            )
        missing = self._context - len(tokens) if self._is_padded else 0
        given = {self._input: [*tokens, *[self._padding] * missing]}
        if self._mask is not None:
            given[self._mask.name] = [1] * len(tokens) + [0] * missing
        arrays = {name: np.asarray([values], dtype=self._types[name]) for name, values in given.items()}
        (found,) = self._session.run([self._output], arrays)
        return _unit(found)


def _compare(model: InstalledModel, towers: Towers) -> None:
    """Try both networks, before a film is decoded for them. Raises DetectorError when they do not fit."""
    import numpy as np

    try:
        seen = towers.pictures.embed(np.full((*towers.pictures.size, _COLOURS), 128, np.uint8))
        read = towers.texts.embed("a photo")
    except Exception as error:
        raise unusable(_TYPE, model, first_line(error)) from error
    if seen.shape != read.shape or seen.ndim != 1:
        raise unsuitable(
            _TYPE,
            model,
            f"its networks do not fit each other: a picture becomes {_count(seen)} numbers, "
            f"a text {_count(read)}",
        )
    if not (np.isfinite(seen).all() and np.isfinite(read).all()):
        raise unsuitable(_TYPE, model, "its networks give vectors that are no numbers")


def _count(found: Vector) -> str:
    return " x ".join(map(str, found.shape))


def _unit(found: NDArray[Any]) -> Vector:
    """Return the one vector of a batch of one, with length 1."""
    import numpy as np

    vector = found.astype(np.float32)
    vector = vector[0] if len(vector) == 1 else vector
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


def _takes_pictures(session: Any) -> bool:
    return any(len(each.shape) == 4 for each in session.get_inputs())


def _type_of(model: InstalledModel, each: Any) -> str:
    """Return the numpy type of an input."""
    if each.type not in _TYPES:
        raise unsuitable(_TYPE, model, f"its input {each.name} is of the type {each.type}")
    return _TYPES[each.type]


def _output_of(model: InstalledModel, session: Any) -> str:
    """Return the name of the output that is one vector for each input."""
    outputs = session.get_outputs()
    flat = [each.name for each in outputs if len(each.shape) == 2 or len(outputs) == 1]
    named = [name for name in _EMBEDDINGS if name in flat]
    if not named and len(flat) != 1:
        shown = ", ".join(f"{each.name} {each.shape}" for each in outputs)
        raise unsuitable(_TYPE, model, f"which of its outputs is the vector to compare is not known: {shown}")
    return str((named or flat)[0])


def _open_tokenizer(model: InstalledModel) -> tuple[Any, _Family]:
    from tokenizers import Tokenizer

    file = model.named(_TOKENIZER)
    if file is None:
        raise unusable(_TYPE, model, f"its entry has no {_TOKENIZER}")
    try:
        tokenizer = Tokenizer.from_file(str(file))
        tokens = tokenizer.encode("a photo").tokens
    except Exception as error:
        raise unusable(_TYPE, model, f"{_TOKENIZER}: {first_line(error)}") from error
    for family in _FAMILIES:
        if family.mark in tokens:
            return tokenizer, family
    marks = " nor ".join(family.mark for family in _FAMILIES)
    raise unsuitable(_TYPE, model, f"{_TOKENIZER} is neither CLIP's nor SigLIP's: it writes neither {marks}")


def _fixed(side: object) -> int | None:
    """Return a size of an input or output; None where the network leaves it open."""
    return side if isinstance(side, int) else None
