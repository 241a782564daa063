"""The mediator's side of a job whose labels share credit: hand out accumulators, take the sums.

Between the two phases the job stays STARTED and its row of ``compute`` is "waiting": the platform's
step puts it back into the queue.
"""

from __future__ import annotations

import hashlib
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cleanroom.documents.agreement import PartyRole
from cleanroom.engine.combine import accumulate, counting_context
from cleanroom.engine.layout import SideRows
from cleanroom.errors import Conflict, NotFound
from cleanroom.mediator import job_rows, uploads
from cleanroom.mediator.context import Context
from cleanroom.mediator.job_rows import mediator_stream
from cleanroom.mediator.ports import Row, Transaction
from protocols.errors import InvalidMessageError
from protocols.limits import MAXIMUM_CELLS, ROOTS, rows_per_chunk
from protocols.paillier import PrivateKey, PublicKey, generate

PHASE = "combine"
"""The first of the two phases of a job that combines."""

OPENING = "counting-opening"
"""The mediator's own key for one job's counts; nobody reads it by name."""

STREAMS = ("accumulators", "counts", "counting-key", OPENING)
"""Everything that the first phase leaves behind."""


@dataclass(frozen=True)
class Accumulated:
    """What the first phase made: rows of one width by kind."""

    rows: dict[str, npt.NDArray[np.uint8]]


def compute(
    context: Context,
    row: Row,
    brand: SideRows,
    platform: SideRows,
    receiver: PartyRole,
    labels: tuple[int, int],
    key: PublicKey,
    executor: Executor | None,
) -> Accumulated:
    """Add up per label, under a key for the counts that is made and proved for this job alone."""
    if labels[0] != 1 or labels[1] > MAXIMUM_CELLS:
        raise InvalidMessageError("the labels of a job that combines are the platform's")
    counting = generate(key.bits, context.random)
    made = accumulate(brand, platform, receiver, labels[1], key, counting, context.random, executor)
    proof = counting.prove(counting_context(row["room"], row["id"]))
    rows = {
        "accumulators": made.sums,
        "counts": made.counts,
        "counting-key": _bytes(counting.public.to_bytes() + proof),
        OPENING: _bytes(counting.to_bytes()),
    }
    return Accumulated(rows)


def _bytes(data: bytes) -> npt.NDArray[np.uint8]:
    return np.frombuffer(data, dtype=np.uint8).reshape(-1, 1)


def write_files(context: Context, job: str, made: Accumulated) -> list[tuple[str, int, str, int]]:
    """Write every stream's chunks; return (stream, number, digest, size) of each.

    A chunk counts once its row is committed; files of an attempt that lost its lease stay unread.
    """
    written = []
    for kind, rows in made.rows.items():
        per = rows_per_chunk(rows.shape[1])
        for number, start in enumerate(range(0, len(rows), per)):
            data = rows[start : start + per].tobytes()
            stream, digest = mediator_stream(job, kind), hashlib.sha256(data).hexdigest()
            uploads.write_file(context, stream, number, digest, data)
            written.append((stream, number, digest, len(data)))
    return written


def publish(
    transaction: Transaction, row: Row, made: Accumulated, written: list[tuple[str, int, str, int]]
) -> None:
    """Make written chunks the mediator's messages of a job."""
    for stream, number, digest, size in written:
        transaction.insert("chunks", stream=stream, number=number, digest=digest, size=size)
    for kind, rows in made.rows.items():
        stream = mediator_stream(row["id"], kind)
        chunks = sum(one[0] == stream for one in written)
        transaction.insert(
            "uploads",
            stream=stream,
            chunks=chunks,
            rows=len(rows),
            width=rows.shape[1],
            commitment="",
        )


def resume(transaction: Transaction, row: Row, side: str, now: int) -> None:
    """Put a job back into the queue once the platform has added its labels up.

    Raises ``NotFound`` for the other side, ``Conflict`` if the job waits for no such step.
    """
    if side != "platform" or not job_rows.load(transaction, row).plan.combine:
        raise NotFound("there is nothing for this side to combine")
    waiting = {"job": row["id"], "state": "waiting"}
    if not transaction.update("compute", waiting, state="queued", due=now):
        raise Conflict("the job waits for no labels to be added up", rule="job-state")


def counting_key(transaction: Transaction, context: Context, job: str) -> PublicKey:
    """Return the public half of a job's key for counts; ``NotFound`` before the first phase."""
    if transaction.get("uploads", stream=mediator_stream(job, "counting-key")) is None:
        raise NotFound("there is no such message for this side yet")
    data = uploads.read_within(transaction, context, mediator_stream(job, "counting-key"), 0)
    modulus = len(data) // (1 + ROOTS)
    return PublicKey(int.from_bytes(data[:modulus], "big"))


def counting_secret(context: Context, job: str) -> PrivateKey:
    """Return the mediator's key for a job's counts."""
    return PrivateKey.from_bytes(b"".join(uploads.chunks(context, mediator_stream(job, OPENING))))
