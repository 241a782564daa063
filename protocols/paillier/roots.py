"""Prove that every number prime to n has an n-th root modulo n, without showing the factors.

r^n with a uniform r hides what a ciphertext was made of only if raising to the power n permutes
the units modulo n, that is if gcd(n, phi(n)) = 1.  The owner of a key chooses n; if a prime f
divides n and phi(n), there are numbers of order f that no r^n touches and that add up like
plaintexts: whoever sums the owner's rows hands back which ones it summed.

The proof (Goldberg, Reyzin, Sagga and Baldimtsi, ASIACRYPT 2019, eprint 2018/057): the n-th roots
of ``ROOTS`` numbers that a hash of the room, the owner's name and n chooses.  If f divides
gcd(n, phi(n)), at most one number in f has a root, and trial division leaves f > 2^20.  Roots of
numbers that nobody chose can be simulated by hashing backwards, so they show nothing of the
factors.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

import gmpy2
from gmpy2 import mpz

from protocols.errors import InvalidKeyError, LocalError
from protocols.limits import ROOTS

_DOMAIN = b"cleanroom/paillier-roots/1"

_SPARE_BYTES = 32
"""Hashed beyond the length of n, so that the remainder modulo n is within 2^-256 of uniform."""


def context(room: bytes, owner: str) -> bytes:
    """Return what a proof is bound to: the room's identifier (16 bytes) and the key's owner."""
    if len(room) != 16:
        raise LocalError("a room's identifier has 16 bytes")
    return room + owner.encode()


def challenges(n: int, bound_to: bytes) -> list[mpz]:
    """Return the numbers whose n-th roots the owner of n has to show, each in [0, n)."""
    width = (n.bit_length() + 7) // 8
    modulus = n.to_bytes(width, "big")
    found = []
    for index in range(ROOTS):
        parts = (_DOMAIN, bound_to, modulus, bytes([index]))
        message = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
        stream = hashlib.shake_256(message).digest(width + _SPARE_BYTES)
        found.append(mpz.from_bytes(stream, "big") % n)
    return found


@lru_cache(maxsize=64)
def check_roots(n: int, bound_to: bytes, proof: bytes) -> None:
    """Refuse a modulus without its proof; it must have passed ``check_public_key`` before.

    A key is checked again and again by the same agent, so the last ones that passed are kept.

    Raises:
        InvalidKeyError: on another length, a root that is not below n, and a root of another
            number than this room, this owner and this n call for.
    """
    width = (n.bit_length() + 7) // 8
    if len(proof) != ROOTS * width:
        raise InvalidKeyError(f"the proof of roots has not {ROOTS} times {width} bytes")
    for index, wanted in enumerate(challenges(n, bound_to)):
        root = mpz.from_bytes(proof[index * width : (index + 1) * width], "big")
        if root >= n or gmpy2.powmod(root, n, n) != wanted or gmpy2.gcd(wanted, n) != 1:
            raise InvalidKeyError(f"the proof of roots fails at number {index}")


def take_roots(p: mpz, q: mpz, bound_to: bytes) -> bytes:
    """Return the proof for n = p q: every root modulo p and modulo q, joined.

    The exponents are secret, so the exponentiation is GMP's constant-time one.  What leaves was
    checked: a root that is wrong modulo one prime alone would give that prime away (Boneh,
    DeMillo and Lipton 1997).

    Raises:
        LocalError: if the primes are such that the proof does not exist, or the machine erred.
    """
    n = p * q
    width = (n.bit_length() + 7) // 8
    if gmpy2.gcd(n, (p - 1) * (q - 1)) != 1:
        raise LocalError("numbers modulo this key have no n-th roots: make another key")
    inverse = gmpy2.invert(p, q)
    exponents = [gmpy2.invert(n, prime - 1) for prime in (p, q)]
    proof = b""
    for number in challenges(int(n), bound_to):
        root_p = gmpy2.powmod_sec(number % p, exponents[0], p)
        root_q = gmpy2.powmod_sec(number % q, exponents[1], q)
        root = root_p + p * ((root_q - root_p) * inverse % q)
        proof += root.to_bytes(width, "big")
    try:
        check_roots(int(n), bound_to, proof)
    except InvalidKeyError as error:
        raise LocalError("the roots that were taken are wrong: a fault of this machine") from error
    return proof
