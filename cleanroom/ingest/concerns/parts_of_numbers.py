"""Notice amounts with decimals in a currency that has none, such as yen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

import numpy as np

from cleanroom.ingest.concerns.unread import currencies
from cleanroom.ingest.identifiers.nothing import bare
from cleanroom.ingest.people import Integers
from cleanroom.ingest.report import Concern

if TYPE_CHECKING:
    from cleanroom.ingest.spec import MeasureSpec
    from cleanroom.isolated.unread import Counts

_WHOLE: Final = frozenset(
    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split()  # noqa: SIM905
)
"""Currencies without a minor unit (ISO 4217)."""

_SHARE: Final = 0.5
"""The least share of amounts with decimals: a few may be a tax, or a share of a discount."""


def no_cents(
    measure: MeasureSpec, values: Integers, columns: Mapping[str, Counts | None]
) -> Iterator[tuple[Concern, int]]:
    """Yield how many amounts have decimals though the one currency beside them has none.

    ``values`` are scaled by the declared decimals; ``columns`` are the others, with their few
    values.
    """
    parts = values % 10**measure.decimals != 0
    rows = int(np.count_nonzero(parts))
    if rows <= _SHARE * len(values):
        return
    for name, counted in columns.items():
        if code := in_whole_units(name, counted or {}):
            told = f"{name}: {code}"
            yield Concern("no-cents", measure.column, rows, len(values), told), int(parts.argmax())
            return


def in_whole_units(name: str, counted: Counts) -> str:
    """Return the one currency that a column has, if it has no minor unit."""
    codes = currencies(name, {one: told for one, told in counted.items() if bare(one)})
    return codes[0] if len(codes) == 1 and codes[0] in _WHOLE else ""
