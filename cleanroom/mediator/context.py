"""What every use case of the mediator works with."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from threading import Lock
from typing import Final, TypeVar

from cleanroom.documents.agreement import Agreement, Policy, other_side
from cleanroom.documents.dataset import Manifest
from cleanroom.documents.job import side_of_others
from cleanroom.errors import NotFound
from cleanroom.mediator.ports import Bell, Blobs, Clock, Row, Store, Transaction
from cleanroom.mediator.settings import ServerSettings
from protocols.randomness import Random
from protocols.signing import SigningKey, VerifyingKey

LOBBY: Final = "0" * 32
"""The log of what belongs to no room: refused proposals and requests about nothing known."""

LEAST_POLL: Final = 0.5
"""Seconds after which a waiting request looks again, whether or not the bell rang: time alone ends
a room, and a program beside this one may have changed something."""

THREADS_THAT_ANSWER: Final = 32
"""Threads that no waiting request may hold, or half of them if there are fewer than 64."""

SEATS_OF_ONE: Final = 8
"""Requests of one key that may wait at a time: each looks again and again, at everybody's cost."""

MEMBER: Final = "member"
INVITED: Final = "invited"
"""Named by an amendment that waits: reads the agreements, and may sign or decline."""
DROPPED: Final = "dropped"
"""Was invited by an amendment that was declined: has no place."""
LEFT: Final = "left"
"""Was taken away by an amendment: reads what there was until then."""

Found = TypeVar("Found")


@dataclass(frozen=True)
class Caller:
    """Whoever signed the request: an admitted party, by its key."""

    fingerprint: str
    name: str


class Seats:
    """Say who may hold one of a few things, and how many of them: a thread, a long body."""

    def __init__(self, count: int, of_one: int = SEATS_OF_ONE) -> None:
        self._lock = Lock()
        self._free = count
        self._of_one = of_one
        self._taken: Counter[str] = Counter()

    @property
    def free(self) -> int:
        """Return how many are free."""
        return self._free

    @contextmanager
    def take(self, fingerprint: str) -> Iterator[bool]:
        """Hold a seat, or yield False if none is free or this key has its share."""
        with self._lock:
            found = self._free > 0 and self._taken[fingerprint] < self._of_one
            self._count(fingerprint, int(found))
        try:
            yield found
        finally:
            with self._lock:
                self._count(fingerprint, -int(found))

    def _count(self, fingerprint: str, more: int) -> None:
        self._free -= more
        self._taken[fingerprint] += more
        if not self._taken[fingerprint]:
            del self._taken[fingerprint]


@dataclass(frozen=True)
class Context:
    """Hold the ports, the mediator's own key and its limits."""

    store: Store
    blobs: Blobs
    clock: Clock
    bell: Bell
    key: SigningKey
    random: Random
    settings: ServerSettings
    seats: Seats = field(init=False, repr=False, compare=False)
    """For requests that wait."""

    def __post_init__(self) -> None:
        """Keep some threads from waiting."""
        seats = max(self.settings.threads - THREADS_THAT_ANSWER, self.settings.threads // 2)
        object.__setattr__(self, "seats", Seats(seats))

    def seconds(self) -> int:
        """Return Unix seconds."""
        return self.clock.milliseconds() // 1000

    def poll(self, look: Callable[[], Found | None], wait: float, caller: Caller) -> Found | None:
        """Look, and look again whenever something may have changed, until the wait is over.

        Who waits holds a thread.  ``THREADS_THAT_ANSWER`` of them never wait, nor do more than
        ``SEATS_OF_ONE`` requests of one key: beyond either the answer is given at once, and
        whoever asked may ask again.
        """
        heard = self.bell.heard()
        found = look()
        if found is not None or wait <= 0:
            return found
        with self.seats.take(caller.fingerprint) as may_wait:
            end = self.clock.elapsed() + min(wait, self.settings.long_poll_seconds)
            while may_wait and found is None and (left := end - self.clock.elapsed()) > 0:
                if not self.bell.wait(min(left, LEAST_POLL), heard):
                    return None
                heard = self.bell.heard()
                found = look()
            return found

    def watch(
        self, look: Callable[[], Found], same: Callable[[Found], bool], wait: float, caller: Caller
    ) -> Found:
        """Return what is seen as soon as it is no longer the same, or when the wait is over."""
        changed = self.poll(lambda: None if same(found := look()) else found, wait, caller)
        return look() if changed is None else changed


def in_force(room: Row) -> Agreement:
    """Return the agreement in force of a room's row: the first one if it was never amended."""
    return Agreement.parse(room["in_force"] or room["agreement"])


def policy_of(room: Row) -> Policy:
    """Return the policy in force of a room's row."""
    return _policy(room["in_force"] or room["agreement"])


@lru_cache(256)
def _policy(agreement: str) -> Policy:
    return Agreement.parse(agreement).policy


@dataclass(frozen=True)
class Membership:
    """A caller's place in a room: what it may see follows from it."""

    room: Row
    member: Row

    @property
    def party(self) -> str:
        """Return the member's name in the room."""
        return str(self.member["name"])

    @property
    def role(self) -> str:
        """Return the member's role in the room."""
        return str(self.member["role"])

    @property
    def place(self) -> str:
        """Return whether it is a member: one of ``MEMBER``, ``INVITED`` and ``LEFT``."""
        return str(self.member["place"])

    @property
    def agreement(self) -> Agreement:
        """Return the room's agreement in force."""
        return in_force(self.room)

    @property
    def first(self) -> Agreement:
        """Return the agreement that the room began with, and that names it."""
        return Agreement.parse(self.room["agreement"])


@lru_cache(4096)
def verifying_key(text: str) -> VerifyingKey:
    """Return a key from hex; whether it is a point of the curve is found out once.

    Raises:
        InvalidKeyError: if it is none.
        ValueError: if the text is not hex.
    """
    return VerifyingKey(bytes.fromhex(text))


def membership(
    transaction: Transaction, caller: Caller, room: str, also: Collection[str] = ()
) -> Membership:
    """Return the caller's place in a room; ``NotFound`` if it has none, or there is no room.

    ``also`` says who is let in beside members: who is ``INVITED``, who has ``LEFT``.
    """
    row = transaction.get("rooms", id=room)
    member = transaction.get("members", room=room, fingerprint=caller.fingerprint)
    if row is None or member is None or member["place"] not in (MEMBER, *also):
        raise NotFound("there is no such room")
    return Membership(row, member)


def owned(transaction: Transaction, caller: Caller, table: str, identity: str) -> Row:
    """Return what concerns the caller, of a room that it is a member of; ``NotFound`` otherwise."""
    row = transaction.get(table, id=identity)
    key = {"fingerprint": caller.fingerprint, "place": MEMBER}
    member = transaction.get("members", room=row["room"], **key) if row else None
    if row is None or member is None or not concerns(row, member):
        raise NotFound(f"not found among the {table}")
    return row


def parties(row: Row) -> dict[str, str]:
    """Return who is on which side of a job, in the order of its sides."""
    others = json.loads(row["document"]).get("others", [])
    side = side_of_others(others)
    found = {one: str(row[one]) for one in (other_side(side), side)}
    return found | {f"{side}-{n}": one["party"] for n, one in enumerate(others[1:], 2)}


def concerns(row: Row, member: Row) -> bool:
    """Tell whether a dataset, an alignment or a question is a member's: its own, or made with it.

    Auditors read everything, an agency the questions that it asked, and what it could ask about:
    manifests and proposals, which the log shows to every member.
    """
    if member["role"] == "auditor":
        return True
    asked = "question" in row or "submitter" in row
    if not asked and member["role"] == "agency":
        return True
    if "manifest" not in row:
        behalf = json.loads(row["document"]).get("behalf") or {}
        return member["name"] in (*parties(row).values(), behalf.get("agency"))
    return member["name"] == row["party"] or member["name"] in Manifest.parse(row["manifest"]).peers
