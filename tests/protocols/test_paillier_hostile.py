"""Ciphertexts and public keys that nobody may compute with."""

from random import Random
from secrets import token_bytes

import gmpy2
import numpy as np
import pytest

from protocols import paillier
from protocols.errors import InvalidCiphertextError, InvalidKeyError

KEY = paillier.generate(512, Random(1).randbytes)
PUBLIC, N, P = KEY.public, KEY.public.n, int(KEY.to_phe().p)
WIDTH = PUBLIC.ciphertext_bytes

HOSTILE = {
    "zero": 0,
    "one": 1,
    "the modulus": N,
    "a multiple of it": 12345 * N,
    "the last multiple of it": N * N - N,
    "its square": N * N,
    "beyond its square": N * N + 2,
    "negative": -2,
    "a prime factor": P,
    "a multiple of a prime factor": 6 * P,
}
FITTING = [value for value in HOSTILE.values() if 0 <= value < 1 << 8 * WIDTH]


def rows_of(values):
    data = b"".join(value.to_bytes(WIDTH, "big") for value in values)
    return np.frombuffer(data, dtype=np.uint8).reshape(len(values), WIDTH)


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_ciphertexts_are_refused_before_decryption(value):
    good = PUBLIC.encrypt(5, token_bytes)
    with pytest.raises(InvalidCiphertextError) as caught:
        PUBLIC.check_ciphertext(value, 7)
    assert caught.value.index == 7
    with pytest.raises(InvalidCiphertextError) as caught:
        KEY.decrypt_many([good, value, good])
    assert caught.value.index == 1


@pytest.mark.parametrize("value", FITTING)
def test_hostile_bytes_are_refused(value):
    with pytest.raises(InvalidCiphertextError):
        PUBLIC.check_ciphertext(value.to_bytes(WIDTH, "big"))


@pytest.mark.parametrize("data", [b"", b"\x05", bytes(WIDTH - 1) + b"\x05\x05", b"\xff" * WIDTH])
def test_bytes_of_another_width_are_refused(data):
    with pytest.raises(InvalidCiphertextError):
        PUBLIC.check_ciphertext(data)


def test_honest_ciphertexts_pass():
    ciphertexts = [PUBLIC.encrypt(plaintext, token_bytes) for plaintext in range(5)]
    assert [PUBLIC.check_ciphertext(PUBLIC.ciphertext_to_bytes(c)) for c in ciphertexts] == (
        ciphertexts
    )
    PUBLIC.check_ciphertexts(rows_of(ciphertexts))
    PUBLIC.check_ciphertexts(np.zeros((0, WIDTH), dtype=np.uint8))


@pytest.mark.parametrize("bad", FITTING)
@pytest.mark.parametrize("place", [0, 3, 8])
def test_a_batch_names_its_first_bad_row(bad, place):
    values = [PUBLIC.encrypt(1, token_bytes)] * 9
    values[place] = bad
    for later in (values[8], 0):
        values[8] = bad if place == 8 else later
        with pytest.raises(InvalidCiphertextError) as caught:
            PUBLIC.check_ciphertexts(rows_of(values), first_index=100)
        assert caught.value.index == 100 + place


def test_a_long_batch_counts_over_its_slices():
    values = [PUBLIC.encrypt(1, token_bytes)] * 5000
    values[4321] = 6 * P
    with pytest.raises(InvalidCiphertextError) as caught:
        PUBLIC.check_ciphertexts(rows_of(values))
    assert caught.value.index == 4321


@pytest.mark.parametrize("shape", [(3, WIDTH - 1), (0, WIDTH + 1), (WIDTH,)])
def test_a_batch_of_another_shape_is_refused(shape):
    with pytest.raises(InvalidCiphertextError):
        PUBLIC.check_ciphertexts(np.ones(shape, dtype=np.uint8))


def prime_of(bits, seed):
    return int(gmpy2.next_prime(Random(seed).getrandbits(bits) | (3 << (bits - 2))))


WEAK_KEYS = {
    "short": paillier.generate(512, Random(3).randbytes).public.n >> 32,
    "long": prime_of(257, 1) * prime_of(257, 2),
    "even": N - 1,
    "negative": -N,
    "zero": 0,
    "square": prime_of(256, 4) ** 2,
    "fourth power": int(gmpy2.prev_prime(1 << 128)) ** 4,
    "small factor": int(gmpy2.prev_prime(1 << 20)) * prime_of(492, 5),
    "factor three": 3 * prime_of(511, 11),
    "prime": prime_of(512, 6),
}


@pytest.mark.parametrize("n", WEAK_KEYS.values(), ids=WEAK_KEYS.keys())
def test_weak_public_keys_are_refused(n):
    with pytest.raises(InvalidKeyError):
        paillier.check_public_key(n, 512)


@pytest.mark.parametrize("name", ["even", "square", "fourth power", "small factor", "prime"])
def test_weak_public_keys_are_refused_for_what_they_are(name):
    n = WEAK_KEYS[name]
    assert n.bit_length() == 512
    word = {"fourth power": "power", "square": "power", "small factor": "factor"}.get(name, name)
    with pytest.raises(InvalidKeyError, match=word):
        paillier.check_public_key(n, 512)


def test_public_keys_from_outside_are_checked_when_read():
    bound = paillier.context(bytes(16), "acme")
    proof = KEY.prove(bound)
    assert paillier.PublicKey.from_bytes(PUBLIC.to_bytes(), proof, bound, 512) == PUBLIC
    for data in (PUBLIC.to_bytes(), b"", bytes(64), b"\x00" + PUBLIC.to_bytes()):
        with pytest.raises(InvalidKeyError):
            bits = 512 if data != PUBLIC.to_bytes() else 1024
            paillier.PublicKey.from_bytes(data, proof, bound, bits)
    with pytest.raises(InvalidKeyError):
        paillier.PublicKey.from_bytes(PUBLIC.to_bytes(), proof, bound)
    with pytest.raises(InvalidKeyError, match="proof of roots"):
        paillier.PublicKey.from_bytes(PUBLIC.to_bytes(), b"", bound, 512)
