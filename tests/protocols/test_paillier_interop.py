"""Keys and ciphertexts go both ways between this package and ``phe``, integers with exponent 0."""

from random import Random
from secrets import token_bytes

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phe import paillier as phe

from protocols import paillier
from protocols.errors import LocalError

# The primes of a 3072-bit key that was made for this test alone.
P = int(
    "dbea57fa874e306c801a614b366ff0026c7c55813543f1dbdf5b68d2bbb1e1d67d6ab3f002f45ce3"
    "0a8224d25b6226b897cde2de0bc964b37c3443f50045b31d41f87f5e419c0aaa72040eaafe9093a0"
    "feeb903fdb6e7554922e6734b06fea0fff3e4d2770af6255f5b779e398d271445d7537bd789d32e4"
    "f15f6e6c3ade74e9a7f5001a906487056585ad0d36841a8951b70e1653dc48eb8b04443033c5b288"
    "c5e23f790ff8d6f97aeec8f641c2b7cace6ee9012a934e2902fe88b52c688b61",
    16,
)
Q = int(
    "e6d14b094cd1b810c631ae59b079c8ae317f019e86c17c42795f559b7367725ad206edd8be8c058b"
    "735d3ee98fffa1e5f0c04dce393c3b4aa5f379312141e0a4bf1371750eee0e7855770e45f3fdd5ca"
    "727ab7f1567095bf2ddad460055135337a86fd3ef7fbd4d0332b5d5ba5603f3630820b432b34342c"
    "db3a1be57a75c2128a9a88d5d7bb3dea9a86cbfccce4f4b4c48e6cde1cfedef581447623c29d567c"
    "77cc17a61b5cf35ba74e8c4e25e0af0b0e47bc272854ff46d9522c571295afdb",
    16,
)

FIXED = paillier.PrivateKey.from_bytes(P.to_bytes(192, "big") + Q.to_bytes(192, "big"))
SMALL = paillier.generate(512, Random(1).randbytes)
SMALL.prepare(token_bytes)
THEIRS = SMALL.to_phe()
INTEGERS = st.integers(-(1 << 500), 1 << 500)


def wrap(ciphertext, theirs=THEIRS):
    return phe.EncryptedNumber(theirs.public_key, ciphertext, 0)


def test_the_fixed_key_has_the_default_length():
    assert FIXED.public.bits == 3072
    assert FIXED.public.ciphertext_bytes == 768
    bound = paillier.context(bytes(16), "acme")
    proof = FIXED.prove(bound)
    assert paillier.PublicKey.from_bytes(FIXED.public.to_bytes(), proof, bound) == FIXED.public


def test_both_read_each_other_at_3072_bits():
    theirs = FIXED.to_phe()
    for plaintext in (0, -1, 1 << 2900, 1 - (1 << 2900)):
        (ours,) = FIXED.encrypt_many([plaintext], token_bytes)
        assert theirs.decrypt(wrap(ours, theirs)) == plaintext
        number = theirs.public_key.encrypt(plaintext)
        assert number.exponent == 0
        assert FIXED.decrypt(number.ciphertext()) == plaintext % FIXED.public.n
    assert theirs.decrypt(wrap(FIXED.public.encrypt(-5, token_bytes), theirs)) == -5


def test_packed_rows_open_in_phe():
    values = np.array([[1, -2, 3], [-4, 5, -6]], dtype=np.int64)
    for row, ciphertext in zip(
        values.tolist(), SMALL.encrypt_rows(values, token_bytes), strict=True
    ):
        opened = THEIRS.decrypt(wrap(int.from_bytes(ciphertext.tobytes(), "big")))
        assert opened == paillier.pack(row)


@settings(max_examples=30, deadline=None)
@given(INTEGERS, INTEGERS)
def test_phe_decrypts_ours_and_we_theirs(left, right):
    ours = SMALL.encrypt_many([left, right], token_bytes)
    assert [THEIRS.decrypt(wrap(ciphertext)) for ciphertext in ours] == [left, right]
    mixed = wrap(ours[0]) + THEIRS.public_key.encrypt(right)
    assert SMALL.decrypt(mixed.ciphertext()) == (left + right) % SMALL.public.n
    theirs = THEIRS.public_key.encrypt(left).ciphertext()
    assert THEIRS.decrypt(wrap(SMALL.public.add(theirs, ours[1]))) == left + right


@settings(max_examples=20, deadline=None)
@given(INTEGERS, st.integers(1, SMALL.public.n - 1))
def test_public_encryption_is_that_of_phe_for_the_same_root(plaintext, root):
    ours = SMALL.public.encrypt(plaintext, lambda size: root.to_bytes(size, "big"))
    theirs = THEIRS.public_key.raw_encrypt(plaintext % SMALL.public.n, r_value=root)
    assert ours == theirs


def test_keys_of_phe_are_taken_over():
    public, private = phe.generate_paillier_keypair(n_length=1024)
    key = paillier.PrivateKey.from_phe(private)
    assert key.public.n == public.n
    assert key.public.to_phe() == public
    assert private.decrypt(wrap(key.public.encrypt(-12, token_bytes), private)) == -12
    assert key.to_phe() == private


def test_odd_keys_of_phe_are_refused():
    _, private = phe.generate_paillier_keypair(n_length=528)
    with pytest.raises(LocalError):
        paillier.PrivateKey.from_phe(private)
