"""Compute one job: gather what both sides sent, run the engine, write the head of the answer."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from cleanroom.documents.agreement import PartyRole
from cleanroom.documents.dataset import Manifest
from cleanroom.documents.release import (
    ReleasedCell,
    ReleaseDocument,
    SuppressionRule,
)
from cleanroom.engine import hub
from cleanroom.engine.combine import Accumulators, release_combined
from cleanroom.engine.hub import HubInputs
from cleanroom.engine.layout import Fields, RowLayout, SideRows, audience_rows
from cleanroom.engine.masked import passing
from cleanroom.engine.release import Inputs, Release, Terms
from cleanroom.errors import NotFound
from cleanroom.mediator import (
    approvals,
    budgets,
    combining,
    job_rows,
    opening,
    released_labels,
    uploads,
)
from cleanroom.mediator.alignment_rows import rows_in_use, tokens_name, tokens_stream
from cleanroom.mediator.context import Context
from cleanroom.mediator.job_rows import message_stream
from cleanroom.mediator.ports import Row, Transaction
from cleanroom.mediator.shares import Shares
from cleanroom.queries.plan import HUB, SIDES, Column
from cleanroom.room.jobs import Asked, role_of
from protocols.errors import InvalidMessageError
from protocols.limits import CELL_BYTES, WHERE_BYTES
from protocols.paillier import PreparedKey, PublicKey

Bytes = npt.NDArray[np.uint8]

MOST_AHEAD = 77
"""Most r^n that are drawn ahead for one side's ciphertexts of a job: two seconds of a core."""


@dataclass(frozen=True)
class Gathered:
    """A job's row with everything that the computation reads from the database."""

    row: Row
    asked: Asked
    sides: dict[str, Row]
    keys: dict[str, PublicKey | None]
    layouts: dict[str, RowLayout]
    attempt: int
    rows: dict[PartyRole, str]
    rho_left: float


@dataclass(frozen=True)
class Answer:
    """The head of an answer and the bytes of its parts."""

    document: ReleaseDocument
    parts: dict[str, bytes]
    release: Release


Prepared = Mapping[int, PreparedKey]
"""By modulus, the keys whose r^n were drawn ahead."""


def draw_ahead(context: Context, job: str, threads: ThreadPoolExecutor) -> Prepared:
    """Let threads draw r^n for the release of a job while it is summed and opened.

    They are as many as the documents give, and stay in this process: whoever computes the job
    after it has died draws others.
    """
    with context.store.read() as transaction:
        gathered = _gather(transaction, job)
    owner = gathered.asked.plan.value_side
    wanted: Counter[int] = Counter()
    for side in (gathered.asked.job.receiver, owner):
        key = gathered.keys[side] if side else None
        if key is not None:
            wanted[key.n] += min(gathered.asked.plan.outputs, MOST_AHEAD)
    return {
        n: PreparedKey.draw(PublicKey(n), count, context.random, threads)
        for n, count in wanted.items()
    }


def compute(
    context: Context, job: str, executor: Executor | None, prepared: Prepared | None = None
) -> Answer:
    """Return a job's answer.

    Raises:
        RemoteError: if a side's rows or messages are not honest ones.
    """
    with context.store.read() as transaction:
        gathered = _gather(transaction, job)
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
    with context.store.read() as transaction:
        gathered = _gather(transaction, job)
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
    with context.store.read() as transaction:
        gathered = _gather(transaction, job)
    key = gathered.keys["brand"]
    if key is None:
        raise NotFound("the brand has no key")
    return combining.compute(
        context,
        gathered.row,
        _side_rows(context, gathered, "brand"),
        _side_rows(context, gathered, "platform"),
        gathered.asked.job.receiver,
        (gathered.sides["brand"]["labels"], gathered.sides["platform"]["labels"]),
        key,
        executor,
    )


def mask_sums(context: Context, job: str) -> combining.Accumulated:
    """Return what the owner of lattice rows needs to open the sums of a job, and what stays.

    Raises:
        RemoteError: if a side's rows or values are not honest ones.
    """
    with context.store.read() as transaction:
        gathered = _gather(transaction, job)
    inputs = _inputs(context, gathered)
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


def _gather(transaction: Transaction, job: str) -> Gathered:
    row = transaction.get("jobs", id=job)
    if row is None:
        raise NotFound("there is no such job")
    asked = job_rows.load(transaction, row)
    plan = asked.plan
    keys: dict[str, PublicKey | None] = {
        side: job_rows.key_of(transaction, row, side)
        if side == asked.job.receiver or (plan.slots and side == plan.value_side)
        else None
        for side in SIDES
    }
    layouts: dict[str, RowLayout] = {}
    if plan.source == "job":
        layouts = {side: approvals.layout(transaction, row, side)[0] for side in asked.job.sides}
    alignment = transaction.get("alignments", id=asked.job.alignment) or {}
    rows = {
        side: rows_in_use(transaction, alignment, asked.manifest(side).identity()) for side in SIDES
    }
    ledger = budgets.scarcest(transaction, row["room"], asked.pairs, asked.agreement.policy)
    sides = {one["side"]: one for one in transaction.find("sides", job=job)}
    return Gathered(row, asked, sides, keys, layouts, alignment["attempt"], rows, ledger.left)


def _inputs(context: Context, gathered: Gathered) -> Inputs | HubInputs:
    if gathered.asked.plan.hub is not None:
        others = gathered.asked.job.sides[1:]
        return HubInputs(
            **_terms(context, gathered),
            hub=_side_rows(context, gathered, HUB),
            others=(_side_rows(context, gathered, side) for side in others),
        )
    return Inputs(
        **_terms(context, gathered),
        brand=_side_rows(context, gathered, "brand"),
        platform=_side_rows(context, gathered, "platform"),
        platform_cells=_platform_cells(gathered),
        receiver=gathered.asked.job.receiver,
        cells=_cells(context, gathered),
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
        "peer_people": _ciphertexts(context, gathered, "noise-people", receiver),
        "peer_slots": _ciphertexts(context, gathered, "noise-measures", value),
        "masks": next(iter(_ciphertexts(context, gathered, "masks", value)), None),
    }


def _platform_cells(gathered: Gathered) -> int:
    plan = gathered.asked.plan
    if plan.source == "audience":
        return gathered.asked.combinations("platform")
    labels = [gathered.sides[side]["labels"] for side in SIDES]
    if labels[0] * labels[1] > plan.cells:
        raise InvalidMessageError("the two sides use more labels than the question has groups")
    return int(labels[1])


def _side_rows(context: Context, gathered: Gathered, place: str) -> SideRows:
    asked, identity = gathered.asked, gathered.row["id"]
    if asked.plan.source == "job":
        layout = gathered.layouts[place]
        rows = uploads.load(context, job_rows.rows_stream(identity, place), layout.width)
        return layout.decode(rows, gathered.sides[place]["labels"])
    job, side = asked.job, role_of(place)
    manifest = asked.manifest(side)
    name = tokens_name(job.alignment, gathered.attempt, side, job.brand, job.platform)
    tokens = uploads.load(context, name, tokens_stream(name, manifest).width)
    ciphertext = asked.agreement.policy.paillier_bits // 4
    width = manifest.row_width(ciphertext)
    rows = np.zeros((len(tokens), 0), dtype=np.uint8)
    if width:
        rows = uploads.load(context, gathered.rows[side], width)
    where = _fields(manifest, side, asked.plan.where)
    kept = (
        uploads.load(context, message_stream(identity, "where", side), WHERE_BYTES)
        if where
        else None
    )
    return audience_rows(
        tokens,
        rows,
        _fields(manifest, side, asked.plan.columns),
        ciphertext if manifest.ciphertexts else 0,
        where,
        kept,
        [column in asked.plan.outcome for column in asked.plan.where if column.side == side],
    )


def _fields(manifest: Manifest, side: PartyRole, columns: tuple[Column, ...]) -> Fields:
    """Return where one side's columns stand in its rows, with their domains."""
    names = [label.name for label in manifest.labels]
    places = [names.index(column.name) for column in columns if column.side == side]
    return tuple((place, manifest.labels[place].domain) for place in places)


def _cells(context: Context, gathered: Gathered) -> npt.NDArray[np.int32] | None:
    if not gathered.asked.plan.merged:
        return None
    stream = message_stream(gathered.row["id"], "cells", "brand")
    return read_cells(uploads.load(context, stream, CELL_BYTES))


def read_cells(rows: Bytes) -> npt.NDArray[np.int32]:
    """Read a map of cells, shape (combinations, 16): the first four bytes of a row are its cell."""
    return np.ascontiguousarray(rows[:, :4]).reshape(-1).view("<i4").astype(np.int32)


def _ciphertexts(
    context: Context, gathered: Gathered, kind: str, key: PublicKey | None
) -> tuple[Bytes, ...]:
    """Read a message of ciphertexts from every side that sends one."""
    if key is None:
        return ()
    return tuple(
        uploads.load(context, message_stream(gathered.row["id"], kind, side), key.ciphertext_bytes)
        for side in gathered.asked.job.sides
        if kind in gathered.asked.shapes(side)
    )


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
