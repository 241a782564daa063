"""Let writers that come together share one commit, so that they share one flush of the disk.

Writers take turns in one transaction, each in a savepoint of its own.  Whoever leaves and sees
nobody behind it commits for all; those who come meanwhile gather for the next transaction.  A
writer that comes alone commits at once, as it would without the others.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from sqlite_utils import Database

from cleanroom.mediator.ports import StorageFault

MOST: Final = 32
"""Writers of one commit at most: the first waits for the last."""


class _Group:
    """Count the writers of one transaction, and keep how it ended."""

    def __init__(self) -> None:
        self.size = 0
        self.has_work = False
        self.is_over = False
        self.fault: BaseException | None = None


class GroupCommit:
    """Share the transactions of one connection, which nothing else may use to write."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._turn = threading.Condition(self._lock)
        self._end = threading.Condition(self._lock)
        self._is_taken = False
        self._queue = 0
        self._group: _Group | None = None

    @contextmanager
    def member(self) -> Iterator[None]:
        """Hold the only writer's turn; return once the group's commit is on disk.

        What is done inside is undone alone if an exception leaves it.  That exception waits for
        the commit too: it may tell of what the others did.

        Raises:
            StorageFault: if the commit failed; then nothing of any member was done.
        """
        group = self._enter()
        try:
            with savepoint(self._database):
                yield
            group.has_work = True
        finally:
            self._leave(group)

    def _enter(self) -> _Group:
        """Wait for the turn; begin a transaction if none is open."""
        with self._lock:
            self._queue += 1
            try:
                self._turn.wait_for(lambda: not self._is_taken)
                self._is_taken = True
            finally:
                self._queue -= 1
                # A signal may end this wait: whoever counted on this writer to commit looks again.
                if not self._is_taken:
                    self._end.notify_all()
        if self._group is None:
            try:
                self._database.execute("BEGIN IMMEDIATE")
            except BaseException:
                self._pass_on()
                raise
            self._group = _Group()
        self._group.size += 1
        return self._group

    def _leave(self, group: _Group) -> None:
        """Commit if nobody follows, else wait until somebody has."""
        while not group.is_over:
            # Some faults of the disk end a transaction by themselves: nobody may go on in it.
            if not self._queue or group.size >= MOST or not self._database.conn.in_transaction:
                self._commit(group)
            self._pass_on()
            with self._lock:
                self._end.wait_for(lambda: group.is_over or not (self._is_taken or self._queue))
                self._is_taken |= not group.is_over
        if group.fault is not None:
            raise StorageFault("the database cannot be used now") from group.fault

    def _commit(self, group: _Group) -> None:
        self._group = None
        try:
            self._database.execute("COMMIT" if group.has_work else "ROLLBACK")
        except BaseException as fault:
            group.fault = fault
            # It ends the transaction even where the disk makes it fail.
            with suppress(sqlite3.Error):
                self._database.rollback()
        finally:
            group.is_over = True
            with self._lock:
                self._end.notify_all()

    def _pass_on(self) -> None:
        with self._lock:
            self._is_taken = False
            self._turn.notify()


@contextmanager
def savepoint(database: Database) -> Iterator[None]:
    """Undo what is done inside if an exception leaves it; what was done before stays.

    If the disk fails even that, nothing of the whole transaction stays: half of what was done
    inside must not come to the commit.  One name serves all: SQLite takes the innermost.
    """
    database.execute("SAVEPOINT inner")
    try:
        yield
        database.execute("RELEASE inner")
    except BaseException:
        if database.conn.in_transaction:
            try:
                database.execute("ROLLBACK TO inner")
                database.execute("RELEASE inner")
            except sqlite3.Error:
                database.rollback()
                raise
        raise
