"""Move a mediator's state from its home to PostgreSQL, its uploads to an object store, or both.

Nothing of the home is changed before all is copied and checked; then its settings are, at once.
Whatever breaks off a move before leaves a mediator that is where it was, and the same command goes
on: objects that are there are left, and rows come in one transaction.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from api.check import check_mediator
from cleanroom.errors import AuditFailure, Conflict, InvalidInput
from cleanroom.files import flush_folder, held, write_file
from cleanroom.mediator import Mediator, log
from cleanroom.mediator.bootstrap import (
    DATABASE_FILE,
    KEPT,
    SETTINGS_FILE,
    STOP_IT,
    WORKER_LOCK_FILE,
    open_blobs,
    open_mediator,
    open_store,
    opened,
    read_home,
    read_settings,
    serving,
)
from cleanroom.mediator.settings import ServerSettings
from protocols.signing import SigningKey

MOVED: Final = "moved"
"""The folder of a home in which its former state is left."""

Tell = Callable[[str, int, int], None]


def move(home: Path, store: str, blobs: str, tell: Tell) -> dict[str, int]:
    """Move what is in a home to the places that are named; return the size of every log.

    ``tell`` takes what is being copied, how much is, and how much there is.

    Raises:
        InvalidInput: if nothing is to be moved, or a place cannot be used.
        Conflict: if a server or worker runs on the home, its state is elsewhere already, or the
            database holds other rows.
        AuditFailure: if what was copied is not what was there.
    """
    key, before = read_home(home)
    after = _chosen(before, store, blobs)
    with (
        serving(home),
        held(home / WORKER_LOCK_FILE, f"A worker is running on {home}.", remedy=STOP_IT),
    ):
        # Opening it makes or mends the tables: both databases then have the same.
        source = open_mediator(home, serves=True)
        with closing(source.context.store):
            roots = _roots(source)
        if after.blobs != before.blobs:
            _copy_blobs(home, after, tell)
        if after.store != before.store:
            _copy_rows(home, after, key)
        target = opened(open_store(home, after, key), open_blobs(home, after), key, after)
        with closing(target.context.store):
            sizes = check_mediator(target)
            if _roots(target) != roots:
                raise AuditFailure("the logs that were copied are not those of the home")
        kept = {name: getattr(after, name) for name in KEPT}
        write_file(home / SETTINGS_FILE, json.dumps(kept).encode())
        _put_aside(home, before, after)
    return sizes


def _chosen(before: ServerSettings, store: str, blobs: str) -> ServerSettings:
    given = {name: value for name, value in (("store", store), ("blobs", blobs)) if value}
    for name, value in given.items():
        if getattr(before, name) not in ("", value):
            raise Conflict(f"--{name}: the home already keeps it elsewhere", rule="moved")
    read_settings(**given)
    after = before.model_copy(update=given)
    if after == before:
        raise InvalidInput(
            "There is nothing to move.", remedy="Give --store, --blobs, or both, as for init."
        )
    return after


def _roots(mediator: Mediator) -> dict[str, tuple[int, bytes]]:
    """Return the size and the root of every log."""
    with mediator.context.store.read() as transaction:
        rooms = [str(row["room"]) for row in transaction.find("logs", order="room")]
        return {room: log.root(transaction, room) for room in rooms}


def _copy_blobs(home: Path, after: ServerSettings, tell: Tell) -> None:
    """Copy every upload, sealed messages too; one that is there already is left."""
    folder, target = home / "blobs", open_blobs(home, after)
    names = sorted(_names(folder))
    for number, name in enumerate(names, start=1):
        target.write(name, (folder / name).read_bytes())
        tell("uploads", number, len(names))


def _names(folder: Path) -> Iterator[str]:
    """Yield the names of files; one that was never finished has none."""
    for file in folder.rglob("*"):
        if file.is_file() and not file.name.startswith("."):
            yield file.relative_to(folder).as_posix()


def _copy_rows(home: Path, after: ServerSettings, key: SigningKey) -> None:
    # Opening it first says what is wrong with the address, the package or the owner.
    open_store(home, after, key).close()
    from cleanroom.mediator.store.moving import copy_rows  # noqa: PLC0415

    copy_rows(home / DATABASE_FILE, after.store, key.verifying_key.fingerprint())


def _put_aside(home: Path, before: ServerSettings, after: ServerSettings) -> None:
    """Leave what was moved where no server looks: it holds secrets, and its owner deletes it."""
    aside = home / MOVED
    aside.mkdir(mode=0o700, exist_ok=True)
    for name, is_moved in (
        *((file.name, after.store != before.store) for file in home.glob(f"{DATABASE_FILE}*")),
        ("blobs", after.blobs != before.blobs),
    ):
        if is_moved and (home / name).exists():
            (home / name).rename(aside / name)
    flush_folder(home)
