"""Entries of logs a second: SQLite and PostgreSQL, one room and eight, one server and two.

python -m benchmarks.stores [SECONDS]
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from cleanroom.mediator import log
from cleanroom.mediator.context import Context
from cleanroom.mediator.ports import Store
from cleanroom.mediator.store.postgresql import PostgresStore
from cleanroom.mediator.store.sqlite import SqliteStore
from cleanroom.system import SystemClock
from tests import postgresql

THREADS = 8


def rate(stores: Sequence[Store], rooms: int, seconds: float) -> float:
    """Return entries a second by eight threads, each a writer of one room."""
    context = cast(Context, SimpleNamespace(clock=SystemClock()))
    end = time.monotonic() + seconds

    def write(thread: int) -> int:
        count, room = 0, f"{thread % rooms:032x}"
        while time.monotonic() < end:
            with stores[thread % len(stores)].write(room) as transaction:
                log.append(transaction, context, room, kind="request")
            count += 1
        return count

    with ThreadPoolExecutor(THREADS) as pool:
        return sum(pool.map(write, range(THREADS))) / seconds


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 3.0
    postgresql.QUICK = tuple(one for one in postgresql.QUICK if not one.startswith("fsync"))
    with tempfile.TemporaryDirectory() as folder, postgresql.cluster() as cluster:
        made: dict[str, list[Any]] = {"SQLite": [SqliteStore(Path(folder) / "rows")]}
        for servers in (1, 2):
            url = cluster.fresh()
            name = f"PostgreSQL, {servers} in one process"
            made[name] = [PostgresStore(url, "own", 16) for _ in range(servers)]
        for name, stores in made.items():
            for rooms in (1, THREADS):
                found = rate(stores, rooms, seconds)
                print(f"{name}: {rooms} rooms: {found:.0f} entries a second", flush=True)


if __name__ == "__main__":
    main()
