"""Propose, check and sign a room; hold the agreement that this party signed."""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import rfc8785

from cleanroom.agent import versions
from cleanroom.agent.chain import Chain, State
from cleanroom.agent.contacts import check_members, trust
from cleanroom.agent.home import Home, Named, read_document, read_json, write_json
from cleanroom.agent.http import Client
from cleanroom.documents.agreement import Agreement, Card, PaillierKey, PartyRole
from cleanroom.documents.dataset import Manifest
from cleanroom.documents.document import Document
from cleanroom.documents.statement import Kind, SignedStatement
from cleanroom.errors import (
    CleanroomError,
    Conflict,
    InvalidInput,
    NotFound,
    PeerFault,
    PolicyRefusal,
    Unauthenticated,
    Unreachable,
)
from cleanroom.room.states import room_state
from protocols.errors import ProtocolError
from protocols.sealing import SealingPublicKey
from protocols.signing import VerifyingKey

if TYPE_CHECKING:
    from protocols.paillier import PrivateKey, PublicKey

AWAY: Final = (Unauthenticated, Unreachable)
"""What a mediator raises that is of no help: it knows this party's key no more, or is away."""

MOST_MANIFESTS = 64
"""Manifests of a room that a process remembers; one with many labels has some hundred KB."""

DECLINED = "declined.json"
"""File of a room that this party turned down."""


def _manifest(client: Client, dataset: str) -> Manifest:
    manifest = Manifest.from_json(client.dataset(dataset)["manifest"])
    if manifest.identity() != dataset:
        raise PeerFault("The mediator shows a different dataset under this identifier.")
    return manifest


@dataclass(frozen=True)
class Room:
    """A room as this party knows it: the agreement that it signed, and its way to speak."""

    home: Home
    client: Client
    agreement: Agreement
    """The one in force, or the one that a question of before was asked under."""
    opened_by: Agreement | None = None
    """The room's first agreement, where it was amended."""

    @property
    def first(self) -> Agreement:
        """Return the agreement that the room began with, and that names it."""
        return self.opened_by or self.agreement

    def under(self, agreement: Agreement) -> Room:
        """Return the room under another version of its agreement."""
        if agreement == self.agreement:
            return self
        return replace(self, agreement=agreement, opened_by=self.first)

    @cached_property
    def identity(self) -> str:
        """Return the room's identifier: asked for all the time, and a hash of the agreement."""
        return self.agreement.identity()

    @property
    def chain(self) -> Chain:
        """Return the way to say something in this room."""
        return Chain(self.home, self.client, self.identity)

    @property
    def folder(self) -> Path:
        """Return the room's folder."""
        return self.home.room(self.identity)

    @property
    def own(self) -> Card:
        """Return this party's card."""
        return self.home.card

    @property
    def role(self) -> PartyRole:
        """Return the side of this party, for an agency that in whose place it asks.

        Raises ``InvalidInput`` for an auditor.
        """
        role = self.own.role
        if role == "auditor":
            raise InvalidInput("An auditor has no data in a room.")
        return "brand" if role == "agency" else role

    def member(self, name: str) -> Card:
        """Return another member's card; raise ``PeerFault`` if the room has no such member."""
        card = self.agreement.member(name)
        if card is None:
            raise PeerFault(f"The room has no member {name}.")
        return card

    @property
    def has_one_pair(self) -> bool:
        """Tell whether the room has the two parties alone that it began with, each one's peer."""
        return len(self.first.parties) == 2 and self.first.parties == self.agreement.parties

    def paillier(self) -> PrivateKey:
        """Return this party's Paillier key for the room."""
        return self._paillier

    @cached_property
    def _paillier(self) -> PrivateKey:
        """Checking its primes takes a tenth of a second."""
        from protocols.paillier import PrivateKey  # noqa: PLC0415 (slow to import)

        return PrivateKey.from_bytes(self.home.vault.read(self.folder / "paillier"))

    @cached_property
    def manifest(self) -> Callable[[str], Manifest]:
        """Return what looks a manifest up by its hash, once; it raises ``PeerFault`` on another."""
        return lru_cache(MOST_MANIFESTS)(partial(_manifest, self.client))

    @property
    def used_key(self) -> PrivateKey | None:
        """Return this party's Paillier key if this process has used it."""
        found: PrivateKey | None = self.__dict__.get("_paillier")
        return found

    def paillier_of(self, name: str) -> PublicKey:
        """Return a member's Paillier key, as that member signed and proved it.

        Raises ``PeerFault`` if it did not; the mediator's word for it is not taken.
        """
        if name == self.own.name:
            return self.paillier().public
        statements = [s for s in self.signatures() if s.statement.party == name]
        if len(statements) != 1:
            raise PeerFault(f"{name} has not signed the room.")
        try:
            key = PaillierKey.from_json(statements[0].statement.body["paillier"])
            return key.public(self.identity, name, self.agreement.policy.paillier_bits)
        except InvalidInput as error:
            raise PeerFault(str(error)) from None

    def signatures(self) -> list[SignedStatement]:
        """Return the members' signatures with which each came into the room, verified here."""
        answer = self.client.room(self.identity)
        said = [item["statement"] for item in answer["signatures"]]
        # Whoever joined later has no part in what was asked under an agreement of before.
        names = {card.name for card in self.agreement.members}
        return [self._verified(one) for one in said if one["statement"]["party"] in names]

    def check_said(
        self, value: Any, kind: Kind, noun: str, document: Document, by: Sequence[str]
    ) -> None:
        """Raise ``PeerFault`` unless one of ``by`` signed, in this room, the document.

        Else the mediator could make one up, or change it on its way.
        """
        statement = self.signed(value).statement
        if (statement.kind, statement.room) != (kind, self.identity) or statement.party not in by:
            raise PeerFault(f"The {noun}'s statement is about something, or by somebody, else.")
        if rfc8785.dumps(statement.body.get(noun)) != document.canonical():
            raise PeerFault(f"{statement.party} signed a different {noun}.")

    def signed(self, value: Any, card: Card | None = None) -> SignedStatement:
        """Return a statement that a member signed; ``PeerFault`` if none did.

        ``card`` is that of somebody who is to be a member.
        """
        try:
            signed = SignedStatement.from_json(value)
        except InvalidInput as error:
            raise PeerFault(f"The mediator shows no signed statement: {error}") from None
        party = signed.statement.party
        try:
            signed.verify(verifying_key(card or self.member(party)))
        except ProtocolError as error:
            raise PeerFault(f"{party}'s signature does not verify: {error}") from error
        return signed

    def _verified(self, value: Any) -> SignedStatement:
        signed = self.signed(value)
        statement = signed.statement
        # A founder signed the first agreement, everybody else the one by which it joined.
        every = (self.first, *versions.kept(self.folder))
        entered = next(one for one in every if one.member(statement.party) is not None)
        wanted = {
            "room.propose": self.first.to_json(),
            "room.sign": self.first.digest(),
            "amendment.sign": entered.digest(),
        }
        founder = self.first.member(statement.party) is not None
        kinds = ("room.propose", "room.sign") if founder else ("amendment.sign",)
        same = statement.body.get("agreement") == wanted.get(statement.kind)
        if not same or statement.kind not in kinds or statement.room != self.identity:
            raise PeerFault(f"{statement.party} signed a different agreement.")
        return signed


def verifying_key(card: Card) -> VerifyingKey:
    """Return the key that checks a member's signatures."""
    return VerifyingKey(bytes.fromhex(card.signing_key))


def sealing_key(card: Card) -> SealingPublicKey:
    """Return the key to seal to a member with."""
    return SealingPublicKey(bytes.fromhex(card.sealing_key))


def open_room(home: Home, client: Client, room: str) -> Room:
    """Return a room that this party signed, with the keys that it was signed with.

    Raises ``InvalidInput`` if this party did not sign it.
    """
    file = home.room(room) / "agreement.json"
    if not file.exists():
        raise InvalidInput(f"You have not signed the room {room}.", remedy="See: room sign")
    first = read_document(file, Agreement)
    newest = (first, *versions.kept(home.room(room)))[-1]
    card = newest.member(home.card.name)
    if card is None or card == home.card:
        return Room(home, client, first).under(newest)
    older = home.as_of(card)
    return Room(older, client.signing_as(older.signing), first).under(newest)


def propose(home: Home, client: Client, agreement: Agreement, cards: Sequence[Card] = ()) -> Room:
    """Propose a room and sign it at once; ``cards`` are those that the members handed over."""
    room = _keep(home, client, agreement, cards)
    body = {"agreement": agreement.to_json(), "paillier": public_key(room)}
    _enter(room, "/v1/rooms", "room.propose", body)
    return room


def fetch(client: Client, room: str) -> Agreement:
    """Return a room's agreement as proposed; raise ``PeerFault`` if the identifier is not its."""
    agreement = Agreement.from_json(client.room(room)["agreement"])
    if agreement.amends is not None or agreement.identity() != room:
        raise PeerFault("The mediator shows a different agreement under this room's identifier.")
    return agreement


def sign(home: Home, client: Client, identity: str, cards: Sequence[Card] = ()) -> Room:
    """Check a proposed room, and its members' keys against their cards, and sign it."""
    room = _keep(home, client, fetch(client, identity), cards)
    body = {"agreement": room.agreement.digest(), "paillier": public_key(room)}
    _enter(room, f"/v1/rooms/{identity}/members", "room.sign", body)
    return room


def _enter(room: Room, path: str, kind: Kind, body: dict[str, Any]) -> None:
    """Say the first thing in a room; a home keeps nothing of one that it was refused."""
    try:
        room.chain.say(path, kind, body)
    except (InvalidInput, PolicyRefusal, Conflict, NotFound, Unauthenticated):
        if not _spoken(room.home, room.identity):
            shutil.rmtree(room.folder)
        raise


def decline(home: Home, client: Client, identity: str, reason: str) -> None:
    """Turn down a proposed room: this home never signs it, and for the others it is closed.

    Raises ``Conflict`` for a room that this party signed.
    """
    fetch(client, identity)
    folder = home.room(identity)
    if (folder / "agreement.json").exists():
        raise Conflict("You have signed this room; it can only be closed.", rule="signed")
    write_json(folder / DECLINED, {"reason": reason})
    if home.card.has_data:
        chain = Chain(home, client, identity)
        chain.say(f"/v1/rooms/{identity}/close", "room.close", {"reason": reason})


def listed(home: Home, client: Client) -> list[dict[str, Any]]:
    """List rooms with how they stand: those that name this party, and those that it keeps.

    A mediator that does not know this party's keys yet, or any more, or is away, names none.
    """
    now = time.time()
    signed, named = known(home), []
    try:
        named = (client.hurried() if signed else client).rooms()
    except AWAY as error:
        if not signed:
            raise
        if isinstance(error, Unreachable):
            return kept_rooms(home)
    states = [room_state(one["state"], one["expires"], now) for one in named]
    items = [
        {"id": one["id"], "state": state, "name": one["name"]}
        for one, state in zip(named, states, strict=True)
    ]
    there = {item["id"] for item in items}
    kept = [one for one in signed if one["id"] not in there and _spoken(home, one["id"])]
    return items + [_older(home, client, one) for one in kept]


def state_of(client: Client, agreement: Agreement) -> str:
    """Return how a room stands now, as the mediator tells; past its end it has expired."""
    state = client.room(agreement.identity())["state"]
    return room_state(state, agreement.policy.expires, time.time())


def kept_rooms(home: Home) -> list[dict[str, Any]]:
    """List the rooms in which this party said anything, as its home alone knows them."""
    return [{**one, "state": "KEPT"} for one in known(home) if _spoken(home, one["id"])]


def _older(home: Home, client: Client, kept: dict[str, Any]) -> dict[str, Any]:
    """Say how a room of replaced keys stands; the mediator may know these keys no more."""
    try:
        room = open_room(home, client, kept["id"])
        return {**kept, "state": state_of(room.client, room.agreement)}
    except CleanroomError:
        return {**kept, "state": "KEPT"}


def _spoken(home: Home, room: str) -> bool:
    """Tell whether this party said anything in a room; a refused proposal leaves none."""
    file = home.room(room) / "chain.json"
    return file.exists() and bool(read_json(file, State).sequence)


def _keep(home: Home, client: Client, agreement: Agreement, cards: Sequence[Card]) -> Room:
    # Here and not above: whoever reads a room needs neither templates nor Paillier.
    from cleanroom.room.agreements import check_agreement  # noqa: PLC0415
    from cleanroom.room.members import check_givers  # noqa: PLC0415
    from protocols.paillier import generate  # noqa: PLC0415

    check_agreement(agreement, time.time())
    check_givers(agreement)
    if agreement.member(home.card.name) != home.card:
        raise InvalidInput("Your card in the agreement differs from the one in your home.")
    check_members(home, agreement, cards)
    if (home.room(agreement.identity()) / DECLINED).exists():
        raise InvalidInput("You have declined this room.", remedy="Have another one proposed.")
    for card in cards:
        trust(home, card)
    room = Room(home, client, agreement)
    if home.card.has_data and not (room.folder / "paillier").exists():
        key = generate(agreement.policy.paillier_bits, secrets.token_bytes)
        home.vault.write(room.folder / "paillier", key.to_bytes())
    write_json(room.folder / "agreement.json", agreement.to_json())
    return room


def public_key(room: Room) -> dict[str, Any] | None:
    """Return the Paillier key that this party gives a room, with its proof; None without data."""
    if not room.own.has_data:
        return None
    return PaillierKey.of(room.paillier(), room.identity, room.own.name).to_json()


def known(home: Home) -> list[dict[str, Any]]:
    """List the rooms that this party signed."""
    return [
        {"id": room, "name": read_json(home.room(room) / "agreement.json", Named).name}
        for room in home.rooms()
        if (home.room(room) / "agreement.json").exists()
    ]


def pick_room(home: Home, client: Client, wanted: str | None) -> Room:
    """Return the room of that identifier or name, or the only one; raise ``InvalidInput``."""
    from cleanroom.agent.joining import settle_all  # noqa: PLC0415 - it opens rooms itself

    settle_all(home, client)
    rooms = known(home)
    matching = [room for room in rooms if wanted in (None, room["id"], room["name"])]
    if not rooms:
        raise InvalidInput(
            "You have not signed a room.", remedy="See what is waiting for you: cleanroom room list"
        )
    if len(matching) != 1:
        names = ", ".join(f"{room['name']} ({room['id']})" for room in rooms)
        raise InvalidInput(
            f"{len(matching)} rooms match; you have signed: {names}.", remedy="Give --room."
        )
    return open_room(home, client, str(matching[0]["id"]))
