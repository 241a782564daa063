"""A room's log, wherever it is read from: the mediator's database, the mediator, or a file."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any, Protocol

import rfc8785

from cleanroom.agent import vouch
from cleanroom.agent.http import Client
from cleanroom.agent.memory import memory_of
from cleanroom.agent.rooms import Room
from cleanroom.audit.bundle import ENTRIES_AT_ONCE, Bundle
from cleanroom.audit.proofs import Tree
from cleanroom.documents import statement
from cleanroom.documents.agreement import Agreement
from cleanroom.errors import AuditFailure, PeerFault
from cleanroom.mediator import log as service_log
from cleanroom.mediator.context import Context
from cleanroom.mediator.search import Found, Wanted, search
from protocols import checkpoint as notes

CHAIN_AT_ONCE = 500
"""Entries of a question that are read in one step."""


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

    def search(self, wanted: Wanted, before: int, limit: int) -> Found:
        """Return entries below an index that fit, the newest first."""
        ...

    def bundle(self, most: int) -> Bundle | None:
        """Return the whole log for a verification, None if it has more bytes than that."""
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

    def search(self, wanted: Wanted, before: int, limit: int) -> Found:
        """Return entries below an index that fit, the newest first."""
        with self.context.store.read() as transaction:
            return search(transaction, self._room, wanted, before, limit)

    def bundle(self, most: int) -> Bundle | None:
        """Return the log as it stands; no party's memory is in it."""
        note = self.checkpoint()
        size = notes.parse(note)[0].size
        with self.context.store.read() as transaction:
            leaves = service_log.entries(transaction, self._room, 0, size, most)
        if len(leaves) < size:
            return None
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
            if not entries:
                break
        return found

    def inclusion(self, index: int, size: int) -> list[str]:
        """Return the proof that an entry is in the tree of that size, hex hashes."""
        return self.client.inclusion(self.room.identity, index, size)

    def consistency(self, first: int, second: int) -> list[str]:
        """Return the proof that one tree begins with another, hex hashes."""
        return self.client.consistency(self.room.identity, first, second)

    def search(self, wanted: Wanted, before: int, limit: int) -> Found:
        """Return entries below an index that fit; ``PeerFault`` if the search goes on for ever."""
        answer = self.client.search(self.room.identity, before, limit, **asdict(wanted))
        following = answer["next"]
        if following is not None and not (type(following) is int and 0 < following < before):
            raise PeerFault("The mediator's search does not continue below where it was.")
        return Found([rfc8785.dumps(entry) for entry in answer["entries"]], following)

    def bundle(self, most: int) -> Bundle | None:
        """Return the log as it stands, with what this party remembers of it."""
        vouch.look(self.room)
        memory = memory_of(self.room.home, self.room.identity)
        note = self.checkpoint()
        size, leaves = notes.parse(note)[0].size, list[bytes]()
        while len(leaves) < size and sum(map(len, leaves)) <= most:
            found = self.leaves(len(leaves), min(ENTRIES_AT_ONCE, size - len(leaves)))
            if not found:
                raise PeerFault("The mediator's log ends before its size.")
            leaves += found
        if sum(map(len, leaves)) > most:
            return None
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

    def search(self, wanted: Wanted, before: int, limit: int) -> Found:
        """Return entries below an index that fit, the newest first."""
        fitting = (leaf for leaf in self._leaves[:before][::-1] if _fits(leaf, wanted))
        leaves = list(islice(fitting, limit + 1))
        last = json.loads(leaves[limit - 1])["index"] if len(leaves) > limit else None
        return Found(leaves[:limit], last)

    def bundle(self, most: int) -> Bundle | None:  # noqa: ARG002 (a file is whole)
        """Return the bundle."""
        return self._bundle

    def alarm(self) -> str | None:
        """Return None: a file does not grow."""
        return None


def _fits(leaf: bytes, wanted: Wanted) -> bool:
    if wanted.text and wanted.text.lower().encode() not in leaf.lower():
        return False
    entry = json.loads(leaf)
    return (
        (not wanted.kinds or entry["kind"] in wanted.kinds)
        and wanted.party in ("", entry["actor"])
        and wanted.outcome in ("", entry["outcome"])
        and wanted.job in ("", subject(entry))
    )


def as_entries(leaves: Iterable[bytes]) -> list[dict[str, Any]]:
    """Return entries as values, each with its canonical text under ``leaf``."""
    return [{**json.loads(leaf), "leaf": leaf.decode()} for leaf in leaves]


def entries_of(log: Log, start: int, limit: int) -> list[dict[str, Any]]:
    """Return entries from an index on."""
    return as_entries(log.leaves(start, limit))


def subject(entry: dict[str, Any]) -> str:
    """Return the job that an entry is about, empty if it is about none."""
    signed = entry["statement"]
    body = signed["statement"]["body"] if signed else {}
    return statement.subject(body, entry["facts"])


def chain(log: Log, job: str, size: int) -> list[dict[str, Any]]:
    """Return the entries about one job, the oldest first."""
    leaves: list[bytes] = []
    before: int | None = size
    while before is not None:
        found = log.search(Wanted(job=job), before, CHAIN_AT_ONCE)
        leaves += found.leaves
        before = found.next
    return as_entries(leaves[::-1])
