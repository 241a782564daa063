"""Compute one job: gather what both sides sent, run the engine, write the head of the answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from cleanroom.documents.agreement import SIDES
from cleanroom.documents.release import ReleasedCell, ReleaseDocument, SuppressionRule
from cleanroom.engine import hub
from cleanroom.engine.combine import Accumulators, release_combined
from cleanroom.engine.hub import HubInputs
from cleanroom.engine.masked import passing
from cleanroom.engine.match import Matches
from cleanroom.engine.release import Inputs, Release, Terms
from cleanroom.errors import NotFound
from cleanroom.mediator import combining, opening, released_labels, uploads
from cleanroom.mediator.context import Context
from cleanroom.mediator.gathered import (
    Gathered,
    Matched,
    cells,
    ciphertexts,
    gather,
    platform_cells,
    side_rows,
    token_streams,
)
from cleanroom.mediator.job_rows import message_stream
from cleanroom.mediator.shares import Shares
from cleanroom.room.jobs import Asked
from protocols.paillier import PreparedKey, PublicKey


@dataclass(frozen=True)
class Answer:
    """The head of an answer and the bytes of its parts."""

    document: ReleaseDocument
    parts: dict[str, bytes]
    release: Release


Prepared = Mapping[int, PreparedKey]
"""By modulus, keys with r^n in store."""


def compute(
    context: Context, job: str, executor: Executor | None, prepared: Prepared | None = None
) -> Answer:
    """Return a job's answer.

    Raises:
        RemoteError: if a side's rows or messages are not honest ones.
    """
    gathered = gather(context, job)
    if prepared:
        known = {side: key and prepared.get(key.n, key) for side, key in gathered.keys.items()}
        gathered = replace(gathered, keys=known)
    if gathered.asked.plan.combine:
        terms = Terms(**_terms(context, gathered))
        counting = combining.counting_secret(context, job)
        combined = _combined(context, gathered, counting.public)
        release = release_combined(terms, combined, counting, context.random, executor)
    elif gathered.asked.lattice is not None:
        terms = Terms(**_terms(context, gathered))
        release = opening.finish(context, gathered.row, gathered.asked, terms, executor)
    else:
        release = hub.release_joined(_inputs(context, gathered), context.random, executor)
    parts = {"people": release.people.tobytes()}
    if release.measures is not None:
        parts["measures"] = release.measures.tobytes()
    if release.matched is not None:
        parts["matched"] = release.matched.astype("<i8").tobytes()
    return Answer(_document(context, gathered, release, parts), parts, release)


def again(context: Context, job: str, executor: Executor | None) -> ReleaseDocument:
    """Return the head of a job's answer computed anew; places of groups are drawn anew too.

    Lattice rows are not summed again: their keys have opened what they may.
    """
    gathered = gather(context, job)
    if gathered.asked.lattice is None:
        return compute(context, job, executor).document
    passed, _ = passing(_inputs(context, gathered), context.random)
    release = Release(passed.groups, passed.pooled, np.zeros((0, 0), np.uint8), None)
    return _document(context, gathered, release, {"people": b""})


def accumulate(context: Context, job: str, executor: Executor | None) -> combining.Accumulated:
    """Return what the platform needs to add the labels of a job up.

    Raises:
        RemoteError: if a side's rows are not honest ones.
    """
    gathered = gather(context, job)
    key = gathered.keys["brand"]
    if key is None:
        raise NotFound("the brand has no key")
    return combining.compute(
        context,
        gathered.row,
        side_rows(context, gathered, "brand"),
        side_rows(context, gathered, "platform"),
        gathered.asked.job.receiver,
        (gathered.sides["brand"]["labels"], gathered.sides["platform"]["labels"]),
        key,
        executor,
    )


def mask_sums(context: Context, job: str, matched: Matched | None = None) -> combining.Accumulated:
    """Return what the owner of lattice rows needs to open the sums of a job, and what stays.

    ``matched`` counts if it is of the tokens that there are now.

    Raises:
        RemoteError: if a side's rows or values are not honest ones.
    """
    gathered, found = gather(context, job), None
    if gathered.matches_audiences and matched is not None:
        found = matched.pairs if matched.are_of(context, token_streams(gathered)) else None
    inputs = _inputs(context, gathered, found)
    values = opening.values(context, gathered.row, gathered.asked, len(inputs.valued))
    return opening.compute(context, inputs, values)


def _combined(context: Context, gathered: Gathered, counting: PublicKey) -> Accumulators:
    """Read what the platform added up."""
    brand = gathered.keys["brand"]
    if brand is None:
        raise NotFound("the brand has no key")
    rows = [
        uploads.load(
            context, message_stream(gathered.row["id"], kind, "platform"), key.ciphertext_bytes
        )
        for kind, key in (("combined", brand), ("combined-people", counting))
    ]
    return Accumulators(rows[0], rows[1])


def _inputs(
    context: Context, gathered: Gathered, found: Matches | None = None
) -> Inputs | HubInputs:
    """Read all that a release is computed from; ``found`` are its pairs if they are known."""
    if gathered.asked.plan.hub is not None:
        hub, *others = gathered.asked.job.sides
        return HubInputs(
            **_terms(context, gathered),
            hub=side_rows(context, gathered, hub),
            others=(side_rows(context, gathered, side) for side in others),
        )
    read = partial(side_rows, context, gathered, is_matched=found is not None)
    with ThreadPoolExecutor(len(SIDES)) as threads:
        brand, platform = threads.map(read, SIDES)
    return Inputs(
        **_terms(context, gathered),
        brand=brand,
        platform=platform,
        platform_cells=platform_cells(gathered),
        receiver=gathered.asked.job.receiver,
        cells=cells(context, gathered),
        found=found,
    )


def _terms(context: Context, gathered: Gathered) -> dict[str, Any]:
    """Return the fields of ``Terms``."""
    asked, job = gathered.asked, gathered.asked.job
    plan = asked.plan
    noise = Shares.unpack(gathered.row["noise"], plan)
    receiver = gathered.keys[job.receiver]
    value = gathered.keys[plan.value_side] if plan.slots and plan.value_side else None
    if receiver is None:
        raise NotFound("the receiver has no key")
    return {
        "plan": plan,
        "charge": asked.charge,
        "receiver_key": receiver,
        "value_key": value,
        "people_noise": noise.people,
        "slot_noise": noise.slots,
        "peer_people": ciphertexts(context, gathered, "noise-people", receiver),
        "peer_slots": ciphertexts(context, gathered, "noise-measures", value),
        "masks": next(iter(ciphertexts(context, gathered, "masks", value)), None),
    }


def _document(
    context: Context, gathered: Gathered, release: Release, parts: dict[str, bytes]
) -> ReleaseDocument:
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in parts.items()}
    pooled = release.pooled
    return ReleaseDocument(
        job=gathered.row["id"],
        groups=tuple(
            ReleasedCell(position=group.position, cell=group.cell, pooled=group.pooled)
            for group in release.groups
        ),
        labels=released_labels.labels(
            context,
            gathered.asked,
            gathered.row["id"],
            [group.cell for group in release.groups if group.cell >= 0],
        ),
        suppressed=len(pooled.suppressed),
        rules=tuple(
            SuppressionRule(rule=rule.rule, groups=rule.groups, needed=rule.needed)
            for rule in pooled.rules
        ),
        rho_left=gathered.rho_left,
        people=digests["people"],
        measures=digests.get("measures"),
    )


def facts(answer: Answer, asked: Asked) -> dict[str, object]:
    """Return what the log tells of a release: sizes and digests, never a released number.

    Where sides make rows for the job, how many groups pass is for the receiver alone, unless it is
    one group of people to be activated, of which each counts once: else it follows
    from labels, weights and numbers of rows that nobody can check, so that a changed agent could
    have a group pass or not for one person of the other side.  What people are encrypted to stays
    out as well: the release's own digest holds it, and nothing else of that is hard to guess.
    """
    plan = asked.plan
    told = None if plan.source == "job" and not plan.activates else answer.release
    return {
        "job": answer.document.job,
        "release": answer.document.digest(),
        "k": asked.charge.k,
        "tau": asked.charge.tau,
        "noise": asked.agreement.policy.noise,
        "rho": asked.charge.rho,
        "outputs": plan.outputs,
        "released": told and len(told.groups),
        "suppressed": told and len(told.pooled.suppressed),
        "measures": answer.document.measures,
    }


def stored(answer: Answer, folder: str) -> str:
    """Return what the job's row keeps of an answer."""
    return json.dumps(
        {
            "document": answer.document.to_json(),
            "digest": answer.document.digest(),
            "folder": folder,
            "parts": {
                name: hashlib.sha256(data).hexdigest() for name, data in answer.parts.items()
            },
        }
    )
