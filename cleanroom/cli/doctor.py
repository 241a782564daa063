"""Look whether everything is in place: ``cleanroom doctor``."""

from __future__ import annotations

import shutil
import sqlite3
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cleanroom.cli.common import Folder, HomeOption, JsonOption, connect, describe, emit, open_home
from cleanroom.cli.later import agreements, rooms, screen, versions
from cleanroom.errors import CleanroomError
from cleanroom.system import CLOCK_SECONDS

if TYPE_CHECKING:
    from cleanroom.agent.home import Home
    from cleanroom.documents.agreement import Agreement

Check = tuple[str, bool, str]
MEDIATOR_KEY = "mediator.key"
DISK_BYTES = 2 << 30
SQLITE = (3, 37)
WAL_SAFE = (3, 51, 3)

HOME_BYTES = 145 + 110
"""Bytes of a person's identifiers, order and T in the home, and of what an alignment adds."""
TEMPORARY_BYTES = 70
"""Bytes of a person among the temporary files of an upload."""
IN_MEMORY = 1 << 28
"""Bytes of temporary files that may lie in memory: more of them is what they are to save."""


def doctor(
    home: HomeOption = None,
    offline: Annotated[bool, typer.Option(help="Do not call the mediator.")] = False,
    people: Annotated[
        int, typer.Option(min=0, help="Check that the disk has room for a dataset of so many.")
    ] = 0,
    as_json: JsonOption = False,
) -> None:
    """Check versions, disk, keys, passphrase, rooms, clock and the mediator's address."""
    checks = list(_checks(home, offline, people))
    document = [{"check": name, "ok": ok, "detail": detail} for name, ok, detail in checks]
    emit(document, as_json, lambda: _print(checks))
    if not all(ok for _, ok, _ in checks):
        raise typer.Exit(1)


def _checks(given: Folder | None, offline: bool, people: int) -> Iterator[Check]:
    import httpx

    from cleanroom.ingest.spark import doctor as spark

    yield "python", sys.version_info >= (3, 11), sys.version.split()[0]
    yield "sqlite", sqlite3.sqlite_version_info >= SQLITE, _sqlite()
    home = given.path if given else None
    free = shutil.disk_usage(home if home and home.exists() else Path.cwd()).free
    yield "spark", *spark.state()
    yield "disk", free > DISK_BYTES, f"{free / 1e9:.1f} GB free"
    if home is None:
        yield from _space(Path.cwd(), people)
        return
    if (home / MEDIATOR_KEY).exists():
        yield "home", False, f"this is a mediator's; run: cleanroom-server doctor --home {home}"
        return
    loose = [
        str(path) for path in (home / "keys").glob("*") if stat.S_IMODE(path.stat().st_mode) & 0o077
    ]
    yield "key files", not loose, "0600" if not loose else f"readable by others: {loose}"
    try:
        own = open_home(given)
        yield "passphrase", True, f"{own.card.name} ({own.card.role})"
        yield from _keys(own)
        yield from _space(home, max(people, _most_people(home)))
        if not offline:
            yield from _mediator(own)
    except CleanroomError as error:
        yield "home and mediator", False, describe(error)
    except httpx.HTTPError as error:
        yield "home and mediator", False, str(error) or type(error).__name__


def _most_people(home: Path) -> int:
    """Return the identifiers of the largest dataset version that the home keeps."""
    from cleanroom.agent.home import read_document
    from cleanroom.documents.dataset import Manifest

    files = home.glob("rooms/*/datasets/*/manifest.json")
    kept = (read_document(file, Manifest) for file in files)
    return max((one.people * len(one.profiles) for one in kept), default=0)


def _space(home: Path, people: int) -> Iterator[Check]:
    """Check that so many people can be uploaded and aligned (docs/how-to/grow.md)."""

    def told(free: int, need: int) -> str:
        needed = f", {need / 1e9:.1f} GB needed for {people:,} people" if people else ""
        return f"{free / 1e9:.1f} GB free{needed}"

    free, need = shutil.disk_usage(home).free, people * HOME_BYTES
    if people:
        yield "room in the home", free >= need, told(free, need)
    folder = Path(tempfile.gettempdir())
    free, need = shutil.disk_usage(folder).free, people * TEMPORARY_BYTES
    fast = _in_memory(folder)
    fits = free >= need and not (fast and need > IN_MEMORY)
    text = f"{folder}{' (in memory)' if fast else ''}: {told(free, need)}"
    yield "temporary files", fits, text + ("" if fits else "; point TMPDIR at a disk with room")


def _in_memory(folder: Path) -> bool:
    """Tell whether a folder's files are in memory; systems that do not say so have them on disk."""
    try:
        lines = Path("/proc/self/mounts").read_text("utf-8").splitlines()
    except OSError:
        return False
    kinds = {place: kind for _, place, kind, *_ in map(str.split, lines)}
    place = folder.resolve()
    nearest = max((one for one in kinds if place.is_relative_to(one)), key=len, default="")
    return kinds.get(nearest) in {"tmpfs", "ramfs"}


def _sqlite() -> str:
    """Return the version, and what the write-ahead log of older ones asks of an operator."""
    text = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info < WAL_SAFE:
        text += " (one process checkpoints: before 3.51.3 two may lose pages)"
    return text


def _keys(home: Home) -> Iterator[Check]:
    """Check that the keys in the vault are those of the card and of the rooms that were signed."""
    from cleanroom.agent.home import read_document

    matches = home.signing.verifying_key.raw.hex() == home.card.signing_key
    yield "signing key", matches, "is the card's" if matches else "is not the card's"
    for room in rooms.known(home):
        folder = home.room(str(room["id"]))
        first = read_document(folder / "agreement.json", agreements.Agreement)
        agreement = (first, *versions.kept(folder))[-1]
        yield f"room {room['name']}", *_keys_of(home, agreement)


def _keys_of(home: Home, agreement: Agreement) -> tuple[bool, str]:
    """Tell whether the home has the keys that a room rests on; a room that has ended needs none."""
    card = agreement.member(home.card.name)
    if card == home.card:
        ended = agreement.policy.expires <= time.time()
        return True, "has expired" if ended else "present"
    try:
        home.as_of(card or home.card)
    except (CleanroomError, OSError):
        return False, "depends on keys that are not in this home"
    return True, "depends on replaced keys, which are kept"


def _mediator(home: Home) -> Iterator[Check]:
    """Check the way to the mediator, whether it can serve, and how far the two clocks are apart."""
    import httpx

    from cleanroom.agent.http.transport import read_json

    client = connect(home)
    client.hurried().rooms()
    client.close()
    yield "mediator", True, home.mediator
    answer = httpx.get(f"{home.mediator}/v1/readyz", timeout=10)
    found = read_json(answer)
    clock = found.get("clock", "ready") if isinstance(found, dict) else "no answer that can be read"
    yield "mediator ready", answer.status_code == 200, str(clock)
    date = answer.headers.get("date")
    if date:
        apart = abs(parsedate_to_datetime(date).timestamp() - time.time())
        yield "clock", apart <= CLOCK_SECONDS, f"{apart:.0f} s from the mediator's"


def _print(checks: list[Check]) -> None:
    from rich.table import Table

    table = Table("check", "", "detail")
    for name, ok, detail in checks:
        table.add_row(name, "ok" if ok else "FAILED", detail)
    screen.out.print(table)
