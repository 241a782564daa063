"""Rows by equality on named columns, in the SQL that SQLite and PostgreSQL share.

Table and column names come from the service's source; values are always bound.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

from cleanroom.mediator.ports import Row


class SqlTransaction(ABC):
    """Read and change rows of one open transaction."""

    mark: ClassVar[str]
    """What stands for a value."""

    @abstractmethod
    def run(self, text: str, values: list[Any]) -> Any:
        """Run one statement with its values; return a cursor of the Database API."""

    def counted(self, table: str) -> str:  # noqa: ARG002
        """Return the column that counts a table's rows as they came."""
        return "rowid"

    def get(self, table: str, **key: Any) -> Row | None:
        """Return the one row of that key, or None."""
        rows = self.find(table, limit=1, order="", **key)
        return rows[0] if rows else None

    def find(
        self,
        table: str,
        *,
        order: str = "rowid",
        start: Any = None,
        limit: int | None = None,
        **key: Any,
    ) -> list[Row]:
        """Return rows in the order of a column, from ``start`` on (inclusive)."""
        where, values = self.where(key)
        column, falls = order.removeprefix("-"), order.startswith("-")
        column = self.counted(table) if column == "rowid" else column
        if start is not None:
            where += f" AND {column} {'<=' if falls else '>='} {self.mark}"
            values.append(start)
        tail = f" ORDER BY {column}{' DESC' if falls else ''}" if order else ""
        if limit is not None:
            tail += f" LIMIT {self.mark}"
            values.append(limit)
        return _rows(self.run(f"SELECT * FROM {table} WHERE {where}{tail}", values))  # noqa: S608

    def among(self, table: str, keys: Sequence[Mapping[str, Any]]) -> list[Row]:
        """Return the rows of each of the keys, in no order; there are a few dozen at most."""
        if not keys:
            return []
        texts, values = zip(*(self.where(key) for key in keys), strict=True)
        # Of a list of keys PostgreSQL may make a scan of the table; of one key it takes the index.
        sql = " UNION ALL ".join(f"SELECT * FROM {table} WHERE {text}" for text in texts)  # noqa: S608
        return _rows(self.run(sql, [one for some in values for one in some]))

    def count(self, table: str, **key: Any) -> int:
        """Return how many rows there are."""
        where, values = self.where(key)
        cursor = self.run(f"SELECT count(*) FROM {table} WHERE {where}", values)  # noqa: S608
        return int(cursor.fetchone()[0])

    def insert(self, table: str, **row: Any) -> None:
        """Add one row; a row of that key that is there already is an error."""
        marks = ", ".join([self.mark] * len(row))
        sql = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})"  # noqa: S608
        self.run(sql, list(row.values()))

    def update(self, table: str, key: Mapping[str, Any], **changes: Any) -> int:
        """Change the rows of that key and return how many there were."""
        where, values = self.where(key)
        assignments = ", ".join(f"{column} = {self.mark}" for column in changes)
        sql = f"UPDATE {table} SET {assignments} WHERE {where}"  # noqa: S608
        return int(self.run(sql, [*changes.values(), *values]).rowcount)

    def delete(self, table: str, **key: Any) -> int:
        """Remove the rows of that key and return how many there were."""
        where, values = self.where(key)
        return int(self.run(f"DELETE FROM {table} WHERE {where}", values).rowcount)  # noqa: S608

    @contextmanager
    def together(self) -> Iterator[None]:
        """Make one change after the other."""
        yield

    def where(self, key: Mapping[str, Any]) -> tuple[str, list[Any]]:
        """Return the condition of a key, in which NULL is equal to NULL, and its values."""
        conditions = [
            f"{column} IS NULL" if value is None else f"{column} = {self.mark}"
            for column, value in key.items()
        ]
        return " AND ".join(conditions) or "TRUE", [one for one in key.values() if one is not None]


def _rows(cursor: Any) -> list[Row]:
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]
