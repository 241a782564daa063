"""Read from a verified log which agreements were in force, and from when on."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from cleanroom.audit.bundle import Bundle
from cleanroom.documents.agreement import Agreement, Card
from cleanroom.errors import CleanroomError


class Version(NamedTuple):
    """An agreement and the Unix milliseconds of the entry that put it in force."""

    time: int
    agreement: Agreement


def amendments(bundle: Bundle) -> list[Version]:
    """Return the amendments that took effect, in order.

    The bundle has verified: here every accepted entry is taken as what it says.
    """
    found: list[Version] = []
    waiting: Any = None
    signed = 0
    for leaf in bundle.leaves():
        if b'"amendment.' not in leaf:
            continue
        entry = json.loads(leaf)
        verb = entry["kind"].removeprefix("amendment.")
        if verb in (entry["kind"], "decline") or entry["outcome"] != "accepted":
            continue
        if verb == "propose":
            waiting, signed = entry["statement"]["statement"]["body"]["agreement"], 0
        signed += 1
        if signed == len(waiting["members"]):
            found.append(Version(entry["time"], Agreement.from_json(waiting)))
    return found


def everybody(bundle: Bundle) -> dict[str, Card]:
    """Return the card of each name that is, was or was invited to be a member, as first named.

    Taken from entries that nobody has verified yet: who may say what, and when, is held against
    the log itself.
    """
    cards = {card.name: card for card in bundle.agreement.members}
    for leaf in bundle.leaves():
        if b'"kind":"amendment.propose"' not in leaf:
            continue
        try:
            body = json.loads(leaf)["statement"]["statement"]["body"]
            named = Agreement.from_json(body["agreement"]).members
        except (ValueError, KeyError, TypeError, RecursionError, CleanroomError):
            continue  # it is named when the entries are read in their order
        for card in named:
            cards.setdefault(card.name, card)
    return cards


def in_force(bundle: Bundle) -> Agreement:
    """Return the agreement that is in force at the end of a verified log."""
    found = amendments(bundle)
    return found[-1].agreement if found else bundle.agreement
