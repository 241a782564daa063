"""Rows in PostgreSQL: many servers and workers on one database, every commit durable.

Whoever writes holds an advisory lock of the room, or of what else the rows belong to, from the
transaction's first statement to its commit.  So the next index of a room's log, what is left in its
ledgers and its leases are read and written by one transaction at a time, of whichever server; rooms
do not wait for each other.  The isolation is READ COMMITTED, in which every statement after the
lock sees what its last holder committed: under REPEATABLE READ or SERIALIZABLE the statement that
waits for the lock would fix a state from before it had it.  What a forgotten lock would break,
primary keys refuse: no two entries of one index, no two rows of one ledger.

Reads are REPEATABLE READ: one state, whatever is committed meanwhile.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Final, TypeAlias

import psycopg
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout

from cleanroom.errors import InvalidInput
from cleanroom.mediator.ports import Row, StorageFault
from cleanroom.mediator.store.postgresql_bell import Herald
from cleanroom.mediator.store.postgresql_schema import prepare
from cleanroom.mediator.store.rows import SqlTransaction
from cleanroom.system import ThreadBell

WAIT_SECONDS: Final = 30
"""Longest wait for a connection, and for a place that another server's writer holds."""

STRIPES: Final = 64
"""Places of this process: its writers of one room wait here, and take one connection at a time."""

READING: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

OPTIONS: Final[dict[str, Any]] = {
    "application_name": "cleanroom",
    "client_encoding": "utf8",
    "connect_timeout": 10,
    # A server that is gone with its machine is noticed from both ends.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}

SESSION: Final = f"""
SET synchronous_commit = on; SET lock_timeout = '{WAIT_SECONDS}s';
SET idle_in_transaction_session_timeout = '60s'; SET tcp_keepalives_idle = 10;
SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3
"""

Connection: TypeAlias = "psycopg.Connection[tuple[Any, ...]]"


class PostgresTransaction(SqlTransaction):
    """Read and change rows of one open transaction."""

    mark = "%s"

    def __init__(
        self, connection: Connection, counted: Mapping[str, str], place: str | None = None
    ) -> None:
        self._connection = connection
        self._counted = counted
        self._place = place

    def run(self, text: str, values: list[Any]) -> Any:
        """Run one statement with its values."""
        return self._connection.execute(text.encode(), [_plain(one) for one in values], binary=True)

    def counted(self, table: str) -> str:
        """Return the column that counts a table's rows as they came."""
        return self._counted[table]

    def find(self, table: str, **how: Any) -> list[Row]:
        """Return rows without their place, which is a column here."""
        found = super().find(table, **how)
        for row in found:
            row.pop("rowid", None)
        return found

    def where(self, key: Mapping[str, Any]) -> tuple[str, list[Any]]:
        """Return the condition of a key and its values."""
        if any(isinstance(value, str) and "\0" in value for value in key.values()):
            return "FALSE", []  # no text of this database has that character
        return super().where(key)

    def hold(self, place: str) -> None:
        """Wait for the writer's place of a further room; whoever holds it already goes on."""
        if place != self._place:
            self._connection.execute(_lock(place).encode())

    @contextmanager
    def together(self) -> Iterator[None]:
        """Send changes one after the other, and wait once for the answers to all."""
        with self._connection.pipeline():
            yield

    @contextmanager
    def nested(self) -> Iterator[None]:
        """Undo what is done inside if an exception leaves it; what was done before stays."""
        with self._connection.transaction():
            yield


class PostgresStore:
    """Open transactions on one database, through a few connections that threads share.

    ``owner`` is the fingerprint of the mediator's key: a database belongs to the first that opens
    it.

    Raises:
        InvalidInput: if the database cannot be reached, or is not a place for this mediator.
    """

    def __init__(self, url: str, owner: str, connections: int, *, changes: bool = True) -> None:
        self._url = url
        try:
            with psycopg.connect(url, autocommit=True, **OPTIONS) as connection:
                self._counted = prepare(connection, owner, changes=changes)
        except psycopg.OperationalError as error:
            # The last attempt counts; what is indented below it is only a guess at the reason.
            lines = str(error).strip().splitlines()
            sentence = [line for line in lines if not line.startswith("\t")][-1]
            raise InvalidInput(
                f"The database cannot be used: {sentence}",
                remedy="Check that it is running and that the address and the password are right.",
            ) from None
        self._places = [threading.Lock() for _ in range(STRIPES)]
        self._heralds: list[Herald] = []
        self._pool = ConnectionPool(
            url,
            min_size=1,
            max_size=connections,
            timeout=WAIT_SECONDS,
            kwargs={"autocommit": True, **OPTIONS},
            configure=_configure,
            open=True,
        )

    @contextmanager
    def write(self, place: str) -> Iterator[PostgresTransaction]:
        """Hold the only writer's place of a room; commit durably at the end, or undo all of it."""
        own = self._places[_number(place) % STRIPES]
        with faults_named(), own, self._begun(f"BEGIN; {_lock(place)}") as connection:
            yield PostgresTransaction(connection, self._counted, place)

    @contextmanager
    def read(self) -> Iterator[PostgresTransaction]:
        """See one consistent state."""
        with faults_named(), self._begun(READING) as connection:
            yield PostgresTransaction(connection, self._counted)

    def checkpoint(self) -> None:
        """Do nothing: PostgreSQL keeps itself."""

    def follow(self, bell: ThreadBell) -> None:
        """Let a bell ring in every process that has this database open, and hear theirs."""
        self._heralds.append(Herald(self._url, OPTIONS, bell))

    def close(self) -> None:
        """Let go of the database: nothing is read or written any more."""
        for herald in self._heralds:
            herald.close()
        self._pool.close()

    @contextmanager
    def _begun(self, begin: str) -> Iterator[Connection]:
        connection = self._begin(begin)
        try:
            yield connection
            # A transaction that a statement broke is undone by COMMIT, without an error.
            if connection.execute("COMMIT").statusmessage != "COMMIT":
                raise StorageFault("the database undid what was done")
        except BaseException:
            with suppress(psycopg.Error):
                connection.rollback()
            raise
        finally:
            self._pool.putconn(connection)

    def _begin(self, begin: str) -> Connection:
        """Begin on a connection that still lives: a database that restarted has ended them all."""
        for left in reversed(range(self._pool.max_size + 1)):
            connection = self._pool.getconn()
            try:
                connection.execute(begin.encode())
                return connection
            except BaseException as error:
                broken = connection.broken
                with suppress(psycopg.Error):
                    connection.rollback()
                self._pool.putconn(connection)
                if not (broken and left and isinstance(error, psycopg.OperationalError)):
                    raise
        raise AssertionError("the loop returns or raises")


def _configure(connection: Connection) -> None:
    connection.execute(SESSION)


@contextmanager
def faults_named() -> Iterator[None]:
    """Call a failing database by one name; a broken constraint is an error of ours."""
    try:
        yield
    except (
        psycopg.OperationalError,
        psycopg.InterfaceError,
        psycopg.InternalError,
        PoolTimeout,
        PoolClosed,
    ) as error:
        raise StorageFault("the database cannot be used now") from error


def _lock(place: str) -> str:
    return f"SELECT pg_advisory_xact_lock({_number(place)})"


def _number(place: str) -> int:
    """Return the number by which PostgreSQL knows a place: two that share one only wait longer."""
    digest = hashlib.sha256(b"cleanroom/" + place.encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def _plain(value: Any) -> Any:
    """Return a value as SQLite would take it: a truth is a number, a name of a state its text."""
    if isinstance(value, bool):
        return int(value)
    return str(value) if isinstance(value, str) else value
