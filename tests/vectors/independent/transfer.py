"""The ``ot`` profile with integers as bit strings: bit i of an integer is position i."""

import hashlib
import math

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

LENGTH = 456
FIELD = 2**256 - 2**224 + 2**192 + 2**96 - 1
CURVE_A = FIELD - 3
GROUP_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
GENERATOR = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)

Point = tuple[int, int] | None


def generator() -> int:
    """Multiply all x - alpha^e, e conjugate to one of 1 to 170, over GF(2^9)."""
    powers = [1]
    for _ in range(510):
        doubled = powers[-1] * 2
        powers.append(doubled ^ 0b1000010001 if doubled > 511 else doubled)
    logarithm = {power: e for e, power in enumerate(powers)}
    exponents = {e * 2**turn % 511 for e in range(1, 171) for turn in range(9)}
    product = [1]
    for e in exponents:
        scaled = [c and powers[(logarithm[c] + e) % 511] for c in product]
        product = [a ^ b for a, b in zip([0, *product], [*scaled, 0], strict=True)]
    assert set(product) == {0, 1}
    assert len(product) == 436
    return sum(c << degree for degree, c in enumerate(product))


GENERATOR_POLYNOMIAL = generator()


def code_word(message: int) -> int:
    word = rest = message << 435
    while rest.bit_length() > 435:
        rest ^= GENERATOR_POLYNOMIAL << (rest.bit_length() - 436)
    word ^= rest
    return (word << 1 | word.bit_count() % 2) % 2**LENGTH


def mix(word: int) -> int:
    word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    word = (word ^ word >> 27) * 0x94D049BB133111EB % 2**64
    return word ^ word >> 31


def words(data: bytes) -> list[int]:
    return [int.from_bytes(data[i : i + 8], "little") for i in range(0, len(data), 8)]


def sparse_size(count: int) -> int:
    count = max(count, 64)
    expansion = 1.223 + 49.2 / 2 ** (0.555 * math.log2(count) + 2.336)
    return math.ceil(max(1.23, expansion) * count) + 32


def places(key: bytes, seed: bytes, sparse: int) -> list[int]:
    """Return the positions of a key: three sparse ones and its dense ones behind them."""
    first, second, third = (mix(a ^ b) for a, b in zip(words(key)[1:], words(seed), strict=True))
    a = (first >> 32) * sparse >> 32
    b = (second >> 32) * (sparse - 1) >> 32
    b += b >= a
    c = (third >> 32) * (sparse - 2) >> 32
    for taken in sorted((a, b)):
        c += c >= taken
    dense = (first << 32) % 2**64 | second % 2**32
    return [a, b, c, *(sparse + i for i in range(64) if dense >> i & 1)]


def decode(table: list[int], where: list[int]) -> int:
    total = 0
    for place in where:
        total ^= table[place]
    return total


def solve(keys: list[bytes], seed: bytes, sparse: int, table: list[int]) -> list[int]:
    """Change a table so that each key decodes to its first word, by plain elimination."""
    table = list(table)
    rows: list[tuple[int, int, int]] = []
    for key in keys:
        where = places(key, seed, sparse)
        mask = sum(1 << place for place in where)
        value = words(key)[0] ^ decode(table, where)
        for pivot, other, its_value in rows:
            if mask >> pivot & 1:
                mask, value = mask ^ other, value ^ its_value
        rows.append((mask.bit_length() - 1, mask, value))
    change = [0] * len(table)
    for pivot, mask, value in reversed(rows):
        set_ones = [place for place in range(len(table)) if mask >> place & 1]
        change[pivot] = value ^ decode(change, set_ones)
    return [a ^ b for a, b in zip(table, change, strict=True)]


def columns(seeds: list[bytes], rows: int) -> list[int]:
    """Return the rows that the key streams of the seeds make: bit j of row i is bit i of j's."""
    size = -(-rows // 8)
    streams = [
        int.from_bytes(
            Cipher(algorithms.AES(seed), modes.CTR(bytes(16))).encryptor().update(bytes(size)),
            "little",
        )
        for seed in seeds
    ]
    return [sum((s >> row & 1) << j for j, s in enumerate(streams)) for row in range(rows)]


def wire(rows: list[int]) -> bytes:
    packed = [row.to_bytes(57, "little") for row in rows]
    return b"".join(row[:56] for row in packed) + b"".join(row[56:] for row in packed)


def prefix(room: bytes, alignment: bytes, purpose: str, salt: bytes = b"") -> bytes:
    head = hashlib.sha256(b"cleanroom/ot/" + purpose.encode() + b"\0" + salt).digest()
    return head + room + alignment


def function(head: bytes, key: bytes, row: int) -> bytes:
    return hashlib.sha256(head + key + row.to_bytes(64, "little")).digest()


def add(left: Point, right: Point) -> Point:
    if left is None or right is None:
        return left or right
    if left[0] == right[0] and (left[1] + right[1]) % FIELD == 0:
        return None
    if left == right:
        slope = (3 * left[0] ** 2 + CURVE_A) * pow(2 * left[1], -1, FIELD)
    else:
        slope = (right[1] - left[1]) * pow(right[0] - left[0], -1, FIELD)
    x = (slope**2 - left[0] - right[0]) % FIELD
    return x, (slope * (left[0] - x) - left[1]) % FIELD


def times(scalar: int, point: Point) -> tuple[int, int]:
    total: Point = None
    for bit in bin(scalar)[2:]:
        total = add(total, total)
        if bit == "1":
            total = add(total, point)
    assert total is not None
    return total


def negative(point: tuple[int, int]) -> tuple[int, int]:
    return point[0], FIELD - point[1]


def encode(point: tuple[int, int]) -> bytes:
    return b"".join(number.to_bytes(32, "big") for number in point)


def base_seed(binding: bytes, offer: bytes, index: int, shared: tuple[int, int]) -> bytes:
    batch = hashlib.sha256(b"cleanroom/ot/base\0" + binding + offer).digest()
    return hashlib.sha256(batch + index.to_bytes(2, "big") + encode(shared)[:32]).digest()[:16]
