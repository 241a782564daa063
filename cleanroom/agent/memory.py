"""Take from a home what the party remembers of a room, for the bundle that an auditor gets."""

from __future__ import annotations

from cleanroom.agent.chain import State
from cleanroom.agent.home import Home, read_json
from cleanroom.audit.memory import Memory, PartyMemory, sign_memory
from cleanroom.audit.witness import Witness


def memory_of(home: Home, room: str) -> PartyMemory:
    """Return what a home holds of a room, signed; take it before the bundle's entries are read.

    A log that grows between the two covers the memory, a memory taken later may be ahead.
    """
    file = home.room(room) / "chain.json"
    chain = read_json(file, State) if file.exists() else State()
    memory = Memory(
        room=room,
        party=home.card.name,
        sequence=chain.sequence,
        previous=chain.previous,
        checkpoint=Witness(home.room(room)).note(),
    )
    return sign_memory(memory, home.signing)
