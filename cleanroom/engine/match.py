"""Find the rows of two sides that carry one token."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cleanroom.engine.layout import SideRows
from protocols.errors import InvalidMessageError

Words = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Matches:
    """Pair row ``brand[i]`` with row ``platform[i]``."""

    brand: Places
    platform: Places

    def __len__(self) -> int:
        return len(self.brand)


def match(brand: SideRows, platform: SideRows) -> Matches:
    """Match by token equality; a row with several tokens matches if one of them does.

    Raises ``InvalidMessageError`` if a side repeats a token, or if two tokens of one row match:
    honest rows do neither, and either would count a person twice.
    """
    brand_high, brand_low, brand_order = _sorted(brand)
    high, low, order = _sorted(platform)
    if not len(high) or not len(brand_high):
        return Matches(order[:0], order[:0])
    first = np.searchsorted(high, brand_high)
    places, found = [], []
    # Of ten million tokens two share their first half about once in 10^5 uploads, three never.
    for candidate in (first, first + 1):
        place = candidate.clip(max=len(high) - 1)
        hit = np.flatnonzero(
            (high[place] == brand_high) & (low[place] == brand_low) & (place == candidate)
        )
        places.append(place[hit])
        found.append(hit)
    matches = Matches(
        brand_order[np.concatenate(found)] // brand.tokens.shape[1],
        order[np.concatenate(places)] // platform.tokens.shape[1],
    )
    for rows in (matches.brand, matches.platform):
        if len(np.unique(rows)) != len(rows):
            raise InvalidMessageError("two tokens of one row match")
    return matches


def _sorted(rows: SideRows) -> tuple[Words, Words, Places]:
    """Return the tokens' two halves, sorted by the first, and each token's place before."""
    words = np.ascontiguousarray(rows.tokens).reshape(-1, 16).view(">u8")
    high, low = words[:, 0].astype(np.uint64), words[:, 1].astype(np.uint64)
    order = np.argsort(high, kind="stable")
    high, low = high[order], low[order]
    same = np.flatnonzero(high[1:] == high[:-1])
    if np.any(low[same] == low[same + 1]):
        raise InvalidMessageError("an upload repeats a token")
    return high, low, order
