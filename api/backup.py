"""Copy a mediator's home while it runs, and put a copy in place of a lost one.

The database is copied first, by SQLite's own online backup, which is one consistent state.  Every
file that this state speaks of was on disk before its row was committed, so files copied afterwards
are all there; files of later rows are left over and read by nobody.
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from cleanroom.errors import AuditFailure, Conflict, InvalidInput
from cleanroom.mediator import log, uploads
from cleanroom.mediator.bootstrap import DATABASE_FILE, KEY_FILE, SETTINGS_FILE, open_mediator
from cleanroom.mediator.ports import Transaction
from protocols import merkle

BLOBS = "blobs"


def backup(home: Path, target: Path) -> dict[str, int]:
    """Copy a home into an empty folder and check the copy; return the size of every log.

    The copy holds the mediator's signing key: keep it as safe as the home itself.
    """
    if not (home / DATABASE_FILE).exists():
        raise InvalidInput(f"There is no mediator in {home}.")
    _empty(target)
    with (
        closing(sqlite3.connect(home / DATABASE_FILE)) as source,
        closing(sqlite3.connect(target / DATABASE_FILE)) as copy,
    ):
        source.backup(copy)
    for name in (KEY_FILE, SETTINGS_FILE):
        shutil.copy2(home / name, target / name)
    _copy_files(home / BLOBS, target / BLOBS)
    return check(target)


def restore(source: Path, home: Path) -> dict[str, int]:
    """Put a checked copy into an empty home; return the size of every log.

    What was said after the copy was made is gone: parties that hold a later checkpoint will see
    that, and should.
    """
    check(source)
    _empty(home)
    for name in (DATABASE_FILE, KEY_FILE, SETTINGS_FILE):
        shutil.copy2(source / name, home / name)
    _copy_files(source / BLOBS, home / BLOBS)
    return check(home)


def check(home: Path) -> dict[str, int]:
    """Return the size of every log of a home; ``AuditFailure`` if a log or a chunk is damaged."""
    mediator = open_mediator(home)
    with mediator.context.store.read() as transaction:
        rooms = [str(row["room"]) for row in transaction.find("logs", order="room")]
        sizes = {room: _check_log(transaction, room) for room in rooms}
        for chunk in transaction.find("chunks"):
            file = uploads.file_name(chunk["stream"], chunk["number"], chunk["digest"])
            _check_chunk(home / BLOBS / file, chunk["digest"])
    return sizes


def _check_log(transaction: Transaction, room: str) -> int:
    """Hash a log's entries anew; they must give the root that its checkpoints sign."""
    size, root = log.root(transaction, room)
    frontier = merkle.Frontier()
    for row in transaction.find("entries", room=room, order="number"):
        frontier.append(merkle.leaf_hash(row["leaf"]))
    if frontier.root() != root:
        raise AuditFailure(f"the log of {room} is not the one that was signed, of {size} entries")
    return size


def _check_chunk(file: Path, digest: str) -> None:
    try:
        found = hashlib.sha256(file.read_bytes()).hexdigest()
    except FileNotFoundError:
        raise AuditFailure(f"the chunk {file.name} is missing") from None
    if found != digest:
        raise AuditFailure(f"the chunk {file.name} is damaged")


def _empty(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        raise Conflict(f"{folder} is not empty", rule="not-empty")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _copy_files(source: Path, target: Path) -> None:
    """Copy what is there; files that vanish meanwhile belong to what has ended."""
    target.mkdir(mode=0o700, exist_ok=True)
    for file in source.rglob("*"):
        place = target / file.relative_to(source)
        if file.is_file() and not file.name.endswith(".part"):
            place.parent.mkdir(parents=True, exist_ok=True)
            try:
                shutil.copy2(file, place)
            except FileNotFoundError:
                continue
