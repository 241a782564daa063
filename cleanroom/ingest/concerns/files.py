"""Notice what is odd about a file before its cells are looked at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from cleanroom.ingest.concerns.countries import plus_alone
from cleanroom.ingest.concerns.counts import capped
from cleanroom.ingest.concerns.described import described
from cleanroom.ingest.concerns.digests import as_typed
from cleanroom.ingest.concerns.elsewhere import totals_elsewhere
from cleanroom.ingest.concerns.orders import totals
from cleanroom.ingest.concerns.unread import of_filter, of_unread
from cleanroom.ingest.report import Concern

if TYPE_CHECKING:
    from cleanroom.ingest.source import Source
    from cleanroom.ingest.spec import DatasetSpec

_NAMED = 3


def of_file(
    spec: DatasetSpec, source: Source, domains: Iterable[Iterable[str]], total: int
) -> Iterator[Concern]:
    """Yield what is odd about a file before its cells are looked at."""
    yield from capped(total, parquet=source.parquet)
    rows, shifted = source.odd[0], source.shifted[0]
    if rows:
        yield Concern("swallowed", "", rows, total, places=source.odd[1])
    if shifted:
        lines = tuple(source.locate(source.shifted[1]).values())
        yield Concern("shifted", "", shifted, total, places=lines)
    if source.marked:
        mark = tuple(source.locate([source.marked]).values())
        yield Concern("end-mark", "", 1, total, places=mark)
    if source.spoilt.rows:
        yield _spoilt(source, total)
    if source.doubled:
        yield Concern("line-ends", "", total, total)
    if source.cut:
        yield Concern("cut", "", 1, total, places=tuple(source.locate([source.cut]).values()))
    beside = [*totals_elsewhere(source, domains, total)]
    beside += of_unread(spec, source, total)
    beside += totals(source.orders, spec.kind)
    gone = {one.column for one, _ in beside if one.kind == "undone"}
    beside += described(spec, source, total, gone)
    found = source.locate(sorted({record for _, record in beside}))
    yield from (replace(one, places=(found[record],)) for one, record in beside)
    yield from as_typed(spec, source)
    yield from plus_alone(spec, source)
    yield from of_filter(spec, source)


def _spoilt(source: Source, total: int) -> Concern:
    """Return that cells are not UTF-8, with the columns that have most of them."""
    found = source.spoilt
    names = sorted(found.columns, key=lambda name: -found.columns[name])
    told = ", ".join(names[:_NAMED]) + ", …" * (len(names) > _NAMED)
    kind, lines = "encoding" if found.encoding else "spoilt", source.locate([found.first])
    return Concern(kind, told, found.rows, total, found.encoding, places=tuple(lines.values()))
