"""A backup of a running mediator: the log goes on where it was, and damage is named."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from api import backup as backups
from api.backup import backup, restore
from api.check import check
from cleanroom.errors import AuditFailure, Conflict, InvalidInput
from cleanroom.mediator.bootstrap import initialise, open_mediator
from cleanroom.room.states import BY_A_PERSON
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


@pytest.fixture
def answered(room: World, tmp_path: Path) -> Path:
    """A copy of a home with dictionaries, chunks, a ledger and a released answer."""
    story.started(room)
    assert room.mediator.worker().run_once()
    backup(room.home, tmp_path / "answered")
    return tmp_path / "answered"


def every_file(copy: Path) -> list[Path]:
    return sorted(one for one in copy.rglob("*") if one.is_file())


def test_every_byte_of_a_backup_counts(answered: Path, tmp_path: Path) -> None:
    names = {one.name for one in every_file(answered)}
    assert {"dictionary", "people", "measures", "mediator.sqlite", "mediator.key"} <= names
    for file in every_file(answered):
        whole = file.read_bytes()
        for spoilt in (whole[:-1] + bytes([whole[-1] ^ 1]), b"", None):
            file.unlink()
            if spoilt is not None:
                file.write_bytes(spoilt)
            with pytest.raises((AuditFailure, InvalidInput)):
                restore(answered, tmp_path / "home")
            assert not (tmp_path / "home").exists()
            file.write_bytes(whole)
    (answered / "blobs" / "more").write_text("of somebody")
    with pytest.raises(AuditFailure, match="its files differ"):
        restore(answered, tmp_path / "home")
    (answered / "blobs" / "more").unlink()
    assert restore(answered, tmp_path / "home")


def test_check_finds_damage_in_every_file_of_a_home(answered: Path, tmp_path: Path) -> None:
    restore(answered, tmp_path / "home")
    files = every_file(tmp_path / "home" / "blobs")
    assert {"dictionary", "people", "measures"} <= {one.name for one in files}
    for file in files:
        whole = file.read_bytes()
        file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        with pytest.raises(AuditFailure, match=f"{file.name} is damaged"):
            check(tmp_path / "home")
        file.unlink()
        with pytest.raises(AuditFailure, match=f"{file.name} is missing"):
            check(tmp_path / "home")
        file.write_bytes(whole)
    assert check(tmp_path / "home")
    with sqlite3.connect(tmp_path / "home" / "mediator.sqlite") as database:
        database.execute(
            "UPDATE jobs SET release = json_replace(release, '$.document.suppressed', 1)"
        )
    with pytest.raises(AuditFailure, match="the release of"):
        check(tmp_path / "home")


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        ("UPDATE entries SET leaf = CAST(leaf || ' ' AS BLOB) WHERE number = 1", "the log of"),
        ("DELETE FROM entries WHERE number = 1", "the log of"),
        ("UPDATE ledgers SET spent_units = 0", "the ledger of"),
        ("DELETE FROM ledgers", "the ledger of"),
        ("DELETE FROM jobs", "not in the database"),
    ],
)
def test_check_holds_the_rows_of_a_home_against_its_log(
    place: World, tmp_path: Path, spoil: str, reason: str
) -> None:
    place.open_room(noise="discrete-gaussian")
    aligned = story.align(place)
    job = story.submit(place, story.question(place, aligned, rho=0.005))
    assert check(place.home)
    refusal = {"job": job, "rule": BY_A_PERSON, "reason": "no"}
    place.platform.must_say(f"/v1/jobs/{job}/refuse", "job.refuse", refusal)
    # The price came back, and the ledger is still the log's.
    assert check(place.home)
    story.submit(place, story.question(place, aligned, rho=0.004, name="another"))
    assert check(place.home)
    with sqlite3.connect(place.home / "mediator.sqlite") as database:
        database.execute(spoil)
    with pytest.raises(AuditFailure, match=reason):
        check(place.home)


def test_a_backup_is_made_while_things_are_deleted(
    room: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    brand, _, _ = story.align(room)
    copied = backups._copy

    def withdraw_first(source: Path, target: Path) -> str:
        if source.name == "dictionary" or "rows" in source.parts:
            monkeypatch.setattr(backups, "_copy", copied)
            withdraw = {"dataset": brand}
            room.brand.must_say(f"/v1/datasets/{brand}/withdraw", "dataset.withdraw", withdraw)
        return copied(source, target)

    monkeypatch.setattr(backups, "_copy", withdraw_first)
    backup(room.home, tmp_path / "copy")
    assert restore(tmp_path / "copy", tmp_path / "home")
    assert not (tmp_path / "home" / "blobs" / "datasets" / brand / "dictionary").exists()


def test_a_copy_and_a_restored_home_are_closed_to_others(room: World, tmp_path: Path) -> None:
    story.align(room)
    for name in ("copy", "home"):
        (tmp_path / name).mkdir()
        (tmp_path / name).chmod(0o755)
    backup(room.home, tmp_path / "copy")
    restore(tmp_path / "copy", tmp_path / "home")
    for name in ("copy", "home"):
        for one in (tmp_path / name, *(tmp_path / name).rglob("*")):
            wanted = 0o700 if one.is_dir() else 0o600
            assert one.stat().st_mode & 0o777 == wanted, one


@pytest.mark.parametrize("step", range(12))
def test_a_restore_that_is_killed_leaves_nothing_that_runs(
    answered: Path, tmp_path: Path, step: int
) -> None:
    """Killed at its nth file, or at its nth step of putting them in place."""
    code = (
        "import os, sys; from pathlib import Path; from api import backup\n"
        "left = [int(sys.argv[3])]\n"
        "def count(event, _):\n"
        "    if event in ('os.rename', 'os.rmdir'):\n"
        "        left[0] -= 1\n"
        "        if left[0] < 0: os._exit(9)\n"
        "sys.addaudithook(count)\n"
        "backup.restore(Path(sys.argv[1]), Path(sys.argv[2]))"
    )
    home = tmp_path / "home"
    command = [sys.executable, "-c", code, str(answered), str(home), str(step * 2)]
    killed = subprocess.run(command, check=False).returncode == 9
    if not killed:
        assert check(home)
        return
    with pytest.raises(InvalidInput, match="only partly restored"):
        open_mediator(home)
    with pytest.raises(InvalidInput, match="only partly restored"):
        initialise(home, "log.test")
    with pytest.raises(Conflict, match="a restore was interrupted"):
        restore(answered, home)


def test_a_backup_that_was_broken_off_is_none(
    room: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    story.align(room)
    backup(room.home, tmp_path / "copy")
    (tmp_path / "copy" / "inventory.json").unlink()
    with pytest.raises(InvalidInput, match="not hold a complete backup"):
        restore(tmp_path / "copy", tmp_path / "home")
    monkeypatch.setattr(backups, "check", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        backup(room.home, tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_folders_that_lie_in_each_other_are_refused(room: World, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(room.home)
    for target in (room.home / "inner", tmp_path / "link" / "inner", room.home.parent):
        with pytest.raises(InvalidInput, match="lies inside the other"):
            backup(room.home, target)
    assert not (room.home / "inner").exists()


def test_nothing_is_overwritten(room: World, copy: Path) -> None:
    with pytest.raises(Conflict):
        backup(room.home, copy)
    with pytest.raises(Conflict):
        restore(copy, room.home)
    with pytest.raises(InvalidInput):
        backup(copy / "nowhere", copy / "other")
    assert check(room.home)
