"""Let an agency of a room file ask what its brands would ask, by what they delegate to it."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

from cleanroom.agent import asking, delegations
from cleanroom.agent.job_section import JobSection
from cleanroom.agent.passing import ITS_OWNERS
from cleanroom.agent.room_file import RoomFile
from cleanroom.agent.rooms import Room
from cleanroom.errors import NotFound, PeerFault

LIFE: Final = 24 * 60 * 60
"""Seconds for which a rehearsal delegates."""

POLL, LOOKS = 0.1, 600
"""Seconds between two looks for what a brand hands on, and how many of them there are."""


def named(described: RoomFile) -> tuple[str, ...]:
    """Return the agencies that a file names."""
    return tuple(name for name, role in described.members.items() if role == "agency")


def asks(described: RoomFile, signed: Mapping[str, Room], section: JobSection) -> str:
    """Return the agency that asks a question: the first one, what a brand asks and receives.

    It is empty where a party asks for itself.
    """
    agreement, agencies = next(iter(signed.values())).agreement, named(described)
    sides = asking.submitter(agreement, section), asking.receiver(agreement, section)
    return agencies[0] if agencies and sides == ("brand", "brand") else ""


def delegate(described: RoomFile, signed: Mapping[str, Room]) -> None:
    """Let each brand delegate the questions that an agency asks for it, with all of its budget."""
    agreement = next(iter(signed.values())).agreement
    templates, datasets = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
    for section in described.jobs:
        if not asks(described, signed, section):
            continue
        brand, _ = asking.named(agreement, section)["brand"]
        templates[brand].add(section.template)
        for pair in section.pairs():
            lines = asking.named(agreement, pair).values()
            datasets[brand] |= {f"{party}.{line}" for party, line in lines}
    ends = min(int(time.time()) + LIFE, agreement.policy.expires)
    for brand, covered in datasets.items():
        room, rho = signed[brand], agreement.policy.rho_budget
        wanted = sorted(covered), sorted(templates[brand])
        delegations.grant(room, delegations.draft(room, named(described)[0], *wanted, rho, ends))


def read(agency: Room, identity: str, received: Mapping[str, Any]) -> None:
    """Wait until an agency has read what its brand hands on.

    Raises ``PeerFault`` if that is not what the brand received, or does not come.
    """
    for _ in range(LOOKS):
        try:
            found = asking.read_result(agency, identity)
        except NotFound:
            time.sleep(POLL)
            continue
        if found != {name: value for name, value in received.items() if name not in ITS_OWNERS}:
            raise PeerFault("The brand handed on an answer other than the one it received.")
        return
    raise PeerFault("The brand's agent did not hand the answer on.")
