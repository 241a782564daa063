"""Let a member watch its room's log and vouch for what it saw."""

from __future__ import annotations

import time
from typing import Any

from cleanroom.agent.rooms import Room
from cleanroom.audit.witness import Witness
from protocols import checkpoint as notes
from protocols.checkpoint import Checkpoint


def look(room: Room) -> Checkpoint:
    """Fetch the newest head of the log and accept it as the continuation of the last one seen.

    Raises ``AuditFailure`` for a log that went back, or another log; the evidence is kept.
    """
    identity, client = room.identity, room.client

    def prove(first: int, second: int) -> list[str]:
        return client.consistency(identity, first, second)

    return Witness(room.folder).see(room.agreement, lambda: client.checkpoint(identity), prove)


def cosign(room: Room) -> dict[str, Any]:
    """Look, and say in the log which head was seen, with a cosignature of its own line."""
    head = look(room)
    note = Witness(room.folder).note() or ""
    signed = notes.cosign(note, room.own.name, room.home.signing, int(time.time()))
    room.chain.say("/v1/audit/cosign", "audit.cosign", {"checkpoint": signed})
    return {"size": head.size, "root": head.root.hex()}
