"""The function, its proof and its table against whoever sends something else."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import rbcl

from protocols.errors import (
    InvalidElementError,
    InvalidKeyError,
    InvalidMessageError,
    InvalidProofError,
    LocalError,
)
from protocols.limits import VOPRF_BATCH, VOPRF_LABELS
from protocols.voprf import (
    NOBODY,
    Elements,
    ServerKey,
    Table,
    blind,
    check_public_key,
    client,
    split,
    table_bytes,
)
from protocols.voprf.group import ORDER, hash_to_points, multiply_base
from tests.vectors.independent import transfer

IDENTITY = bytes(32)
NOT_ELEMENTS = {
    "negative": b"\x01" + bytes(31),
    "not below the prime": (2**255 - 19).to_bytes(32, "little"),
    "no square": (2).to_bytes(32, "little"),
    "all ones": b"\xff" * 32,
    "short": bytes(31),
}


def stream(name):
    """Return a repeatable source of bytes."""
    state = hashlib.shake_256(name.encode())
    drawn = 0

    def random(count):
        nonlocal drawn
        drawn += count
        return state.digest(drawn)[drawn - count :]

    return random


KEY = ServerKey.derive(b"k" * 32)
OTHER = ServerKey.derive(b"o" * 32)
INPUTS = [f"person {number}".encode() for number in range(5)]


def answered(key=KEY, inputs=INPUTS):
    asked = blind(inputs, stream("blind"))
    return asked, *key.evaluate(list(asked.elements), stream("prove"))


def test_a_batch_gives_what_the_owner_computes_in_clear():
    asked, evaluated, proof = answered()
    assert asked.finalize(evaluated, proof, KEY.public) == [KEY.output(one) for one in INPUTS]


def test_many_outputs_are_those_of_single_ones():
    with ThreadPoolExecutor(2) as threads:
        many = KEY.outputs(INPUTS, threads)
    assert [row.tobytes() for row in many] == [KEY.output(one) for one in INPUTS]


def test_one_input_is_blinded_to_unrelated_elements():
    first, second = blind(INPUTS[:1] * 2, stream("twice")).elements
    assert first != second
    assert b"person" not in repr(blind(INPUTS, stream("blind"))).encode()


def test_what_is_sent_is_an_input_and_a_uniform_multiple_of_the_generator():
    """So for each other input there is a scalar, as likely, that gives the same element."""
    hashed, drawn = Elements.of(hash_to_points(INPUTS)).encoded, stream("blind")
    for own, sent in zip(hashed, blind(INPUTS, stream("blind")).elements, strict=True):
        added = rbcl.crypto_core_ristretto255_sub(sent, own)
        scalar = int.from_bytes(drawn(32), "little") % 2**252
        assert added == multiply_base(scalar.to_bytes(32, "little"))


def test_what_comes_back_is_not_unblinded_before_its_proof_was_checked(monkeypatch):
    """With the multiple of another key taken away, whoever knows an output could tell the input."""
    asked, evaluated, proof = answered(OTHER)
    monkeypatch.setattr(client, "output", lambda *_: pytest.fail("an output was made"))
    with pytest.raises(InvalidProofError):
        asked.finalize(evaluated, proof, KEY.public)


def test_a_batch_in_which_one_answer_has_another_key_is_refused():
    asked, evaluated, proof = answered()
    tagged = OTHER.evaluate([asked.elements[2]], stream("tag"))[0]
    with pytest.raises(InvalidProofError):
        asked.finalize([*evaluated[:2], *tagged, *evaluated[3:]], proof, KEY.public)


def test_a_batch_under_another_key_than_the_published_one_is_refused():
    asked, evaluated, proof = answered(OTHER)
    asked.finalize(evaluated, proof, OTHER.public)
    with pytest.raises(InvalidProofError):
        asked.finalize(evaluated, proof, KEY.public)


def test_answers_in_another_order_are_refused():
    asked, evaluated, proof = answered()
    with pytest.raises(InvalidProofError):
        asked.finalize([evaluated[1], evaluated[0], *evaluated[2:]], proof, KEY.public)


@pytest.mark.parametrize("at", [0, 31, 32, 63])
def test_a_changed_proof_is_refused(at):
    asked, evaluated, proof = answered()
    changed = bytearray(proof)
    changed[at] ^= 1
    with pytest.raises((InvalidProofError, InvalidMessageError)):
        asked.finalize(evaluated, bytes(changed), KEY.public)


@pytest.mark.parametrize("half", [0, 1])
def test_a_scalar_has_one_spelling(half):
    asked, evaluated, proof = answered()
    parts = [proof[:32], proof[32:]]
    more = int.from_bytes(parts[half], "little") + ORDER
    parts[half] = more.to_bytes(32, "little")
    with pytest.raises(InvalidMessageError):
        asked.finalize(evaluated, b"".join(parts), KEY.public)


def test_a_proof_of_nothing_is_refused():
    asked, evaluated, proof = answered()
    for wrong in (bytes(64), proof[:63], proof + b"\0", b""):
        with pytest.raises(InvalidProofError):
            asked.finalize(evaluated, wrong, KEY.public)


@pytest.mark.parametrize("kind", NOT_ELEMENTS)
def test_what_is_no_element_is_refused_by_its_place(kind):
    asked, evaluated, proof = answered()
    with pytest.raises(InvalidElementError) as found:
        KEY.evaluate([*asked.elements[:3], NOT_ELEMENTS[kind]], stream("prove"))
    assert found.value.index == 3
    with pytest.raises(InvalidElementError):
        asked.finalize([NOT_ELEMENTS[kind], *evaluated[1:]], proof, KEY.public)
    with pytest.raises(InvalidKeyError):
        check_public_key(NOT_ELEMENTS[kind])


def test_the_identity_is_refused_everywhere():
    asked, evaluated, proof = answered()
    with pytest.raises(InvalidElementError):
        KEY.evaluate([IDENTITY], stream("prove"))
    with pytest.raises(InvalidElementError):
        asked.finalize([IDENTITY, *evaluated[1:]], proof, KEY.public)
    with pytest.raises(InvalidKeyError):
        asked.finalize(evaluated, proof, IDENTITY)


def test_a_batch_has_a_least_and_a_largest_size():
    element = multiply_base(b"\x02" + bytes(31))
    for size in (0, VOPRF_BATCH + 1):
        with pytest.raises(InvalidMessageError):
            KEY.evaluate([element] * size, stream("prove"))
        with pytest.raises(LocalError):
            blind([b"x"] * size, stream("blind"))
    asked, evaluated, proof = answered()
    with pytest.raises(InvalidMessageError):
        asked.finalize(evaluated[1:], proof, KEY.public)
    with pytest.raises(InvalidMessageError):
        split(bytes(33))
    with pytest.raises(LocalError):
        KEY.output(bytes(1 << 16))


def test_a_key_is_a_scalar_above_zero():
    for wrong in (bytes(32), ORDER.to_bytes(32, "little"), b"\x01" * 31):
        with pytest.raises(LocalError):
            ServerKey(wrong)


# --- the table

PEOPLE = [f"member {number}".encode() for number in range(300)]
CODES = np.arange(300, dtype=np.uint8) % VOPRF_LABELS


def table(entries=400, name="table"):
    return Table.build(KEY.outputs(PEOPLE), CODES, entries, stream(name))


def test_members_read_their_label_and_others_read_none():
    sent = table().to_bytes()
    assert len(sent) == table_bytes(400)
    found = Table.from_bytes(sent, 400)
    assert found.labels([KEY.output(one) for one in PEOPLE]) == CODES.tolist()
    assert set(found.labels([KEY.output(b"not " + one) for one in PEOPLE])) == {NOBODY}


def test_a_label_is_read_as_the_protocol_says():
    """By the second implementation, which shares no code with the program's."""
    data = table().to_bytes()
    words = [int.from_bytes(data[at : at + 8], "little") for at in range(24, len(data), 8)]
    for person, code in zip(PEOPLE[:20], CODES.tolist(), strict=False):
        y = KEY.output(person)
        total = int.from_bytes(y[24:32], "little")
        for at in transfer.places(bytes(8) + y[:24], data[:24], len(words) - 64):
            total ^= words[at]
        assert total == code


def test_the_output_under_another_key_reads_noise():
    assert set(table().labels([OTHER.output(one) for one in PEOPLE])) == {NOBODY}


def test_a_table_looks_the_same_whatever_its_entries_and_labels():
    """Byte for byte uniform: the chi-square statistic of 255 degrees stays far below 500.

    The chance of more is below 1e-17; the bytes are fixed by the sources.
    """
    empty = Table.build(np.empty((0, 64), np.uint8), CODES[:0], 400, stream("empty"))
    for one in (table(), empty):
        sent = np.frombuffer(one.to_bytes(), dtype=np.uint8)
        assert len(sent) == table_bytes(400)
        counts = np.bincount(sent, minlength=256)
        expected = len(sent) / 256
        assert ((counts - expected) ** 2 / expected).sum() < 500


def test_a_table_that_does_not_hold_what_was_declared_is_refused():
    with pytest.raises(LocalError):
        table(entries=299)
    with pytest.raises(LocalError):
        Table.build(KEY.outputs(PEOPLE[:1]), np.array([VOPRF_LABELS], np.uint8), 64, stream("x"))
    for wrong in (299, 500):
        with pytest.raises(InvalidMessageError):
            Table.from_bytes(table().to_bytes(), wrong)
