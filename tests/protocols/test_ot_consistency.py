import hashlib
from random import Random

import numpy as np
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from protocols import okvs
from protocols.alignment.ot import code, consistency, extension, roles, trees
from protocols.errors import InvalidMessageError

DRAW = Random(13)
FACTORS = [*range(16), *(DRAW.randrange(16) for _ in range(code.LENGTH - 16))]
LEAVES = [[DRAW.randbytes(16) for _ in range(16)] for _ in range(code.LENGTH)]
KNOWN = [[None if x == gap else leaf for x, leaf in enumerate(full)]
         for full, gap in zip(LEAVES, FACTORS, strict=True)]  # fmt: skip
KEYS = np.frombuffer(DRAW.randbytes(32 * 40), dtype=np.uint64).reshape(40, 4)
CHECK = 8 * 128 * 5


def words(count, width):
    drawn = np.frombuffer(DRAW.randbytes(8 * count * width), dtype=np.uint64)
    return drawn.reshape(count, width).copy()


@pytest.mark.parametrize("width", [1, 4])
def test_sums_are_those_of_the_drawn_subsets_and_a_row_of_their_own(width):
    rows = words(300 + 128, width)
    subsets = consistency.challenge(bytes(64), b"sent", 300)
    found = consistency.sums(rows, subsets)
    for subset in (0, 1, 9, 127):
        expected = rows[300 + subset].copy()
        for row in range(300):
            if subsets[row, subset // 8] >> (subset % 8) & 1:
                expected ^= rows[row]
        assert np.array_equal(found[subset], expected)


def test_subsets_follow_from_all_that_was_sent_and_from_the_prefix():
    key = hashlib.sha256(b"p" * 64 + b"sent").digest()[:16]
    stream = Cipher(algorithms.AES(key), modes.CTR(bytes(16))).encryptor().update(bytes(16 * 9))
    assert consistency.challenge(b"p" * 64, b"sent", 9).tobytes() == stream
    assert consistency.challenge(b"q" * 64, b"sent", 9).tobytes() != stream
    assert consistency.challenge(b"p" * 64, b"sens", 9).tobytes() != stream


def send():
    receiver = roles.FunctionReceiver(LEAVES, len(KEYS), bytes(64), Random(14).randbytes)
    return receiver.send(KEYS, np.empty_like(KEYS))


def take(payload):
    return roles.FunctionSender(KNOWN, FACTORS, len(KEYS), bytes(64)).take(payload)


def test_true_rows_are_taken():
    payload = send()
    assert len(payload) == roles.bin_bytes(len(KEYS))
    take(payload)


@pytest.mark.parametrize("where", [*range(-CHECK, 0, 397), -1])
def test_a_sum_that_is_wrong_anywhere_is_refused(where):
    payload = bytearray(send())
    payload[where] ^= 1
    with pytest.raises(InvalidMessageError, match="not code words"):
        take(bytes(payload))


@pytest.mark.parametrize("position", [0, 5, -1])
def test_one_wrong_symbol_in_one_position_passes_only_where_its_key_is_zero(position, monkeypatch):
    honest = roles.correction
    for symbol in range(16):

        def changed(sums, store, symbol=symbol):
            payload = bytearray(honest(sums, store))
            row = position % (len(payload) // 27)
            payload[24 * row + symbol // 8] ^= 1 << symbol % 8
            return bytes(payload)

        monkeypatch.setattr(roles, "correction", changed)
        payload = send()
        if FACTORS[symbol] == 0:
            take(payload)
        else:
            with pytest.raises(InvalidMessageError, match="not code words"):
                take(payload)


def test_what_is_revealed_of_the_store_is_hidden_by_words_of_no_key():
    """The same keys, seed and table: only the 128 random words make the sums other ones."""
    revealed = []
    for hiding in (b"a", b"b"):
        draws, sizes = Random(15), []

        def random(size, hiding=hiding, draws=draws, sizes=sizes):
            sizes.append(size)
            drawn = draws.randbytes(size)
            return hiding * size if size == 8 * 128 else drawn

        receiver = roles.FunctionReceiver(LEAVES, len(KEYS), bytes(64), random)
        payload = receiver.send(KEYS, np.empty_like(KEYS))
        assert 8 * 128 in sizes and okvs.SEED_BYTES in sizes
        revealed.append(payload[-CHECK : -CHECK + 8 * 128])
    assert revealed[0] != revealed[1]


def test_no_decoder_keeps_rows_of_a_bin_that_is_over(monkeypatch):
    """Its tables are sums of 64 of the rows that ``erase`` overwrites."""
    made = []

    class Kept(extension.Decoder):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            made.append(self)

    monkeypatch.setattr(roles, "Decoder", Kept)
    receiver = roles.FunctionReceiver(LEAVES, len(KEYS), bytes(64), Random(16).randbytes)
    bins = [receiver.send(KEYS, np.empty_like(KEYS)) for _ in range(2)]
    assert not any(decoder._dense.any() for decoder in made)
    sender = roles.FunctionSender(KNOWN, FACTORS, len(KEYS), bytes(64))
    first = sender.take(bins[0])
    assert first._dense.any()
    second = sender.take(bins[1])
    assert not first._dense.any() and second._dense.any()
    sender.erase()
    assert not second._dense.any()


def test_a_bin_is_taken_in_its_own_place_with_its_own_rows_and_sums_alone():
    receiver = roles.FunctionReceiver(LEAVES, len(KEYS), bytes(64), Random(17).randbytes)
    first, second = (receiver.send(KEYS, np.empty_like(KEYS)) for _ in range(2))
    ten_rows = slice(okvs.SEED_BYTES, okvs.SEED_BYTES + 10 * 24)
    mixed = bytearray(second)
    mixed[ten_rows] = first[ten_rows]
    spoilt = [first, second[:-CHECK] + first[-CHECK:], bytes(mixed)]
    for payloads in ([second], *([first, one] for one in spoilt)):
        sender = roles.FunctionSender(KNOWN, FACTORS, len(KEYS), bytes(64))
        for taken in payloads[:-1]:
            sender.take(taken)
        with pytest.raises(InvalidMessageError, match="not code words"):
            sender.take(payloads[-1])


@pytest.mark.parametrize("choice", [0, 1])
def test_a_tree_that_is_opened_wrongly_on_one_side_shows_one_bit_of_the_choices(choice):
    """Whoever chose the spoilt side refuses, the others' bit is known: a guess of one bit."""
    draw = Random(18)
    masks = tuple([draw.randbytes(16) for _ in range(212)] for _ in range(2))
    roots = [draw.randbytes(16) for _ in range(code.LENGTH)]
    leaves, message = trees.grow(roots, masks, bytes(64))
    receiver = roles.FunctionReceiver(leaves, len(KEYS), bytes(64), draw.randbytes)
    payload = receiver.send(KEYS, np.empty_like(KEYS))
    spoilt = bytearray(message)
    spoilt[0] ^= 1  # the sum of the left children below the first root, for choice 0
    choices = draw.getrandbits(212) & ~1 | choice
    seeds = [masks[choices >> i & 1][i] for i in range(212)]
    known = trees.open_all_but_one(choices, seeds, bytes(spoilt), bytes(64))
    sender = roles.FunctionSender(known, trees.missing(choices), len(KEYS), bytes(64))
    if choice:
        sender.take(payload)
    else:
        with pytest.raises(InvalidMessageError, match="not code words"):
            sender.take(payload)
