"""Read what people type: TOML from any editor, with its mistakes named in the words of the file."""

from __future__ import annotations

import json
import re
import tomllib
import typing
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from types import UnionType
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from cleanroom.errors import InvalidInput
from cleanroom.kinds import START, foreign

LARGEST: Final = 4 << 20
"""Bytes of the largest file that is taken for one that somebody typed."""

_PLACE = re.compile(r" \(at line (\d+), column \d+\)")
_WIDE: Final = {
    **dict.fromkeys("\u201c\u201d\u201e\u201f\uff02\u300c\u300d\u00ab\u00bb", '"'),
    **dict.fromkeys("\u2018\u2019\uff07", "'"),
    **dict(
        zip(
            "\uff0c\uff1d\uff3b\uff3d\uff5b\uff5d\u3002\uff0e\uff03\u3001",
            ",=[]{}..#,",
            strict=True,
        )
    ),
    **dict.fromkeys("\u3010", "["),
    **dict.fromkeys("\u3011", "]"),
    **dict.fromkeys("\u00a0\u3000\u200b\ufeff", " "),
}
"""What input methods and word processors write, and what TOML wants in its place."""
_WORDS: Final = {"True": "true", "False": "false", "TRUE": "true", "FALSE": "false"}
_TEXTS = re.compile(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'|#.*')
_NAMES = "letters, digits and _.:-, beginning with a letter or digit, at most 64"


def read_typed(path: Path) -> str:
    """Return a text file in UTF-8, with or without a byte order mark.

    Raises ``InvalidInput`` for what is not a file, is another kind of file, is larger than
    ``LARGEST`` or has another encoding.
    """
    try:
        if path.exists() and not path.is_file():
            raise InvalidInput(f"{path} is not a file.")
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise InvalidInput(f"{path} does not exist.") from None
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}.") from None
    except ValueError:  # a zero byte
        raise InvalidInput("The file name has a character that no file name can have.") from None
    kind = foreign(data[:START])
    # A JSON document is typed too, and an array of tables starts as one does.
    if kind is not None and kind.what != "JSON":
        what = kind.what.replace("text in", "in")
        raise InvalidInput(f"{path}: The file is {what}.", remedy="Save it as text in UTF-8.")
    if len(data) > LARGEST:
        raise InvalidInput(f"{path}: The file is larger than {LARGEST >> 20} MiB.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = 1 + data.count(b"\n", 0, error.start)
        remedy = "Save it as UTF-8 (it may be GB 18030 or Latin-1)."
        raise InvalidInput("This is not UTF-8.", file=str(path), row=line, remedy=remedy) from None


def read_toml(path: Path) -> dict[str, Any]:
    """Return what a TOML file says; raise ``InvalidInput`` that names the line and the way out."""
    text = read_typed(path)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = _PLACE.search(str(error))
        said = _PLACE.sub("", str(error)).strip().removesuffix(".")
        row = int(place[1]) if place else None
        lines = text.splitlines()
        remedy = _suspect(lines[row - 1]) if row is not None and row <= len(lines) else None
        raise InvalidInput(f"{said}.", file=str(path), row=row, remedy=remedy) from None
    except RecursionError:
        raise InvalidInput(f"{path}: The file is nested too deeply.") from None
    except ValueError as error:  # a day that is none, a number of too many digits
        raise InvalidInput(f"{path}: {error}.") from None


def read_json(path: Path) -> Any:
    """Return what a JSON file says; raise ``InvalidInput`` that names the line."""
    text = read_typed(path)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise InvalidInput(f"{error.msg}.", file=str(path), row=error.lineno) from None
    except (RecursionError, ValueError):
        raise InvalidInput(
            f"{path}: The file is nested too deeply, or a number is too long."
        ) from None


def _suspect(line: str) -> str | None:
    """Guess what is wrong with a line of TOML that cannot be read."""
    for text in _TEXTS.findall(line):
        if "\\" in text and text.startswith('"'):
            return "Write a backslash twice, or a path with /, or the text in single quotes."
    bare = _TEXTS.sub("", line)
    for letter in bare:
        if letter in _WIDE:
            wanted = _WIDE[letter].replace(" ", "a plain space")
            shown = letter if letter.isprintable() else f"U+{ord(letter):04X}"
            return f"Write {wanted} instead of {shown}."
    for word in re.findall(r"\w+", bare):
        if word in _WORDS:
            return f"Write {_WORDS[word]} instead of {word}."
        if word in ("None", "null", "nil"):
            return "TOML has no null: leave the line out."
        if not word.isascii():
            return f"Names are {_NAMES}; put anything else in quotes if a text is meant."
    return None


def invalid_typed(
    path: Path, error: ValidationError, model: type[BaseModel], section: str = ""
) -> InvalidInput:
    """Turn the first fault of a file that its reader typed into a sentence with the way out."""
    faults = error.errors(include_url=False)
    # A name that is misspelt is missing, too.
    first = next((each for each in faults if each["type"] == "extra_forbidden"), faults[0])
    where = ".".join(str(part) for part in (section, *first["loc"]) if part != "") or "the file"
    remedy = None
    sentence = first["msg"].removeprefix("Value error, ").rstrip(".")
    if first["type"] == "extra_forbidden":
        return unknown_field(path, where, fields(model, first["loc"][:-1]))
    if first["type"] == "missing":
        sentence = "is missing"
    elif first["type"] in ("tuple_type", "list_type"):
        sentence, remedy = "is not a list", f"Write [{json.dumps(first['input'], default=str)}]."
    elif first["type"] in ("model_type", "dict_type", "model_attributes_type"):
        sentence = "is not a table"
    elif first["type"] == "string_pattern_mismatch" and "A-Za-z0-9_.:-" in sentence:
        sentence = f"is not a name: {_NAMES}"
    return InvalidInput(f"{path}: {where}: {sentence}.", remedy=remedy)


def unknown_field(path: Path, where: str, known: Sequence[str]) -> InvalidInput:
    """Refuse a field that there is not, and name the nearest that there is."""
    name = where.rpartition(".")[2].replace("-", "_").casefold()
    near = get_close_matches(name, known, n=1, cutoff=0.6)
    remedy = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(known)}."
    return InvalidInput(f"{path}: {where}: there is no such field.", remedy=remedy)


def fields(model: Any, loc: Sequence[int | str]) -> list[str]:
    """Return the fields of the section at a place of a model, through its lists and maps."""
    kind: Any = model
    for part in loc:
        kind = _inside(kind, part)
    kind = _model_of(kind)
    return [] if kind is None else [name for name in field_names(kind) if name != "folder"]


def field_names(model: type[BaseModel]) -> list[str]:
    """Return the fields of a model as people write them."""
    return [field.alias or name for name, field in model.model_fields.items()]


def _inside(kind: Any, part: int | str) -> Any:
    found = _model_of(kind)
    if found is not None:
        field = found.model_fields.get(str(part))
        return None if field is None else field.annotation
    inner = typing.get_args(kind)
    if typing.get_origin(kind) in (dict, Mapping):
        return inner[1]
    return inner[0] if inner else None


def _model_of(kind: Any) -> type[BaseModel] | None:
    if typing.get_origin(kind) in (typing.Union, UnionType):
        kinds = [_model_of(each) for each in typing.get_args(kind)]
        return next((each for each in kinds if each is not None), None)
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None
