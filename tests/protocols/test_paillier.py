"""Keys and encryption: exact against the definition, both ways between the owner and anybody."""

import pickle
from concurrent.futures import Executor, ProcessPoolExecutor
from math import prod
from random import Random
from secrets import token_bytes

import gmpy2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols import paillier
from protocols.errors import LocalError, RemoteError, SlotOverflowError
from protocols.limits import VALUE_LIMIT
from protocols.paillier import tables

KEY = paillier.generate(512, Random(1).randbytes)
PREPARED = paillier.generate(512, Random(2).randbytes)
PREPARED.prepare(token_bytes)


def fresh():
    """Return the prepared key as it comes from a file, without tables."""
    return paillier.PrivateKey.from_bytes(PREPARED.to_bytes())


PLAINTEXTS = st.integers(-(1 << 510), 1 << 510)


@pytest.mark.parametrize("bits", [512, 768, 1024, 1536])
def test_generated_moduli_have_exactly_the_asked_length(bits):
    key = paillier.generate(bits, token_bytes)
    p, q = key.to_phe().p, key.to_phe().q
    assert key.public.bits == bits
    assert p.bit_length() == q.bit_length() == bits // 2
    paillier.check_public_key(key.public.n, bits)


def test_keys_follow_the_randomness_they_are_given():
    again = paillier.generate(512, Random(1).randbytes)
    assert again.public == KEY.public != PREPARED.public
    assert paillier.generate(512, token_bytes).public != paillier.generate(512, token_bytes).public


@pytest.mark.parametrize("bits", [0, 256, 511, 520])
def test_odd_key_lengths_are_refused(bits):
    with pytest.raises(LocalError):
        paillier.generate(bits, token_bytes)


@settings(max_examples=30, deadline=None)
@given(PLAINTEXTS, PLAINTEXTS)
def test_owner_and_public_encryption_decrypt_alike(left, right):
    for key in (KEY, PREPARED):
        ciphertexts = [
            *key.encrypt_many([left, right], token_bytes),
            *key.public.encrypt_many([left, right], token_bytes),
        ]
        assert key.decrypt_many(ciphertexts) == 2 * [left % key.public.n, right % key.public.n]


@settings(max_examples=20, deadline=None)
@given(PLAINTEXTS, PLAINTEXTS, st.integers(-1000, 1000))
def test_arithmetic_under_encryption(left, right, factor):
    public, n = KEY.public, KEY.public.n
    a, b = KEY.encrypt_many([left, right], token_bytes)
    assert KEY.decrypt(public.add(a, b)) == (left + right) % n
    assert KEY.decrypt(public.add_many([a, b, a])) == (2 * left + right) % n
    assert KEY.decrypt(public.add_plain(a, right)) == (left + right) % n
    assert (
        KEY.decrypt(public.rerandomise(public.scale(a, factor), token_bytes)) == left * factor % n
    )
    assert KEY.decrypt(public.rerandomise(a, token_bytes)) == left % n


def test_rerandomising_multiplies_by_the_nth_power_of_what_was_drawn():
    public = KEY.public
    root = public.n - 2
    expected = 99 * pow(root, public.n, public.n**2) % public.n**2
    assert public.rerandomise(99, lambda size: root.to_bytes(size, "big")) == expected


def test_rerandomising_draws_again_what_is_no_unit():
    public, p = KEY.public, int(KEY.to_phe().p)
    draws = iter([p.to_bytes(64, "big"), (0).to_bytes(64, "big"), (7).to_bytes(64, "big")])
    expected = 99 * pow(7, public.n, public.n**2) % public.n**2
    assert public.rerandomise(99, lambda _: next(draws)) == expected


def test_tables_give_the_product_of_independent_bases():
    p, q = KEY._p, KEY._q
    seed = tables.draw_seed(p, q, Random(3).randbytes, None)
    assert seed.windows == (256 + 256) // 8
    assert len(set(seed.bases_p) | set(seed.bases_q)) == 2 * seed.windows
    exponents = Random(4).randbytes(4 * seed.windows)
    ciphertexts = tables.encrypt(seed, exponents, [5, -3])
    shares = [exponents[at : at + seed.windows] for at in range(0, len(exponents), seed.windows)]
    for row, plaintext in enumerate([5, -3]):
        for prime, bases, share in [
            (p, seed.bases_p, shares[2 * row]),
            (q, seed.bases_q, shares[2 * row + 1]),
        ]:
            residue = prod(gmpy2.powmod(b, e, prime**2) for b, e in zip(bases, share, strict=True))
            assert ciphertexts[row] % prime**2 == residue * (1 + plaintext * p * q) % prime**2


def test_bases_are_nth_residues_of_full_order_together():
    p, q = KEY._p, KEY._q
    seed = tables.draw_seed(p, q, Random(3).randbytes, None)
    for prime, bases in ((p, seed.bases_p), (q, seed.bases_q)):
        assert all(pow(base, prime - 1, prime**2) == 1 for base in bases)
        assert {gmpy2.jacobi(base, prime) for base in bases} == {1, -1}


@pytest.mark.parametrize("profile", ["strict", "fast"])
def test_randomness_reaches_both_cosets_of_the_squares_modulo_each_prime(profile):
    ciphertexts = PREPARED.encrypt_many([0] * 400, token_bytes, profile=profile)
    for prime in (PREPARED._p, PREPARED._q):
        squares = sum(gmpy2.jacobi(c, prime) == 1 for c in ciphertexts)
        assert 120 < squares < 280  # eight standard deviations
    assert len(set(ciphertexts)) == 400


def test_profiles_spend_the_randomness_that_they_promise():
    spent = []

    def random(size):
        spent.append(size)
        return Random(size).randbytes(size)

    PREPARED.encrypt_many([1, 2, 3], random=random)
    PREPARED.encrypt_many([1, 2, 3], random=random, profile="fast")
    assert spent == [3 * 2 * (256 + 256) // 8, 3 * 2 * 448 // 8]
    with pytest.raises(LocalError):
        PREPARED.encrypt_many([1], token_bytes, profile="quick")
    with pytest.raises(LocalError):
        fresh().encrypt_many([1], token_bytes, profile="quick")
    with pytest.raises(LocalError):
        fresh().encrypt_rows(np.zeros((1, 1), np.int64), token_bytes, profile="quick")


def test_workers_compute_what_this_process_would():
    values = Random(5)
    rows = np.array([[values.randrange(-9, 9) for _ in range(3)] for _ in range(300)], np.int64)
    plain = [values.randrange(-9, 9) for _ in range(300)]
    key = fresh()
    with ProcessPoolExecutor(2) as executor:
        key.prepare(Random(6).randbytes, executor)
        for method, argument in ((key.encrypt_rows, rows), (key.encrypt_many, plain)):
            alone = method(argument, Random(7).randbytes)
            assert np.array_equal(alone, method(argument, Random(7).randbytes, executor))
        assert key.decrypt_many(alone, executor) == [m % key.public.n for m in plain]
        public = key.public.encrypt_many(plain[:20], token_bytes, executor)
        assert key.decrypt_many(public) == [m % key.public.n for m in plain[:20]]


class Asked(Exception):
    """Say that work was given to an executor."""


class Refusing(Executor):
    def submit(self, *_arguments, **_options):
        raise Asked


@given(st.lists(st.integers(1 - VALUE_LIMIT, VALUE_LIMIT - 1), max_size=9))
@settings(max_examples=20, deadline=None)
def test_small_numbers_are_decrypted_many_at_a_time(numbers):
    ciphertexts = KEY.public.encrypt_many(numbers, Random(3).randbytes)
    assert KEY.decrypt_small(ciphertexts) == numbers


@pytest.mark.parametrize("number", [VALUE_LIMIT, -VALUE_LIMIT, 1 << 127, KEY.public.n // 2])
def test_a_number_too_large_to_be_small_is_refused_wherever_it_stands(number):
    for place in range(4):
        plain = [1, -2, 3]
        plain.insert(place, number)
        with pytest.raises(RemoteError):
            KEY.decrypt_small(KEY.public.encrypt_many(plain, Random(3).randbytes))


def test_few_numbers_do_not_wait_for_processes_to_start():
    key, few = paillier.generate(512, token_bytes), [1] * 32
    ciphertexts = key.encrypt_many(few, token_bytes, Refusing())
    assert key.decrypt_many(ciphertexts, Refusing()) == few
    with pytest.raises(Asked):
        key.encrypt_many([*few, 1], token_bytes, Refusing())
    with pytest.raises(Asked):
        key.decrypt_many([*ciphertexts, ciphertexts[0]], Refusing())


@pytest.mark.parametrize("profile", ["strict", "fast"])
def test_few_rows_need_no_tables(profile):
    key = paillier.generate(512, Random(8).randbytes)
    rows = np.array([[row, -row] for row in range(40)], np.int64)
    alone = key.encrypt_rows(rows, Random(9).randbytes, profile=profile)
    assert key._seed is None
    numbers = [int.from_bytes(row.tobytes(), "big") for row in alone]
    packed = [(row - (row << 128)) % key.public.n for row in range(40)]
    assert key.decrypt_many(numbers) == packed
    with ProcessPoolExecutor(2) as executor:
        far = key.encrypt_rows(rows, Random(9).randbytes, executor, profile)
    assert np.array_equal(alone, far)
    key.encrypt_rows(np.zeros((256, 2), np.int64), token_bytes, profile=profile)
    assert key._seed is not None


def test_encryption_in_bulk_turns_to_tables_by_itself():
    key = paillier.generate(512, token_bytes)
    few = key.encrypt_many([1] * 3, token_bytes)
    assert key._seed is None
    many = key.encrypt_many([2] * 256, token_bytes)
    assert key._seed is not None
    assert set(key.decrypt_many(few)) == {1}
    assert set(key.decrypt_many(many)) == {2}
    assert len(set(few + many)) == 259


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.lists(st.integers(1 - (1 << 61), (1 << 61) - 1), min_size=3, max_size=3),
        min_size=1,
        max_size=4,
    )
)
def test_rows_are_packed_like_single_numbers(values):
    rows = PREPARED.encrypt_rows(np.array(values, dtype=np.int64), token_bytes)
    assert rows.shape == (len(values), PREPARED.public.ciphertext_bytes)
    PREPARED.public.check_ciphertexts(rows)
    plaintexts = [PREPARED.decrypt(int.from_bytes(row.tobytes(), "big")) for row in rows]
    assert plaintexts == [paillier.pack(row) % PREPARED.public.n for row in values]


def test_rows_stream_into_a_given_array():
    rows = np.arange(600, dtype=np.int64).reshape(300, 2)
    out = np.zeros((300, PREPARED.public.ciphertext_bytes), dtype=np.uint8)
    assert PREPARED.encrypt_rows(rows, token_bytes, out=out) is out
    sizes = [len(chunk) for chunk in PREPARED.encrypt_chunks(rows, token_bytes)]
    assert sum(sizes) == 300
    assert max(sizes) < 300
    last = PREPARED.decrypt(PREPARED.public.check_ciphertext(out[-1].tobytes()))
    assert last == 598 + (599 << 128)
    with pytest.raises(LocalError):
        PREPARED.encrypt_rows(rows, token_bytes, out=out[1:])


def test_no_rows_give_no_ciphertexts():
    assert PREPARED.encrypt_rows(np.zeros((0, 2), dtype=np.int64), token_bytes).shape == (0, 128)
    assert (
        PREPARED.encrypt_many([], token_bytes)
        == KEY.encrypt_many([], token_bytes)
        == KEY.decrypt_many([])
        == []
    )


@pytest.mark.parametrize("value", [1 << 61, -(1 << 61), -(1 << 63)])
def test_values_that_could_leave_their_slot_are_refused(value):
    with pytest.raises(SlotOverflowError):
        PREPARED.encrypt_rows(np.array([[0, value]], dtype=np.int64), token_bytes)


@pytest.mark.parametrize(
    "rows", [np.zeros((1, 4), np.int64), np.zeros((1, 0), np.int64), np.zeros((1, 2), np.int32)]
)
def test_rows_of_another_shape_are_refused(rows):
    with pytest.raises(LocalError):
        PREPARED.encrypt_chunks(rows, token_bytes)


@pytest.mark.parametrize("key", [KEY, PREPARED, KEY.public])
def test_plaintexts_beyond_the_modulus_are_refused(key):
    n = getattr(key, "public", key).n
    for plaintext in (n, -n):
        with pytest.raises(LocalError):
            key.encrypt_many([0, plaintext], token_bytes)


def test_private_keys_survive_storage_and_nothing_else():
    data = KEY.to_bytes()
    assert paillier.PrivateKey.from_bytes(data).decrypt(KEY.public.encrypt(77, token_bytes)) == 77
    assert str(int(KEY._p)) not in repr(KEY)
    with pytest.raises(TypeError):
        pickle.dumps(KEY)
    damaged = [data[:at] + bytes([data[at] ^ 2]) + data[at + 1 :] for at in (31, 63)]
    large = int(gmpy2.prev_prime(1 << 128))
    composite = (large * int(gmpy2.prev_prime(large))).to_bytes(32, "big")
    damaged += [composite + data[32:], data[:32] + composite]
    for bad in (b"", data[:-1], data[:32] * 2, *damaged):
        with pytest.raises(LocalError):
            paillier.PrivateKey.from_bytes(bad)


def test_primes_of_unequal_length_are_refused():
    p, q = (int(gmpy2.prev_prime(1 << bits)) for bits in (264, 248))
    assert (p * q).bit_length() == 512
    for first, second in ((p, q), (q, p)):
        with pytest.raises(LocalError):
            paillier.PrivateKey.from_bytes(first.to_bytes(33, "big") + second.to_bytes(33, "big"))


def test_primes_that_lie_close_are_drawn_again():
    close = [int(gmpy2.prev_prime(1 << 256))] * 2 + [int(KEY._p), int(KEY._q)]
    draws = iter(prime.to_bytes(32, "big") for prime in close)
    assert paillier.generate(512, lambda _: next(draws)).public == KEY.public
