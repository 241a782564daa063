"""Say of one part of a mediator whether it is as it should be, and what to do if it is not."""

from __future__ import annotations

from typing import NamedTuple

from cleanroom.mediator.store.sqlite_schema import known_migrations


class Finding(NamedTuple):
    """What was looked at, whether it is as it should be, how it is, and else the way out."""

    check: str
    ok: bool
    detail: str
    remedy: str = ""


def schema(applied: set[str]) -> Finding:
    """Tell by its migrations whether a database was made by this version, before it or after it."""
    known = known_migrations().keys()
    if applied - known:
        later = "made by a later version of cleanroom"
        return Finding("schema", False, later, "Install that version, or a later one.")
    missing = len(known - applied)
    earlier = f"made by an earlier version: {missing} changes are missing"
    return Finding(
        "schema",
        not missing,
        earlier if missing else f"version {len(applied)}",
        "Restart every server with this version: the first makes them.",
    )
