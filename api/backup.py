"""Copy a mediator's home while it runs, and put a copy in place of a lost one.

The database is copied first, by SQLite's own online backup, which is one consistent state.  Every
file that this state speaks of was on disk before its row was committed.  Files may be deleted
meanwhile, after their rows: then the state that no longer speaks of them is copied instead.

A copy counts once its inventory is there, written last: the SHA-256 of every file in it.  A home
counts once the folder in which ``restore`` gathers it is gone.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from api.check import BLOBS, Files, check, files
from cleanroom.errors import AuditFailure, Conflict, InvalidInput
from cleanroom.files import flush_folder, make_folder, replacing, write_file
from cleanroom.mediator.bootstrap import (
    DATABASE_FILE,
    KEY_FILE,
    RESTORING,
    SETTINGS_FILE,
    open_mediator,
    read_home,
)
from cleanroom.mediator.store.sqlite import faults_named

INVENTORY: Final = "inventory.json"
FORMAT: Final = "cleanroom/backup/1"

ROUNDS: Final = 10
"""States of the database that are tried until one speaks of no file that was deleted meanwhile."""

PIECE_BYTES: Final = 1 << 20


def backup(home: Path, target: Path) -> dict[str, int]:
    """Copy a home into an empty folder and check the copy; return the size of every log.

    The copy holds the mediator's signing key and its part of the noise: nobody but its owner may
    read it, and it is to be kept as safe as the home itself.

    Raises:
        InvalidInput: if there is no mediator, or one of the two folders lies in the other.
        Conflict: if the target holds something, or files keep disappearing.
    """
    elsewhere = (home / SETTINGS_FILE).exists() and read_home(home)[1].blobs
    if elsewhere or not (home / DATABASE_FILE).exists():
        raise InvalidInput(
            f"There is no mediator in {home} that keeps all of its state there.",
            remedy="PostgreSQL and an object store are copied by their own means.",
        )
    _check_apart(home, target)
    with _filling(target):
        for name in (KEY_FILE, SETTINGS_FILE):
            _copy(home / name, target / name)
        for _ in range(ROUNDS):
            _copy_database(home, target)
            wanted = _files_of(target)
            if _copy_files(home / BLOBS, target / BLOBS, wanted):
                break
        else:
            raise Conflict("files keep being deleted meanwhile; try again", rule="busy")
        _drop_others(target / BLOBS, wanted)
        sizes = check(target)
        inventory = {"format": FORMAT, "files": _digests(target)}
        write_file(target / INVENTORY, json.dumps(inventory, indent=1).encode())
    return sizes


def restore(source: Path, home: Path) -> dict[str, int]:
    """Put a checked copy into an empty home; return the size of every log.

    What was said after the copy was made is gone: parties that hold a later checkpoint will see
    that, and should.

    Raises:
        AuditFailure: for a copy that is damaged or not whole; nothing is written.
    """
    _check_apart(source, home)
    known = _inventory(source)
    if _digests(source) != known:
        raise AuditFailure(f"{source} is not the copy that was made: its files differ")
    with _filling(home):
        aside = home / RESTORING
        aside.mkdir(mode=0o700)
        for name, digest in known.items():
            if _copy(source / name, aside / name) != digest:
                raise AuditFailure(f"{name} could not be copied whole")
        sizes = check(aside)
        # The key comes last: without it there is no mediator, and nothing starts.
        for place in sorted(aside.iterdir(), key=lambda one: one.name == KEY_FILE):
            place.replace(home / place.name)
        flush_folder(home)
        aside.rmdir()
        flush_folder(home)
    return sizes


def _copy_database(home: Path, target: Path) -> None:
    for place in target.glob(f"{DATABASE_FILE}*"):
        place.unlink()
    (target / DATABASE_FILE).touch(mode=0o600, exist_ok=False)
    with (
        faults_named(),
        closing(sqlite3.connect(home / DATABASE_FILE)) as source,
        closing(sqlite3.connect(target / DATABASE_FILE)) as copy,
    ):
        source.backup(copy)


def _files_of(home: Path) -> Files:
    store = open_mediator(home).context.store
    try:
        with store.read() as transaction:
            return files(transaction)
    finally:
        store.close()


def _copy_files(source: Path, target: Path, wanted: Files) -> bool:
    """Copy what is wanted and not there yet; return False if something was deleted meanwhile."""
    whole = True
    for name in wanted:
        if not (target / name).exists():
            try:
                _copy(source / name, target / name)
            except FileNotFoundError:
                whole = False
    return whole


def _drop_others(folder: Path, wanted: Files) -> None:
    """Remove what an earlier round copied and the last state no longer speaks of."""
    for file in list(folder.rglob("*")):
        if file.is_file() and str(file.relative_to(folder)) not in wanted:
            file.unlink()


def _copy(source: Path, target: Path) -> str:
    """Copy a file for its owner alone, durably; return its SHA-256."""
    digest = hashlib.sha256()
    with source.open("rb") as data:
        make_folder(target.parent)
        with replacing(target) as file:
            while piece := data.read(PIECE_BYTES):
                digest.update(piece)
                file.write(piece)
    return digest.hexdigest()


def _digests(folder: Path) -> Files:
    """Return the digest of every file of a copy but its inventory, by its path in the copy."""
    found = {}
    for file in sorted(folder.rglob("*")):
        name = str(file.relative_to(folder))
        if file.is_symlink() or not (file.is_file() or file.is_dir()):
            raise AuditFailure(f"{name} is neither a file nor a folder")
        if file.is_file() and name != INVENTORY:
            with file.open("rb") as data:
                found[name] = hashlib.file_digest(data, "sha256").hexdigest()
    return found


def _inventory(source: Path) -> Files:
    try:
        document = json.loads((source / INVENTORY).read_bytes())
        found = {str(name): str(digest) for name, digest in document["files"].items()}
        known = document["format"] == FORMAT
    except FileNotFoundError:
        raise InvalidInput(
            f"{source} does not hold a complete backup: it has no {INVENTORY}.",
            remedy="A backup that was interrupted cannot be restored.",
        ) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        known = False
    if not known:
        raise AuditFailure(f"the inventory of {source} cannot be read")
    return found


def _check_apart(one: Path, other: Path) -> None:
    first, second = one.resolve(), other.resolve()
    if first in (second, *second.parents) or second in first.parents:
        raise InvalidInput(
            f"One of {one} and {other} lies inside the other.", remedy="Choose another folder."
        )


@contextmanager
def _filling(folder: Path) -> Iterator[None]:
    """Fill an empty folder that its owner alone may enter; leave it as it was if that fails."""
    was_there = folder.exists()
    if was_there and any(folder.iterdir()):
        hint = "; a restore was interrupted: empty it and begin again"
        half = hint if (folder / RESTORING).exists() else ""
        raise Conflict(f"{folder} is not empty{half}", rule="not-empty")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    try:
        yield
    except BaseException:
        for child in folder.iterdir():
            shutil.rmtree(child) if child.is_dir() else child.unlink()
        if not was_there:
            folder.rmdir()
        raise
