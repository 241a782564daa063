"""Read what a job is computed from: its row, its documents, its rows, what both sides sent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cleanroom.documents.agreement import SIDES, PartyRole
from cleanroom.documents.dataset import Manifest
from cleanroom.engine.layout import Fields, RowLayout, SideRows, audience_rows
from cleanroom.engine.match import Matches, match_people
from cleanroom.errors import NotFound
from cleanroom.mediator import approvals, budgets, job_rows, uploads
from cleanroom.mediator.alignment_rows import rows_in_use, tokens_name, tokens_stream
from cleanroom.mediator.context import Context
from cleanroom.mediator.job_rows import message_stream
from cleanroom.mediator.ports import Row, Transaction
from cleanroom.queries.plan import Column
from cleanroom.room.jobs import Asked, role_of
from protocols.errors import InvalidMessageError
from protocols.limits import CELL_BYTES, TOKEN_BYTES, WHERE_BYTES
from protocols.paillier import PublicKey

Bytes = npt.NDArray[np.uint8]


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

    @property
    def matches_audiences(self) -> bool:
        """Tell whether the values of two audiences that share tokens are summed under a lattice."""
        plan = self.asked.plan
        return self.asked.lattice is not None and plan.source == "audience" and plan.hub is None


def gather(context: Context, job: str) -> Gathered:
    """Read everything of a job but its rows and messages; ``NotFound`` if there is no such job."""
    with context.store.read() as transaction:
        return gather_within(transaction, job)


def gather_within(transaction: Transaction, job: str) -> Gathered:
    """Read everything of a job but its rows and messages inside a transaction."""
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


def platform_cells(gathered: Gathered) -> int:
    """Return how many codes of cells the platform's rows have."""
    plan = gathered.asked.plan
    if plan.source == "audience":
        return gathered.asked.combinations("platform")
    labels = [gathered.sides[side]["labels"] for side in SIDES]
    if labels[0] * labels[1] > plan.cells:
        raise InvalidMessageError("the two sides use more labels than the question has groups")
    return int(labels[1])


def side_rows(
    context: Context, gathered: Gathered, place: str, *, is_matched: bool = False
) -> SideRows:
    """Read one side's rows; ``InvalidMessageError`` names one that is none.

    Of an audience that ``is_matched`` already, tokens are not read: zeros stand for them.
    """
    asked, identity = gathered.asked, gathered.row["id"]
    if asked.plan.source == "job":
        layout = gathered.layouts[place]
        rows = uploads.load(context, job_rows.rows_stream(identity, place), layout.width)
        return layout.decode(rows, gathered.sides[place]["labels"])
    side = role_of(place)
    manifest = asked.manifest(side)
    read = _no_tokens if is_matched else side_tokens
    tokens = read(context, gathered, side)
    ciphertext = asked.agreement.policy.paillier_bits // 4
    width = manifest.row_width(ciphertext)
    rows = np.zeros((len(tokens), 0), dtype=np.uint8)
    if width:
        rows = uploads.load(context, gathered.rows[side], width)
    where = label_fields(manifest, side, asked.plan.where)
    kept = (
        uploads.load(context, message_stream(identity, "where", side), WHERE_BYTES)
        if where
        else None
    )
    return audience_rows(
        tokens,
        rows,
        label_fields(manifest, side, asked.plan.columns),
        ciphertext if manifest.ciphertexts else 0,
        where,
        kept,
        [column in asked.plan.outcome for column in asked.plan.where if column.side == side],
    )


def _tokens_name(gathered: Gathered, side: PartyRole) -> str:
    job = gathered.asked.job
    return tokens_name(job.alignment, gathered.attempt, side, job.brand, job.platform)


def side_tokens(context: Context, gathered: Gathered, side: PartyRole) -> Bytes:
    """Read the tokens of one side's audience, shape (rows, bytes of a row's tokens)."""
    return uploads.load(context, *_tokens_of(gathered, side))


def _no_tokens(context: Context, gathered: Gathered, side: PartyRole) -> Bytes:
    """Return as many zeros as ``side_tokens`` reads bytes."""
    name, width = _tokens_of(gathered, side)
    with context.store.read() as transaction:
        sealed = uploads.sealed(transaction, name)
    if sealed is None:
        raise NotFound("the upload is not sealed")
    return np.zeros((sealed["rows"], width), dtype=np.uint8)


def _tokens_of(gathered: Gathered, side: PartyRole) -> tuple[str, int]:
    """Return the stream of a side's tokens, and the bytes of a row's."""
    name = _tokens_name(gathered, side)
    return name, tokens_stream(name, gathered.asked.manifest(side)).width


def label_fields(manifest: Manifest, side: PartyRole, columns: tuple[Column, ...]) -> Fields:
    """Return where one side's columns stand in its rows, with their domains."""
    names = [label.name for label in manifest.labels]
    places = [names.index(column.name) for column in columns if column.side == side]
    return tuple((place, manifest.labels[place].domain) for place in places)


def cells(context: Context, gathered: Gathered) -> npt.NDArray[np.int32] | None:
    """Read the agents' map of cells, None where there is none."""
    if not gathered.asked.plan.merged:
        return None
    stream = message_stream(gathered.row["id"], "cells", "brand")
    return read_cells(uploads.load(context, stream, CELL_BYTES))


def read_cells(rows: Bytes) -> npt.NDArray[np.int32]:
    """Read a map of cells, shape (combinations, 16): the first four bytes of a row are its cell."""
    return np.ascontiguousarray(rows[:, :4]).reshape(-1).view("<i4").astype(np.int32)


def ciphertexts(
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


@dataclass(frozen=True)
class Matched:
    """The pairs of two audiences that share a token, the tokens' streams, and what seals them."""

    pairs: Matches
    streams: tuple[str, ...]
    seals: tuple[str, ...]

    def are_of(self, context: Context, streams: tuple[str, ...]) -> bool:
        """Tell whether these are the pairs of the tokens that streams hold now."""
        found = seals(context, streams)
        return all(found) and found == self.seals


def match_audiences(context: Context, job: str) -> Matched:
    """Match the tokens of a question about audiences; no condition of it decides a match.

    Raises ``RemoteError`` if a side's tokens are not honest ones.
    """
    gathered = gather(context, job)
    streams = token_streams(gathered)
    brand, platform = (_unread(side_tokens(context, gathered, side)) for side in SIDES)
    return Matched(match_people(brand, platform), streams, seals(context, streams))


def _unread(found: Bytes) -> SideRows:
    """Return rows of which nothing but the tokens was read."""
    none = np.zeros(0, dtype=np.int64)
    shaped = found.reshape(len(found), -1, TOKEN_BYTES)
    return SideRows(tokens=shaped, cell=none, flag=none.astype(np.bool_))


def token_streams(gathered: Gathered) -> tuple[str, ...]:
    """Return the streams of the tokens of both sides."""
    return tuple(_tokens_name(gathered, side) for side in SIDES)


def seals(context: Context, streams: tuple[str, ...]) -> tuple[str, ...]:
    """Return what seals these streams as they are now; nothing for one that is deleted."""
    with context.store.read() as transaction:
        return tuple(_seal(transaction, stream) for stream in streams)


def _seal(transaction: Transaction, stream: str) -> str:
    sealed = uploads.sealed(transaction, stream)
    # The seal stays when rows are deleted; what names their chunks goes first.
    there = sealed and transaction.count("chunks", stream=stream) == sealed["chunks"]
    return str(sealed["commitment"]) if sealed and there else ""
