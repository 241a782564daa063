"""Rooms: propose, sign, close, look."""

from __future__ import annotations

import hmac
import json
from typing import Any, Final

from cleanroom.documents import payloads
from cleanroom.documents.agreement import Agreement, PaillierKey
from cleanroom.documents.statement import SignedStatement
from cleanroom.errors import CleanroomError, Conflict, InvalidInput, NotFound, PolicyRefusal
from cleanroom.mediator import agreements, amendments, log, members, statements
from cleanroom.mediator.context import (
    DROPPED,
    INVITED,
    LEFT,
    LOBBY,
    MEMBER,
    Caller,
    Context,
    Membership,
    membership,
)
from cleanroom.mediator.jobs_end import end_jobs
from cleanroom.mediator.pages import Page, page
from cleanroom.mediator.ports import Row, Transaction
from cleanroom.mediator.statements import Effect, Outcome, Said
from cleanroom.mediator.taking_back import close_serving
from cleanroom.room.agreements import check_agreement
from cleanroom.room.members import check_givers
from cleanroom.room.states import RoomState, move

MOST_WAITING: Final = 50
"""Rooms that one key has signed and others have not."""


class Rooms:
    """Serve the use cases of rooms."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def propose(self, caller: Caller, signed: SignedStatement) -> Outcome:
        """Open a room with its agreement, signed by its proposer; other members sign next.

        There is no log before there is a room, so a refusal is noted in the lobby.
        """
        context, refused = self._context, None
        with context.store.write(signed.statement.room) as transaction:
            earlier = transaction.get("statements", digest=signed.digest())
            if earlier is not None and _spoke(transaction, caller, earlier):
                answer = json.loads(earlier["answer"])
                return Outcome(answer["status"], answer["body"], answer["location"])
            try:
                with transaction.nested():
                    outcome = self._open(transaction, caller, signed)
            except CleanroomError as refusal:
                # No room's members pay for this log, so it keeps no statement but its digest.
                log.note(transaction, context, LOBBY, "room.propose", caller.name, refusal, signed)
                refused = refusal
        if refused is not None:
            raise refused
        return statements.finish(context, outcome, None)

    def _open(self, transaction: Transaction, caller: Caller, signed: SignedStatement) -> Outcome:
        body = payloads.RoomPropose.from_json(signed.statement.body)
        agreement = body.agreement
        card = agreement.member(signed.statement.party)
        if card is None or members.fingerprint(card) != caller.fingerprint:
            raise NotFound("the caller is not a member of the proposed room")
        statements.verify(signed, card.signing_key, "room.propose")
        self._check(transaction, agreement, signed)
        _insert_room(transaction, agreement, self._context.seconds())
        said = Said(
            transaction,
            membership(transaction, caller, signed.statement.room),
            signed,
            self._context.clock.milliseconds(),
        )
        statements.check_turn(said)
        _sign(said, body.paillier)
        resource = _view(transaction, signed.statement.room)
        effect = Effect(resource, status=201, location=f"/v1/rooms/{said.room}")
        return statements.accept(self._context, said, effect)

    def _check(
        self, transaction: Transaction, agreement: Agreement, signed: SignedStatement
    ) -> None:
        if signed.statement.room != agreement.identity():
            raise InvalidInput("the room is not named by the agreement's digest")
        if transaction.get("rooms", id=signed.statement.room):
            raise Conflict("the room was already proposed", rule="room-exists")
        own = self._context.key.verifying_key.raw.hex()
        if agreement.mediator_key != own or agreement.origin != self._context.settings.origin:
            raise PolicyRefusal("the agreement names another mediator", rule="other-mediator")
        check_agreement(agreement, self._context.seconds())
        check_givers(agreement)
        for card in agreement.members:
            members.check_admitted(transaction, card)
        self._check_waiting(transaction, signed.statement.party, agreement)

    def _check_waiting(self, transaction: Transaction, party: str, agreement: Agreement) -> None:
        """Refuse a key with many rooms that others did not sign yet: they fill others' lists."""
        card = agreement.member(party)
        own = []
        if card:
            transaction.hold(members.fingerprint(card))
            own = transaction.find("members", fingerprint=members.fingerprint(card))
        signed = [member["room"] for member in own if member["signature"]]
        rooms = [transaction.get("rooms", id=room) or {} for room in signed]
        waiting = sum(
            room["state"] == RoomState.PROPOSED
            and room["expires"] > log.now(transaction, self._context, room["id"])
            for room in rooms
        )
        if waiting >= MOST_WAITING:
            raise PolicyRefusal(
                f"{MOST_WAITING} rooms are already waiting for others' signatures: close some",
                rule="rooms-waiting",
            )

    def sign(self, caller: Caller, room: str, signed: SignedStatement) -> Outcome:
        """Take a member's signature; with the last one the room is active."""

        def apply(said: Said) -> Effect:
            body = payloads.RoomSign.from_json(said.body)
            statements.check_same_room(said, room)
            if not hmac.compare_digest(body.agreement, said.place.agreement.digest()):
                raise InvalidInput("that is not the digest of the room's agreement")
            _sign(said, body.paillier)
            return Effect(_view(said.transaction, said.room))

        return statements.state(self._context, caller, signed, "room.sign", apply)

    def close(self, caller: Caller, room: str, signed: SignedStatement) -> Outcome:
        """End a room; what runs in it is cancelled."""

        def apply(said: Said) -> Effect:
            payloads.RoomClose.from_json(said.body)
            statements.check_same_room(said, room)
            state = move(RoomState(said.place.room["state"]), RoomState.CLOSED)
            said.transaction.update("rooms", {"id": said.room}, state=state)
            end_jobs(self._context, said.transaction, "room-closed", room=said.room)
            close_serving(said.transaction, said.room, said.now)
            return Effect(_view(said.transaction, said.room))

        return statements.state(self._context, caller, signed, "room.close", apply)

    def show(self, caller: Caller, room: str) -> dict[str, Any]:
        """Return a room with its agreement and the signatures under it.

        Who is invited, or has left, sees every version up to its own signature or its leaving.
        """
        with self._context.store.read() as transaction:
            place = membership(transaction, caller, room, also=(INVITED, LEFT))
            return _view(transaction, room, place)

    def agreement(self, caller: Caller, room: str) -> dict[str, Any]:
        """Return the agreement alone."""
        with self._context.store.read() as transaction:
            return membership(transaction, caller, room).agreement.to_json()

    def members(self, caller: Caller, room: str) -> list[dict[str, Any]]:
        """Return the members with their Paillier keys and the state of their chains."""
        with self._context.store.read() as transaction:
            membership(transaction, caller, room)
            rows = transaction.find("members", room=room, place=MEMBER)
        return [_member(row) for row in rows]

    def listing(self, caller: Caller, cursor: str | None) -> Page:
        """Return the caller's rooms."""
        with self._context.store.read() as transaction:
            own = page(transaction, "members", cursor, fingerprint=caller.fingerprint)
            there = own.only(lambda row: row["place"] != DROPPED)
            return there.map(lambda row: _brief(transaction, row))


def _spoke(transaction: Transaction, caller: Caller, earlier: Row) -> bool:
    """Tell whether a statement is the caller's; others that have it learn nothing by it."""
    speaker = {"room": earlier["room"], "name": earlier["party"]}
    return transaction.get("members", **speaker, fingerprint=caller.fingerprint) is not None


def _insert_room(transaction: Transaction, agreement: Agreement, now: int) -> None:
    room = agreement.identity()
    transaction.insert(
        "rooms",
        id=room,
        state=RoomState.PROPOSED,
        agreement=agreement.canonical().decode(),
        expires=agreement.policy.expires,
        created=now,
    )
    for card in agreement.members:
        members.insert(transaction, room, card)


def _sign(said: Said, paillier: PaillierKey | None) -> None:
    if said.place.member["signature"] is not None:
        raise Conflict("this member has already signed", rule="signed")
    members.check_paillier(said, paillier)
    key = {"room": said.room, "name": said.party}
    said.transaction.update(
        "members",
        key,
        paillier=paillier.canonical().decode() if paillier else None,
        signature=said.signed.canonical().decode(),
    )
    rows = said.transaction.find("members", room=said.room)
    if all(row["signature"] for row in rows):
        state = move(RoomState(said.place.room["state"]), RoomState.ACTIVE)
        said.transaction.update("rooms", {"id": said.room}, state=state)


def _member(row: Row) -> dict[str, Any]:
    paillier = row["paillier"]
    return {
        "name": row["name"],
        "role": row["role"],
        "signing_key": row["signing_key"],
        "paillier": json.loads(paillier) if paillier else None,
        "signed": row["signature"] is not None,
        "sequence": row["sequence"],
        "previous": row["previous"],
    }


def _brief(transaction: Transaction, member: Row) -> dict[str, Any]:
    room = member["room"]
    row = transaction.get("rooms", id=room) or {}
    name, state, expires = json.loads(row["agreement"])["name"], row["state"], row["expires"]
    if member["place"] != MEMBER:
        state = member["place"].upper()
    if member["place"] == LEFT:
        expires = agreements.at(transaction, room, member["until"]).policy.expires
    return {"id": room, "state": state, "name": name, "expires": expires}


def _view(transaction: Transaction, room: str, place: Membership | None = None) -> dict[str, Any]:
    row = transaction.get("rooms", id=room) or {}
    outside = place is not None and place.place != MEMBER
    return {
        "id": room,
        "state": str(place.place).upper() if place and outside else row["state"],
        "agreement": json.loads(row["agreement"]),
        "signatures": [
            {"party": member["name"], "statement": json.loads(member["signature"])}
            for member in ([] if outside else transaction.find("members", room=room, place=MEMBER))
            if member["signature"]
        ],
        "amendments": amendments.view(transaction, room, place),
    }
