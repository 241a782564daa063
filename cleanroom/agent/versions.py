"""Keep the versions of a room's agreement that this home knows to be, or to have been, in force."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cleanroom.agent.home import read_document, write_json
from cleanroom.documents.agreement import Agreement, Card

FOLDER: Final = "amendments"


def kept(room: Path) -> list[Agreement]:
    """Return the amendments of a room's folder, the newest last."""
    found = [file for file in (room / FOLDER).glob("*.json") if file.stem.isdigit()]
    return [read_document(file, Agreement) for file in sorted(found, key=lambda one: int(one.stem))]


def keep(room: Path, agreement: Agreement) -> None:
    """Keep an amendment that is in force from now on."""
    write_json(room / FOLDER / f"{agreement.number}.json", agreement.to_json())


def newest(room: Path) -> Agreement | None:
    """Return the agreement of a room's folder as this party signed it last; None if it did not."""
    file = room / "agreement.json"
    if not file.exists():
        return None
    return (read_document(file, Agreement), *kept(room))[-1]


def signed_members(room: Path) -> tuple[Card, ...]:
    """Return the members of a room's folder as this party signed it; none if it did not."""
    found = newest(room)
    return () if found is None else found.members
