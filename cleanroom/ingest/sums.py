"""Add up the measures that count, for their owner to compare with what the source shows."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from cleanroom.ingest.people import Integers
from cleanroom.ingest.report import Total

if TYPE_CHECKING:
    from cleanroom.ingest.spec import MeasureSpec


def sums(measures: Mapping[str, Integers], specs: Mapping[str, MeasureSpec]) -> dict[str, Total]:
    """Return the sum, the least and the greatest value of each measure that has any."""
    return {name: total(one, specs[name].decimals) for name, one in measures.items() if len(one)}


def total(values: Integers, decimals: int) -> Total:
    """Sum up values, at least one, in units of so many decimals."""
    low = values & 0xFFFFFFFF  # the halves are summed apart: the sum may have more than 63 bits
    whole = (int((values >> 32).sum()) << 32) + int(low.sum())
    found = (whole, int(values.min()), int(values.max()))
    return Total(*(f"{Decimal(one).scaleb(-decimals):f}" for one in found))
