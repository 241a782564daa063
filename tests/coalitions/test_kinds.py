"""People with several identifiers: which kind matched, and whom one more person unmatches.

The mediator holds the tokens of both sides, a row a person, and knows which rows match.  It guesses
by the place of the shared token whether people share an address or a telephone.  A brand that knows
everybody at the platform, and their tokens, puts one's telephone beside the next one's address, so
that whoever takes a row pushes the next one on, and looks how many pairs one person moves.
"""

from __future__ import annotations

from random import Random

import numpy as np
import numpy.typing as npt

from cleanroom.engine.layout import SideRows
from cleanroom.engine.match import match_people
from cleanroom.queries.sensitivity import rematched
from protocols.randomness import Random as Source
from protocols.tokens import audience_tokens, shuffled_tokens

PEOPLE = 2000
DEVIATIONS = 7
"""A fair guess is further from the mean with a probability below 10^-11."""

Tokens = npt.NDArray[np.uint8]


def rows_of(tokens: Tokens) -> SideRows:
    nothing = np.zeros(len(tokens), dtype=np.int64)
    return SideRows(tokens, nothing, nothing == 0)


class InPlace:
    """Draw tokens as ever, and one key for all places: every row keeps its order."""

    def __init__(self, random: Source) -> None:
        self._random, self._draws = random, 0

    def __call__(self, count: int) -> bytes:
        self._draws += 1
        return self._random(count) if self._draws % 2 else bytes(count)


def uploads(random: Source) -> tuple[Tokens, Tokens]:
    """Make both sides' tokens: of odd people both know the address, of even ones the telephone."""
    secrets = np.random.default_rng(1).integers(0, 256, (2 * PEOPLE, 32), dtype=np.uint8)
    tokens = audience_tokens(secrets, b"alignment", b"brand", b"platform")
    brand = np.arange(2 * PEOPLE, dtype=np.int64).reshape(PEOPLE, 2)
    platform = brand.copy()
    platform[np.arange(PEOPLE), np.arange(PEOPLE) % 2] = -1
    return tuple(shuffled_tokens(tokens, has, random) for has in (brand, platform))


def guesses(brand: Tokens, platform: Tokens) -> int:
    """Count the pairs whose kind the mediator names by the place of what they share."""
    found = match_people(rows_of(brand), rows_of(platform))
    assert len(found) == PEOPLE
    shared = (brand[found.brand][:, :, None] == platform[found.platform][:, None]).all(axis=3)
    by_place = shared.any(axis=2).argmax(axis=1)
    # Whoever's platform row lacks the first kind shares the second: odd people share the first.
    return int((by_place == (found.brand + 1) % 2).sum())


def test_a_mediator_does_not_see_which_kind_of_identifier_matched() -> None:
    right = guesses(*uploads(Random(1).randbytes))
    assert abs(right - PEOPLE / 2) < DEVIATIONS * (PEOPLE / 4) ** 0.5


def test_with_tokens_in_the_order_of_the_kinds_it_sees_it_of_everybody() -> None:
    assert guesses(*uploads(InPlace(Random(1).randbytes))) == PEOPLE


def test_the_order_of_a_rows_tokens_is_another_in_every_alignment() -> None:
    one, other = (uploads(Random(seed).randbytes)[0] for seed in (2, 3))
    same = int((one == other).all(axis=(1, 2)).sum())
    assert abs(same - PEOPLE / 2) < DEVIATIONS * (PEOPLE / 4) ** 0.5


Pairs = set[tuple[int, int]]


def chain() -> tuple[Tokens, Tokens]:
    """Choose people of the platform whose tokens rise, and rows that join each to the next."""
    random = Random(4)
    # Large numbers in the order in which the mediator compares tokens, the first half first.
    known = [sorted(random.getrandbits(62) for _ in range(2)) for _ in range(4000)]
    platform, last = [], 0
    while True:
        later = [pair for pair in known if pair[0] > last]
        if not later:
            break
        platform.append(min(later, key=lambda pair: pair[1]))
        last = platform[-1][1]
    brand = [(one[1], after[0]) for one, after in zip(platform, platform[1:], strict=False)]
    return tuple(
        np.array([[(token, 0) for token in row] for row in rows], dtype="<u8")
        .view(np.uint8)
        .reshape(len(rows), 2, 16)
        for rows in (brand, platform)
    )


def moved(first: Pairs, second: Pairs) -> int:
    return max(len(first - second), len(second - first))


def test_a_brand_that_chains_people_moves_no_more_pairs_than_is_paid_for() -> None:
    brand, platform = chain()
    found = []
    for start in (0, 1):
        pairs = match_people(rows_of(brand), rows_of(platform[start:]))
        found.append(set(zip(pairs.brand.tolist(), (pairs.platform + start).tolist(), strict=True)))
    assert 1 <= moved(*found) <= rematched(2, 2)


def test_with_conflicts_settled_one_after_the_other_one_person_moves_them_all() -> None:
    brand, platform = chain()
    found = []
    for start in (0, 1):
        where = {token.tobytes(): (b, 0) for b, row in enumerate(brand) for token in row}
        shared = sorted(
            (int.from_bytes(token[:8], "little"), where[token.tobytes()][0], p)
            for p in range(start, len(platform))
            for token in platform[p]
            if token.tobytes() in where
        )
        pairs: Pairs = set()
        for _, b, p in shared:
            if all(b != x and p != y for x, y in pairs):
                pairs.add((b, p))
        found.append(pairs)
    assert moved(*found) == len(brand) > 20
