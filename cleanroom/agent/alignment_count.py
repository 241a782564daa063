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


def note(room: Room, alignment: str) -> None:
    """Count an alignment before anything is sent for it, once; raise as ``check`` does."""
    file = room.home.folder(room.identity, "alignments", alignment) / PERIOD
    if not file.exists():
        write_json(file, check(room, {alignment}))


def check(room: Room, but: Collection[str] = ()) -> int:
    """Refuse one alignment more than the agreement allows, as this party counted them itself.

    Returns the period in which the next one counts: by the own clock, and never before the latest
    in which this party took part.
    """
    policy = room.agreement.policy
    others = [
        _period_of(folder)
        for folder in (room.folder / "alignments").glob("*")
        if folder.name not in but
    ]
    now, latest = time.time(), max(others, default=0)
    present, early = (max(latest, periods.number(policy, at)) for at in (now, now + periods.EARLY))
    period = present if others.count(present) < policy.alignments_max else early
    check_count(policy, others.count(period))
    return period


def _period_of(folder: Path) -> int:
    """Return the period in which this party took part in an alignment first."""
    file = folder / PERIOD
    return int(read_json(file)) if file.exists() else 0
