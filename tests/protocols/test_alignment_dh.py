"""The X25519 profile: the contract, hostile elements, lying responders, coalitions."""

from __future__ import annotations

import hashlib
import secrets
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from multiprocessing import get_context

import numpy as np
import pytest

from protocols import curve25519
from protocols.alignment import Frame, Profile, dh
from protocols.alignment.dh import BLINDED, EVALUATED, TEST_ROWS, DhParticipant
from protocols.errors import InvalidElementError, InvalidMessageError, LocalError, RemoteError
from protocols.strings import PackedStrings
from tests.protocols.alignment_contract import AlignmentContract, contexts, people, relay

CONFORMS: Profile = DhParticipant
CHUNK = 32


def make(
    own: list[bytes], declared: tuple[int, int] = (64, 64), position: int = 0, kind=DhParticipant
) -> DhParticipant:
    context = contexts(*declared)[position]
    return kind(context, PackedStrings.pack(own), secrets.token_bytes, chunk_rows=CHUNK)


def rows(frame: Frame) -> list[bytes]:
    return [frame.payload[at : at + 32] for at in range(0, len(frame.payload), 32)]


class TestContract(AlignmentContract):
    profile = staticmethod(partial(DhParticipant, chunk_rows=64))
    declared = (64, 64)
    many_chunks = (128, 64)
    sizes = [*AlignmentContract.sizes, (65, 129, 9)]  # two chunks and three, the last of one row


def test_sizes_of_zero_need_no_frames():
    sides = make([], (0, 0)), make([], (0, 0), 1)
    assert relay(sides) == []
    assert all(side.finished and side.secrets().shape == (0, 32) for side in sides)


def test_secrets_follow_the_written_formula():
    sides = make(people(range(3))), make(people(range(3)), position=1)
    keys = [side._key for side in sides]
    relay(sides)
    room, alignment = bytes(range(16)), bytes(range(16, 32))
    dst = b"cleanroom-v1-alignment-dh-" + room + alignment + b"curve25519_XMD:SHA-512_ELL2_RO_"
    for name, secret in zip(people(range(3)), sides[1].secrets(), strict=True):
        point = curve25519.hash_to_curve(name, dst)
        values = b"".join(curve25519.multiply(key, point) for key in keys)
        kdf = hashlib.blake2b(digest_size=32, person=b"cleanroom-v1-T")
        kdf.update(room + alignment + values)
        assert secret.tobytes() == kdf.digest()


def test_processes_give_the_same_relation():
    names = people(range(700))  # with the test rows more than one batch
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
        here, there = contexts(704, 704)
        sides = (
            DhParticipant(here, PackedStrings.pack(names), secrets.token_bytes, executor),
            DhParticipant(there, PackedStrings.pack(names[::-1]), secrets.token_bytes),
        )
        relay(sides)
    assert np.array_equal(sides[0].secrets(), sides[1].secrets()[::-1])


HOSTILE = {
    "low order": bytes(32),
    "order four": (1).to_bytes(32, "little"),
    "on the twist": (2).to_bytes(32, "little"),
    "not below p": (2**255 - 19 + 9).to_bytes(32, "little"),
    "bit 255": (9 + 2**255).to_bytes(32, "little"),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("step", [BLINDED, EVALUATED])
def test_hostile_elements_are_refused_with_their_row(name, step):
    side, peer = make(people(range(5))), make(people(range(5)), position=1)
    frame = next(peer.start())
    if step == EVALUATED:
        (frame,) = peer.receive(next(side.start()))
    at = 7
    bad = frame.payload[: 32 * at] + HOSTILE[name] + frame.payload[32 * (at + 1) :]
    with pytest.raises(InvalidElementError) as caught:
        side.receive(replace(frame, payload=bad))
    assert caught.value.index == at


@pytest.mark.parametrize("step", [BLINDED, EVALUATED])
def test_a_repeated_element_is_refused(step):
    side, peer = make(people(range(5))), make(people(range(5)), position=1)
    frame = next(peer.start())
    if step == EVALUATED:
        (frame,) = peer.receive(next(side.start()))
    bad = frame.payload[: 32 * 9] + frame.payload[:32] + frame.payload[32 * 10 :]
    with pytest.raises(InvalidElementError) as caught:
        side.receive(replace(frame, payload=bad))
    assert caught.value.index == 9


def test_more_rows_than_declared_are_refused():
    side = make(people(range(5)), declared=(64, 64))
    larger = make(people(range(5)), declared=(64, 65), position=1)  # one chunk more
    frames = larger.start()
    for _ in range(2):
        side.receive(next(frames))
    with pytest.raises(InvalidMessageError, match="out of order"):
        side.receive(next(frames))


def test_an_answer_to_a_chunk_that_was_not_sent_is_refused():
    side, other = make(people(range(5))), make(people(range(5)))
    (answer,) = make(people(range(5)), position=1).receive(next(other.start()))
    with pytest.raises(InvalidMessageError, match="before it was sent"):
        side.receive(answer)


def test_an_answer_of_another_alignment_is_refused():
    """A chunk of good elements that are not the answers: the test rows disagree."""
    side, other = make(people(range(5))), make(people(range(5)))
    next(side.start())
    (answer,) = make(people(range(5)), position=1).receive(next(other.start()))
    with pytest.raises(RemoteError, match="chunk 0"):
        side.receive(answer)


class TwoScalars(DhParticipant):
    """Multiply the first half of every chunk by another scalar, to tag half of the rows."""

    def _evaluate(self, frame: Frame) -> Frame:
        answer = super()._evaluate(frame)
        half = len(frame.payload) // 64 * 32
        other = curve25519.multiply_many(b"\x40" * 32, frame.payload[:half])
        return replace(answer, payload=other + answer.payload[half:])


class ScalarPerChunk(DhParticipant):
    """Use another scalar in every chunk but the first."""

    def _evaluate(self, frame: Frame) -> Frame:
        answer = super()._evaluate(frame)
        if frame.chunk == 0:
            return answer
        other = curve25519.multiply_many(b"\x40" * 32, frame.payload)
        return replace(answer, payload=other)


@pytest.mark.parametrize(("liar", "chunk"), [(TwoScalars, 0), (ScalarPerChunk, 1)])
def test_a_responder_with_two_scalars_is_caught(liar, chunk):
    sides = make(people(range(40))), make(people(range(40)), position=1, kind=liar)
    with pytest.raises(RemoteError, match=f"chunk {chunk}"):
        relay(sides)


@pytest.mark.parametrize("liar", [TwoScalars, ScalarPerChunk])
def test_without_the_test_rows_two_scalars_would_pass(liar, monkeypatch):
    monkeypatch.setattr(dh._Receiver, "_check_tests", lambda *arguments: None)
    sides = make(people(range(40))), make(people(range(40)), position=1, kind=liar)
    relay(sides)
    ours = {row.tobytes() for row in sides[0].secrets()}
    theirs = {row.tobytes() for row in sides[1].secrets()}
    assert 0 < len(ours & theirs) < 40  # the liar split our people into two classes


def test_test_rows_are_blinded_anew_and_placed_anew():
    side = make(people(range(5)), declared=(128, 64))
    places = []
    seen: set[bytes] = set()
    for frame in side.start():
        order, _ = side._receiver._pending[frame.chunk]
        places.append(tuple(np.flatnonzero(order >= 128)))
        assert len(places[-1]) == TEST_ROWS
        assert not seen & set(rows(frame))
        seen |= set(rows(frame))
    assert len(set(places)) == len(places) == 4


def test_chunks_are_made_when_they_are_drawn():
    side = make(people(range(5)))
    frames = side.start()
    assert side._receiver.sent == 0
    assert next(frames).chunk == 0
    assert side._receiver.sent == 1


def test_rows_are_shuffled():
    side = make(people(range(64)))
    sent = list(side.start())
    order = np.concatenate([side._receiver._pending[frame.chunk][0] for frame in sent])
    kept = order[order < 64]
    assert sorted(kept) == list(range(64))
    assert list(kept) != list(range(64))
    in_first_chunk = side._receiver._pending[0][0]
    assert set(in_first_chunk[in_first_chunk < 64]) != set(range(CHUNK))


def _view(sent: list[tuple[int, Frame]]) -> set[bytes]:
    return {row for _, frame in sent for row in rows(frame)}


def test_no_coalition_of_the_mediator_and_one_party_intersects_alone():
    """The platform holds its key, its identifiers and every frame; no product of them matches."""
    names = people(range(40))
    sides = make(names), make(names, position=1)
    first, second = (side._key for side in sides)
    sent = relay(sides)
    view = _view(sent)
    hashes = curve25519.hash_many(PackedStrings.pack(names), dh._domain(contexts(1, 1)[0]))
    hashed = hashes.tobytes()
    single = curve25519.multiply_many(first, hashed), curve25519.multiply_many(second, hashed)
    double = curve25519.multiply_many(first, single[1])

    def split(packed: bytes) -> set[bytes]:
        return {packed[at : at + 32] for at in range(0, len(packed), 32)}

    # Nothing that either party could make of an identifier is on the wire, nor a key away from it.
    targets = split(hashed) | split(single[0]) | split(single[1]) | split(double)
    for key in (first, second):
        reachable = view | split(curve25519.multiply_many(key, b"".join(view)))
        assert not reachable & targets
    # The same attack succeeds on the one-sided protocol that sends a H(x) or a b H(x).
    careless = view | split(single[0])
    assert split(curve25519.multiply_many(second, b"".join(careless))) & split(double)


def test_erase_forgets_keys_and_values():
    side, peer = make(people(range(5))), make(people(range(5)), position=1)
    relay((side, peer))
    receiver = side._receiver
    side.secrets()
    assert side._key == b""
    assert not receiver._values.any()
    assert not receiver._pending
    assert len(receiver._messages) == 0
    with pytest.raises(LocalError):
        side.receive(Frame(BLINDED, 0, b""))
