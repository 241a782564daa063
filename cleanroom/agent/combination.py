"""Add labels up for the mediator: the platform's step of a job whose labels share credit."""

from __future__ import annotations

import secrets
from concurrent.futures import Executor

import numpy as np
import numpy.typing as npt

from cleanroom.agent.job_rows import VECTORS
from cleanroom.agent.jobs import LocalJob, alone
from cleanroom.engine.combine import Accumulators, Parts, combine, counting_context
from cleanroom.errors import PeerFault
from cleanroom.privacy.noise import UnsafeNoNoise, draw_share
from protocols.limits import MAXIMUM_CELLS, ROOTS
from protocols.paillier import PublicKey

STEP = "combined"
NOISE = "combination-noise"


@alone
def combine_labels(job: LocalJob, executor: Executor | None = None) -> None:
    """Form every output's sum and count from the mediator's accumulators, and send them back.

    This party can open neither.  What it made is kept: a second attempt sends the same bytes.
    """
    if job.kept("combined-people") is None:
        _make(job, executor)
    uploads = {}
    for kind in ("combined", "combined-people"):
        rows = job.kept(kind)
        if rows is not None:
            uploads[kind] = job.send_message(kind, rows)
    messages = {kind: upload.to_json() for kind, upload in uploads.items()}
    body = {"job": job.identity, "step": STEP, "messages": messages}
    job.room.chain.say(f"{job.path}/steps", "job.step", body, check=job.check_open)


def _make(job: LocalJob, executor: Executor | None) -> None:
    """Combine and keep; the noise is drawn once, so that no attempt lets it be averaged away."""
    value_key = job.room.paillier_of(job.peer.name)
    counting_key = _counting_key(job)
    accumulators = Accumulators(
        _read(job, "accumulators", value_key), _read(job, "counts", counting_key)
    )
    if len(accumulators.sums) != len(accumulators.counts):
        raise PeerFault("The mediator sent a different number of sums than of counts.")
    made = combine(
        accumulators,
        parts_of(job, len(accumulators.sums)),
        job.plan.cells,
        _noise(job),
        value_key,
        counting_key,
        secrets.token_bytes,
        executor,
    )
    job.keep("combined", made.sums)
    job.keep("combined-people", made.counts)


def _counting_key(job: LocalJob) -> PublicKey:
    """Read the mediator's key for this job's counts, and hold it against its proof.

    What this party adds up under it carries its parts; a key whose owner made it up would show
    them, and with them the paths.
    """
    bits = job.room.agreement.policy.paillier_bits
    data = job.read_message("counting-key", (1 + ROOTS) * bits // 8)
    modulus, proof = data[: bits // 8], data[bits // 8 :]
    bound_to = counting_context(job.room.identity, job.identity)
    return PublicKey.from_bytes(modulus, proof, bound_to, bits)


def parts_of(job: LocalJob, labels: int) -> Parts:
    """Return what each label pays, as this party's rows had it.

    With noise a person counts with the parts that its conversion pays, so that all groups
    together count it once.  Without noise it counts whole in every group it pays into: a group is
    then shown for the people it has, and there is no sensitivity to keep.
    """
    kept = job.kept(VECTORS)
    if kept is None:
        raise PeerFault("This party sent no rows for the job.")
    label, cell, part = kept.view(np.int64).reshape(-1, 3).T
    if len(label) and label.max() >= labels:
        raise PeerFault("The mediator sent fewer sums than there are labels.")
    silent = not job.charge.people.scale
    person = np.where(part > 0, job.plan.units, 0) if silent else part
    return Parts(label, cell, part, person)


def _noise(job: LocalJob) -> list[int]:
    kept = job.kept(NOISE)
    if kept is None:
        unsafe = None if job.charge.people.scale else UnsafeNoNoise()
        drawn = draw_share(job.charge.people, job.plan.cells, unsafe)
        kept = np.array(drawn, dtype=np.int64).view(np.uint8)
        job.keep(NOISE, kept)
    noise: list[int] = kept.view(np.int64).tolist()
    return noise


def _read(job: LocalJob, kind: str, key: PublicKey) -> npt.NDArray[np.uint8]:
    data = job.read_message(kind, MAXIMUM_CELLS * key.ciphertext_bytes)
    if len(data) % key.ciphertext_bytes:
        raise PeerFault(f"The {kind} are truncated.")
    return np.frombuffer(data, dtype=np.uint8).reshape(-1, key.ciphertext_bytes)
