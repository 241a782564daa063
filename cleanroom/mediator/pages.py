"""Lists in pages: a cursor names the next row.

Not by its place, which counts the rows of all rooms; a log names what is in its room to members.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cleanroom.errors import InvalidInput
from cleanroom.mediator.ports import Row, Transaction

PAGE_ROWS = 100
PAGE_BYTES = 4 << 20
"""Most bytes of the rows of one page, but for a single longer one: manifests may be long."""

ROWS_AT_ONCE = 10


@dataclass(frozen=True)
class Page:
    """One page of a list; ``next`` is None on the last."""

    items: list[dict[str, Any]]
    next: str | None

    def only(self, keep: Callable[[Row], bool]) -> Page:
        """Leave rows out; a page may then be short, or empty before the last."""
        return Page([item for item in self.items if keep(item)], self.next)

    def map(self, view: Callable[[Row], dict[str, Any]]) -> Page:
        """Show every row."""
        return Page([view(item) for item in self.items], self.next)


def page(
    transaction: Transaction, table: str, cursor: str | None, newest: bool = False, **key: Any
) -> Page:
    """Return the rows from a cursor on, in the order in which they were made, or ``newest`` first.

    A cursor belongs to the order that it came from.
    """
    start, order = _place(transaction, table, cursor, key), "-number" if newest else "number"
    rows: list[Row] = []
    held = 0
    while True:
        more = transaction.find(table, order=order, start=start, limit=ROWS_AT_ONCE + 1, **key)
        for row in more[:ROWS_AT_ONCE]:
            held += _size(row)
            if rows and (held > PAGE_BYTES or len(rows) == PAGE_ROWS):
                return Page(rows, str(row[_named(table)]))
            rows.append(row)
        if len(more) <= ROWS_AT_ONCE:
            return Page(rows, None)
        start = more[ROWS_AT_ONCE]["number"]


def _size(row: Row) -> int:
    return sum(len(value) for value in row.values() if isinstance(value, str | bytes))


def _named(table: str) -> str:
    """Return the column that names a row among those of a list: a party lists its places."""
    return "room" if table == "members" else "id"


def _place(
    transaction: Transaction, table: str, cursor: str | None, key: Mapping[str, Any]
) -> int | None:
    if cursor is None:
        return None
    # Not by its state, which may be another since the page before.
    named = {name: value for name, value in key.items() if name != "state"}
    row = transaction.get(table, **named, **{_named(table): cursor})
    if row is None:
        raise InvalidInput("that is not a cursor")
    return int(row["number"])
