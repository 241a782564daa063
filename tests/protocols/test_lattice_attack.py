"""What somebody who deviates reads from lattice rows, and that it works once a defence is out."""

import secrets

import numpy as np
import pytest

from protocols import lattice
from protocols.errors import InvalidMessageError
from protocols.lattice import keys, opening, ring, rows, sampler
from protocols.limits import LATTICE_DEGREE as N
from protocols.limits import LATTICE_OPENINGS, LATTICE_PRIMES
from protocols.secret import Secret

CONTEXT = b"room, owner, upload"
T = 1 << 64
Q = opening.MODULUS


def new_key(measures=1):
    return lattice.SecretKey(Secret(secrets.token_bytes(32)), CONTEXT, measures)


def encrypted(key, values):
    values = np.asarray(values, dtype=np.int64).reshape(len(values), -1)
    (blocks,) = lattice.encrypt(key, values, secrets.token_bytes)
    return blocks


def residues(number):
    return [number % prime for prime in LATTICE_PRIMES]


def phase(key, masked, group=0, measure=0):
    """Return what an owner can see of a masked sum: all of B' - (A' s)_0 modulo q."""
    products = ring.constant_coefficient(masked.a[group], key.values[measure])
    pairs = zip(masked.b[group, measure].tolist(), products, opening._CRT, strict=True)
    return sum((b - product) * basis for b, product, basis in pairs) % Q


def masked_for(key, blocks, ids):
    sums = lattice.sum_groups(CONTEXT, blocks, ids, 1)
    return lattice.mask_sums(key.public, sums, secrets.token_bytes)[0]


# --- the owner: which rows were summed?


def marked(key, mark):
    """Return a block whose row 0 has ``mark`` on it, and so is not an honest encryption."""
    blocks = encrypted(key, [0, 0])
    for index, prime in enumerate(LATTICE_PRIMES):
        changed = int(blocks.values[0, 0, index, 0]) + mark
        blocks.values[0, 0, index, 0] = changed % prime
    return blocks


def guesses(key, mark, tries=60):
    """Count how often an owner tells from the two halves of [0, q) whether row 0 was summed."""
    blocks, right = marked(key, mark), 0
    for _ in range(tries):
        chosen = secrets.randbelow(2)
        seen = phase(key, masked_for(key, blocks, [-1 + chosen, 0]))
        centred = seen if seen < Q // 2 else seen - Q
        right += (abs(centred) > Q // 4) == bool(chosen)
    return right


def short_masks(bits):
    """Draw R from a part of [0, q) alone, around zero, as a flooding of errors would."""

    def draw(bound, random):
        value = int.from_bytes(random(32), "big") % (1 << bits) - (1 << (bits - 1))
        return value % bound

    return draw


def test_an_owner_that_marks_high_bits_learns_nothing():
    assert 10 < guesses(new_key(), Q // 2) < 50  # even odds: outside once in 10^7


def test_with_a_mask_that_leaves_room_against_wrapping_it_reads_every_row(monkeypatch):
    monkeypatch.setattr(opening, "random_below", short_masks(130))
    assert guesses(new_key(), Q // 2) == 60


def low_bits(key, tries=40):
    """Count how often an owner knows the summed rows by what it added to their errors."""
    blocks, right = marked(key, T << 30), 0
    for _ in range(tries):
        chosen = secrets.randbelow(2)
        seen = phase(key, masked_for(key, blocks, [-1 + chosen, 0]))
        centred = seen if seen < Q // 2 else seen - Q
        right += (abs(centred) >> 64 > 1 << 29) == bool(chosen)
    return right


def test_an_owner_that_marks_errors_learns_nothing():
    assert 4 < low_bits(new_key()) < 36


def test_with_a_mask_of_the_plaintext_alone_it_reads_the_errors(monkeypatch):
    monkeypatch.setattr(opening, "random_below", short_masks(64))
    assert low_bits(new_key()) == 40


def zeros(stream, *shape):
    return np.zeros(shape, np.int8)


def is_small(values, divisor, bound):
    """Divide by a polynomial's values and say whether what is left has small coefficients."""
    prime = LATTICE_PRIMES[0]
    inverse = np.array([pow(int(x), -1, prime) if x % prime else 0 for x in divisor], np.uint64)
    lanes = (values[0] * inverse % np.uint64(prime)).astype(np.uint32).reshape(N, 1)
    ring.backward(lanes, ring.tables(prime))
    return bool((np.minimum(lanes, prime - lanes) <= bound).mean() > 0.9)


def subtract(left, right):
    primes = np.array(LATTICE_PRIMES, np.int64)[:, None]
    return ((left.astype(np.int64) - right) % primes).astype(np.uint32)


def recognised(key, count=12):
    """Try which row A' belongs to: the owner computes A of every row, and looks what is left."""
    blocks, chosen = encrypted(key, [1] * count), secrets.randbelow(count)
    alone = np.where(np.eye(count), 0, -1)
    masked = masked_for(key, blocks, alone[chosen])
    candidates = [lattice.sum_groups(CONTEXT, blocks, ids, 1).a[0] for ids in alone]
    left = [subtract(masked.a[0], candidate) for candidate in candidates]
    return chosen, [row for row in range(count) if is_small(left[row], [T] * N, 21)]


def test_an_owner_does_not_recognise_a_sum():
    assert recognised(new_key())[1] == []


def test_if_it_chose_the_shared_polynomial_it_would(monkeypatch):
    zero = np.zeros((5, N), np.uint32)
    monkeypatch.setattr(keys, "shared_polynomial", lambda context: zero)
    monkeypatch.setattr(opening, "shared_polynomial", lambda context: zero)
    chosen, found = recognised(new_key())
    assert found == [chosen]


def test_with_u_left_out_it_would(monkeypatch):
    key = new_key()
    monkeypatch.setattr(sampler.PrivateStream, "ternary", zeros)
    chosen, found = recognised(key)
    assert found == [chosen]


def left_of_a_sum(key):
    """Divide A' - A by a*: for the right A, and without an error, that is u."""
    sums = lattice.sum_groups(CONTEXT, encrypted(key, [5]), [0], 1)
    masked, _ = lattice.mask_sums(key.public, sums, secrets.token_bytes)
    return is_small(subtract(masked.a[0], sums.a[0]), keys.shared_polynomial(CONTEXT)[0], 1)


def test_an_owner_does_not_tell_a_right_guess_from_a_wrong_one():
    assert not left_of_a_sum(new_key())


def test_without_an_error_on_the_sum_it_does(monkeypatch):
    monkeypatch.setattr(sampler.PrivateStream, "errors", zeros)
    assert left_of_a_sum(new_key())


@pytest.mark.parametrize("share", [0, 1, Q // 2])
def test_an_owner_with_made_up_shares_learns_nothing_of_u_and_spoils_its_own_sums(share):
    """Whatever p is, B' is R plus something, and R is uniform modulo q."""
    key = new_key()
    made_up = np.array(residues(share), np.uint32)[None, :, None].repeat(N, axis=2)
    public = lattice.PublicKey(CONTEXT, made_up)
    sums = lattice.sum_groups(CONTEXT, encrypted(key, [7]), [0], 1)
    seen = []
    for _ in range(60):
        masked, masks = lattice.mask_sums(public, sums, secrets.token_bytes)
        number = sum(int(b) * c for b, c in zip(masked.b[0, 0], opening._CRT, strict=True)) % Q
        seen.append(number * 4 // Q)
        assert lattice.unmask(lattice.open_masked(key, masked), masks) != [[7]]
    assert min(np.bincount(seen, minlength=4)) > 1  # each quarter once at least: 1 in 10^6


# --- the mediator: a row


def test_two_blocks_under_one_seed_tell_their_differences(monkeypatch):
    key, seed = new_key(), secrets.token_bytes(16)
    pair = []
    for values in ([10, 20, 30], [10, 25, 30]):
        monkeypatch.setattr(rows, "expand", lambda context, _: sampler.expand(context, seed))
        pair.append(encrypted(key, values))
    first, second = (blocks.values[0, 0].astype(np.int64) for blocks in pair)
    numbers = [residues_to_number(second[:, i] - first[:, i]) for i in range(3)]
    assert [(number + T // 2) % T - T // 2 for number in numbers] == [0, 5, 0]
    seeds = np.frombuffer(seed * 2, np.uint8).reshape(2, 16)
    with pytest.raises(InvalidMessageError, match="seed is not new"):
        lattice.check_seeds(seeds)


def test_two_blocks_under_fresh_seeds_tell_none():
    key = new_key()
    first, second = (encrypted(key, [10]).values[0, 0, :, 0].astype(np.int64) for _ in range(2))
    assert abs(residues_to_number(second - first)) > T << 20


def residues_to_number(parts):
    number = sum(int(x) * c for x, c in zip(parts, opening._CRT, strict=True)) % Q
    return number if number < Q // 2 else number - Q


def secret_from_zeros(key):
    """Divide a block of zeros by its a: without errors, that is the secret."""
    blocks = encrypted(key, [0])
    a = sampler.expand(CONTEXT, blocks.seeds[0].tobytes())[0]
    prime = LATTICE_PRIMES[0]
    values = blocks.values[0, 0, 0].reshape(N, 1).copy()
    ring.forward(values, ring.tables(prime))
    inverse = np.array([pow(int(x), -1, prime) if x else 0 for x in a], np.uint64)
    secret = (values[:, 0] * inverse % np.uint64(prime)).astype(np.uint32)
    return (secret == key.values[0, 0]).mean()


def test_rows_of_zeros_tell_the_secret_only_where_there_are_no_errors(monkeypatch):
    assert secret_from_zeros(new_key()) < 0.01
    monkeypatch.setattr(sampler.PrivateStream, "errors", zeros)
    assert secret_from_zeros(new_key()) > 0.99


# --- a mediator that deviates, with whoever reads the answer

DIGITS = 38
"""Ternary digits that fit a signed number of 61 bits."""


def crafted(groups, first):
    """Return made-up masked sums that open to DIGITS coefficients of s each, in base three."""
    a = np.zeros((groups, 5, N), np.uint32)
    for group in range(groups):
        small = np.zeros((N, 1), object)
        for digit in range(DIGITS):
            place = (first + group) * DIGITS + digit
            if place < N:
                small[(N - place) % N] = 3**digit if place else -(3**digit)
        for index, prime in enumerate(LATTICE_PRIMES):
            lanes = (small % prime).astype(np.uint32)
            ring.forward(lanes, ring.tables(prime))
            a[group, index] = lanes[:, 0]
    positive = np.array(residues(T << 8), np.uint32)  # keeps the number above zero, modulo q
    return lattice.MaskedSums(a, np.broadcast_to(positive, (groups, 1, 5)))


def digits(number):
    found = []
    for _ in range(DIGITS):
        digit = (number + 1) % 3 - 1
        found.append(digit)
        number = (number - digit) // 3
    return found


def test_a_mediator_that_deviates_reads_a_part_of_the_secret_and_the_limit_keeps_the_rest():
    key = new_key()
    needed = -(-N // DIGITS)
    assert needed > 2 * LATTICE_OPENINGS
    with pytest.raises(InvalidMessageError, match="at most"):
        lattice.open_masked(key, crafted(needed, 0))
    opened = lattice.open_masked(key, crafted(LATTICE_OPENINGS, 0))
    assert len(recovered(opened)) == LATTICE_OPENINGS * DIGITS  # stated: these it has, exactly
    assert recovered(opened) == coefficients(key)[: LATTICE_OPENINGS * DIGITS]


def test_without_the_limit_it_reads_the_whole_secret_and_every_row(monkeypatch):
    monkeypatch.setattr(opening, "LATTICE_OPENINGS", N)
    key = new_key()
    secret = recovered(lattice.open_masked(key, crafted(-(-N // DIGITS), 0)))[:N]
    assert secret == coefficients(key)
    blocks = encrypted(key, [11, 22, -33])
    values = ring.to_values(np.array([secret], np.int8))[0]
    a = sampler.expand(CONTEXT, blocks.seeds[0].tobytes())
    product = ring.multiply_add(a, values, np.zeros_like(a))
    for index, prime in enumerate(LATTICE_PRIMES):
        lanes = product[index].reshape(N, 1).copy()
        ring.backward(lanes, ring.tables(prime))
        product[index] = lanes[:, 0]
    rest = blocks.values[0, 0].astype(np.int64) - product
    read = [(residues_to_number(rest[:, i]) + T // 2) % T - T // 2 for i in range(3)]
    assert read == [11, 22, -33]


def recovered(opened):
    found = []
    for (number,) in opened:
        signed = number if number < T // 2 else number - T
        found += digits(signed)
    return found


def coefficients(key):
    prime = LATTICE_PRIMES[0]
    lanes = key.values[0, 0].reshape(N, 1).copy()
    ring.backward(lanes, ring.tables(prime))
    return [int(x) if x < 2 else int(x) - prime for x in lanes[:, 0]]
