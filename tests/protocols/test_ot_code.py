import itertools
import random

import numpy as np

from protocols.alignment.ot import code


def encode(messages):
    tables = code.code_tables()
    words = np.zeros((len(messages), code.WORDS), dtype=np.uint64)
    for byte in range(8):
        words ^= tables[byte, (messages >> np.uint64(8 * byte)) & np.uint64(255)]
    return words


def weights(words):
    """Count the symbols that are not zero."""
    return np.bitwise_count(np.bitwise_or.reduce(words, axis=1))


def test_the_field_is_the_one_of_its_polynomial():
    powers = list(itertools.accumulate([2] * 15, code.multiply))
    assert len(set(powers)) == 15, "z is primitive"
    assert powers[3] == powers[0] ^ 1, "z^4 = z + 1"
    for a, b, c in itertools.product(range(16), repeat=3):
        assert code.multiply(a, b ^ c) == code.multiply(a, b) ^ code.multiply(a, c)
        assert code.multiply(a, code.multiply(b, c)) == code.multiply(code.multiply(a, b), c)


def test_the_curve_has_64_points():
    points = code.points()
    assert len(set(points)) == 64
    for x, y in points:
        fourth = code.multiply(code.multiply(y, y), code.multiply(y, y))
        square = code.multiply(x, x)
        assert fourth ^ y == code.multiply(code.multiply(square, square), x)


def test_the_sixteen_functions_are_the_products_with_few_poles():
    """The proof of the distance: a function has as many zeros as poles, and these have 21."""
    points = code.points()[:53]
    pole_orders = []
    for number in range(16):
        word = code.basis()[4 * number]
        fitting = [
            (i, j)
            for i, j in itertools.product(range(6), range(4))
            if all(word[k] == code.multiply(power(x, i), power(y, j)) for k, (x, y) in
                   enumerate(points))
        ]  # fmt: skip
        ((i, j),) = fitting
        pole_orders.append(4 * i + 5 * j)
    assert len(set(pole_orders)) == 16
    assert max(pole_orders) == 21
    assert 64 - max(pole_orders) - (64 - code.LENGTH) == code.DISTANCE


def power(base, exponent):
    product = 1
    for _ in range(exponent):
        product = code.multiply(product, base)
    return product


def test_the_code_has_dimension_16_and_length_53():
    rows = [list(code.basis()[4 * number]) for number in range(16)]
    inverse = {a: b for a in range(1, 16) for b in range(1, 16) if code.multiply(a, b) == 1}
    rank = 0
    for column in range(code.LENGTH):
        pivot = next((row for row in rows if row[column]), None)
        if pivot is None:
            continue
        rows.remove(pivot)
        rank += 1
        scaled = [code.multiply(inverse[pivot[column]], s) for s in pivot]
        rows = [
            [a ^ code.multiply(row[column], b) for a, b in zip(row, scaled, strict=True)]
            for row in rows
        ]
    assert rank == 16
    assert {len(word) for word in code.basis()} == {53}


def test_no_sampled_word_is_lighter_than_the_proof_allows():
    unit = [1 << i for i in range(64)]
    messages = [a | b | c for a in unit for b in unit for c in unit if a <= b <= c]
    draw = random.Random(5)
    messages += [draw.getrandbits(64) | 1 for _ in range(50_000)]
    lightest = weights(encode(np.array(messages, dtype=np.uint64))).min()
    assert code.DISTANCE <= lightest < 50


def test_the_tables_add_up_the_basis():
    message = 0x8123456789ABCDEF
    expected = [0] * 53
    for bit, word in enumerate(code.basis()):
        if message >> bit & 1:
            expected = [a ^ b for a, b in zip(expected, word, strict=True)]
    assert np.array_equal(encode(np.array([message], dtype=np.uint64))[0], code.to_words(expected))


def test_masks_and_scaled_tables_multiply_symbol_by_symbol():
    draw = random.Random(6)
    factors = [draw.randrange(16) for _ in range(53)]
    word = code.basis()[17]
    product = code.to_words([code.multiply(f, s) for f, s in zip(factors, word, strict=True)])
    planes, masks = code.to_words(word), code.plane_masks(factors)
    assert np.array_equal(np.bitwise_xor.reduce(planes & masks, axis=1), product)
    assert np.array_equal(code.scaled_tables(factors)[17 // 8, 1 << 17 % 8], product)
