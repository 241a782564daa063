"""Count the alignments that this party took part in: every one is a chance to try a dictionary."""

from __future__ import annotations

import time
from collections.abc import Collection
from pathlib import Path

from cleanroom.agent.home import read_json, write_json
from cleanroom.agent.rooms import Room
from cleanroom.room import periods
from cleanroom.room.alignments import check_count

PERIOD = "period.json"
"""Says in an alignment's folder in which period it counts."""


PEER = "peer.json"
"""Says in an alignment's folder with whom it was, in a room where that can be several."""


def note(room: Room, alignment: str, peer: str) -> None:
    """Count an alignment before anything is sent for it, once; raise as ``check`` does."""
    folder = room.home.folder(room.identity, "alignments", alignment)
    if not (folder / PERIOD).exists():
        period = check(room, peer, {alignment})
        if not room.has_one_pair:
            write_json(folder / PEER, peer)
        write_json(folder / PERIOD, period)


def check(room: Room, peer: str, but: Collection[str] = ()) -> int:
    """Refuse one alignment with a peer more than the agreement allows two parties.

    As this party counted them itself.  Returns the period in which the next one counts: by the own
    clock, and never before the latest in which this party took part.
    """
    policy, founders = room.agreement.policy, room.first.parties
    alone = [one.name for one in founders if one.name != room.own.name]
    only = alone[0] if len(founders) == 2 and len(alone) == 1 else None
    others = [
        _period_of(folder)
        for folder in (room.folder / "alignments").glob("*")
        if folder.name not in but and (_peer_of(folder) or only) in (None, peer)
    ]
    now, latest = time.time(), max(others, default=0)
    present, early = (max(latest, periods.number(policy, at)) for at in (now, now + periods.EARLY))
    period = present if others.count(present) < policy.alignments_max else early
    check_count(policy, others.count(period))
    return period


def _peer_of(folder: Path) -> str | None:
    """Return with whom an alignment was; None if there was only one by then."""
    file = folder / PEER
    return str(read_json(file, str)) if file.exists() else None


def _period_of(folder: Path) -> int:
    """Return the period in which this party took part in an alignment first."""
    file = folder / PERIOD
    return int(read_json(file, int)) if file.exists() else 0
