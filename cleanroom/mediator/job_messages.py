"""The messages of a job: who may write which kind when, and who may read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from cleanroom.documents.agreement import other_side
from cleanroom.errors import InvalidInput, NotFound
from cleanroom.mediator import combining, job_rows, opening, uploads
from cleanroom.mediator.context import Caller, Context, owned
from cleanroom.mediator.job_rows import mediator_stream, message_stream
from cleanroom.mediator.ports import Row, Transaction
from cleanroom.mediator.uploads import Stream
from cleanroom.room import encryption
from cleanroom.room.jobs import BLOB_BYTES, PASSED, Asked, role_of
from cleanroom.room.policy import ROWS_PER_ROW, made_rows
from cleanroom.room.states import JobState
from protocols import limits
from protocols.errors import InvalidCiphertextError
from protocols.paillier import PublicKey
from protocols.sealing import OVERHEAD_BYTES

NAME_BYTES: Final = 128 + OVERHEAD_BYTES
"""Width of the sealed name of one label code: a padded dictionary entry and its seal."""

COMBINED: Final = ("combined", "combined-people")
"""What the platform adds up where labels share credit."""

FOR_THE_RECEIVER: Final = ("decrypted", "base")
"""What the other side seals to the receiver; the mediator cannot open it.  Sealed names are not
among them: the mediator forwards those of released groups alone."""


@dataclass(frozen=True)
class Message:
    """One side's message of a kind: its stream, and the key if its rows are ciphertexts."""

    stream: Stream
    key: PublicKey | None
    times: tuple[JobState, ...]


class JobMessages:
    """Serve the messages of jobs."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def put(self, caller: Caller, job: str, kind: str, number: int, data: bytes) -> bool:
        """Store a chunk of the caller's message, before the statement that names its digest."""
        with self._context.store.read() as transaction:
            row, side = job_rows.of_caller(transaction, caller, job)
            message = expected(transaction, self._context, row, side, kind)
        message.stream.check_size(number, len(data))
        if message.key is not None:
            check_ciphertexts(message.key, message.stream.width, number, data)
        elif kind in encryption.KINDS:
            opening.check_chunk(kind, number, data)

        def check(transaction: Transaction) -> str:
            job_rows.check_state(row := owned(transaction, caller, "jobs", job), *message.times)
            return str(row["room"])

        return uploads.put(self._context, message.stream, number, data, check)

    def get(self, caller: Caller, job: str, kind: str, number: int) -> bytes:
        """Return a chunk of an own message, or of the peer's if it is for the caller to read.

        The mediator alone reads noise shares and masks; to the peer they do not exist.
        """
        with self._context.store.read() as transaction:
            row, side = job_rows.of_caller(transaction, caller, job)
            if side == job_rows.reader(row, kind):
                stream = mediator_stream(job, kind)
                return uploads.read_within(transaction, self._context, stream, number)
            author = self._author(transaction, row, side, kind)
        return uploads.read(self._context, message_stream(job, kind, author), number)

    def _author(self, transaction: Transaction, row: Row, side: str, kind: str) -> str:
        if kind not in FOR_THE_RECEIVER or side != row["receiver"]:
            return side
        job_rows.check_released(transaction, self._context, row)
        author = other_side(role_of(side))
        stream = message_stream(row["id"], kind, author)
        if transaction.get("uploads", stream=stream) is None:
            raise NotFound("there is no such message")
        return author


def expected(transaction: Transaction, context: Context, row: Row, side: str, kind: str) -> Message:
    """Return where a message of one side goes; ``NotFound`` if it is not for that side to send."""
    name = message_stream(row["id"], kind, side)
    asked = job_rows.load(transaction, row)
    started = (JobState.STARTED,)
    if kind in COMBINED and side == "platform" and asked.plan.combine:
        key = job_rows.key_of(transaction, row, "brand")
        if kind == "combined-people":
            key = combining.counting_key(transaction, context, row["id"])
        return Message(Stream(name, key.ciphertext_bytes, asked.plan.cells), key, started)
    if kind == opening.OPENED and asked.lattice is not None and side == asked.plan.value_side:
        key = job_rows.key_of(transaction, row, side)
        return Message(Stream(name, key.ciphertext_bytes, asked.plan.outputs), key, started)
    if _is_late(row, asked, side, kind):
        late = (JobState.AWAITING_DECRYPTION,)
        return Message(Stream(name, 1, None, BLOB_BYTES), None, late)
    named = asked.plan.source == "job" and asked.plan.named and side != row["receiver"]
    if kind == "names" and named:
        stream = Stream(name, NAME_BYTES, None, limits.MAXIMUM_CELLS)
        return Message(stream, None, started)
    if kind in encryption.KINDS and asked.plan.source == "job":
        return Message(_values(name, kind, asked, side), None, started)
    shape = asked.shapes(side).get(kind)
    if shape is None:
        raise NotFound("there is no such message for this side")
    width, count = (shape.width, shape.count) if shape.width else (1, None)
    stream = Stream(name, width, count, BLOB_BYTES)
    early = (JobState.AWAITING_APPROVAL,)
    return Message(stream, _key(transaction, row, asked, kind), early)


def _is_late(row: Row, asked: Asked, side: str, kind: str) -> bool:
    """Tell whether a side sends a message of a kind after the release, sealed to whom it is for."""
    if side == row["receiver"]:
        return kind == PASSED and asked.job.behalf is not None
    return kind == "decrypted" and job_rows.waits_for_decryption(row)


def _values(name: str, kind: str, asked: Asked, side: str) -> Stream:
    """Return where values of rows that are made for a job go: as many as the rows will be."""
    width, shape, rules = encryption.WIDTHS[kind], asked.lattice, asked.agreement.policy
    if shape is None or side != asked.plan.value_side:
        raise NotFound("there is no such message for this side")
    rows = made_rows(asked.plan, role_of(side), rules)
    if rows is not None or kind == encryption.KEYS:
        return Stream(name, width, shape.counts(rows or 0)[kind])
    most = shape.counts(rules.rows_max * ROWS_PER_ROW)[kind]
    return Stream(name, width, None, min(most, encryption.MOST_BYTES // width))


def _key(transaction: Transaction, row: Row, asked: Asked, kind: str) -> PublicKey | None:
    """Return the key of a message's ciphertexts: the receiver's for people, else the owner's."""
    if kind == "noise-people":
        return job_rows.key_of(transaction, row, asked.job.receiver)
    if kind in ("noise-measures", "masks") and asked.plan.value_side is not None:
        return job_rows.key_of(transaction, row, asked.plan.value_side)
    return None


def check_ciphertexts(key: PublicKey, width: int, number: int, data: bytes) -> None:
    """Refuse a chunk whose rows end in a ciphertext that must never be computed with."""
    rows = np.frombuffer(data, dtype=np.uint8).reshape(-1, width)
    ciphertexts = np.ascontiguousarray(rows[:, width - key.ciphertext_bytes :])
    try:
        key.check_ciphertexts(ciphertexts, number * limits.rows_per_chunk(width))
    except InvalidCiphertextError as error:
        raise InvalidInput(str(error), row=error.index + 1) from None
