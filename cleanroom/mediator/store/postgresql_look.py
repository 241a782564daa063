"""Look at a mediator's database without changing it: what would stop a server, and the way out."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, Final

import psycopg

from cleanroom.mediator.store.finding import Finding, schema
from cleanroom.mediator.store.postgresql import OPTIONS, Connection
from cleanroom.system import CLOCK_SECONDS

BELL_SECONDS: Final = 3.0
BELL: Final = "cleanroom_doctor"
"""A channel of its own: nobody else is woken."""

LOOKING: Final[dict[str, Any]] = {**OPTIONS, "application_name": "cleanroom-doctor"}


def look(url: str, owner: str, connections: int, *, shared_blobs: bool) -> Iterator[Finding]:
    """Yield what is found at an address, for the mediator whose key has that fingerprint.

    ``connections`` is what one process takes at most.
    """
    try:
        with (
            psycopg.connect(url, autocommit=True, **LOOKING) as connection,
            psycopg.connect(url, autocommit=True, **LOOKING) as other,
        ):
            version = connection.info.parameter_status("server_version")
            yield Finding("database", True, f"PostgreSQL {version}")
            yield _encoding(connection)
            yield from _tables(connection, owner)
            yield _writes(connection)
            yield _durable(connection)
            yield _room(connection, connections)
            yield _servers(connection, shared_blobs=shared_blobs)
            yield _bell(connection, other)
            yield _clock(connection)
    except psycopg.Error as error:
        lines = str(error).strip().splitlines()
        yield Finding(
            "database",
            False,
            lines[-1] if lines else type(error).__name__,
            "Check that it is running and that the address and the password are right: the home"
            " keeps the address, PGPASSWORD or ~/.pgpass the password.",
        )


def _one(connection: Connection, text: str) -> Any:
    row = connection.execute(text.encode()).fetchone()
    return row[0] if row else None


def _encoding(connection: Connection) -> Finding:
    found = str(connection.info.parameter_status("server_encoding"))
    return Finding("encoding", found == "UTF8", found, "Create another: createdb -E UTF8")


def _tables(connection: Connection, owner: str) -> Iterator[Finding]:
    if _one(connection, "SELECT to_regclass('kept_by')") is None:
        yield Finding(
            "schema", False, "there are no tables", "Start the server once: it creates them."
        )
        return
    kept = connection.execute("SELECT owner FROM kept_by").fetchall()
    yield Finding(
        "owner",
        kept in ([], [(owner,)]),
        "this mediator" if kept else "nobody yet",
        "The database is another mediator's: its tables name another key. Give each its own.",
    )
    applied = {str(row[0]) for row in connection.execute("SELECT name FROM migrations")}
    yield schema(applied)


def _writes(connection: Connection) -> Finding:
    standby = _one(connection, "SELECT pg_is_in_recovery()")
    closed = _one(connection, "SHOW default_transaction_read_only") == "on"
    allowed = _one(connection, "SELECT has_schema_privilege(current_schema(), 'CREATE')")
    return Finding(
        "writes",
        bool(allowed and not standby and not closed),
        "the server is a standby"
        if standby
        else "transactions are read-only"
        if closed
        else "allowed"
        if allowed
        else "this user may not create tables",
        "Give the address of the primary, and a user that owns the database.",
    )


def _durable(connection: Connection) -> Finding:
    off = [
        name for name in ("fsync", "full_page_writes") if _one(connection, f"SHOW {name}") != "on"
    ]
    return Finding(
        "durable",
        not off,
        f"{' and '.join(off)} off: a power cut may lose what was acknowledged" if off else "yes",
        f"Set {' and '.join(f'{name} = on' for name in off)} in postgresql.conf, and restart it.",
    )


def _room(connection: Connection, connections: int) -> Finding:
    """Count what is left for a server and its worker, beside other programs."""
    most = int(_one(connection, "SHOW max_connections"))
    kept = int(_one(connection, "SHOW superuser_reserved_connections"))
    others = _one(
        connection,
        "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
        " AND application_name NOT LIKE 'cleanroom%'",
    )
    left, needed = most - kept - int(others), 2 * (connections + 2)
    return Finding(
        "connections",
        left >= needed,
        f"{left} for cleanroom, {needed} for each server with its worker",
        "Raise max_connections, or lower CLEANROOM_DATABASE_CONNECTIONS.",
    )


def _servers(connection: Connection, *, shared_blobs: bool) -> Finding:
    hosts = int(
        _one(
            connection,
            "SELECT count(DISTINCT coalesce(host(client_addr), '')) FROM pg_stat_activity"
            " WHERE application_name = 'cleanroom' AND datname = current_database()",
        )
    )
    seen = f"{hosts} machines have the database open"
    return Finding(
        "several servers",
        shared_blobs or hosts <= 1,
        seen
        if shared_blobs
        else (f"{seen}; uploads are in this home, so only one machine can serve"),
        "Stop all servers but that of this home, or keep uploads in an object store:"
        " cleanroom-server move",
    )


def _bell(listener: Connection, sender: Connection) -> Finding:
    """See whether what one connection says reaches another one, as servers wake each other."""
    listener.execute(f"LISTEN {BELL}")
    sender.execute(f"NOTIFY {BELL}")
    heard = list(listener.notifies(timeout=BELL_SECONDS, stop_after=1))
    return Finding(
        "notifications",
        bool(heard),
        "arrive" if heard else "do not arrive: servers and workers only look at times",
        "A pooler in between has to pool by session (PgBouncer: pool_mode = session).",
    )


def _clock(connection: Connection) -> Finding:
    before = time.time()
    there = float(_one(connection, "SELECT extract(epoch FROM clock_timestamp())"))
    apart = max(before - there, there - time.time(), 0.0)
    return Finding(
        "database clock",
        apart <= CLOCK_SECONDS,
        f"{apart:.0f} s from this machine's",
        "Set the clock of every server and of the database by NTP.",
    )
