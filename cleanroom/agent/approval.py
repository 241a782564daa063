"""Approve a job: check it, add this party's share of the noise, its masks, its map, its base."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Executor
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from cleanroom.agent import amendments, approved, delegations, row_values, runs, selection
from cleanroom.agent.jobs import LocalJob, alone
from cleanroom.agent.labels import shared_labels
from cleanroom.agent.rooms import sealing_key
from cleanroom.documents.agreement import other_side
from cleanroom.engine.release import as_rows
from cleanroom.privacy.noise import NoiseSpec, UnsafeNoNoise, draw_share
from cleanroom.queries.plan import BaseCounts
from cleanroom.room.encryption import value_messages
from cleanroom.room.policy import approval_messages
from protocols.limits import CELL_BYTES, SLOT_BITS
from protocols.paillier import PublicKey, masks_for_peer
from protocols.sealing import pairwise_key

Bytes = npt.NDArray[np.uint8]

COUNT_BYTES = 21
"""Width of a count in a base: 64 bits in decimal, with a sign."""


@alone
def approve(job: LocalJob, executor: Executor | None = None) -> None:
    """Send what the plan wants of this side, then sign the approval.

    Everything random is drawn once and kept: a second attempt sends the same noise and masks.
    Raises ``BudgetExhausted`` if this party's own ledger does not cover the job.
    """
    job.check_open()
    job.check_own()
    amendments.check_in_force(job.room, job.document)
    runs.check(job)
    approved.record(job, delegations.check(job))
    combinations = job.question.cells(job.plan.columns) if job.plan.merged else job.plan.cells
    wanted = approval_messages(
        job.plan,
        job.document,
        job.side,
        job.room.agreement,
        combinations,
        job.question.conditions(job.plan, job.side),
    )
    uploads: dict[str, Any] = {}
    if value_messages(job.plan, job.side, job.question):
        row_values.of_audience(job)
        uploads |= {kind: upload.to_json() for kind, upload in row_values.send(job).items()}
    for kind, shape in wanted.items():
        rows = job.kept(kind)
        if rows is None:
            rows = _make(job, kind, executor)
            job.keep(kind, rows)
        uploads[kind] = job.send_message(kind, rows.reshape(-1, shape.width or 1)).to_json()
    body = {"job": job.identity, "messages": uploads}
    job.room.chain.say(f"{job.path}/approvals", "job.approve", body, check=job.check_open)
    row_values.forget(job)


def _make(job: LocalJob, kind: str, executor: Executor | None) -> Bytes:
    makers: dict[str, Callable[[], Bytes]] = {
        "noise-people": lambda: _people_noise(job, executor),
        "noise-measures": lambda: _measure_noise(job, executor),
        "masks": lambda: _masks(job, executor),
        "cells": lambda: _cells(job),
        "where": lambda: selection.kept_labels(job),
        "base": lambda: _base(job),
    }
    return makers[kind]()


def _receiver_key(job: LocalJob) -> PublicKey:
    return job.room.paillier_of(job.question.manifest(job.document.receiver).party)


def _people_noise(job: LocalJob, executor: Executor | None) -> Bytes:
    key = _receiver_key(job)
    shares = draw_share(job.charge.people, job.plan.outputs)
    return as_rows(key, key.encrypt_many(shares, secrets.token_bytes, executor))


def _measure_noise(job: LocalJob, executor: Executor | None) -> Bytes:
    key = _receiver_key(job)
    packed = [_place(job, shares) for shares in slot_shares(job)]
    return as_rows(key, key.encrypt_many(packed, secrets.token_bytes, executor))


def _place(job: LocalJob, shares: list[int]) -> int:
    """Put noise into the slots that are released, as a signed packed integer."""
    return sum(
        share << (SLOT_BITS * slot.slot) for slot, share in zip(job.plan.slots, shares, strict=True)
    )


def slot_shares(job: LocalJob) -> list[list[int]]:
    """Draw this side's share for every slot of every output."""
    columns = [_draw(spec, job.plan.outputs) for spec in job.charge.slots]
    return [list(row) for row in zip(*columns, strict=True)]


def _draw(spec: NoiseSpec, count: int) -> list[int]:
    return draw_share(spec, count, UnsafeNoNoise() if spec.kind == "none" else None)


def _masks(job: LocalJob, executor: Executor | None) -> Bytes:
    """Draw R for every output; R stays in the vault, Enc(R) goes to the mediator."""
    owner = job.question.manifest(other_side(job.side)).party
    key = job.room.paillier_of(owner)
    blinds, encrypted = masks_for_peer(key, job.plan.outputs, secrets.token_bytes, executor)
    width = (key.bits + 7) // 8
    joined = b"".join(blind.to_bytes(width, "big") for blind in blinds)
    job.keep("blinds", np.frombuffer(joined, dtype=np.uint8).reshape(-1, width))
    return as_rows(key, encrypted)


def _cells(job: LocalJob) -> Bytes:
    """Map every combination of shared labels to its output, in the order of the pseudonyms.

    Both sides compute it and the mediator compares the two.  Its digest is in the log, and there
    are not many maps to try: so each row is filled up with what follows from the key of the pair.
    """
    orders = [shared_labels(job, column) for column in job.plan.cell_columns]
    place = {key: cell for cell, key in enumerate(job.template.merged_keys(job.question))}
    cells = [place[job.template.merge(labels)] for labels in product(*orders)]
    rows = np.array(cells, dtype="<i4").view(np.uint8).reshape(-1, 4)
    key = pairwise_key(job.room.home.sealing, sealing_key(job.peer), job.info("cells"))
    filling = hashlib.shake_256(key).digest(len(rows) * (CELL_BYTES - 4))
    return np.hstack([rows, np.frombuffer(filling, dtype=np.uint8).reshape(len(rows), -1)])


def _base(job: LocalJob) -> Bytes:
    """Count over this side's own whole dataset, noised unless public, sealed to the receiver."""
    asked = [base for base in job.plan.base if base.side == job.side]
    tables = ",".join(_in_one_width(base_counts(job, base)) for base in asked)
    return np.frombuffer(job.seal("base", f"[{tables}]".encode()), dtype=np.uint8)


def _in_one_width(counts: list[list[object]]) -> str:
    """Write counts as JSON in which every number takes as many bytes: all see a blob's length."""
    rows = (f"[{json.dumps(labels)},{count:>{COUNT_BYTES}}]" for labels, count in counts)
    return f"[{','.join(rows)}]"


def base_counts(job: LocalJob, base: BaseCounts) -> list[list[object]]:
    """Return ``[labels, count]`` for every combination of the columns' declared labels."""
    table = job.dataset.table()
    made = job.template.base_counts(job.question, table, base)
    if made is not None:
        return made
    columns = [table.labels[name] for name in base.columns]
    codes = zip(*(column.codes.tolist() for column in columns), strict=True)
    counted: Counter[tuple[int, ...]] = Counter(codes)
    if not columns:
        counted[()] = table.rows
    keys = list(product(*(range(len(column.domain)) for column in columns)))
    noise = [0] * len(keys)
    if not base.public and not job.receives:
        noise = _draw(job.charge.people, len(keys))
    return [
        [
            [column.domain[code] for column, code in zip(columns, key, strict=True)],
            counted[key] + share,
        ]
        for key, share in zip(keys, noise, strict=True)
    ]
