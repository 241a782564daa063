"""What a party itself remembers of a room: its own last statement and the last head it saw.

The mediator keeps the log and its key, so it could write another log and sign that.  It cannot
sign what a party remembers.  A bundle carries these memories, each signed by its party.
"""

from __future__ import annotations

import base64

from pydantic import Field

from cleanroom.documents.document import Count, Document, First, Hex128, Hex256, Name
from cleanroom.documents.statement import Signature
from protocols.checkpoint import MAXIMUM_BYTES
from protocols.signing import SigningKey, VerifyingKey

MEMORY_DOMAIN = "cleanroom/memory/v1"


class Memory(Document):
    """One party's side of a room's log.

    ``sequence`` is the number of its statements that were accepted, ``previous`` the digest of
    the last of them, ``checkpoint`` the signed head that it saw last, None if it saw none.
    """

    version: First = 1
    room: Hex128
    party: Name
    sequence: Count
    previous: Hex256
    checkpoint: str | None = Field(default=None, max_length=MAXIMUM_BYTES)


class PartyMemory(Document):
    """A memory with its party's Ed25519 signature over the canonical bytes."""

    memory: Memory
    signature: Signature

    def verify(self, key: VerifyingKey) -> None:
        """Raise ``InvalidMessageError`` unless the key signed this memory."""
        key.verify(MEMORY_DOMAIN, self.memory.canonical(), base64.b64decode(self.signature))


def sign_memory(memory: Memory, key: SigningKey) -> PartyMemory:
    """Sign a memory."""
    signature = key.sign(MEMORY_DOMAIN, memory.canonical())
    return PartyMemory(memory=memory, signature=base64.b64encode(signature).decode())


def asked_of(party: str) -> str:
    """Say how a memory that a bundle lacks comes to whoever checks it."""
    return f"{party} writes it with: cleanroom audit memory --out FILE; then give --memory FILE."
