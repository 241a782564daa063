"""Lists in pages: a cursor is the place of the next row, opaque to the caller."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cleanroom.errors import InvalidInput
from cleanroom.mediator.ports import Row, Transaction

PAGE_ROWS = 100


@dataclass(frozen=True)
class Page:
    """One page of a list; ``next`` is None on the last."""

    items: list[dict[str, Any]]
    next: str | None

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
    rows = transaction.find(table, order=order, start=start, limit=PAGE_ROWS + 1, **key)
    following = rows[PAGE_ROWS]["number"] if len(rows) > PAGE_ROWS else None
    return Page(rows[:PAGE_ROWS], None if following is None else str(following))


def _place(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
        raise InvalidInput("that is no cursor")
    return int(cursor)
