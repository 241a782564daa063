"""Keep every security constant in one place, with its reason and its source."""

import math

STATISTICAL_BITS = 40
"""What an attacker cannot retry goes wrong with a probability below 2^-40."""

TOKEN_BYTES = 16
"""Width of a row token: false matches stay below 2^-75 at 10^8 by 10^8 rows (birthday bound)."""

PSEUDONYM_BYTES = 8
"""Width of a label pseudonym: domains hold at most MAXIMUM_DOMAIN values, collisions are refused
when the dictionary is made."""

MAXIMUM_DOMAIN = 4096
"""Most values of one label column."""

WHERE_BYTES = 16
"""Width of what an owner says of one label under a condition: the lowest bit says whether its
people stay, the others are random, so that the digest of it all in the log cannot be guessed."""

CELL_BYTES = 16
"""Width of one place of a map of cells: the cell and 12 bytes that the two parties alone can make,
so that whoever reads the digest in the log cannot try maps against it."""

MAXIMUM_CELLS = 4096
"""Most groups that one job may release."""

MOST_IDENTIFIERS = 3
"""Most identifiers of a person, each of another kind: a row of an audience has a token for each."""

SECRET_BYTES = 32
"""Width of a per-person secret T and of every symmetric key."""

SLOT_BITS = 128
"""Width of a slot of a packed row: 61 bits of value, an offset, and a random upper half."""


def slots(bits: int) -> int:
    """Return how many slots a modulus of ``bits`` bits holds; a spare one stays for filler."""
    return bits // SLOT_BITS - 1


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

LATTICE_DEGREE = 8192
"""Degree N of the ring Z_q[X]/(X^N + 1) and rows of a block.  With q of 135 bits and ternary
secrets this is above 192-bit security, for which N = 8192 allows 152 bits (Homomorphic Encryption
Standard, 2018, table 1); the margin is what LATTICE_OPENINGS spends."""

LATTICE_PRIMES = (133857281, 133644289, 133611521, 133513217, 133251073)
"""Factors of q: the largest primes below 2^27 that are 1 modulo 2 N, so that X^N + 1 splits."""

LATTICE_PLAIN_BITS = 64
"""Plaintexts count modulo 2^64: a sum below 2^61 in magnitude, as in a Paillier slot, and a sign.
A sum over 2^24 rows and its errors stay below 2^82, so a uniform mask modulo q makes it wrap, and
the sum wrong, with a chance below 2^-52."""

LATTICE_ERROR_PAIRS = 21
"""Errors are centred binomial over so many pairs of bits: standard deviation 3.24, where the
Homomorphic Encryption Standard asks for 3.19."""

LATTICE_OPENINGS = 77
"""Most numbers that one secret may open.  Whoever chooses what is opened and reads the answer
learns at most 64 bits, 40.4 ternary coefficients, of the secret from each.  After 77 of them 5,082
coefficients are unknown, and N = 5,074 is what q of 135 bits needs at 128-bit security (the
standard's 109 bits for 4,096 and 218 for 8,192, in proportion)."""

VOPRF_LABELS = 8
"""Most labels of a published table, numbered from zero."""

VOPRF_BATCH = 1000
"""Most questions of one request to whoever serves labels: each costs both sides some products."""

CHUNK_BYTES = 1 << 20
"""Target size of a chunk of rows on the wire."""


def padded_size(count: int) -> int:
    """Round a row count up so that at most 3 % are added and only its leading bits are told."""
    step = 1 << max(0, count.bit_length() - 6)
    return max(64, -(-count // step) * step)


def most_of_a_share(mean: float, bits: int) -> int:
    """Return what a binomial load of mean m exceeds with probability below 2^-bits.

    It exceeds m + t with probability at most exp(-t^2 / (2 m + 2 t / 3)) (Bernstein; Boucheron,
    Lugosi and Massart, "Concentration Inequalities", section 2.8); t is where that is 2^-bits.
    (The simpler exp(-t^2 / 2 m) is not a bound for an upper tail.)
    """
    exponent = bits * math.log(2)
    return math.ceil(mean + exponent / 3 + math.sqrt(exponent**2 / 9 + 2 * mean * exponent))


def rows_per_chunk(width: int) -> int:
    """Return how many rows of ``width`` bytes travel in one chunk (every chunk but the last)."""
    return max(1, CHUNK_BYTES // width)
