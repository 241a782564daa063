"""Writers that share a commit: none harms another, none is answered before the disk has it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cleanroom.mediator.ports import StorageFault, Transaction
from cleanroom.mediator.store import group_commit
from cleanroom.mediator.store.sqlite import SqliteStore
from tests.waits import PATIENCE, wait_for


class Refused(Exception):
    """What a writer's own check raises."""


class Watched:
    """A database that counts its commits, and may hold one back or fail it."""

    def __init__(self, database: Any) -> None:
        self.database, self.conn, self.rollback = database, database.conn, database.rollback
        self.commits = 0
        self.gate = threading.Event()
        self.gate.set()
        self.committing = threading.Event()
        self.fault: Exception | None = None

    def execute(self, sql: str, *values: Any) -> Any:
        if sql == "COMMIT":
            self.commits += 1
            self.committing.set()
            assert self.gate.wait(PATIENCE)
            if self.fault is not None:
                raise self.fault
        return self.database.execute(sql, *values)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    made = SqliteStore(tmp_path / "rows.sqlite")
    yield made
    made.close()


@pytest.fixture
def watched(store: SqliteStore) -> Watched:
    found = Watched(store._writer)
    store._commits._database = found  # type: ignore[assignment]
    return found


def add(transaction: Transaction, room: str) -> None:
    transaction.insert("logs", room=room, size=0, latest=0)


def rooms(store: SqliteStore) -> list[str]:
    with store.read() as transaction:
        return sorted(row["room"] for row in transaction.find("logs"))


@contextmanager
def one_group(store: SqliteStore, *bodies: Any) -> Iterator[list[Future[None]]]:
    """Run every body as a writer of one and the same transaction, in their order."""
    line = store._commits

    def run(body: Any) -> None:
        with store.write("room") as transaction:
            body(transaction)

    with ThreadPoolExecutor(len(bodies) + 1) as pool:
        inside, leave = threading.Event(), threading.Event()

        def hold(_: Transaction) -> None:
            inside.set()
            assert leave.wait(PATIENCE)

        first = pool.submit(run, hold)
        assert inside.wait(PATIENCE)
        futures = []
        for body in bodies:
            waiting = line._queue + 1
            futures.append(pool.submit(run, body))
            wait_for(lambda waiting=waiting: line._queue == waiting)
        leave.set()
        yield [first, *futures]


def adds(room: str) -> Any:
    return lambda transaction: add(transaction, room)


def refuses(transaction: Transaction) -> None:
    add(transaction, "undone")
    raise Refused


def violates(transaction: Transaction) -> None:
    add(transaction, "undone")
    add(transaction, "undone")


def test_writers_that_come_together_share_one_commit(store: SqliteStore, watched: Watched) -> None:
    with one_group(store, *map(adds, "abcdef")) as futures:
        for future in futures:
            future.result(PATIENCE)
    assert rooms(store) == list("abcdef")
    assert watched.commits == 1


def test_one_that_fails_harms_no_other(store: SqliteStore, watched: Watched) -> None:
    with one_group(store, adds("a"), refuses, adds("b"), violates, adds("c")) as futures:
        _, a, refused, b, violated, c = futures
        for future in (a, b, c):
            future.result(PATIENCE)
        with pytest.raises(Refused):
            refused.result(PATIENCE)
        with pytest.raises(sqlite3.IntegrityError):
            violated.result(PATIENCE)
    assert rooms(store) == ["a", "b", "c"]
    assert watched.commits == 1


def test_nothing_is_answered_before_the_commit(store: SqliteStore, watched: Watched) -> None:
    """Not even a refusal: it may tell of what another has written and not yet kept."""
    watched.gate.clear()
    with one_group(store, adds("a"), refuses, adds("b")) as futures:
        assert watched.committing.wait(PATIENCE)
        assert rooms(store) == []
        assert not any(future.done() for future in futures)
        watched.gate.set()
        futures[1].result(PATIENCE)
        # Another connection sees it, so it is not only in this one's memory.
        assert rooms(store) == ["a", "b"]


def test_a_commit_that_fails_fails_all_of_its_writers(store: SqliteStore, watched: Watched) -> None:
    watched.fault = sqlite3.OperationalError("disk I/O error")
    with one_group(store, adds("a"), refuses, adds("b")) as futures:
        for future in futures:
            with pytest.raises(StorageFault):
                future.result(PATIENCE)
    assert rooms(store) == []
    watched.fault = None
    with store.write("room") as transaction:
        add(transaction, "later")
    assert rooms(store) == ["later"]


def test_a_transaction_that_the_disk_ended_fails_all_and_lets_nobody_in(
    store: SqliteStore, watched: Watched
) -> None:
    """A full disk makes SQLite roll all of it back; the next writer must not go on outside."""

    def full(transaction: Transaction) -> None:
        add(transaction, "undone")
        watched.database.execute("ROLLBACK")
        raise sqlite3.OperationalError("database or disk is full")

    with one_group(store, adds("a"), full, adds("b")) as (held, a, failed, b):
        for future in (held, a, failed):
            with pytest.raises(StorageFault):
                future.result(PATIENCE)
        b.result(PATIENCE)
    assert rooms(store) == ["b"]


def test_a_writer_that_is_interrupted_in_the_queue_leaves_nobody_waiting(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those before it count on it to commit; a signal may end its wait."""
    line, interrupted = store._commits, threading.local()
    wait_for = line._turn.wait_for

    def wait(free: Any, timeout: float | None = None) -> bool:
        wait_for(free, timeout)
        if getattr(interrupted, "is_here", False):
            raise KeyboardInterrupt
        return True

    def leave(_: Transaction) -> None:
        raise AssertionError("it never has its turn")

    monkeypatch.setattr(line._turn, "wait_for", wait)
    inside, go = threading.Event(), threading.Event()

    def first() -> None:
        with store.write("room") as transaction:
            add(transaction, "a")
            inside.set()
            assert go.wait(PATIENCE)

    def second() -> None:
        interrupted.is_here = True
        with store.write("room") as transaction:
            leave(transaction)

    with ThreadPoolExecutor(2) as pool:
        kept = pool.submit(first)
        assert inside.wait(PATIENCE)
        gone = pool.submit(second)
        wait_for(lambda: line._queue == 1)
        go.set()
        kept.result(PATIENCE)
        with pytest.raises(KeyboardInterrupt):
            gone.result(PATIENCE)
    assert rooms(store) == ["a"]


def test_a_group_has_an_end(store: SqliteStore, watched: Watched, monkeypatch: Any) -> None:
    monkeypatch.setattr(group_commit, "MOST", 3)
    with one_group(store, *map(adds, "abcdefgh")) as futures:
        for future in futures:
            future.result(PATIENCE)
    assert rooms(store) == list("abcdefgh")
    assert watched.commits == 3


def test_what_changes_nothing_is_not_flushed(store: SqliteStore, watched: Watched) -> None:
    with pytest.raises(Refused), store.write("room") as transaction:
        refuses(transaction)
    assert watched.commits == 0
    assert rooms(store) == []


def test_a_rollback_that_fails_leaves_no_half_of_a_writer_and_keeps_nobody_out(
    store: SqliteStore, watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else what a refused writer did halfway would come to the others' commit."""
    execute, rollback = watched.execute, watched.rollback

    def broken(sql: str, *values: Any) -> Any:
        if sql == "ROLLBACK TO inner":
            raise sqlite3.OperationalError("disk I/O error")
        return execute(sql, *values)

    def ends_and_fails() -> None:
        rollback()
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(watched, "execute", broken)
    with one_group(store, adds("a"), refuses, adds("b")) as (held, a, failed, b):
        for future in (held, a, failed):
            with pytest.raises(StorageFault):
                future.result(PATIENCE)
        b.result(PATIENCE)
    assert rooms(store) == ["b"]
    watched.fault = sqlite3.OperationalError("disk I/O error")
    monkeypatch.setattr(watched, "rollback", ends_and_fails)
    with one_group(store, adds("c")) as futures:
        for future in futures:
            with pytest.raises(StorageFault):
                future.result(PATIENCE)
    watched.fault = None
    with store.write("room") as transaction:
        add(transaction, "later")
    assert rooms(store) == ["b", "later"]
