"""The composition root of the mediator: join its use cases to this machine."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from cleanroom.errors import Conflict, InvalidInput
from cleanroom.files import held, is_held, write_file
from cleanroom.mediator import Mediator
from cleanroom.mediator.context import Context
from cleanroom.mediator.ports import Bell, Blobs, Clock, Store
from cleanroom.mediator.settings import ServerSettings
from cleanroom.mediator.store.files import FileBlobs
from cleanroom.mediator.store.sqlite import SqliteStore
from cleanroom.system import SystemClock, ThreadBell
from protocols.errors import LocalError
from protocols.signing import SigningKey

KEY_FILE = "mediator.key"
SETTINGS_FILE = "settings.json"
DATABASE_FILE = "mediator.sqlite"

RESTORING = "restoring"
"""The folder in which a home is gathered from a backup; while it is there, nothing runs."""

KEPT = ("origin", "store", "blobs")
"""Settings that a home keeps: no program that is run on it can be given others."""

STOP_IT = "Stop it first, with Ctrl-C or SIGTERM, or give another --home."
LOCK_FILE, WORKER_LOCK_FILE = "server.lock", "worker.lock"


def read_settings(**given: str) -> ServerSettings:
    """Return the settings of the environment; ``InvalidInput`` names the one that is wrong."""
    try:
        return ServerSettings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        shown = f"--{name}" if name in given else f"CLEANROOM_{name.upper()}"
        examples = ServerSettings.model_fields[name].examples
        if examples and first["type"] == "string_pattern_mismatch":
            raise InvalidInput(f"{shown} is not of the form {examples[0]}.") from None
        raise InvalidInput(f"{shown}: {first['msg']}.") from None


def half_restored(home: Path) -> InvalidInput:
    """Say that a restore was broken off."""
    return InvalidInput(
        f"{home} is only partly restored.", remedy="Empty it and run: cleanroom-server restore"
    )


@contextmanager
def serving(home: Path) -> Iterator[None]:
    """Hold a home as its only server; ``Conflict`` if another one does."""
    with held(home / LOCK_FILE, f"A server is already running on {home}.", remedy=STOP_IT):
        yield


def initialise(home: Path, origin: str, store: str = "", blobs: str = "") -> SigningKey:
    """Make a mediator's home with a fresh key; ``Conflict`` if there is one already.

    The key is written last and whole: a home that was half made has none, and is made anew.
    """
    settings = read_settings(origin=origin, store=store, blobs=blobs)
    if (home / RESTORING).exists():
        raise half_restored(home)
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    # The database holds the mediator's share of the noise: a folder that was there is closed too.
    home.chmod(0o700)
    key = SigningKey.generate(secrets.token_bytes)
    with serving(home):
        if any((home / name).exists() for name in (KEY_FILE, DATABASE_FILE)):
            raise Conflict(f"there is already a mediator in {home}", rule="home-exists")
        if settings.store:
            open_store(home, settings, key).close()
        kept = {name: getattr(settings, name) for name in KEPT}
        write_file(home / SETTINGS_FILE, json.dumps(kept).encode())
        write_file(home / KEY_FILE, key.expose().hex().encode())
    return key


def open_mediator(
    home: Path,
    settings: ServerSettings | None = None,
    clock: Clock | None = None,
    bell: Bell | None = None,
    *,
    serves: bool = False,
) -> Mediator:
    """Open the mediator of a home; raises what ``read_home`` and the opening of a store raise.

    Whoever ``serves`` holds the home.  Others leave the database of an earlier version as it is
    while a server runs, which may be of that version.
    """
    key, chosen = read_home(home, settings)
    changes = serves or not is_held(home / LOCK_FILE)
    store, blobs = open_store(home, chosen, key, bell, changes=changes), open_blobs(home, chosen)
    return opened(store, blobs, key, chosen, clock, bell)


def opened(
    store: Store,
    blobs: Blobs,
    key: SigningKey,
    settings: ServerSettings,
    clock: Clock | None = None,
    bell: Bell | None = None,
) -> Mediator:
    """Return the mediator over what is open, by this machine's clock and randomness."""
    return Mediator(
        Context(
            store=store,
            blobs=blobs,
            clock=clock or SystemClock(),
            bell=bell or ThreadBell(),
            key=key,
            random=secrets.token_bytes,
            settings=settings,
        )
    )


def read_home(
    home: Path, settings: ServerSettings | None = None
) -> tuple[SigningKey, ServerSettings]:
    """Return a home's key, and the settings with those that the home keeps; nothing is opened.

    Raises ``InvalidInput`` if there is no mediator, or half of one, or other settings are given.
    """
    if (home / RESTORING).exists():
        raise half_restored(home)
    try:
        key = SigningKey(bytes.fromhex((home / KEY_FILE).read_text().strip()))
        kept = json.loads((home / SETTINGS_FILE).read_text())
        kept = {"origin": kept["origin"], **{name: kept.get(name, "") for name in KEPT[1:]}}
    except (FileNotFoundError, NotADirectoryError):
        raise InvalidInput(f"There is no mediator in {home}.", remedy="Run: init") from None
    except (ValueError, KeyError, TypeError, LocalError):
        raise InvalidInput(
            f"The files of {home} are damaged.", remedy="Restore a backup."
        ) from None
    chosen = settings or read_settings()
    for name in KEPT[1:]:
        if getattr(chosen, name) not in ("", kept[name]):
            raise InvalidInput(
                f"CLEANROOM_{name.upper()} is not what the mediator in {home} was created with.",
                remedy="Unset it: a home remembers where its state is.",
            )
    return key, chosen.model_copy(update=kept)


def open_blobs(home: Path, settings: ServerSettings) -> Blobs:
    """Open the place of what is uploaded; ``InvalidInput`` if the package for it is missing."""
    if not settings.blobs:
        return FileBlobs(home / "blobs")
    try:
        from cleanroom.mediator.store.s3 import S3Blobs  # noqa: PLC0415
    except ImportError:
        raise InvalidInput(
            "The home's uploads are in an object store, and obstore is missing.",
            remedy="Run: pip install 'cleanroom-two-party[s3]'",
        ) from None
    return S3Blobs(settings.blobs)


def open_store(
    home: Path,
    settings: ServerSettings,
    key: SigningKey,
    bell: Bell | None = None,
    *,
    changes: bool = True,
) -> Store:
    """Open the database of a home; a bell rings in all processes that have it open.

    Raises:
        InvalidInput: if it cannot be reached, the package for it is missing, or it is of another
            version, to which no ``changes`` may be made.
        Conflict: if it is another mediator's.
    """
    if not settings.store:
        return SqliteStore(home / DATABASE_FILE, changes=changes)
    try:
        from cleanroom.mediator.store.postgresql import PostgresStore  # noqa: PLC0415
    except ImportError:
        raise InvalidInput(
            "The home's state is in PostgreSQL, and psycopg is missing.",
            remedy="Run: pip install 'cleanroom-two-party[postgresql]'",
        ) from None
    owner = key.verifying_key.fingerprint()
    store = PostgresStore(settings.store, owner, settings.database_connections, changes=changes)
    if isinstance(bell, ThreadBell):
        store.follow(bell)
    return store
