"""What somebody spent, and which rows were summed: what ciphertexts tell, and to whom.

Lines of the table "who learns what": a person's measure, aggregates, mediator with one party.
Each attack fails, and succeeds once the defence is taken out.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random
from secrets import token_bytes

import numpy as np
import pytest
from gmpy2 import mpz, powmod

from cleanroom.agent import decryption, results
from cleanroom.engine.layout import SideRows
from cleanroom.engine.match import match
from cleanroom.engine.release import Release, as_rows, count_people, pair_cells
from cleanroom.privacy.noise import NoiseSpec, draw_share
from protocols import paillier
from protocols.paillier import packing
from protocols.paillier.keys import PublicKey
from tests.cleanroom.queries import harness
from tests.cleanroom.queries.harness import Measure, ask, audience
from tests.coalitions.scene import (
    KEYS,
    Row,
    Scene,
    decrypt,
    in_clear,
    inputs_of,
    opened,
    person,
    run,
    with_masks,
)
from tests.protocols.test_paillier_attack import ROWS, SHORT_BITS, LyingOwner

OWNER = KEYS["brand"]
PUBLIC = OWNER.public

# The mediator guesses single measures from the uploaded rows.


def read_without_key(rows: list[int]) -> tuple[int, int]:
    """Count the rows that open without a key, and the pairs whose difference does.

    Without randomness a row is 1 + m n; rows with one randomness have a quotient of that form.
    """
    n, square = PUBLIC.modulus, PUBLIC.square
    inverses = [powmod(row, -1, square) for row in rows]
    bare = sum((row - 1) % n == 0 for row in rows)
    pairs = sum(
        (row * inverses[other] % square - 1) % n == 0
        for place, row in enumerate(rows)
        for other in range(place)
    )
    return bare, pairs


PLAIN = [paillier.pack((1, spend, 0)) for spend in (5, 5, 7, 7, 7, 9)]


def test_uploaded_rows_tell_neither_values_nor_differences():
    assert read_without_key(OWNER.encrypt_many(PLAIN, token_bytes)) == (0, 0)


def test_rows_without_randomness_tell_values():
    bare = [PUBLIC.add_plain(1, plain) for plain in PLAIN]
    assert read_without_key(bare) == (6, 15)


def test_one_prepared_zero_used_for_all_rows_tells_differences():
    zero = OWNER.encrypt_many([0], token_bytes)[0]
    assert read_without_key([PUBLIC.add_plain(zero, plain) for plain in PLAIN]) == (0, 15)


def test_an_increment_that_keeps_ciphertexts_tells_whose_values_changed():
    """The owner encrypts an upload anew as a whole; kept rows would stand out as equal."""
    changed = [*PLAIN[:5], PLAIN[5] + 1]
    before = OWNER.encrypt_many(PLAIN, token_bytes)
    assert not set(before) & set(OWNER.encrypt_many(changed, token_bytes))
    kept = [*before[:5], *OWNER.encrypt_many(changed[5:], token_bytes)]
    assert [row in before for row in kept] == [True] * 5 + [False]


# An owner with a made-up key takes the logarithm of what it gets back.


@pytest.fixture(scope="module")
def liar() -> LyingOwner:
    return LyingOwner(Random(21))


def summed_by_the_engine(liar: LyingOwner, chosen: set[int]) -> np.ndarray:
    """Let the engine sum the chosen ones of 300 rows, each of which remembers its place."""
    public = liar.key.public
    rows = [liar.row(index, paillier.pack((1, index))) for index in range(ROWS)]
    scene = Scene([Row(person(i)) for i in range(ROWS)], [Row(person(i)) for i in chosen])
    inputs = inputs_of(replace(scene, brand=scene.brand[:1]))
    brand = SideRows(
        tokens=inputs_of(replace(scene, value_side=None)).brand.tokens,
        cell=np.zeros(ROWS, dtype=np.int64),
        flag=np.ones(ROWS, dtype=np.bool_),
        ciphertexts=as_rows(public, rows),
    )
    release = run(replace(inputs, brand=brand, value_key=public, receiver_key=public))
    return release.measures[release.groups[0].position]


def test_an_owner_with_a_smooth_key_does_not_read_the_rows(liar):
    chosen = set(Random(22).sample(range(ROWS), 140))
    released = summed_by_the_engine(liar, chosen).tobytes()
    read = liar.read_rows(int.from_bytes(released, "big"))
    assert 100 < len(read ^ chosen) < 200  # half of 300, within almost six standard deviations


def test_with_short_exponents_it_reads_every_row(liar, monkeypatch):
    def short(key, ciphertexts, executor=None, random=None):
        square, drawn = mpz(key.n) ** 2, Random(23)
        factors = [powmod(liar.base, drawn.getrandbits(SHORT_BITS), square) for _ in ciphertexts]
        return [int(c * f % square) for c, f in zip(ciphertexts, factors, strict=True)]

    chosen = set(Random(24).sample(range(ROWS), 140))
    monkeypatch.setattr(PublicKey, "rerandomise_many", short)
    released = summed_by_the_engine(liar, chosen).tobytes()
    assert liar.read_rows(int.from_bytes(released, "big")) == chosen


# An owner marks its rows where no released sum stands.

MARKED = 40
PLACES = {
    "an unreleased slot": 128 * 2 + 20,
    "the indicator": 20,
    "the upper half of a released slot": 128 + 70,
    "above the last slot": 128 * 3 + 20,
}


def rows_read_from_marks(bit: int, chosen: set[int]) -> tuple[set[int], int]:
    """Return the rows that the marks name in what the owner decrypts, and the released sum."""
    scene = Scene([Row(person(i)) for i in range(MARKED)], [Row(person(i)) for i in chosen])
    inputs = inputs_of(scene)
    plain = [paillier.pack((1, 3, 0)) + (1 << bit + index) for index in range(MARKED)]
    marked = as_rows(PUBLIC, OWNER.encrypt_many(plain, token_bytes))
    release = run(replace(inputs, brand=replace(inputs.brand, ciphertexts=marked)), seed=3)
    number = decrypt(OWNER, release.measures)[release.groups[0].position]
    # What honest rows alone would show at that place is known to the owner.
    honest = paillier.pack((len(chosen), 3 * len(chosen), 0))
    bits = (number - honest) >> bit
    found = {index for index in range(MARKED) if bits >> index & 1}
    return found, paillier.unpack_released(number, [1])[0]


@pytest.mark.parametrize("place", PLACES)
def test_marks_outside_the_released_slot_do_not_survive(place):
    chosen = set(Random(31).sample(range(MARKED), 20))
    found, total = rows_read_from_marks(PLACES[place], chosen)
    assert len(found ^ chosen) > 5  # half of 40 on average; 5 or fewer: once in a million
    assert total == 60


@pytest.mark.parametrize("place", PLACES)
def test_without_filler_the_marks_name_every_row(place, monkeypatch):
    monkeypatch.setattr(packing, "random_below", lambda bound, random: 0)
    chosen = set(Random(32).sample(range(MARKED), 20))
    found, _ = rows_read_from_marks(PLACES[place], chosen)
    assert found == chosen


def test_the_stated_limit_a_lying_owner_still_marks_some_rows_in_a_released_slot():
    """Bits of the released sum itself cannot be filled: some tens of rows, as the page says."""
    chosen = set(range(0, MARKED, 3))
    scene = Scene([Row(person(i)) for i in range(MARKED)], [Row(person(i)) for i in chosen])
    inputs = inputs_of(scene)
    plain = [paillier.pack((1, 1 << index, 0)) for index in range(MARKED)]
    marked = replace(
        inputs.brand, ciphertexts=as_rows(PUBLIC, OWNER.encrypt_many(plain, token_bytes))
    )
    answer = opened(scene, inputs, run(replace(inputs, brand=marked)))
    assert {index for index in range(MARKED) if answer[0][1] >> index & 1} == chosen


# The owner decrypts for the other side.

SPENT = [Row(person(i), i % 3, True, (10 * i + 1, 0)) for i in range(30)]
FOR_THE_PLATFORM = Scene(SPENT, SPENT[:24], (3, 1), receiver="platform")
FOR_THE_PLATFORM = replace(FOR_THE_PLATFORM, platform=[Row(row.token) for row in SPENT[:24]])


def sums_seen_by_the_owner(masked: bool) -> list[int]:
    """Return the numbers below 2^40 that the owner finds in its slots while it decrypts."""
    inputs = inputs_of(FOR_THE_PLATFORM)
    if masked:
        inputs, _ = with_masks(inputs)
    found = []
    for number in decrypt(OWNER, run(inputs).measures):
        low = (number >> 128) % 2**64 - 2**62
        found += [low] if abs(low) < 2**40 else []
    return sorted(found)


def test_an_owner_that_decrypts_for_the_other_side_sees_no_sum():
    assert sums_seen_by_the_owner(masked=True) == []


def test_without_the_receivers_masks_it_sees_them_all():
    _, sums = in_clear(FOR_THE_PLATFORM)
    assert sums_seen_by_the_owner(masked=False) == [0, *sorted(s[0] for s in sums.values())]


def empty_places(release: Release) -> int:
    """Count the places at which the owner decrypts a sum of zero."""
    return sum((number >> 128) % 2**64 == 2**62 for number in decrypt(OWNER, release.measures))


def test_what_the_owner_is_sent_does_not_tell_what_was_suppressed():
    """Always as many ciphertexts as there are groups, and other, all alike."""
    shapes = []
    for k in (1, 8, 100):
        inputs, _ = with_masks(inputs_of(replace(FOR_THE_PLATFORM, k=k)))
        release = run(inputs)
        shapes.append(release.measures.shape)
        assert max(decrypt(OWNER, release.measures)) > PUBLIC.n >> 32
        assert empty_places(release) == 0
    assert len(set(shapes)) == 1
    direct = run(inputs_of(replace(FOR_THE_PLATFORM, receiver="brand", k=100)))
    assert direct.groups == ()
    assert direct.measures.shape == shapes[0]


def test_without_the_receivers_masks_it_counts_what_was_suppressed():
    """A released group has spent something; a place to which nothing was added has not."""
    scenes = [replace(FOR_THE_PLATFORM, k=k) for k in (1, 8, 100)]
    assert [empty_places(run(inputs_of(scene))) for scene in scenes] == [1, 1, 4]


# The mediator and the receiver put together what they hold: the other side's noise stays.

WIDE = NoiseSpec("discrete-gaussian", 40.0)


def opened_together(scene: Scene, slot: int, owner_fills: bool = True) -> list[int]:
    """Return what mediator and receiver read of a slot, group by group.

    The mediator takes its own filler off, as it knows it; the owner has filled up or not.
    """
    inputs, blinds = with_masks(inputs_of(scene))
    with pytest.MonkeyPatch.context() as known:
        known.setattr(packing, "random_below", lambda bound, random: 0)
        release = run(inputs)
    opened = {}
    for group in release.groups:
        number = decrypt(OWNER, release.measures)[group.position]
        if owner_fills:
            number = paillier.add_noise(PUBLIC, number, [1], [0], token_bytes)
        plain = paillier.unmask(PUBLIC, number, blinds[group.position])
        opened[group.cell] = ((plain >> 128 * slot) - 2**62) % 2**128
    return [opened[cell] for cell in sorted(opened)]


UNASKED = [Row(row.token, row.cell, True, (3, 7 * place)) for place, row in enumerate(SPENT)]
TWO_MEASURES = replace(FOR_THE_PLATFORM, brand=UNASKED)


def test_mediator_and_receiver_read_no_slot_that_nobody_asked_for():
    _, sums = in_clear(TWO_MEASURES)
    read = opened_together(TWO_MEASURES, slot=2)
    assert len(read) == len(sums) == 3
    assert all(abs(number - sums[cell][1]) > 2**60 for cell, number in enumerate(read))


def test_without_the_owners_filler_they_read_it_exactly():
    _, sums = in_clear(TWO_MEASURES)
    read = opened_together(TWO_MEASURES, slot=2, owner_fills=False)
    assert read == [sums[cell][1] for cell in range(3)]


@pytest.mark.parametrize("fills", [True, False])
def test_the_owners_agent_fills_the_slots_that_nobody_asked_for(fills, monkeypatch):
    compute = harness.compute_release

    def with_known_filler(*arguments):
        with pytest.MonkeyPatch.context() as known:
            known.setattr(packing, "random_below", lambda bound, random: 0)
            return compute(*arguments)

    monkeypatch.setattr(harness, "compute_release", with_known_filler)
    if not fills:
        monkeypatch.setattr(decryption, "add_noise", lambda key, number, *rest: number)
    measures = {"spend": Measure([5, 7, 9], 10), "orders": Measure([1, 2, 3], 10)}
    buyers, viewers = audience(["a", "b", "c"], measures=measures), audience(["b", "c", "d"])
    answer = ask("overlap", {"measures": ["orders"]}, buyers, viewers,
                 receiver="platform", paillier_bits=512)  # fmt: skip
    assert answer.result["total"]["sums"] == {"orders": 5}
    (group,) = answer.document.groups
    job = answer.receiver
    blind = int.from_bytes(job.kept("blinds")[group.position].tobytes(), "big")
    owner = job.room.paillier_of(job.peer.name)
    plain = paillier.unmask(owner, results._masked(job)[group.position], blind)
    names = [measure.name for measure in answer.brand.question.brand.measures]
    slot = 1 + names.index("spend")
    spend = ((plain >> 128 * slot) - 2**62) % 2**128
    assert (spend == 16) is not fills


def test_the_stated_limit_a_mediator_that_deviates_multiplies_a_row_out_of_the_noise():
    """Semi-honest is the model: nothing here proves to the owner what it decrypts."""
    row = OWNER.encrypt_many([paillier.pack((1, 777, 5))], token_bytes)[0]
    blind, encrypted = paillier.mask_for_peer(PUBLIC, token_bytes)
    mask = paillier.release_mask(PUBLIC, [1], [0], token_bytes, owner_fills=True)
    cheating = PUBLIC.add(PUBLIC.add_plain(PUBLIC.scale(row, 2**40), mask), encrypted)
    share = draw_share(WIDE, 1)
    sealed = paillier.add_noise(PUBLIC, OWNER.decrypt(cheating), [1], share, token_bytes)
    shown = paillier.unpack_released(paillier.unmask(PUBLIC, sealed, blind), [1])[0]
    assert round(shown / 2**40) == 777


def left_after_stripping(owner_adds_noise: bool) -> list[int]:
    """Return released sum minus the mediator's share minus the truth, group by group."""
    scene = replace(FOR_THE_PLATFORM, slot_noise=(1234,))
    inputs, blinds = with_masks(inputs_of(scene))
    release = run(inputs)
    shares = draw_share(WIDE, inputs.plan.outputs) if owner_adds_noise else [0] * 4
    sealed = [
        paillier.add_noise(PUBLIC, number, [1], [share], token_bytes)
        for number, share in zip(decrypt(OWNER, release.measures), shares, strict=True)
    ]
    _, sums = in_clear(scene)
    left = []
    for group in release.groups:
        plain = paillier.unmask(PUBLIC, sealed[group.position], blinds[group.position])
        shown = paillier.unpack_released(plain, [1])[0] - 1234
        left.append(shown - sums[group.cell][0])
    return left


def test_mediator_and_receiver_do_not_strip_the_other_sides_noise():
    left = [number for _ in range(4) for number in left_after_stripping(owner_adds_noise=True)]
    assert len(left) == 12
    assert sum(number == 0 for number in left) <= 3  # expected 0.12: four come once in 10^6
    assert max(map(abs, left)) < 400


def test_without_the_other_sides_share_they_read_the_exact_sums():
    assert left_after_stripping(owner_adds_noise=False) == [0, 0, 0]


# The mediator counts opaque groups exactly, and names none of them.


def test_the_mediator_knows_exact_counts_of_opaque_groups():
    """The table says so; that frequencies may suggest labels follows from it."""
    inputs = inputs_of(FOR_THE_PLATFORM)
    matches = match(inputs.brand, inputs.platform, inputs.receiver)
    assert count_people(inputs, matches, pair_cells(inputs, matches)).tolist() == [8, 8, 8]
