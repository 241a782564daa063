"""What an alignment's row means: its document, its sides, the names of its token streams."""

from __future__ import annotations

import json
from typing import Any

from cleanroom.documents.agreement import SIDES, PartyRole, Policy
from cleanroom.documents.alignment import AlignmentDocument
from cleanroom.documents.dataset import Manifest
from cleanroom.errors import NotFound
from cleanroom.mediator.context import Caller, membership, owned
from cleanroom.mediator.ports import Row, Transaction
from cleanroom.mediator.uploads import Stream
from cleanroom.room import periods
from cleanroom.room.states import AlignmentState, move
from protocols.limits import TOKEN_BYTES


def document_of(row: Row) -> AlignmentDocument:
    """Return the signed document of an alignment."""
    return AlignmentDocument.parse(row["document"])


def named(row: Row, side: PartyRole | None = None) -> tuple[str, ...]:
    """Return the datasets that an alignment names, of one side or of both."""
    document = document_of(row)
    sides = {"brand": document.brand_datasets, "platform": document.platform_datasets}
    return sides[side] if side else (*document.brand_datasets, *document.platform_datasets)


def proposed(
    transaction: Transaction, room: str, pair: tuple[str, str], policy: Policy, now: float
) -> int:
    """Return how many alignments of a brand and a platform were proposed.

    Where the room has periods, in the present one.
    """
    key: dict[str, Any] = {"room": room, "brand": pair[0], "platform": pair[1]}
    if policy.period is None:
        return transaction.count("alignments", **key)
    present = periods.number(policy, now)
    found = transaction.find("alignments", **key)
    return sum(periods.number(policy, row["created"]) == present for row in found)


def side_of(row: Row, party: str) -> PartyRole:
    """Return a party's side of an alignment; ``NotFound`` for whoever has none."""
    for side in SIDES:
        if row[side] == party:
            return side
    raise NotFound("not found among the alignments")


def of_caller(transaction: Transaction, caller: Caller, alignment: str) -> tuple[Row, PartyRole]:
    """Return an alignment that the caller is a side of, and which."""
    row = owned(transaction, caller, "alignments", alignment)
    return row, side_of(row, membership(transaction, caller, row["room"]).party)


def tokens_name(alignment: str, attempt: int, side: PartyRole, brand: str, platform: str) -> str:
    """Return the name of the stream with one side's tokens for a pair of datasets."""
    return f"alignments/{alignment}/tokens/{attempt}/{side}/{brand}/{platform}"


def tokens_stream(name: str, manifest: Manifest) -> Stream:
    """Return where the tokens of an audience go: one for each kind of identifier in a row."""
    return Stream(name, TOKEN_BYTES * len(manifest.profiles), manifest.rows)


def rows_name(alignment: str, attempt: int, dataset: str) -> str:
    """Return the name of the stream with a dataset's rows in the order of one alignment."""
    return f"alignments/{alignment}/rows/{attempt}/{dataset}"


def rows_in_use(transaction: Transaction, row: Row, dataset: str) -> str:
    """Return the stream with a dataset's rows in the order of an alignment's tokens.

    It is the dataset's own upload for the alignment that needed no other.
    """
    own = rows_name(row["id"], row["attempt"], dataset)
    sent_anew = transaction.get("uploads", stream=own) is not None
    return own if sent_anew else f"datasets/{dataset}/rows"


def streams(row: Row, dataset: str | None = None) -> list[str]:
    """Return the names of an alignment's streams, of one dataset or of all."""
    document = document_of(row)
    attempts = range(1, row["attempt"] + 1)
    rows = [
        rows_name(row["id"], attempt, one)
        for one in named(row)
        if dataset in (None, one)
        for attempt in attempts
    ]
    return rows + [
        tokens_name(row["id"], attempt, side, brand, platform)
        for brand in document.brand_datasets
        for platform in document.platform_datasets
        if dataset is None or dataset in (brand, platform)
        for side in SIDES
        for attempt in attempts
    ]


def fail_alignments(transaction: Transaction, room: str, dataset: str) -> None:
    """End the unfinished alignments of a dataset that is withdrawn."""
    for row in transaction.find("alignments", room=room):
        unfinished = row["state"] in (AlignmentState.PROPOSED, AlignmentState.RUNNING)
        if unfinished and dataset in named(row):
            fail(transaction, row, "dataset-withdrawn")


def fail(transaction: Transaction, row: Row, reason: str) -> None:
    """End an alignment."""
    state = move(AlignmentState(row["state"]), AlignmentState.FAILED)
    transaction.update("alignments", {"id": row["id"]}, state=state, reason=reason)


def view(transaction: Transaction, row: Row) -> dict[str, Any]:
    """Show an alignment to its parties."""
    joined = transaction.find("participations", alignment=row["id"], attempt=row["attempt"])
    return {
        "id": row["id"],
        "room": row["room"],
        "state": row["state"],
        "attempt": row["attempt"],
        "document": document_of(row).to_json(),
        "statement": json.loads(row["statement"]),
        "counts": {one["party"]: one["people"] for one in joined},
        "finished": [one["party"] for one in joined if one["transcript"]],
        "reason": row["reason"],
        "created": row["created"],
    }
