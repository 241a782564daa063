"""The engine: any rows, in any order, give what the same question gives in clear."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from secrets import token_bytes

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleanroom.engine.layout import SideRows
from cleanroom.engine.match import match
from cleanroom.engine.release import as_rows, shuffled
from cleanroom.privacy.noise import NoiseSpec
from cleanroom.privacy.release import pool
from protocols import limits
from protocols.errors import InvalidCiphertextError, InvalidMessageError, RemoteError
from tests.coalitions.scene import (
    KEYS,
    Row,
    Scene,
    in_clear,
    inputs_of,
    opened,
    person,
    plan_of,
    run,
    side_rows,
    with_masks,
)

FEW = settings(max_examples=25, deadline=None)
LITTLE = NoiseSpec("discrete-gaussian", 0.01)
VALUES = st.tuples(st.integers(-1000, 1000), st.integers(-5, 5))


@st.composite
def scenes(draw, **fixed):
    """Draw two sides of up to 14 rows over common people, a grouping, a map and a receiver."""
    cells = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    outputs = draw(st.integers(1, 4))
    target = st.integers(-1, outputs - 1)
    pairs = cells[0] * cells[1]
    mapped = draw(st.none() | st.tuples(*[target] * pairs))
    people = st.lists(st.integers(0, 13), unique=True, min_size=draw(st.sampled_from([0, 9])))

    flags = st.integers(0, 9).map(bool)

    def rows(side: int) -> list[Row]:
        names = draw(people)
        return [
            Row(person(name), draw(st.integers(0, cells[side] - 1)), draw(flags),
                draw(VALUES))
            for name in names
        ]  # fmt: skip

    count = outputs if mapped else pairs
    some = {
        "value_side": draw(st.sampled_from(["brand", "platform"])),
        "receiver": draw(st.sampled_from(["brand", "platform"])),
        "released": draw(st.sampled_from([(1,), (2,), (2, 1)])),
        "k": draw(st.integers(1, 2)),
        "people_noise": draw(st.tuples(*[st.integers(-1, 4)] * count)),
        "noise": LITTLE,
    }
    return Scene(rows(0), rows(1), cells, map_of_cells=mapped,
                 outputs=outputs if mapped else 0, **{**some, **fixed})  # fmt: skip


def answer(scene: Scene, seed: int = 0) -> dict[int, tuple[int, ...]]:
    """Run and open a scene the way its receiver has to."""
    inputs, blinds = inputs_of(scene), None
    if scene.value_side and scene.value_side != scene.receiver:
        inputs, blinds = with_masks(inputs)
    return opened(scene, inputs, run(inputs, seed), blinds)


def expected(scene: Scene) -> dict[int, tuple[int, ...]]:
    """Answer by definition: count in clear, add the noise, pool, add up."""
    people, sums = in_clear(scene)
    noised = [n + e for n, e in zip(people, scene.people_noise or [0] * len(people), strict=True)]
    pooled = pool(noised, scene.k, scene.noise)
    groups = {cell: [cell] for cell in pooled.released}
    if pooled.other:
        groups[-1] = list(pooled.other)
    slots = [slot.slot - 1 for slot in plan_of(scene).slots]
    return {
        name: (
            sum(noised[cell] for cell in cells),
            *(sum(sums[cell][slot] for cell in cells) for slot in slots),
        )
        for name, cells in groups.items()
    }


@FEW
@given(scenes())
def test_an_answer_is_that_of_the_plaintext(scene):
    assert answer(scene) == expected(scene)


@FEW
@given(scenes(), st.randoms(use_true_random=False))
def test_the_order_of_rows_never_matters(scene, random):
    before = answer(scene)
    brand, platform = (random.sample(rows, len(rows)) for rows in (scene.brand, scene.platform))
    assert answer(replace(scene, brand=brand, platform=platform), seed=1) == before


@FEW
@given(scenes(value_side="brand"))
def test_a_masked_release_equals_a_direct_one(scene):
    direct, masked = (replace(scene, receiver=side) for side in ("brand", "platform"))
    assert answer(direct) == answer(masked)


@FEW
@given(scenes(), st.lists(st.tuples(st.integers(0, 2), st.booleans(), VALUES), max_size=6))
def test_padding_never_counts(scene, padding):
    def padded(side: int, rows: list[Row]) -> list[Row]:
        extra = [
            Row(person(f"padding {side} {place}".encode()), cell % scene.cells[side], flag, values)
            for place, (cell, flag, values) in enumerate(padding)
        ]
        return Random(len(extra)).sample(rows + extra, len(rows) + len(extra))

    more = replace(scene, brand=padded(0, scene.brand), platform=padded(1, scene.platform))
    assert answer(more) == answer(scene)


@FEW
@given(scenes())
def test_what_leaves_has_one_shape_whatever_is_suppressed(scene):
    inputs = inputs_of(scene)
    release = run(inputs)
    width = KEYS["brand"].public.ciphertext_bytes
    assert release.measures.shape == (scene.count + 1, width)
    assert release.people.shape == release.measures.shape
    places = [group.position for group in release.groups]
    assert places == sorted(set(places)) and set(places) <= set(range(scene.count + 1))
    assert len({row.tobytes() for row in release.measures}) == scene.count + 1


def test_both_sides_shares_are_in_what_the_receiver_reads():
    rows = [Row(person(n), 0, True, (7, 0)) for n in range(4)]
    scene = Scene(rows, rows, people_noise=(10,), slot_noise=(100,), noise=LITTLE)
    inputs, key = inputs_of(scene), KEYS["brand"].public
    shares = as_rows(key, key.encrypt_many([-3, 5], token_bytes))
    slots = as_rows(key, key.encrypt_many([20 << 128, -4 << 128], token_bytes))
    both = replace(inputs, peer_people=(shares,), peer_slots=(slots,))
    assert opened(scene, both, run(both)) == {0: (4 + 10 - 3, 28 + 100 + 20)}


def test_other_has_a_share_of_its_own_and_not_that_of_its_cells():
    rows = [Row(person(n), n % 3, True, (n, 0)) for n in range(9)]
    matching = [Row(row.token) for row in rows[:8]]
    scene = Scene(rows, matching, (3, 1), k=3, noise=LITTLE)  # 3, 3 and 2 people; tau is 4
    inputs, key = inputs_of(scene), KEYS["brand"].public
    noised = replace(
        inputs,
        slot_noise=np.array([[10], [20], [30], [400]]),
        peer_people=(as_rows(key, key.encrypt_many([1, 2, 3, 5], token_bytes)),),
        peer_slots=(
            as_rows(key, key.encrypt_many([n << 128 for n in (1, 2, 3, 6000)], token_bytes)),
        ),
    )
    assert opened(scene, noised, run(noised)) == {-1: (8 + 5, 28 + 400 + 6000)}


def test_a_groups_place_tells_nothing_of_its_cell():
    rows = [Row(person(n)) for n in range(4)]
    inputs = inputs_of(Scene(rows, rows, (3, 1)))
    places = {run(inputs, seed).groups[0].position for seed in range(40)}
    assert places == {0, 1, 2, 3}  # one is missing once in 25,000


def test_places_are_a_uniform_shuffle():
    random = Random(5).randbytes
    orders = [tuple(shuffled(3, random)) for _ in range(1200)]
    counts = [orders.count(order) for order in sorted(set(orders))]
    assert len(counts) == 6
    assert min(counts) > 120 and max(counts) < 280  # 200 and more than six standard deviations


def test_the_platform_learns_its_matched_rows_only_where_the_plan_activates():
    rows = [Row(person(n)) for n in range(5)]
    scene = Scene(rows[:3], rows[::-1], value_side=None, extra={"activates": True})
    assert sorted(run(inputs_of(scene)).matched.tolist()) == [2, 3, 4]
    assert run(inputs_of(replace(scene, extra={}))).matched is None


def tokens(*rows: list[int]) -> SideRows:
    joined = b"".join(person(name) for row in rows for name in row)
    array = np.frombuffer(joined, dtype=np.uint8).reshape(len(rows), -1, 16)
    return SideRows(array, np.zeros(len(rows), dtype=np.int64), np.ones(len(rows), dtype=np.bool_))


@pytest.mark.parametrize("rows", [[[1], [2], [1]], [[1, 2], [3, 1]], [[4, 4]]])
def test_a_repeated_token_is_refused_on_either_side(rows):
    for sides in ((tokens(*rows), tokens([9])), (tokens([9]), tokens(*rows))):
        with pytest.raises(InvalidMessageError, match="repeats a token"):
            match(*sides, "brand")


def test_of_the_side_that_does_not_receive_a_row_with_two_matches_is_left_out_without_a_word():
    """A failure would tell whoever made the row up that the other side has both."""
    one, other = tokens([1, 2], [3, 4]), tokens([1, 9], [2, 8], [3, 7])
    assert len(match(one, tokens([2], [3]), "platform")) == 2
    found = match(one, other, "platform")
    assert (found.brand.tolist(), found.platform.tolist()) == ([1], [2])
    swapped = match(other, one, "brand")
    assert (swapped.brand.tolist(), swapped.platform.tolist()) == ([2], [1])
    assert len(match(tokens([1, 9]), tokens([1], [9]), "platform")) == 0


def test_a_row_of_the_receiver_takes_no_match_of_another_row_away():
    """Each row of the other side counts as if it were alone."""
    receiver, others = tokens([1, 2], [3, 4]), ([1, 9], [2, 8], [3, 7])
    found = match(receiver, tokens(*others), "brand")
    assert sorted(found.platform.tolist()) == [0, 1, 2]
    for place, other in enumerate(others):
        alone = match(receiver, tokens(other), "brand")
        assert alone.brand.tolist() == found.brand[found.platform == place].tolist()


def test_tokens_that_share_their_first_half_are_told_apart():
    first = person(1)
    near = [first[:8] + bytes(7) + bytes([last]) for last in range(2)]
    array = np.frombuffer(b"".join(near), dtype=np.uint8).reshape(2, 1, 16)
    for order in ([0, 1], [1, 0]):
        platform = replace(tokens([1], [2]), tokens=array[order])
        brand = replace(tokens([1]), tokens=array[1:])
        found = match(brand, platform, "brand")
        assert order[found.platform[0]] == 1


# Any single flipped bit is refused, or changes nothing that is released but what the flipped row
# itself would have added.  Which of these holds is said at each test.


def scene_of_flips() -> Scene:
    """Six people in common, two rows of each side that match nobody, two groups."""
    brand = [Row(person(n), n % 2, True, (100 + n, n)) for n in range(8)]
    platform = [Row(person(n)) for n in range(2, 10)]
    return Scene(brand, platform, (2, 1), k=2)


def flip(array: np.ndarray, row: int, bit: int) -> np.ndarray:
    flipped = array.copy()
    flipped.reshape(len(array), -1).view(np.uint8)[row, bit // 8] ^= 1 << bit % 8
    return flipped


@FEW
@given(st.sampled_from(["brand", "platform"]), st.integers(0, 7), st.integers(0, 127))
def test_a_flipped_bit_of_a_token_unmatches_its_row_and_no_more(side, row, bit):
    """It cannot make a match: that would take a second token at a distance of one bit."""
    scene = scene_of_flips()
    inputs = inputs_of(scene)
    whole = getattr(inputs, side)
    changed = replace(inputs, **{side: replace(whole, tokens=flip(whole.tokens, row, bit))})
    without = [r for place, r in enumerate(scene.rows(side)) if place != row]
    assert opened(scene, changed, run(changed)) == answer(replace(scene, **{side: without}))


@FEW
@given(st.integers(0, 7), st.integers(0, 1023))
def test_a_flipped_bit_of_a_ciphertext_stays_in_the_sums_of_its_group(row, bit):
    """People and other groups never change; of unmatched rows nothing does.

    The sum of the row's own group opens as a random number: half of the flips are seen by the
    receiver, whose slot is out of range.  That no flip comes this far is the work of the upload's
    commitment, see ``tests.vectors.test_job``.
    """
    scene = scene_of_flips()
    inputs = inputs_of(scene)
    before = opened(scene, inputs, run(inputs))
    changed = replace(inputs.brand, ciphertexts=flip(inputs.brand.ciphertexts, row, bit))
    try:
        KEYS["brand"].public.check_ciphertexts(changed.ciphertexts)
        after = opened(scene, inputs, run(replace(inputs, brand=changed)))
    except (InvalidCiphertextError, RemoteError):
        return
    own = row % 2
    assert {cell: found[0] for cell, found in after.items()} == {0: 3, 1: 3}
    assert after[1 - own] == before[1 - own]
    assert (after[own] == before[own]) == (row < 2)


@FEW
@given(st.data())
def test_a_flipped_bit_of_a_map_is_refused_or_moves_one_pair_of_labels(data):
    scene = replace(scene_of_flips(), map_of_cells=(0, 1), outputs=2)
    inputs = inputs_of(scene)
    entry, bit = data.draw(st.integers(0, 1)), data.draw(st.integers(0, 31))
    changed = flip(inputs.cells, entry, bit)
    try:
        after = opened(scene, inputs, run(replace(inputs, cells=changed)))
    except InvalidMessageError:
        return
    assert bit == 0  # the other end of the two cells: the mediator holds one map against the other
    assert sum(found[0] for found in after.values()) == 6


def test_a_flipped_bit_of_a_map_entry_that_nobody_has_changes_nothing():
    scene = scene_of_flips()
    scene = replace(scene, cells=(3, 1), map_of_cells=(0, 1, 0), outputs=2)
    before = answer(scene)
    inputs = inputs_of(scene)
    for bit in range(32):
        changed = replace(inputs, cells=flip(inputs.cells, 2, bit))
        assert opened(scene, changed, run(changed)) == before


@pytest.mark.parametrize("part", ["peer_people", "peer_slots", "masks"])
@pytest.mark.parametrize("bad", ["zero", "one", "n", "square"])
def test_shares_and_masks_that_are_no_ciphertexts_are_refused(part, bad):
    inputs = inputs_of(scene_of_flips())
    n, width = KEYS["brand"].public.n, KEYS["brand"].public.ciphertext_bytes
    number = {"zero": 0, "one": 1, "n": n, "square": n * n}[bad]
    rows = as_rows(KEYS["brand"].public, [number] * inputs.plan.outputs)
    assert rows.shape[1] == width
    with pytest.raises(InvalidCiphertextError):
        run(replace(inputs, **{part: rows if part == "masks" else (rows,)}))


def test_a_side_without_its_ciphertexts_is_refused():
    scene = scene_of_flips()
    inputs = inputs_of(scene)
    bare = replace(side_rows(scene, "brand"), ciphertexts=None)
    with pytest.raises(InvalidMessageError, match="no ciphertexts"):
        run(replace(inputs, brand=bare))


def test_values_of_a_side_that_marks_beyond_its_slot_do_not_reach_other_groups():
    """A row past its bound spoils the sums of its own group only: ciphertexts add per group."""
    scene = scene_of_flips()
    inputs, key = inputs_of(scene), KEYS["brand"].public
    before = opened(scene, inputs, run(inputs))
    rows = inputs.brand.ciphertexts.copy()
    rows[2] = as_rows(key, [key.encrypt(1 << 127, token_bytes)])[0]
    after = opened(
        scene, inputs, run(replace(inputs, brand=replace(inputs.brand, ciphertexts=rows)))
    )
    assert after[1] == before[1]
    assert after[0] != before[0]
    assert limits.slots(512) == 3
