"""The mediator's doctor: what is wrong is named, with a way out, and nothing is mended."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import obstore
import psycopg
import pytest
from typer.testing import CliRunner

from api import doctor
from api.server import program
from cleanroom.cli.root import app
from cleanroom.errors import InvalidInput
from cleanroom.mediator.bootstrap import (
    DATABASE_FILE,
    KEY_FILE,
    SETTINGS_FILE,
    initialise,
    open_mediator,
    serving,
)
from cleanroom.mediator.store import postgresql_look
from tests.api.party import World, world
from tests.hostile.listening import listening
from tests.postgresql import Cluster

LOCAL = {"python", "home", "disk", "server", "database", "schema", "uploads", "clock", "worker"}
REMOTE = {
    *("encoding", "owner", "writes", "connections", "several servers", "notifications"),
    *("database clock", "conditional writes"),
}


def wrong(home: Path, url: str = "") -> dict[str, str]:
    """Return the parts that are wrong and how; each says a way out."""
    found = [one for one in doctor.look(home, url) if not one.ok]
    assert all(one.remedy and one.detail for one in found)
    return {one.check: one.detail for one in found}


def test_a_home_in_order_is_asked_at_its_address_too(place: World) -> None:
    with listening(place.mediator) as (host, port):
        found = list(doctor.look(place.home, f"http://{host}:{port}"))
    assert {one.check for one in found} == {*LOCAL, "address", "server clock"}
    assert not [one for one in found if not one.ok]
    assert not list((place.home / "blobs").glob("doctor*"))


def test_what_it_prints_is_a_document_or_a_table_and_ends_with_one_if_something_is_wrong(
    tmp_path: Path,
) -> None:
    initialise(tmp_path, "log.test")
    command = ["doctor", "--home", str(tmp_path)]
    done = CliRunner().invoke(program, [*command, "--json"])
    assert done.exit_code == 0
    assert {one["remedy"] for one in json.loads(done.stdout)} == {""}
    (tmp_path / KEY_FILE).chmod(0o644)
    done = CliRunner().invoke(program, command)
    assert done.exit_code == 1
    assert "FAILED" in done.output
    assert "chmod" in done.output
    pointed = CliRunner().invoke(app, [*command, "--offline", "--json"])
    assert "cleanroom-server doctor" in pointed.stdout


def damage(home: Path) -> None:
    (home / DATABASE_FILE).write_bytes(b"no database " * 999)


def later(home: Path) -> None:
    with sqlite3.connect(home / DATABASE_FILE) as database:
        database.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
            " VALUES ('mediator', '9999_later', '')"
        )


def test_a_database_of_a_later_version_is_not_served_by_this_one(place: World) -> None:
    place.mediator.context.store.close()
    later(place.home)
    with pytest.raises(InvalidInput, match="a later version.*Run that version"):
        open_mediator(place.home)
    with sqlite3.connect(place.home / DATABASE_FILE) as database:
        database.execute("DELETE FROM _sqlite_migrations WHERE name = '9999_later'")
    open_mediator(place.home).context.store.close()
    place.reopen()


def earlier(home: Path) -> None:
    with sqlite3.connect(home / DATABASE_FILE) as database:
        database.execute("DELETE FROM _sqlite_migrations WHERE name = '0015_retention'")


def test_an_earlier_versions_database_is_left_alone_while_a_server_runs(place: World) -> None:
    place.mediator.context.store.close()
    before = migrations_of(place.home)
    with sqlite3.connect(place.home / DATABASE_FILE) as database:
        database.execute("DELETE FROM _sqlite_migrations WHERE name > '0016'")
        database.execute("ALTER TABLE members DROP COLUMN place")
        database.execute("ALTER TABLE members DROP COLUMN until")
    older = migrations_of(place.home)
    with serving(place.home):
        with pytest.raises(InvalidInput, match="an earlier version.*Stop it and start"):
            open_mediator(place.home)
        done = run_server(place.home)
        assert done.returncode == 2
        assert "A server is already running" in done.stderr
        assert migrations_of(place.home) == older < before
    open_mediator(place.home).context.store.close()
    assert migrations_of(place.home) == before
    place.reopen()


def migrations_of(home: Path) -> set[str]:
    with sqlite3.connect(home / DATABASE_FILE) as database:
        return {name for (name,) in database.execute("SELECT name FROM _sqlite_migrations")}


def run_server(home: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "api.server", "run", "--home", str(home)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def clock(home: Path) -> None:
    with sqlite3.connect(home / DATABASE_FILE) as database:
        database.execute("INSERT INTO logs VALUES ('r', 1, ?)", [int(time.time() * 1000) + 60_000])


def queue(home: Path) -> None:
    with sqlite3.connect(home / DATABASE_FILE) as database:
        database.execute(
            "INSERT INTO compute (job, phase, state, due) VALUES ('x', '', 'queued', 1)"
        )


def no_uploads(home: Path) -> None:
    blobs = home / "blobs"
    if blobs.exists():
        blobs.rename(home / "elsewhere")
    blobs.write_bytes(b"")


@pytest.mark.parametrize(
    ("fault", "check"),
    [
        (lambda home: (home / KEY_FILE).unlink(), "home"),
        (lambda home: (home / SETTINGS_FILE).write_text("{"), "home"),
        (lambda home: home.chmod(0o755), "home"),
        (damage, "database"),
        (later, "schema"),
        (earlier, "schema"),
        (clock, "clock"),
        (queue, "worker"),
        (no_uploads, "uploads"),
    ],
)
def test_each_fault_of_a_home_is_named_alone(
    tmp_path: Path, fault: Callable[[Path], Any], check: str
) -> None:
    home = tmp_path / "mediator"
    initialise(home, "log.test")
    open_mediator(home).context.store.close()
    assert not wrong(home)
    fault(home)
    assert set(wrong(home)) == {check}


def test_an_address_that_does_not_answer_or_is_something_else_is_named(
    tmp_path: Path, object_store: Any
) -> None:
    initialise(tmp_path, "log.test")
    assert set(wrong(tmp_path, "http://127.0.0.1:9")) == {"address"}
    assert set(wrong(tmp_path, f"{object_store.address}/other")) == {"address"}


@pytest.fixture
def grown(tmp_path: Path, cluster: Cluster, bucket: str) -> Iterator[World]:
    with world(tmp_path / "mediator", store=cluster.fresh(), blobs=bucket) as made:
        yield made
        made.mediator.context.store.close()


def put(home: Path, **changes: str) -> None:
    kept = json.loads((home / SETTINGS_FILE).read_text())
    (home / SETTINGS_FILE).write_text(json.dumps({**kept, **changes}))


def test_postgresql_and_an_object_store_are_looked_at_part_by_part(
    grown: World, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = list(doctor.look(grown.home))
    assert {one.check for one in found} == LOCAL | REMOTE | {"durable"}
    # The tests' server does not flush, and that is found.
    assert set(wrong(grown.home)) == {"durable"}
    with monkeypatch.context() as patched:
        patched.setenv("CLEANROOM_DATABASE_CONNECTIONS", "1000")
        assert set(wrong(grown.home)) == {"durable", "connections"}
    with monkeypatch.context() as patched:
        write = obstore.put

        def careless(*given: Any, mode: Any, **more: Any) -> Any:
            return write(*given, **more)

        patched.setattr(obstore, "put", careless)
        assert set(wrong(grown.home)) == {"durable", "conditional writes"}
    put(grown.home, blobs="s3://no-such-bucket/x")
    assert set(wrong(grown.home)) == {"durable", "uploads"}
    put(grown.home, blobs=bucket)
    store = json.loads((grown.home / SETTINGS_FILE).read_text())["store"]
    put(grown.home, store=f"{store}%20-cdefault_transaction_read_only%3Don")
    assert set(wrong(grown.home)) == {"durable", "writes"}
    put(grown.home, store=store.replace("search_path%3D", "search_path%3Dnone_"))
    assert set(wrong(grown.home)) == {"durable", "writes", "schema"}
    put(grown.home, store="postgresql://nobody@127.0.0.1:9/none")
    assert set(wrong(grown.home)) == {"database"}


def test_another_mediators_database_and_one_of_a_later_version_are_named(
    grown: World, cluster: Cluster
) -> None:
    store = json.loads((grown.home / SETTINGS_FILE).read_text())["store"]
    with psycopg.connect(store, autocommit=True) as connection:
        connection.execute("INSERT INTO migrations VALUES ('9999_later')")
        assert set(wrong(grown.home)) == {"durable", "schema"}
        connection.execute("DELETE FROM migrations WHERE name = '9999_later'")
        connection.execute("UPDATE kept_by SET owner = 'other'")
        assert set(wrong(grown.home)) == {"durable", "owner"}
        connection.execute(
            "UPDATE kept_by SET owner = %s",
            [grown.mediator.context.key.verifying_key.fingerprint()],
        )


def test_two_machines_that_do_not_share_uploads_and_deaf_connections_are_named(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Before the database's own view of who is there, the test's.
    url = f"{cluster.fresh()},pg_catalog"
    other = url.replace("/postgres?", "/template1?")
    with psycopg.connect(url, autocommit=True) as one, psycopg.connect(other) as deaf:
        one.execute(
            "CREATE TABLE pg_stat_activity AS SELECT inet '192.0.2.1' AS client_addr,"
            " 'cleanroom' AS application_name, current_database() AS datname"
        )
        assert postgresql_look._servers(one, shared_blobs=False).ok
        one.execute(
            "INSERT INTO pg_stat_activity VALUES ('192.0.2.2', 'cleanroom', current_database())"
        )
        assert not postgresql_look._servers(one, shared_blobs=False).ok
        assert postgresql_look._servers(one, shared_blobs=True).ok
        monkeypatch.setattr(postgresql_look, "BELL_SECONDS", 0.1)
        assert not postgresql_look._bell(one, deaf).ok
