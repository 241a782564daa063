"""Decrypt for the other party: masked numbers in, masked and noised numbers out, sealed."""

from __future__ import annotations

import secrets
from concurrent.futures import Executor
from typing import Any

import numpy as np

from cleanroom.agent.approval import slot_shares
from cleanroom.agent.jobs import LocalJob, alone
from cleanroom.errors import PeerFault
from protocols.paillier import add_noise

STEP = "decrypted"


@alone
def decrypt_for_receiver(job: LocalJob, executor: Executor | None = None) -> None:
    """Open what the mediator summed under this party's key, for the receiver alone.

    Every number is uniformly random to this party: the receiver's mask R is on it.  What was
    sealed is kept: a second attempt sends the same bytes.
    """
    kept = job.kept(STEP)
    sealed = _decrypt(job, executor) if kept is None else kept.tobytes()
    job.keep(STEP, np.frombuffer(sealed, dtype=np.uint8))
    body: dict[str, Any] = {"job": job.identity, "step": STEP}
    upload = job.send_blob(STEP, sealed)
    body["messages"] = {STEP: upload.to_json()}
    job.room.chain.say(f"{job.path}/steps", "job.step", body, check=job.check_open)


def _decrypt(job: LocalJob, executor: Executor | None) -> bytes:
    """Check, decrypt, add this side's noise and filler, and seal to the receiver.

    The noise is drawn once per job.  Filler hides the slots that nobody asked for also from a
    receiver that learns the mediator's.
    """
    private = job.room.paillier()
    width = private.public.ciphertext_bytes
    data = job.room.client.result_bytes(job.identity, "measures")
    if len(data) != job.plan.outputs * width:
        raise PeerFault("The mediator asks for a different number of decryptions than was agreed.")
    rows = np.frombuffer(data, dtype=np.uint8).reshape(-1, width)
    private.public.check_ciphertexts(rows)
    plain = private.decrypt_many([int.from_bytes(row.tobytes(), "big") for row in rows], executor)
    released = [slot.slot for slot in job.plan.slots]
    noised = [
        add_noise(private.public, number, released, shares, secrets.token_bytes)
        for number, shares in zip(plain, _kept_shares(job), strict=True)
    ]
    blob = b"".join(number.to_bytes(width // 2, "big") for number in noised)
    return job.seal(STEP, blob)


def _kept_shares(job: LocalJob) -> list[list[int]]:
    kept = job.kept("owner-noise")
    if kept is None:
        kept = np.array(slot_shares(job), dtype=np.int64).view(np.uint8)
        job.keep("owner-noise", kept)
    shares: list[list[int]] = kept.reshape(job.plan.outputs, -1).view(np.int64).tolist()
    return shares
