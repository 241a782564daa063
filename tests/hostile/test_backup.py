"""A backup of a running mediator: the log goes on where it was, and damage is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.backup import backup, check, restore
from cleanroom.errors import AuditFailure, Conflict, InvalidInput
from cleanroom.mediator.bootstrap import open_mediator
from protocols import checkpoint, merkle
from tests.api import story
from tests.api.party import World
from tests.api.test_rooms import entries


@pytest.fixture
def copy(room: World, tmp_path: Path) -> Path:
    story.started(room)
    sizes = backup(room.home, tmp_path / "copy")
    assert sizes[room.room] == len(entries(room, room.room))
    return tmp_path / "copy"


def test_a_restored_mediator_goes_on_with_the_same_log(
    room: World, copy: Path, tmp_path: Path
) -> None:
    job = room.brand.get(f"/v1/jobs?room={room.room}").get_json()["items"][0]["id"]
    note = room.brand.get(f"/v1/audit/checkpoint?room={room.room}").get_data(as_text=True)
    room.mediator.context.store.close()  # type: ignore[attr-defined]
    restore(copy, tmp_path / "home")
    room.home = tmp_path / "home"
    room.reopen()
    assert room.mediator.worker().run_once()
    assert room.brand.get(f"/v1/jobs/{job}").get_json()["state"] == "AWAITING_DECRYPTION"
    key = room.mediator.context.key.verifying_key
    before = checkpoint.verify(note, f"log.test/{room.room}", key)
    later = room.brand.get(f"/v1/audit/checkpoint?room={room.room}").get_data(as_text=True)
    after = checkpoint.verify(later, f"log.test/{room.room}", key)
    path = f"/v1/audit/proofs/consistency?room={room.room}&first={before.size}&second={after.size}"
    proof = [bytes.fromhex(one) for one in room.brand.get(path).get_json()["proof"]]
    merkle.verify_consistency(before.size, before.root, after.size, after.root, proof)
    assert after.size > before.size


def test_a_copy_is_made_while_parties_write(room: World, tmp_path: Path) -> None:
    from threading import Event, Thread

    story.align(room)
    over = Event()

    def write() -> None:
        while not over.is_set():
            room.brand.get("/v1/rooms/none")

    writer = Thread(target=write)
    writer.start()
    try:
        for number in range(3):
            backup(room.home, tmp_path / f"copy-{number}")
    finally:
        over.set()
        writer.join()
    open_mediator(tmp_path / "copy-2")


@pytest.mark.parametrize("damage", ["entry", "chunk", "lost chunk", "key"])
def test_a_damaged_backup_is_refused(copy: Path, tmp_path: Path, damage: str) -> None:
    import sqlite3

    chunk = next(f for f in (copy / "blobs").rglob("*") if f.is_file() and "rows" in str(f))
    if damage == "entry":
        with sqlite3.connect(copy / "mediator.sqlite") as database:
            database.execute("UPDATE entries SET leaf = CAST(leaf || ' ' AS BLOB) WHERE number = 1")
    elif damage == "chunk":
        chunk.write_bytes(chunk.read_bytes()[:-1] + b"?")
    elif damage == "lost chunk":
        chunk.unlink()
    else:
        (copy / "mediator.key").unlink()
    with pytest.raises((AuditFailure, InvalidInput)):
        restore(copy, tmp_path / "home")
    assert not (tmp_path / "home").exists()


def test_nothing_is_overwritten(room: World, copy: Path) -> None:
    with pytest.raises(Conflict):
        backup(room.home, copy)
    with pytest.raises(Conflict):
        restore(copy, room.home)
    with pytest.raises(InvalidInput):
        backup(copy / "nowhere", copy / "other")
    assert check(room.home)
