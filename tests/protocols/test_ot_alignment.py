import secrets
from dataclasses import replace

import numpy as np
import pytest

from protocols.alignment import Context, Frame, ot
from protocols.alignment.ot import base_ot, roles
from protocols.alignment.ot.participant import MAXIMUM_ROWS
from protocols.errors import InvalidElementError, InvalidMessageError, LocalError
from protocols.strings import PackedStrings
from tests.protocols.alignment_contract import AlignmentContract, contexts, people, relay


class TestOtProfile(AlignmentContract):
    profile = staticmethod(ot.profile)
    many_chunks = (27_000, 64)


def pair(first, second, declared=(64, 64)):
    here, there = contexts(*declared)
    return (
        ot.profile(here, PackedStrings.pack(first), secrets.token_bytes),
        ot.profile(there, PackedStrings.pack(second), secrets.token_bytes),
    )


def test_a_thousand_rows_of_unequal_sides_match_exactly():
    first, second = people(range(1000)), people(range(900, 1500))[::-1]
    sides = pair(first, second, (1024, 640))
    sent = relay(sides)
    here, there = (side.secrets() for side in sides)
    mine = {row.tobytes(): name for row, name in zip(here, first, strict=True)}
    theirs = {row.tobytes(): name for row, name in zip(there, second, strict=True)}
    common = mine.keys() & theirs.keys()
    assert sorted(mine[secret] for secret in common) == people(range(900, 1000))
    assert all(mine[secret] == theirs[secret] for secret in common)
    assert max(len(frame.payload) for _, frame in sent) < 4 << 20


def change(step, edit):
    """Return an intercept that edits the payload of side 0's first frame of a step."""
    done = []

    def intercept(sender, frame):
        if sender == 1 or frame.step != step or done:
            return [frame]
        done.append(frame)
        return [replace(frame, payload=edit(frame.payload))]

    return intercept


def flip(payload, where=slice(None)):
    changed = np.frombuffer(payload, dtype=np.uint8).copy()
    changed[where] ^= 0xFF
    return changed.tobytes()


@pytest.mark.parametrize("step", ["correction", "store", "confirm"])
def test_tampering_that_keeps_lengths_ends_in_a_refusal_not_in_a_small_overlap(step):
    sides = pair(people(range(50)), people(range(50)))
    with pytest.raises(InvalidMessageError, match="test identifiers"):
        relay(sides, change(step, flip))


@pytest.mark.parametrize("bit", [0, 1])
def test_a_tampered_column_is_noticed_exactly_if_its_choice_bit_is_one(bit):
    """The refusal tells the tamperer one choice bit: why every attempt needs fresh secrets."""
    sides = pair(people(range(9)), people(range(9)))

    def flip_one_column(payload):
        first_word = int(sides[1]._sender._choice[0])
        column = next(i for i in range(64) if first_word >> i & 1 == bit)
        tail = len(payload) // 57 * 56
        words = np.frombuffer(payload[:tail], dtype=np.uint64).reshape(-1, 7).copy()
        words[:, 0] ^= np.uint64(1 << column)
        return words.tobytes() + payload[tail:]

    try:
        relay(sides, change("correction", flip_one_column))
    except InvalidMessageError:
        assert bit == 1
    else:
        assert bit == 0
        assert np.array_equal(sides[0].secrets(), sides[1].secrets())


@pytest.mark.parametrize("step", ["hello", "choices"])
def test_invalid_points_are_refused(step):
    sides = pair(people(range(5)), people(range(5)))
    with pytest.raises(InvalidElementError):
        relay(sides, change(step, flip))


def test_the_own_hello_sent_back_is_refused():
    side = pair(people(range(5)), people(range(5)))[0]
    hello = next(side.start())
    with pytest.raises(InvalidMessageError, match="our own"):
        side.receive(hello)


def test_a_peer_that_declares_another_size_is_refused_at_its_first_chunk():
    here = ot.profile(contexts(64, 64)[0], PackedStrings.pack([]), secrets.token_bytes)
    there = ot.profile(contexts(64, 65)[1], PackedStrings.pack([]), secrets.token_bytes)
    with pytest.raises(InvalidMessageError):
        relay((here, there))


def test_more_than_2_to_the_24_rows_are_refused_on_either_side():
    for own, peer in ((64, MAXIMUM_ROWS + 1), (MAXIMUM_ROWS + 1, 64)):
        with pytest.raises(LocalError, match="16777216"):
            ot.profile(
                Context(bytes(16), bytes(16), 0, own, peer),
                PackedStrings.pack([]),
                secrets.token_bytes,
            )


def test_erasing_stops_the_corrections_and_clears_the_arrays():
    sides = pair(people(range(5)), people(range(5)))
    hello = [next(side.start()) for side in sides]
    choices = next(sides[1].receive(hello[0]))
    next(sides[0].receive(hello[1]))
    answers = sides[0].receive(choices)
    assert next(answers).step == "store"
    assert sides[0]._keys.any()
    sides[0].erase()
    for array in (sides[0]._keys, sides[0]._buffer, sides[0]._secrets, sides[0]._sender._choice):
        assert not array.any()
    with pytest.raises(LocalError):
        next(answers)
    with pytest.raises(LocalError):
        sides[0].receive(Frame("store", 0, bytes(24)))


def test_warm_up_runs_the_whole_protocol():
    steps = []

    def counted(size):
        steps.append(size)
        return secrets.token_bytes(size)

    ot.warm_up(counted)
    assert len(steps) > 4 * 456 // 2


# What mediator and one party can compute together.


def random_keys(count):
    return np.frombuffer(secrets.token_bytes(32 * count), dtype=np.uint64).reshape(count, 4).copy()


def values(decoder, keys):
    return np.concatenate([part.copy() for _, part in roles.evaluate(decoder, keys, bytes(64))])


def one_direction(keys):
    """Run one function; return the receiver's and the sender's evaluation."""
    base = base_ot.SeedSender(b"", secrets.token_bytes)
    chosen = base_ot.SeedReceiver(b"", base.offer, secrets.token_bytes)
    receiver = roles.FunctionReceiver(keys, base.seeds(chosen.choices), secrets.token_bytes)
    rows = roles.store_rows(len(keys))
    sender = roles.FunctionSender(chosen.bits, chosen.seeds, rows)
    sender.seed = receiver.seed
    buffers = [roles.row_buffer(rows) for _ in range(2)]
    received = receiver.decoder(buffers[0])
    for chunk, payload in enumerate(receiver.corrections()):
        sender.take(chunk, payload, buffers[1])
    return received, sender.decoder(buffers[1])


def matches(left, right):
    return [a.tobytes() == b.tobytes() for a, b in zip(left, right, strict=True)]


def test_mediator_and_one_party_cannot_test_a_dictionary():
    """A knows its key, its own rows and every frame; the mediator knows the tokens of B's rows.

    The dictionary is B's whole data set, half of it in A's own.  With A's function alone every
    row could be recognised; B's function stops at the rows that A entered itself.
    """
    of_a, of_b = random_keys(300), random_keys(300)
    of_b[:150] = of_a[:150]
    b_received, a_key = one_direction(of_b)
    a_received, b_key = one_direction(of_a)
    truth = values(b_received, of_b), values(b_key, of_b)
    assert matches(values(a_key, of_b), truth[0]) == [True] * 300
    assert matches(values(a_received, of_b), truth[1]) == [True] * 150 + [False] * 150


def test_the_store_does_not_open_the_function_where_only_the_value_differs():
    """Such a key decodes to the right row of T0 but misses at least 128 secret choice bits."""
    keys = random_keys(100)
    received, key = one_direction(keys)
    keys[:, 0] ^= np.uint64(1 << 63)
    assert not any(matches(values(received, keys), values(key, keys)))
