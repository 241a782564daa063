"""Conversions shared among several others: what dictionaries of the same touches give."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from fractions import Fraction
from random import Random
from secrets import token_bytes
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleanroom.engine import hub, hub_credit
from cleanroom.engine.hub import HubInputs
from cleanroom.engine.layout import SideRows
from cleanroom.engine.match import Matches, _found
from cleanroom.engine.release import as_rows
from cleanroom.privacy.noise import Delta
from cleanroom.queries.cross_attribution import sensitivity
from cleanroom.queries.hub import Hub
from cleanroom.queries.plan import Charge, Plan, Slot
from protocols import paillier
from protocols.errors import InvalidMessageError
from tests.coalitions.scene import KEYS, SILENT, decrypt

KEY = KEYS["brand"]
NAMES = tuple("abcdefgh")
TICKS, LABELS = 5, 3


@dataclass(frozen=True)
class Files:
    """Conversions as (person, number, tick, value), and of each other the label by (person, tick).

    ``most`` is how many conversions of a person the others make rows for.
    """

    shape: Hub
    conversions: tuple[tuple[int, int, int, int], ...]
    covered: tuple[dict[tuple[int, int], int], ...]
    most: int

    def without(self, other: int, person: int) -> Files:
        """Return them without a person of one other."""
        fewer = list(self.covered)
        fewer[other] = {key: label for key, label in fewer[other].items() if key[0] != person}
        return replace(self, covered=tuple(fewer))

    def without_own(self, person: int) -> Files:
        """Return them without a person of the hub."""
        return replace(self, conversions=tuple(c for c in self.conversions if c[0] != person))


def drawn(number) -> bytes:
    return Random(repr(number)).randbytes(16)


def pad(key) -> int:
    return int.from_bytes(drawn((*key, "pad"))[:8], "big") % LABELS


def side(tokens, cells, flags, values=None) -> SideRows:
    joined = b"".join(b"".join(row) for row in tokens)
    width = len(tokens[0])
    ciphertexts = None
    if values is not None:
        plain = [paillier.pack((1, 1, value)) for value in values]
        ciphertexts = as_rows(KEY.public, KEY.encrypt_many(plain, token_bytes))
    return SideRows(
        tokens=np.frombuffer(joined, dtype=np.uint8).reshape(len(tokens), width, 16),
        cell=np.array(cells, dtype=np.int64).reshape(len(tokens), width),
        flag=np.array(flags, dtype=np.bool_),
        ciphertexts=ciphertexts,
    )


def rows_of(files: Files, values=False) -> tuple[SideRows, list[SideRows]]:
    """Return what the mediator holds of these files, padding rows among them."""
    count = len(files.covered)
    keys = [[(at, who, number, tick) for at in range(count)]
            for who, number, tick, _ in files.conversions]  # fmt: skip
    keys += [[(at, "padding") for at in range(count)]]
    own = side(
        [[drawn(key) for key in row] for row in keys],
        [[pad(key) for key in row] for row in keys],
        [number == 0 for _, number, _, _ in files.conversions] + [True],
        [*(value for *_, value in files.conversions), 0] if values else None,
    )
    others = []
    for at, covered in enumerate(files.covered):
        tokens, cells = [[drawn((at, tick, "row")) for tick in range(TICKS)]], [[0] * TICKS]
        for who in {who for who, _ in covered}:
            for number in range(files.most):
                places = Random(f"{who}/{number}").sample(range(TICKS), TICKS)
                known = [((at, who, number, tick), covered.get((who, tick))) for tick in places]
                tokens.append([drawn(key) if label is not None else drawn((*key, "blank"))
                               for key, label in known])  # fmt: skip
                cells.append([0 if label is None else (label + pad(key)) % LABELS
                              for key, label in known])  # fmt: skip
        others.append(side(tokens, cells, [True] * len(tokens)))
    return own, others


def in_clear(files: Files) -> tuple[Counter, Counter, Counter]:
    """Share every conversion by definition: people (by the first of each), conversions, values."""
    people, number, value = Counter(), Counter(), Counter()
    for who, turn, tick, worth in files.conversions:
        met = [
            (files.shape.others[at], covered[who, tick])
            for at, covered in enumerate(files.covered)
            if (who, tick) in covered
        ]
        for key in met:
            part = Fraction(1, len(met))
            people[key] += part * (turn == 0)
            number[key] += part
            value[key] += part * worth
    return people, number, value


@st.composite
def some_files(draw):
    count, most = draw(st.integers(1, 8)), draw(st.integers(1, 2))
    people = draw(st.lists(st.integers(0, 5), unique=True, min_size=1, max_size=5))
    conversions = tuple(
        (who, number, draw(st.integers(0, TICKS - 1)), draw(st.integers(0, 99)))
        for who in people
        for number in range(draw(st.integers(1, most)))
    )
    keys = st.tuples(st.integers(0, 5), st.integers(0, TICKS - 1))
    covered = tuple(
        draw(st.dictionaries(keys, st.integers(0, LABELS - 1), max_size=12)) for _ in range(count)
    )
    return Files(Hub(NAMES[:count], credits=LABELS), conversions, covered, most)


def in_parts(found: Counter, shape: Hub) -> dict[int, int]:
    cells = {}
    for (name, label), amount in found.items():
        parts = amount * shape.units
        assert parts.denominator == 1, "every share is a whole number of parts"
        if parts:
            cells[shape.others.index(name) * LABELS + label] = int(parts)
    return cells


@settings(max_examples=30, deadline=None)
@given(some_files())
def test_credit_is_that_of_dictionaries(files):
    shape = files.shape
    own, others = rows_of(files)
    credits = hub_credit.share(shape, own, others)
    counts = hub_credit.count_people(shape, own, credits, silent=False)
    people, number, _ = in_clear(files)
    assert len(counts) == shape.cells
    assert {cell: n for cell, n in enumerate(counts.tolist()) if n} == in_parts(people, shape)
    shared = Counter()
    for cell, among in zip(credits.cell.tolist(), credits.among.tolist(), strict=True):
        shared[cell] += shape.units // among
    assert dict(shared) == in_parts(number, shape)
    keys = {shape.key(cell) for cell in range(shape.cells)}
    assert keys == {((name,), label) for name in shape.others for label in range(LABELS)}


def inputs_of(files: Files, own: SideRows, others: list[SideRows], **terms) -> HubInputs:
    shape = files.shape
    slots = (Slot("conversions", 1, 0, 900, Delta(1, 1)), Slot("value", 2, 0, 90000, Delta(1, 1)))
    plan = Plan(
        source="job", columns=(), cells=shape.cells, value_side="brand", slots=slots,
        people_delta=Delta(1, 1), rows=10_000, units=shape.units, hub=shape,
    )  # fmt: skip
    return HubInputs(
        **{
            "plan": plan,
            "charge": Charge(0.0, 1, SILENT, (SILENT, SILENT), shape.units),
            "receiver_key": KEY.public,
            "value_key": KEY.public,
            "people_noise": np.zeros(plan.cells, dtype=np.int64),
            "slot_noise": np.zeros((plan.outputs, 2), dtype=np.int64),
            "hub": own,
            "others": others,
        }
        | terms
    )


FILES = Files(
    Hub(("a", "b", "c"), credits=LABELS),
    ((0, 0, 2, 10), (1, 0, 3, 20), (1, 1, 4, 30), (2, 0, 1, 40), (3, 0, 0, 50)),
    (
        {(0, 2): 1, (1, 3): 1, (1, 4): 0, (9, 1): 2},
        {(0, 2): 0, (2, 1): 2, (2, 2): 1},
        {(0, 2): 0, (1, 4): 0},
    ),
    2,
)


def test_sums_are_weighted_exactly_and_every_share_of_noise_is_in_them():
    own, others = rows_of(FILES, values=True)
    own, shape = replace(own, flag=np.ones(len(own), np.bool_)), FILES.shape
    shares = [as_rows(KEY.public, KEY.encrypt_many([1000 << 128] * (shape.cells + 1), token_bytes))
              for _ in shape.others]  # fmt: skip
    inputs = inputs_of(FILES, own, others, peer_slots=tuple(shares))
    release = hub.compute_release(inputs, Random(3).randbytes)
    plain = decrypt(KEY, release.measures)
    found = {
        group.cell: paillier.unpack_released(plain[group.position], [1, 2])
        for group in release.groups
    }
    _, number, value = (in_parts(one, shape) for one in in_clear(FILES))
    assert set(found) == set(number)
    assert found == {cell: [number[cell] + 3000, value[cell]] for cell in number}
    assert sum(number.values()) == 4 * shape.units, "four of five conversions were touched"


@pytest.mark.parametrize("most", [1, 3])
def test_nobody_moves_credit_by_more_than_is_paid_for(most):
    """Take every person out of every party once; somebody moves as much as the bound says."""
    chance, furthest = Random(5), [0.0, 0.0, 0.0]
    bound = sensitivity.cross_attribution(most, {"value": 99.0 * most})
    deltas = [bound.people, bound.people, bound.measures["value"]]
    for _ in range(10):
        count = chance.randint(1, 4)
        files = Files(
            Hub(NAMES[:count], credits=LABELS),
            tuple((who, turn, chance.randrange(TICKS), chance.choice([0, 99]))
                  for who in range(6) for turn in range(chance.randint(0, most))),
            tuple({(who, tick): chance.choice([0, 0, 0, 1, 2]) for who in range(6)
                   for tick in range(TICKS) if chance.random() < 0.7} for _ in range(count)),
            most,
        )  # fmt: skip
        before = in_clear(files)
        for fewer in [files.without(at, who) for at in range(count) for who in range(6)] + [
            files.without_own(who) for who in range(6)
        ]:
            for place, (one, other) in enumerate(zip(before, in_clear(fewer), strict=True)):
                moved = [float(one[key] - other[key]) for key in one | other]
                assert sum(map(abs, moved)) <= deltas[place].l1 + 1e-9
                furthest[place] = max(furthest[place], float(np.linalg.norm(moved)))
    assert all(far <= delta.l2 + 1e-9 for far, delta in zip(furthest, deltas, strict=True))
    assert furthest[1] == pytest.approx(most), "all conversions of somebody in one cell"


def probing() -> Files:
    """Return a hub that claims a conversion of one person of ``a`` at every tick."""
    covered = ({(0, tick): 0 for tick in range(TICKS)}, {})
    conversions = tuple((0, 0, tick, 1) for tick in range(TICKS))
    return Files(Hub(("a", "b"), credits=LABELS), conversions, covered, 1)


def earned(files: Files) -> int:
    """Return the credit of what rows of these files give, in whole conversions."""
    own, others = rows_of(files)
    return len(hub_credit.share(files.shape, own, others).row)


def test_a_hub_that_claims_every_tick_of_a_person_moves_no_more_than_is_paid_for():
    """Two rows of the hub that meet one row of an other are both left out."""
    assert earned(probing()) == 0
    honest = replace(probing(), conversions=((0, 0, 3, 1),))
    assert earned(honest) == 1


def test_where_a_row_is_met_twice_it_would_count_the_person_at_every_tick():
    def every(brand, platform, _receiver):
        tokens, _ = _found(brand, platform)
        places = Matches(tokens.brand % 1, tokens.platform % TICKS)
        return tokens.rows(brand, platform), places

    with mock.patch.object(hub_credit, "match_tokens", every):
        assert earned(probing()) == TICKS


def test_rows_that_nobody_could_honestly_send_are_refused():
    own, others = rows_of(FILES)
    with pytest.raises(InvalidMessageError, match="has 2 tokens"):
        hub_credit.share(Hub(("a", "b"), credits=LABELS), own, others)
    twice = replace(others[0], tokens=others[0].tokens[[0, 0, *range(2, len(others[0]))]])
    with pytest.raises(InvalidMessageError, match="repeats a token"):
        hub_credit.share(FILES.shape, own, [twice, *others[1:]])
    with pytest.raises(InvalidMessageError, match="no ciphertexts"):
        hub.compute_release(inputs_of(FILES, own, others), Random(6).randbytes)
