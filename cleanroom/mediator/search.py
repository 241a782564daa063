"""Find entries of a long log, the newest first, without reading all of it.

What an entry is marked with (kind, actor, outcome, job) is found by indices.  Text is looked for
in a window of entries at a time, since no index holds the bytes of what was said.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, get_args

from cleanroom.documents.statement import Kind, MediatorKind
from cleanroom.identifier import is_identifier
from cleanroom.mediator.ports import Transaction

WINDOW: Final = 20_000
"""Entries whose text one search looks through before it says where to go on."""

MARKED_WINDOW: Final = 2_000
"""The same where marks choose the entries, each of which is then read by itself."""

AT_ONCE: Final = 50
"""Entries that are read in one step."""

FOUND_BYTES: Final = 4 << 20
"""Most bytes of entries that one search returns, but for a single longer one."""

KINDS: Final = tuple(sorted({*get_args(Kind), *get_args(MediatorKind)}))


@dataclass(frozen=True)
class Wanted:
    """What an entry has to be; an empty part lets all through.

    ``kind`` may be a noun alone (``job``); ``text`` is looked for in the canonical bytes, whatever
    its case.
    """

    kind: str = ""
    party: str = ""
    outcome: str = ""
    job: str = ""
    text: str = ""

    @property
    def marks(self) -> dict[str, str]:
        """Return the marks that are asked for, but for the kind."""
        asked = {"actor": self.party, "outcome": self.outcome, "job": self.job}
        return {name: value for name, value in asked.items() if value}

    @property
    def kinds(self) -> tuple[str, ...]:
        """Return the kinds that fit, one by name, several by noun; empty for all."""
        if not self.kind or self.kind in KINDS:
            return (self.kind,) if self.kind else ()
        return tuple(kind for kind in KINDS if kind.startswith(f"{self.kind}.")) or (self.kind,)


@dataclass(frozen=True)
class Found:
    """Entries from the newest on; ``next`` is below which index to go on, None at the end."""

    leaves: list[bytes]
    next: int | None


def search(transaction: Transaction, room: str, wanted: Wanted, before: int, limit: int) -> Found:
    """Return entries below an index that fit, at most ``limit``.

    A text that is the identifier of a job with entries finds these.
    """
    if is_identifier(wanted.text) and not wanted.job:
        named: dict[str, Any] = {"room": room, "job": wanted.text}
        # Below the index alone: who has left must not learn of later ones.
        if transaction.find("marks", order="-number", start=before - 1, limit=1, **named):
            wanted = Wanted(wanted.kind, wanted.party, wanted.outcome, wanted.text)
    if not wanted.text and (wanted.kinds or wanted.marks):
        numbers = _marked(transaction, room, wanted, before, limit + 1)
        leaves: list[bytes] = []
        for number in numbers[:limit]:
            leaf = _leaf(transaction, room, number)
            if leaves and sum(map(len, leaves)) + len(leaf) > FOUND_BYTES:
                break
            leaves.append(leaf)
        more = len(leaves) < len(numbers)
        return Found(leaves, numbers[len(leaves) - 1] if more else None)
    return _with_text(transaction, room, wanted, before, limit)


def _marked(
    transaction: Transaction, room: str, wanted: Wanted, before: int, limit: int
) -> list[int]:
    """Return the newest indices that carry the marks; each kind has its own range of an index."""
    ranges = [{"kind": kind} for kind in wanted.kinds] or [{}]
    found = [
        transaction.find(
            "marks",
            order="-number",
            start=before - 1,
            limit=limit,
            room=room,
            **one,
            **wanted.marks,
        )
        for one in ranges
    ]
    each = [[int(row["number"]) for row in rows] for rows in found]
    return list(heapq.merge(*each, reverse=True))[:limit]


def _with_text(
    transaction: Transaction, room: str, wanted: Wanted, before: int, limit: int
) -> Found:
    sought, leaves = wanted.text.lower().encode(), list[bytes]()
    last, held = before, 0
    for number, leaf in _window(transaction, room, wanted, before, limit):
        fits = sought in leaf.lower()
        held += len(leaf) * fits
        if leaves and held > FOUND_BYTES:
            break
        last = number
        if fits:
            leaves.append(leaf)
        if len(leaves) == limit:
            break
    return Found(leaves, last if last > 0 and last < before else None)


def _window(
    transaction: Transaction, room: str, wanted: Wanted, before: int, limit: int
) -> Iterator[tuple[int, bytes]]:
    """Yield the entries that a text is looked for in, the newest first."""
    if wanted.kinds or wanted.marks:
        for number in _marked(transaction, room, wanted, before, MARKED_WINDOW):
            yield number, _leaf(transaction, room, number)
        return
    step = AT_ONCE if wanted.text else min(limit, AT_ONCE)
    for end in range(before, max(0, before - WINDOW), -step):
        rows = transaction.find(
            "entries", order="-number", start=end - 1, limit=min(step, end), room=room
        )
        yield from ((int(row["number"]), row["leaf"]) for row in rows)


def _leaf(transaction: Transaction, room: str, number: int) -> bytes:
    row = transaction.get("entries", room=room, number=number)
    if row is None:
        raise RuntimeError("the log lacks an entry; its database is damaged")
    return bytes(row["leaf"])
