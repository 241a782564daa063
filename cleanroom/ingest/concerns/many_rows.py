"""Notice identifiers of many rows, and those cut to a width: several people are one then.

SPSS keeps eight letters of a string unless it is told otherwise (``A8``), SAS those of the first
row or of a format (``$8.``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from heapq import nsmallest
from typing import TYPE_CHECKING

import numpy as np

from cleanroom.ingest.identifiers.names import HASHED
from cleanroom.ingest.masking import KINDS, masked
from cleanroom.ingest.people import Integers, Named
from cleanroom.ingest.report import Concern, LabelCount
from cleanroom.ingest.texts import Column, parts
from protocols.deferred import Deferred

if TYPE_CHECKING:
    import pyarrow.compute as pc
else:
    pc = Deferred("pyarrow.compute")

_ROWS, _PEOPLE, _EACH, _LEAST = 100, 20, 20, 6
"""Rows from which so few people are odd, rows of the first of them, and the least width of all."""

_WIDE, _NARROW, _TIMES = 5, 20, 4
"""Identifiers of the greatest width, others, and how many times more rows the first have each."""


_SHOWN = 3
_NOT_SHOWN = re.compile(f"{KINDS['digest']}|{KINDS['device']}")
"""What tells apart, even masked, whose it is: by where its letters and its digits stand."""


def most_rows(people: Named, profile: str) -> tuple[LabelCount, ...]:
    """Return the identifiers that the most rows have, masked, and of equally many the first ones.

    Those of one row are none; digests and numbers of devices are left empty.
    """
    if not people.count or people.single:
        return ()
    rows = np.bincount(people.person[people.person >= 0], minlength=people.count)
    few = min(_SHOWN, people.count)
    least = max(2, int(np.partition(rows, -few)[-few]))
    found = [*np.flatnonzero(rows > least), *np.flatnonzero(rows == least)[:few]]
    top = nsmallest(few, (int(one) for one in found), key=lambda one: (-rows[one], one))
    texts = dict.fromkeys(top, "") if profile.startswith(HASHED) else _texts(people.values, top)
    return tuple(LabelCount(texts[one], int(rows[one])) for one in top)


def _texts(values: Column, places: list[int]) -> dict[int, str]:
    """Return some of the values, masked, in one pass over the parts."""
    texts: dict[int, str] = {}
    start = 0
    for part in parts(values):
        for place in places:
            if start <= place < start + len(part):
                text = part[place - start].as_py()
                texts[place] = "" if _NOT_SHOWN.match(text) else masked(text)
        if len(texts) == len(places):
            break
        start += len(part)
    return texts


def crowded(
    people: Named, column: str, profile: str, index: Integers
) -> Iterator[tuple[Concern, int]]:
    """Yield that many rows have few identifiers, or that those of the greatest width are crowded.

    ``index`` says which row of the file each row is; with the concern comes one of them.
    """
    if not people.count or people.single or profile != "raw:v1":
        return
    has = people.person[people.person >= 0]
    rows = np.bincount(has, minlength=people.count)
    widths = np.concatenate([pc.binary_length(part).to_numpy() for part in parts(people.values)])
    top = int(np.argmax(rows))
    few = people.count <= _PEOPLE and len(has) >= _ROWS and rows[top] >= _EACH
    few = few and widths.min() == widths.max() >= _LEAST
    top = top if few else _of_greatest_width(widths, rows)
    if top >= 0:
        told = masked(people.values[top].as_py())
        first = int(index[np.argmax(people.person == top)])
        kind, of = ("few-people", people.count) if few else ("widest", len(told))
        counted = len(has) if few else int(rows[top])
        yield Concern(kind, column, counted, of, told), first


def _of_greatest_width(widths: Integers, rows: Integers) -> int:
    """Return the widest identifier with the most rows, if all of that width have many, else -1."""
    wide = widths == widths.max()
    narrow = int(np.count_nonzero(~wide))
    if np.count_nonzero(wide) < _WIDE or narrow < _NARROW:
        return -1
    usual = float(rows[~wide].mean())
    crowd = float(np.median(rows[wide])) >= _TIMES * usual
    return int(np.argmax(np.where(wide, rows, 0))) if crowd else -1
