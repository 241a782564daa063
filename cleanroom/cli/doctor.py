"""Look whether everything is in place: ``cleanroom doctor``."""

from __future__ import annotations

import shutil
import sqlite3
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from cleanroom.cli.common import HomeOption, JsonOption, connect, emit, open_home, out
from cleanroom.errors import CleanroomError

Check = tuple[str, bool, str]
DISK_BYTES = 2 << 30


def doctor(
    home: HomeOption = None,
    offline: Annotated[bool, typer.Option(help="Do not call the mediator.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Check versions, disk, key files, passphrase and the way to the mediator."""
    checks = list(_checks(home, offline))
    document = [{"check": name, "ok": ok, "detail": detail} for name, ok, detail in checks]
    emit(document, as_json, lambda: _print(checks))
    if not all(ok for _, ok, _ in checks):
        raise typer.Exit(1)


def _checks(home: Path | None, offline: bool) -> Iterator[Check]:
    yield "python", sys.version_info >= (3, 11), sys.version.split()[0]
    yield "sqlite", sqlite3.sqlite_version_info >= (3, 37), sqlite3.sqlite_version
    free = shutil.disk_usage(home if home and home.exists() else Path.cwd()).free
    yield "disk", free > DISK_BYTES, f"{free / 1e9:.1f} GB free"
    if home is None:
        return
    loose = [
        str(path) for path in (home / "keys").glob("*") if stat.S_IMODE(path.stat().st_mode) & 0o077
    ]
    yield "key files", not loose, "0600" if not loose else f"readable by others: {loose}"
    try:
        own = open_home(home)
        yield "passphrase", True, f"{own.card.name} ({own.card.role})"
        if not offline:
            client = connect(own)
            client.rooms()
            client.close()
            yield "mediator", True, own.mediator
    except CleanroomError as error:
        yield "home and mediator", False, str(error)


def _print(checks: list[Check]) -> None:
    table = Table("check", "", "detail")
    for name, ok, detail in checks:
        table.add_row(name, "ok" if ok else "FAILED", detail)
    out.print(table)
