"""Labels that stand for shares of credit: added up by the platform, unseen by both sides.

The mediator holds the sums of every label and gets back the sums of every key.  If it could tell
how one was made of the other, it would read the credit vectors, and with them how long paths are.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleanroom.engine import combine as engine
from cleanroom.engine.release import Terms
from cleanroom.privacy.noise import NoiseSpec, draw_share
from cleanroom.queries.plan import Charge
from protocols import paillier
from protocols.errors import InvalidCiphertextError, InvalidMessageError
from protocols.paillier.keys import PublicKey
from tests.coalitions.scene import KEYS, SILENT, Row, Scene, decrypt, opened, person, plan_of
from tests.coalitions.scene import side_rows as rows_of

OWNER, COUNTING = KEYS["brand"], paillier.generate(512, Random(3).randbytes)
PARTS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 1), st.integers(1, 60)), unique_by=lambda p: p[:2]
)
PEOPLE = st.lists(st.tuples(st.integers(0, 2), st.booleans(), st.integers(-50, 50)), max_size=8)


def scene_of(people: list[tuple[int, bool, int]]) -> Scene:
    brand = [Row(person(n), 0, flag, (value, 0)) for n, (_, flag, value) in enumerate(people)]
    platform = [Row(person(n), label) for n, (label, _, _) in enumerate(people)]
    return Scene(brand, platform, outputs=2)


def parts_of(rows: list[tuple[int, int, int]]) -> engine.Parts:
    columns = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    return engine.Parts(*columns, columns[2])


def accumulated(scene: Scene) -> engine.Accumulators:
    sides = rows_of(scene, "brand"), rows_of(scene, "platform")
    return engine.accumulate(*sides, "brand", 3, OWNER.public, COUNTING, Random(0).randbytes)


def combined(scene: Scene, rows: list, noise: list[int]) -> engine.Accumulators:
    return added_up(accumulated(scene), rows, noise)


def added_up(sums: engine.Accumulators, rows: list, noise: list[int]) -> engine.Accumulators:
    keys = OWNER.public, COUNTING.public
    return engine.combine(sums, parts_of(rows), 2, noise, *keys, Random(1).randbytes)


def terms_of(scene: Scene) -> Terms:
    plan = plan_of(scene)
    return Terms(
        plan=plan,
        charge=Charge(0.0, 1, SILENT, (SILENT,)),
        receiver_key=OWNER.public,
        value_key=OWNER.public,
        people_noise=np.zeros(2, dtype=np.int64),
        slot_noise=np.zeros((3, 1), dtype=np.int64),
    )


@settings(max_examples=25, deadline=None)
@given(PEOPLE, PARTS)
def test_a_combined_answer_is_that_of_the_plaintext(people, rows):
    scene = scene_of(people)
    terms = terms_of(scene)
    release = engine.release_combined(
        terms, combined(scene, rows, [0, 0]), COUNTING, Random(2).randbytes
    )
    weight = {(label, cell): part for label, cell, part in rows}
    counts, sums = [0, 0], [0, 0]
    for (label, flag, value), cell in product(people, (0, 1)):
        counts[cell] += weight.get((label, cell), 0) * flag
        sums[cell] += weight.get((label, cell), 0) * value
    expected = {cell: (counts[cell], sums[cell]) for cell in (0, 1) if counts[cell]}
    assert opened(scene, terms, release) == expected


PATHS = [(label, cell, part) for label in range(3) for cell, part in enumerate((20, 40))]
SIX = scene_of([(n % 3, True, n) for n in range(6)])


def vectors_that_explain(sums: engine.Accumulators, back: int) -> list[tuple[int, ...]]:
    """Try every credit of 0, 20, 40 or 60 sixtieths per label for one sum that came back."""
    read = [int.from_bytes(row.tobytes(), "big") for row in sums.sums]
    vectors = product((0, 20, 40, 60), repeat=3)
    return [one for one in vectors if OWNER.public.weighted_product(read, one) == back]


def first_sum(sums: engine.Accumulators) -> int:
    return int.from_bytes(sums.sums[0].tobytes(), "big")


def test_the_mediator_does_not_recognise_how_a_sum_was_made():
    handed_out = accumulated(SIX)
    assert vectors_that_explain(handed_out, first_sum(added_up(handed_out, PATHS, [0, 0]))) == []


def test_without_new_randomness_it_reads_the_credit_of_every_label(monkeypatch):
    handed_out = accumulated(SIX)
    monkeypatch.setattr(PublicKey, "rerandomise_many", lambda key, rows, *rest: list(rows))
    back = first_sum(added_up(handed_out, PATHS, [0, 0]))
    assert vectors_that_explain(handed_out, back) == [(20, 20, 20)]


def opened_count(noise: list[int]) -> int:
    return decrypt(COUNTING, combined(SIX, PATHS, noise).counts)[0]


def test_the_platforms_noise_keeps_the_mediator_from_solving_for_the_parts():
    wide = NoiseSpec("discrete-gaussian", 1000.0)
    counts = [opened_count(draw_share(wide, 2)) for _ in range(12)]
    assert sum(count == 6 * 20 for count in counts) <= 3  # four come once in 10^10
    assert opened_count([0, 0]) == 6 * 20  # without it the parts are there to read


def test_the_platform_opens_none_of_what_it_adds_up():
    """It holds a key of its own, and neither of those the sums are under."""
    sums = accumulated(SIX)
    own = KEYS["platform"]
    truth = [paillier.pack((2, n + n + 3, 0)) for n in range(3)]
    assert not set(decrypt(own, sums.sums)) & set(truth)
    assert decrypt(OWNER, sums.sums) == truth  # the owner's key opens them, at the mediator never


@pytest.mark.parametrize("part", ["sums", "counts"])
@pytest.mark.parametrize("fault", ["short", "zero"])
def test_what_the_platform_cannot_honestly_send_is_refused(part, fault):
    """Only what it can see to be wrong itself; see test_weights.py for what follows from counts."""
    honest = combined(SIX, PATHS, [0, 0])
    rows = getattr(honest, part)
    bad = {"short": rows[:1], "zero": np.zeros_like(rows)}[fault]
    lying = replace(honest, **{part: bad})
    with pytest.raises((InvalidMessageError, InvalidCiphertextError)):
        engine.release_combined(terms_of(SIX), lying, COUNTING, Random(4).randbytes)
