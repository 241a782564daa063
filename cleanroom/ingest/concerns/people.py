"""Notice what is odd about the people of a file, by each identifier that they have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from cleanroom.ingest.concerns.counts import shared
from cleanroom.ingest.concerns.likenesses import likenesses
from cleanroom.ingest.concerns.many_rows import crowded
from cleanroom.ingest.concerns.numbers_of_shops import numbered_anew
from cleanroom.ingest.concerns.typed import placeholders
from cleanroom.ingest.report import Concern

if TYPE_CHECKING:
    from cleanroom.ingest.rows import Rows
    from cleanroom.isolated.unread import Counts


def of_people(rows: Rows, columns: Mapping[str, Counts | None]) -> Iterator[tuple[Concern, int]]:
    """Yield what is odd about the people, each with a row of the file.

    ``columns`` are others, with their few values.
    """
    for concern, row in rows.identified.crowds(rows.spec):
        yield concern, int(rows.index[row])
    for one, named in zip(rows.spec.ids, rows.identified.kinds, strict=True):
        crowd = shared(named, rows.index)
        if crowd:
            yield crowd
        else:
            yield from crowded(named, one.column, one.profile, rows.index)
        yield from placeholders(named, one.column, one.profile, rows.index)
        if rows.single:
            for concern, row in numbered_anew(named, one.column, one.profile, columns):
                yield concern, int(rows.index[row])
        first = named.first_rows()
        for concern, value in likenesses(named.values, one.column, one.profile):
            yield concern, int(rows.index[first[value]])
