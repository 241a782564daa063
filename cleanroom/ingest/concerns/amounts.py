"""Notice amounts that stand in a file more than once, or in another unit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cleanroom.ingest.concerns.copied import copied, of_customers
from cleanroom.ingest.concerns.parts_of_numbers import no_cents
from cleanroom.ingest.concerns.pivoted import adding_up
from cleanroom.ingest.concerns.snapshots import snapshots
from cleanroom.ingest.concerns.subtotals import subtotals
from cleanroom.ingest.concerns.units_of_amounts import in_cents
from cleanroom.ingest.people import Integers
from cleanroom.ingest.report import Concern

if TYPE_CHECKING:
    from cleanroom.ingest.rows import Rows
    from cleanroom.ingest.source import Source
    from cleanroom.ingest.spec import DatasetSpec


def of_amounts(
    name: str,
    values: Integers,
    spec: DatasetSpec,
    rows: Rows,
    source: Source,
    moments: Integers | None,
) -> Iterator[tuple[Concern, int]]:
    """Yield which usable rows count a measure of others once more, by what tells it first."""
    column = spec.measures[name].column
    found: list[tuple[Concern, int]] = []
    if rows.single and spec.duplicates == "sum":
        found = [*snapshots(column, values, rows.people, source.others)]
        found = found or [*subtotals(column, values, rows.people)]
        found = found or [*copied(column, values, rows.people, single=source.single)]
    elif moments is not None and not rows.single:
        found = [*of_customers(column, values, rows.people, moments)]
    yield from found or adding_up(column, values)
    beside = source.others | source.split
    yield from no_cents(spec.measures[name], values, beside)
    yield from in_cents(name, values, spec, beside)
