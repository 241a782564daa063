"""Encrypt the values that one job sums under lattice keys of its own, and open their masked sums.

A key is for one side in one job and is never used again.  What was encrypted under it lies in a
spool until it is acknowledged, so that a try after a crash sends the very same bytes.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from concurrent.futures import Executor, ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from cleanroom.agent import aligned_rows, erased
from cleanroom.agent.datasets import row_values
from cleanroom.agent.jobs import LocalJob, alone
from cleanroom.agent.uploads import Progress, flush_spool, open_spool, read_spool, send_rows, silent
from cleanroom.documents.dataset import Upload
from cleanroom.engine.masked import encrypt_values, key_context, open_masked_sums, sums_bytes
from cleanroom.errors import PeerFault
from cleanroom.room.encryption import KEYS, KINDS, SEEDS, VALUES, WIDTHS, LatticeShape
from cleanroom.room.states import ENDED
from protocols.limits import SECRET_BYTES
from protocols.secret import Secret

STEP = "opened"
ROOTS = "row-roots"
MADE = "row-values-made"
SEEN = "masked-sums-seen"
RETURNED = "masked-sums-opened"

Integers = npt.NDArray[np.int64]


def of_audience(job: LocalJob) -> None:
    """Encrypt the measures that a question about audiences sums, in the alignment's order."""
    with erased.steady(job.room.home):
        job.check_open()
        if job.kept_json(MADE) is None:
            dataset, slots = job.dataset, [slot.slot for slot in job.plan.slots]
            values = row_values(dataset.columns(), dataset.manifest.rows)[:, slots]
            make(job, values[aligned_rows.order(job.alignment, dataset)])


def make(job: LocalJob, values: Integers) -> None:
    """Encrypt ``values`` (rows, measures) under every key of the job, into a spool."""
    forget_ended(job)
    shape = _shape(job)
    counts = shape.counts(len(values))
    spools = {kind: open_spool(job.folder / kind, counts[kind], WIDTHS[kind]) for kind in KINDS}
    job.keep(ROOTS, _random(shape.keys))
    at = 0
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        keys = encrypt_values(
            _roots(job), _contexts(job, shape), values, secrets.token_bytes, threads
        )
        for number, (share, encrypted) in enumerate(keys):
            first = number * shape.measures
            spools[KEYS][first : first + shape.measures] = _rows(share, WIDTHS[KEYS])
            for blocks in encrypted:
                spools[SEEDS][at : at + len(blocks)] = blocks.seeds
                rows = blocks.to_rows()[:, WIDTHS[SEEDS] :].reshape(-1, WIDTHS[VALUES])
                start = at * shape.measures
                spools[VALUES][start : start + len(rows)] = rows
                at += len(blocks)
    for spool in spools.values():
        flush_spool(spool)
    job.keep_json(MADE, {"rows": len(values)})


def send(job: LocalJob, progress: Progress = silent) -> dict[str, Upload]:
    """Send the values that were made for a job; return what commits to each message."""
    counts = _shape(job).counts(job.kept_json(MADE)["rows"])
    return {
        kind: send_rows(
            job.room.client,
            f"{job.path}/messages/{kind}",
            read_spool(job.folder / kind, counts[kind], WIDTHS[kind]),
            progress=progress,
            name=kind,
        )
        for kind in KINDS
    }


def forget(job: LocalJob) -> None:
    """Delete the spool once the mediator has what is in it; the keys stay until they opened."""
    for kind in KINDS:
        (job.folder / kind).unlink(missing_ok=True)


def forget_ended(job: LocalJob) -> None:
    """Delete the keys of other jobs of the room that ended before their sums were opened.

    A mediator that calls a running job ended can only have it fail.
    """
    for file in job.folder.parent.glob(f"*/{ROOTS}"):
        identity = file.parent.name
        if identity != job.identity and job.room.client.job(identity)["state"] in ENDED:
            file.unlink(missing_ok=True)


@alone
def open_sums(job: LocalJob, executor: Executor | None = None) -> None:
    """Open the masked sums of a job once, and return them under this party's Paillier key.

    What was returned is kept: a second attempt sends the same bytes.  The digest of what was opened
    is signed, so that whoever reads the log holds it against what the mediator says it handed out.
    """
    kept = job.kept(RETURNED)
    if kept is None:
        kept = _open(job, executor)
        job.keep(RETURNED, kept)
        (job.folder / ROOTS).unlink()  # there is nothing left that they may open
        forget(job)  # again: a try that was killed right after its statement did not
    upload = job.send_message(STEP, kept)
    body = {"job": job.identity, "step": STEP, "messages": {STEP: upload.to_json()}}
    body["masked"] = job.kept_json(SEEN)
    job.room.chain.say(f"{job.path}/steps", "job.step", body, check=job.check_open)


def _open(job: LocalJob, executor: Executor | None) -> npt.NDArray[np.uint8]:
    """Open what the mediator sent first, and nothing else, ever.

    Every number that is opened tells whoever chose it some bits of the key, so what was seen is on
    disk before it is opened: ``LATTICE_OPENINGS`` numbers a key are all that there will be.
    """
    shape, roots = _shape(job), _roots(job)
    size = sums_bytes(shape.outputs, shape.measures)
    data = job.read_message("masked-sums", size)
    if len(data) != size:
        raise PeerFault("The mediator asks for a different number of sums than was agreed.")
    digest = hashlib.sha256(data).hexdigest()
    if not hmac.compare_digest(job.kept_json(SEEN) or digest, digest):
        raise PeerFault("The mediator sent different masked sums than before.")
    job.keep_json(SEEN, digest)
    return open_masked_sums(
        job.room.paillier(),
        roots,
        _contexts(job, shape),
        [slot.slot for slot in job.plan.slots],
        _rows(data, size // shape.outputs),
        secrets.token_bytes,
        executor,
    )


def _roots(job: LocalJob) -> list[Secret]:
    roots = job.kept(ROOTS)
    if roots is None:
        raise PeerFault("This party sent no values for the job.")
    return [Secret(root.tobytes()) for root in roots]


def _contexts(job: LocalJob, shape: LatticeShape) -> list[bytes]:
    return [
        key_context(job.room.identity, job.identity, job.side, number)
        for number in range(shape.keys)
    ]


def _random(keys: int) -> npt.NDArray[np.uint8]:
    return _rows(secrets.token_bytes(SECRET_BYTES * keys), SECRET_BYTES)


def _rows(data: bytes, width: int) -> npt.NDArray[np.uint8]:
    return np.frombuffer(data, dtype=np.uint8).reshape(-1, width)


def _shape(job: LocalJob) -> LatticeShape:
    if job.lattice is None:
        raise PeerFault("The job has no lattice rows.")
    return job.lattice
