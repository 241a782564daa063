"""Find the agreement that something of a room rests on."""

from __future__ import annotations

from cleanroom.documents.agreement import Agreement
from cleanroom.errors import NotFound
from cleanroom.mediator.ports import Transaction


def under(transaction: Transaction, room: str, digest: str | None) -> Agreement:
    """Return the agreement that a question of a room names; ``NotFound`` if there is none."""
    first = transaction.get("rooms", id=room)
    row = first if digest is None else transaction.get("amendments", id=digest, room=room)
    if row is None:
        raise NotFound("there is no such agreement")
    return Agreement.parse(row["agreement"])


def at(transaction: Transaction, room: str, number: int) -> Agreement:
    """Return the agreement that was in force when a room's log got the entry of that number."""
    later = transaction.find("amendments", order="-number", room=room)
    since = [row for row in later if row["since"] is not None and row["since"] < number]
    return under(transaction, room, since[0]["id"] if since else None)
