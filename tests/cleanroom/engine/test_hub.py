"""The join of one hub with several others: what dictionaries of the same rows give."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random
from secrets import token_bytes

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleanroom.engine import hub, masked
from cleanroom.engine.hub import HubInputs
from cleanroom.engine.layout import SideRows
from cleanroom.engine.release import as_rows
from cleanroom.privacy.noise import Delta, NoiseSpec
from cleanroom.queries.cross_reach.sensitivity import cross_reach
from cleanroom.queries.hub import Hub
from cleanroom.queries.overlap.sensitivity import overlap_of_hub
from cleanroom.queries.plan import Charge, Plan, Slot
from protocols import paillier
from protocols.errors import InvalidMessageError
from tests.coalitions.scene import KEYS, SILENT, decrypt

KEY = KEYS["brand"]
NAMES = tuple("abcdefgh")


def token(other: int, name: int) -> bytes:
    """Return a person's token under one alignment's secret: unrelated to those under others."""
    return Random(f"{other}/{name}").randbytes(16)


def side(tokens, cells, flags, values=None) -> SideRows:
    """Return rows of ``tokens``, a list of tokens for each row."""
    joined = b"".join(b"".join(row) for row in tokens)
    width = len(tokens[0]) if tokens else 1
    ciphertexts = None
    if values is not None:
        plain = [paillier.pack((1, value)) for value in values]
        ciphertexts = as_rows(KEY.public, KEY.encrypt_many(plain, token_bytes))
    return SideRows(
        tokens=np.frombuffer(joined, dtype=np.uint8).reshape(len(tokens), width, 16),
        cell=np.array(cells, dtype=np.int64),
        flag=np.array(flags, dtype=np.bool_),
        ciphertexts=ciphertexts,
    )


@st.composite
def parties(draw, frequencies=0):
    """Draw a hub and one to eight others over a few common people."""
    count, labels = draw(st.integers(1, 8)), 1 if frequencies else draw(st.integers(1, 3))
    people = st.lists(st.integers(0, 11), unique=True, max_size=12)
    flag = st.integers(0, 9).map(bool)
    hub_people = {
        name: (draw(st.integers(0, labels - 1)), draw(flag), draw(st.integers(0, 99)))
        for name in draw(people)
    }
    others = [
        {name: (draw(st.integers(0, max(frequencies, 1) - 1)), draw(flag)) for name in draw(people)}
        for _ in range(count)
    ]
    return Hub(NAMES[:count], labels, frequencies), hub_people, others


def rows_of(hub_people, others, values=False):
    """Return what the mediator holds of these people."""
    order = Random(1).sample(sorted(hub_people), len(hub_people))
    known = [hub_people[name] for name in order]
    tokens = [[token(place, name) for place in range(len(others))] for name in order]
    numbers = [value for _, _, value in known] if values else None
    if not order:
        bare = np.zeros((0, len(others), 16), dtype=np.uint8)
        own = replace(side([], [], []), tokens=bare)
    else:
        own = side(tokens, [cell for cell, _, _ in known], [flag for _, flag, _ in known], numbers)
    return own, [
        side(
            [[token(place, name)] for name in other],
            [cell for cell, _ in other.values()],
            [flag for _, flag in other.values()],
        )
        for place, other in enumerate(others)
    ]


def in_clear(shape, hub_people, others):
    """Count by definition: people by name of the set, label and table, and sums likewise."""
    people, sums = Counter(), Counter()
    for name, (label, flag, value) in hub_people.items():
        found = {
            shape.others[place]: other[name][0] + 1
            for place, other in enumerate(others)
            if name in other and other[name][1]
        }
        if not flag or not found:
            continue
        keys = [(("+".join(found),), label)]
        if shape.frequencies:
            often = min(sum(found.values()), shape.frequencies)
            shown = f"{often}+" if often == shape.frequencies else str(often)
            keys = [("known_to", "+".join(found)), ("frequency", shown), ("total", "")]
            keys = [(key, 0) for key in keys]
        for key in keys:
            people[key] += 1
            sums[key] += value
    return people, sums


@pytest.mark.parametrize("frequencies", [0, 1, 4])
@settings(max_examples=30, deadline=None)
@given(st.data())
def test_people_are_those_of_dictionaries(frequencies, data):
    shape, hub_people, others = data.draw(parties(frequencies))
    own, rest = rows_of(hub_people, others)
    held = hub.join(own, rest, len(others))
    counts = hub.count_people(shape, held, hub.cells_of(shape, held, own.cell))
    assert len(counts) == shape.cells
    found = {shape.key(cell): count for cell, count in enumerate(counts.tolist()) if count}
    assert found == dict(in_clear(shape, hub_people, others)[0])
    assert len({shape.key(cell) for cell in range(shape.cells)}) == shape.cells


@pytest.mark.parametrize("frequencies", [0, 3])
def test_nobody_moves_counts_or_sums_by_more_than_is_paid_for(frequencies):
    """Take every person out of every party once; somebody moves as much as the bound says."""
    drawn, spend, furthest = Random(7), 99, [0.0, 0.0]
    bound = cross_reach() if frequencies else overlap_of_hub({"spend": float(spend)})
    for _ in range(12):
        shape = Hub(NAMES[: drawn.randint(2, 4)], 1 if frequencies else 2, frequencies)
        hub_people = {
            name: (drawn.randrange(shape.labels), True, drawn.choice([0, spend]))
            for name in range(9)
            if drawn.random() < 0.9
        }
        others = [
            {
                name: (drawn.randrange(shape.codes), True)
                for name in range(9)
                if drawn.random() < 0.7
            }
            for _ in shape.others
        ]
        before = in_clear(shape, hub_people, others)
        fewer = [
            (hub_people, [one if one is not other else _without(one, name) for one in others])
            for other in others
            for name in other
        ] + [(_without(hub_people, name), others) for name in hub_people]
        for some in fewer:
            after = in_clear(shape, *some)
            for at, delta in enumerate([bound.people, *bound.measures.values()]):
                moved = [before[at][key] - after[at][key] for key in before[at] | after[at]]
                far = float(np.linalg.norm(moved))
                assert sum(map(abs, moved)) <= delta.l1
                assert far <= delta.l2 * (1 + 1e-12)
                furthest[at] = max(furthest[at], far / delta.l2)
    assert furthest[0] == pytest.approx(1)
    assert frequencies or furthest[1] == pytest.approx(1)


def _without(people, name):
    return {one: value for one, value in people.items() if one != name}


def inputs_of(shape, own, rest, slots=1, **terms):
    measures = (Slot("spend", 1, 0, 99, Delta(99, 99)),)[:slots]
    plan = Plan(
        source="job", columns=(), cells=shape.cells, value_side="brand" if slots else None,
        slots=measures, people_delta=Delta(1, 1), rows=10_000, hub=shape,
    )  # fmt: skip
    silent = Charge(0.0, 1, SILENT, tuple(SILENT for _ in measures))
    return HubInputs(
        **{
            "plan": plan,
            "charge": silent,
            "receiver_key": KEY.public,
            "value_key": KEY.public,
            "people_noise": np.zeros(plan.cells, dtype=np.int64),
            "slot_noise": np.zeros((plan.outputs, len(measures)), dtype=np.int64),
            "hub": own,
            "others": rest,
        }
        | terms
    )


SCENE = (
    Hub(("a", "b"), labels=2),
    {name: (name % 2, True, 10 + name) for name in range(8)},
    [dict.fromkeys((0, 1, 2, 3, 20), (0, True)), dict.fromkeys((2, 3, 4), (0, True))],
)


def test_sums_are_those_of_dictionaries_and_every_share_of_noise_is_in_them():
    shape, hub_people, others = SCENE
    own, rest = rows_of(hub_people, others, values=True)
    shares = [[100 * (place + 1)] * (shape.cells + 1) for place in range(2)]
    people = tuple(as_rows(KEY.public, KEY.encrypt_many(one, token_bytes)) for one in shares)
    slots = tuple(
        as_rows(KEY.public, KEY.encrypt_many([n << 128 for n in one], token_bytes))
        for one in shares
    )
    inputs = inputs_of(shape, own, rest, peer_people=people, peer_slots=slots)
    release = hub.compute_release(inputs, Random(3).randbytes)
    counts = decrypt(KEY, release.people)
    plain = decrypt(KEY, release.measures)
    wanted = in_clear(shape, hub_people, others)
    found = {
        shape.key(group.cell): (count, paillier.unpack_released(plain[group.position], [1])[0])
        for group, count in zip(release.groups, counts, strict=False)  # zeros follow
    }
    assert found == {key: (n + 300, wanted[1][key] + 300) for key, n in wanted[0].items()}


def test_lattice_values_go_where_their_rows_are_counted():
    shape, hub_people, others = SCENE
    own, rest = rows_of(hub_people, others)
    inputs = inputs_of(shape, own, rest)
    passed, place = masked.passing(inputs, Random(4).randbytes)
    held = hub.join(own, rest, 2)
    cell = hub.cells_of(shape, held, own.cell)
    places = {group.cell: group.position for group in passed.groups}
    assert place.tolist() == [places.get(one, -1) for one in cell.tolist()]
    assert (place < 0).sum() == 3


def test_each_table_is_held_against_the_threshold_by_itself():
    shape = Hub(("a", "b"), frequencies=3)
    hub_people = dict.fromkeys(range(12), (0, True, 0))
    others = [dict.fromkeys(range(9), (0, True)), dict.fromkeys((7, 8, 9), (1, True))]
    own, rest = rows_of(hub_people, others)
    noise = NoiseSpec("discrete-gaussian", 0.01)
    inputs = inputs_of(shape, own, rest, 0, charge=Charge(0.1, 5, noise, ()))
    release = hub.compute_release(inputs, Random(5).randbytes)
    shown = {shape.key(group.cell)[0] for group in release.groups}
    # Of the sets 7, 2 and 1, and of the frequencies 7, 1 and 2 people: small ones are held back,
    # and what is left over of one table is never a single small group.
    assert shown == {("total", "")}
    assert all(group.cell >= 0 for group in release.groups)


def test_rows_that_nobody_could_honestly_send_are_refused():
    shape, hub_people, others = SCENE
    own, rest = rows_of(hub_people, others)
    with pytest.raises(InvalidMessageError, match="has 3 tokens"):
        hub.join(own, rest, 3)
    twice = replace(rest[0], tokens=rest[0].tokens[[0, 0, 1, 2, 3]])
    with pytest.raises(InvalidMessageError, match="repeats a token"):
        hub.join(own, [twice, rest[1]], 2)
    with pytest.raises(InvalidMessageError, match="no ciphertexts"):
        hub.compute_release(inputs_of(shape, own, rest), Random(6).randbytes)


def test_a_row_that_meets_two_of_one_other_is_nobody_there():
    shape, hub_people, others = SCENE
    own, rest = rows_of(hub_people, others)
    both = np.concatenate([rest[0].tokens[:2].reshape(1, 2, 16)])
    fused = replace(rest[0], tokens=both, cell=np.zeros(1, np.int64), flag=np.ones(1, np.bool_))
    held = hub.join(own, [fused, rest[1]], 2)
    assert not held[:, 0].any()
    assert held[:, 1].sum() == 3
