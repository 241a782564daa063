"""Look at every part of a mediator, without changing any: ``cleanroom-server doctor``."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Final

import httpx
from sqlite_utils import Database

from cleanroom.errors import CleanroomError, InvalidInput
from cleanroom.files import is_held
from cleanroom.mediator.bootstrap import (
    DATABASE_FILE,
    KEY_FILE,
    LOCK_FILE,
    SETTINGS_FILE,
    open_blobs,
    open_store,
    read_home,
)
from cleanroom.mediator.mediator import CLOCK_TOLERANCE
from cleanroom.mediator.ports import Blobs, StorageFault, Store
from cleanroom.mediator.settings import ServerSettings
from cleanroom.mediator.store.finding import Finding, schema
from cleanroom.mediator.store.sqlite import faults_named
from cleanroom.mediator.store.sqlite_schema import migrations
from cleanroom.mediator.trouble import cause_of
from cleanroom.system import CLOCK_SECONDS
from protocols.signing import SigningKey

DISK_BYTES: Final = 2 << 30
SQLITE: Final = (3, 37)
WAIT_SECONDS: Final = 10.0

NEEDED: Final = {"database", "encoding", "schema", "owner", "writes"}
"""What has to be right before the tables are opened: that would make or change them."""

Findings = Iterator[Finding]


def look(home: Path, url: str = "") -> Findings:
    """Yield what is found of a mediator: its home, database, uploads, questions and address.

    ``url`` is where agents reach it; without it, the address that browsers know, if there is one.
    """
    yield Finding("python", sys.version_info >= (3, 11), sys.version.split()[0], "Install 3.11.")
    try:
        key, settings = read_home(home)
    except (CleanroomError, OSError) as error:
        remedy = getattr(error, "remedy", None) or "Give the mediator's folder with --home."
        yield Finding("home", False, getattr(error, "sentence", str(error)), remedy)
        return
    yield from _home(home)
    ready = True
    for found in _database(home, key, settings):
        ready &= found.ok or found.check not in NEEDED
        yield found
    yield from _uploads(home, settings)
    if ready:
        yield from _state(home, key, settings)
    yield from _address(url or settings.public_url)


def _home(home: Path) -> Findings:
    loose = [
        one.name
        for one in (home, home / KEY_FILE, home / SETTINGS_FILE)
        if stat.S_IMODE(one.stat().st_mode) & 0o077
    ]
    yield Finding(
        "home",
        not loose,
        f"others can enter or read {', '.join(loose)}" if loose else "accessible only to its owner",
        f"chmod 700 {home} && chmod 600 {home / KEY_FILE} {home / SETTINGS_FILE}",
    )
    free = shutil.disk_usage(home).free
    yield Finding(
        "disk", free > DISK_BYTES, f"{free / 1e9:.1f} GB free", "Free space, or move uploads."
    )
    yield Finding(
        "server",
        True,
        "running on this home" if is_held(home / LOCK_FILE) else ("none is running on this home"),
    )


def _database(home: Path, key: SigningKey, settings: ServerSettings) -> Findings:
    if not settings.store:
        yield from _sqlite(home / DATABASE_FILE)
        return
    try:
        from cleanroom.mediator.store import postgresql_look  # noqa: PLC0415
    except ImportError:
        yield Finding(
            "database",
            False,
            "it is in PostgreSQL, and psycopg is missing",
            "Run: pip install 'cleanroom-two-party[postgresql]'",
        )
        return
    yield from postgresql_look.look(
        settings.store,
        key.verifying_key.fingerprint(),
        settings.database_connections,
        shared_blobs=bool(settings.blobs),
    )


def _sqlite(path: Path) -> Findings:
    """Open the file without making it, and take the writer's place for a moment."""
    if not path.exists():
        yield Finding("database", True, "none yet: the first start creates it")
        return
    version = sqlite3.sqlite_version
    try:
        with faults_named(), closing(sqlite3.connect(f"file:{path}?mode=rw", uri=True)) as opened:
            applied = {one.name for one in migrations.applied(Database(opened))}
            opened.execute("BEGIN IMMEDIATE")
            opened.rollback()
    except StorageFault as fault:
        yield Finding(
            "database",
            False,
            cause_of(fault),
            "Repair the disk, or restore a backup into an empty home: cleanroom-server restore",
        )
        return
    yield Finding(
        "database",
        sqlite3.sqlite_version_info >= SQLITE,
        f"SQLite {version}",
        "Install a Python whose SQLite is 3.37 or later.",
    )
    yield schema(applied)


def _uploads(home: Path, settings: ServerSettings) -> Findings:
    """Write, read and delete a probe that belongs to nobody."""
    name, data = f"doctor/{os.urandom(16).hex()}", os.urandom(64)
    where = settings.blobs or "files of this home"
    remedy = (
        (
            "Check that AWS_ENDPOINT_URL, AWS_REGION and the keys are right, the bucket exists, and"
            " the keys may put, get, list and delete."
        )
        if settings.blobs
        else "Free space, and let the home belong to the user that serves it."
    )
    try:
        blobs = open_blobs(home, settings)
        blobs.write(name, data)
        try:
            whole, kept = blobs.read(name) == data, _keeps_conditions(blobs, name)
        finally:
            blobs.delete(["doctor" if not settings.blobs else name])
    except InvalidInput as error:
        yield Finding("uploads", False, error.sentence, str(error.remedy))
    except (StorageFault, OSError) as fault:
        yield Finding("uploads", False, f"{where}: {cause_of(fault)}", remedy)
    else:
        yield Finding("uploads", whole, f"{where}: written, read, deleted", remedy)
        if settings.blobs:
            yield Finding(
                "conditional writes",
                kept,
                "kept" if kept else "the store overwrites what it should refuse",
                "Use a store that supports If-None-Match and If-Match.",
            )


def _keeps_conditions(blobs: Blobs, name: str) -> bool:
    tell = getattr(blobs, "keeps_conditions", None)
    return tell is None or bool(tell(name))


def _state(home: Path, key: SigningKey, settings: ServerSettings) -> Findings:
    """Read what the tables say of the clock, and of questions that wait for a worker."""
    if not (settings.store or (home / DATABASE_FILE).exists()):
        return
    try:
        store = open_store(home, settings, key)
        try:
            yield from _of_rows(store, settings.lease_seconds)
        finally:
            store.close()
    except StorageFault as fault:
        yield Finding("state", False, cause_of(fault), "Repair the database and check again.")


def _of_rows(store: Store, lease_seconds: int) -> Findings:
    now = time.time()
    with store.read() as transaction:
        logs = transaction.find("logs", order="-latest", limit=1)
        queued = transaction.find("compute", state="queued", order="due")
    ahead = (logs[0]["latest"] / 1000 - now) if logs else 0.0
    yield Finding(
        "clock",
        ahead <= CLOCK_TOLERANCE / 1000,
        f"{ahead:.0f} s behind the last entry of a log" if ahead > 0 else "after every entry",
        "Set this machine's clock by NTP; until then no log's time runs backwards.",
    )
    late = [row for row in queued if row["due"] < now - lease_seconds]
    yield Finding(
        "worker",
        not late,
        f"{len(queued)} questions wait"
        + (f", {len(late)} for more than {lease_seconds} s" if late else ""),
        "Start a server, which brings its worker: cleanroom-server run."
        " If one runs, add another, or see its log.",
    )


def _address(url: str) -> Findings:
    """Ask the address, from here, what an agent would ask it."""
    if not url:
        return
    try:
        answer = httpx.get(f"{url.rstrip('/')}/v1/readyz", timeout=WAIT_SECONDS)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        yield Finding(
            "address",
            False,
            f"{url}: {str(error) or type(error).__name__}",
            "Check that the server is running, and that the proxy, its certificate and the"
            " firewall let agents through.",
        )
        return
    told = _document(answer.content)
    yield Finding(
        "address",
        answer.status_code == 200 and told.get("ready") is True,
        f"{url}: {told.get('clock', 'ready' if told.get('ready') else answer.status_code)}",
        "See the server's log; 503 means that its database, disk or clock is wrong, any other"
        " status that something else answers there.",
    )
    date = answer.headers.get("date")
    if date:
        apart = abs(parsedate_to_datetime(date).timestamp() - time.time())
        yield Finding(
            "server clock",
            apart <= CLOCK_SECONDS,
            f"{apart:.0f} s from this machine's",
            "Set both clocks by NTP.",
        )


def _document(content: bytes) -> dict[str, Any]:
    """Return what an address tells of itself; nothing where something else answers there."""
    try:
        told = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}
