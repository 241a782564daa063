from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cleanroom.audit.bundle import Bundle
from cleanroom.audit.verify import verify_bundle
from cleanroom.documents.agreement import Agreement
from cleanroom.mediator import log
from cleanroom.mediator.context import Context
from cleanroom.mediator.ports import Transaction
from tests.api.party import World, world


def verify_logs(made: World) -> None:
    """Verify every room's log offline: whatever a test has said or asked must not spoil one."""
    with made.mediator.context.store.read() as transaction:
        verify_rooms(transaction, made.mediator.context)


def verify_rooms(transaction: Transaction, context: Context) -> None:
    """Verify the logs of one state of a database."""
    for row in transaction.find("rooms"):
        room, agreement = row["id"], Agreement.parse(row["agreement"])
        leaves = log.entries(transaction, room, 0, log.size(transaction, room))
        note = log.checkpoint(transaction, context, room)
        verify_bundle(Bundle(room, agreement, note, (), lambda leaves=leaves: leaves))


@pytest.fixture
def place(tmp_path: Path) -> Iterator[World]:
    """A mediator with admitted parties and no room."""
    with world(tmp_path / "mediator") as made:
        yield made
        verify_logs(made)


@pytest.fixture
def room(place: World) -> World:
    """A mediator with one active rehearsal room."""
    place.open_room()
    return place
