"""Check what can be seen on one entry alone: its form, its author, its author's signature.

Nothing here depends on the entries before, so batches of a long log are checked in processes of
their own.  What depends on the order is ``cleanroom.audit.history``.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import rfc8785
from pydantic import ValidationError

from cleanroom.audit.failures import BadEntry, require
from cleanroom.model.agreement import Agreement
from cleanroom.model.document import Document
from cleanroom.model.job import JobDocument
from cleanroom.model.statement import STATEMENT_DOMAIN, Entry, SignedStatement, Statement
from cleanroom.service import bodies
from cleanroom.service.log import MEDIATOR
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

BODIES: Final[dict[str, type[Document]]] = {
    "room.propose": bodies.RoomPropose,
    "room.sign": bodies.RoomSign,
    "room.close": bodies.RoomClose,
    "dataset.create": bodies.DatasetCreate,
    "dataset.seal": bodies.DatasetSeal,
    "dataset.withdraw": bodies.DatasetWithdraw,
    "alignment.propose": bodies.AlignmentPropose,
    "alignment.join": bodies.AlignmentJoin,
    "alignment.finish": bodies.AlignmentFinish,
    "alignment.fail": bodies.AlignmentFail,
    "job.submit": bodies.JobSubmit,
    "job.approve": bodies.JobApprove,
    "job.refuse": bodies.JobRefuse,
    "job.cancel": bodies.JobCancel,
    "job.rows": bodies.JobRows,
    "job.step": bodies.JobStep,
    "job.receipt": bodies.JobReceipt,
    "audit.cosign": bodies.AuditCosign,
}

_TOLD: Final = ("job.submit", "job.release", "job.fail", "job.expire", "result.read")
"""Kinds whose facts later entries are held against; of others they need not travel."""

_BY_ITSELF: Final = ("job.release", "job.fail", "job.expire")
_OF_AUDITORS: Final = ("room.sign", "room.propose", "audit.cosign", "room.close")
_ENTRY_FIELDS: Final = frozenset(Entry.model_fields)
_SIGNED_FIELDS: Final = frozenset(SignedStatement.model_fields)
_STATEMENT_FIELDS: Final = frozenset(Statement.model_fields)


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
    job: tuple[str, str] | None
    """Identity and question of a job that is accepted."""
    head: Checkpoint | None
    """The signed head that a member vouches for."""


@dataclass
class Batch:
    """What came of a run of entries: those before the first fault, and the fault.

    ``hashes`` are the leaf hashes of all entries of the run; ``heads`` the last accepted statement
    of each party, its index and the signed JSON, where signatures are left to the chains.
    """

    seen: list[Seen] = field(default_factory=list)
    fault: BadEntry | None = None
    heads: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    hashes: npt.NDArray[np.uint8] | None = None


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
    def of(cls, agreement: Agreement, signatures: Signatures) -> EntryReader:
        """Take the members' keys from an agreement."""
        keys = {c.name: VerifyingKey(bytes.fromhex(c.signing_key)) for c in agreement.members}
        roles: dict[str, str] = {card.name: card.role for card in agreement.members}
        room = agreement.identity()
        mediator = VerifyingKey(bytes.fromhex(agreement.mediator_key))
        return cls(room, keys, roles, f"{agreement.origin}/{room}", mediator, signatures)

    def read_batch(self, first: int, leaves: Sequence[bytes]) -> Batch:
        """Read a run of entries up to the first bad one."""
        batch = Batch(hashes=merkle.leaf_hashes(PackedStrings.pack(leaves)))
        canonical = _Canonical()
        for index, leaf in enumerate(leaves, first):
            try:
                value = canonical.read(index, leaf)
                seen = self.read(index, leaf, value, canonical.write)
            except BadEntry as fault:
                batch.fault = fault
                break
            batch.seen.append(seen)
            if seen.accepted and seen.sequence >= 0 and self.signatures == "chains":
                batch.heads[seen.actor] = (index, value["statement"])
        return batch

    def read(
        self, index: int, leaf: bytes, value: dict[str, Any], write: Callable[[Any], bytes]
    ) -> Seen:
        """Check one entry; ``value`` is what its bytes say, ``write`` makes canonical bytes."""
        try:
            entry = Entry.model_validate_json(leaf)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            place = ".".join(map(str, first["loc"]))
            raise BadEntry(f"the form is not an entry's ({place})", index) from None
        require(value.keys() == _ENTRY_FIELDS, index, "a field is left out")
        require(entry.index == index, index, f"its number is {entry.index}: entries are missing")
        require(entry.room == self.room, index, "it is of another room")
        accepted = entry.outcome == "accepted"
        require(accepted or entry.rule is not None, index, "a refusal names its rule")
        signed, sequence, previous, digest = entry.statement, -1, "", ""
        body: dict[str, Any] = {}
        job = head = None
        if signed is None:
            self._check_mediator(index, entry, accepted)
        else:
            said = value["statement"]
            self._check_statement(index, entry, signed, said, write)
            sequence, previous = signed.statement.sequence, signed.statement.previous
            digest = hashlib.sha256(write(said)).hexdigest()
            body = said["statement"]["body"]
            if accepted and entry.kind == "job.submit":
                asked = JobDocument.model_validate_json(write(body["job"]))
                job = (asked.identity(), asked.question())
            if accepted and entry.kind == "audit.cosign":
                head, body = self._head(index, entry.actor, body["checkpoint"]), {}
        return Seen(
            index,
            entry.time,
            entry.kind,
            entry.actor,
            accepted,
            sequence,
            previous,
            digest,
            body,
            value["facts"] if entry.kind in _TOLD else {},
            job,
            head,
        )

    def _head(self, index: int, party: str, note: str) -> Checkpoint:
        """Return the head that a member vouches for, signed by the mediator of this log."""
        try:
            head = notes.verify(note, self.origin, self.mediator)
            lines = {line.name for line in notes.parse(note)[1]}
            if party in lines and self.signatures == "all":
                notes.verify_cosignature(note, party, self.keys[party])
        except InvalidProofError as error:
            raise BadEntry(f"it vouches for no head of this log: {error}", index) from None
        require(0 < head.size <= index, index, "it vouches for entries that come later")
        return head

    def _check_mediator(self, index: int, entry: Entry, accepted: bool) -> None:
        """Check an entry that nobody signed: only what the mediator notes by itself may be one."""
        require(
            entry.kind not in BODIES or not accepted,
            index,
            f"{entry.kind} takes effect without anybody's signature",
        )
        if entry.kind in _BY_ITSELF:
            require(entry.actor == MEDIATOR and accepted, index, "it is not the mediator's own")
        elif entry.kind != "request":
            require(entry.actor in self.keys, index, f"{entry.actor} is no member of the room")
        else:
            require(not accepted, index, "a request without a statement takes effect")

    def _check_statement(
        self,
        index: int,
        entry: Entry,
        signed: SignedStatement,
        said: dict[str, Any],
        write: Callable[[Any], bytes],
    ) -> None:
        statement = signed.statement
        whole = said.keys() == _SIGNED_FIELDS and said["statement"].keys() == _STATEMENT_FIELDS
        require(whole, index, "a field of the statement is left out")
        key = self.keys.get(statement.party)
        require(entry.actor == statement.party, index, "the actor is not who signed")
        if key is None:
            raise BadEntry(f"{statement.party} is no member of the room", index)
        require(entry.kind == statement.kind, index, f"a statement of {statement.kind} is signed")
        accepted = entry.outcome == "accepted"
        require(not accepted or statement.room == self.room, index, "it was said in another room")
        if not accepted or self.signatures == "all":
            check_signature(index, key, said, write)
        if accepted:
            self._check_body(index, statement, said["statement"]["body"])

    def _check_body(self, index: int, statement: Statement, body: dict[str, Any]) -> None:
        allowed = self.roles[statement.party] != "auditor" or statement.kind in _OF_AUDITORS
        require(allowed, index, f"an auditor does not say {statement.kind}")
        try:
            BODIES[statement.kind].model_validate_json(json.dumps(body, ensure_ascii=False))
        except ValidationError as error:
            place = ".".join(map(str, error.errors(include_input=False)[0]["loc"]))
            raise BadEntry(f"the body is not a {statement.kind} ({place})", index) from None


def check_signature(
    index: int, key: VerifyingKey, signed: dict[str, Any], write: Callable[[Any], bytes]
) -> None:
    """Raise ``BadEntry`` unless the key signed the statement."""
    party = signed["statement"]["party"]
    try:
        key.verify(STATEMENT_DOMAIN, write(signed["statement"]), b64decode(signed["signature"]))
    except InvalidMessageError:
        raise BadEntry(f"the signature is not {party}'s", index) from None


_FOUR_BYTES = 0xF0
"""The least first byte of a character beyond the basic plane, in UTF-8."""


class _Canonical:
    """Read and write canonical JSON (RFC 8785), by the standard library where that is the same.

    Both write the same bytes but for numbers with an exponent, and for names beyond the basic
    plane of Unicode, which sort in another order; these take the long way, many times slower.
    """

    def __init__(self) -> None:
        self._unusual = False
        self._decoder = json.JSONDecoder(parse_float=self._number, parse_constant=_no_constant)

    def _number(self, text: str) -> float:
        value = float(text)
        # Both write the shortest digits; they differ in exponents and in fractions of nothing.
        plain = text == repr(value) and "e" not in text and not text.endswith(".0")
        self._unusual |= not plain
        return value

    def read(self, index: int, leaf: bytes) -> dict[str, Any]:
        """Return what an entry's bytes say; raise ``BadEntry`` unless they are canonical."""
        self._unusual = False
        try:
            value = self._decoder.raw_decode(leaf.decode())[0]
            self._unusual |= not leaf.isascii() and max(leaf) >= _FOUR_BYTES
            same = self.write(value) == leaf and isinstance(value, dict)
        except (ValueError, RecursionError):
            same = False
        require(same, index, "the bytes are not canonical JSON")
        found: dict[str, Any] = value
        return found

    def write(self, value: Any) -> bytes:
        """Return the canonical bytes of the last entry that was read, or of a part of it."""
        if self._unusual:
            return rfc8785.dumps(value)
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        return text.encode()


def _no_constant(text: str) -> None:
    raise ValueError(f"{text} is no JSON number")
