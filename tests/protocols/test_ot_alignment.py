import secrets
from collections.abc import Callable
from dataclasses import replace
from random import Random as Draws

import numpy as np
import pytest

from protocols.alignment import Context, Frame, ot
from protocols.alignment.ot import bins, code, extension, roles, trees
from protocols.alignment.ot.base_ot import TRANSFERS
from protocols.alignment.ot.hashing import hash_pairs
from protocols.alignment.ot.participant import MAXIMUM_ROWS, TEST_ROWS
from protocols.errors import InvalidElementError, InvalidMessageError, LocalError
from protocols.strings import PackedStrings
from tests.protocols.alignment_contract import AlignmentContract, contexts, people, relay

pytestmark = pytest.mark.long


@pytest.fixture
def small_bins(monkeypatch):
    """Let a bin have about 64 keys instead of 65,536."""
    monkeypatch.setattr(bins, "_LARGEST_SINGLE", 150)
    monkeypatch.setattr(bins, "_TARGET", 64)


@pytest.mark.usefixtures("small_bins")
class TestOtProfile(AlignmentContract):
    profile = staticmethod(ot.profile)
    many_chunks = (700, 64)
    sizes = (*AlignmentContract.sizes, (700, 200, 150))


def pair(first, second, declared=(64, 64), random=secrets.token_bytes):
    here, there = contexts(*declared)
    return (
        ot.profile(here, PackedStrings.pack(first), random),
        ot.profile(there, PackedStrings.pack(second), random),
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


@pytest.mark.usefixtures("small_bins")
def test_bins_of_both_directions_differ_and_every_frame_of_a_bin_has_one_length():
    sides = pair(people(range(900)), people(range(400, 500)), (1024, 128))
    sent = [(sender, frame) for sender, frame in relay(sides) if frame.step == "correction"]
    lengths = [{len(f.payload) for side, f in sent if side == sender} for sender in (0, 1)]
    assert [sum(side == sender for side, _ in sent) for sender in (0, 1)] == [16, 4]
    assert [len(found) for found in lengths] == [1, 1]
    here, there = ({row.tobytes() for row in side.secrets()} for side in sides)
    assert len(here & there) == 100


@pytest.mark.usefixtures("small_bins")
def test_a_bin_that_overflows_ends_the_attempt(monkeypatch):
    monkeypatch.setattr(bins, "capacity", lambda count, _: count >> bins.bin_bits(count))
    with pytest.raises(LocalError, match="overflows"):
        relay(pair(people(range(1024)), people(range(9)), (1024, 64)))


def test_the_own_corrections_must_be_drawn_before_the_peers_are_taken():
    sides = pair(people(range(9)), people(range(9)))
    hellos = [next(side.start()) for side in sides]
    choices = [next(sides[i].receive(hellos[1 - i])) for i in (0, 1)]
    answers = [sides[i].receive(choices[1 - i]) for i in (0, 1)]
    frames = list(answers[1])
    assert [frame.step for frame in frames] == ["trees", "correction"]
    sides[0].receive(frames[0])
    with pytest.raises(LocalError, match="drawn first"):
        sides[0].receive(frames[1])


@pytest.mark.parametrize("step", ["correction", "trees", "confirm"])
def test_tampering_that_keeps_lengths_ends_in_a_refusal_not_in_a_small_overlap(step):
    sides = pair(people(range(50)), people(range(50)))
    # In the corrections: of the first word of every row, since bits behind the last are refused.
    where = slice(24, -(-24 * roles.store_rows(64 + 64))) if step == "correction" else slice(None)
    refusal = "test identifiers" if step == "confirm" else "not code words"
    with pytest.raises(InvalidMessageError, match=refusal):
        relay(sides, change(step, lambda payload: flip(payload, where)))


@pytest.mark.parametrize("factor", [0, 5])
def test_a_wrong_symbol_is_noticed_exactly_if_its_key_is_not_zero(factor, monkeypatch):
    """The refusal tells who sent it of one symbol: why every attempt needs fresh secrets."""
    sides = pair(people(range(9)), people(range(9)), random=Draws(11).randbytes)
    honest, made = roles.correction, []

    def changed(sums, words):
        payload = bytearray(honest(sums, words))
        if made:  # side 1 sends first, then side 0
            symbol = trees.missing(sides[1]._chosen.bits).index(factor)
            payload[24 * 7 + symbol // 8] ^= 1 << symbol % 8
        made.append(payload)
        return bytes(payload)

    monkeypatch.setattr(roles, "correction", changed)
    try:
        relay(sides)
    except InvalidMessageError as error:
        assert factor and "not code words" in str(error)
    else:
        assert not factor
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


def test_more_rows_than_places_have_bits_for_are_refused_on_either_side():
    assert MAXIMUM_ROWS + TEST_ROWS <= 1 << 32
    for own, peer in ((64, MAXIMUM_ROWS + 1), (MAXIMUM_ROWS + 1, 64)):
        with pytest.raises(LocalError, match="4294967232"):
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
    assert next(answers).step == "trees"
    assert sides[0]._keys.any()
    kept = sides[0]._keys, sides[0]._rows, sides[0]._receiver._products
    sides[0].erase()
    for array in (*kept, sides[0]._secrets):
        assert not array.any()
    with pytest.raises(LocalError):
        next(answers)
    with pytest.raises(LocalError):
        sides[0].receive(Frame("trees", 0, bytes(6784)))


def test_warm_up_runs_the_whole_protocol():
    steps = []

    def counted(size):
        steps.append(size)
        return secrets.token_bytes(size)

    ot.warm_up(counted)
    assert steps.count(32 * TRANSFERS) == 2
    assert steps.count(-(-TRANSFERS // 8)) == 2


# What mediator and one party can compute together.

DRAW = Draws(12)
Function = Callable[[np.ndarray], np.ndarray]


def random_keys(count):
    return np.frombuffer(DRAW.randbytes(32 * count), dtype=np.uint64).reshape(count, 4).copy()


def one_direction(keys) -> tuple[Function, Function]:
    """Run one function in one bin; return the receiver's and the sender's evaluation."""
    factors = [DRAW.randrange(16) for _ in range(code.LENGTH)]
    leaves = [[DRAW.randbytes(16) for _ in range(16)] for _ in range(code.LENGTH)]
    known = [[None if x == gap else leaf for x, leaf in enumerate(full)]
             for full, gap in zip(leaves, factors, strict=True)]  # fmt: skip
    receiver = roles.FunctionReceiver(leaves, len(keys), bytes(64), DRAW.randbytes)
    sender = roles.FunctionSender(known, factors, len(keys), bytes(64))
    payload = receiver.send(keys, np.empty_like(keys))
    count = roles.store_rows(len(keys))
    decoder = sender.take(payload)
    received = extension.Decoder(receiver._products[:count], decoder._seed, None)
    return evaluation(received), evaluation(decoder)


def evaluation(decoder) -> Function:
    def values(keys):
        rows = np.empty_like(keys)
        decoder.rows(keys, rows)
        return rows

    return values


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
    truth = b_received(of_b), b_key(of_b)
    assert matches(a_key(of_b), truth[0]) == [True] * 300
    assert matches(a_received(of_b), truth[1]) == [True] * 150 + [False] * 150


def test_where_only_the_value_differs_at_least_128_secret_bits_are_missing():
    """Such a key decodes to the right row of v; what is added holds 32 symbols of the key."""
    keys = random_keys(100)
    received, key = one_direction(keys)
    for bit in range(64):
        changed = keys.copy()
        changed[:, 0] ^= np.uint64(1 << bit)
        missing = received(changed) ^ key(changed)
        assert len(np.unique(missing, axis=0)) == 1
        word = code.basis()[bit]
        assert sum(symbol != 0 for symbol in word) >= 32
        assert not np.array_equal(missing[0], np.zeros(4, dtype=np.uint64))


def test_keys_with_one_value_have_rows_of_their_own():
    """The secret hashes rows alone: two identifiers with equal values must not get one secret."""
    keys = random_keys(100)
    keys[:, 0] = np.uint64(5)
    received, key = one_direction(keys)
    rows = received(keys)
    assert np.array_equal(rows, key(keys))
    made = np.empty((100, 32), dtype=np.uint8)
    hash_pairs(rows, rows, bytes(64), made)
    assert len({secret.tobytes() for secret in made}) == 100
