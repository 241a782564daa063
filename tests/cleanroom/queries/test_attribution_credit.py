"""Rules that share credit: the platform adds labels up, and nobody else learns the parts."""

from __future__ import annotations

import secrets
from fractions import Fraction
from secrets import token_bytes

import numpy as np
import pytest

from cleanroom.agent.combination import parts_of
from cleanroom.engine.combine import Accumulators, Parts, combine, release_combined
from cleanroom.engine.release import Terms, as_rows
from cleanroom.errors import PolicyRefusal
from cleanroom.privacy.noise import Delta, NoiseSpec
from cleanroom.privacy.preview import preview_people
from cleanroom.queries import crediting
from cleanroom.queries.plan import Charge, Plan, Slot
from protocols.errors import InvalidMessageError
from tests.cleanroom.queries.credit.oracle import Definition
from tests.cleanroom.queries.harness import Measure, ask, events, plan
from tests.cleanroom.queries.journeys import START, TIMES, Journeys, five_people
from tests.cleanroom.queries.room import BITS, paillier
from tests.cleanroom.queries.test_attribution_winners import CAMPAIGN, campaigns, page_row

SHARED = {
    "linear": {},
    "linear_distinct": {},
    "shapley": {},
    "time_decay": {"half_life": "1d"},
    "position": {"weights": [40, 20, 40]},
    "last_n": {"credits": [3, 2, 1]},
}


@pytest.mark.parametrize("model", SHARED)
def test_the_five_people_of_the_page(model):
    parameters = {"model": model, **SHARED[model], **TIMES}
    result = ask("attribution", parameters, *five_people()).result
    expected = page_row(model)
    assert result["total"]["unattributed"] == pytest.approx(expected.pop("unattributed"))
    # A 2520th for each of four shared conversions, and half of the page's last digit.
    assert campaigns(result) == pytest.approx(expected, abs=4 / 2520 + 5e-4)


@pytest.mark.parametrize("receiver", ["brand", "platform"])
@pytest.mark.parametrize("seed", [1, 2])
def test_random_journeys_are_shared_by_definition(seed, receiver):
    journeys = Journeys.draw(seed)
    parameters = journeys.asked(model="linear", window="20s", boundary="strict")
    result = ask("attribution", parameters, *journeys.data(), receiver=receiver).result
    counts, values = journeys.truth(Definition("linear", 20, 20, True, campaigns=3, ticks=100))
    # Paths have at most 5 touches, and 1 to 5 divide Q: nothing is rounded.
    assert campaigns(result) == pytest.approx({"ABC"[k]: float(n) for k, n in counts.items()})
    sums = {group["key"][CAMPAIGN]: group["sums"]["value"] for group in result["groups"]}
    assert sums == pytest.approx({"ABC"[k]: float(n) for k, n in values.items()})
    whole: Fraction = sum(counts.values(), Fraction(0))
    assert result["total"]["attributed"] == pytest.approx(float(whole))


def crowd(people: int = 300, conversions: int = 1):
    """Return people who saw X, then Y, then bought: each campaign earns half."""
    names = [f"p{n}" for n in range(people)]
    met = [(name, second, "XY"[second]) for second in (0, 1) for name in names]
    touches = events(
        [name for name, *_ in met],
        [START + second for _, second, _ in met],
        labels={"campaign": [campaign for *_, campaign in met]},
    )
    moments = [START + 5 + n for n in range(conversions) for _ in names]
    orders = events(
        names * conversions, moments, measures={"value": Measure([10] * people * conversions, 10)}
    )
    return orders, touches


@pytest.mark.parametrize("receiver", ["brand", "platform"])
def test_noise_of_both_sides_is_in_the_count_before_the_threshold(receiver):
    parameters = {
        "model": "linear", "start": START, "end": START + 60, "max_conversions": 1,
        "measures": ["value"],
    }  # fmt: skip
    policy = {"noise": "discrete-gaussian", "k_min": 10, "rho_per_release": 1.0}
    answer = ask("attribution", parameters, *crowd(), receiver=receiver, **policy)
    charge = answer.brand.charge
    # Two campaigns share 840 parts in 841 ways, 1260 in more than a job has labels.
    assert charge.units == 840 and charge.shares == 2
    # sigma = 1 / sqrt(2 * 0.5) = 1 person, of which 4.753 sqrt(2) above k.
    assert charge.people.scale == pytest.approx(840)
    assert charge.tau == 10 + 7
    for group in answer.result["groups"]:
        # Half of rho is the people's, a quarter each measure's: sigma sqrt 2, two shares of it.
        assert group["conversions_sd"] == pytest.approx(2.0, rel=1e-3)
        assert abs(group["conversions"] - 150) < 8 * group["conversions_sd"]
        assert abs(group["sums"]["value"] - 1500) < 8 * group["sums_sd"]["value"]
    noise = [group.people / 840 - 150 for group in answer.opened.groups]
    # Each is zero once in some thousand runs.
    assert any(noise) and all(abs(one) < 15 for one in noise)
    kept = answer.platform.kept("combination-noise").view(np.int64)
    assert len(kept) == answer.platform.plan.cells and kept.any()


def test_a_person_counts_once_over_all_groups_with_noise_and_whole_without():
    parameters = {"model": "linear", "start": START, "end": START + 60, "max_conversions": 2}
    silent = ask("attribution", parameters, *crowd(12, 2), k_min=12)
    assert campaigns(silent.result) == {"X": 12, "Y": 12}
    assert campaigns(ask("attribution", parameters, *crowd(11, 2), k_min=12).result) == {}
    parts = parts_of(silent.platform, 10_000)
    assert set(parts.person.tolist()) == {2520}
    noisy = {"noise": "discrete-gaussian", "k_min": 10, "rho_per_release": 1.0}
    parts = parts_of(ask("attribution", parameters, *crowd(30), **noisy).platform, 10_000)
    for label in set(parts.label.tolist()):
        assert parts.person[parts.label == label].sum() == 840


def test_the_number_of_labels_is_padded_and_every_label_is_handed_out():
    answer = ask("attribution", {"model": "linear", **TIMES}, *five_people())
    labels = answer.desk.uploads("job.rows")["platform"]["labels"]
    vectors = len(set(parts_of(answer.platform, labels).label.tolist()))
    assert vectors < 64 == labels
    path = f"{answer.platform.path}/messages"
    counting = paillier("mediator", BITS)
    width = counting.public.ciphertext_bytes
    sums = answer.desk.whole(f"{path}/accumulators", "mediator")
    rows = {sums[start : start + width] for start in range(0, len(sums), width)}
    # No label without a match shows itself: an empty sum is not a bare 1 and no two are alike.
    assert len(rows) == labels and (1).to_bytes(width, "big") not in rows


def test_too_many_vectors_are_refused_with_the_way_out():
    touches = events(
        [f"p{n}" for n in range(4200) for _ in range(3)],
        [START + n for _ in range(4200) for n in range(3)],
        labels={"campaign": [f"c{n % 60}" for n in range(4200) for n in (n, n // 60, n + 7)]},
    )
    orders = events(["p1"], [START + 50])
    parameters = {"model": "position", "weights": [50, 20, 30], "start": START, "end": START + 60}
    with pytest.raises(PolicyRefusal, match="sampled") as refusal:
        ask("attribution", parameters, orders, touches)
    assert refusal.value.rule == "too-many-vectors"


def test_names_that_fit_no_sealed_entry_are_refused():
    with pytest.raises(PolicyRefusal, match="bytes"):
        crediting.key_text(("a" * 70, "b" * 70))
    assert crediting.key_labels(crediting.key_text(("a", ""))) == ("a", "")


# What the mediator could do with what the platform sends back, and what the platform's noise
# and re-randomisation leave of it.


def small_combination(noise):
    """Two labels pay one cell; the mediator knows that 1 and 0 people matched them."""
    value, counting = paillier("brand", BITS), paillier("mediator", BITS)
    keys = value.public, counting.public
    numbers = zip(keys, ([5, 0], [1, 0]), strict=True)
    made = Accumulators(
        *(as_rows(key, key.encrypt_many(number, token_bytes)) for key, number in numbers)
    )
    labels, cells, parts = np.array([0, 1]), np.array([0, 0]), np.array([840, 1680])
    out = combine(made, Parts(labels, cells, parts, parts), 1, noise, *keys, secrets.token_bytes)
    return made, out, counting, keys


def solved(out, counting):
    """Guess the part that the one matched label pays: all that a count of one person tells."""
    (count,) = counting.decrypt_many([int.from_bytes(out.counts[0].tobytes(), "big")])
    return count


def test_the_mediator_reads_no_part_off_a_count_with_noise():
    _, out, counting, _ = small_combination([0])
    assert solved(out, counting) == 840, "without noise one third tells a path of three"
    guesses = {
        solved(small_combination([int(share)])[1], counting)
        for share in np.random.default_rng(1).normal(0, 2520 * 3, 20)
    }
    assert len(guesses) == 20 and 840 not in guesses


def test_what_comes_back_is_unlinked_from_the_accumulators():
    made, out, _, keys = small_combination([0])
    labels = [int.from_bytes(row.tobytes(), "big") for row in made.sums]

    def found(product):
        """Try every pair of parts against the product, as the mediator could."""
        return [
            (a, b)
            for a in range(0, 2521, 840)
            for b in range(0, 2521, 840)
            if keys[0].weighted_product(labels, [a, b]) == product
        ]

    assert found(keys[0].weighted_product(labels, [840, 1680])) == [(840, 1680)]
    assert found(int.from_bytes(out.sums[0].tobytes(), "big")) == []


def test_counts_that_no_job_gives_are_clipped():
    counting, value = paillier("mediator", BITS), paillier("brand", BITS)
    slot = Slot("conversions", 1, 0, 2520, Delta(2520, 2520))
    made = Plan(
        source="job", columns=(), cells=1, value_side="brand", slots=(slot,),
        people_delta=Delta(2520, 2520), combine=True, units=2520,
    )  # fmt: skip
    silent = NoiseSpec("none", 0)
    terms = Terms(
        plan=made, charge=Charge(0.0, 1, silent, (silent,), 2520),
        receiver_key=value.public, value_key=value.public,
        people_noise=np.zeros(1, dtype=np.int64), slot_noise=np.zeros((2, 1), dtype=np.int64),
    )  # fmt: skip

    def released(count):
        sums = as_rows(value.public, value.public.encrypt_many([7 << 128], token_bytes))
        counts = as_rows(counting.public, counting.public.encrypt_many([count], token_bytes))
        return release_combined(terms, Accumulators(sums, counts), counting, secrets.token_bytes)

    assert len(released(2520).groups) == 1
    assert released(2519).groups == (), "less than one person"
    assert released(-(1 << 62)).groups == ()
    for beyond in (1 << 61, 1 << 62, value.public.n // 3):
        # As many ciphertexts as there are outputs, whatever passes: the first is the group's.
        people, _ = released(beyond).people
        opened = value.decrypt(int.from_bytes(people.tobytes(), "big"))
        assert opened == 1 << 61, "clipped, so that no failure tells what the count was"
    two = Accumulators(*(np.repeat(part, 2, axis=0) for part in _pair(value, counting)))
    with pytest.raises(InvalidMessageError, match="one sum and one count"):
        release_combined(terms, two, counting, secrets.token_bytes)


def _pair(value, counting):
    return (
        as_rows(value.public, value.public.encrypt_many([0], token_bytes)),
        as_rows(counting.public, counting.public.encrypt_many([0], token_bytes)),
    )


def test_a_preview_speaks_of_whole_people():
    parameters = {"model": "linear", **TIMES, "max_conversions": 1}
    policy = {"noise": "discrete-gaussian", "k_min": 10, "rho_per_release": 1.0}
    charge = plan("attribution", parameters, *five_people(), **policy).charge
    assert charge.whole_people.scale == pytest.approx(1.0)
    seen = preview_people(charge.whole_people, charge.k, 500, charge.shares)
    assert seen.tau == charge.tau and seen.noise_sd == pytest.approx(2**0.5)


def test_a_platform_that_adds_up_and_receives_needs_the_brands_grant():
    """Nobody can check its weights: in a live room only the brand's word opens that door."""
    asked = ("attribution", {"model": "linear", **TIMES}, *five_people())
    live = {
        "agreement": {"rehearsal": False},
        "noise": "discrete-gaussian",
        "k_min": 10,
        "receiver": "platform",
    }
    with pytest.raises(PolicyRefusal) as refused:
        plan(*asked, **live)
    assert refused.value.rule == "grant-shared-credit"
    granted = {"party": "brand", "kind": "shared-credit"}
    assert plan(*asked, **live, grants=(granted,)).plan.combine
    assert plan(*asked, **live | {"receiver": "brand"}).plan.combine


def test_a_platform_that_receives_several_conversions_of_a_person_needs_the_brands_grant():
    """It could meet the rows of two conversions together and of each alone, and count three."""
    live = {
        "agreement": {"rehearsal": False},
        "noise": "discrete-gaussian",
        "k_min": 10,
        "receiver": "platform",
    }
    asked = ("attribution", {"model": "last_touch", **TIMES, "max_conversions": 2}, *five_people())
    with pytest.raises(PolicyRefusal, match="max_conversions above 1") as refused:
        plan(*asked, **live)
    assert refused.value.rule == "grant-shared-credit"
    granted = {"party": "brand", "kind": "shared-credit"}
    assert plan(*asked, **live, grants=(granted,)).plan.nested
    assert plan(*asked, **live | {"receiver": "brand"}).plan.nested
    once = ("attribution", {**asked[1], "max_conversions": 1}, *five_people())
    assert not plan(*once, **live).plan.nested
