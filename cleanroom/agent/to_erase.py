"""Find what an erasure takes back in a room: what the mediator shows, and what the home knows."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from cleanroom.agent import endings, leftovers, lines
from cleanroom.agent.datasets import SEALED
from cleanroom.agent.rooms import Room
from cleanroom.errors import CleanroomError, NotFound
from cleanroom.room.states import DatasetState

Journal = dict[str, Any]


def entry(**known: Any) -> Journal:
    """Return the journal of one room: what is to be done, and what is.

    ``dropped`` are uploads that never left this party, ``held`` all others that it keeps.
    """
    to_do = {"known": True, "lines": {}, "taken": [], "dropped": [], "held": [], "serving": []}
    return {**to_do, "made": {}, "served": [], "certificate": None, **known}


def asked(room: Room) -> Journal:
    """Return how a room stands, or what the home alone knows, if the mediator does not say it.

    Nobody stays at home for a mediator that is silent; it is asked again before it is told.
    """
    sealed = sorted(file.parent.name for file in (room.folder / "datasets").glob(f"*/{SEALED}"))
    sealed = [one for one in sealed if not endings.ended(room.home, room.identity, "dataset", one)]
    try:
        return standing(room, sealed)
    except CleanroomError:
        kept = sorted(folder.name for folder in (room.folder / "datasets").glob("*"))
        served = {one.grant for _, one in leftovers.publications(room) if one.dataset in sealed}
        return entry(unasked=sealed, held=kept, serving=sorted(served))


def standing(room: Room, sealed: Collection[str]) -> Journal:
    """Return the versions that are there, and those that a line goes on from.

    ``sealed`` are those that this party sent and did not end.
    """
    kept = {folder.name for folder in (room.folder / "datasets").glob("*")}
    if leftovers.is_revoked(room):
        return entry(known=False, revoked=True, held=sorted(kept))
    try:
        shown = lines.versions(room)
    except NotFound:  # a mediator that knows nothing of the room has nothing of it
        return entry(known=False, held=sorted(kept))
    own = {one.identity(): state for one, state in shown if one.party == room.own.name}
    hidden = [one for one in sealed if one not in own]
    there = [one for one, state in own.items() if state != DatasetState.WITHDRAWN]
    served = {
        one.grant for _, one in leftovers.publications(room) if one.dataset in {*there, *hidden}
    }
    dropped = [
        name
        for name in sorted(kept - own.keys())
        if not (room.folder / "datasets" / name / SEALED).exists()
    ]
    return entry(
        lines=newest(room, shown),
        taken=[*there, *hidden],
        dropped=dropped,
        held=sorted(kept - set(dropped)),
        serving=sorted(served),
    )


def newest(room: Room, shown: Collection[tuple[Any, str]]) -> dict[str, str]:
    """Return the newest ready version of each own line."""
    found = lines.newest(shown).items()
    return {name: one.identity() for (party, name), one in found if party == room.own.name}
