"""The rows that each side of a question of one hub makes: one for each of its people."""

from __future__ import annotations

import json
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from cleanroom.queries import events, media
from cleanroom.queries.plan import Made, Question
from cleanroom.queries.template import PartyRows

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from cleanroom.ingest import Table
    from cleanroom.queries.credit.pieces import Pieces


def made(question: Question) -> Made:
    """Bound the rows: people of the hub, and of the other dataset that is looked at."""
    return Made(question.brand.people, question.platform.people)


def rows_of_hub(
    table: Table, columns: tuple[str, ...], values: bool, labels_at_most: int = 1
) -> PartyRows:
    """Make one row for each person of an audience, labelled by some of its columns.

    The names of labels are JSON lists, ``labels_at_most`` of them: a column may declare more than
    its file has.  With ``values`` each row has its indicator and all
    measures.
    """
    labels = [table.labels[name] for name in columns]
    code = np.zeros(table.rows, dtype=np.int64)
    for label in labels:
        code = code * len(label.domain) + label.codes
    possible = product(*(label.domain for label in labels))
    names = media.filled([json.dumps(one) for one in possible], labels_at_most)
    packed = None
    if values:
        ones = np.ones(table.rows, dtype=np.int64)
        packed = np.stack([ones, *table.measures.values()], axis=1)
    return _one_each(table.person.astype(np.int64), code, names, packed)


def rows_of_other(person: npt.NDArray[np.int64], code: npt.NDArray[np.int64]) -> PartyRows:
    """Make one row for each of some people, with a code that the mediator reads as it is."""
    return _one_each(person, code, (), None)


def rows_of_conversions(
    question: Question, asked: events.Asked, measures: tuple[str, ...], labels: int
) -> PartyRows:
    """Make one row for each conversion: its number among its person's, its tick, what it is worth.

    The first of each person counts that person.
    """
    kept = asked.bounded.conversions
    first = np.searchsorted(kept.person, kept.person)
    number = np.arange(len(kept)) - first
    counts = (number == 0) | events.counts_alone(question)
    ones = np.ones(len(kept), dtype=np.int64)
    return PartyRows(
        row=None,
        person=kept.person,
        level=number,
        index=kept.tick,
        rows=len(kept),
        label=np.zeros(len(kept), dtype=np.int32),
        flag=counts,
        values=np.column_stack([counts.astype(np.int64), ones, kept.values]),
        names=media.filled((), labels),
        facts=asked.facts(measures),
    )


def rows_of_touched(pieces: Pieces, names: Mapping[int, str], conversions: int) -> PartyRows:
    """Make a row for each person and number of a conversion, with a token for each covered tick.

    ``names`` are those of every key that can win; the token's label is the key of its piece.
    """
    place = np.full(max(names, default=0) + 1, -1, dtype=np.int32)
    place[list(names)] = np.arange(len(names), dtype=np.int32)
    long = pieces.high - pieces.low
    piece = np.repeat(np.arange(len(pieces)), long)
    tick = pieces.low[piece] + np.arange(len(piece)) - np.repeat(np.cumsum(long) - long, long)
    people, who = np.unique(pieces.person[piece], return_inverse=True)
    number = np.repeat(np.arange(conversions, dtype=np.int64), len(piece))
    rows = len(people) * conversions
    return PartyRows(
        row=np.tile(who, conversions) * conversions + number,
        person=np.tile(pieces.person[piece], conversions),
        level=number,
        index=np.tile(tick, conversions),
        rows=rows,
        label=np.tile(place[pieces.vectors.winners()[pieces.label[piece]]], conversions),
        flag=np.ones(rows, dtype=np.bool_),
        values=None,
        names=tuple(names.values()),
    )


def _one_each(
    person: npt.NDArray[np.int64],
    code: npt.NDArray[np.int64],
    names: tuple[str, ...],
    values: npt.NDArray[np.int64] | None,
) -> PartyRows:
    return PartyRows(
        row=None,
        person=person,
        level=np.zeros_like(person),
        index=np.zeros_like(person),
        rows=len(person),
        label=code.astype(np.int32),
        flag=np.ones(len(person), dtype=np.bool_),
        values=values,
        names=names,
    )
