"""Serving: note each publication, each side's tallies and the withdrawal of a grant.

No question, answer or table comes here: the platform asks the brand's own server.
"""

from __future__ import annotations

import json
from typing import Any

from cleanroom.documents import payloads
from cleanroom.documents.dataset import Manifest
from cleanroom.documents.statement import SignedStatement
from cleanroom.errors import Conflict, NotFound
from cleanroom.mediator import statements
from cleanroom.mediator.context import Caller, Context, Membership, membership
from cleanroom.mediator.ports import Row, Transaction
from cleanroom.mediator.statements import Effect, Outcome, Said
from cleanroom.room import serving
from cleanroom.room.serving import MINUTE, MINUTES_OF_DAY, Served
from cleanroom.room.states import DatasetState


class Servings:
    """Serve the use cases of serving."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def publish(self, caller: Caller, signed: SignedStatement) -> Outcome:
        """Note the next publication under a grant; from now on it may be asked."""

        def apply(said: Said) -> Effect:
            publication = payloads.ServingPublish.from_json(said.body).publication
            row = said.transaction.get("datasets", id=publication.dataset, room=said.room)
            if row is None:
                raise NotFound("not found among the datasets")
            if row["state"] != DatasetState.READY:
                raise Conflict(f"the dataset is {row['state']}", rule="dataset-state")
            served, minute = _served(said, publication.grant), said.now // MINUTE
            manifest = Manifest.parse(row["manifest"])
            serving.check_publication(
                said.place.agreement, served, publication, said.party, manifest, minute
            )
            _keep(said, publication.grant, serving.published(served, publication, minute))
            said.transaction.update(
                "servings", _key(said, publication.grant), statement=_text(said.signed)
            )
            return Effect(_view(said.transaction, said.room, publication.grant), status=201)

        return statements.state(self._context, caller, signed, "serving.publish", apply)

    def tally(self, caller: Caller, signed: SignedStatement) -> Outcome:
        """Note how many people one side says were asked about in a minute."""

        def apply(said: Said) -> Effect:
            body = payloads.ServingTally.from_json(said.body)
            key = _key(said, body.grant)
            own = said.transaction.find(
                "tallies", order="-minute", limit=MINUTES_OF_DAY, party=said.party, **key
            )
            day = body.minute // MINUTES_OF_DAY
            tally = serving.Tally(
                body.minute,
                body.questions,
                own[0]["minute"] if own else -1,
                sum(row["questions"] for row in own if row["minute"] // MINUTES_OF_DAY == day),
                _other(said, body.grant, body.minute),
            )
            served, minute = _served(said, body.grant), said.now // MINUTE
            serving.check_tally(said.place.agreement, served, body.grant, said.party, tally, minute)
            said.transaction.insert(
                "tallies",
                room=said.room,
                place=body.grant,
                party=said.party,
                minute=body.minute,
                questions=body.questions,
            )
            if tally.other is not None:
                said.transaction.update("tallies", {**key, "minute": body.minute}, agreed=1)
            return Effect(_view(said.transaction, said.room, body.grant))

        return statements.state(self._context, caller, signed, "serving.tally", apply)

    def stop(self, caller: Caller, signed: SignedStatement) -> Outcome:
        """Withdraw a grant of serving; nothing is published or asked under it any more."""

        def apply(said: Said) -> Effect:
            body = payloads.ServingStop.from_json(said.body)
            served = _served(said, body.grant)
            serving.check_may_stop(said.place.agreement, served, body.grant, said.party)
            closed = said.now // MINUTE if served.closed is None else served.closed
            served.closed, served.stopped = closed, True
            _keep(said, body.grant, served)
            return Effect(_view(said.transaction, said.room, body.grant))

        return statements.state(self._context, caller, signed, "serving.stop", apply)

    def listing(self, caller: Caller, room: str) -> list[dict[str, Any]]:
        """Return where serving stands in a room, for each grant that was published under."""
        with self._context.store.read() as transaction:
            place = membership(transaction, caller, room)
            rows = transaction.find("servings", room=room, order="place")
            return [
                _view(transaction, room, row["place"])
                for row in rows
                if row["number"] and _concerns(place, row["place"])
            ]


def _concerns(member: Membership, place: int) -> bool:
    """Tell whether a member is one of the two sides of a grant, or an auditor."""
    grant, terms = serving.granted(member.agreement, place)
    return member.role == "auditor" or member.party in (grant.party, terms.platform)


def _key(said: Said, place: int) -> dict[str, Any]:
    return {"room": said.room, "place": place}


def _text(signed: SignedStatement) -> str:
    return signed.canonical().decode()


def _served(said: Said, place: int) -> Served:
    row = said.transaction.get("servings", **_key(said, place))
    if row is None:
        return Served()
    stopped = bool(row["stopped"])
    return Served(row["number"], row["dataset"], row["opened"], row["closed"], stopped)


def _keep(said: Said, place: int, served: Served) -> None:
    if said.transaction.get("servings", **_key(said, place)) is None:
        said.transaction.insert("servings", **_key(said, place), **vars(served))
    else:
        said.transaction.update("servings", _key(said, place), **vars(served))


def _other(said: Said, place: int, minute: int) -> int | None:
    """Return what the other side said of a minute."""
    rows = said.transaction.find("tallies", minute=minute, **_key(said, place))
    return next((int(row["questions"]) for row in rows if row["party"] != said.party), None)


def _view(transaction: Transaction, room: str, place: int) -> dict[str, Any]:
    row: Row = transaction.get("servings", room=room, place=place) or {}
    return {
        "grant": place,
        "number": row["number"],
        "dataset": row["dataset"],
        "opened": row["opened"],
        "closed": row["closed"],
        "stopped": bool(row["stopped"]),
        "statement": json.loads(row["statement"]),
        "waiting": _waiting(transaction, room, place),
    }


def _waiting(transaction: Transaction, room: str, place: int) -> list[dict[str, Any]]:
    """Return the tallies that one side alone has said."""
    rows = transaction.find(
        "tallies", room=room, place=place, agreed=0, order="minute", limit=MINUTES_OF_DAY
    )
    return [
        {"minute": row["minute"], "party": row["party"], "questions": row["questions"]}
        for row in rows
    ]
