"""Rows in SQLite: one file, write-ahead log, every commit on disk before it is answered.

Every write begins with ``BEGIN IMMEDIATE``: a deferred transaction that reads first and then
writes fails at once when another has written in between, whatever the busy timeout.  One
connection writes for all threads: its pages stay in its memory, where those of a connection that
others write past are read again.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from cleanroom.mediator.ports import Row, StorageFault
from cleanroom.mediator.store.group_commit import GroupCommit, savepoint
from cleanroom.mediator.store.sqlite_schema import migrations

BUSY_SECONDS = 30.0


class SqliteTransaction:
    """Read and change rows of one open transaction.

    Table and column names come from the service's source; values are always bound.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

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
        where, values = _where(key)
        column, falls = order.removeprefix("-"), order.startswith("-")
        if start is not None:
            where += f" AND {column} {'<=' if falls else '>='} ?"
            values.append(start)
        tail = f" ORDER BY {column}{' DESC' if falls else ''}" if order else ""
        if limit is not None:
            tail += " LIMIT ?"
            values.append(limit)
        cursor = self._database.execute(f"SELECT * FROM {table} WHERE {where}{tail}", values)  # noqa: S608
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    def count(self, table: str, **key: Any) -> int:
        """Return how many rows there are."""
        where, values = _where(key)
        cursor = self._database.execute(f"SELECT count(*) FROM {table} WHERE {where}", values)  # noqa: S608
        return int(cursor.fetchone()[0])

    def insert(self, table: str, **row: Any) -> None:
        """Add one row; a row of that key that is there already is an error."""
        marks = ", ".join("?" * len(row))
        sql = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})"  # noqa: S608
        self._database.execute(sql, list(row.values()))

    def update(self, table: str, key: Mapping[str, Any], **changes: Any) -> int:
        """Change the rows of that key and return how many there were."""
        where, values = _where(key)
        assignments = ", ".join(f"{column} = ?" for column in changes)
        sql = f"UPDATE {table} SET {assignments} WHERE {where}"  # noqa: S608
        return self._database.execute(sql, [*changes.values(), *values]).rowcount

    def delete(self, table: str, **key: Any) -> int:
        """Remove the rows of that key and return how many there were."""
        where, values = _where(key)
        return self._database.execute(f"DELETE FROM {table} WHERE {where}", values).rowcount  # noqa: S608

    @contextmanager
    def nested(self) -> Iterator[None]:
        """Undo what is done inside if an exception leaves it; what was done before stays."""
        with savepoint(self._database):
            yield


class SqliteStore:
    """Open transactions on one file: one connection to write, one for each thread to read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        with faults_named():
            self._writer = _connect(path)
            if migrations.pending(self._writer):
                migrations.apply(self._writer)
        # Threads wait for each other here: SQLite would let them sleep and look again.
        self._commits = GroupCommit(self._writer)

    @contextmanager
    def write(self) -> Iterator[SqliteTransaction]:
        """Hold the only writer's place; commit durably at the end, or undo all of it.

        Writers that come together share one commit; each returns only once it is on disk, and one
        that fails undoes nothing of the others.
        """
        with faults_named(), self._commits.member():
            yield SqliteTransaction(self._writer)

    @contextmanager
    def read(self) -> Iterator[SqliteTransaction]:
        """See one consistent state."""
        with faults_named():
            database = self._database()
            database.execute("BEGIN")
            try:
                yield SqliteTransaction(database)
            finally:
                database.rollback()

    def checkpoint(self) -> None:
        """Move what was logged ahead into the database file, as far as no reader needs it there.

        It waits for nobody: emptying the log holds the writer's place, and a reader that was
        stopped, or takes long, would keep every other writer out for as long as it waits.

        One thread of one process does this: versions of SQLite before 3.51.3 may lose pages when
        two connections reset the log at one moment.
        """
        with faults_named():
            database = self._database()
            database.execute("PRAGMA busy_timeout = 0")
            try:
                # Most of it is moved without the writer's place.
                for mode in ("PASSIVE", "TRUNCATE"):
                    database.execute(f"PRAGMA wal_checkpoint({mode})").fetchall()
            finally:
                database.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")

    def close(self) -> None:
        """Close the writer's and this thread's connection: nothing is written any more."""
        self._writer.close()
        database = getattr(self._local, "database", None)
        if database is not None:
            database.close()
            del self._local.database

    def _database(self) -> Database:
        database: Database | None = getattr(self._local, "database", None)
        if database is None:
            database = self._local.database = _connect(self._path)
        return database


def _connect(path: Path) -> Database:
    connection = sqlite3.connect(
        path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    database = Database(connection, execute_plugins=False)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute("PRAGMA wal_autocheckpoint = 0")
    database.execute("PRAGMA foreign_keys = ON")
    # What a savepoint would restore is kept in memory, not in a file of its own.
    database.execute("PRAGMA temp_store = MEMORY")
    return database


@contextmanager
def faults_named() -> Iterator[None]:
    """Call a failing disk or database by one name; a broken constraint is an error of ours."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        # This very kind is a damaged file, or another one in its place.
        if isinstance(error, sqlite3.OperationalError) or type(error) is sqlite3.DatabaseError:
            raise StorageFault("the database cannot be used now") from error
        raise


def _where(key: Mapping[str, Any]) -> tuple[str, list[Any]]:
    conditions = [f"{column} IS ?" for column in key]
    return " AND ".join(conditions) or "1", list(key.values())
