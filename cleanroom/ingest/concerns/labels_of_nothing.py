# ruff: noqa: E501
"""Notice ages and birthdays of nobody, as programs write them where they know none."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from statistics import median
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from cleanroom.ingest.report import Concern
from cleanroom.ingest.texts import number_like
from cleanroom.isolated.unread import Counts, counted
from protocols.deferred import Deferred

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc
else:
    pa = Deferred("pyarrow")
    pc = Deferred("pyarrow.compute")

_AGE: Final = re.compile(
    r"(?i)(?:^|[^a-z])(?:age|alter|edad|âge|età|idade|leeftijd|wiek|yaş|umur)(?:$|[^a-z])"
    r"|年龄|年齢|年齡|나이|연령|tuổi|อายุ"
)
_BIRTH: Final = re.compile(
    "(?i)birth|(?:^|_)dob(?:$|_)|出生|生日|生年|출생|생년|naissance|nacimiento|nascita|nascimento|gebur"
)
_ZERO, _YOUNG = r"^\s*0+(?:\.0+)?\s*$", r"^\s*0*[1-9](?:\.[0-9]*)?\s*$"
_NO_AGE = r"^\s*(?:-[0-9]+|0*(?:1[2-9][0-9]|[2-9][0-9]{2}|[1-9][0-9]{3,}))(?:\.0+)?\s*$"
"""A number below 0, or from 120 on."""

_MANY, _ZEROS, _SHARE, _NUMBERS = 5, 0.02, 0.01, 3
"""Rows that are hardly newborn children, or a mistake, and their shares of all; the most numbers
that stand for none: more are days, or months."""

_TIME = r"(?:[T ]0[08]:00(?::00(?:\.0+)?)?Z?)?"
_FIRST, _SIGN = "1900|1970|1753|0001", "[-/.]?"
_NO_DAY: Final = re.compile(
    f"(?:(?:{_FIRST}){_SIGN}0?1{_SIGN}(?:0?1|00)|1899{_SIGN}12{_SIGN}3[01]|1969{_SIGN}12{_SIGN}31"
    f"|0?1[-/.]0?1[-/.](?:{_FIRST})|(?:{_FIRST})年0?1月0?1日){_TIME}"
)
"""The days from which programs count."""
_DAY: Final = re.compile(
    f"(?:[0-9]{{4}}{_SIGN}[0-9]{{1,2}}{_SIGN}[0-9]{{1,2}}|[0-9]{{1,2}}[-/.][0-9]{{1,2}}[-/.][0-9]{{4}}|[0-9]{{4}}年.*日){_TIME}"
)
_NO_YEAR: Final = frozenset({"-1", "0", "1", "1753", "1899", "1900"})
_TIMES: Final = 5
"""How many times the rows of other days one has that stands for none."""


def is_age(column: str) -> bool:
    """Tell whether a column has ages, by its name."""
    return _AGE.search(column) is not None


def of_nobody(column: str, labels: Mapping[str, int], rows: int) -> list[str]:
    """Return the labels that many rows have and that are nobody's age, or day or year of birth.

    ``labels`` has each label with its rows, of ``rows`` in all.
    """
    few = max(_MANY, _SHARE * rows)
    days = [one for one in labels if _NO_DAY.fullmatch(one)]
    others = [count for one, count in labels.items() if one not in days and _DAY.fullmatch(one)]
    least = max(few, _TIMES * median(others) if others else 0)
    found = [one for one in days if labels[one] >= least]
    if _BIRTH.search(column):
        found += [one for one in labels if one in _NO_YEAR and labels[one] >= few]
    elif is_age(column):
        ages = {one: (count, 0) for one, count in labels.items()}
        young = sum(count for one, count in labels.items() if re.match(_YOUNG, one))
        found += [*_zeros(ages, young, rows), *_none(ages, rows)]
    return found


def _zeros(ages: Counts, young: int, rows: int) -> Counts:
    """Return the ages of 0 if so many are hardly children, of whom as many are a little older."""
    zeros = {one: told for one, told in ages.items() if re.match(_ZERO, one)}
    count = sum(one for one, _ in zeros.values())
    return zeros if count >= max(_MANY, _ZEROS * rows, 2 * young + 1) else {}


def _none(ages: Counts, rows: int) -> Counts:
    """Return the ages that nobody has if they are few numbers and many rows have them."""
    odd = {one: told for one, told in ages.items() if re.match(_NO_AGE, one)}
    many = sum(one for one, _ in odd.values()) >= max(_MANY, _SHARE * rows)
    return odd if many and len(odd) <= _NUMBERS else {}


class Ages:
    """Watch the numbers of a column of ages from which labels are cut."""

    def __init__(self) -> None:
        self._rows = self._young = 0
        self._odd: Counts | None = {}

    def add(self, column: pa.Array) -> None:
        """Count the cells of a batch that are 0, or nobody's age."""
        cells = pc.fill_null(column.cast(pa.string()), "")
        self._young += number_like(cells, _YOUNG)
        odd = pc.match_substring_regex(cells, f"{_ZERO}|{_NO_AGE}").to_numpy(zero_copy_only=False)
        texts = cells.filter(pa.array(odd)).dictionary_encode()
        known = texts.dictionary.to_pylist()
        which, first, counts = np.unique(
            texts.indices.to_numpy(), return_index=True, return_counts=True
        )
        places = np.flatnonzero(odd)[first] + self._rows
        found = zip(which.tolist(), counts.tolist(), places.tolist(), strict=True)
        self._odd = counted(self._odd, ((known[code], rows, row) for code, rows, row in found))
        self._rows += len(column)

    def document(self) -> dict[str, Any]:
        """Return what was counted, in plain values."""
        return {"rows": self._rows, "young": self._young, "odd": self._odd}

    def absorb(self, document: Mapping[str, Any]) -> None:
        """Add what was counted of rows further below."""
        below = document["odd"]
        found = [
            (one, int(rows), self._rows + int(row)) for one, (rows, row) in (below or {}).items()
        ]
        self._odd = None if below is None else counted(self._odd, found)
        self._rows += int(document["rows"])
        self._young += int(document["young"])

    def concerns(self, column: str) -> Iterator[tuple[Concern, int]]:
        """Yield that ages are 0 where few are children, or nobody's: so programs write no age."""
        ages = self._odd or {}
        zeros, none = _zeros(ages, self._young, self._rows), _none(ages, self._rows)
        for kind, found, told in (
            ("maybe-nothing", zeros, "0"),
            ("old-ages", none, ", ".join(none)),
        ):
            if found:
                rows = sum(count for count, _ in found.values())
                first = min(row for _, row in found.values())
                yield Concern(kind, column, rows, self._rows, told), first
