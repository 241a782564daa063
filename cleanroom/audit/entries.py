"""Check what can be seen on one entry alone: its form, its author, its author's signature.

Nothing here depends on the entries before, so batches of a long log are checked in processes of
their own.  What depends on the order is ``cleanroom.audit.history``.
"""

from __future__ import annotations

import hashlib
from base64 import b64decode
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import rfc8785
from pydantic import ValidationError

from cleanroom.audit.canonical import (
    ENTRY_FIELDS,
    SIGNED_FIELDS,
    STATEMENT_FIELDS,
    Canonical,
    Read,
)
from cleanroom.audit.failures import BadEntry, require
from cleanroom.documents import payloads
from cleanroom.documents.agreement import Agreement, Card
from cleanroom.documents.document import Document
from cleanroom.documents.job import JobDocument, asked_of
from cleanroom.documents.statement import (
    MEDIATOR,
    STATEMENT_DOMAIN,
    Entry,
    SignedStatement,
    Statement,
)
from cleanroom.room.members import may_say
from protocols import checkpoint as notes
from protocols import merkle
from protocols.checkpoint import Checkpoint
from protocols.errors import InvalidMessageError, InvalidProofError
from protocols.signing import VerifyingKey
from protocols.strings import PackedStrings

Signatures = Literal["all", "chains"]
"""Verify every signature, or one per party and chain.

Each statement holds the digest of its party's last signed statement.  So the signature under the
last one vouches for all before it, and ``chains`` proves who said what as ``all`` does; it does
not notice a party that signed one of its own earlier statements wrongly.
"""

_TOLD: Final = (
    *("job.submit", "job.refuse", "job.sums", "job.release", "job.fail", "job.expire"),
    *("result.read", "data.expire", "data.delete", "standing.propose"),
)
"""Kinds whose facts later entries are held against; of others they need not travel."""

_BY_ITSELF: Final = (
    *("job.sums", "job.release", "job.fail", "job.expire"),
    *("data.expire", "data.delete"),
)
_WITHOUT_BODY: Final = ("job.submit", "audit.cosign")
"""Kinds of which later entries need no more than ``Seen.job`` and ``Seen.head``."""


class AskedJob(NamedTuple):
    """A job's identity and question, and ``kind``: its document without what is its own alone.

    All jobs of one kind have one plan and one price: those follow from what everybody reads, and
    so neither from the name nor from what is sealed.
    """

    identity: str
    question: str
    kind: bytes
    run: JobDocument | None
    """The whole document of a job that says to be a run of a standing question."""


class Seen(NamedTuple):
    """One entry whose form and author are in order; ``sequence`` is -1 without a statement."""

    number: int
    time: int
    kind: str
    actor: str
    accepted: bool
    sequence: int
    previous: str
    digest: str
    body: dict[str, Any]
    facts: dict[str, Any]
    job: AskedJob | None
    """The job of an accepted ``job.submit``."""
    head: Checkpoint | None
    """The signed head that a member vouches for."""


SignedBytes = tuple[bytes, str]
"""A statement's canonical bytes and its signature in base64."""


def leaf_hashes(leaves: Sequence[bytes]) -> npt.NDArray[np.uint8]:
    """Return the leaf hashes of entries, shape (entries, 32)."""
    return merkle.leaf_hashes(PackedStrings.pack(leaves))


@dataclass
class Batch:
    """What came of a run of entries: those before the first fault, and the fault.

    ``hashes`` are the leaf hashes of all entries of the run; ``heads`` the last accepted statement
    of each party, its index and what was signed, where signatures are left to the chains.
    """

    hashes: npt.NDArray[np.uint8]
    seen: list[Seen] = field(default_factory=list)
    fault: BadEntry | None = None
    heads: dict[str, tuple[int, SignedBytes]] = field(default_factory=dict)


@dataclass(frozen=True)
class EntryReader:
    """Read the entries of one room; it travels to other processes."""

    room: str
    keys: dict[str, VerifyingKey]
    roles: dict[str, str]
    origin: str
    mediator: VerifyingKey
    signatures: Signatures

    @classmethod
    def of(
        cls, agreement: Agreement, signatures: Signatures, cards: Iterable[Card] = ()
    ) -> EntryReader:
        """Take the room from its first agreement, and keys from it and the ``cards`` of later."""
        known = {card.name: card for card in (*cards, *agreement.members)}
        keys = {name: VerifyingKey(bytes.fromhex(c.signing_key)) for name, c in known.items()}
        roles: dict[str, str] = {name: card.role for name, card in known.items()}
        room = agreement.identity()
        mediator = VerifyingKey(bytes.fromhex(agreement.mediator_key))
        return cls(room, keys, roles, f"{agreement.origin}/{room}", mediator, signatures)

    def read_batch(self, first: int, leaves: Sequence[bytes]) -> Batch:
        """Read a run of entries up to the first bad one."""
        batch = Batch(leaf_hashes(leaves))
        canonical = Canonical()
        for index, leaf in enumerate(leaves, first):
            try:
                found = canonical.read(index, leaf)
                seen = self.read(index, leaf, found, canonical.write)
            except BadEntry as fault:
                batch.fault = fault
                break
            batch.seen.append(seen)
            if seen.accepted and seen.sequence >= 0 and self.signatures == "chains":
                batch.heads[seen.actor] = (
                    index,
                    (found.statement, found.value["statement"]["signature"]),
                )
        return batch

    def read(self, index: int, leaf: bytes, found: Read, write: Callable[[Any], bytes]) -> Seen:
        """Check one entry; ``found`` is what its bytes say, ``write`` makes canonical bytes."""
        try:
            entry = Entry.model_validate_json(leaf)
        except ValidationError as error:
            raise BadEntry(f"the form is not an entry's ({_place(error)})", index) from None
        value = found.value
        if value.keys() != ENTRY_FIELDS:
            raise BadEntry("a field is left out", index)
        if entry.index != index:
            raise BadEntry(f"its number is {entry.index}: entries are missing", index)
        if entry.room != self.room:
            raise BadEntry("it is of another room", index)
        accepted, kind = entry.outcome == "accepted", entry.kind
        require(accepted or entry.rule is not None, index, "a refusal names its rule")
        facts = value["facts"] if kind in _TOLD else {}
        common = (index, entry.time, kind, entry.actor, accepted)
        if entry.statement is None:
            self._check_mediator(index, entry, accepted)
            return Seen(*common, -1, "", "", {}, facts, None, None)
        statement = entry.statement.statement
        document = self._check_statement(index, entry, entry.statement, found)
        job = head = None
        body = statement.body if accepted and kind not in _WITHOUT_BODY else {}
        if isinstance(document, payloads.JobSubmit):
            job = asked(document.job, found.value["statement"]["statement"]["body"]["job"], write)
        if isinstance(document, payloads.AuditCosign):
            head = self._head(index, entry.actor, document.checkpoint)
        digest = hashlib.sha256(found.signed).hexdigest()
        said = (statement.sequence, statement.previous, digest)
        return Seen(*common, *said, body, facts, job, head)

    def _head(self, index: int, party: str, note: str) -> Checkpoint:
        """Return the head that a member vouches for, signed by the mediator of this log."""
        try:
            if self.signatures == "all":
                key = self.keys[party]
                head = notes.verify_vouched(note, self.origin, self.mediator, party, key)
            else:
                head = notes.verify(note, self.origin, self.mediator)
        except InvalidProofError as error:
            raise BadEntry(f"it vouches for no head of this log: {error}", index) from None
        require(0 < head.size <= index, index, "it vouches for entries that come later")
        return head

    def _check_mediator(self, index: int, entry: Entry, accepted: bool) -> None:
        """Check an entry that nobody signed: only what the mediator notes by itself may be one."""
        require(
            entry.kind not in payloads.BODIES or not accepted,
            index,
            f"{entry.kind} takes effect without a signature",
        )
        if entry.kind in _BY_ITSELF:
            require(entry.actor == MEDIATOR and accepted, index, "it is not the mediator's own")
        elif entry.kind != "request":
            require(entry.actor in self.keys, index, f"{entry.actor} is not a member of the room")
        else:
            require(not accepted, index, "a request without a statement takes effect")

    def _check_statement(
        self, index: int, entry: Entry, signed: SignedStatement, found: Read
    ) -> Document | None:
        """Check who said it and that it may be said; return the body if it took effect."""
        statement = signed.statement
        said = found.value["statement"]
        whole = said.keys() == SIGNED_FIELDS and said["statement"].keys() == STATEMENT_FIELDS
        require(whole, index, "a field of the statement is left out")
        key = self.keys.get(statement.party)
        require(entry.actor == statement.party, index, "the actor is not the one who signed")
        if key is None:
            raise BadEntry(f"{statement.party} is not a member of the room", index)
        if entry.kind != statement.kind:
            raise BadEntry(f"a statement of {statement.kind} is signed", index)
        accepted = entry.outcome == "accepted"
        require(
            not accepted or statement.room == self.room, index, "it was signed for another room"
        )
        if not accepted or self.signatures == "all":
            check_signature(index, key, statement.party, found.statement, signed.signature)
        return self._check_body(index, statement, found.body()) if accepted else None

    def _check_body(self, index: int, statement: Statement, body: bytes) -> Document:
        role = self.roles[statement.party]
        if not may_say(role, statement.kind):
            raise BadEntry(f"a member of role {role} does not sign {statement.kind}", index)
        try:
            return payloads.BODIES[statement.kind].model_validate_json(body)
        except ValidationError as error:
            reason = f"the body is not a {statement.kind} ({_place(error)})"
            raise BadEntry(reason, index) from None


def _place(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    return ".".join(map(str, first["loc"]))


def asked(job: JobDocument, said: dict[str, Any], write: Callable[[Any], bytes]) -> AskedJob:
    """Return what tells a job from others; ``said`` is the document as it stands in the log."""
    document = job.to_json()
    # Where nothing was left out, the bytes in the log are the document's canonical ones.
    write = write if document == said else rfc8785.dumps
    document = said if document == said else document
    question = asked_of(document)
    kind = document | {"name": "any", "private": None, "sealed": ""}
    if job.behalf is not None:
        kind["behalf"] = question["behalf"]
    digests = [hashlib.sha256(write(part)).hexdigest() for part in (document, question)]
    run = job if job.standing else None
    return AskedJob(digests[0][:32], digests[1], write(kind), run)


def check_signature(
    index: int, key: VerifyingKey, party: str, statement: bytes, signature: str
) -> None:
    """Raise ``BadEntry`` unless the key signed the statement."""
    try:
        key.verify(STATEMENT_DOMAIN, statement, b64decode(signature))
    except InvalidMessageError:
        raise BadEntry(f"the signature is not {party}'s", index) from None
