"""Rows in SQLite: one file, write-ahead log, every commit on disk before it is answered.

Every write begins with ``BEGIN IMMEDIATE``: a deferred transaction that reads first and then
writes fails at once when another has written in between, whatever the busy timeout.  One
connection writes for all threads: its pages stay in its memory, where those of a connection that
others write past are read again.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from cleanroom.mediator.ports import StorageFault
from cleanroom.mediator.store.group_commit import GroupCommit, savepoint
from cleanroom.mediator.store.rows import SqlTransaction
from cleanroom.mediator.store.sqlite_schema import check_version, migrations

BUSY_SECONDS = 30.0


class SqliteTransaction(SqlTransaction):
    """Read and change rows of one open transaction."""

    mark = "?"

    def __init__(self, database: Database) -> None:
        self._database = database

    def run(self, text: str, values: list[Any]) -> Any:
        """Run one statement with its values."""
        return self._database.execute(text, values)

    def hold(self, place: str) -> None:
        """Do nothing: whoever writes holds every place."""

    @contextmanager
    def nested(self) -> Iterator[None]:
        """Undo what is done inside if an exception leaves it; what was done before stays."""
        with savepoint(self._database):
            yield


class SqliteStore:
    """Open transactions on one file: one connection to write, one for each thread to read.

    Raises ``InvalidInput`` for a file of a later version, and for one of an earlier version unless
    ``changes`` may be made to it.
    """

    def __init__(self, path: Path, *, changes: bool = True) -> None:
        self._path = path
        self._local = threading.local()
        with faults_named():
            self._writer = _connect(path)
            applied = [one.name for one in migrations.applied(self._writer)]
            check_version(applied, changes=changes)
            if migrations.pending(self._writer):
                migrations.apply(self._writer)
        # Threads wait for each other here: SQLite would let them sleep and look again.
        self._commits = GroupCommit(self._writer)

    @contextmanager
    def write(self, place: str) -> Iterator[SqliteTransaction]:  # noqa: ARG002
        """Hold the only writer's place, whatever is to be written; commit durably at the end.

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
