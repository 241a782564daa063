"""Copy all rows of a mediator from SQLite to PostgreSQL in one transaction, and compare the two."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

import psycopg
from sqlite_utils import Database

from cleanroom.errors import AuditFailure, Conflict
from cleanroom.mediator.store.postgresql import OPTIONS, SESSION, Connection, faults_named
from cleanroom.mediator.store.postgresql_schema import prepare

ROWS_AT_ONCE: Final = 1000


class _Table(NamedTuple):
    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    counts: bool
    """Whether SQLite orders its rows as they came, which the copy has to keep."""


def copy_rows(source: Path, url: str, owner: str) -> None:
    """Copy every row of a SQLite file, which nobody may write to meanwhile, to an empty database.

    All rows are there or none.  A database that holds these very rows already is left alone.

    Raises:
        Conflict: if it holds others, or is another mediator's.
        AuditFailure: if the copy is not what was copied.
        StorageFault: if either database fails.
    """
    with (
        faults_named(),
        closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as opened,
        psycopg.connect(url, autocommit=True, **OPTIONS) as target,
    ):
        target.execute(SESSION.encode())
        counted = prepare(target, owner, changes=True)
        tables = list(_tables(Database(opened)))
        with target.transaction():
            if any(
                _fetch(target, f"SELECT FROM {table.name} LIMIT 1") is not None for table in tables
            ):
                if not all(_equal(opened, target, table) for table in tables):
                    raise Conflict("the database holds other rows already", rule="not-empty")
                return
            for table in tables:
                _copy(opened, target, table)
                if counted.get(table.name) in table.columns:
                    _count_on(target, table.name, counted[table.name])
            # Before the commit: what is there afterwards is whole.
            for table in tables:
                if not _equal(opened, target, table):
                    raise AuditFailure(f"the copy of the table {table.name} differs")


def _tables(database: Database) -> Iterator[_Table]:
    """Yield the tables as they were made: what refers to another one comes after it."""
    for name, statement in database.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%sqlite%'"
        " ORDER BY rowid"
    ).fetchall():
        table = database[name]
        columns = tuple(str(column.name) for column in table.columns)
        keys = sorted(
            (column for column in table.columns if column.is_pk), key=lambda one: one.is_pk
        )
        yield _Table(
            str(name),
            columns,
            tuple(str(one.name) for one in keys),
            "WITHOUT ROWID" not in statement,
        )


def _fetch(connection: Connection, text: str) -> Any:
    return connection.execute(text.encode()).fetchone()


def _copy(source: sqlite3.Connection, target: Connection, table: _Table) -> None:
    columns = ", ".join(table.columns)
    order = "rowid" if table.counts else ", ".join(table.key)
    rows = source.execute(f"SELECT {columns} FROM {table.name} ORDER BY {order}")  # noqa: S608
    with (
        target.cursor() as cursor,
        cursor.copy(f"COPY {table.name} ({columns}) FROM STDIN".encode()) as sink,
    ):
        for row in rows:
            sink.write_row(row)


def _count_on(target: Connection, table: str, column: str) -> None:
    """Let a column that counts go on after the last row."""
    _fetch(
        target,
        f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'), max({column}))"  # noqa: S608
        f" FROM {table} HAVING max({column}) > 0",
    )


def _equal(source: sqlite3.Connection, target: Connection, table: _Table) -> bool:
    """Compare every row of a table; text and keys are ordered by their bytes in both."""
    text = f"SELECT {', '.join(table.columns)} FROM {table.name} ORDER BY {', '.join(table.key)}"  # noqa: S608
    with cast(Any, target).cursor(name="compared", binary=True) as there:
        there.itersize = ROWS_AT_ONCE
        there.execute(text.encode())
        here = source.execute(text)
        return all(one == other for one, other in zip_longest(here, there))
