"""ristretto255 in lanes, against RFC 9496, RFC 9497 and libsodium, on all that has an edge."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
import rbcl

from protocols.curve25519 import edwards, group, lanes, ristretto, words
from protocols.curve25519.field import D
from protocols.curve25519.group import FEW
from protocols.curve25519.words import frozen as words_frozen
from protocols.curve25519.words import multiply as words_multiply
from protocols.curve25519.words import read as words_read
from protocols.curve25519.words import square as words_square
from protocols.curve25519.words import subtract as words_subtract
from protocols.curve25519.words import write as words_write
from protocols.errors import InvalidElementError, InvalidProofError
from protocols.voprf import Elements, ServerKey, blind, split
from protocols.voprf.group import ORDER, base_of, hash_to_points, multiply_points
from tests.vectors.test_voprf import SECRET, VECTORS

P = 2**255 - 19

# RFC 9496, appendix A.1: the generator times 0, 1, 2 ...
MULTIPLES = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76",
    "6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919",
    "94741f5d5d52755ece4f23f044ee27d5d1ea1e2bd196b462166b16152a9d0259",
    "da80862773358b466ffadfe0b3293ab3d9fd53c5ea6c955358f568322daf6a57",
]

# RFC 9496, appendix A.2: not below p, negative, no square, negative x y, y = 0.
BAD = [
    "00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ed57ffd8c914fb201471d1c3d245ce3c746fcbe63a3679d51b6a516ebebe0e20",
    "c34c4e1826e5d403b78e246e88aa051c36ccf0aafebffe137d148a2bf9104562",
    "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371",
    "4eac077a713c57b4f4397629a4145982c661f48044dd3f96427d40b147d9742f",
    "3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e",
    "a45fdc55c76448c049a1ab33f17023edfb2be3581e9c7aade8a6125215e04220",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]


def rows(given: list[bytes]) -> np.ndarray:
    return np.frombuffer(bytearray(b"".join(given)), dtype=np.uint8).reshape(len(given), -1)


def drawn(count: int, name: str, width: int = 64) -> list[bytes]:
    packed = hashlib.shake_256(name.encode()).digest(count * width)
    return [packed[at : at + width] for at in range(0, len(packed), width)]


def points(count: int) -> list[bytes]:
    return [rbcl.crypto_core_ristretto255_from_hash(one) for one in drawn(count, "points")]


def little(number: int, width: int = 32) -> bytes:
    return number.to_bytes(width, "little")


EDGES = [
    little(number)
    for number in (
        *(0, 1, 2, 7, 8, 9, 15, 16, 17, ORDER - 1, ORDER - 2, ORDER - 8, ORDER // 2, 2**252),
        *(2**252 - 1, 8 * (16**63 - 1) // 15 % ORDER, 0x77 * (256**31 - 1) // 255),
    )
]
"""Scalars whose signed digits are 0, 8, -8, carry all the way up, or end high."""


def times(scalar: bytes, element: bytes) -> bytes:
    try:
        return rbcl.crypto_scalarmult_ristretto255(scalar, element)
    except RuntimeError:
        return bytes(32)


def total(elements: list[bytes]) -> bytes:
    found = bytes(32)
    for element in elements:
        found = rbcl.crypto_core_ristretto255_add(found, element)
    return found


def read(elements: list[bytes]) -> np.ndarray:
    found, valid = group.decode(rows(elements))
    assert valid.all()
    return found


def encoded(given: np.ndarray) -> list[bytes]:
    return [row.tobytes() for row in group.encode(given)]


AT_ONCE = [1, FEW, FEW + 1, lanes.LANES]
"""One by one, or in lanes."""


def in_parts(size: int, *columns: list) -> list[tuple]:
    return [tuple(c[at : at + size] for c in columns) for at in range(0, len(columns[0]), size)]


@pytest.mark.parametrize("size", AT_ONCE)
def test_the_generator_times_small_numbers_is_the_published_element(size):
    generator = bytes.fromhex(MULTIPLES[1])
    scalars = [little(number % len(MULTIPLES)) for number in range(size)]
    expected = [bytes.fromhex(MULTIPLES[number % len(MULTIPLES)]) for number in range(size)]
    assert encoded(base_of(generator).times(rows(scalars))) == expected
    products = ristretto.multiply_each(read([generator] * size), rows(scalars))
    assert encoded(products) == expected


@pytest.mark.parametrize("size", AT_ONCE)
def test_what_is_no_element_is_known_at_every_place_and_the_others_are(size):
    bad = [bytes.fromhex(one) for one in BAD]
    mixed = [one for pair in zip(bad, points(len(bad)), strict=True) for one in pair]
    tried = [*drawn(500, "any", 32), *(little(2 * n) for n in range(100))]
    tried += [little(P + n) for n in range(19)] + [little(P - n) for n in range(1, 20)]
    # That library reads over bit 255, which makes a number that is not below p.
    expected = [
        one[31] < 128 and bool(rbcl.crypto_core_ristretto255_is_valid_point(one)) for one in tried
    ]
    assert 0 < sum(expected) < len(expected)
    found = [
        valid
        for (part,) in in_parts(size, mixed + tried)
        for valid in group.decode(rows(part))[1].tolist()
    ]
    assert found == [False, True] * len(bad) + expected


def test_an_element_alone_has_one_spelling_too():
    for element in (bytes(32), *points(3)):
        with pytest.raises(InvalidElementError, match="not in the group"):
            Elements.read([element[:31] + bytes([element[31] | 0x80])])


@pytest.mark.parametrize("size", AT_ONCE)
def test_what_is_decoded_is_encoded_as_it_was(size):
    elements = [bytes(32), *map(bytes.fromhex, MULTIPLES[1:]), *points(200)]
    assert [one for (part,) in in_parts(size, elements) for one in encoded(read(part))] == elements


def test_products_are_those_of_libsodium_for_every_edge():
    elements = [bytes(32), *map(bytes.fromhex, MULTIPLES[1:]), *points(30)]
    pairs = [(scalar, element) for scalar in EDGES for element in elements]
    more = [rbcl.crypto_core_ristretto255_scalar_reduce(one) for one in drawn(1000, "scalars")]
    pairs += list(zip(more, points(1000), strict=True))
    scalars, factors = zip(*pairs, strict=True)
    products = ristretto.multiply_each(read(factors), rows(scalars))
    assert encoded(products) == [times(*pair) for pair in pairs]
    secret = more[0]
    for size in AT_ONCE:
        assert multiply_points(secret, read(elements[:size])) == [
            times(secret, one) for one in elements[:size]
        ]


@pytest.mark.parametrize("size", AT_ONCE)
def test_a_known_point_times_each_scalar_is_that_of_libsodium(size):
    more = [rbcl.crypto_core_ristretto255_scalar_reduce(one) for one in drawn(100, "fixed")]
    for element in (points(1)[0], bytes.fromhex(MULTIPLES[1])):
        base = base_of(element)
        for (part,) in in_parts(size, EDGES + more):
            assert encoded(base.times(rows(part))) == [times(one, element) for one in part]


@pytest.mark.parametrize("count", [1, 2, 15, 33, 100])
def test_sums_of_one_batch_and_of_two_are_those_of_libsodium(count):
    scalars = [rbcl.crypto_core_ristretto255_scalar_reduce(one) for one in drawn(count, "w")]
    scalars[: len(EDGES)] = EDGES[:count]
    first, second = points(2 * count)[:count], points(2 * count)[count:]
    expected = [total(list(map(times, scalars, batch))) for batch in (first, second)]
    assert encoded(group.combine(rows(scalars), read(first), read(second))) == expected
    assert encoded(group.combine(rows(scalars), read(first))) == expected[:1]


@pytest.mark.parametrize("scalar", EDGES)
def test_one_public_product_is_right_for_every_edge(scalar):
    element = points(1)[0]
    assert encoded(group.combine(rows([scalar]), read([element]))) == [times(scalar, element)]


def test_a_sum_of_opposite_and_of_equal_points_is_right():
    """The formulas hold for doubling and for the neutral point, wherever they meet."""
    element, last = points(1)[0], little(ORDER - 1)
    for scalars in ([little(1), last] * 32, [little(1)] * 64, [little(0)] * 64):
        expected = total([times(scalar, element) for scalar in scalars])
        assert encoded(group.combine(rows(scalars), read([element] * 64))) == [expected]
    own, none = read([element]), read([bytes(32)])
    assert encoded(group.add(own, own)) == [total([element] * 2)]
    assert encoded(group.subtract(own, own)) == [bytes(32)]
    assert encoded(group.subtract(none, own)) == [times(last, element)]


@pytest.mark.parametrize("size", AT_ONCE)
def test_uniform_bytes_map_to_the_elements_of_libsodium(size):
    tried = drawn(200, "uniform")
    halves = [little(n) for n in (0, 1, 2, P - 1, P, P + 1, 2**255 - 1, 2**255, 2**256 - 1)]
    halves += [little(pow(2, (P - 1) // 4, P)), little(int(P - D)), little(int(D))]
    tried += [one + other for one in halves for other in halves]
    expected = [rbcl.crypto_core_ristretto255_from_hash(one) for one in tried]
    found = [
        one for (part,) in in_parts(size, tried) for one in encoded(group.from_uniform(rows(part)))
    ]
    assert found == expected


@pytest.mark.parametrize("limb", [2**54 - 1, 2**51 + 2**44, 0])
def test_the_largest_words_of_the_formulas_do_not_overflow(limb):
    """Each is as large as ``words`` says that a factor may be."""
    value = sum(limb << 51 * place for place in range(5))
    given = np.full((2, 5), limb, np.uint64)
    found = np.zeros((4, 5), np.uint64)
    operate(found, given)
    made = [sum(int(x) << 51 * place for place, x in enumerate(row)) for row in found]
    assert (made[0] - value * value) % P == (made[1] - value * value) % P == 0
    assert made[2] == value % P
    assert made[3] % P == 0
    assert (found[:2] < 2**51 + 2**44).all()


@words.fast
def operate(found, given):
    f, g = words_read(given[0], 0), words_read(given[1], 0)
    words_write(found[0], 0, words_multiply(f, g))
    words_write(found[1], 0, words_square(f))
    words_write(found[2], 0, words_frozen(f))
    if given[0, 0] < 2**52:
        words_write(found[3], 0, words_subtract(f, g))


def test_digits_add_up_to_their_scalar_and_are_in_the_table():
    scalars = [*EDGES, *drawn(lanes.LANES - len(EDGES), "digits", 32)]
    scalars = [little(int.from_bytes(one, "little") % 2**253) for one in scalars]
    digits = np.zeros((edwards.WINDOWS, lanes.LANES), dtype=np.int8)
    edwards.recode(digits, np.ascontiguousarray(rows(scalars).T))
    assert digits.min() >= -8 and digits.max() <= 8
    for lane, scalar in enumerate(scalars):
        found = sum(int(digit) * 16**place for place, digit in enumerate(digits[:, lane]))
        assert found == int.from_bytes(scalar, "little")


@pytest.mark.parametrize("units", [(5, 3), (3, 3), (5, 2)])
def test_the_largest_factors_of_the_formulas_do_not_overflow(units):
    offsets = [-(-51 * limb // 2) for limb in range(10)]
    f, g = (
        np.repeat(
            np.array([n * (1 << 26 - i % 2) + (n << 17) * (i == 1) for i in range(10)], np.uint32),
            lanes.LANES,
        )
        for n in units
    )
    to, wide = np.zeros_like(f), np.zeros(lanes.WIDTH, dtype=np.uint64)
    lanes.multiply(to, f, g, wide)
    value = [
        sum(int(limb) << at for limb, at in zip(one[:: lanes.LANES], offsets, strict=True))
        for one in (to, f, g)
    ]
    assert (value[0] - value[1] * value[2]) % P == 0
    assert all(int(to[i * lanes.LANES]) < (1 << 26 - i % 2) + (i == 1) * 2**17 for i in range(10))


def test_the_largest_sum_of_a_doubling_does_not_overflow():
    """Of a reduced factor, and a difference of reduced ones of three units."""
    offsets = [-(-51 * limb // 2) for limb in range(10)]
    f, g = (
        np.repeat(np.array([n * (1 << 26 - i % 2) + (n << 17) for i in range(10)], np.uint32), 32)
        for n in (1, 3)
    )
    to, wide = np.zeros_like(f), np.zeros(lanes.WIDTH, dtype=np.uint64)
    lanes.square_twice(to, f, g, wide)
    made, one, more = [
        sum(int(limb) << at for limb, at in zip(each[:: lanes.LANES], offsets, strict=True))
        for each in (to, f, g)
    ]
    assert (made - 2 * one * one - more) % P == 0
    assert all(int(to[i * lanes.LANES]) < (1 << 26 - i % 2) + (i == 1) * 2**17 for i in range(10))


def test_published_elements_come_out_of_a_batch_in_lanes():
    """RFC 9497, appendix A.1.2, with enough others around that lanes are used."""
    key = ServerKey(SECRET)
    for vector in VECTORS:
        blinded, evaluated = (split(bytes.fromhex(t)) for t in (vector.blinded, vector.evaluated))
        found, _ = key.evaluate([*points(31), *blinded, *points(3)], lambda n: b"\1" * n)
        assert found[31 : 31 + len(blinded)] == evaluated


@pytest.mark.parametrize("count", [32, 32 + FEW, 33 + FEW])
def test_a_batch_gives_what_single_ones_give_and_refuses_by_place(count):
    draw = hashlib.shake_256(b"draw").digest
    key, inputs = ServerKey.derive(b"k" * 32), drawn(count, "inputs", 20)
    alone = [encoded(hash_to_points([one]))[0] for one in inputs]
    assert encoded(hash_to_points(inputs)) == alone
    asked = blind(inputs, draw)
    evaluated, proof = key.evaluate(list(asked.elements), draw)
    assert asked.finalize(evaluated, proof, key.public) == [key.output(one) for one in inputs]
    assert key.outputs(inputs).tobytes() == b"".join(map(key.output, inputs))
    for place in (0, 31, count - 1):
        for bad in (bytes.fromhex(BAD[6]), bytes(32), bytes(31)):
            spoilt = [*evaluated[:place], bad, *evaluated[place + 1 :]]
            for refused in (
                lambda given: asked.finalize(given, proof, key.public),
                lambda given: key.evaluate(given, draw),
                Elements.read,
            ):
                with pytest.raises(InvalidElementError) as error:
                    refused(spoilt)
                assert error.value.index == place
        others = [*evaluated[:place], points(1)[0], *evaluated[place + 1 :]]
        with pytest.raises(InvalidProofError):
            asked.finalize(others, proof, key.public)
