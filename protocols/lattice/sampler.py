"""Draw polynomials: uniform ones from a public seed, small ones from secret randomness.

Public polynomials are read from AES-128 in counter mode under a key that a hash makes of the seed
and of what the polynomial is for, as FrodoKEM makes its matrix; residues are drawn by rejection, so
without bias.  A seed says nothing by itself: the same seed in another context gives an unrelated
polynomial.
"""

from __future__ import annotations

import hashlib

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes

from protocols.compiled import compiled
from protocols.errors import LocalError
from protocols.lattice.ring import I8, U32, U64
from protocols.limits import LATTICE_DEGREE, LATTICE_ERROR_PAIRS, LATTICE_PRIMES
from protocols.randomness import Random

SEED_BYTES = 16

_LABEL = b"cleanroom/lattice-public/1"
_WORD_MASK = np.uint32((1 << 27) - 1)
_SPARE_WORDS = LATTICE_DEGREE // 32
"""Some 60 of 8,192 words are refused for the smallest prime, and 256 practically never."""


def expand(context: bytes, seed: bytes) -> U32:
    """Return the uniform polynomial of a seed by its values, ``(primes, N)``.

    The words of prime number i are those of the key stream whose first counter is i 2^64, as
    little-endian uint32, cut to 27 bits, those that are not below the prime left out.
    """
    if len(seed) != SEED_BYTES:
        raise LocalError(f"a seed has {SEED_BYTES} bytes")
    hashed = hashlib.sha256(_LABEL + len(context).to_bytes(4, "big") + context + seed)
    key = algorithms.AES(hashed.digest()[:16])
    out = np.empty((len(LATTICE_PRIMES), LATTICE_DEGREE), dtype=np.uint32)
    for index, prime in enumerate(LATTICE_PRIMES):
        stream = Cipher(key, modes.CTR(index.to_bytes(8, "big") + bytes(8))).encryptor()
        filled = 0
        while filled < LATTICE_DEGREE:
            words = _words(stream, LATTICE_DEGREE + _SPARE_WORDS)
            filled = _accept(words, out[index], filled, np.uint32(prime))
    return out


def _words(stream: CipherContext, count: int) -> U32:
    return np.frombuffer(stream.update(bytes(4 * count)), dtype="<u4")


@compiled(nogil=True)
def _accept(words: U32, out: U32, filled: int, prime: np.uint32) -> int:
    for word in words:
        cut = word & _WORD_MASK
        if cut < prime and filled < len(out):
            out[filled] = cut
            filled += 1
    return filled


class PrivateStream:
    """Stretch 32 bytes of randomness: AES-256 in counter mode, for secrets and errors."""

    def __init__(self, random: Random) -> None:
        self._stream = Cipher(algorithms.AES(random(32)), modes.CTR(bytes(16))).encryptor()

    def errors(self, *shape: int) -> I8:
        """Draw centred binomial numbers, each from the lowest 42 bits of 8 bytes."""
        count = int(np.prod(shape))
        words = np.frombuffer(self._stream.update(bytes(8 * count)), dtype="<u8")
        out = np.empty(count, dtype=np.int8)
        _binomial(words, out)
        return out.reshape(shape)

    def ternary(self, *shape: int) -> I8:
        """Draw uniformly from -1, 0, 1: a byte modulo 3, 255 being left out.

        How many bytes are left out tells nothing of those that are kept.  A third is a product
        with 171 / 512, exact below 256: division may take a time that depends on the byte.
        """
        count = int(np.prod(shape))
        kept = np.empty(0, dtype=np.uint8)
        while len(kept) < count:
            drawn = np.frombuffer(self._stream.update(bytes(count)), dtype=np.uint8)
            kept = np.concatenate([kept, drawn[drawn < 255]])
        thirds = kept[:count].astype(np.uint16) * np.uint16(171) >> np.uint16(9)
        return (kept[:count] - 3 * thirds).astype(np.int8).reshape(shape) - np.int8(1)


@compiled(nogil=True, inline="always")
def _ones(x: np.uint64) -> np.uint64:
    """Count the bits of x that are one (Warren, "Hacker's Delight", section 5-1)."""
    x = x - ((x >> np.uint64(1)) & np.uint64(0x5555555555555555))
    x = (x & np.uint64(0x3333333333333333)) + ((x >> np.uint64(2)) & np.uint64(0x3333333333333333))
    x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return (x * np.uint64(0x0101010101010101)) >> np.uint64(56)


@compiled(nogil=True)
def _binomial(words: U64, out: I8) -> None:
    pairs = np.uint64(LATTICE_ERROR_PAIRS)
    mask = (np.uint64(1) << pairs) - np.uint64(1)
    for i in range(len(words)):
        plus, minus = _ones(words[i] & mask), _ones((words[i] >> pairs) & mask)
        out[i] = np.int8(np.int64(plus) - np.int64(minus))
