"""A mediator moves from its home to PostgreSQL and an object store, and its rooms go on there."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from api import move as moves
from api.move import MOVED, move
from cleanroom.errors import AuditFailure, Conflict, InvalidInput
from cleanroom.files import held
from cleanroom.mediator import log
from cleanroom.mediator.bootstrap import DATABASE_FILE, LOCK_FILE, SETTINGS_FILE
from tests.api import story
from tests.api.party import World
from tests.postgresql import Cluster


def quiet(_name: str, _done: int, _total: int) -> None:
    pass


def roots(room: World) -> dict[str, tuple[int, bytes]]:
    with room.mediator.context.store.read() as transaction:
        found = [row["room"] for row in transaction.find("logs", order="room")]
        return {one: log.root(transaction, one) for one in found}


def rows(room: World, table: str) -> int:
    with room.mediator.context.store.read() as transaction:
        return transaction.count(table)


def close(room: World) -> None:
    room.mediator.context.store.close()


def test_a_room_goes_on_where_it_was_moved_to_and_its_logs_are_the_same(
    room: World, cluster: Cluster, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = story.started(room)
    before, url = roots(room), cluster.fresh()
    close(room)

    def cut(*_given: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(moves, "write_file", cut)
        with pytest.raises(KeyboardInterrupt):
            move(room.home, url, bucket, quiet)
    # Broken off at the very end: it is where it was, and the same command goes on.
    room.reopen()
    assert (room.home / DATABASE_FILE).exists()
    assert roots(room) == before
    close(room)
    sizes = move(room.home, url, bucket, quiet)
    assert {room: size for room, (size, _) in before.items()} == sizes
    assert {one.name for one in (room.home / MOVED).iterdir()} >= {DATABASE_FILE, "blobs"}
    assert not (room.home / DATABASE_FILE).exists()
    assert not (room.home / "blobs").exists()
    room.reopen()
    assert roots(room) == before
    assert room.mediator.worker().run_once()
    assert room.brand.get(f"/v1/jobs/{job}").get_json()["state"] == "AWAITING_DECRYPTION"
    # Rows that are counted go on after the last one.
    with psycopg.connect(url) as connection:
        connection.execute("SELECT nextval(pg_get_serial_sequence('jobs', 'number'))")
        found = connection.execute("SELECT lastval() > max(number) FROM jobs").fetchone()
    assert found == (True,)
    for again in ({"store": url, "blobs": bucket}, {"store": "", "blobs": ""}):
        with pytest.raises(InvalidInput, match="nothing to move"):
            move(room.home, tell=quiet, **again)
    with pytest.raises(Conflict, match="already keeps it elsewhere"):
        move(room.home, f"{url}x", "", quiet)


def test_one_of_the_two_is_moved_alone(place: World, cluster: Cluster, bucket: str) -> None:
    close(place)
    move(place.home, "", bucket, quiet)
    assert (place.home / DATABASE_FILE).exists()
    place.reopen()
    close(place)
    move(place.home, cluster.fresh(), "", quiet)
    place.reopen()
    assert json.loads((place.home / SETTINGS_FILE).read_text())["blobs"] == bucket
    assert rows(place, "parties") == 4


def other_rows(_room: World, url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE parties SET revoked = 1")


def damaged(room: World, _url: str) -> None:
    chunk = next(one for one in (room.home / "blobs").rglob("*") if one.is_file())
    chunk.write_bytes(b"other")


@pytest.mark.parametrize(("fault", "refusal"), [(other_rows, Conflict), (damaged, AuditFailure)])
def test_what_is_not_whole_or_not_empty_is_refused_and_nothing_has_changed(
    room: World,
    cluster: Cluster,
    fault: Callable[[World, str], None],
    refusal: type[Exception],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    story.align(room)
    url, kept = cluster.fresh(), (room.home / SETTINGS_FILE).read_bytes()
    close(room)
    if fault is other_rows:
        with monkeypatch.context() as patched:
            patched.setattr(moves, "write_file", lambda *_given: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                move(room.home, url, "", quiet)
    fault(room, url)
    with pytest.raises(refusal):
        move(room.home, url, "", quiet)
    assert (room.home / SETTINGS_FILE).read_bytes() == kept
    assert (room.home / DATABASE_FILE).exists()
    room.reopen()


def test_a_home_that_is_served_is_not_moved(place: World, tmp_path: Path, cluster: Cluster) -> None:
    url = cluster.fresh()
    with (
        held(place.home / LOCK_FILE),
        pytest.raises(Conflict, match="A server is already running.*Stop it first"),
    ):
        move(place.home, url, "", quiet)
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT to_regclass('parties')").fetchone() == (None,)
