"""A room's log, wherever it is read from: the mediator's database, the mediator, or a file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import rfc8785

from cleanroom.agent.rooms import Room
from cleanroom.audit import vouch
from cleanroom.audit.bundle import ENTRIES_AT_ONCE, Bundle
from cleanroom.audit.memory import memory_of
from cleanroom.audit.proofs import Tree
from cleanroom.client import Client
from cleanroom.errors import AuditFailure, CleanroomError
from cleanroom.model.agreement import Agreement
from cleanroom.service import log as service_log
from cleanroom.service.context import Context
from protocols import checkpoint as notes

WINDOW = 2000
"""Entries that one page looks through for what was asked; it says where to go on."""

JOB_WINDOW = 20_000
"""Entries that a job's page looks through between its submission and its end."""


class Log(Protocol):
    """Read one room's log."""

    @property
    def agreement(self) -> Agreement:
        """Return the agreement of the room."""
        ...

    def checkpoint(self) -> str:
        """Return the signed head of the log."""
        ...

    def leaves(self, start: int, limit: int) -> list[bytes]:
        """Return the canonical bytes of entries from an index on."""
        ...

    def inclusion(self, index: int, size: int) -> list[str]:
        """Return the proof that an entry is in the tree of that size, hex hashes."""
        ...

    def consistency(self, first: int, second: int) -> list[str]:
        """Return the proof that one tree begins with another, hex hashes."""
        ...

    def span(self, job: str) -> tuple[int, int] | None:
        """Return the Unix seconds between which a job's entries lie, None if that is unknown."""
        ...

    def bundle(self) -> Bundle:
        """Return the whole log for a verification."""
        ...

    def alarm(self) -> str | None:
        """Return what is wrong with the log's head against the last one seen; None if nothing."""
        ...


@dataclass(frozen=True)
class StoredLog:
    """Read the log where the mediator writes it; the caller has checked who asks."""

    context: Context
    agreement: Agreement

    @property
    def _room(self) -> str:
        return self.agreement.identity()

    def checkpoint(self) -> str:
        """Return the signed head of the log."""
        with self.context.store.read() as transaction:
            return service_log.checkpoint(transaction, self.context, self._room)

    def leaves(self, start: int, limit: int) -> list[bytes]:
        """Return the canonical bytes of entries from an index on."""
        with self.context.store.read() as transaction:
            return service_log.entries(transaction, self._room, start, limit)

    def inclusion(self, index: int, size: int) -> list[str]:
        """Return the proof that an entry is in the tree of that size, hex hashes."""
        with self.context.store.read() as transaction:
            proof = service_log.inclusion(transaction, self._room, index, size)
        return [node.hex() for node in proof]

    def consistency(self, first: int, second: int) -> list[str]:
        """Return the proof that one tree begins with another, hex hashes."""
        with self.context.store.read() as transaction:
            proof = service_log.consistency(transaction, self._room, first, second)
        return [node.hex() for node in proof]

    def span(self, job: str) -> tuple[int, int] | None:
        """Return when a job was asked and last moved."""
        with self.context.store.read() as transaction:
            row = transaction.get("jobs", room=self._room, id=job)
        return (row["created"], row["updated"]) if row else None

    def bundle(self) -> Bundle:
        """Return the log as it stands; no party's memory is in it."""
        note = self.checkpoint()
        leaves = self.leaves(0, notes.parse(note)[0].size)
        return Bundle(self._room, self.agreement, note, (), lambda: leaves)

    def alarm(self) -> str | None:
        """Return None: who writes a log cannot witness it; the browser does."""
        return None


@dataclass(frozen=True)
class ClientLog:
    """Read the log over the mediator's interface, as a member of the room."""

    client: Client
    agreement: Agreement
    room: Room

    def checkpoint(self) -> str:
        """Return the signed head of the log."""
        return self.client.checkpoint(self.room.identity)

    def leaves(self, start: int, limit: int) -> list[bytes]:
        """Return the canonical bytes of entries from an index on."""
        found: list[bytes] = []
        while len(found) < limit:
            wanted = min(ENTRIES_AT_ONCE, limit - len(found))
            entries = self.client.entries(self.room.identity, start + len(found), wanted)
            found += [rfc8785.dumps(entry) for entry in entries]
            if len(entries) < wanted:
                break
        return found

    def inclusion(self, index: int, size: int) -> list[str]:
        """Return the proof that an entry is in the tree of that size, hex hashes."""
        return self.client.inclusion(self.room.identity, index, size)

    def consistency(self, first: int, second: int) -> list[str]:
        """Return the proof that one tree begins with another, hex hashes."""
        return self.client.consistency(self.room.identity, first, second)

    def span(self, job: str) -> tuple[int, int] | None:
        """Return when a job was asked and last moved."""
        try:
            item = self.client.job(job)
        except CleanroomError:
            return None
        return int(item["created"]), int(item["updated"])

    def bundle(self) -> Bundle:
        """Return the log as it stands, with what this party remembers of it."""
        vouch.look(self.room)
        memory = memory_of(self.room.home, self.room.identity)
        note = self.checkpoint()
        leaves = self.leaves(0, notes.parse(note)[0].size)
        return Bundle(self.room.identity, self.agreement, note, (memory,), lambda: leaves)

    def alarm(self) -> str | None:
        """Look at the newest head and accept it only as the continuation of the last one."""
        try:
            vouch.look(self.room)
        except AuditFailure as failure:
            return failure.sentence
        return None


class FileLog:
    """Read the log of a bundle, offline."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._leaves = list(bundle.leaves())
        self._tree = Tree(self._leaves)

    @property
    def agreement(self) -> Agreement:
        """Return the agreement of the room."""
        return self._bundle.agreement

    def checkpoint(self) -> str:
        """Return the signed head of the log."""
        return self._bundle.checkpoint

    def leaves(self, start: int, limit: int) -> list[bytes]:
        """Return the canonical bytes of entries from an index on."""
        return self._leaves[start : start + limit]

    def inclusion(self, index: int, size: int) -> list[str]:
        """Return the proof that an entry is in the tree of that size, hex hashes."""
        return self._tree.inclusion(index, size)

    def consistency(self, first: int, second: int) -> list[str]:
        """Return the proof that one tree begins with another, hex hashes."""
        return self._tree.consistency(first, second)

    def span(self, job: str) -> tuple[int, int] | None:  # noqa: ARG002
        """Return None: the entries tell."""
        return None

    def bundle(self) -> Bundle:
        """Return the bundle."""
        return self._bundle

    def alarm(self) -> str | None:
        """Return None: a file does not grow."""
        return None


def entries_of(log: Log, start: int, limit: int) -> list[dict[str, Any]]:
    """Return entries as values, each with its canonical text under ``leaf``."""
    return [{**json.loads(leaf), "leaf": leaf.decode()} for leaf in log.leaves(start, limit)]


def subject(entry: dict[str, Any]) -> str:
    """Return the job that an entry is about, empty if it is about none."""
    signed = entry["statement"]
    said = signed["statement"]["body"].get("job") if signed else None
    found = said if isinstance(said, str) else entry["facts"].get("job")
    return found if isinstance(found, str) else ""


def chain(log: Log, job: str, size: int) -> Iterator[dict[str, Any]]:
    """Yield the entries about one job: those between its times, or all of a short log."""
    span = log.span(job)
    start = 0 if span is None else _first_at(log, span[0] * 1000, size)
    for first in range(start, min(size, start + JOB_WINDOW), ENTRIES_AT_ONCE):
        for entry in entries_of(log, first, min(ENTRIES_AT_ONCE, size - first)):
            if subject(entry) == job:
                yield entry
        if span is not None and entry["time"] > (span[1] + 1) * 1000:
            return


def _first_at(log: Log, time: int, size: int) -> int:
    """Return the first index whose entry is not before a time; the log's times never go back."""
    low, high = 0, size
    while low < high:
        middle = (low + high) // 2
        if entries_of(log, middle, 1)[0]["time"] < time:
            low = middle + 1
        else:
            high = middle
    return low
