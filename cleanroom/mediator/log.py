"""The tamper-evident log of each room: entries, their Merkle nodes, signed checkpoints.

An entry is written in the transaction of the change that it tells of, so neither is there without
the other.  The nodes of the tree are stored as they are completed: an append writes two on
average, a proof reads a few per level.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, Literal

from cleanroom.documents.agreement import Agreement
from cleanroom.documents.statement import (
    MEDIATOR,
    Entry,
    Kind,
    MediatorKind,
    SignedStatement,
    subject,
)
from cleanroom.errors import CleanroomError, InvalidInput
from cleanroom.mediator.context import LOBBY, Context
from cleanroom.mediator.ports import Transaction
from cleanroom.room.statements import is_plain
from protocols import checkpoint as notes
from protocols import merkle

ROWS_AT_ONCE: Final = 50


def append(
    transaction: Transaction,
    context: Context,
    room: str,
    *,
    kind: Kind | MediatorKind,
    actor: str = MEDIATOR,
    outcome: Literal["accepted", "refused"] = "accepted",
    rule: str | None = None,
    detail: str | None = None,
    statement: SignedStatement | None = None,
    facts: Mapping[str, Any] | None = None,
    at: int | None = None,
) -> merkle.Frontier:
    """Add one entry to a room's log; return the tree that it is the last leaf of.

    ``at`` is the moment, in Unix milliseconds, by which the entry was judged; without it, now.
    What was said in time and took long must not look late.
    """
    transaction.hold(room)
    row = transaction.get("logs", room=room)
    size, latest = (row["size"], row["latest"]) if row else (0, 0)
    # A clock that steps back is flagged elsewhere; the log itself never runs backwards.
    time = max(context.clock.milliseconds() if at is None else at, latest)
    entry = Entry(
        index=size,
        time=time,
        room=room,
        kind=kind,
        actor=actor,
        outcome=outcome,
        rule=rule,
        detail=detail,
        statement=statement,
        facts=dict(facts or {}),
    )
    leaf = entry.canonical()
    frontier = _frontier(transaction, room, size)
    with transaction.together():
        transaction.insert("entries", room=room, number=size, leaf=leaf)
        transaction.insert(
            "marks",
            room=room,
            number=size,
            kind=kind,
            actor=actor,
            outcome=outcome,
            job=subject(statement.statement.body if statement else {}, entry.facts),
        )
        for level, number, node in frontier.append(merkle.leaf_hash(leaf)):
            transaction.insert("nodes", room=room, level=level, number=number, hash=node)
        if row is None:
            transaction.insert("logs", room=room, size=1, latest=time)
        else:
            transaction.update("logs", {"room": room}, size=size + 1, latest=time)
    return frontier


def note(
    transaction: Transaction,
    context: Context,
    room: str,
    kind: Kind | MediatorKind,
    actor: str,
    refusal: CleanroomError,
    statement: SignedStatement | None = None,
) -> None:
    """Add the entry of a refusal: its rule, one sentence, and who signed what was refused.

    An entry stays for ever and every auditor reads it: what is not even a statement of its kind,
    or is long, would be a way to spoil or to fill the log, so its digest is kept alone.  A
    sentence may name what such a statement does; that of an invalid one names fields.
    """
    whole = room != LOBBY and statement is not None and is_plain(statement.statement)
    named = room != LOBBY and (whole or isinstance(refusal, InvalidInput))
    append(
        transaction,
        context,
        room,
        kind=kind,
        actor=actor,
        outcome="refused",
        rule=rule_of(refusal),
        detail=plain(refusal.sentence) if named or statement is None else None,
        statement=statement if whole else None,
        facts={"statement": statement.digest()} if statement and not whole else None,
    )


def rule_of(refusal: CleanroomError) -> str:
    """Return the rule that a refusal names, or the last part of its type."""
    return str(getattr(refusal, "rule", refusal.type.rpartition(":")[2]))


def plain(text: str) -> str:
    """Return one line of printable text that fits an entry."""
    return re.sub(r"[^ -~]", "?", text)[:500]


def moment(transaction: Transaction, context: Context, room: str) -> int:
    """Return Unix milliseconds, never before a room's last entry: no clock revives anything."""
    row = transaction.get("logs", room=room)
    return max(context.clock.milliseconds(), int(row["latest"]) if row else 0)


def now(transaction: Transaction, context: Context, room: str) -> int:
    """Return the same in Unix seconds."""
    return moment(transaction, context, room) // 1000


def size(transaction: Transaction, room: str) -> int:
    """Return the number of entries of a room's log."""
    row = transaction.get("logs", room=room)
    return int(row["size"]) if row else 0


def entries(
    transaction: Transaction, room: str, start: int, limit: int, most: int | None = None
) -> list[bytes]:
    """Return the canonical bytes of entries from an index on, as many as ``most`` bytes hold.

    There is one at least, so that whoever reads on comes to the end.
    """
    found: list[bytes] = []
    held = 0
    while len(found) < limit:
        step = min(ROWS_AT_ONCE, limit - len(found))
        rows = transaction.find(
            "entries", room=room, order="number", start=start + len(found), limit=step
        )
        for row in rows:
            held += len(row["leaf"])
            if found and most is not None and held > most:
                return found
            found.append(row["leaf"])
        if len(rows) < step:
            break
    return found


def root(transaction: Transaction, room: str) -> tuple[int, bytes]:
    """Return the size and the root hash of a room's log."""
    count = size(transaction, room)
    return count, root_at(transaction, room, count)


def root_at(transaction: Transaction, room: str, count: int) -> bytes:
    """Return the root hash that a room's log had at a size that it has reached."""
    return _frontier(transaction, room, count).root()


def checkpoint(transaction: Transaction, context: Context, room: str) -> str:
    """Return a checkpoint of a room's log as it stands, signed by the mediator."""
    return sign(transaction, context, room, *root(transaction, room))


def sign(transaction: Transaction, context: Context, room: str, size: int, head: bytes) -> str:
    """Return the checkpoint of a room's log of that size and root, signed by the mediator."""
    return notes.sign(notes.Checkpoint(origin(transaction, context, room), size, head), context.key)


def origin(transaction: Transaction, context: Context, room: str) -> str:
    """Return the name of a room's log, which begins its checkpoints."""
    row = transaction.get("rooms", id=room)
    return f"{_origin(row['agreement']) if row else context.settings.origin}/{room}"


@lru_cache(1024)
def _origin(agreement: str) -> str:
    return Agreement.parse(agreement).origin


def inclusion(transaction: Transaction, room: str, index: int, tree: int) -> list[bytes]:
    """Return the proof that an entry is in the tree of that size."""
    return merkle.inclusion_proof(index, tree, _nodes(transaction, room))


def consistency(transaction: Transaction, room: str, first: int, second: int) -> list[bytes]:
    """Return the proof that the tree of one size begins with that of another."""
    return merkle.consistency_proof(first, second, _nodes(transaction, room))


def _frontier(transaction: Transaction, room: str, size: int) -> merkle.Frontier:
    """Return the tree of a room's log at a size that it has reached, by one question."""
    places = [
        {"room": room, "level": level, "number": number}
        for level, number in merkle.complete_nodes(0, size)
    ]
    found = {
        (row["level"], row["number"]): row["hash"] for row in transaction.among("nodes", places)
    }
    return merkle.Frontier.load(size, lambda *place: _whole(found.get(place)))


def _nodes(transaction: Transaction, room: str) -> merkle.GetNode:
    def get(level: int, number: int) -> bytes:
        row = transaction.get("nodes", room=room, level=level, number=number)
        return _whole(row["hash"] if row else None)

    return get


def _whole(node: bytes | None) -> bytes:
    if node is None:
        raise RuntimeError("the log lacks a node; its database is damaged")
    return bytes(node)
