"""Notice columns of which the cells look like another kind, or damaged, in the first rows."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cleanroom.ingest.concerns.check_digits import DIGITS, checked, lacking_zeros
from cleanroom.ingest.concerns.rounding_of_numbers import (
    LONG_NUMBERS,
    Singles,
    Steps,
    is_rounded,
    widths,
    without_zeros,
)
from cleanroom.ingest.masking import KINDS
from cleanroom.ingest.report import Concern
from cleanroom.ingest.seen import misread
from protocols.deferred import Deferred

if TYPE_CHECKING:
    import phonenumbers
    import pyarrow as pa
    import pyarrow.compute as pc

    from cleanroom.ingest.spec import DatasetSpec
else:
    phonenumbers, pa = Deferred("phonenumbers"), Deferred("pyarrow")
    pc = Deferred("pyarrow.compute")

LOOKS_SHARE = 0.2
"""A column of which a greater share looks like another kind is a concern."""

_PER_BATCH, _LOOKED_AT = 2_000, 20_000
_MISREAD_SHARE = 0.001
"""One in some thousands of names of three Han signs looks misread by chance."""
_DEVICES = re.compile(
    r"(?i)device|advertising|广告|设备|idf[av]|"
    r"(?:^|[_ -])(?:[goa]aid|maid|rdid|r?ida|t?ifa|ad_?id)s?(?:$|[_ -])"
)
"""Names of columns of devices' numbers."""
_AMERICAN = r"^(\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}[-.])[2-9][0-9]{2}[-.][0-9]{4}$"
"""A number as people in North America write it, without its country code."""
_ESCAPED = (
    r"[^\\]\\\\[^\\]|\\[,;|\t'\"]|[^\\]\\$|"
    r"&(amp|lt|gt|quot|apos|nbsp|#[0-9]+|#x[0-9A-Fa-f]+);|%(20|2[0-9A-F]|3[A-F]|40|E[3-9]%[89AB])|"
    r"=[C-E][0-9A-F](=[89AB][0-9A-F])+|"
    r"(\\u[0-9A-Fa-f]{4}){2}|\\u00[c-fC-F][0-9A-Fa-f]|\\[nrt]$|_x000[9ADad]_"
)
"""Signs that stand for others: behind backslashes, as entities of HTML, as bytes of a link or mail.

JSON writes all but plain letters by their numbers, workbooks so what ends a line.
"""
_LONG = r"^0*[1-9][0-9]{15,39}$"
"""A number of more digits than a spreadsheet keeps; all zeros are a device that says nothing."""

_WHOLE = r"^0*[1-9][0-9]{7,14}$"
"""A whole number that a float of 64 bits holds, and one of 32 bits may not."""
_CLIENT = r"^[1-9][0-9]{7,9}\.1[4-9][0-9]{2,8}$"
_CLIENT_CUT = r"^[1-9][0-9]{7,9}\.1[4-9][0-9]{2,7}$"
"""A client of Google Analytics: a number, and a Unix time of ten digits unless a float cut it."""
_CLIENTS, _CUT = ("client-cut", "client"), 20

_NO_MEMBERS = {
    "date": r"^((19|20)[0-9]{2}([-/.][0-9]{1,2}[-/.][0-9]{1,2}|年[0-9]{1,2}月[0-9]{1,2}日)|"
    r"[0-9]{1,2}[-/.][0-9]{1,2}[-/.](19|20)[0-9]{2})([T ][^A-Za-z]*Z?)?$",
    "amount": r"^[+-]?([$€£¥￥] ?[0-9]+|[$€£¥￥]? ?[0-9]{1,3}(,[0-9]{3})+)\.[0-9]{2}$",
    "ip": r"^([0-9]{1,3}\.){3}[0-9]{1,3}$|^([0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}$|"
    r"^([0-9A-Fa-f]{1,4}:){1,6}(:[0-9A-Fa-f]{1,4}){1,6}$",
    "name": r"^[\x{4e00}-\x{9fff}]{2,4}$|^[\x{4e00}-\x{9fff}]{1,2} [\x{4e00}-\x{9fff}]{1,2}$|"
    r"^[\x{ac00}-\x{d7a3}]{2,4}$|^\p{Lu}[\p{L}'’.-]*(,? \p{L}[\p{L}'’.-]*){1,3}$",
}
"""What is no number of a member: several people have one, or a person several."""


def _matching(cells: pa.Array, pattern: str) -> pa.Array:
    return cells.filter(pc.match_substring_regex(cells, pattern))


@dataclass
class Look:
    """Count, in the first rows of each batch, what kinds of things the cells of a column are."""

    cells: Counter[str] = field(default_factory=Counter)
    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)
    steps: defaultdict[str, Steps] = field(default_factory=lambda: defaultdict(Steps))
    widths: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    checks: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    singles: defaultdict[str, Singles] = field(default_factory=lambda: defaultdict(Singles))
    _rows: int = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """Look at the first rows of a batch, until enough were seen."""
        count = min(batch.num_rows, _PER_BATCH, _LOOKED_AT - self._rows)
        if count <= 0:
            return
        self._rows += count
        for name in batch.schema.names:
            column = batch.column(name).slice(0, count)
            if pa.types.is_string(column.type):
                self._add(name, pc.utf8_trim_whitespace(pc.fill_null(column, "")))

    def _add(self, name: str, cells: pa.Array) -> None:
        self.cells[name] += int(pc.sum(pc.greater(pc.binary_length(cells), 0)).as_py() or 0)
        patterns = {**KINDS, "long": _LONG, "american": _AMERICAN, "escaped": _ESCAPED}
        patterns |= {"client": _CLIENT, "client-cut": _CLIENT_CUT} | _NO_MEMBERS
        for kind, pattern in patterns.items():
            found = pc.sum(pc.match_substring_regex(cells, pattern)).as_py()
            self.kinds[name, kind] += int(found or 0)
        foreign = pc.value_counts(cells.filter(pc.invert(pc.string_is_ascii(cells))))
        self.kinds[name, "misread"] += sum(
            one["counts"] for one in foreign.to_pylist() if misread(one["values"])
        )
        digits = _matching(cells, "^0*[1-9][0-9]*$")
        numbers = _matching(digits, _LONG).to_pylist()
        self.kinds[name, "rounded"] += sum(map(is_rounded, numbers))
        self.steps[name].add(numbers)
        self.widths[name].update(widths(digits.to_pylist()))
        self.singles[name].add(_matching(digits, _WHOLE).cast(pa.int64()).to_numpy())
        self.checks[name].update(checked(_matching(digits, DIGITS).cast(pa.int64()).to_numpy()))

    def document(self) -> dict[str, Any]:
        """Return all that was counted, in plain values."""
        return {
            "cells": self.cells,
            "kinds": [[*key, count] for key, count in self.kinds.items()],
            "steps": {name: steps.document() for name, steps in self.steps.items()},
            "widths": self.widths,
            "checks": self.checks,
            "singles": {name: singles.document() for name, singles in self.singles.items()},
            "rows": self._rows,
        }

    def absorb(self, document: Mapping[str, Any]) -> None:
        """Add what was counted of rows further below, unless enough were seen."""
        if self._rows >= _LOOKED_AT:
            return
        self._rows += int(document["rows"])
        self.cells.update(document["cells"])
        for name, kind, count in document["kinds"]:
            self.kinds[name, kind] += int(count)
        for name, steps in document["steps"].items():
            self.steps[name].absorb(steps)
        for name, counts in document["widths"].items():
            self.widths[name].update(counts)
        for name, counts in document["checks"].items():
            self.checks[name].update(counts)
        for name, singles in document["singles"].items():
            self.singles[name].absorb(singles)

    def concerns(self, spec: DatasetSpec) -> Iterator[Concern]:
        """Yield the columns that look like another kind than the declared one."""
        for name, declared, kinds in _declared(spec):
            for kind in kinds:
                rows, of = self.kinds[name, kind], self.cells[name]
                if of and rows / of > LOOKS_SHARE:
                    yield Concern("looks-like", name, rows, of, declared, kind)
        yield from self._american(spec)
        yield from self._raw(spec)
        for name in dict.fromkeys([*(one.column for one in spec.ids), *spec.labels]):
            if self.kinds[name, "escaped"]:
                yield Concern("escaped", name, self.kinds[name, "escaped"], self.cells[name])
        named = [one.column for one in spec.ids]
        for name in dict.fromkeys([*named, spec.key or named[0]]):
            rows, of = self.kinds[name, "rounded"], self.kinds[name, "long"]
            if self.steps[name].rounded:
                rows = max(rows, self.steps[name].rows)
            if of >= LONG_NUMBERS and (rows > of / 2 or self.steps[name].excess(rows, of)):
                yield Concern("rounded", name, rows, of)
            cut, clients, singles = *(self.kinds[name, k] for k in _CLIENTS), self.singles[name]
            if singles.rounded:
                yield Concern("rounded", name, singles.rows, singles.rows)
            elif cut >= _CUT and cut > clients / 2:
                yield Concern("rounded", name, cut, clients)

    def _raw(self, spec: DatasetSpec) -> Iterator[Concern]:
        for name in (one.column for one in spec.ids if one.profile == "raw:v1"):
            rows, of = self.kinds[name, "misread"], self.cells[name]
            if rows > of * _MISREAD_SHARE:
                yield Concern("misread", name, rows, of)
            if lost := without_zeros(self.widths[name]):
                yield Concern("zeros-lost", name, lost, of)
            kind, lost = lacking_zeros(self.checks[name])
            if lost:
                yield Concern("zeros-of", name, lost, of, kind)

    def _american(self, spec: DatasetSpec) -> Iterator[Concern]:
        for one in spec.ids:
            rows, abroad = self.kinds[one.column, "american"], one.region
            if rows and abroad and phonenumbers.country_code_for_region(abroad) != 1:
                yield Concern("american", one.column, rows, self.cells[one.column], abroad)


def _declared(spec: DatasetSpec) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Yield a column, what it is declared as, and what it should then not look like."""
    for one in spec.ids:
        family = one.profile.split(":")[0]
        own = {"email": "email", "phone": "phone", "sha256": "digest", "raw": ""}
        others = [kind for kind in KINDS if kind != own.get(family, "device")]
        if family == "oaid":
            others.remove("digest")
        if family == "raw":
            others += _NO_MEMBERS
        if family == "raw" and not _DEVICES.search(one.column):
            others.remove("device")  # databases give customers such numbers, too (RFC 9562)
        yield one.column, one.profile, tuple(others)
    for name in spec.labels:
        yield name, "label", tuple(KINDS)
    for measure in spec.measures.values():
        yield measure.column, "measure", ("phone",)
