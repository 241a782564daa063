import math

import numpy as np
import pytest

from protocols.alignment.ot import bins


def log2_tail(count, chance, most):
    """Return log2 of P[Binomial(count, chance) > most], summed exactly in logarithms."""
    terms = []
    for load in range(most + 1, most + 4000):
        log = (
            math.lgamma(count + 1) - math.lgamma(load + 1) - math.lgamma(count - load + 1)
            + load * math.log(chance) + (count - load) * math.log1p(-chance)
        )  # fmt: skip
        terms.append(log)
    top = max(terms)
    return (top + math.log(sum(math.exp(term - top) for term in terms))) / math.log(2)


@pytest.mark.parametrize(
    "count", [131_073, 200_000, 1_000_064, 10_000_000, 1 << 24, 600_000_000, 1 << 32]
)
def test_no_bin_overflows_but_with_a_chance_below_2_to_the_minus_40(count):
    number = 1 << bins.bin_bits(count)
    assert number > 1
    most = bins.capacity(count)
    assert log2_tail(count, 1 / number, most) + math.log2(number) < -40
    # And the bound is not waste: a twentieth less of the slack would not do at all sizes.
    mean = count / number
    assert most < 1.04 * mean


def test_few_keys_have_one_bin_without_padding():
    for count in (0, 1, 64, 131_072):
        assert bins.bin_bits(count) == 0
        assert bins.capacity(count) == count


@pytest.mark.parametrize(
    ("count", "number"),
    [(131_073, 2), (1_000_000, 16), (10_000_000, 128), (1 << 24, 256), (1 << 32, 65_536)],
)
def test_bins_hold_about_2_to_the_16_keys(count, number):
    assert 1 << bins.bin_bits(count) == number
    assert bins.security_bits(count) == 40 + math.log2(number)


def test_sorted_by_finer_bins_the_coarse_ones_stand_together():
    keys = np.frombuffer(np.random.default_rng(3).bytes(32 * 5000), dtype=np.uint64).reshape(-1, 4)
    keys = keys[np.argsort(bins.bin_of(keys, 6), kind="stable")]
    for bits in (0, 1, 3, 6):
        stretches = bins.stretches(keys, bits)
        assert len(stretches) == 1 << bits
        assert [s.start for s in stretches[1:]] == [s.stop for s in stretches[:-1]]
        assert (stretches[0].start, stretches[-1].stop) == (0, 5000)
        for number, stretch in enumerate(stretches):
            assert (bins.bin_of(keys[stretch], bits) == number).all()


def test_the_bin_says_nothing_of_the_value():
    """Two keys of one bin differ in all 64 bits of the value, or the distance would not count."""
    keys = np.zeros((1, 4), dtype=np.uint64)
    keys[0, :3] = np.uint64((1 << 64) - 1)
    assert bins.bin_of(keys, 8)[0] == 0


@pytest.mark.parametrize(
    ("count", "bits"), [(0, 0), (0, 3), (1, 0), (5, 3), (4_000, 0), (4_000, 6)]
)
def test_keys_are_sorted_where_they_lie(count: int, bits: int) -> None:
    drawn = np.random.default_rng(count).integers(0, 1 << 64, (count, 4), dtype=np.uint64)
    keys = drawn.copy()
    order = bins.sort(keys, bits)
    np.testing.assert_array_equal(np.sort(order), np.arange(count))
    np.testing.assert_array_equal(keys, drawn[order])
    back = np.zeros_like(keys)
    bins.unsort(keys, order, back)
    np.testing.assert_array_equal(back, drawn)
    parts = bins.stretches(keys, bits)
    assert len(parts) == 1 << bits and sum(part.stop - part.start for part in parts) == count
    for number, part in enumerate(parts):
        assert (bins.bin_of(keys[part], bits) == number).all()
