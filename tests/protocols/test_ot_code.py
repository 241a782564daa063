import secrets

import numpy as np

from protocols.alignment.ot import code


def encode(messages):
    tables = code.code_tables()
    words = np.zeros((len(messages), code.WORDS), dtype=np.uint64)
    for byte in range(8):
        words ^= tables[byte, (messages >> np.uint64(8 * byte)) & np.uint64(255)]
    return words


def weights(words):
    return np.bitwise_count(words).sum(axis=1)


def test_the_generator_has_the_degree_that_leaves_76_dimensions():
    generator = code.generator_polynomial()
    assert generator.bit_length() - 1 == 511 - 76
    remainder = 1 << 511 | 1
    while remainder.bit_length() >= generator.bit_length():
        remainder ^= generator << (remainder.bit_length() - generator.bit_length())
    assert remainder == 0, "a cyclic code's generator divides x^511 - 1"


def test_the_generator_vanishes_at_170_consecutive_powers():
    powers = [1]
    for _ in range(510):
        doubled = powers[-1] * 2
        powers.append(doubled ^ 0b1000010001 if doubled >= 512 else doubled)
    assert len(set(powers)) == 511, "alpha is primitive"
    exponents = [i for i in range(436) if code.generator_polynomial() >> i & 1]
    for root in range(1, 171):
        value = 0
        for exponent in exponents:
            value ^= powers[root * exponent % 511]
        assert value == 0, root


def test_the_code_has_dimension_64_and_length_456():
    rows = list(code.basis())
    assert max(row.bit_length() for row in rows) <= 456
    rank = 0
    while rows:
        pivot = rows.pop()
        if pivot:
            rank += 1
            low = pivot & -pivot
            rows = [row ^ pivot if row & low else row for row in rows]
    assert rank == 64


def test_no_sampled_word_is_lighter_than_the_proof_allows():
    unit = [1 << i for i in range(64)]
    messages = [a | b | c for a in unit for b in unit for c in unit if a <= b <= c]
    messages += [secrets.randbits(64) | 1 for _ in range(50_000)]
    lightest = weights(encode(np.array(messages, dtype=np.uint64))).min()
    assert code.DISTANCE <= lightest < 228


def test_the_tables_add_up_the_basis():
    message = 0x8123456789ABCDEF
    expected = 0
    for bit, word in enumerate(code.basis()):
        expected ^= word * (message >> bit & 1)
    assert encode(np.array([message], dtype=np.uint64)).tobytes()[:57] == expected.to_bytes(
        57, "little"
    )
