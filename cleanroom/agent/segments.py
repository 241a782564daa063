"""Keep named conditions of a room at home, for use in any question's ``where``.

A question always carries what a segment stood for when it was asked: saving it anew changes no
question, and the name leaves this party's machine for nobody.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from cleanroom.agent.rooms import Room
from cleanroom.errors import InvalidInput, NotFound, PolicyRefusal
from cleanroom.files import held
from cleanroom.queries.plan import Column
from cleanroom.queries.where import Conditions, parse
from cleanroom.report import inert

Segments = dict[str, list[str]]

LONGEST = 64
"""Most characters of a segment's name."""


def known(room: Room) -> Segments:
    """Return the saved segments of a room, each as the texts of its conditions."""
    file = _file(room)
    found: Segments = json.loads(room.home.vault.read(file)) if file.exists() else {}
    return found


def save(room: Room, name: str, texts: Sequence[str]) -> Conditions:
    """Save conditions under a name, in place of what stood there; other segments are spelled out.

    Raises ``InvalidInput`` for what is not a condition, ``PolicyRefusal`` for a label that the room
    does not grant.
    """
    if not name.strip() or len(name) > LONGEST or not name.isprintable():
        raise InvalidInput(f"A segment's name has 1 to {LONGEST} printable characters.")
    with held(_lock(room)):
        segments = known(room)
        conditions = parse(texts, lambda other: _find(segments, other))
        if not conditions:
            raise InvalidInput("A segment has at least one condition.")
        for condition in conditions:
            _check_granted(room, Column.parse(condition.column))
        segments[name] = [condition.text() for condition in conditions]
        _write(room, segments)
    return conditions


def remove(room: Room, name: str) -> None:
    """Forget a segment; raise ``NotFound`` if there is none."""
    with held(_lock(room)):
        segments = known(room)
        _find(segments, name)
        del segments[name]
        _write(room, segments)


def spelled_out(room: Room, texts: object) -> list[str]:
    """Return the conditions of a ``where`` with every segment in it spelled out."""
    return [condition.text() for condition in parse(texts, lambda name: find(room, name))]


def find(room: Room, name: str) -> list[str]:
    """Return the conditions of a segment; raise ``NotFound`` that lists those there are."""
    return _find(known(room), name)


def _find(segments: Segments, name: str) -> list[str]:
    if name not in segments:
        listed = ", ".join(sorted(segments)) or "none"
        raise NotFound(f"No segment {inert(name)} is saved for this room (saved: {listed}).")
    return segments[name]


def _check_granted(room: Room, column: Column) -> None:
    """Refuse a label that no dataset of its side is agreed with."""
    parties = {card.name for card in room.agreement.by_role(column.side)}
    terms = [terms for terms in room.agreement.datasets if terms.party in parties]
    if not any(column.name in one.labels for one in terms):
        granted = sorted({f"{column.side}.{label}" for one in terms for label in one.labels})
        raise PolicyRefusal(
            f"the agreement does not allow the label {column}; it allows"
            f" {', '.join(granted) or 'none of that side'}",
            rule="label-not-allowed",
        )


def _file(room: Room) -> Path:
    return room.folder / "segments"


def _lock(room: Room) -> Path:
    return room.folder / "segments.lock"


def _write(room: Room, segments: Segments) -> None:
    room.home.vault.write(_file(room), json.dumps(segments, ensure_ascii=False).encode())
