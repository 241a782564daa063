"""The mediator's side of the extra step of lattice rows: masked sums out, ciphertexts back.

Between the two phases the job stays STARTED and its row of ``compute`` is "waiting".  Masks and
masked sums are on disk before anything is sent: whatever is retried later, and wherever a process
dies, the owner sees these very bytes and the mediator takes these very masks off.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial

import numpy as np
import numpy.typing as npt

from cleanroom.documents.agreement import PartyRole
from cleanroom.engine import masked
from cleanroom.engine.hub import HubInputs
from cleanroom.engine.masked import Values
from cleanroom.engine.release import Inputs, Passed, Release, Terms
from cleanroom.errors import Conflict, InvalidInput, NotFound
from cleanroom.mediator import job_rows, uploads
from cleanroom.mediator.combining import Accumulated
from cleanroom.mediator.context import Context
from cleanroom.mediator.job_rows import MASKED, mediator_stream, message_stream
from cleanroom.mediator.ports import Row, Transaction
from cleanroom.room.encryption import KEYS, KINDS, SEEDS, VALUES, WIDTHS, LatticeShape
from cleanroom.room.jobs import Asked
from protocols.errors import InvalidMessageError

PHASE = "sums"
"""The first of the two phases of a job with lattice rows."""

KEPT = f"{MASKED}-kept"
"""What passed, and the mediator's masks; nobody reads it by name."""

OPENED = "opened"
"""The message and the step of the owner's answer."""

STREAMS = (MASKED, KEPT)
"""Everything that the first phase leaves behind."""

Bytes = npt.NDArray[np.uint8]


def check_chunk(kind: str, number: int, data: bytes) -> None:
    """Refuse a chunk of lattice values with a residue out of range, or a seed that comes twice.

    A chunk of seeds is that of half a billion rows; the worker looks at all of an upload again.
    Raises ``InvalidInput`` that names the row, counted in the chunk from 0.
    """
    rows = np.frombuffer(data, dtype=np.uint8).reshape(-1, WIDTHS[kind])
    try:
        masked.check_rows(rows, seeds=kind == SEEDS)
    except InvalidMessageError as error:
        raise InvalidInput(f"{kind}, chunk {number}: {error}") from None


def values(context: Context, row: Row, asked: Asked, rows: int) -> Values:
    """Read the values that a job sums, those of one key at a time.

    Raises ``RemoteError``, here or on the way, if they are not honest ones.
    """
    shape, side = _shape(asked), _side(asked)
    contexts = [
        masked.key_context(row["room"], row["id"], side, number) for number in range(shape.keys)
    ]
    streams = {kind: message_stream(row["id"], kind, side) for kind in KINDS}
    shares, seeds = (uploads.load(context, streams[kind], WIDTHS[kind]) for kind in (KEYS, SEEDS))
    part = partial(uploads.load_part, context, streams[VALUES], WIDTHS[VALUES])
    return masked.read_values(contexts, shape.measures, rows, shares, seeds, part)


def compute(context: Context, inputs: Inputs | HubInputs, found: Values) -> Accumulated:
    """Mask the sums of all outputs; what is drawn here is drawn once and kept.

    The sums are compiled code that lets others run: threads spare the processes of a pool their
    start and a copy of the values.
    """
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        made = masked.mask_release(inputs, found, context.random, threads)
    kept = np.frombuffer(made.kept(), dtype=np.uint8).reshape(-1, 1)
    return Accumulated(dict(zip(STREAMS, (made.sums, kept), strict=True)))


def facts(job: str, made: Accumulated) -> dict[str, object]:
    """Return what the log tells of masked sums: how many there are, and their digest."""
    sums = made.rows[MASKED]
    return {"job": job, "sums": len(sums), "masked": hashlib.sha256(sums.tobytes()).hexdigest()}


def passed(context: Context, job: str) -> tuple[Passed, list[list[int]]]:
    """Return what passed the threshold in the first phase, and the masks."""
    return masked.read_kept(b"".join(uploads.chunks(context, mediator_stream(job, KEPT))))


def finish(
    context: Context, row: Row, asked: Asked, terms: Terms, executor: Executor | None
) -> Release:
    """Take the masks off what the owner returned, and release it."""
    if terms.value_key is None:
        raise NotFound("the owner has no key")
    stream = message_stream(row["id"], OPENED, _side(asked))
    opened = uploads.load(context, stream, terms.value_key.ciphertext_bytes)
    return masked.finish_release(
        terms, *passed(context, row["id"]), opened, context.random, executor
    )


def resume(transaction: Transaction, row: Row, side: str, now: int) -> None:
    """Put a job back into the queue once the owner has opened its sums.

    Raises ``NotFound`` for the other side, ``Conflict`` if the job waits for no such step.
    """
    asked = job_rows.load(transaction, row)
    if asked.lattice is None or side != asked.plan.value_side:
        raise NotFound("there are no sums for this side to open")
    waiting = {"job": row["id"], "state": "waiting"}
    if not transaction.update("compute", waiting, state="queued", due=now):
        raise Conflict("the job waits for no sums to be opened", rule="job-state")


def check_opened(transaction: Transaction, row: Row, masked: str | None) -> None:
    """Refuse an owner that opened other sums than the log says were handed out."""
    named = {"room": row["room"], "job": row["id"], "kind": "job.sums"}
    [mark] = transaction.find("marks", order="number", **named)
    entry = transaction.get("entries", room=row["room"], number=mark["number"]) or {}
    handed_out = str(json.loads(entry["leaf"])["facts"]["masked"])
    if masked is None or not hmac.compare_digest(masked, handed_out):
        raise Conflict("those are not the sums that were handed out", rule="sums-differ")


def _shape(asked: Asked) -> LatticeShape:
    if asked.lattice is None:
        raise NotFound("the job has no lattice rows")
    return asked.lattice


def _side(asked: Asked) -> PartyRole:
    if asked.plan.value_side is None:
        raise NotFound("the job sums nothing")
    return asked.plan.value_side
