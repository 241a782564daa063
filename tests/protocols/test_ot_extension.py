import hashlib
import secrets

import numpy as np
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from protocols.alignment.ot import code, extension
from protocols.alignment.ot.hashing import hash_rows
from protocols.errors import InvalidMessageError

ROWS = extension.CHUNK_ROWS + 100


@pytest.fixture(scope="module")
def seeds():
    return [[secrets.token_bytes(16) for _ in range(code.LENGTH)] for _ in range(2)]


def expand(*lists):
    columns = extension.Columns(*lists)
    rows = np.empty((ROWS + 28, 8), dtype=np.uint64)
    start = 0
    for count in extension.chunk_rows(ROWS):
        columns.rows(count, rows[start:])
        start += count
    return rows[:ROWS]


def test_rows_are_the_columns_of_aes_in_counter_mode(seeds):
    rows = expand(seeds[0])
    bits = np.unpackbits(rows.view(np.uint8), axis=1, bitorder="little")
    assert not bits[:, code.LENGTH :].any()
    for column in (0, 1, 63, 64, 448, 455):
        stream = Cipher(algorithms.AES(seeds[0][column]), modes.CTR(bytes(16))).encryptor()
        expected = np.frombuffer(stream.update(bytes(ROWS // 8 + 8)), dtype=np.uint8)
        assert np.array_equal(bits[:, column], np.unpackbits(expected, bitorder="little")[:ROWS])


def test_two_lists_of_seeds_give_the_sum(seeds):
    assert np.array_equal(expand(*seeds), expand(seeds[0]) ^ expand(seeds[1]))


def test_the_sender_holds_the_receivers_row_plus_its_choice_of_the_code_word(seeds):
    bits = secrets.randbits(code.LENGTH)
    choice = code.to_words(bits)
    chosen = [seeds[bits >> i & 1][i] for i in range(code.LENGTH)]
    store = np.frombuffer(secrets.token_bytes(8 * ROWS), dtype=np.uint64).copy()
    both, q = expand(*seeds), expand(chosen)
    start = 0
    for count in extension.chunk_rows(ROWS):
        stop = start + count
        payload = extension.correction(both[start:stop], store[start:stop])
        assert len(payload) == 57 * count
        extension.apply_correction(q[start:stop], payload, choice)
        start = stop
    words = []
    for row in (0, 1, extension.CHUNK_ROWS, ROWS - 1):
        word = 0
        for bit, vector in enumerate(code.basis()):
            word ^= vector * (int(store[row]) >> bit & 1)
        words.append(code.to_words(word & bits))
    t0 = expand(seeds[0])[[0, 1, extension.CHUNK_ROWS, ROWS - 1]]
    assert np.array_equal(q[[0, 1, extension.CHUNK_ROWS, ROWS - 1]], t0 ^ np.stack(words))


def test_a_chunk_of_another_length_is_refused():
    rows = np.zeros((64, 8), dtype=np.uint64)
    with pytest.raises(InvalidMessageError):
        extension.apply_correction(rows, bytes(57 * 64 - 1), rows[0])


@pytest.mark.parametrize("count", [0, 1, 127, 128, 300])
@pytest.mark.parametrize("words", [1, 6, 7, 8, 12])
def test_rows_hash_as_hashlib_does(count, words):
    rows = np.frombuffer(secrets.token_bytes(8 * words * count), dtype=np.uint64)
    rows = rows.reshape(count, words)
    prefix = secrets.token_bytes(64)
    out = np.empty((count, 32), dtype=np.uint8)
    hash_rows(rows, prefix, out)
    for row, digest in zip(rows, out, strict=True):
        assert digest.tobytes() == hashlib.sha256(prefix + row.tobytes()).digest()
