"""What a party says, signed and chained, and what the log keeps of it."""

from __future__ import annotations

import base64
from typing import Annotated, Literal

from pydantic import Field, JsonValue, StringConstraints

from cleanroom.documents.document import Document, Hex128, Hex256, Name, Text
from protocols.signing import SigningKey, VerifyingKey

STATEMENT_DOMAIN = "cleanroom/statement/v1"
NOTHING_BEFORE = "0" * 64

Kind = Literal[
    "room.propose",
    "room.sign",
    "room.close",
    "dataset.create",
    "dataset.seal",
    "dataset.withdraw",
    "alignment.propose",
    "alignment.join",
    "alignment.finish",
    "alignment.fail",
    "job.submit",
    "job.approve",
    "job.refuse",
    "job.cancel",
    "job.rows",
    "job.step",
    "job.receipt",
    "audit.cosign",
]
"""What a party can say."""

MediatorKind = Literal[
    "job.release", "job.fail", "job.expire", "result.read", "audit.read", "request"
]
"""What the mediator notes on its own: ``request`` is a request refused before it said anything."""

MEDIATOR = "mediator"
"""The actor of what the mediator does by itself."""

Signature = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]{85}[AQgw]==$")]
"""64 bytes in base64, in their one spelling: the last letter holds two bits, its other four are
zero.  A statement's digest covers the letters, so another spelling would break its author's chain.
"""


class Statement(Document):
    """Say one thing in a room; ``previous`` is the digest of the party's last signed statement.

    The chain makes an omission visible: a mediator that drops or reorders what a party said
    leaves a hole in that party's own numbers.
    """

    room: Hex128
    party: Name
    kind: Kind
    sequence: int = Field(ge=0)
    previous: Hex256
    body: dict[str, JsonValue]


class SignedStatement(Document):
    """A statement with its author's Ed25519 signature over the canonical bytes."""

    statement: Statement
    signature: Signature

    def verify(self, key: VerifyingKey) -> None:
        """Raise ``InvalidMessageError`` unless the key signed this statement."""
        key.verify(STATEMENT_DOMAIN, self.statement.canonical(), base64.b64decode(self.signature))


def sign_statement(statement: Statement, key: SigningKey) -> SignedStatement:
    """Sign a statement."""
    signature = key.sign(STATEMENT_DOMAIN, statement.canonical())
    return SignedStatement(statement=statement, signature=base64.b64encode(signature).decode())


class Entry(Document):
    """One leaf of a room's log; the canonical bytes are hashed into the tree.

    ``facts`` are the mediator's: times of charge, budget before and after, k, tau, the size and
    digest of what was released.  Never an identifier, a token, a label or a released number.
    """

    index: int = Field(ge=0)
    time: int
    """Unix milliseconds of the mediator's clock."""
    room: Hex128
    kind: Kind | MediatorKind
    actor: Name
    outcome: Literal["accepted", "refused"]
    rule: Name | None = None
    detail: Text | None = None
    statement: SignedStatement | None = None
    facts: dict[str, JsonValue] = Field(default_factory=dict)
