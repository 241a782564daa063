"""Make a form from a template's parameters, and read it back as the values of a room file."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from werkzeug.datastructures import MultiDict

from cleanroom.documents.dataset import Manifest
from cleanroom.errors import InvalidInput
from cleanroom.queries.credit.rules import PRESETS, Model
from cleanroom.queries.plan import SIDES
from cleanroom.queries.template import Template

Control = Literal[
    "columns", "names", "name", "choice", "flag", "whole", "number", "moment", "numbers", "texts",
    "text", "lines", "json",
]  # fmt: skip
"""How a field is asked: ``columns`` and ``names`` are boxes to tick, ``name`` and ``choice`` lists
to choose from, ``moment`` a date and time in UTC, ``lines`` one text a line, ``json`` what no
simple field can hold."""

Form = MultiDict[str, str]


@dataclass(frozen=True)
class Field:
    """One thing that the form asks; ``value`` is what stands in it, text or a list of texts."""

    name: str
    control: Control
    required: bool
    options: tuple[str, ...] = ()
    value: Any = ""
    most: int = 1


def make_fields(template: Template, brand: Manifest, platform: Manifest) -> list[Field]:
    """Return the fields of a template for two datasets, with the defaults in them."""
    manifests = {"brand": brand, "platform": platform}
    fields: list[Field] = []
    for attribute, info in template.Parameters.model_fields.items():
        name = info.alias or attribute
        annotation = _plain(info.annotation)
        default = None if info.is_required() else info.get_default(call_default_factory=True)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            fields += _columns_of(name, annotation, manifests)
            continue
        control, options = _control(name, annotation, manifests)
        fields.append(Field(name, control, info.is_required(), options, _shown(control, default)))
    return fields


def filled(fields: Sequence[Field], form: Form) -> list[Field]:
    """Return the fields with what the user gave."""
    return [
        Field(
            field.name,
            field.control,
            field.required,
            field.options,
            form.getlist(_key(field)) if field.control in _MANY else form.get(_key(field), ""),
        )
        for field in fields
    ]


def read_fields(fields: Sequence[Field], form: Form) -> dict[str, Any]:
    """Return the parameters; raise ``InvalidInput`` that names the field."""
    parameters: dict[str, Any] = {}
    for field in fields:
        value = _read(field, form)
        if value in (None, ""):
            if field.required:
                raise InvalidInput("Something has to be given here.", column=field.name)
            continue
        outer, dot, inner = field.name.partition(".")
        if dot:
            parameters.setdefault(outer, {})[inner] = value
        else:
            parameters[field.name] = value
    return parameters


def _plain(annotation: Any) -> Any:
    """Return a type without its ``None``."""
    if get_origin(annotation) in (Union, UnionType):
        rest = [one for one in get_args(annotation) if one is not NoneType]
        return rest[0] if len(rest) == 1 else annotation
    return annotation


def _columns_of(
    name: str, model: type[BaseModel], manifests: Mapping[str, Manifest]
) -> list[Field]:
    """Ask for a column of each side, as models of stages do."""
    fields = []
    for side in model.model_fields:
        columns = manifests[side].labels if side in manifests else ()
        options = tuple(column.name for column in columns)
        shared = [column.name for column in columns if column.shared]
        value = shared[0] if shared else ""
        fields.append(Field(f"{name}.{side}", "name", True, options, value))
    return fields


def _control(
    name: str, annotation: Any, manifests: Mapping[str, Manifest]
) -> tuple[Control, tuple[str, ...]]:
    named = _by_name(name, manifests)
    if named is not None:
        return named
    if get_origin(annotation) is Literal:
        return "choice", tuple(map(str, get_args(annotation)))
    if get_origin(annotation) is tuple:
        inner = get_args(annotation)[0]
        return ("numbers" if inner in (int, float) else "texts"), ()
    simple: dict[Any, Control] = {bool: "flag", int: "whole", float: "number", str: "text"}
    return simple.get(annotation, "json"), ()


def _by_name(
    name: str, manifests: Mapping[str, Manifest]
) -> tuple[Control, tuple[str, ...]] | None:
    measures = tuple(m.name for side in SIDES for m in manifests[side].measures)
    labels = tuple(f"{side}.{c.name}" for side in SIDES for c in manifests[side].labels)
    known: dict[str, tuple[Control, tuple[str, ...]]] = {
        "group_by": ("columns", labels),
        "measures": ("names", measures),
        "measure": ("name", measures),
        "where": ("lines", ()),
        "start": ("moment", ()),
        "end": ("moment", ()),
        "model": ("choice", (*(str(one.value) for one in Model), *PRESETS)),
    }
    return known.get(name)


_MANY: Final = ("columns", "names")


def _key(field: Field) -> str:
    return f"p.{field.name}"


def _shown(control: Control, default: Any) -> Any:
    if control in _MANY:
        return [str(one) for one in default or ()]
    if default is None or default == ():
        return ""
    if control == "flag":
        return "yes" if default else ""
    if control in ("numbers", "texts"):
        return ", ".join(map(str, default))
    return str(default)


def _read(field: Field, form: Form) -> Any:
    if field.control in _MANY:
        return [one for one in form.getlist(_key(field)) if one in field.options] or None
    text = form.get(_key(field), "").strip()
    if field.control == "flag":
        return bool(text)
    if not text:
        return None
    try:
        return _READERS[field.control](text)
    except (ValueError, OverflowError):
        raise InvalidInput("This cannot be read.", column=field.name) from None


def _moment(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def _numbers(text: str) -> list[float]:
    return [float(one) for one in text.replace("，", ",").split(",") if one.strip()]


def _texts(text: str) -> list[str]:
    return [one.strip() for one in text.replace("，", ",").split(",") if one.strip()]


def _lines(text: str) -> list[str]:
    return [one.strip() for one in text.splitlines() if one.strip()]


_READERS: Final[dict[str, Callable[[str], Any]]] = {
    "name": str,
    "choice": str,
    "text": str,
    "whole": int,
    "number": float,
    "moment": _moment,
    "numbers": _numbers,
    "texts": _texts,
    "lines": _lines,
    "json": json.loads,
}
