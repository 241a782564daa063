"""Take a party's signed statement: check its chain, apply it and log it, in one transaction.

A statement that is refused leaves an entry with the rule that refused it, and nothing else: the
party's chain does not advance, so its next statement has the same number.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from cleanroom.documents.statement import Kind, SignedStatement
from cleanroom.errors import (
    CleanroomError,
    Conflict,
    InvalidInput,
    NotFound,
    PeerFault,
    PolicyRefusal,
)
from cleanroom.mediator import log, retention
from cleanroom.mediator.context import (
    INVITED,
    LOBBY,
    Caller,
    Context,
    Membership,
    membership,
    verifying_key,
)
from cleanroom.mediator.ports import Transaction
from cleanroom.room.members import may_say
from cleanroom.room.states import AFTER_THE_END, RoomState
from protocols.errors import InvalidMessageError, RemoteError

OF_INVITED: Final[tuple[Kind, ...]] = ("amendment.sign", "amendment.decline")
"""What somebody may say whom an amendment that waits brings in."""


class SequenceConflict(Conflict):
    """Refuse a statement out of turn, and say which turn it is."""

    def __init__(self, sequence: int, previous: str) -> None:
        super().__init__(f"the next statement has number {sequence}", rule="sequence")
        self.expected_sequence = sequence
        self.expected_previous = previous


@dataclass(frozen=True)
class Said:
    """An authentic statement in its turn: what an effect may look at and write with."""

    transaction: Transaction
    place: Membership
    signed: SignedStatement
    moment: int
    """Unix milliseconds: when it is judged, and what its entry will say."""

    @property
    def now(self) -> int:
        """Return Unix seconds."""
        return self.moment // 1000

    @property
    def room(self) -> str:
        """Return the room's identifier."""
        return self.signed.statement.room

    @property
    def party(self) -> str:
        """Return the speaker's name."""
        return self.signed.statement.party

    @property
    def body(self) -> dict[str, Any]:
        """Return what was said."""
        return dict(self.signed.statement.body)

    @cached_property
    def digest(self) -> str:
        """Return the digest of the signed statement."""
        return self.signed.digest()


@dataclass(frozen=True)
class Effect:
    """What a statement brought about: shown to its party, noted in the log."""

    resource: Mapping[str, Any]
    facts: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200
    location: str | None = None
    afterwards: Callable[[], None] | None = None
    """Runs after the commit, for what a transaction cannot undo; runs again at a restart."""


@dataclass(frozen=True)
class Outcome:
    """The answer to an accepted statement."""

    status: int
    body: dict[str, Any]
    location: str | None = None


Apply = Callable[[Said], Effect]


def state(
    context: Context, caller: Caller, signed: SignedStatement, kind: Kind, apply: Apply
) -> Outcome:
    """Apply a statement of a member of an existing room.

    The very same statement again gets the answer that it got before.

    Raises:
        NotFound: if the caller is not a member of the room; the lobby's log notes it.
        CleanroomError: whatever the effect refuses with; the room's log notes it.
    """
    statement = signed.statement
    with context.store.write(statement.room) as transaction:
        try:
            place = _authentic(transaction, caller, signed, kind)
        except CleanroomError as refusal:
            log.note(transaction, context, LOBBY, "request", caller.name, refusal)
            refused: CleanroomError | None = refusal
        else:
            moment = log.moment(transaction, context, statement.room)
            said = Said(transaction, place, signed, moment)
            earlier = transaction.get("statements", digest=said.digest)
            if earlier is not None:
                return _outcome(json.loads(earlier["answer"]))
            retention.settle(transaction, context, place.room, moment)
            effect, refused = attempt(said, apply)
            if effect is not None:
                return_value = accept(context, said, effect)
            elif refused is not None:
                log.note(transaction, context, statement.room, kind, said.party, refused, signed)
    if refused is not None:
        raise refused
    return finish(context, return_value, effect)


def attempt(said: Said, apply: Apply) -> tuple[Effect | None, CleanroomError | None]:
    """Try an effect; undo all of it if it is refused."""
    try:
        with said.transaction.nested():
            check_turn(said)
            check_open(said)
            return apply(said), None
    except CleanroomError as refusal:
        return None, refusal
    except RemoteError as fault:
        return None, InvalidInput(str(fault))


def accept(context: Context, said: Said, effect: Effect) -> Outcome:
    """Log an accepted statement, advance its party's chain and keep the answer."""
    statement = said.signed.statement
    tree = log.append(
        said.transaction,
        context,
        said.room,
        kind=statement.kind,
        actor=said.party,
        statement=said.signed,
        facts=effect.facts,
        at=said.moment,
    )
    said.transaction.update(
        "members",
        {"room": said.room, "name": said.party},
        sequence=statement.sequence + 1,
        previous=said.digest,
    )
    body = {
        "log_index": tree.size - 1,
        "checkpoint": log.sign(said.transaction, context, said.room, tree.size, tree.root()),
        "resource": dict(effect.resource),
    }
    outcome = Outcome(effect.status, body, effect.location)
    said.transaction.insert(
        "statements",
        digest=said.digest,
        room=said.room,
        party=said.party,
        log_index=body["log_index"],
        status=effect.status,
        answer=json.dumps({"status": outcome.status, "body": body, "location": outcome.location}),
    )
    return outcome


def finish(context: Context, outcome: Outcome, effect: Effect | None) -> Outcome:
    """Do what follows a commit: wake the waiting, delete what was withdrawn."""
    if effect is not None and effect.afterwards is not None:
        effect.afterwards()
    context.bell.ring()
    return outcome


def check_turn(said: Said) -> None:
    """Refuse a statement that does not follow the party's last one."""
    statement, member = said.signed.statement, said.place.member
    in_turn = statement.sequence == member["sequence"]
    if not in_turn or not hmac.compare_digest(statement.previous, member["previous"]):
        raise SequenceConflict(member["sequence"], member["previous"])


def check_open(said: Said) -> None:
    """Refuse what a role may not say, and most things where a room is closed or not signed."""
    kind, room = said.signed.statement.kind, said.place.room
    if not may_say(said.place.role, kind):
        if said.place.role == "agency":
            raise PolicyRefusal("an agency asks, and does nothing else", rule="agency")
        raise PolicyRefusal("an auditor reads and changes nothing", rule="auditor")
    if kind in AFTER_THE_END:
        return
    if said.now >= room["expires"]:
        raise Conflict("the room has expired", rule="room-expired")
    wanted = RoomState.PROPOSED if kind == "room.sign" else RoomState.ACTIVE
    if room["state"] != wanted:
        raise Conflict(f"the room is {room['state']}", rule="room-state")


def check_same_room(said: Said, room: str) -> None:
    """Refuse a statement about another room than the path names."""
    if said.room != room:
        raise NotFound("the statement is for another room")


def verify(signed: SignedStatement, key: str, kind: Kind) -> None:
    """Check a statement's kind and signature against a key in hex."""
    if signed.statement.kind != kind:
        raise InvalidInput(f"this route takes statements of kind {kind}")
    try:
        signed.verify(verifying_key(key))
    except InvalidMessageError:
        raise PeerFault("the statement's signature does not verify") from None
    except ValueError:
        raise InvalidInput("the statement has no canonical form") from None


def _authentic(
    transaction: Transaction, caller: Caller, signed: SignedStatement, kind: Kind
) -> Membership:
    also = (INVITED,) if kind in OF_INVITED else ()
    place = membership(transaction, caller, signed.statement.room, also)
    if place.party != signed.statement.party:
        raise NotFound("there is no such member")
    verify(signed, place.member["signing_key"], kind)
    return place


def _outcome(answer: dict[str, Any]) -> Outcome:
    return Outcome(answer["status"], answer["body"], answer["location"])
