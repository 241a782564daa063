"""Lists in pages: a cursor is the place of the next row, opaque to the caller."""

from __future__ import annotations

from collections.abc import Callable
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
    start, order = _place(cursor), "-number" if newest else "number"
    rows: list[Row] = []
    held = 0
    while True:
        more = transaction.find(table, order=order, start=start, limit=ROWS_AT_ONCE + 1, **key)
        for row in more[:ROWS_AT_ONCE]:
            held += _size(row)
            if rows and (held > PAGE_BYTES or len(rows) == PAGE_ROWS):
                return Page(rows, str(row["number"]))
            rows.append(row)
        if len(more) <= ROWS_AT_ONCE:
            return Page(rows, None)
        start = more[ROWS_AT_ONCE]["number"]


def _size(row: Row) -> int:
    return sum(len(value) for value in row.values() if isinstance(value, str | bytes))


def _place(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
        raise InvalidInput("that is not a cursor")
    return int(cursor)
