"""Lay any result out as tables: the same rows for the terminal, the console and the CSV file.

Templates differ in what a group carries; here a group is its key and its numbers, each number
with its standard deviation and interval where it has them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cleanroom.words.estimate import Ends, Estimate
from cleanroom.words.inert import inert
from cleanroom.words.labels import label_text
from cleanroom.words.units import OF_MEASURES, unit_of

ENVELOPE = frozenset(
    [
        "status",
        "name",
        "template",
        "receiver",
        "parties",
        "where",
        "groups",
        "other",
        "total",
        "suppressed",
        "declared",
        "unmatched_costs",
        "quality",
        "privacy",
        "sentence",
        "receipt",
        "rehearsal",
        "problem",
        "most",
        "measure",
        "ranking",
        "tree",
    ]
)
"""The fields that every result has; all others are a template's own."""
INTERVALS = {"tgi_index": "tgi_interval"}
"""Intervals that are not named after their number."""


@dataclass(frozen=True)
class Cell:
    """One number, text or nothing, with what is known of a number's truth.

    ``unit`` says what it counts.  ``interval`` is that of its noise; where there are ``bounds``,
    the number itself is not shown.
    """

    value: float | str | None
    sd: float | None = None
    interval: tuple[float, float] | None = None
    bounds: Ends | None = None
    unit: str = "number"

    @property
    def number(self) -> float | None:
        """Return the number where it may be shown as such, None for a text or a bound."""
        return None if isinstance(self.value, str) or self.bounds else self.value

    @property
    def estimate(self) -> Estimate:
        """Return the number with its unit and what is known of it."""
        value = None if isinstance(self.value, str) else self.value
        return Estimate(value, self.unit, self.sd, self.interval, self.bounds)


@dataclass(frozen=True)
class Table:
    """Rows of keys and cells: every row has a text per key and a cell per column."""

    name: str
    keys: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[tuple[str, ...], tuple[Cell, ...]], ...]
    summaries: int = 0
    """How many rows at the end stand for many: they are named by a word, not by their labels."""


def tables(result: Mapping[str, Any]) -> list[Table]:
    """Return the groups (with ``other`` and ``total``), then every other list of the result."""
    found = []
    if result.get("groups") or result.get("other"):
        found.append(_groups(result))
    found += [
        _table(f"total.{name}", value, ())
        for name, value in (result.get("total") or {}).items()
        if _is_list(value)
    ]
    found += [
        _table(name, value, ())
        for name, value in result.items()
        if name not in ENVELOPE and _is_list(value)
    ]
    return found


def figures(result: Mapping[str, Any]) -> dict[str, Cell]:
    """Return the numbers of a result that are in no table, by dotted name."""
    found: dict[str, Cell] = {}
    laid = result.get("groups") or result.get("other")
    shown = set(_groups(result).columns) if laid else set()
    total = {} if laid and _credits(result) else result.get("total") or {}
    for name, cell in cells(total).items():
        if name not in shown:
            found[f"total.{name}"] = cell
    own = {name: value for name, value in result.items() if name not in ENVELOPE}
    return found | cells({name: value for name, value in own.items() if not _is_list(value)})


def cells(entry: Mapping[str, Any]) -> dict[str, Cell]:
    """Return the numbers and texts of one entry by dotted name, without its key."""
    found = ((name, cell) for name, cell in _cells(entry) if name != "key")
    return {name: replace(cell, unit=unit_of(name)) for name, cell in found}


def has_intervals(entry: Mapping[str, Any]) -> bool:
    """Tell whether a number of an entry has an interval beside it."""
    return any(f"{name}_interval" in entry or INTERVALS.get(name) in entry for name in entry)


FLAGS = frozenset(["lower_bound", "reach_lower_bound", "mean_lower_bound"])
"""What a number says by itself where it is written as a bound."""
UNSHOWN = frozenset(["squares"])
"""What other numbers are computed from and nobody reads by itself."""
ENDS = ("_sd", "_interval", "_bounds")
"""What stands beside a number under its name and one of these (``Estimate.fields``)."""


def _cells(entry: Mapping[str, Any]) -> Iterator[tuple[str, Cell]]:
    beside = {f"{name}{end}" for name in entry for end in ENDS} | {*INTERVALS.values(), "key"}
    for name, value in entry.items():
        if name in beside | FLAGS | UNSHOWN or isinstance(value, list):
            continue
        if name in OF_MEASURES and isinstance(value, Mapping):
            parts = [entry.get(f"{name}{end}") or {} for end in ENDS]
            for measure, number in value.items():
                yield f"{name}.{measure}", _cell(number, *(part.get(measure) for part in parts))
        elif name == "measures":  # each has numbers of its own, under whatever name it has
            for measure, part in value.items():
                yield from ((f"{name}.{measure}.{leaf}", one) for leaf, one in _cells(part))
        elif isinstance(value, Mapping):
            yield from ((f"{name}.{leaf}", cell) for leaf, cell in _cells(value))
        else:
            sd, interval, bounds = (entry.get(f"{name}{end}") for end in ENDS)
            yield name, _cell(value, sd, interval or entry.get(INTERVALS.get(name, "")), bounds)


def _cell(value: Any, sd: Any, interval: Any, bounds: Any) -> Cell:
    """Return a cell; an interval of one point, or bounds that are the interval, add nothing."""
    pair = (float(interval[0]), float(interval[1])) if interval else None
    ends = (bounds[0], bounds[1]) if bounds else None
    if ends in (pair, (value, value)):
        ends = None
    exact = pair is not None and pair[0] == pair[1]
    return Cell(value, sd, None if exact else pair, ends)


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], Mapping)


def _groups(result: Mapping[str, Any]) -> Table:
    last = [
        ({"key": {}, **entry}, name)
        for name, entry in _summaries(result)
        if isinstance(entry, Mapping)
    ]
    return _table("groups", result["groups"], last)


def _summaries(result: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield what stands below the groups; what was attributed does not add up to what was asked."""
    yield "other", result.get("other")
    total = result.get("total") or {}
    if not _credits(result):
        yield "total", result.get("total")
        return
    yield "attributed", _credit(total, "attributed", "sums")
    if total.get("conversions") is not None:
        yield "unattributed", _credit(total, "unattributed", "")
        yield "asked", _credit(total, "conversions", "asked_sums")


def _credits(result: Mapping[str, Any]) -> bool:
    """Tell whether the groups are parts of what was attributed."""
    total = result.get("total") or {}
    entries = [*result["groups"], result.get("other") or {}]
    return "attributed" in total and any("conversions" in one for one in entries)


def _credit(total: Mapping[str, Any], name: str, sums: str) -> dict[str, Any]:
    """Return one of the totals under the names of the groups' fields; an exact one has no range."""
    found = {"conversions": total.get(name)}
    found |= {f"conversions{end}": total.get(f"{name}{end}") for end in ENDS}
    ends = ("", *ENDS) if sums == "sums" else ("",)
    return found | {f"sums{end}": total[sums + end] for end in ends if sums + end in total}


def _table(
    name: str, entries: Sequence[Mapping[str, Any]], last: Sequence[tuple[Mapping[str, Any], str]]
) -> Table:
    keys = _union(entry.get("key", {}) for entry in entries)
    # Without a group the pool and the total stand alone, under a heading of their own.
    keys = keys or (() if entries or not last else ("group",))
    columns = _union(cells(entry) for entry in entries or [entry for entry, _ in last])
    rows = [
        (tuple(label_text(entry.get("key", {}).get(key, "")) for key in keys), entry)
        for entry in entries
    ]
    filler = ("",) * (len(keys) - 1)
    rows += [((title, *filler) if keys else (), entry) for entry, title in last]
    laid = [(labels, cells(entry)) for labels, entry in rows]
    return Table(
        name,
        keys,
        columns,
        tuple(
            (labels, tuple(found.get(column, Cell(None)) for column in columns))
            for labels, found in laid
        ),
        len(last),
    )


def _union(mappings: Iterator[Mapping[str, Any]] | Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for mapping in mappings for name in mapping))


def spreadsheet(result: Mapping[str, Any]) -> tuple[list[str], list[list[object]]]:
    """Return header and rows of the groups for a CSV file: each number, its deviation and bounds.

    A result without groups gives one row per figure.  Labels are made inert here, since people
    print CSV files on terminals; formulas are the writer's to defuse.
    """
    found = tables(result)
    if not found:
        return ["figure", "value", "sd", "low", "high"], [
            [inert(name), *_four(cell)] for name, cell in figures(result).items()
        ]
    table = found[0]
    spread = [
        any(row[1][at].interval or row[1][at].bounds for row in table.rows)
        for at in range(len(table.columns))
    ]
    header = [inert(name) for name in table.keys]
    for name, wide in zip(table.columns, spread, strict=True):
        plain = inert(name)
        header += [plain, *((f"{plain}_sd", f"{plain}_low", f"{plain}_high") if wide else ())]
    rows: list[list[object]] = []
    for labels, row in table.rows:
        line: list[object] = [inert(label) for label in labels]
        for cell, wide in zip(row, spread, strict=True):
            line += _four(cell) if wide else _four(cell)[:1]
        rows.append(line)
    return header, rows


def _four(cell: Cell) -> list[object]:
    """Return value, deviation and both ends; of a bound the ends alone, for it is not a value."""
    low, high = cell.bounds or cell.interval or (None, None)
    value = inert(cell.value) if isinstance(cell.value, str) else cell.value
    parts = (None, None, low, high) if cell.bounds else (value, cell.sd, low, high)
    return ["" if each is None else each for each in parts]


SUMS = "sums."


def columns(table: Table) -> dict[str, list[Any]]:
    """Return a table's rows of groups by column; a measure has its own name where that is free."""
    rows = table.rows[: len(table.rows) - table.summaries]
    found: dict[str, list[Any]] = {
        name: [labels[at] for labels, _ in rows] for at, name in enumerate(table.keys)
    }
    taken = {*table.keys, *table.columns}
    for at, column in enumerate(table.columns):
        bare = column.removeprefix(SUMS)
        name = column if bare in taken else bare
        cells = [row[at] for _, row in rows]
        found[name] = [None if cell.bounds else cell.value for cell in cells]
        ends = [cell.bounds or cell.interval or (None, None) for cell in cells]
        if any(cell.bounds or cell.interval for cell in cells):
            found[f"{name}_low"] = [low for low, _ in ends]
            found[f"{name}_high"] = [high for _, high in ends]
    return found


def columns_of(result: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return the groups of a result by column, or a row for each figure where it has none."""
    found = tables(result)
    if found:
        return columns(found[0])
    rows = [(name, *_four(cell)) for name, cell in figures(result).items()]
    heads = ("figure", "value", "sd", "low", "high")
    return {head: [_number(row[at], at) for row in rows] for at, head in enumerate(heads)}


def _number(value: object, at: int) -> object:
    """Return a number of a column of numbers: a text, or nothing, is none."""
    return value if at == 0 else float(value) if isinstance(value, int | float) else None
