"""Find the rows of two sides that carry one token."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from cleanroom.documents.agreement import PartyRole
from cleanroom.engine.join import join
from cleanroom.engine.layout import SideRows
from protocols.errors import InvalidMessageError

Words = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]
Number = TypeVar("Number", np.int64, np.uint64)

JOINED = 1 << 18
"""From so many tokens on compiled loops join them; before, loading these takes longer."""


@dataclass(frozen=True)
class Matches:
    """Pair row ``brand[i]`` with row ``platform[i]``."""

    brand: Places
    platform: Places

    def inside(self, brand: SideRows, platform: SideRows) -> Matches:
        """Return the pairs of two rows that the question counts."""
        kept = np.ones(len(self), dtype=np.bool_)
        for side, matched in ((brand, self.brand), (platform, self.platform)):
            if side.inside is not None:
                kept &= side.inside[matched]
        return self.only(kept)

    def only(self, kept: npt.NDArray[np.bool_]) -> Matches:
        """Return some of the pairs."""
        return self if kept.all() else Matches(self.brand[kept], self.platform[kept])

    def rows(self, brand: SideRows, platform: SideRows) -> Matches:
        """Return the rows of pairs of tokens."""
        return Matches(
            self.brand // brand.tokens.shape[1], self.platform // platform.tokens.shape[1]
        )

    def met(self, brand: SideRows, platform: SideRows) -> npt.NDArray[np.bool_]:
        """Mark the pairs of two rows that fulfil the question's outcome."""
        marked = np.ones(len(self), dtype=np.bool_)
        for side, matched in ((brand, self.brand), (platform, self.platform)):
            if side.met is not None:
                marked &= side.met[matched]
        return marked

    def __len__(self) -> int:
        return len(self.brand)


def match(brand: SideRows, platform: SideRows, receiver: PartyRole) -> Matches:
    """Match rows of a job by token equality; one with several matches if one of them does.

    Honest rows have one match.  Whoever receives may have made its rows so that they have two, and
    what is paid for is that each row of the other side counts once, wherever it is by itself: so of
    that side a row with two matches is left out, and the receiver's rows match as often as they
    do.  Were they left out too, one person could take the matches of many others away, all of them
    in one group.  No row is left out with a word, for its matches tell of the other side.

    Raises ``InvalidMessageError`` if a side repeats a token.
    """
    return match_tokens(brand, platform, receiver)[0]


def match_tokens(
    brand: SideRows, platform: SideRows, receiver: PartyRole
) -> tuple[Matches, Matches]:
    """Match rows as ``match`` does; return the place of each pair's token in its two rows, too."""
    tokens, _ = _found(brand, platform)
    matches = tokens.rows(brand, platform)
    places = Matches(
        tokens.brand % brand.tokens.shape[1], tokens.platform % platform.tokens.shape[1]
    )
    if brand.tokens.shape[1] == platform.tokens.shape[1] == 1:
        return matches, places  # no token repeats, so no row does
    others = matches.platform if receiver == "brand" else matches.brand
    once = ~np.isin(others, _repeated(others))
    return matches.only(once), places.only(once)


def in_turn(
    hub: SideRows, others: Iterable[SideRows], count: int
) -> Iterator[tuple[int, SideRows, SideRows]]:
    """Yield each other's place, the rows of the hub under the tokens for it, and its own rows.

    Raises ``InvalidMessageError`` unless each row of the hub has ``count`` tokens.
    """
    if hub.tokens.shape[1] != count:
        raise InvalidMessageError(f"a row of the hub has {count} tokens")
    for place, other in enumerate(others):
        yield place, replace(hub, tokens=hub.tokens[:, place : place + 1]), other


def match_people(brand: SideRows, platform: SideRows) -> Matches:
    """Match audiences, a row a person with a token for each kind of identifier.

    Of the rows that share one with it each row prefers that with which it shares most, and of
    these the one with the least shared token, which follows from secrets of both sides.  A pair
    is matched if each of the two prefers the other.  So matching is one to one, and a row that
    comes or goes unmatches no more rows than it has tokens: nothing that it displaces displaces
    others in turn (``cleanroom.queries.sensitivity.rematched``).

    Raises ``InvalidMessageError`` if a side repeats a token.
    """
    tokens, words = _found(brand, platform)
    shared = tokens.rows(brand, platform)
    if brand.tokens.shape[1] == platform.tokens.shape[1] == 1:
        return shared
    place = np.empty(len(shared), dtype=np.int64)
    place[np.lexsort((words[:, 1], words[:, 0]))] = np.arange(len(shared))
    code, pair, times = np.unique(
        shared.brand * len(platform) + shared.platform, return_inverse=True, return_counts=True
    )
    least = np.full(len(code), len(shared), dtype=np.int64)
    np.minimum.at(least, pair, place)
    one, other = np.divmod(code, max(len(platform), 1))
    kept = _preferred(one, times, least) & _preferred(other, times, least)
    return Matches(one[kept], other[kept])


def _preferred(rows: Places, times: Places, least: Places) -> npt.NDArray[np.bool_]:
    """Mark of each row's pairs the one with most shared tokens, the least of them deciding."""
    order = np.lexsort((least, -times, rows))
    marked = np.zeros(len(rows), dtype=np.bool_)
    marked[order[np.unique(rows[order], return_index=True)[1]]] = True
    return marked


def _found(brand: SideRows, platform: SideRows) -> tuple[Matches, Words]:
    """Return the places of every token that both sides have, and the token."""
    swapped = brand.tokens.size > platform.tokens.size
    small, words = (_words(side) for side in ((platform, brand) if swapped else (brand, platform)))
    if len(words) >= JOINED:
        places, found = join(words, small)
    else:
        for tokens in (small, words):
            _refuse_repeats(tokens)
        places, found = _look_up(words, small)
    pair = (places, found) if swapped else (found, places)
    return Matches(*pair), words[places]


def _words(rows: SideRows) -> Words:
    """Return both halves of every token, row by row, shape (tokens, 2); a view where it can be."""
    return np.ascontiguousarray(rows.tokens).reshape(-1, 16).view("<u8")


def _refuse_repeats(words: Words) -> None:
    """Raise ``InvalidMessageError`` if a token stands in an upload twice."""
    shared = _repeated(words[:, 0])
    # Of ten million tokens two share their first half about once in 10^5 uploads.
    if len(shared):
        suspects = words[np.isin(words[:, 0], shared)]
        if len(np.unique(suspects, axis=0)) != len(suspects):
            raise InvalidMessageError("an upload repeats a token")


def _repeated(numbers: npt.NDArray[Number]) -> npt.NDArray[Number]:
    """Return the numbers that stand there more than once."""
    in_turn = np.sort(numbers)
    return np.unique(in_turn[1:][in_turn[1:] == in_turn[:-1]])


def _look_up(large: Words, small: Words) -> tuple[Places, Places]:
    """Return the places in both of the tokens that both have."""
    order = np.argsort(small[:, 0])
    high, low = small[order, 0], small[order, 1]
    places, found = [order[:0]], [order[:0]]
    place = np.searchsorted(high, large[:, 0])
    known = np.flatnonzero(place < len(high))
    known = known[high[place[known]] == large[known, 0]]
    place = place[known]
    while len(known):
        hit = low[place] == large[known, 1]
        places.append(known[hit])
        found.append(order[place[hit]])
        # Go on to a next token that begins alike, which chance hardly ever makes.
        again = np.flatnonzero(~hit & (place + 1 < len(high)))
        again = again[high[place[again] + 1] == large[known[again], 0]]
        known, place = known[again], place[again] + 1
    return np.concatenate(places), np.concatenate(found)
