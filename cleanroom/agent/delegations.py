"""Let an agency ask in this brand's place, take that back, and hold what it asks against it.

A brand believes nobody about what it delegated: it keeps what it signed and what it took back.
Every other side wants to see the brand's signature.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from cleanroom.agent import endings
from cleanroom.agent.datasets import peer_manifest
from cleanroom.agent.home import read_document, write_json
from cleanroom.agent.jobs import LocalJob
from cleanroom.agent.rooms import Room
from cleanroom.documents.delegation import Behalf, Covered, Delegation
from cleanroom.documents.job import JobDocument
from cleanroom.errors import InvalidInput, NotFound, PeerFault, PolicyRefusal
from cleanroom.room.delegations import check_covered, check_delegation

FOLDER: Final = "delegations"


@dataclass(frozen=True)
class Shown:
    """A delegation that its brand signed, and how the mediator says that it stands."""

    identity: str
    document: Delegation
    revoked: bool
    left: float
    """What may still be spent under it."""

    def stands(self, now: float) -> bool:
        """Tell whether it may be asked under."""
        return not self.revoked and self.document.ends > now


def first_second(day: str) -> int:
    """Return the first second (UTC) of a day such as 2027-01-31; raise ``ValueError``."""
    return int(datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC).timestamp())


def listed(room: Room) -> list[Shown]:
    """Return the delegations of a room, each with its brand's signature verified.

    Raises ``PeerFault`` for one that its brand did not sign.
    """
    found = []
    for item in room.client.delegations(room.identity):
        document = Delegation.from_json(item["delegation"])
        if document.identity() != item["id"]:
            raise PeerFault("The mediator shows a different delegation under this identifier.")
        room.check_said(
            item["statement"], "delegation.grant", "delegation", document, (document.brand,)
        )
        revoked = item["revoked"] or _ended_here(room, document)
        found.append(Shown(document.identity(), document, revoked, float(item["left"])))
    return found


def _ended_here(room: Room, delegation: Delegation) -> bool:
    own = delegation.brand == room.own.name
    return own and endings.ended(room.home, room.identity, "delegation", delegation.identity())


def draft(
    room: Room,
    agency: str,
    datasets: Sequence[str],
    templates: Sequence[str],
    rho: float,
    ends: int,
) -> Delegation:
    """Write the next delegation of this brand; datasets are named ``crm`` or ``douyin.users``.

    Raises as ``check_delegation`` does, before anything is signed.
    """
    covered = [_covered(room, text) for text in datasets]
    before = sum(one.document.brand == room.own.name for one in listed(room))
    delegation = Delegation(
        room=room.identity,
        number=before + 1,
        brand=room.own.name,
        agency=agency,
        datasets=tuple(covered),
        templates=tuple(templates),
        rho=rho,
        ends=ends,
    )
    check_delegation(room.agreement, delegation, room.own.name, before, time.time())
    return delegation


def _covered(room: Room, text: str) -> Covered:
    """Read a dataset's name, of this party where no other is written before it."""
    for card in room.agreement.parties:
        name = text.removeprefix(f"{card.name}.")
        if name != text and room.agreement.terms(card.name, name) is not None:
            return Covered(party=card.name, dataset=name)
    return Covered(party=room.own.name, dataset=text)


def grant(room: Room, delegation: Delegation) -> str:
    """Sign a delegation and have it noted; return its identifier."""
    # On disk before it is sent: what this home did not sign it never takes for its own word.
    write_json(_file(room, delegation.identity()), delegation.to_json())
    body = {"delegation": delegation.to_json()}
    room.chain.say("/v1/delegations", "delegation.grant", body)
    return delegation.identity()


def revoke(room: Room, identity: str) -> None:
    """Take a delegation back: this home answers nothing under it, whatever the mediator does.

    Raises ``NotFound`` for one that this home did not sign.
    """
    if not _file(room, identity).exists():
        raise NotFound("You signed no such delegation in this room.")
    path = f"/v1/delegations/{identity}/revoke"
    room.chain.say(path, "delegation.revoke", {"delegation": identity})


def find(room: Room, brand: str, named: str | None = None) -> Behalf:
    """Return in whose place this agency asks: by the newest delegation that stands, or a named one.

    Raises ``InvalidInput`` if there is none.
    """
    for one in reversed(listed(room)):
        mine = (one.document.brand, one.document.agency) == (brand, room.own.name)
        if mine and one.stands(time.time()) and named in (None, one.identity):
            return Behalf(agency=room.own.name, delegation=one.identity)
    raise InvalidInput(
        f"{brand} has no delegation to you in force.",
        remedy="Ask it to run: cleanroom delegation grant",
    )


def check(job: LocalJob) -> Delegation | None:
    """Hold a question against its delegation, before this side approves it.

    Returns the delegation, None for a question that nobody asks for another.  Raises
    ``PolicyRefusal`` for what it does not cover, and for what was taken back.
    """
    behalf = job.document.behalf
    if behalf is None:
        return None
    delegation = _own(job.room, behalf) if job.side == "brand" else _of_brand(job.room, behalf)
    others = [job.question.platform]
    if job.side == "brand":
        others = [peer_manifest(job.room, one) for one in job.document.datasets[1:]]
    check_covered(delegation, job.document, (job.question.brand, *others), time.time())
    return delegation


def _own(room: Room, behalf: Behalf) -> Delegation:
    """Return what this brand signed, by its own copy."""
    file = _file(room, behalf.delegation)
    if not file.exists():
        raise PolicyRefusal("this party signed no such delegation", rule="delegation-other")
    endings.check(room.home, room.identity, (), behalf=behalf)
    return read_document(file, Delegation)


def _of_brand(room: Room, behalf: Behalf) -> Delegation:
    """Return what the brand signed, as the mediator shows it."""
    for one in listed(room):
        if one.identity == behalf.delegation:
            if one.revoked:
                raise PolicyRefusal("the delegation was taken back", rule="delegation-revoked")
            return one.document
    raise PolicyRefusal("the brand signed no such delegation", rule="delegation-other")


def approves_itself(room: Room, job: JobDocument) -> bool:
    """Tell whether this brand's signature under a delegation is its approval of a question.

    Whether the delegation covers the question is checked when the question is approved.
    """
    behalf = job.behalf if room.own.role == "brand" else None
    return behalf is not None and _file(room, behalf.delegation).exists()


def _file(room: Room, identity: str) -> Any:
    folder = room.folder / FOLDER
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder / f"{identity}.json"
