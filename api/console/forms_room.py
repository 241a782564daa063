"""Write a room file from a short form; whatever it asks for is checked as any other room file."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, fields
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from cleanroom.documents.agreement import Card
from cleanroom.errors import InvalidInput

OWN, OTHERS = 2, 2
"""Datasets of either side that the form has room for."""

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:\-]{0,59}")
NUMBERS: Final = ("k_min", "rho_per_release", "rho_budget", "rho_lifetime")
KEPT: Final = ("rows", "alignments", "messages", "answers")
"""What a term of days may be given for: for all of them, or for none."""


@dataclass(frozen=True)
class Block:
    """One dataset as the form asks for it; without a name there is none."""

    key: str
    own: bool
    name: str = ""
    kind: str = "audience"
    file: str = ""
    column: str = ""
    profile: str = "email:uid2:v1"
    time: str = ""
    labels: str = ""
    measures: str = ""


def blocks(form: Any) -> list[Block]:
    """Return the form's datasets with what was given."""
    found = []
    for side, count in (("own", OWN), ("other", OTHERS)):
        for number in range(count):
            key = f"{side}{number}"
            given = {
                field.name: form.get(f"{key}.{field.name}", "").strip()
                for field in fields(Block)
                if field.name not in ("key", "own") and f"{key}.{field.name}" in form
            }
            found.append(Block(key, side == "own", **given))
    return found


def room_file(form: Any, shown: list[Block], own: Card) -> tuple[str, str]:
    """Return the name and the text of the room file that a form describes.

    Raises ``InvalidInput`` that names the field.
    """
    name = form.get("name", "").strip()
    if not NAME.fullmatch(name):
        raise InvalidInput("Use letters, digits, . : _ and -.", column="name")
    lines = ["[room]", f"name = {_text(name)}"]
    if form.get("rehearsal"):
        lines.append("rehearsal = true")
    lines.append(f"templates = {_texts(form.getlist('template'))}")
    if purposes := [one.strip() for one in form.get("purposes", "").splitlines() if one.strip()]:
        lines.append(f"purposes = {_texts(purposes)}")
    lines += ["", "[policy]"]
    noise = form.get("noise", "")
    lines += [f"noise = {_text(noise)}", f"approval = {_text(form.get('approval', ''))}"]
    lines += [f"{key} = {_number(form, key)}" for key in NUMBERS if form.get(key, "").strip()]
    lines += _over_time(form)
    if expires := form.get("expires", "").strip():
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", expires, re.ASCII):
            raise InvalidInput("This is not a date.", column="expires")
        lines.append(f"expires = {expires}")
    other = "platform" if own.role == "brand" else "brand"
    for block in shown:
        if block.name:
            lines += _section(block, own.role if block.own else other)
    return f"{name.replace(':', '-')}.toml", "\n".join(lines) + "\n"


def _over_time(form: Any) -> list[str]:
    """Write how a room lives on: its periods, new versions, and for how long things are kept."""
    lines = []
    given = [key for key in ("period", "rho_lifetime") if form.get(key, "").strip()]
    if len(given) == 1:
        missing = "rho_lifetime" if given == ["period"] else "period"
        raise InvalidInput(
            "Periods need a length and a bound for all of them together.", column=missing
        )
    if given:
        lines.append(f'period = "{_days(form, "period")}d"')
    if form.get("realign"):
        lines.append("realign = true")
    kept = [name for name in KEPT if form.get(f"kept.{name}", "").strip()]
    if kept:
        if missing := next((name for name in KEPT if name not in kept), ""):
            raise InvalidInput("Give a term for all four, or for none.", column=f"kept.{missing}")
        terms = ", ".join(f'{name} = "{_days(form, f"kept.{name}")}d"' for name in KEPT)
        lines.append(f"retention = {{ {terms} }}")
    return lines


def _days(form: Any, key: str) -> int:
    text = form.get(key, "").strip()
    if not re.fullmatch(r"[1-9]\d{0,3}", text, re.ASCII):
        raise InvalidInput("Write whole days, from 1 to 9999.", column=key)
    return int(text)


def _section(block: Block, role: str) -> list[str]:
    """Write a dataset's section; of another party only the terms count, its file is its own."""
    place = f"datasets.{role}.{_text(block.name)}"
    lines = ["", f"[{place}]", f"file = {_text(block.file or f'{block.name}.csv')}",
             f"kind = {_text(block.kind)}"]  # fmt: skip
    column = block.column or "id"
    lines.append(f"id = {{ column = {_text(column)}, profile = {_text(block.profile)} }}")
    if block.kind == "events":
        lines.append(f"time = {_text(block.time or 'time')}")
    labels = [one.strip() for one in re.split("[,，]", block.labels) if one.strip()]
    if labels:
        lines.append(f"labels = {_texts(labels)}")
    measures = [one.strip() for one in block.measures.splitlines() if one.strip()]
    if measures:
        lines.append(f"[{place}.measures]")
    return lines + [_measure(line, f"{block.key}.measures") for line in measures]


def _measure(line: str, field: str) -> str:
    """Write ``spend = 1000.00``, the greatest value with its decimals, as a measure."""
    name, _, most = line.rpartition("=")
    try:
        number = Decimal(most.strip())
    except InvalidOperation:
        raise InvalidInput("Write a measure as: spend = 1000.00", column=field) from None
    if not name.strip() or not number.is_finite() or abs(number) > Decimal(10) ** 15:
        raise InvalidInput("Write a measure as: spend = 1000.00", column=field)
    decimals = max(0, -int(number.as_tuple().exponent))
    column = _text(name.strip())
    return f"{column} = {{ column = {column}, max = {number:f}, decimals = {decimals} }}"


def _number(form: Any, key: str) -> str:
    text = form.get(key, "").strip()
    if not re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text, re.ASCII):
        raise InvalidInput("This is not a number.", column=key)
    whole, _, rest = text.partition(".")
    return str(int(whole)) + (f".{rest}" if rest else "" if key == "k_min" else ".0")


def _text(text: str) -> str:
    """Return a TOML string: JSON's escapes are TOML's, but for the character DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _texts(texts: list[str]) -> str:
    return f"[{', '.join(map(_text, texts))}]"
