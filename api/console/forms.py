"""Make a form from a template's parameters, and read it back as the values of a room file."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from werkzeug.datastructures import MultiDict

from cleanroom.documents.agreement import SIDES, Agreement
from cleanroom.documents.dataset import Manifest
from cleanroom.errors import InvalidInput
from cleanroom.queries.credit.rules import Model
from cleanroom.queries.events import USUAL
from cleanroom.queries.kinds import MATCH_BY, shared_kinds
from cleanroom.queries.template import Template

Control = Literal[
    "columns", "names", "name", "choice", "flag", "whole", "number", "moment", "numbers", "texts",
    "text", "lines", "amounts", "json",
]  # fmt: skip
"""How a field is asked: ``columns`` and ``names`` are boxes to tick, ``name`` and ``choice`` lists
to choose from, ``moment`` a date and time in UTC, ``lines`` one text a line, ``amounts`` one number
or a name with a number a line, ``json`` what no simple field can hold."""

FIRST: Final = (
    "group_by", "measures", "stage", "from", "to", "where", "window", "brand_costs",
    "platform_costs", "campaigns", "start", "end",
)  # fmt: skip
"""Beside what is needed, what a question is about; everything else is folded."""

WINDOWS: Final = ("1d", "3d", "7d", "14d", "15d", "30d", "60d", "90d")


def fits(kinds: tuple[str, str], first: Manifest, second: Manifest) -> bool:
    """Tell whether two datasets are of the kinds that a template takes."""
    pairs = zip(kinds, (first, second), strict=True)
    return all(kind in ("any", manifest.kind) for kind, manifest in pairs)


Form = MultiDict[str, str]


@dataclass(frozen=True)
class Field:
    """One thing that the form asks; ``value`` is what stands in it, text or a list of texts.

    ``model`` is the only one that uses it, empty for any, and ``needed_by_model`` says that it
    cannot do without; ``folded`` that it is seldom changed.
    """

    name: str
    control: Control
    required: bool
    options: tuple[str, ...] = ()
    value: Any = ""
    model: str = ""
    needed_by_model: bool = False
    folded: bool = False

    @property
    def usual(self) -> str:
        """Return what the field stands for if it is left empty, empty if that is nothing."""
        return USUAL.get(self.name, "")


def make_fields(
    template: Template,
    brand: Manifest,
    platform: Manifest,
    agreement: Agreement | None = None,
    role: str = "",
    further: Sequence[tuple[Manifest, Manifest]] = (),
) -> list[Field]:
    """Return the fields of a template for two datasets, with the defaults in them.

    ``further`` are the pairs of a hub that can be asked about along with these.

    What is needed comes first, then what the question is about, then the rest, folded.  Only models
    and purposes that the agreement lets work are offered; costs are those of the party that asks.
    """
    manifests = {"brand": brand, "platform": platform}
    several = [
        kinds for one in ((brand, platform), *further) if len(kinds := shared_kinds(*one)) > 1
    ]
    shared = tuple(sorted({kind for kinds in several for kind in kinds}))
    fields: list[Field] = []
    for attribute, info in template.Parameters.model_fields.items():
        name = info.alias or attribute
        if name in template.filled_in:
            continue
        if name == MATCH_BY and (not shared or (template.of_uploaded and not further)):
            continue
        annotation = _plain(info.annotation)
        default = None if info.is_required() else info.get_default(call_default_factory=True)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            fields += _columns_of(name, annotation, manifests)
            continue
        control, options = _control(name, annotation, manifests)
        if name in template.choices:
            control, options = "choice", template.choices[name]
        options = shared if name == MATCH_BY else options
        if name in template.earlier_jobs:
            control, options = "text", ()
        if name == "group_by" and (
            template.kinds[1] != "audience" or template.hub_kinds[0] == "events"
        ):
            options = tuple(one for one in options if one.startswith("platform."))
        control, options = _allowed(name, control, options, agreement)
        timed = name in ("start", "end") and agreement is not None and not agreement.rehearsal
        model = str(template.used_by.get(name, ""))
        shown, used = _shown(control, default), name in template.needed_by
        fields.append(
            Field(name, control, info.is_required() or timed, options, shown, model, used)
        )
    if f"{role}_costs" in template.private_parameters:
        fields.append(Field(f"{role}_costs", "amounts", False))
    return _in_order(fields)


def _in_order(fields: Sequence[Field]) -> list[Field]:
    """Put what is needed first, what the question is about next, and fold the rest."""

    def rank(field: Field) -> int:
        name = field.name.partition(".")[0]
        if field.required or field.model:
            return 0
        return 1 + FIRST.index(name) if name in FIRST else 1 + len(FIRST)

    ordered = sorted(fields, key=rank)
    return [replace(one, folded=rank(one) > len(FIRST)) for one in ordered]


def _allowed(
    name: str, control: Control, options: tuple[str, ...], agreement: Agreement | None
) -> tuple[Control, tuple[str, ...]]:
    """Leave out what the agreement would refuse whatever else is asked."""
    if agreement is None:
        return control, options
    if name == "purpose":
        granted = {
            purpose
            for grant in agreement.grants
            if grant.kind == "activation"
            for purpose in grant.purposes
        }
        return "name", tuple(sorted(granted))
    if name == "industry":
        return "name", tuple(sorted({one.industry for one in agreement.intent_weights}))
    if name == "model" and control == "choice":
        paths = any(grant.kind == "public-base" for grant in agreement.grants)
        return control, tuple(one for one in options if one != Model.MARKOV or paths)
    return control, options


def filled(fields: Sequence[Field], form: Form) -> list[Field]:
    """Return the fields with what the user gave."""
    return [
        replace(
            field,
            value=form.getlist(_key(field))
            if field.control in _MANY
            else form.get(_key(field), ""),
        )
        for field in fields
    ]


def read_fields(fields: Sequence[Field], form: Form) -> dict[str, Any]:
    """Return the parameters; raise ``InvalidInput`` that names the field."""
    parameters: dict[str, Any] = {}
    for field in fields:
        value = _read(field, form)
        if value in (None, ""):
            used = field.needed_by_model and form.get("p.model") == field.model
            if field.required or used:
                raise InvalidInput("This field is required.", column=field.name)
            continue
        outer, dot, inner = field.name.partition(".")
        if dot:
            parameters.setdefault(outer, {})[inner] = value
        else:
            parameters[field.name] = value
    return parameters


def _plain(annotation: Any) -> Any:
    """Return a type without its ``None`` and without its bounds."""
    if get_origin(annotation) is Annotated:
        return _plain(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        rest = [one for one in get_args(annotation) if one is not NoneType]
        return _plain(rest[0]) if len(rest) == 1 else annotation
    return annotation


def _columns_of(
    name: str, model: type[BaseModel], manifests: Mapping[str, Manifest]
) -> list[Field]:
    """Ask for a column of each side, as models of stages do."""
    fields = []
    for side, info in model.model_fields.items():
        columns = manifests[side].labels if side in manifests else ()
        options = tuple(column.name for column in columns)
        shared = [column.name for column in columns if column.shared]
        needed = info.is_required()
        value = shared[0] if shared and needed else ""
        fields.append(Field(f"{name}.{side}", "name", needed, options, value))
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
        inner = _plain(get_args(annotation)[0])
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
        "features": ("names", tuple(m.name for m in manifests["platform"].measures)),
        "interaction": ("name", tuple(one for one in labels if one.startswith("brand."))),
        "category": ("name", tuple(one for one in labels if one.startswith("brand."))),
        "where": ("lines", ()),
        "outcome": ("lines", ()),
        "attributes": ("columns", labels),
        "start": ("moment", ()),
        "end": ("moment", ()),
        "boundary": ("choice", ("inclusive", "strict")),
        "max_value_per_person": ("amounts", ()),
        **dict.fromkeys(
            ("window", "click_window", "view_window", "half_life"), ("choice", WINDOWS)
        ),
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
        unread = _UNREAD.get(field.name) or _UNREAD.get(field.control, "This cannot be read.")
        raise InvalidInput(unread, column=field.name) from None


_UNREAD: Final = {
    "amounts": "One line for each name: Hero Video = 1200. Give each name once.",
    "max_value_per_person": "One number for all measures, or a line for each: value = 500.",
    "numbers": "Numbers, separated by commas: 40, 20, 40.",
}
"""What is expected, by a field's name or by how it is asked."""


def _moment(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def _real(text: str) -> float:
    """Return a number that documents can hold: they have neither infinity nor NaN."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _numbers(text: str) -> list[float]:
    return [_real(one) for one in re.split("[,，、]", text) if one.strip()]


def _texts(text: str) -> list[str]:
    return [one.strip() for one in text.replace("，", ",").split(",") if one.strip()]


def _lines(text: str) -> list[str]:
    return [one.strip() for one in text.splitlines() if one.strip()]


def _amounts(text: str) -> float | dict[str, float]:
    """Read one number, or a name and a number a line."""
    if "=" not in text:
        return _real(text)
    found = {}
    for line in _lines(text):
        name, _, number = line.rpartition("=")
        if not name.strip() or name.strip() in found:
            raise ValueError(line)
        found[name.strip()] = _real(number)
    return found


_READERS: Final[dict[str, Callable[[str], Any]]] = {
    "name": str,
    "choice": str,
    "text": str,
    "whole": int,
    "number": _real,
    "moment": _moment,
    "numbers": _numbers,
    "texts": _texts,
    "lines": _lines,
    "amounts": _amounts,
    "json": json.loads,
}
