"""Propose, sign and decline amendments; remember which agreement is in force.

The mediator's word for what is in force is not taken: an amendment is, for this home, once it
holds every member's signature under it.  From then on no older one counts again, whatever is shown.
A party signs one amendment at a time, and another only once the log says that the first has ended;
so two can be the next in two logs alone, which their heads tell apart.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cleanroom.agent import versions
from cleanroom.agent.contacts import check_members, trust
from cleanroom.agent.home import Home, read_document, read_json, write_json
from cleanroom.agent.http import Client
from cleanroom.agent.rooms import Room, known, open_room
from cleanroom.documents.agreement import Agreement, Card
from cleanroom.documents.job import JobDocument
from cleanroom.documents.statement import Kind
from cleanroom.errors import Conflict, InvalidInput, PeerFault, refuse_unless
from cleanroom.files import held

if TYPE_CHECKING:
    from cleanroom.queries.plan import Question
    from cleanroom.room.amendments import Known

SIGNED: Final = "signed.json"
"""The amendment that this party signed and that is not in force, nor ended, as far as it knows."""
ENDED: Final = "ended.json"
"""Digests of those that it declined, or that were declined."""


def follow(agreement: Agreement, before: Agreement) -> Agreement:
    """Return an agreement as the next version of the one in force."""
    amends = {
        "room": before.identity(),
        "number": before.number + 1,
        "previous": before.digest(),
    }
    changes = {"amends": amends, "nonce": secrets.token_hex(16)}
    return Agreement.from_json(agreement.to_json() | changes)


def propose(room: Room, agreement: Agreement, cards: Sequence[Card] = ()) -> Room:
    """Propose the next version of a room's agreement and sign it at once.

    ``cards`` are those that who joins by it handed over.
    """
    _know(room, agreement, cards)
    return _sign(room, agreement, "amendment.propose", {"agreement": agreement.to_json()}, "")


def sign(room: Room, agreement: Agreement, cards: Sequence[Card] = ()) -> Room:
    """Sign an amendment that was shown; return the room, under it if everybody signed.

    ``cards`` are those that who joins by it handed over.
    """
    _know(room, agreement, cards)
    return _sign(room, agreement, "amendment.sign", {"agreement": agreement.digest()}, "/members")


def _know(room: Room, agreement: Agreement, cards: Sequence[Card]) -> None:
    """Hold the keys of who joins against their cards, and keep those.

    Raises what ``contacts.check_members`` raises.
    """
    # Here and not above: every command asks which agreement is in force, few sign another.
    from cleanroom.room.amendments import joining  # noqa: PLC0415

    members = (room.own, *joining(agreement, room.agreement))
    check_members(room.home, agreement.model_copy(update={"members": members}), cards)
    for card in cards:
        trust(room.home, card)


def _sign(room: Room, agreement: Agreement, kind: Kind, body: dict[str, Any], where: str) -> Room:
    from cleanroom.agent import vouch  # noqa: PLC0415 - as above
    from cleanroom.room.amendments import check_amendment  # noqa: PLC0415

    with _locked(room) as folder:
        # What was signed and not sent before a crash is sent now, and then known to wait.
        room.chain.finish()
        # Whoever has seen one log is not led into another by an amendment that waits there.
        vouch.look(room)
        room = _settled(newest(room), folder)
        if room.agreement == agreement:
            return room
        check_amendment(agreement, room.agreement, time.time(), past_members(all_of(room)))
        refuse_unless(
            agreement.member(room.own.name) is not None,
            "the amendment removes this member, so only the others decide",
            "amendment-leaves",
        )
        refuse_unless(
            agreement.digest() not in ended(folder),
            "this party ended the amendment itself",
            "ended-here",
        )
        _make_way(room, folder, agreement)
        # On disk before it is sent, and still there if it is refused: the mediator has it then.
        write_json(folder / SIGNED, agreement.to_json())
        try:
            room.chain.say(f"{_path(room)}{where}", kind, body)
        except Conflict as refusal:
            if refusal.rule != "signed":
                raise
        return _settled(room, folder)


def decline(room: Room, agreement: Agreement, reason: str) -> None:
    """Turn an amendment down, or take one back: this home never takes it for one in force.

    Raises ``Conflict`` if everybody signed it before, or if this party signed it and the log does
    not say that it has ended.
    """
    with _locked(room) as folder:
        body = {"agreement": agreement.digest(), "reason": reason}
        try:
            room.chain.say(f"{_path(room)}/decline", "amendment.decline", body)
        except Conflict:
            if _settled(room, folder).agreement == agreement:
                raise
            if _signed(folder) == agreement and _may_still_be(room, agreement):
                raise
        end(folder, agreement.digest())


def all_of(room: Room) -> tuple[Agreement, ...]:
    """Return the agreements of a room that this home knows, the one in force last; ask nobody."""
    return (room.first, *versions.kept(room.folder))


def past_members(agreements: Sequence[Agreement]) -> list[Known]:
    """Return who was a member under the earlier ones of some agreements and is none any more."""
    from cleanroom.room.amendments import Known  # noqa: PLC0415 - as above

    now = {card.name for card in agreements[-1].members}
    cards = {card.name: card for one in agreements for card in one.members if card.name not in now}
    return [Known(one.name, one.role, one.signing_key, left=True) for one in cards.values()]


def newest(room: Room) -> Room:
    """Return a room under the agreement in force as this home knows it; ask nobody."""
    return room.under(all_of(room)[-1])


def settle(room: Room) -> Room:
    """Return a room under the agreement in force; look if what this party signed has become it.

    Nothing is asked where nothing was signed: without this party no amendment is in force.
    """
    if not (room.folder / versions.FOLDER / SIGNED).exists():
        return newest(room)
    with _locked(room) as folder:
        return _settled(newest(room), folder)


def waiting(room: Room) -> Agreement | None:
    """Return the amendment that waits for signatures, proposed by who signed it; None if none.

    Raises ``PeerFault`` for one that no member proposed, or that follows another agreement.
    """
    for item in _shown(room):
        agreement = Agreement.from_json(item["agreement"])
        if item["state"] == "PROPOSED":
            if not _signers(room, agreement, item["signatures"]):
                raise PeerFault("The mediator shows an amendment that no member signed.")
            return agreement
    return None


def signers(room: Room, agreement: Agreement) -> list[str]:
    """Return who has signed an amendment that waits."""
    return sorted(_who_signed(room, agreement))


def waits(room: Room) -> bool:
    """Tell whether people should look at an amendment; what is wrong with it is told then."""
    try:
        return waiting(room) is not None
    except (InvalidInput, PeerFault):
        return True


def find(home: Home, client: Client, identity: str) -> tuple[Room, Agreement] | None:
    """Return the amendment of that identifier that waits, and its room; None if there is none.

    The identifier is half of its digest, so nobody can put other terms under it.
    """
    for one in known(home):
        room = settle(open_room(home, client, str(one["id"])))
        agreement = waiting(room)
        if agreement is not None and agreement.digest()[:32] == identity:
            return room, agreement
    return None


def under(room: Room, named: str | None) -> Room:
    """Return a room under the agreement that a question names.

    Raises ``PolicyRefusal`` for one that this home does not know to be, or to have been, in force.
    """
    room = settle(room)
    if named == room.agreement.named():
        return room
    found = [one for one in all_of(room) if one.named() == named]
    refuse_unless(
        bool(found), "the question names an agreement that is not in force", "other-agreement"
    )
    return room.under(found[0])


def check_in_force(room: Room, document: JobDocument) -> None:
    """Raise ``PolicyRefusal`` unless a question names the agreement in force at this moment.

    What was approved before goes on under its own; nothing is approved under an older one.
    """
    refuse_unless(
        document.agreement == settle(room).agreement.named(),
        "the question names an agreement other than the one in force",
        "other-agreement",
    )


def check_there(room: Room, question: Question) -> None:
    """Raise ``PolicyRefusal`` for a question with somebody whom an amendment took away."""
    behalf = (question.job.behalf.agency,) if question.job.behalf else ()
    sides = (question.brand.party, question.platform.party)
    names = {*sides, *(other.party for other in question.job.others), *behalf}
    gone = sorted(name for name in names if newest(room).agreement.member(name) is None)
    refuse_unless(not gone, f"{', '.join(gone)} is not a member of the room now", "member-left")


def _settled(room: Room, folder: Path) -> Room:
    agreement = _signed(folder)
    if agreement is None or agreement.digest() in ended(folder):
        return newest(room)
    if _who_signed(room, agreement) < {card.name for card in agreement.members}:
        return newest(room)
    versions.keep(room.folder, agreement)
    (folder / SIGNED).unlink()
    return newest(room)


def _signed(folder: Path) -> Agreement | None:
    file = folder / SIGNED
    return read_document(file, Agreement) if file.exists() else None


def _who_signed(room: Room, agreement: Agreement) -> set[str]:
    """Ask for the signatures under an amendment, and return whose they are."""
    shown = [item for item in _shown(room) if Agreement.from_json(item["agreement"]) == agreement]
    return _signers(room, agreement, [one for item in shown for one in item["signatures"]])


def _signers(room: Room, agreement: Agreement, items: Iterable[Mapping[str, Any]]) -> set[str]:
    """Return who signed this very amendment in this room; ``PeerFault`` for a false signature."""
    found = set()
    for item in items:
        # Of who stays, the key that is known; of who joins, that of the amendment.
        party = str(item["statement"]["statement"]["party"])
        card = agreement.member(party) and (room.agreement.member(party) or agreement.member(party))
        if card is None:
            raise PeerFault(f"{party} signed an amendment that does not name it.")
        statement = room.signed(item["statement"], card).statement
        said = statement.body.get("agreement")
        wanted = {
            "amendment.propose": agreement.to_json(),
            "amendment.sign": agreement.digest(),
        }.get(statement.kind)
        if wanted is None or said != wanted or statement.room != room.identity:
            raise PeerFault(f"{statement.party} signed a different amendment.")
        found.add(statement.party)
    return found


def _make_way(room: Room, folder: Path, agreement: Agreement) -> None:
    """Give up what was signed before and has ended; refuse to sign two that could be next.

    That the mediator no longer shows it ends nothing: others could hold it, with this party's name
    signed under it.
    """
    earlier = _signed(folder)
    if earlier is None or earlier == agreement:
        return
    if _may_still_be(room, earlier):
        raise Conflict(
            f"You have signed another amendment, {earlier.digest()[:32]}, which has not ended in"
            " the log: decline it first.",
            rule="amendment-waits",
        )
    end(folder, earlier.digest())


def _may_still_be(room: Room, agreement: Agreement) -> bool:
    """Tell whether an amendment waits, or is in force, in the log with all that this party said.

    A log that it is not in, and that holds what this party said last, has no place any more for a
    signature under it.  Raises ``AuditFailure`` for a log that does not verify.
    """
    from cleanroom.agent import vouch  # noqa: PLC0415 - as above
    from cleanroom.agent.logs import collect  # noqa: PLC0415
    from cleanroom.agent.memory import memory_of  # noqa: PLC0415
    from cleanroom.audit.verify import verify_bundle  # noqa: PLC0415

    vouch.look(room)
    memory = memory_of(room.home, room.identity)
    bundle = collect(room.client, room.identity, room.first, [memory])
    verify_bundle(bundle, room=room.identity)
    last = ""
    for leaf in bundle.leaves():
        entry = json.loads(leaf)
        if entry["kind"].startswith("amendment.") and entry["outcome"] == "accepted":
            said = entry["statement"]["statement"]["body"]["agreement"]
            if said in (agreement.digest(), agreement.to_json()):
                last = entry["kind"]
    return last not in ("", "amendment.decline")


def end(folder: Path, digest: str) -> None:
    """Remember for good that an amendment has ended for this party."""
    write_json(folder / ENDED, sorted({*ended(folder), digest}))
    signed = _signed(folder)
    if signed is not None and signed.digest() == digest:
        (folder / SIGNED).unlink()


def ended(folder: Path) -> list[str]:
    """Return the digests of the amendments that have ended for this party."""
    file = folder / ENDED
    found: list[str] = read_json(file, list[str]) if file.exists() else []
    return found


def _shown(room: Room) -> list[dict[str, Any]]:
    return list(room.client.room(room.identity).get("amendments", []))


def _path(room: Room) -> str:
    return f"/v1/rooms/{room.identity}/amendments"


@contextmanager
def _locked(room: Room) -> Iterator[Path]:
    folder = room.folder / versions.FOLDER
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with held(folder / "lock"):
        yield folder
