"""Notice amounts that are in cents or the like, and are called by a name that does not say so.

WeChat Pay, Stripe and Square give amounts in the smallest unit of their currency, as pages of their
interfaces say (WeChat Pay, *Unified order*; Stripe, *Currencies*; Square, *Working with monetary
amounts*).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

import numpy as np

from cleanroom.ingest.concerns.names_of_columns import POINTS, smaller_unit
from cleanroom.ingest.concerns.parts_of_numbers import in_whole_units
from cleanroom.ingest.identifiers.nothing import bare
from cleanroom.ingest.people import Integers
from cleanroom.ingest.report import Concern

if TYPE_CHECKING:
    from cleanroom.ingest.spec import DatasetSpec
    from cleanroom.isolated.unread import Counts

_PROGRAMS: Final = (
    (r"(?:total|refund|payer)_?(?:fee|total)|amount[._](?:payer_)?total",
     {"mchid", "bank_type", "fee_type", "time_end", "trade_state", "transaction_id", "cash_fee"}),
    (r"(?:cash|coupon|settlement_total|settlement_refund|cash_refund)_fee", None),
    (r"amount(?:_(?:captured|total|subtotal|paid|due|received))?|unit_amount|total|subtotal",
     {"livemode", "payment_intent", "payment_intent_id", "balance_transaction_id"}),
    (r"(?:\w+_)?money[._]amount", None),
)  # fmt: skip
"""Names of amounts of WeChat Pay (two rows), Stripe and Square, and of columns beside them."""
_OF_ALIPAY: Final = frozenset({"trade_no", "buyer_logon_id"})
"""Columns beside a ``total_fee`` that is none of WeChat Pay's: Alipay's has yuan."""

_UNIT: Final = re.compile(r"(?i)(?:^|[_ ])unit$|单位|單位|単位|단위")
_SMALLER: Final = frozenset({"分", "人民币分", "cent", "cents", "fen", "pence", "minor"})
_IN_YUAN: Final = re.compile(r"(?i)[_ (\uff08]{0,2}(?:yuan|dollars|euros|元)[)\uff09]?$")
"""How the name of an amount ends that is in the larger unit; one in USD may be converted."""

_RATE: Final = re.compile("(?i)pct|percent|prozent|pourcent|porc|%|率|百分")
LOOKED_AT: Final = 10_000
"""Rows of which two measures are compared."""

_ENOUGH = 3
"""Different amounts that tell."""


def in_cents(
    name: str, values: Integers, spec: DatasetSpec, columns: Mapping[str, Counts | None]
) -> Iterator[tuple[Concern, int]]:
    """Yield that a measure is in cents by names, its own or of others, and its first amount.

    ``values`` are scaled by the declared decimals; ``columns`` are others, with their few values.
    """
    measure = spec.measures[name]
    column, whole = measure.column, not (values % measure.scale).any()
    if not whole or not values.any() or smaller_unit(name):
        return
    told = smaller_unit(column)
    if told and measure.decimals:  # is told as a declared unit that is another
        return
    told = told or _beside(column, columns)
    if told:
        yield Concern("cents", column, len(values), len(values), told), int(np.argmax(values != 0))


def _beside(column: str, columns: Mapping[str, Counts | None]) -> str:
    """Return which other column says that an amount is in a smaller unit."""
    whole = any(in_whole_units(name, values or {}) for name, values in columns.items())
    if whole or POINTS.search(column):
        return ""
    for name, values in columns.items():
        if _IN_YUAN.sub("", name) == column != name:
            return name
        filled = {bare(value) for value in values or ()} - {""}
        if _UNIT.search(name) and filled and filled <= _SMALLER:
            return f"{name}: {min(filled)}"
    plain = {one.casefold(): one for one in columns}
    for pattern, beside in _PROGRAMS:
        if not re.fullmatch(pattern, column.casefold()):
            continue
        found = sorted({column.casefold()} if beside is None else beside & plain.keys())
        if found and not _OF_ALIPAY & plain.keys():
            return plain.get(found[0], column)
    return ""


def hundredfold(values: Mapping[str, Integers], spec: DatasetSpec) -> Iterator[tuple[Concern, int]]:
    """Yield which measure is 100 times another in every row, with the first row that has it.

    ``values`` are those of each measure's first rows, scaled by its decimals.
    """
    amounts = {name: some / spec.measures[name].scale for name, some in values.items()}
    for name, some in amounts.items():
        column = spec.measures[name].column
        filled = some != 0
        if smaller_unit(name) or _RATE.search(column) or len(np.unique(some[filled])) < _ENOUGH:
            continue
        for other, fewer in amounts.items():
            if np.allclose(some, 100 * fewer, rtol=1e-12) and (some % 1 == 0).all():
                told = f"{spec.measures[other].column} × 100"
                rows = len(some)
                yield Concern("cents", column, rows, rows, told), int(np.argmax(filled))
