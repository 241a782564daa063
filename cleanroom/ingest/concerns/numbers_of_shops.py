"""Notice member numbers that each shop gives anew, so that one number is several people.

The shop with most members has all numbers that there are, and the others the first of them: there
are as many different numbers as rows of that shop, and many more rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

import numpy as np

from cleanroom.ingest.people import Named
from cleanroom.ingest.report import Concern
from cleanroom.ingest.texts import some
from protocols.deferred import Deferred

if TYPE_CHECKING:
    import pyarrow.compute as pc

    from cleanroom.isolated.unread import Counts
else:
    pc = Deferred("pyarrow.compute")

SHOP: Final = (
    r"(?:^|[^a-z])(?:shop|store|branch|outlet|tenant|franchise|filiale|magasin|boutique|tienda"
    r"|sucursal|negozio|loja|sklep)|门店|店铺|分店|店名|网点|店舗|매장|지점"
)
"""What names of columns of shops have in them."""
_COUNTED: Final = "^[A-Za-z]{0,3}0*[1-9][0-9]{0,4}$"
"""A number as a shop counts its members."""

_ROWS, _TIMES, _NEAR = 30, 1.3, 0.02
"""Rows that tell, how many each number has of them, and how near the two counts lie."""


def numbered_anew(
    people: Named, column: str, profile: str, columns: Mapping[str, Counts | None]
) -> Iterator[tuple[Concern, int]]:
    """Yield that numbers are given anew by each shop, and the first row of a number's second.

    ``columns`` are the values of others, with their rows.
    """
    rows, numbers = len(people.person), people.count
    if profile != "raw:v1" or rows < max(_ROWS, _TIMES * numbers):
        return
    shops = {
        name: values
        for name, values in columns.items()
        if values and re.search(f"(?i){SHOP}", name)
    }
    if not shops or not pc.all(pc.match_substring_regex(some(people.values), _COUNTED)).as_py():
        return
    for name, values in shops.items():
        most = max(count for count, _ in values.values())
        if len(values) > 1 and abs(most - numbers) <= _NEAR * numbers:
            further = people.first_rows()[people.person] != np.arange(rows)
            first = int(np.argmax(further))
            yield Concern("numbered-anew", column, rows - numbers, rows, name), first
            return
