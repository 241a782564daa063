"""Keep every security constant in one place, with its reason and its source."""

TOKEN_BYTES = 16
"""Width of a row token: false matches stay below 2^-75 at 10^8 by 10^8 rows (birthday bound)."""

PSEUDONYM_BYTES = 8
"""Width of a label pseudonym: domains hold at most MAXIMUM_DOMAIN values, collisions are refused
when the dictionary is made."""

MAXIMUM_DOMAIN = 4096
"""Most values of one label column."""

MAXIMUM_CELLS = 4096
"""Most groups that one job may release."""

SECRET_BYTES = 32
"""Width of a per-person secret T and of every symmetric key."""

SLOT_BITS = 128
"""Width of a slot of a packed row: 61 bits of value, an offset, and a random upper half."""

VALUE_LIMIT = 1 << 61
"""Bound on the magnitude of a sum and of its noise: offset + sum + noise stays in 63 bits."""

SLOT_OFFSET = 1 << 62
"""Added to a released slot so that a negative sum never borrows from its neighbour."""

PAILLIER_BITS = 3072
"""Default modulus, 128-bit security (NIST SP 800-57 part 1, table 2)."""

PAILLIER_BITS_112 = 2048
"""The named 112-bit profile."""

ROOTS = 7
"""n-th roots that prove a Paillier key.  Trial division leaves no prime factor below 2^20, so a key
without the property passes with a chance below 2^-20 per root: 2^-140, where 2^-128 is wanted and
six would give 2^-120 (Goldberg, Reyzin, Sagga and Baldimtsi, eprint 2018/057)."""

CHUNK_BYTES = 1 << 20
"""Target size of a chunk of rows on the wire."""


def padded_size(count: int) -> int:
    """Round a row count up so that at most 3 % are added and only its leading bits are told."""
    step = 1 << max(0, count.bit_length() - 6)
    return max(64, -(-count // step) * step)


def rows_per_chunk(width: int) -> int:
    """Return how many rows of ``width`` bytes travel in one chunk (every chunk but the last)."""
    return max(1, CHUNK_BYTES // width)
