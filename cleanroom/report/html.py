"""Write numbers, times and results for pages: units and intervals are never left out."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from cleanroom.report import LANGUAGES, Language, inert, said, word
from cleanroom.report.models import CONVERSIONS, Results, models_spreadsheet, models_table
from cleanroom.spreadsheets import quote_cell
from cleanroom.words import table as layout
from cleanroom.words.fields import field, text
from cleanroom.words.parameters import CHOICES, LENGTHS, OF_TIME
from cleanroom.words.tell import in_short
from cleanroom.words.units import unit_of


@dataclass(frozen=True)
class Number:
    """One number with its interval, ready to be read."""

    text: str
    interval: str = ""


@dataclass(frozen=True)
class Heading:
    """One column; only that of a text has no ``unit``, and a ``raw`` title is a party's label."""

    title: str
    unit: str
    raw: bool = False


@dataclass(frozen=True)
class Row:
    """One group: its labels, its numbers; ``kind`` is group, other or total."""

    kind: str
    labels: tuple[str, ...]
    numbers: tuple[Number, ...]


@dataclass(frozen=True)
class Shown:
    """One table of a result, in one language."""

    title: str
    keys: tuple[str, ...]
    columns: tuple[Heading, ...]
    rows: tuple[Row, ...]


def result_tables(result: Mapping[str, Any], language: Language) -> list[Shown]:
    """Return every table of a result as a page shows it."""
    return [_shown(one, language) for one in layout.tables(result)]


def page_tables(result: Mapping[str, Any], language: Language) -> tuple[list[Shown], list[Shown]]:
    """Return the tables that a page leads with, and those that it folds.

    Groups by two keys are a table of one key by the other; the long list is folded then.
    """
    first, folded = [], []
    for table in result_tables(result, language):
        wide = pivoted(table, word("colon", language))
        first += wide or [table]
        folded += [table] if wide and len(table.columns) > 1 else []
    return first, folded


MOST_COLUMNS: Final = 12
LEAST_GROUPS: Final = 4


def pivoted(table: Shown, colon: str = ": ") -> list[Shown]:
    """Return the first number of groups with two keys as a table of both, then what sums them up.

    Empty where that would be no shorter or too wide.
    """
    groups = [row for row in table.rows if row.kind == "group"]
    if len(table.keys) != 2 or len(groups) < LEAST_GROUPS:
        return []
    lines: dict[str, dict[str, Number]] = {}
    for row in groups:
        lines.setdefault(row.labels[0], {})[row.labels[1]] = row.numbers[0]
    longest = sorted(lines.values(), key=len, reverse=True)
    across = list(dict.fromkeys(label for line in longest for label in line))
    if len(across) > MOST_COLUMNS or len(across) == 1:
        return []
    unit = table.columns[0].unit
    wide = Shown(
        f"{table.title}{colon}{table.columns[0].title}",
        (f"{table.keys[0]} / {table.keys[1]}",),
        tuple(Heading(label, unit, raw=True) for label in across),
        tuple(
            Row("group", (label,), tuple(line.get(one, Number("–")) for one in across))
            for label, line in lines.items()
        ),
    )
    rest = tuple(replace(row, labels=row.labels[:1]) for row in table.rows if row.kind != "group")
    return [wide, replace(table, keys=("",), rows=rest)] if rest else [wide]


def models_shown(names: Sequence[str], results: Results, language: Language) -> Shown:
    """Return what several models make of the same conversions: a column for each."""
    table = models_table(names, results)
    # Columns are named by models here; every number is one of conversions.
    counted = replace(table, columns=(CONVERSIONS,) * len(table.columns))
    rows = [
        _row(counted, at, labels, cells, language) for at, (labels, cells) in enumerate(table.rows)
    ]
    unit = _UNITS[CONVERSIONS][LANGUAGES.index(language)]
    return Shown(
        said(table.name, language),
        tuple(_key(key, language) for key in table.keys),
        tuple(Heading(name, unit) for name in table.columns),
        tuple(rows),
    )


_SUMMARIES: Final = {"other": "other", "unattributed": "other", "asked": "other"}


def result_figures(result: Mapping[str, Any], language: Language) -> list[tuple[Heading, Number]]:
    """Return the numbers of a result that stand in no table."""
    return [
        (_heading(name, language, isinstance(cell.value, str)), _number(name, cell, language))
        for name, cell in layout.figures(result).items()
    ]


def _shown(table: layout.Table, language: Language) -> Shown:
    rows = [
        _row(table, at, labels, cells, language) for at, (labels, cells) in enumerate(table.rows)
    ]
    return Shown(
        _title(table.name, language),
        tuple(_key(key, language) for key in table.keys),
        tuple(
            _heading(
                name, language, all(isinstance(cells[at].value, str) for _, cells in table.rows)
            )
            for at, name in enumerate(table.columns)
        ),
        tuple(rows),
    )


def _row(
    table: layout.Table,
    at: int,
    labels: tuple[str, ...],
    cells: tuple[layout.Cell, ...],
    language: Language,
) -> Row:
    """Return one row; only those at the end are named by a word, for a label may be "total" too."""
    summary = at >= len(table.rows) - table.summaries and bool(labels)
    names = tuple(said(one, language) if summary else _label(one, language) for one in labels)
    numbers = tuple(
        _number(name, cell, language) for name, cell in zip(table.columns, cells, strict=True)
    )
    return Row(_SUMMARIES.get(labels[0], "total") if summary else "group", names, numbers)


def _title(name: str, language: Language) -> str:
    if name == "groups":
        return "分组" if language == "zh" else "Groups"
    return field(name, language)


def _number(name: str, cell: layout.Cell, language: Language) -> Number:
    if isinstance(cell.value, bool):
        return Number(word("yes" if cell.value else "no", language))
    if isinstance(cell.value, str):
        return Number(text(name, _label(cell.value, language), language))
    return Number(*in_short(cell.estimate, language))


_UNITS: Final = {
    "people": ("persons", "人"),
    "events": ("events", "次"),
    "conversions": ("events", "次"),
    "more_people": ("persons", "人"),
    "more_conversions": ("events", "次"),
    "rows": ("rows", "行"),
    "groups": ("groups", "组"),
    "share": ("per cent", "百分比"),
    "lift": ("per cent", "百分比"),
    "rate": ("per cent", "百分比"),
    "points": ("percentage points", "百分点"),
    "sum": ("unit of the file", "单位同数据文件"),
    "ratio": ("times", "倍"),
    "p_value": ("probability", "概率"),
    "privacy": ("privacy", "隐私"),
    "index": ("index", "指数"),
    "gain": ("gain", "增益"),
    "number": ("number", "数值"),
}
_OWN_UNITS: Final = {
    "tgi_index": ("base = 100", "基准 = 100"),
    "tgi_ratio": ("times the base", "基准的倍数"),
    "index": ("per thousand reached", "每千名触达人群"),
    "reach_per_thousand": ("persons", "人"),
    "conversions_per_thousand": ("events", "次"),
    "outcome_index": ("everybody = 100", "全体 = 100"),
}
"""Units of single fields that say more than the unit's own."""


def _heading(name: str, language: Language, plain: bool = False) -> Heading:
    """Return a column's title and unit: sums are in the unit of the file, shares in per cent.

    A text has no unit.
    """
    unit = _OWN_UNITS.get(name.rsplit(".", 1)[-1], _UNITS[unit_of(name)])
    return Heading(field(name, language), "" if plain else unit[LANGUAGES.index(language)])


def _key(key: str, language: Language) -> str:
    side, dot, column = key.partition(".")
    return f"{said(side, language)} · {inert(column)}" if dot else said(key, language)


def _label(label: str, language: Language) -> str:
    stage = f"stage.{label}"
    found = said(stage, language)
    return inert(label) if found == stage else found


def as_csv(result: Mapping[str, Any]) -> str:
    """Return a result for a spreadsheet, which runs none of it; the mark tells it the encoding."""
    return _csv(*layout.spreadsheet(result))


def models_csv(names: Sequence[str], results: Results) -> str:
    """Return the same of several models, a line for each campaign and model."""
    return _csv(*models_spreadsheet(names, results))


def _csv(header: list[str], rows: list[list[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(map(quote_cell, header))
    writer.writerows([quote_cell(c) if isinstance(c, str) else c for c in row] for row in rows)
    return "\ufeff" + text.getvalue()


def count(value: Any) -> str:
    """Write a whole number with its thousands."""
    return f"{int(value):,}"


def figure(value: Any, digits: int = 4) -> str:
    """Write a number with some significant digits and no exponent where that is readable."""
    amount = float(value)
    if amount and abs(amount) < 1e-4:
        return f"{amount:.3g}"
    text = f"{amount:,.{digits}f}".rstrip("0").rstrip(".")
    return text or "0"


def decimals(values: Iterable[float], most: int = 5) -> int:
    """Return how many decimals write all numbers of a column, so that their points align."""
    written = [f"{float(value):.{most}f}".rstrip("0") for value in values]
    return max((len(one.partition(".")[2]) for one in written), default=0)


def fixed(value: Any, digits: int) -> str:
    """Write a number with so many decimals."""
    return f"{float(value):,.{digits}f}"


def percent(value: Any) -> str:
    """Write a part of a whole."""
    return f"{100 * float(value):.1f} %"


def seconds(value: Any) -> str:
    """Write Unix seconds as a time in UTC."""
    return datetime.fromtimestamp(float(value), UTC).strftime("%Y-%m-%d %H:%M:%S")


def milliseconds(value: Any) -> str:
    """Write Unix milliseconds as a time in UTC."""
    return seconds(int(value) / 1000)


def short(value: Any) -> str:
    """Write the beginning of an identifier."""
    return str(value)[:8]


def parameter(value: Any, name: str = "", language: Language = "en") -> str:
    """Write a parameter: choices, models and lengths in words, times as such, texts as they are.

    Lists have commas; the rest is JSON.
    """
    if isinstance(value, bool):
        return word("yes" if value else "no", language)
    if isinstance(value, str):
        return _in_words(value, name, language)
    if name.rpartition("_")[2] in ("start", "end") and isinstance(value, int):
        return f"{seconds(value)} UTC"
    if isinstance(value, list) and value and all(isinstance(one, str) for one in value):
        return ", ".join(value)
    return json.dumps(value, ensure_ascii=False)


def _in_words(text: str, name: str, language: Language) -> str:
    if f"{name}.{text}" in CHOICES:
        return word(f"{name}.{text}", language)
    if name in ("model", "within"):
        return said(text, language)
    return _lasting(text, language) if name in OF_TIME else text


def _lasting(text: str, language: Language) -> str:
    """Write a length of time, such as 7d, in words."""
    number, unit = text[:-1], LENGTHS.get(text[-1:])
    if unit is None or not number.isdecimal():
        return text
    if language == "zh":
        return f"{number} {unit[1]}"
    return f"{number} {unit[0]}{'' if int(number) == 1 else 's'}"


FILTERS: Final[dict[str, Callable[..., str | int]]] = {
    "count": count,
    "figure": figure,
    "decimals": decimals,
    "fixed": fixed,
    "percent": percent,
    "seconds": seconds,
    "milliseconds": milliseconds,
    "short": short,
    "parameter": parameter,
    "plain": lambda value: inert(str(value)),
}
