"""Amendments: propose the next version of a room's agreement, sign it, decline it.

Until the last member has signed, the agreement before is in force.  With that signature, in one
transaction, the amendment takes its place and every question that is not approved by both sides
ends: what is answered later was approved by both under the agreement that it names.  Standing
questions end with the agreement that they were approved under.
"""

from __future__ import annotations

import json
from typing import Any

from cleanroom.documents import payloads
from cleanroom.documents.agreement import Agreement
from cleanroom.documents.statement import SignedStatement
from cleanroom.errors import Conflict, PolicyRefusal
from cleanroom.mediator import deletions, log, members, standing, statements
from cleanroom.mediator.context import INVITED, MEMBER, Caller, Context, Membership
from cleanroom.mediator.jobs_end import end_jobs
from cleanroom.mediator.ports import Row, Transaction
from cleanroom.mediator.statements import Effect, Outcome, Said
from cleanroom.room.amendments import check_amendment
from cleanroom.room.states import AmendmentState, JobState, move


class Amendments:
    """Serve the use cases of amendments."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def propose(self, caller: Caller, room: str, signed: SignedStatement) -> Outcome:
        """Take the next version of the agreement, signed by its proposer; others sign next.

        One amendment waits at a time: two that were signed at once could not both be the next.
        """

        def apply(said: Said) -> Effect:
            agreement = payloads.AmendmentPropose.from_json(said.body).agreement
            statements.check_same_room(said, room)
            if said.transaction.count("amendments", room=room, state=AmendmentState.PROPOSED):
                raise Conflict(
                    "another amendment is waiting for signatures", rule="amendment-waits"
                )
            known = members.known(said.transaction, said.room)
            check_amendment(agreement, said.place.agreement, said.now, known)
            if said.transaction.get("amendments", id=agreement.digest()):
                raise Conflict("this amendment was already proposed", rule="amendment-known")
            said.transaction.insert(
                "amendments",
                id=agreement.digest(),
                room=room,
                number=agreement.number,
                state=AmendmentState.PROPOSED,
                agreement=agreement.canonical().decode(),
            )
            members.invite(said, agreement)
            self._sign(said, agreement)
            return Effect(_shown(said), status=201)

        return statements.state(self._context, caller, signed, "amendment.propose", apply)

    def sign(self, caller: Caller, room: str, signed: SignedStatement) -> Outcome:
        """Take a member's signature; with the last one the amendment is in force."""

        def apply(said: Said) -> Effect:
            body = payloads.AmendmentSign.from_json(said.body)
            statements.check_same_room(said, room)
            waiting = Agreement.parse(_waiting(said, body.agreement)["agreement"])
            members.accept(said, body.paillier)
            return self._sign(said, waiting)

        return statements.state(self._context, caller, signed, "amendment.sign", apply)

    def decline(self, caller: Caller, room: str, signed: SignedStatement) -> Outcome:
        """Let a member turn the waiting amendment down, or take its own back.

        Who is invited again may take back what others ended before: it cannot read that they did,
        and signs one amendment at a time.  Nothing changes by it.
        """

        def apply(said: Said) -> Effect:
            digest = payloads.AmendmentDecline.from_json(said.body).agreement
            statements.check_same_room(said, room)
            if _invited_before(said, digest):
                return Effect(_shown(said))
            waiting = _waiting(said, digest)
            _check_speaks(said, Agreement.parse(waiting["agreement"]))
            _step(said.transaction, waiting, AmendmentState.DECLINED)
            members.drop(said)
            return Effect(_shown(said))

        return statements.state(self._context, caller, signed, "amendment.decline", apply)

    def _sign(self, said: Said, agreement: Agreement) -> Effect:
        _check_speaks(said, agreement)
        digest = agreement.digest()
        key = {"amendment": digest, "party": said.party}
        if said.transaction.get("amendment_signatures", **key):
            raise Conflict("this member has already signed", rule="signed")
        said.transaction.insert(
            "amendment_signatures", **key, statement=said.signed.canonical().decode()
        )
        signed = said.transaction.count("amendment_signatures", amendment=digest)
        if signed < len(agreement.members):
            return Effect(_shown(said))
        self._put_in_force(said, digest)
        # Of a member that was taken away the mediator deletes what it has.
        return Effect(_shown(said), afterwards=lambda: deletions.run(self._context, room=said.room))

    def _put_in_force(self, said: Said, digest: str) -> None:
        transaction = said.transaction
        for row in transaction.find("amendments", room=said.room, state=AmendmentState.IN_FORCE):
            _step(transaction, row, AmendmentState.REPLACED)
        row = _waiting(said, digest)
        agreement = Agreement.parse(row["agreement"])
        if agreement.policy.expires <= said.now:
            raise PolicyRefusal("the room would have expired", rule="room-expired")
        transaction.update(
            "rooms",
            {"id": said.room},
            in_force=row["agreement"],
            expires=agreement.policy.expires,
        )
        end_jobs(
            self._context,
            transaction,
            "amended",
            room=said.room,
            state=JobState.AWAITING_APPROVAL,
        )
        standing.end_all(transaction, said.room, said.now)
        members.settle(self._context, said, said.place.agreement, agreement)
        # The entry of this very statement follows those of the questions that it ended.
        since = log.size(transaction, said.room)
        _step(transaction, row, AmendmentState.IN_FORCE, since=since)


def _shown(said: Said) -> dict[str, Any]:
    return {"id": said.room, "amendments": view(said.transaction, said.room)}


def _check_speaks(said: Said, agreement: Agreement) -> None:
    """Refuse the word of a member about an amendment that takes it away: the others decide."""
    if agreement.member(said.party) is None:
        raise PolicyRefusal("the amendment removes this member", rule="amendment-leaves")


def view(
    transaction: Transaction, room: str, place: Membership | None = None
) -> list[dict[str, Any]]:
    """Show the amendment in force and the one that waits, with the signatures under them.

    Who is invited sees all of before too; who has left, those until it was taken away alone.
    """
    states = [AmendmentState.IN_FORCE, AmendmentState.PROPOSED]
    if place is not None and place.place != MEMBER:
        states = [AmendmentState.REPLACED, *states]
    until = place.member["until"] if place is not None else None
    shown = [
        {
            "number": row["number"],
            "state": row["state"],
            "agreement": json.loads(row["agreement"]),
            "signatures": [
                {"party": one["party"], "statement": json.loads(one["statement"])}
                for one in transaction.find("amendment_signatures", amendment=row["id"])
            ],
        }
        for state in states
        for row in transaction.find("amendments", room=room, state=state, order="number")
        if until is None or (row["since"] is not None and row["since"] < until)
    ]
    if until is not None:
        # The one that took it away, which another may have replaced since.
        shown[-1]["state"] = str(AmendmentState.IN_FORCE)
    return shown


def _invited_before(said: Said, digest: str) -> bool:
    """Tell whether a declined amendment named the speaker, who is invited by another now."""
    row = said.transaction.get(
        "amendments", id=digest, room=said.room, state=AmendmentState.DECLINED
    )
    if row is None or said.place.place != INVITED:
        return False
    return Agreement.parse(row["agreement"]).member(said.party) is not None


def _waiting(said: Said, digest: str) -> Row:
    row = said.transaction.get("amendments", id=digest, room=said.room)
    if row is None or row["state"] != AmendmentState.PROPOSED:
        raise Conflict("no such amendment is waiting for signatures", rule="amendment-state")
    return row


def _step(transaction: Transaction, row: Row, target: AmendmentState, **changes: Any) -> None:
    state = move(AmendmentState(row["state"]), target)
    transaction.update("amendments", {"id": row["id"]}, state=state, **changes)
