"""What a party says, signed and chained, and what the log keeps of it."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Final, Literal, Self

import rfc8785
from pydantic import Field, JsonValue, StringConstraints, model_validator

from cleanroom.documents.document import (
    Count,
    Document,
    Hex128,
    Hex256,
    Interchangeable,
    Name,
    Text,
    Whole,
)
from protocols.signing import SigningKey, VerifyingKey

STATEMENT_DOMAIN = "cleanroom/statement/v1"
NOTHING_BEFORE = "0" * 64

Kind = Literal[
    "room.propose",
    "room.sign",
    "room.close",
    "amendment.propose",
    "amendment.sign",
    "amendment.decline",
    "delegation.grant",
    "delegation.revoke",
    "dataset.create",
    "dataset.seal",
    "dataset.withdraw",
    "dataset.erase",
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
    "standing.propose",
    "standing.approve",
    "standing.stop",
    "serving.publish",
    "serving.tally",
    "serving.stop",
    "audit.cosign",
]
"""What a party can say."""

MediatorKind = Literal[
    "job.sums",
    "job.release",
    "job.fail",
    "job.expire",
    "data.expire",
    "data.delete",
    "result.read",
    "audit.read",
    "request",
]
"""What the mediator notes on its own: ``request`` is a request refused before it said anything."""

MEDIATOR = "mediator"
"""The actor of what the mediator does by itself."""

MOST_BYTES: Final = 1 << 16
"""Canonical bytes of a body.  The longest honest one is a proposal, some 20 KiB."""

MOST_BYTES_OF_KIND: Final = {"dataset.create": 1 << 20}
"""Kinds with a bound of their own: a manifest lists the pseudonyms of its labels' domains."""

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
    sequence: Count
    previous: Hex256
    body: Interchangeable

    @model_validator(mode="after")
    def _check_size(self) -> Self:
        most = MOST_BYTES_OF_KIND.get(self.kind, MOST_BYTES)
        # Canonical JSON is the shortest spelling but for a number's exponent; close enough here.
        if len(json.dumps(self.body, ensure_ascii=False, separators=(",", ":")).encode()) > most:
            raise ValueError(f"a statement of kind {self.kind} has a body of at most {most} bytes")
        return self

    @cached_property
    def _canonical(self) -> bytes:
        return super().canonical()

    def canonical(self) -> bytes:
        """Return the canonical bytes, made once: they are signed, hashed, chained and logged."""
        return self._canonical


class SignedStatement(Document):
    """A statement with its author's Ed25519 signature over the canonical bytes."""

    statement: Statement
    signature: Signature

    def canonical(self) -> bytes:
        """Return the canonical bytes around those of the statement; base64 needs no escape."""
        signature = self.signature.encode()
        return b'{"signature":"%b","statement":%b}' % (signature, self.statement.canonical())

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

    index: Count
    time: Whole
    """Unix milliseconds of the mediator's clock."""
    room: Hex128
    kind: Kind | MediatorKind
    actor: Name
    outcome: Literal["accepted", "refused"]
    rule: Name | None = None
    detail: Text | None = None
    statement: SignedStatement | None = None
    facts: dict[str, JsonValue] = Field(default_factory=dict)

    def canonical(self) -> bytes:
        """Return the canonical bytes, with those of the statement as they were signed."""
        if self.statement is None:
            return super().canonical()
        rest = self.model_dump(mode="json", exclude={"statement"})
        bare = rfc8785.dumps(rest | {"statement": None})
        head = bare.removesuffix(b'"statement":null,"time":%d}' % self.time)
        return b'%b"statement":%b,"time":%d}' % (head, self.statement.canonical(), self.time)


def subject(body: Mapping[str, Any], facts: Mapping[str, Any]) -> str:
    """Return the job that an entry is about, by what was said and noted; empty if about none."""
    said = body.get("job")
    job = said if isinstance(said, str) else facts.get("job")
    return job if isinstance(job, str) else ""
