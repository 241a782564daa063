"""The ``ot`` profile with a row as a list of 53 numbers below 16, one for each symbol."""

import hashlib
import math

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

LENGTH = 53
TRANSFERS = 4 * LENGTH

POWERS = [1]
for _ in range(14):
    POWERS.append(POWERS[-1] * 2 ^ (0b10011 if POWERS[-1] & 8 else 0))


def product(*factors: int) -> int:
    """Multiply in GF(16) by adding logarithms to the base z."""
    if 0 in factors:
        return 0
    return POWERS[sum(POWERS.index(factor) for factor in factors) % 15]


def points() -> list[tuple[int, int]]:
    pairs = [(x, y) for x in range(16) for y in range(16)]
    return [(x, y) for x, y in pairs if product(y, y, y, y) ^ y == product(x, x, x, x, x)]


MONOMIALS = [(i, j) for j in range(4) for i in range(6) if 4 * i + 5 * j <= 21]


def code_word(message: int) -> list[int]:
    """Evaluate, at the first 53 points, the function whose coefficients the message holds."""
    word = []
    for x, y in points()[:LENGTH]:
        total = 0
        for number, (i, j) in enumerate(MONOMIALS):
            total ^= product(message >> 4 * number & 15, *[x] * i, *[y] * j)
        word.append(total)
    return word


def plus(left: list[int], right: list[int]) -> list[int]:
    return [a ^ b for a, b in zip(left, right, strict=True)]


def scaled(factors: list[int], row: list[int]) -> list[int]:
    return [product(f, s) for f, s in zip(factors, row, strict=True)]


def mix(word: int) -> int:
    word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    word = (word ^ word >> 27) * 0x94D049BB133111EB % 2**64
    return word ^ word >> 31


def words(data: bytes) -> list[int]:
    return [int.from_bytes(data[i : i + 8], "little") for i in range(0, len(data), 8)]


def bins(count: int) -> int:
    return 1 if count <= 131072 else 2 ** round(math.log2(count / 65536))


def capacity(count: int) -> int:
    number = bins(count)
    if number == 1:
        return count
    mean, exponent = count / number, (40 + math.log2(number)) * math.log(2)
    return math.ceil(mean + exponent / 3 + math.sqrt(exponent**2 / 9 + 2 * mean * exponent))


def sparse_size(keys: int) -> int:
    """Return the sparse positions of each bin's store where a side has so many keys in all."""
    count = max(capacity(keys), 64)
    expansion = 1.223 + (49.2 + math.log2(bins(keys))) / 2 ** (0.555 * math.log2(count) + 2.336)
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


def decode_row(rows: list[list[int]], where: list[int]) -> list[int]:
    return [decode(list(column), where) for column in zip(*rows, strict=True)]


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


def tree(root: bytes, head: bytes) -> list[list[bytes]]:
    """Return the levels below a root: 2, 4, 8 and 16 seeds."""
    levels = [[root]]
    for _ in range(4):
        digests = [hashlib.sha256(head + node).digest() for node in levels[-1]]
        levels.append([half for digest in digests for half in (digest[:16], digest[16:])])
    return levels[1:]


def opening(levels: list[list[bytes]], masks: list[tuple[bytes, bytes]]) -> bytes:
    """Return what a tree sends: on each level its left and its right seeds, summed and masked."""
    sent = b""
    for level, pair in zip(levels, masks, strict=True):
        for side, mask in enumerate(pair):
            total = int.from_bytes(mask, "big")
            for seed in level[side::2]:
                total ^= int.from_bytes(seed, "big")
            sent += total.to_bytes(16, "big")
    return sent


def missing(choices: list[int]) -> int:
    """Return the leaf that four choices leave out: each leads away from it."""
    return sum((1 - choice) << (3 - depth) for depth, choice in enumerate(choices))


def stream(seed: bytes, positions: int) -> list[int]:
    """Return the symbols of one leaf for fewer than 704 * 64 positions: plane after plane."""
    size = -(-positions // 64) * 8
    made = Cipher(algorithms.AES(seed), modes.CTR(bytes(16))).encryptor().update(bytes(4 * size))
    planes = [int.from_bytes(made[size * p : size * (p + 1)], "little") for p in range(4)]
    return [sum((plane >> i & 1) << p for p, plane in enumerate(planes)) for i in range(positions)]


def combined(leaves: list[bytes | None], weights: list[int], positions: int) -> list[int]:
    """Return the sum of a symbol's streams, each times its weight."""
    total = [0] * positions
    for leaf, weight in zip(leaves, weights, strict=True):
        if leaf is not None:
            times_weight = [product(weight, symbol) for symbol in stream(leaf, positions)]
            total = plus(total, times_weight)
    return total


def packed(row: list[int]) -> bytes:
    """Return the 27 bytes of a row: plane after plane of 53 bits, without gaps."""
    planes = [sum((symbol >> p & 1) << i for i, symbol in enumerate(row)) for p in range(4)]
    return sum(plane << LENGTH * p for p, plane in enumerate(planes)).to_bytes(27, "little")


def wire(rows: list[list[int]]) -> bytes:
    made = [packed(row) for row in rows]
    return b"".join(row[:24] for row in made) + b"".join(row[24:] for row in made)


def subsets(head: bytes, sent: bytes, positions: int) -> list[list[int]]:
    """Return the positions of each of 128 subsets, the hiding one of its own last."""
    key = hashlib.sha256(head + sent).digest()[:16]
    drawn = (
        Cipher(algorithms.AES(key), modes.CTR(bytes(16))).encryptor().update(bytes(16 * positions))
    )
    bits = [int.from_bytes(drawn[16 * i : 16 * i + 16], "little") for i in range(positions)]
    return [
        [*(i for i in range(positions) if bits[i] >> subset & 1), positions + subset]
        for subset in range(128)
    ]


def plane_words(row: list[int]) -> bytes:
    """Return the four planes of a row, a word each."""
    planes = [sum((symbol >> p & 1) << i for i, symbol in enumerate(row)) for p in range(4)]
    return b"".join(plane.to_bytes(8, "little") for plane in planes)


def prefix(room: bytes, alignment: bytes, purpose: str, salt: bytes = b"") -> bytes:
    head = hashlib.sha256(b"cleanroom/ot/3/" + purpose.encode() + b"\0" + salt).digest()
    return head + room + alignment
