"""What can be asked about: two datasets that are joined, and more that are joined with a hub."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from api.console.forms import fits
from cleanroom.agent import asking
from cleanroom.agent.rooms import Room
from cleanroom.documents.agreement import SIDES, other_side
from cleanroom.documents.dataset import Manifest
from cleanroom.documents.job import MOST_OTHERS
from cleanroom.errors import InvalidInput, PeerFault
from cleanroom.queries.plan import Column
from cleanroom.queries.template import Template
from cleanroom.room.standing import Joined

OTHERS: Final = "others"
"""The field of the form that lists the further datasets."""


class Pair:
    """Two dataset versions that an alignment joins; ``PeerFault`` for one shown as another.

    People choose by the names that are shown: in a room of several, whom they ask.
    """

    def __init__(self, alignment: str, brand: dict[str, Any], platform: dict[str, Any]) -> None:
        self.alignment = alignment
        self.ids = brand["id"], platform["id"]
        self.key = f"{brand['id']}-{platform['id']}"
        self.brand = Manifest.from_json(brand["manifest"])
        self.platform = Manifest.from_json(platform["manifest"])
        if self.ids != (self.brand.identity(), self.platform.identity()):
            raise PeerFault("The mediator shows a different dataset under this identifier.")

    @property
    def lines(self) -> dict[str, str]:
        """Return both datasets as a room file names them, through all their versions."""
        sides = {"brand": self.brand, "platform": self.platform}
        return {side: f"{one.party}.{one.name}" for side, one in sides.items()}

    @property
    def name(self) -> str:
        """Return the two names with their versions."""
        return f"{shown(self.brand)} × {shown(self.platform)}"

    def manifest(self, side: str) -> Manifest:
        """Return one side's manifest."""
        return self.brand if side == "brand" else self.platform


def shown(manifest: Manifest) -> str:
    """Return whose a dataset is, its name and its version, as people read it."""
    return f"{manifest.party}/{manifest.name} v{manifest.version}"


def all_pairs(room: Room) -> list[Pair]:
    """Return every pair that can be asked about, the newest first."""
    ready = {one["id"]: one for one in room.client.datasets(room.identity)
             if one["state"] == "READY"}  # fmt: skip
    found: dict[str, Pair] = {}
    for item in reversed(room.client.alignments(room.identity)):
        document = item["document"]
        for brand in reversed(document["brand_datasets"]):
            for platform in reversed(document["platform_datasets"]):
                if item["state"] == "READY" and brand in ready and platform in ready:
                    pair = Pair(item["id"], ready[brand], ready[platform])
                    found.setdefault(pair.key, pair)
    return list(found.values())


def fitting(room: Room, asked: Template, pairs: Sequence[Pair]) -> list[Pair]:
    """Return the pairs that a template takes, those that it can group by labels first."""
    taken = [one for one in pairs if fits_two(asked, one) or fits_hub(room, asked, one)]
    return sorted(taken, key=lambda pair: not (pair.brand.labels or pair.platform.labels))


def fits_two(asked: Template, pair: Pair) -> bool:
    """Tell whether a template takes two datasets alone."""
    return not asked.of_hub and fits(asked.kinds, pair.brand, pair.platform)


def fits_hub(room: Room, asked: Template, pair: Pair) -> bool:
    """Tell whether a template takes an own dataset of this party as hub, with the other one."""
    side = room.own.role
    if side not in SIDES or side not in asked.hubs:
        return False
    hub = pair.manifest(side)
    return hub.party == room.own.name and fits(
        asked.hub_kinds, hub, pair.manifest(other_side(side))
    )


def further(room: Room, asked: Template, pairs: Sequence[Pair], pair: Pair | None) -> list[Pair]:
    """Return the pairs of the same hub that can be asked about along with one, by name.

    Each is the newest version of another party's dataset that is aligned with this very hub.
    """
    if pair is None or not fits_hub(room, asked, pair):
        return []
    side = other_side(room.role)
    hub, first = pair.manifest(room.role).identity(), pair.manifest(side)
    found: dict[tuple[str, str], Pair] = {}
    for one in pairs:
        other = one.manifest(side)
        same = one.manifest(room.role).identity() == hub and other.party != first.party
        if same and fits_hub(room, asked, one):
            line = other.party, other.name
            newest = max(found.get(line, one), one, key=lambda it: it.manifest(side).version)
            found[line] = newest
    return [found[line] for line in sorted(found)]


def chosen(offered: Sequence[Pair], keys: Sequence[str]) -> list[Pair]:
    """Return the further pairs that were ticked; raise ``InvalidInput`` for one not offered."""
    if set(keys) - {one.key for one in offered}:
        raise InvalidInput("A dataset that was ticked does not go with these two.", column=OTHERS)
    return [one for one in offered if one.key in keys]


def of_hub(
    room: Room,
    asked: Template,
    joined: Sequence[Pair],
    receiver: str,
    parameters: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the fields that make a question one of a hub, none if it is about two datasets alone.

    Raises ``InvalidInput`` that names the field for what a question of a hub cannot ask.
    """
    if len(joined) == 1 and fits_two(asked, joined[0]):
        return {}
    hub, side = joined[0].manifest(room.role), other_side(room.role)
    parties = [one.manifest(side).party for one in joined]
    if len(joined) > MOST_OTHERS:
        raise InvalidInput(f"A hub is joined with at most {MOST_OTHERS}.", column=OTHERS)
    if len(set(parties)) < len(parties):
        raise InvalidInput("Tick one dataset of each party.", column=OTHERS)
    if receiver != room.role:
        raise InvalidInput("The owner of the hub asks and receives.", column="receiver")
    if asked.of_uploaded:
        _check_own_columns(room, hub, parameters)
    found = zip(parties, (Joined(*one.ids, one.alignment) for one in joined), strict=True)
    return {OTHERS: asking.others_of(room.role, found)}


def _check_own_columns(room: Room, hub: Manifest, parameters: Mapping[str, Any]) -> None:
    """Refuse labels and measures of others, which the form offers for a question about two."""
    where = f"Over several datasets only those of {hub.party}/{hub.name} can be used."
    if any(Column.parse(one).side != room.role for one in parameters.get("group_by", ())):
        raise InvalidInput(where, column="group_by")
    if set(parameters.get("measures", ())) - {one.name for one in hub.measures}:
        raise InvalidInput(where, column="measures")
