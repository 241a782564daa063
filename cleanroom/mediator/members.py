"""Who has a place in a room: who founded it, who joins by an amendment, whom one takes away."""

from __future__ import annotations

from cleanroom.documents.agreement import SIDES, Agreement, Card, PaillierKey
from cleanroom.documents.statement import NOTHING_BEFORE
from cleanroom.errors import InvalidInput, PolicyRefusal
from cleanroom.mediator import log
from cleanroom.mediator.context import DROPPED, INVITED, LEFT, MEMBER, Context
from cleanroom.mediator.jobs_end import end_jobs
from cleanroom.mediator.ports import Transaction
from cleanroom.mediator.statements import Said
from cleanroom.mediator.taking_back import close_serving, take_back
from cleanroom.room.amendments import LEFT_BEHIND, Known, joining, leaving
from cleanroom.room.states import DatasetState
from protocols.errors import InvalidKeyError
from protocols.signing import VerifyingKey


def check_admitted(transaction: Transaction, card: Card) -> None:
    """Refuse a member whose card is not the one that the operator admitted."""
    party = transaction.get("parties", fingerprint=fingerprint(card), revoked=0)
    if party is None or Card.parse(party["card"]) != card:
        raise PolicyRefusal(f"{card.name} is not admitted with this card", rule="not-admitted")


def fingerprint(card: Card) -> str:
    """Return by what the mediator knows a member's requests; ``InvalidInput`` for no key."""
    try:
        return VerifyingKey(bytes.fromhex(card.signing_key)).fingerprint()
    except InvalidKeyError:
        raise InvalidInput(f"the signing key of {card.name} is not a valid key") from None


def insert(transaction: Transaction, room: str, card: Card, place: str = MEMBER) -> None:
    """Give somebody a place in a room, with a chain that has not begun."""
    transaction.insert(
        "members",
        room=room,
        name=card.name,
        role=card.role,
        fingerprint=fingerprint(card),
        signing_key=card.signing_key,
        previous=NOTHING_BEFORE,
        place=place,
    )


def known(transaction: Transaction, room: str) -> list[Known]:
    """Return those whom the log names who are not members: they left, or were only invited."""
    return [
        Known(row["name"], row["role"], row["signing_key"], row["place"] == LEFT)
        for row in transaction.find("members", room=room)
        if row["place"] != MEMBER
    ]


def invite(said: Said, agreement: Agreement) -> None:
    """Let those in whom an amendment brings: they may read the agreements, and sign."""
    for card in joining(agreement, said.place.agreement):
        check_admitted(said.transaction, card)
        key = {"room": said.room, "name": card.name}
        if not said.transaction.update("members", key, place=INVITED):
            insert(said.transaction, said.room, card, INVITED)


def drop(said: Said) -> None:
    """Take the invitations of an amendment back that was declined.  A chain that began stays."""
    said.transaction.update("members", {"room": said.room, "place": INVITED}, place=DROPPED)


def accept(said: Said, paillier: PaillierKey | None) -> None:
    """Take the key of somebody who is invited; members gave theirs, and give none."""
    if said.place.place != INVITED:
        if paillier is not None:
            raise InvalidInput("a member gives its Paillier key once")
        return
    check_paillier(said, paillier)
    said.transaction.update(
        "members",
        {"room": said.room, "name": said.party},
        paillier=paillier.canonical().decode() if paillier else None,
        signature=said.signed.canonical().decode(),
    )


def settle(context: Context, said: Said, before: Agreement, agreement: Agreement) -> None:
    """Let those who were invited be members, and take away whom the amendment does."""
    said.transaction.update("members", {"room": said.room, "place": INVITED}, place=MEMBER)
    gone = leaving(agreement, before)
    if gone is not None:
        _take_away(context, said, before, gone.name)


def _take_away(context: Context, said: Said, before: Agreement, name: str) -> None:
    """End all that rests on a member's word or data; its answers of before stand in the log."""
    transaction, room = said.transaction, said.room
    for row in transaction.find("datasets", room=room, party=name):
        if row["state"] != DatasetState.WITHDRAWN:
            take_back(context, transaction, row, LEFT_BEHIND, "member-left", said.now)
    for row in transaction.find("delegations", room=room, revoked=0):
        if name in (row["brand"], row["agency"]):
            end_jobs(context, transaction, "member-left", delegation=row["id"])
            transaction.update("delegations", {"id": row["id"]}, revoked=1)
    for place, grant in enumerate(before.grants):
        if grant.serving is not None and name in (grant.party, grant.serving.platform):
            close_serving(transaction, room, said.now, place=place)
    # The entry of this very statement is the last one that it may read.
    until = log.size(transaction, room) + 1
    transaction.update("members", {"room": room, "name": name}, place=LEFT, until=until)


def check_paillier(said: Said, paillier: PaillierKey | None) -> None:
    """Refuse a weak key, one without its proof, a missing one, and another party's."""
    if (paillier is None) != (said.place.role not in SIDES):
        raise InvalidInput("a brand or platform gives a Paillier key, everybody else none")
    if paillier is None:
        return
    paillier.public(said.room, said.party, said.place.agreement.policy.paillier_bits)
    for member in said.transaction.find("members", room=said.room):
        other = member["paillier"] if member["name"] != said.party else None
        if other and PaillierKey.parse(other).n == paillier.n:
            raise InvalidInput("that is another member's Paillier key")
