"""The proof that a Paillier modulus has n-th roots: honest keys, spoilt proofs, other keys."""

from math import gcd
from random import Random

import gmpy2
import pytest

from protocols import paillier
from protocols.errors import InvalidKeyError, LocalError
from protocols.limits import ROOTS
from protocols.paillier import private as private_module
from protocols.paillier import roots

ROOM = bytes(range(16))
BOUND = paillier.context(ROOM, "acme")
KEY = paillier.generate(512, Random(1).randbytes)
N, WIDTH = KEY.public.n, 64
PROOF = KEY.prove(BOUND)


def read(proof, bound=BOUND, key=KEY):
    return paillier.PublicKey.from_bytes(key.public.to_bytes(), proof, bound, key.public.bits)


@pytest.mark.parametrize("bits", [512, 1024, 2048])
def test_an_honest_key_of_any_length_is_proved(bits):
    key = paillier.generate(bits, Random(bits).randbytes)
    assert read(key.prove(BOUND), key=key) == key.public
    assert key.prove(BOUND) == key.prove(BOUND)
    assert len(key.prove(BOUND)) == ROOTS * bits // 8


def test_every_root_is_one():
    """Against Python's own integers, from the factors: the root is unique."""
    p, q = int(KEY.to_phe().p), int(KEY.to_phe().q)
    exponent = pow(N, -1, (p - 1) * (q - 1))
    for index, number in enumerate(roots.challenges(N, BOUND)):
        root = int.from_bytes(PROOF[index * WIDTH : (index + 1) * WIDTH], "big")
        assert root == pow(int(number), exponent, N)
        assert gcd(int(number), N) == 1


def test_numbers_are_different_and_fill_the_range():
    numbers = [int(n) for seed in range(40) for n in roots.challenges(N, bytes([seed]))]
    assert len(set(numbers)) == len(numbers)
    assert all(0 <= number < N for number in numbers)
    # 280 numbers: a half that holds fewer than 90 of them comes once in 10^9.
    assert 90 < sum(number < N // 2 for number in numbers) < 190


def replaced(index, value):
    return PROOF[: index * WIDTH] + int(value).to_bytes(WIDTH, "big") + PROOF[(index + 1) * WIDTH :]


ROOT = int.from_bytes(PROOF[:WIDTH], "big")
SPOILT = {
    "empty": b"",
    "one root too few": PROOF[:-WIDTH],
    "one root too many": PROOF + PROOF[:WIDTH],
    "a byte too few": PROOF[:-1],
    "a byte too many": PROOF + b"\0",
    "all zero": bytes(len(PROOF)),
    "all one": (1).to_bytes(WIDTH, "big") * ROOTS,
    "all n - 1": (N - 1).to_bytes(WIDTH, "big") * ROOTS,
    "swapped": PROOF[WIDTH : 2 * WIDTH] + PROOF[:WIDTH] + PROOF[2 * WIDTH :],
    "one root for all": PROOF[:WIDTH] * ROOTS,
    "zero": replaced(3, 0),
    "one": replaced(3, 1),
    "minus one": replaced(0, N - 1),
    "n": replaced(0, N),
    "the negative root": replaced(0, N - ROOT),
    "a factor": replaced(6, KEY.to_phe().p),
    "a flipped bit": replaced(0, ROOT ^ 1),
}


@pytest.mark.parametrize("proof", SPOILT.values(), ids=SPOILT.keys())
def test_a_spoilt_proof_is_refused(proof):
    assert read(PROOF) == KEY.public
    with pytest.raises(InvalidKeyError, match="proof of roots"):
        read(proof)


def test_a_root_beyond_n_is_refused_though_it_is_one():
    fits = next(
        (index, root + N)
        for index in range(ROOTS)
        if (root := int.from_bytes(PROOF[index * WIDTH : (index + 1) * WIDTH], "big")) + N
        < 1 << 8 * WIDTH
    )
    with pytest.raises(InvalidKeyError, match=f"number {fits[0]}"):
        read(replaced(*fits))


@pytest.mark.parametrize(
    "bound",
    [
        paillier.context(bytes(16), "acme"),
        paillier.context(ROOM, "acm"),
        paillier.context(ROOM, "acme2"),
        paillier.context(ROOM, "mediator/acme"),
        ROOM,
        b"",
    ],
)
def test_a_proof_for_another_room_or_owner_is_refused(bound):
    with pytest.raises(InvalidKeyError, match="proof of roots"):
        read(PROOF, bound)


def test_a_proof_of_another_key_is_refused():
    other = paillier.generate(512, Random(2).randbytes)
    with pytest.raises(InvalidKeyError, match="proof of roots"):
        read(other.prove(BOUND))


def test_a_rooms_identifier_has_one_length():
    with pytest.raises(LocalError, match="16 bytes"):
        paillier.context(ROOM[:-1], "0acme")


def test_a_number_that_shares_a_factor_with_n_is_refused(monkeypatch):
    """It has a root all the same, so the equation alone would let it pass."""
    p = int(KEY.to_phe().p)
    root = 5 * p
    monkeypatch.setattr(roots, "challenges", lambda n, bound: [gmpy2.powmod(root, n, n)] * ROOTS)
    with pytest.raises(InvalidKeyError, match="number 0"):
        read(root.to_bytes(WIDTH, "big") * ROOTS, b"elsewhere")


def test_a_root_with_a_fault_never_leaves(monkeypatch):
    """Right modulo one prime and wrong modulo the other, it would give n's factors away."""
    take = gmpy2.powmod_sec
    p = KEY.to_phe().p
    monkeypatch.setattr(
        roots.gmpy2, "powmod_sec", lambda b, e, m: take(b, e, m) + (1 if m == p else 0)
    )
    with pytest.raises(LocalError, match="fault"):
        KEY.prove(paillier.context(ROOM, "after the fault"))


def test_primes_one_of_which_divides_the_other_less_one_have_no_proof():
    p = gmpy2.next_prime(1 << 200)
    q = next(2 * p * k + 1 for k in range(1, 10_000) if gmpy2.is_prime(2 * p * k + 1))
    with pytest.raises(LocalError, match="no n-th roots"):
        private_module.PrivateKey(p, q).prove(BOUND)


def test_a_modulus_whose_prime_divides_its_totient_has_roots_for_one_number_in_that_prime():
    """Counted out in full: the bound on the chance to cheat is the true one."""
    p, q = 11, 23
    n = p * q
    units = [number for number in range(1, n) if gcd(number, n) == 1]
    reached = {pow(number, n, n) for number in units}
    assert len(units) == 11 * len(reached)


def test_a_square_of_a_prime_is_found_by_its_roots():
    """No perfect power is needed for that: p divides phi(p^2 q)."""
    p, q = 5, 13
    n = p * p * q
    units = [number for number in range(1, n) if gcd(number, n) == 1]
    assert len(units) >= 5 * len({pow(number, n, n) for number in units})
