"""Pass sealed messages between the two agents of an alignment, in order, unread.

Each side has an outbox of numbered messages.  Asking for number n confirms all before it, so
that their bytes can be deleted.  Relayed bytes are not flushed to the disk one by one: a power
cut costs the attempt, not a result.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from cleanroom.documents.agreement import PartyRole, other_side
from cleanroom.errors import Conflict, InvalidInput, NotFound, PolicyRefusal
from cleanroom.mediator import alignment_rows as rows
from cleanroom.mediator.context import Caller, Context
from cleanroom.mediator.ports import Row, Transaction
from cleanroom.room.states import AlignmentState


class Relay:
    """Serve the messages of alignments."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def send(self, caller: Caller, alignment: str, attempt: int, number: int, data: bytes) -> bool:
        """Append a message to the caller's outbox; return False if it was there already.

        Raises:
            Conflict: for a gap (``message-gap``), other bytes under one number
                (``message-differs``), another attempt or a state other than RUNNING.
            PolicyRefusal: if too much is under way already (``relay-full``): wait and send again.
        """
        if not 0 < len(data) <= self._context.settings.message_bytes:
            raise InvalidInput(f"a message has 1 to {self._context.settings.message_bytes} bytes")
        digest = hashlib.sha256(data).hexdigest()
        with self._context.store.read() as transaction:
            row, side = self._running(transaction, caller, alignment, attempt)
            if self._known(transaction, row, side, number, digest):
                return False
        file = _file(row, side, number, digest)
        self._context.blobs.write(file, data, durable=False)
        try:
            with self._context.store.write(row["room"]) as transaction:
                row, side = self._running(transaction, caller, alignment, attempt)
                if self._known(transaction, row, side, number, digest):
                    return False
                transaction.insert(
                    "messages",
                    **_outbox(row, side),
                    number=number,
                    digest=digest,
                    size=len(data),
                    taken=0,
                )
        except Conflict:  # the attempt is over, and its folder deleted
            self._context.blobs.delete([file], folders=False)
            raise
        self._context.bell.ring()
        return True

    def receive(
        self, caller: Caller, alignment: str, attempt: int, number: int, wait: float
    ) -> bytes | None:
        """Return the peer's message of that number, or None if none comes within the wait."""
        self._confirm(caller, alignment, attempt, number)

        def look() -> tuple[Row, PartyRole, Row | None] | None:
            with self._context.store.read() as transaction:
                row, side = self._at(transaction, caller, alignment, attempt)
                sender = other_side(side)
                found = transaction.get("messages", **_outbox(row, sender), number=number)
            over = row["state"] not in (AlignmentState.RUNNING, AlignmentState.PROPOSED)
            return (row, sender, found) if found or over else None

        seen = self._context.poll(look, wait, caller)
        if seen is None or seen[2] is None:
            return None
        return self._read(seen[0], seen[1], seen[2])

    def _confirm(self, caller: Caller, alignment: str, attempt: int, number: int) -> None:
        with self._context.store.read() as transaction:
            row, side = self._at(transaction, caller, alignment, attempt)
            outbox = _outbox(row, other_side(side))
            open_ones = [
                one
                for one in transaction.find("messages", **outbox, taken=0, order="number")
                if one["number"] < number
            ]
        if not open_ones:
            return
        with self._context.store.write(row["room"]) as transaction:
            for one in open_ones:
                transaction.update("messages", {**outbox, "number": one["number"]}, taken=1)
        self._context.blobs.delete(
            [_file(row, other_side(side), one["number"], one["digest"]) for one in open_ones],
            folders=False,
        )

    def _read(self, row: Row, sender: PartyRole, found: Row) -> bytes:
        if found["taken"]:
            raise Conflict("the message was confirmed and is gone", rule="message-taken")
        data = self._context.blobs.read(_file(row, sender, found["number"], found["digest"]))
        if not hmac.compare_digest(hashlib.sha256(data).hexdigest(), found["digest"]):
            raise Conflict("the message was lost; start a new attempt", rule="message-lost")
        return data

    def _known(
        self, transaction: Transaction, row: Row, side: PartyRole, number: int, digest: str
    ) -> bool:
        outbox = _outbox(row, side)
        known = transaction.get("messages", **outbox, number=number)
        if known is not None:
            if not hmac.compare_digest(known["digest"], digest):
                raise Conflict(f"message {number} had different bytes", rule="message-differs")
            return True
        following = transaction.count("messages", **outbox)
        if number != following:
            raise Conflict(f"the next message has number {following}", rule="message-gap")
        under_way = transaction.find("messages", **outbox, taken=0)
        if sum(one["size"] for one in under_way) > self._context.settings.relay_bytes:
            raise PolicyRefusal("too much is still on its way to the peer", rule="relay-full")
        return False

    def _running(
        self, transaction: Transaction, caller: Caller, alignment: str, attempt: int
    ) -> tuple[Row, PartyRole]:
        row, side = self._at(transaction, caller, alignment, attempt)
        if row["state"] != AlignmentState.RUNNING:
            raise Conflict(f"the alignment is {row['state']}", rule="alignment-state")
        return row, side

    @staticmethod
    def _at(
        transaction: Transaction, caller: Caller, alignment: str, attempt: int
    ) -> tuple[Row, PartyRole]:
        row, side = rows.of_caller(transaction, caller, alignment)
        if attempt < 1 or attempt > row["attempt"]:
            raise NotFound("there is no such attempt")
        if attempt != row["attempt"]:
            raise Conflict(f"the current attempt is {row['attempt']}", rule="attempt")
        return row, side


def _outbox(row: Row, side: PartyRole) -> dict[str, Any]:
    return {"alignment": row["id"], "attempt": row["attempt"], "sender": side}


def _file(row: Row, side: PartyRole, number: int, digest: str) -> str:
    folder = f"alignments/{row['id']}/messages/{row['attempt']}"
    return f"{folder}/{side}/{number}-{digest[:32]}"
