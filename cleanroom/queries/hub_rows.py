"""The rows that each side of a question of one hub makes: one for each of its people."""

from __future__ import annotations

import json
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from cleanroom.queries import media
from cleanroom.queries.plan import Made, Question
from cleanroom.queries.template import PartyRows

if TYPE_CHECKING:
    import numpy.typing as npt

    from cleanroom.ingest import Table


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
