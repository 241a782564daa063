"""The database and the files under the mediator."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import obstore
import pytest

from cleanroom.mediator.ports import Blobs, StorageFault, Store
from cleanroom.mediator.store.files import FileBlobs
from cleanroom.mediator.store.postgresql import PostgresStore
from cleanroom.mediator.store.s3 import S3Blobs
from cleanroom.mediator.store.sqlite import SqliteStore
from cleanroom.system import ThreadBell


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made: Store
    if request.param == "sqlite":
        made = SqliteStore(tmp_path / "rows.sqlite")
    else:
        made = PostgresStore(request.getfixturevalue("cluster").fresh(), "own", 8)
    yield made
    made.close()


def add(store: Store, room: str = "a") -> None:
    with store.write(room) as transaction:
        transaction.insert("logs", room=room, size=0, latest=0)


def test_every_commit_is_on_disk_before_it_is_answered(tmp_path: Path) -> None:
    database = SqliteStore(tmp_path / "rows.sqlite")._database()
    assert database.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert database.execute("PRAGMA synchronous").fetchone()[0] == 2
    assert database.execute("PRAGMA wal_autocheckpoint").fetchone()[0] == 0


def test_eight_writers_that_read_first_lose_no_update(store: Store) -> None:
    add(store)

    def count(_: int) -> None:
        with store.write("room") as transaction:
            row = transaction.get("logs", room="a")
            assert row is not None
            transaction.update("logs", {"room": "a"}, size=row["size"] + 1)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count, range(200)))
    with store.read() as transaction:
        assert transaction.find("logs", order="room")[0]["size"] == 200


def test_what_a_transaction_did_is_undone_as_a_whole(store: Store) -> None:
    def fail() -> None:
        with store.write("room") as transaction:
            transaction.insert("logs", room="a", size=0, latest=0)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with store.read() as transaction:
        assert transaction.count("logs") == 0


def test_a_nested_part_is_undone_alone(store: Store) -> None:
    with store.write("room") as transaction:
        transaction.insert("logs", room="kept", size=0, latest=0)
        with pytest.raises(ZeroDivisionError), transaction.nested():
            transaction.insert("logs", room="undone", size=0, latest=0)
            raise ZeroDivisionError
    with store.read() as transaction:
        assert [row["room"] for row in transaction.find("logs", order="room")] == ["kept"]


def test_changes_that_go_together_are_all_there_and_many_keys_are_one_question(
    store: Store,
) -> None:
    with store.write("room") as transaction, transaction.together():
        for room in ("a", "b", "c"):
            transaction.insert("logs", room=room, size=0, latest=0)
        transaction.update("logs", {"room": "b"}, size=7)
    with store.read() as transaction:
        found = transaction.among("logs", [{"room": "b"}, {"room": "none"}, {"room": "c"}])
        assert sorted((row["room"], row["size"]) for row in found) == [("b", 7), ("c", 0)]
        assert not transaction.among("logs", [])


def test_one_change_of_several_that_fails_undoes_the_transaction(store: Store) -> None:
    with (
        pytest.raises(Exception, match="(?i)unique"),
        store.write("room") as transaction,
        transaction.together(),
    ):
        for _ in range(2):
            transaction.insert("logs", room="a", size=0, latest=0)
    with store.read() as transaction:
        assert transaction.count("logs") == 0


def test_a_reader_sees_one_state(store: Store) -> None:
    with store.read() as transaction, ThreadPoolExecutor(1) as pool:
        assert transaction.count("logs") == 0
        pool.submit(add, store).result()
        assert transaction.count("logs") == 0


def test_a_database_that_cannot_be_used_is_a_storage_fault(tmp_path: Path) -> None:
    with pytest.raises(StorageFault):
        broken = SqliteStore(tmp_path / "rows.sqlite")
        with broken.write("room"):
            raise sqlite3.OperationalError("disk I/O error")


def test_values_are_inert(store: Store) -> None:
    hostile = "x'; DROP TABLE logs; --"
    add(store, hostile)
    with store.read() as transaction:
        assert transaction.get("logs", room=hostile) is not None


@pytest.mark.parametrize("name", ["../up", "/etc/passwd", "a//b", "a/../b", "A", "a\0", "", "a.b"])
def test_a_name_that_could_leave_the_folder_names_nothing(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        FileBlobs(tmp_path / "blobs").path(name)


def test_a_blob_is_there_as_a_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs = FileBlobs(tmp_path / "blobs")

    def full(_self: Path, _target: Path) -> Path:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", full)
        with pytest.raises(StorageFault):
            blobs.write("a/b", b"data")
    assert not [file for file in (tmp_path / "blobs").rglob("*") if file.is_file()]
    blobs.write("a/b", b"data")
    assert blobs.read("a/b") == b"data"
    blobs.delete(["a", "a/b", "never"])
    with pytest.raises(FileNotFoundError):
        blobs.read("a/b")


def test_a_folder_made_anew_has_its_name_flushed_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, flushed = tmp_path / "blobs", []
    monkeypatch.setattr("cleanroom.mediator.store.files.flush_folder", flushed.append)

    def names_flushed(blobs: FileBlobs, name: str, *, durable: bool = True) -> list[Path]:
        flushed.clear()
        blobs.write(name, b"data", durable=durable)
        return [folder.relative_to(tmp_path) for folder in flushed]

    above = [Path("blobs/a"), Path("blobs")]
    blobs = FileBlobs(root)
    assert names_flushed(blobs, "a/b/0", durable=False) == []
    assert names_flushed(blobs, "a/b/1") == above
    assert names_flushed(blobs, "a/b/2") == []
    # Another process may have made the folder and not come to flushing it.
    assert names_flushed(FileBlobs(root), "a/b/3") == above
    FileBlobs(root).delete(["a"])
    assert names_flushed(blobs, "a/b/1") == above


def test_a_silenced_bell_keeps_nobody_waiting() -> None:
    bell = ThreadBell()
    assert bell.wait(0.001)
    bell.silence()
    assert not bell.wait(60)


@pytest.fixture(params=["files", "s3"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    if request.param == "files":
        return FileBlobs(tmp_path / "blobs")
    return S3Blobs(request.getfixturevalue("bucket"))


def test_blobs_are_written_again_read_and_deleted_by_name_and_by_folder(blobs: Blobs) -> None:
    for name in ("a/b/0-x", "a/b/1-x", "a/bc/0-x", "a/b-0"):
        for _ in range(2):
            blobs.write(name, name.encode())
    blobs.write("a/b-0", b"other")
    assert [blobs.read("a/b/1-x"), blobs.read("a/b-0")] == [b"a/b/1-x", b"other"]
    blobs.delete(["a/b/0-x", "a/b/never"], folders=False)
    with pytest.raises(FileNotFoundError):
        blobs.read("a/b/0-x")
    blobs.delete(["a/b", "never"])
    with pytest.raises(FileNotFoundError):
        blobs.read("a/b/1-x")
    assert [blobs.read("a/bc/0-x"), blobs.read("a/b-0")] == [b"a/bc/0-x", b"other"]
    for wrong in (
        blobs.read,
        lambda name: blobs.write(name, b""),
        lambda name: blobs.delete([name]),
    ):
        with pytest.raises(ValueError, match="name"):
            wrong("../up")


def test_of_two_writers_of_other_bytes_none_overwrites_what_it_did_not_see(
    bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = S3Blobs(bucket), S3Blobs(bucket)
    one.write("a/b", b"first")
    get = obstore.get

    def overtaken(store: object, name: str) -> object:
        found = get(store, name)
        monkeypatch.setattr(obstore, "get", get)
        other.write(name, b"second")
        return found

    monkeypatch.setattr(obstore, "get", overtaken)
    with pytest.raises(StorageFault):
        one.write("a/b", b"third")
    assert one.read("a/b") == b"second"


def test_an_object_store_that_cannot_be_used_is_a_storage_fault(bucket: str) -> None:
    blobs = S3Blobs("s3://no-such-bucket/x")
    for use in (lambda: blobs.write("a", b"data"), lambda: blobs.read("a")):
        with pytest.raises(StorageFault):
            use()
