"""Notice words for a total in columns that nobody reads, and leave names of products alone.

A total of a group is called after it, so the group is a value of the same column or of another; a
name that many rows have, and that is called after nothing, is a name.  But no three products are
all called totals, nor two of three; nor do several people have one name each time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from cleanroom.ingest.identifiers.nothing import bare
from cleanroom.ingest.identifiers.totals import ANYWHERE, SINGLE
from cleanroom.ingest.identifiers.words import words_in
from cleanroom.ingest.report import Concern

if TYPE_CHECKING:
    from cleanroom.ingest.source import Source
    from cleanroom.isolated.unread import Counts

_FEW, _SELDOM = 3, 0.2
"""Cells, and a share of all, up to which words that may be values are pointed at."""

_OFTEN, _SHARE = 5, 0.05
"""Rows, and a share of all, from which on a word is hardly the total of one group."""

_MANY = 3
"""Names that end as a total does of which no column of products has so many."""

_GROUPS = words_in(
    "day|daily|week|weekly|month|monthly|quarter|quarterly|year|yearly|annual|page|section|group"
    "|order|invoice|cart|basket|batch|account|customer|client|member|store|shop|branch|region|area"
    "|country|city|department|category|product|campaign|channel"
)
"""What rows are grouped by, after which nothing else is called."""

_TOTAL: Final = re.compile(ANYWHERE)


def totals_elsewhere(
    source: Source, domains: Iterable[Iterable[str]], total: int
) -> Iterator[tuple[Concern, int]]:
    """Yield the columns with words for a total, and a record; ``domains`` are those of labels."""
    told: dict[str, tuple[int, int]] = {}
    groups = {
        bare(value) for values in (*source.others.values(), *domains) for value in values or ()
    }
    for column, (cells, record) in source.unread.items():
        values = source.others.get(column) or {}
        names = _names(values, groups, total, source.owners.get(column, {}))
        rows = cells - sum(values[name][0] for name in names)
        left = [at for value, (_, at) in values.items() if value not in names and _is_total(value)]
        if rows > 0:
            told[column] = rows, min(left, default=record)
    for column, (cells, record) in source.seldom.items():
        if cells <= max(_FEW, _SELDOM * total):
            others, first = told.get(column, (0, record))
            told[column] = (cells + others, min(first, record))
    for column, (cells, record) in told.items():
        yield Concern("total-elsewhere", column, cells, total), record


def _is_total(value: str) -> bool:
    return _TOTAL.fullmatch(bare(value)) is not None


def _names(
    values: Counts, groups: set[str], total: int, owners: Mapping[str, Sequence[int]]
) -> set[str]:
    """Return the values of a column that only end as a total does."""
    often = {value for value, (rows, _) in values.items() if rows >= max(_OFTEN, _SHARE * total)}
    named = {value for value in often if _is_total(value) and _called_after_nothing(value, groups)}
    # A person's name stands beside one identifier.
    shared = {value for value in named if len(owners.get(value, ())) > 1}
    many = len(shared) >= _MANY or (len(shared) > 1 and 2 * len(shared) > len(values.keys() - {""}))
    return named - shared if many else named


def _called_after_nothing(value: str, groups: set[str]) -> bool:
    word = bare(value)
    group = word.rpartition(" ")[0]
    return bool(group) and word not in SINGLE and group not in groups | _GROUPS
