"""Curve25519 against published vectors, hostile elements and the laws that blinding needs."""

from __future__ import annotations

import secrets

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols import curve25519
from protocols.curve25519.field import ORDER, A, P
from protocols.errors import InvalidElementError, LocalError
from protocols.strings import PackedStrings

RO_DST = b"QUUX-V01-CS02-with-curve25519_XMD:SHA-512_ELL2_RO_"
LONG_MESSAGES = [b"q128_" + b"q" * 128, b"a512_" + b"a" * 512]
MESSAGES = [b"", b"abc", b"abcdef0123456789", *LONG_MESSAGES]

# P.x of RFC 9380, appendix J.4.1.
RO_RESULTS = [
    0x2DE3780ABB67E861289F5749D16D3E217FFA722192D16BBD9D1BFB9D112B98C0,
    0x2B4419F1F2D48F5872DE692B0ACA72CC7B0A60915DD70BDE432E826B6ABC526D,
    0x68CA1EA5A6ACF4E9956DAA101709B1EEE6C1BB0DF1DE3B90D4602382A104C036,
    0x096E9C8BAE6C06B554C1EE69383BB0E82267E064236B3A30608D4ED20B73AC5A,
    0x1BC61845A138E912F047B5E70BA9606BA2A447A4DADE024C8EF3DD42B7BBC5FE,
]


def packed(u: int) -> bytes:
    return u.to_bytes(32, "little")


def batch(*rows: bytes) -> np.ndarray:
    return np.frombuffer(b"".join(rows), dtype=np.uint8).reshape(-1, 32)


def good(count: int) -> list[bytes]:
    return [curve25519.hash_to_curve(b"%d" % number, b"tests") for number in range(count)]


@pytest.mark.parametrize(("message", "u"), list(zip(MESSAGES, RO_RESULTS, strict=True)))
def test_hash_to_curve_vectors(message, u):
    assert curve25519.hash_to_curve(message, RO_DST) == packed(u)


@pytest.mark.parametrize(
    ("message", "expected"),  # RFC 9380, appendix K.3
    [
        (b"", "6b9a7312411d92f921c6f68ca0b6380730a1a4d982c507211a90964c394179ba"),
        (b"abc", "0da749f12fbe5483eb066a5f595055679b976e93abe9be6f0f6318bce7aca8dc"),
    ],
)
def test_expand_message_vectors(message, expected):
    dst = b"QUUX-V01-CS02-with-expander-SHA512-256"
    assert curve25519.expand_message_xmd(message, dst, 32).hex() == expected


def test_hash_many_is_hash_to_curve_row_by_row():
    hashes = curve25519.hash_many(PackedStrings.pack(MESSAGES), RO_DST)
    assert [row.tobytes() for row in hashes] == [packed(u) for u in RO_RESULTS]
    assert curve25519.hash_many(PackedStrings.pack([]), RO_DST).shape == (0, 32)


@pytest.mark.parametrize("dst", [b"", bytes(256)])
def test_a_dst_outside_1_to_255_bytes_is_refused(dst):
    with pytest.raises(LocalError):
        curve25519.hash_to_curve(b"abc", dst)
    assert curve25519.hash_to_curve(b"abc", bytes(255)) != curve25519.hash_to_curve(b"abc", b"0")


@pytest.mark.parametrize("length", [0, 255 * 64 + 1])
def test_an_impossible_expansion_is_refused(length):
    with pytest.raises(LocalError):
        curve25519.expand_message_xmd(b"abc", b"tests", length)


def test_hashes_lie_in_the_prime_order_subgroup():
    """X25519 cannot multiply by l, which is not clamped: a textbook ladder does."""
    for point in good(5):
        curve25519.check_element(point)
        assert _ladder(int(ORDER), int.from_bytes(point, "little")) is None


def _ladder(scalar: int, u: int) -> int | None:
    """Multiply by any scalar with the textbook Montgomery ladder; None is the neutral element."""
    p, x2, z2, x3, z3 = int(P), 1, 0, u, 1
    for bit in bin(scalar)[2:]:
        if bit == "1":
            x2, z2, x3, z3 = x3, z3, x2, z2
        x3, z3 = (x2 * x3 - z2 * z3) ** 2 % p, u * (x2 * z3 - z2 * x3) ** 2 % p
        x2, z2 = (
            (x2 * x2 - z2 * z2) ** 2 % p,
            4 * x2 * z2 * (x2 * x2 + int(A) * x2 * z2 + z2 * z2) % p,
        )
        if bit == "1":
            x2, z2, x3, z3 = x3, z3, x2, z2
    return x2 * pow(z2, -1, p) % p if z2 else None


# RFC 7748, section 5.2.
X25519_VECTORS = [
    (
        "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
        "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
        "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552",
    ),
    (
        "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
        "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
        "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957",
    ),
]


@pytest.mark.parametrize(("scalar", "u", "product"), X25519_VECTORS)
def test_x25519_vectors(scalar, u, product):
    assert curve25519.multiply(bytes.fromhex(scalar), bytes.fromhex(u)).hex() == product


def test_x25519_iterated():
    """RFC 7748, section 5.2: after 1 and after 1,000 rounds."""
    k = u = packed(9)
    results = []
    for _ in range(1000):
        k, u = curve25519.multiply(k, u), k
        results.append(k.hex())
    assert results[0] == "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079"
    assert results[-1] == "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51"


def test_bulk_multiplication_is_multiplication_row_by_row():
    points, scalars = good(5), curve25519.draw_scalars(5, secrets.token_bytes)
    pieces = [scalars[at : at + 32] for at in range(0, 160, 32)]
    each = [curve25519.multiply(*pair) for pair in zip(pieces, points, strict=True)]
    assert curve25519.multiply_each(scalars, b"".join(points)) == b"".join(each)
    many = [curve25519.multiply(pieces[0], point) for point in points]
    assert curve25519.multiply_many(pieces[0], b"".join(points)) == b"".join(many)


def test_an_all_zero_product_is_refused_with_its_row():
    points = [*good(3), packed(1)]
    with pytest.raises(InvalidElementError) as caught:
        curve25519.multiply_many(bytes(32), b"".join(points))
    assert caught.value.index == 3
    with pytest.raises(InvalidElementError) as caught:
        curve25519.multiply_each(secrets.token_bytes(128), b"".join(points))
    assert caught.value.index == 3
    with pytest.raises(InvalidElementError):
        curve25519.multiply(bytes(32), packed(0))


def test_wrong_lengths_are_refused():
    point = good(1)[0]
    for u in (b"", point[:31], point + b"\x00", point + point):
        with pytest.raises(InvalidElementError):
            curve25519.multiply(bytes(32), u)
        with pytest.raises(InvalidElementError):
            curve25519.check_element(u)
    for wrong in (
        lambda: curve25519.multiply(bytes(31), point),
        lambda: curve25519.multiply_many(bytes(32), point[:31]),
        lambda: curve25519.multiply_each(bytes(64), point),
        lambda: curve25519.check_elements(np.zeros((2, 31), dtype=np.uint8)),
        lambda: curve25519.invert_scalar(bytes(31)),
    ):
        with pytest.raises(LocalError):
            wrong()


ORDER_EIGHT = [
    325606250916557431795983626356110631294008115727848805560023387167927233504,
    39382357235489614581723060781553021112529911719440698176882885853963445705823,
]
REFUSED = [
    *[(packed(u), "low order") for u in (0, 1, *ORDER_EIGHT)],
    (packed(int(P) - 1), "not on the curve"),  # low order on the twist
    (packed(2), "not on the curve"),
    (packed(int(P)), "not below p"),
    (packed(int(P) + 9), "not below p"),
    (packed(2**255 - 1), "not below p"),
    (packed(2**255 + 9), "bit 255"),
    (b"\xff" * 32, "bit 255"),
]


@pytest.mark.parametrize(("u", "reason"), REFUSED)
def test_bad_elements_are_refused(u, reason):
    with pytest.raises(InvalidElementError, match=reason):
        curve25519.check_element(u)
    rows = [*good(4), u, *good(6)[4:]]
    with pytest.raises(InvalidElementError, match=reason) as caught:
        curve25519.check_elements(batch(*rows))
    assert caught.value.index == 4


def test_the_low_order_points_are_all_there_are():
    """Eight times each is neutral, and a curve with 8 l points has four such u at most."""
    assert all(_ladder(8, u) is None for u in (0, 1, *ORDER_EIGHT))


def test_good_elements_pass():
    curve25519.check_elements(batch(packed(9), *good(50)))
    curve25519.check_elements(np.zeros((0, 32), dtype=np.uint8))


def test_the_first_of_several_bad_rows_is_named():
    points = good(6)
    rows = [points[0], points[1], points[0], packed(2), packed(0), points[1]]
    with pytest.raises(InvalidElementError, match="repeats") as caught:
        curve25519.check_elements(batch(*rows))
    assert caught.value.index == 2
    with pytest.raises(InvalidElementError, match="not on the curve") as caught:
        curve25519.check_elements(batch(*rows[3:]))
    assert caught.value.index == 0


@given(st.binary(min_size=32, max_size=32))
@settings(max_examples=200, deadline=None)
def test_acceptance_is_the_definition(u):
    value = int.from_bytes(u, "little")
    curve = value < P and pow(value**3 + int(A) * value**2 + value, (int(P) - 1) // 2, int(P)) == 1
    if curve and value not in {1, *ORDER_EIGHT}:
        curve25519.check_element(u)
    else:
        with pytest.raises(InvalidElementError):
            curve25519.check_element(u)


scalars = st.binary(min_size=32, max_size=32).map(
    lambda raw: curve25519.draw_scalars(1, lambda count: raw)
)


@given(scalars)
@settings(max_examples=100, deadline=None)
def test_drawn_scalars_are_clamped(scalar):
    value = int.from_bytes(scalar, "little")
    assert 2**254 <= value < 2**255
    assert value % 8 == 0


@given(scalars, scalars, st.binary())
@settings(max_examples=50, deadline=None)
def test_blinding_commutes_and_is_undone(r, key, message):
    point = curve25519.hash_to_curve(message, b"tests")
    inverse = curve25519.invert_scalar(r)
    assert curve25519.draw_scalars(1, lambda count: inverse) == inverse  # clamping leaves it alone
    blinded = curve25519.multiply(r, point)
    curve25519.check_element(blinded)
    answer = curve25519.multiply(key, blinded)
    assert answer == curve25519.multiply(r, curve25519.multiply(key, point))
    assert curve25519.multiply(inverse, answer) == curve25519.multiply(key, point)


def test_an_alias_with_torsion_unblinds_to_the_same_value():
    """Adding the point (0, 0) of order two sends u to 1 / u."""
    point = good(1)[0]
    alias = packed(pow(int.from_bytes(point, "little"), -1, int(P)))
    r = curve25519.draw_scalars(1, secrets.token_bytes)
    inverse = curve25519.invert_scalar(r)
    curve25519.check_element(alias)
    assert alias != point
    assert curve25519.multiply(inverse, alias) == curve25519.multiply(inverse, point)


def test_the_rare_scalars_without_a_clamped_inverse_are_refused():
    """Those with 1 / (8 r) = +-t mod l for a small t: then 8 l - 8 t has bit 255 set."""
    order, found = int(ORDER), 0
    for t in range(1, 9):
        k = pow(64 * t, -1, order)
        for r in (8 * k, 8 * (order - k)):
            if 2**254 <= r < 2**255:
                found += 1
                with pytest.raises(LocalError, match="no clamped inverse"):
                    curve25519.invert_scalar(packed(r))
    assert found
    with pytest.raises(LocalError, match="only a clamped scalar"):
        curve25519.invert_scalar(packed(2**254 + 1))
