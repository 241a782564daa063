"""Join a room by an amendment that its members propose, and notice when one takes this party away.

Who joins was in none of the agreements before.  Each of them names the digest of the one that it
follows, down to the first, which names the room; so the mediator can show no others, and the
members' signatures under the last one vouch for all.  Until all of them have signed, this home
holds no room: nothing is uploaded, aligned or asked.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cleanroom.agent import amendments, versions
from cleanroom.agent.contacts import check_members, trust
from cleanroom.agent.home import Home, read_json, write_json
from cleanroom.agent.http import Client
from cleanroom.agent.rooms import Room, public_key
from cleanroom.documents.agreement import Agreement, Card
from cleanroom.errors import Conflict, InvalidInput, NotFound, PeerFault, refuse_unless
from cleanroom.files import held

JOINING: Final = "joining.json"
"""The agreements of a room that this party has signed to join, the first one first."""
LEFT: Final = "left.json"
"""The amendment that took this party away."""


@dataclass(frozen=True)
class Invitation:
    """A room that this party may join: its agreements so far, and the one that waits."""

    room: Room
    """Under the agreement in force."""
    agreement: Agreement
    past: tuple[Agreement, ...]
    """From the first agreement to the one in force."""


def look(home: Home, client: Client, identity: str) -> Invitation:
    """Return what a room's members want this party to join; raise ``PeerFault`` if nothing fits."""
    shown = client.room(identity)
    first = Agreement.from_json(shown["agreement"])
    past, waiting = [first], list[Agreement]()
    for item in shown["amendments"]:
        one = Agreement.from_json(item["agreement"])
        if item["state"] == "PROPOSED":
            waiting.append(one)
        else:
            past.append(one)
    if first.amends is not None or first.identity() != identity or len(waiting) != 1:
        raise PeerFault("The mediator shows no amendment by which this party could join the room.")
    for before, after in zip(past, [*past[1:], waiting[0]], strict=True):
        _check_follows(after, before)
    names = [card.name for one in past for card in one.members]
    if home.card.name in names or waiting[0].member(home.card.name) is None:
        raise PeerFault("The amendment does not make this party a member of the room.")
    return Invitation(Room(home, client, first).under(past[-1]), waiting[0], tuple(past))


def _check_follows(after: Agreement, before: Agreement) -> None:
    if not after.follows(before):
        raise PeerFault("The mediator shows agreements that do not follow one another.")


def invited(client: Client) -> list[str]:
    """Return the rooms that this party may join."""
    return [str(item["id"]) for item in client.rooms() if item["state"] == "INVITED"]


def find(home: Home, client: Client, identity: str) -> Invitation | None:
    """Return the invitation by the amendment of that identifier; None if there is none.

    The identifier is half of its digest, so nobody can put other terms under it.
    """
    found = (look(home, client, room) for room in invited(client))
    return next((one for one in found if one.agreement.digest()[:32] == identity), None)


def check(invitation: Invitation, cards: Sequence[Card]) -> None:
    """Hold an invitation against the rules, and the members' keys against their cards."""
    # Here and not above: every command looks whether it joined, few sign.
    from cleanroom.room.amendments import check_amendment  # noqa: PLC0415

    room, agreement = invitation.room, invitation.agreement
    past = amendments.past_members(invitation.past)
    check_amendment(agreement, room.agreement, time.time(), past)
    if agreement.member(room.own.name) != room.home.card:
        raise InvalidInput("Your card in the amendment differs from the one in your home.")
    check_members(room.home, agreement, cards)


def join(invitation: Invitation, cards: Sequence[Card] = ()) -> Room | None:
    """Sign the amendment that brings this party in; return the room if it is in force by that."""
    from protocols.paillier import generate  # noqa: PLC0415 (slow to import)

    room, agreement = invitation.room, invitation.agreement
    check(invitation, cards)
    for card in cards:
        trust(room.home, card)
    with _locked(room.home, room.identity) as folder:
        # What was signed and not sent before a crash is sent now, or was refused meanwhile.
        with suppress(NotFound):
            room.chain.finish()
        _check_one(folder, agreement)
        if room.own.has_data and not (room.folder / "paillier").exists():
            key = generate(agreement.policy.paillier_bits, secrets.token_bytes)
            room.home.vault.write(room.folder / "paillier", key.to_bytes())
        # On disk before it is sent: after a crash this home still knows what it signed.
        kept = [one.to_json() for one in (*invitation.past, agreement)]
        write_json(folder / JOINING, kept)
        if room.own.name not in amendments.signers(room, agreement):
            body: dict[str, Any] = {"agreement": agreement.digest()}
            if room.own.has_data:
                body["paillier"] = public_key(room)
            path = f"/v1/rooms/{room.identity}/amendments/members"
            room.chain.say(path, "amendment.sign", body)
    return settle(room.home, room.client, room.identity)


def _check_one(folder: Path, agreement: Agreement) -> None:
    """Refuse to sign a second amendment while others could hold a first, or one taken back."""
    refuse_unless(
        agreement.digest() not in amendments.ended(folder),
        "this party ended the amendment itself",
        "ended-here",
    )
    file = folder / JOINING
    earlier = read_json(file, list[Agreement])[-1] if file.exists() else agreement
    if earlier != agreement:
        raise Conflict(
            f"You have signed to join this room by another amendment, {earlier.digest()[:32]}:"
            " decline that first.",
            rule="amendment-waits",
        )


def decline(room: Room, agreement: Agreement, reason: str) -> None:
    """Turn down the amendment that would bring this party in, or take the signature back.

    Raises ``Conflict`` if everybody signed it before; this party is a member then.
    """
    with _locked(room.home, room.identity) as folder:
        body = {"agreement": agreement.digest(), "reason": reason}
        path = f"/v1/rooms/{room.identity}/amendments/decline"
        room.chain.say(path, "amendment.decline", body)
        amendments.end(folder, agreement.digest())
        file = folder / JOINING
        if file.exists() and read_json(file, list[Agreement])[-1] == agreement:
            file.unlink()


def find_to_decline(home: Home, client: Client, identity: str) -> tuple[Room, Agreement] | None:
    """Return an amendment that this party signed to join by, or is invited by, and its room."""
    for one in pending(home):
        first, *later = _signed(home, one)
        if later[-1].digest()[:32] == identity:
            return Room(home, client, first), later[-1]
    found = find(home, client, identity)
    return None if found is None else (found.room, found.agreement)


def _signed(home: Home, identity: str) -> list[Agreement]:
    file = home.room(identity) / versions.FOLDER / JOINING
    found: list[Agreement] = read_json(file, list[Agreement])
    return found


def pending(home: Home) -> Iterator[str]:
    """Yield the rooms that this party has signed to join and is not a member of yet."""
    for identity in home.rooms():
        if (home.room(identity) / versions.FOLDER / JOINING).exists():
            yield identity


def settle(home: Home, client: Client, identity: str) -> Room | None:
    """Return the room if everybody has signed that this party joins; None if not, or not yet."""
    with _locked(home, identity) as folder:
        if not (folder / JOINING).exists():
            return None
        first, *later = _signed(home, identity)
        agreement, room = later[-1], Room(home, client, first).under(later[-1])
        try:
            signed = set(amendments.signers(room, agreement))
        except NotFound:  # it was declined, and this party has no place any more
            return None
        if signed < {card.name for card in agreement.members}:
            return None
        for one in later:
            versions.keep(room.folder, one)
        write_json(room.folder / "agreement.json", first.to_json())
        (folder / JOINING).unlink()
        return room


def settle_all(home: Home, client: Client) -> list[Room]:
    """Return the rooms that this party has become a member of since it looked last."""
    found = [settle(home, client, identity) for identity in list(pending(home))]
    return [room for room in found if room is not None]


def has_left(home: Home, identity: str) -> bool:
    """Tell whether this home knows that an amendment took this party out of a room."""
    return (home.room(identity) / versions.FOLDER / LEFT).exists()


def notice(room: Room) -> bool:
    """Look whether an amendment took this party away; end the room for this home if one did.

    The mediator's word is not taken: the amendment follows the agreement in force as this home
    knows it, and every member that stays has signed it.  Raises ``PeerFault`` where it is claimed
    and not shown.
    """
    if has_left(room.home, room.identity):
        return True
    shown = room.client.room(room.identity)
    if shown["state"] != "LEFT":
        return False
    room = amendments.newest(room)
    for item in shown["amendments"]:
        agreement = Agreement.from_json(item["agreement"])
        amends = agreement.amends
        if amends is not None and amends.previous == room.agreement.digest():
            _leave(room, agreement)
            return True
    raise PeerFault(
        "The mediator says that this party has left, but shows no amendment that says so."
    )


def _leave(room: Room, agreement: Agreement) -> None:
    from cleanroom.room.amendments import check_amendment  # noqa: PLC0415

    _check_follows(agreement, room.agreement)
    check_amendment(agreement, room.agreement, 0, amendments.past_members(amendments.all_of(room)))
    wanted = {card.name for card in agreement.members}
    if room.own.name in wanted or set(amendments.signers(room, agreement)) < wanted:
        raise PeerFault(
            "The mediator says that this party has left, but not all members have signed that."
        )
    room.chain.end("room.close", {})
    with _locked(room.home, room.identity) as folder:
        write_json(folder / LEFT, agreement.to_json())
    from cleanroom.agent import leftovers  # noqa: PLC0415 (numbers, which few commands need)

    own = [one.name for one in (room.folder / "datasets").glob("*")]
    leftovers.forget_datasets(room, own)


@contextmanager
def _locked(home: Home, identity: str) -> Iterator[Path]:
    folder = home.room(identity) / versions.FOLDER
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with held(folder / "lock"):
        yield folder
