"""Several servers on one PostgreSQL: what one writer alone may do, and what ends a connection."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import psycopg
import pytest
from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from cleanroom.documents.agreement import Policy
from cleanroom.errors import BudgetExhausted, Conflict, InvalidInput, Unauthenticated
from cleanroom.mediator import budgets, log
from cleanroom.mediator.access import Access, Proof
from cleanroom.mediator.context import Context
from cleanroom.mediator.ports import StorageFault
from cleanroom.mediator.store import postgresql_schema, sqlite_schema
from cleanroom.mediator.store.postgresql import PostgresStore, PostgresTransaction
from cleanroom.mediator.store.postgresql_bell import Herald
from cleanroom.mediator.store.sqlite_schema import migrations
from cleanroom.system import SystemClock, ThreadBell
from protocols import merkle
from protocols.signing import SigningKey
from tests.postgresql import Cluster
from tests.waits import wait_for

Servers = tuple[PostgresStore, PostgresStore]


@pytest.fixture(scope="module")
def url(cluster: Cluster) -> str:
    return cluster.fresh()


@pytest.fixture(scope="module")
def servers(url: str) -> Iterator[Servers]:
    both = PostgresStore(url, "own", 6), PostgresStore(url, "own", 6)
    yield both
    for store in both:
        store.close()


def together(servers: Servers, work: Callable[[PostgresStore], int], threads: int = 8) -> int:
    """Work in threads of both servers at once; return the sum of what they return."""
    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(work, servers * (threads // 2)))


def test_two_servers_spend_a_budget_exactly_once(servers: Servers) -> None:
    affordable, pair = 20, [("brand", "platform")]
    policy = Policy(expires=1, rho_per_release=0.005, rho_budget=0.005 * affordable)

    def spend(store: PostgresStore) -> int:
        accepted = 0
        for _ in range(6):
            try:
                with store.write("room") as transaction:
                    budgets.charge(transaction, "room", pair, policy, 0.005, 0)
                accepted += 1
            except BudgetExhausted:
                pass
        return accepted

    assert together(servers, spend) == affordable


def test_two_servers_append_to_one_log_without_gap_or_fork(servers: Servers) -> None:
    context = cast(Context, SimpleNamespace(clock=SystemClock()))

    def append(store: PostgresStore) -> int:
        for _ in range(5):
            # What each server holds is another place: the log takes its own.
            with store.write(f"key {id(store)}") as transaction:
                log.append(transaction, context, "0" * 32, kind="request")
        return 5

    assert together(servers, append) == 40
    with servers[0].read() as transaction:
        size, root = log.root(transaction, "0" * 32)
        leaves = log.entries(transaction, "0" * 32, 0, 100)
    whole = merkle.Frontier()
    for leaf in leaves:
        whole.append(merkle.leaf_hash(leaf))
    assert (len(leaves), whole.root()) == (size, root) == (40, whole.root())


def test_an_entry_waits_for_three_answers_however_long_the_log_is(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, room = cast(Context, SimpleNamespace(clock=SystemClock())), "1" * 32
    waits: list[str] = []
    run = PostgresTransaction.run

    def counted(self: PostgresTransaction, text: str, values: list[Any]) -> Any:
        if self._connection.pgconn.pipeline_status == psycopg.pq.PipelineStatus.OFF:
            waits.append(text)
        return run(self, text, values)

    monkeypatch.setattr(PostgresTransaction, "run", counted)
    for _ in range(8):
        with servers[0].write(room) as transaction:
            waits.clear()
            log.append(transaction, context, room, kind="request")
    # The log, its tree of three roots; what is written waits once, outside of these.
    assert len(waits) == 2
    with servers[0].read() as transaction:
        assert log.size(transaction, room) == 8


def test_of_one_request_at_two_servers_one_is_let_in(servers: Servers) -> None:
    with servers[0].write("f") as transaction:
        transaction.insert("parties", fingerprint="f", name="brand", card="", admitted=0)
    gate, proof = threading.Barrier(8), Proof("f", "once", 0)
    key = SigningKey.generate(secrets.token_bytes)

    def enter(store: PostgresStore) -> int:
        gate.wait()
        try:
            Access(cast(Context, SimpleNamespace(store=store, key=key))).enter(proof)
        except Unauthenticated:
            return 0
        return 1

    assert together(servers, enter) == 1


def test_rooms_do_not_wait_for_each_other_and_one_room_does(servers: Servers) -> None:
    one, other = servers
    order: list[str] = []

    def follow() -> None:
        with other.write("same"):
            order.append("second")

    with ThreadPoolExecutor(1) as pool:
        with one.write("same"):
            later = pool.submit(follow)
            with other.write("another"):
                order.append("meanwhile")
            waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            with psycopg.connect(one._url) as connection:
                wait_for(lambda: connection.execute(waiting).fetchone() == (1,))
            order.append("first")
        later.result()
    assert order == ["meanwhile", "first", "second"]


def cut(store: PostgresStore) -> None:
    """End every other connection of the database, as its restart would."""
    with psycopg.connect(store._url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'cleanroom'"
        )


def count(store: PostgresStore, room: str) -> int:
    with store.read() as transaction:
        return transaction.count("logs", room=room)


def test_a_connection_that_ends_undoes_its_transaction_and_no_later_one(servers: Servers) -> None:
    store = servers[0]
    with pytest.raises(StorageFault), store.write("cut") as transaction:
        transaction.insert("logs", room="cut", size=0, latest=0)
        cut(store)
        transaction.insert("logs", room="more", size=0, latest=0)
    # Every connection of the pool is dead, and who comes next need not know.
    assert count(store, "cut") == 0
    with servers[1].write("cut") as transaction:
        transaction.insert("logs", room="cut", size=0, latest=0)
    assert count(store, "cut") == 1


def test_what_a_swallowed_error_broke_is_not_called_committed(servers: Servers) -> None:
    with pytest.raises(StorageFault), servers[0].write("broken") as transaction:
        transaction.insert("logs", room="broken", size=0, latest=0)
        with pytest.raises(psycopg.errors.UniqueViolation):
            transaction.insert("logs", room="broken", size=0, latest=0)
    assert count(servers[0], "broken") == 0


def test_text_that_the_database_cannot_hold_names_nothing(servers: Servers) -> None:
    assert count(servers[0], "a\0b") == 0


def test_a_ring_is_heard_at_the_other_server_and_after_a_cut(url: str, servers: Servers) -> None:
    bells = ThreadBell(), ThreadBell()
    for store, bell in zip(servers, bells, strict=True):
        store.follow(bell)
    for _ in range(2):
        heard = bells[1].heard()

        # Both connections of both heralds are made in threads: ring until one is heard.
        def is_heard(heard: int = heard) -> bool:
            bells[0].ring()
            return bells[1].wait(0.05, heard) and bells[1].rang(heard)

        wait_for(is_heard)
        cut(servers[0])


def test_a_database_belongs_to_one_mediator(url: str, servers: Servers) -> None:
    with pytest.raises(Conflict, match="another key"):
        PostgresStore(url, "other", 2)


def test_a_database_that_cannot_be_reached_says_so(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be used"):
        PostgresStore(f"postgresql://nobody:secret-word@/x?host={tmp_path}", "own", 2)
    # Port 1 refuses; the driver's guess at the reason is indented below.
    with pytest.raises(InvalidInput, match="cannot be used: .*Connection refused"):
        PostgresStore("postgresql://nobody@127.0.0.1:1/x", "own", 2)


# --- the tables


def shape_of_sqlite() -> dict[str, list[tuple[str, str, bool, bool]]]:
    database = Database(memory=True)
    migrations.apply(database)
    types = {"TEXT": "text", "INTEGER": "bigint", "BLOB": "bytea"}
    return {
        table.name: sorted(
            (one.name, types[one.type], bool(one.notnull or one.is_pk), bool(one.is_pk))
            for one in table.columns
        )
        for table in database.tables
        if "sqlite" not in table.name
    }


def shape_of(store: PostgresStore) -> dict[str, list[tuple[str, str, bool, bool]]]:
    with psycopg.connect(store._url) as connection:
        rows = connection.execute(
            """
            SELECT c.table_name, c.column_name, c.data_type, c.is_nullable = 'NO', EXISTS (
                SELECT FROM information_schema.key_column_usage u
                JOIN information_schema.table_constraints k
                USING (constraint_name, table_schema) WHERE k.constraint_type = 'PRIMARY KEY'
                AND u.table_name = c.table_name AND u.column_name = c.column_name
                AND u.table_schema = c.table_schema)
            FROM information_schema.columns c
            WHERE c.table_schema = current_schema() AND c.column_name <> 'rowid'
            AND c.table_name NOT IN ('kept_by', 'migrations')
            """
        ).fetchall()
    found: dict[str, list[Any]] = {}
    for table, *column in rows:
        found.setdefault(table, []).append(tuple(column))
    return {table: sorted(columns) for table, columns in found.items()}


def test_both_databases_have_the_same_tables(servers: Servers) -> None:
    assert shape_of(servers[0]) == shape_of_sqlite()


@contextmanager
def later(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Be a version that has one more migration."""
    more = Migrations("mediator")
    more._migrations = list(migrations._migrations)

    @more(name="9999_later")
    def _(database: Database) -> None:
        database.execute("ALTER TABLE rooms ADD COLUMN later INTEGER NOT NULL DEFAULT 7")
        database.executescript("CREATE TABLE laters (id TEXT PRIMARY KEY) STRICT;")

    with monkeypatch.context() as patched:
        for module in (postgresql_schema, sqlite_schema):
            patched.setattr(module, "migrations", more)
        yield


def test_a_later_version_changes_the_tables_and_an_earlier_one_leaves_them_alone(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = cluster.fresh()
    store = PostgresStore(url, "own", 2)
    with store.write("room") as transaction:
        transaction.insert("rooms", id="r", state="ACTIVE", agreement="", expires=1, created=1)
    with later(monkeypatch):
        with pytest.raises(InvalidInput, match="earlier version"):
            PostgresStore(url, "own", 2, changes=False)
        assert "laters" not in shape_of(store)
        PostgresStore(url, "own", 2).close()
        PostgresStore(url, "own", 2).close()
    with store.read() as transaction:
        row = transaction.get("rooms", id="r")
    assert row is not None
    assert row["later"] == 7
    assert "laters" in shape_of(store)
    store.close()
    with pytest.raises(InvalidInput, match="later version"):
        PostgresStore(url, "own", 2)


def test_nonces_of_an_earlier_version_are_forgotten_and_used_up(cluster: Cluster) -> None:
    url = cluster.fresh()
    store = PostgresStore(url, "own", 2)
    with store.write("f") as transaction:
        for nonce in ("one", "two"):
            transaction.insert("nonces", fingerprint="f", nonce=nonce, until=7)
    store.close()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DELETE FROM migrations WHERE name = '0017_digests_of_nonces'")
    store = PostgresStore(url, "own", 2)
    with store.read() as transaction:
        assert transaction.count("nonces") == 0
        assert transaction.find("dropped_nonces", order="first") == [{"first": 7, "last": 7}]
    store.close()


def test_a_herald_that_is_closed_ends_its_threads(url: str) -> None:
    herald = Herald(url, {}, ThreadBell())
    made = [one for one in threading.enumerate() if getattr(one, "_target", None) == herald._keep]
    assert len(made) == 2
    herald.close()
    wait_for(lambda: not any(one.is_alive() for one in made))
