"""The composition root of the mediator: join its use cases to this machine."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

from cleanroom.errors import Conflict, InvalidInput
from cleanroom.mediator import Mediator
from cleanroom.mediator.context import Context
from cleanroom.mediator.ports import Clock
from cleanroom.mediator.settings import ServerSettings
from cleanroom.mediator.store.files import FileBlobs
from cleanroom.mediator.store.sqlite import SqliteStore
from cleanroom.system import SystemClock, ThreadBell
from protocols.signing import SigningKey

KEY_FILE = "mediator.key"
SETTINGS_FILE = "settings.json"
DATABASE_FILE = "mediator.sqlite"


def initialise(home: Path, origin: str) -> SigningKey:
    """Make a mediator's home with a fresh key; ``Conflict`` if there is one already."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    # The database holds the mediator's share of the noise: a folder that was there is closed too.
    home.chmod(0o700)
    key = SigningKey.generate(secrets.token_bytes)
    settings = ServerSettings(origin=origin)
    file = home / KEY_FILE
    try:
        file.touch(mode=0o600, exist_ok=False)
    except FileExistsError:
        raise Conflict(f"there is a mediator in {home} already", rule="home-exists") from None
    file.write_text(key.expose().hex())
    (home / SETTINGS_FILE).write_text(json.dumps({"origin": settings.origin}))
    return key


def open_mediator(
    home: Path, settings: ServerSettings | None = None, clock: Clock | None = None
) -> Mediator:
    """Open the mediator of a home; ``InvalidInput`` if there is none."""
    try:
        key = SigningKey(bytes.fromhex((home / KEY_FILE).read_text().strip()))
        origin = json.loads((home / SETTINGS_FILE).read_text())["origin"]
    except (OSError, ValueError, KeyError):
        raise InvalidInput(f"There is no mediator in {home}.", remedy="Run: init") from None
    chosen = settings or ServerSettings()
    return Mediator(
        Context(
            store=SqliteStore(home / DATABASE_FILE),
            blobs=FileBlobs(home / "blobs"),
            clock=clock or SystemClock(),
            bell=ThreadBell(),
            key=key,
            random=secrets.token_bytes,
            settings=chosen.model_copy(update={"origin": origin}),
        )
    )
