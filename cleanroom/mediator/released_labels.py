"""Forward the sealed names of the labels of released groups, and of no others."""

from __future__ import annotations

import base64

from cleanroom.documents.agreement import PartyRole
from cleanroom.documents.dataset import Dictionary
from cleanroom.documents.release import ReleasedLabel
from cleanroom.mediator import uploads
from cleanroom.mediator.context import Context
from cleanroom.mediator.job_messages import NAME_BYTES
from cleanroom.mediator.job_rows import message_stream
from cleanroom.room.jobs import Asked


def labels(context: Context, asked: Asked, job: str, cells: list[int]) -> tuple[ReleasedLabel, ...]:
    """Return the sealed names of released groups that the receiver does not know itself."""
    if asked.plan.merged:
        return ()
    if asked.plan.veiled:
        return _others_labels(context, asked, job, cells)
    if asked.plan.source == "job":
        return _job_labels(context, asked, job, cells)
    return _audience_labels(context, asked, cells)


def _others_labels(
    context: Context, asked: Asked, job: str, cells: list[int]
) -> tuple[ReleasedLabel, ...]:
    """Return the names of released cells of a hub's others, each with the side that sealed it."""
    found, shape = [], asked.plan.hub
    for place, side in enumerate(asked.job.sides[1:]):
        own = [cell % shape.credits for cell in cells if shape and cell // shape.credits == place]
        names = uploads.load(context, message_stream(job, "names", side), NAME_BYTES)
        found += [
            ReleasedLabel(column=side, code=code, sealed=_base64(names[code].tobytes()))
            for code in sorted(own)
        ]
    return tuple(found)


def _job_labels(
    context: Context, asked: Asked, job: str, cells: list[int]
) -> tuple[ReleasedLabel, ...]:
    found = []
    for column in asked.plan.columns:
        if column.side == asked.job.receiver:
            continue
        stream = message_stream(job, "names", column.side)
        names = uploads.load(context, stream, NAME_BYTES)
        found += [
            ReleasedLabel(column=str(column), code=code, sealed=_base64(names[code].tobytes()))
            for code in sorted(set(cells))
        ]
    return tuple(found)


def _audience_labels(context: Context, asked: Asked, cells: list[int]) -> tuple[ReleasedLabel, ...]:
    used = {pair for cell in cells for pair in asked.question.codes(asked.plan, cell).items()}
    found: list[ReleasedLabel] = []
    for column in reversed(asked.plan.cell_columns):
        label = asked.manifest(column.side).label(column.name)
        if label is None or column.side == asked.job.receiver:
            continue
        sealed = _dictionary(context, asked, column.side, column.name)
        found += [
            ReleasedLabel(column=str(column), code=code, sealed=sealed[label.domain[code]])
            for code in sorted(code for one, code in used if one == column)
            if label.domain[code] in sealed
        ]
    return tuple(found)


def _dictionary(context: Context, asked: Asked, side: PartyRole, column: str) -> dict[str, str]:
    """Return a column's entries that are sealed to the receiver, by pseudonym; empty if none."""
    dataset = asked.manifest(side).identity()
    try:
        data = context.blobs.read(f"datasets/{dataset}/dictionary")
    except FileNotFoundError:
        return {}
    reader = asked.party(asked.job.receiver)
    return {
        entry.pseudonym: entry.sealed
        for entry in Dictionary.parse(data).entries
        if entry.column == column and entry.reader in (None, reader)
    }


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
