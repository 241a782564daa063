"""Who is who: what a mediator, a party, or both together make of an alignment.

Lines of the table "who learns what": raw identifiers, who is in the overlap, sizes, mediator with
both; mediator with one party is in ``test_dictionary``.  Each attack fails, and succeeds once the
defence is taken out.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import replace
from functools import partial
from itertools import product
from random import Random

import numpy as np
import pytest

from protocols import curve25519
from protocols.alignment import Frame, dh
from protocols.alignment.dh import DhParticipant
from protocols.alignment.profiles import profile
from protocols.errors import InvalidMessageError, RemoteError
from protocols.sealing import Channel
from protocols.signing import VerifyingKey
from protocols.strings import PackedStrings
from protocols.tokens import event_tokens
from tests.coalitions.room import (
    BRAND,
    KINDS,
    OVERLAP,
    PLATFORM,
    Identity,
    align,
    channels,
    derive,
    elements,
    hashes,
    identity,
    named,
    split,
    tokens_of,
)
from tests.protocols.alignment_contract import ALIGNMENT, ROOM, contexts, relay
from tests.vectors.independent import messages

EVERYBODY = sorted({*BRAND, *PLATFORM})

# The mediator alone, with a dictionary of everybody.


def known_to_the_mediator(wire: list[tuple[int, bytes]]) -> list[bytes]:
    """Return the 32-byte strings that a mediator may try as scalars: names, digests, messages."""
    seen = [blob[at : at + 32] for _, blob in wire[:2] for at in range(0, 256, 32)]
    return [hashlib.sha256(name).digest() for name in (ROOM, ALIGNMENT, b"")] + seen


def dictionary(run, names: list[bytes]) -> set[bytes]:
    guesses = []
    keys = known_to_the_mediator(run.wire)
    for point in hashes(names):
        values = [point, *(curve25519.multiply(key, point) for key in keys)]
        guesses += [a + b for a, b in product(values, values)]
    return named(names, derive(guesses), run.tokens[0])


def test_a_mediator_with_a_dictionary_names_nobody():
    assert dictionary(align(), BRAND[:10]) == set()


def test_with_keys_that_follow_from_public_names_it_names_everybody():
    def public_key():
        draws = [hashlib.sha256(ALIGNMENT).digest()]
        return lambda size: draws.pop() if draws else secrets.token_bytes(size)

    run = align(randoms=(public_key(), public_key()))
    assert dictionary(run, BRAND[:10]) == set(BRAND[:10])


# A party alone: does it learn whom it shares?


def intersect_alone(run, names: list[bytes], *steps: str) -> set[bytes]:
    """Compare what the platform can make of the brand's elements and of its own identifiers.

    It knows H(y), b H(y), a H(y), hence a b H(y), and what it was sent in some steps, times b.
    """
    own_key, peer_key = run.keys[1], run.keys[0]  # a H(y) is its own, unblinded, answer
    points = b"".join(hashes(names))
    of_mine = curve25519.multiply_many(own_key, points)
    answers = curve25519.multiply_many(peer_key, points)
    both = curve25519.multiply_many(own_key, answers)
    received = elements([item for item in run.frames if item[0] == 0 and item[1].step in steps])
    reachable = {*received, *split(curve25519.multiply_many(own_key, b"".join(received)))}
    columns = zip(names, *map(split, (points, of_mine, answers, both)), strict=True)
    return {name for name, *values in columns if reachable & set(values)}


def test_a_party_does_not_intersect_alone():
    assert intersect_alone(align(), PLATFORM, "blinded", "evaluated") == set()


def test_with_one_blind_for_all_rows_a_party_intersects_alone(monkeypatch):
    """The blind is the key, as in the plain protocol of Meadows: a H(x) goes out."""
    keys, draw = {}, curve25519.draw_scalars

    def one_scalar(count, random):
        return keys.setdefault(random, draw(1, random)) * count

    monkeypatch.setattr(curve25519, "draw_scalars", one_scalar)
    # The test rows would not let it pass: the same row twice under one blind is refused.
    two_sources = partial(secrets.token_bytes), partial(secrets.token_bytes)
    with pytest.raises(RemoteError, match="repeats"):
        align(randoms=two_sources)
    keys.clear()
    monkeypatch.setattr(dh, "TEST_ROWS", 0)
    monkeypatch.setattr(dh._Receiver, "_place_tests", lambda self, rows: rows)
    monkeypatch.setattr(dh._Receiver, "_check_tests", lambda *arguments: None)
    assert intersect_alone(align(randoms=two_sources), PLATFORM, "blinded") == OVERLAP


# All three together.


def test_mediator_and_both_parties_know_everything():
    """The table says so; no protocol with one mediator can do better against all three."""
    run = align()
    by_token = [
        dict(zip(tokens_of(derived), names, strict=True))
        for derived, names in zip(run.secrets, (BRAND, PLATFORM), strict=True)
    ]
    assert {by_token[0][one] for one in run.tokens[0] & run.tokens[1]} == OVERLAP
    assert all(by_token[0][one] == by_token[1][one] for one in run.tokens[0] & run.tokens[1])


# The mediator links rows of two alignments, of two rooms, of two jobs.


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "where", [{}, {"alignment": b"another one 1234"}, {"room": b"another room 123"}]
)
def test_no_row_is_linked_across_alignments_and_rooms(kind, where):
    first, second = align(kind=kind), align(kind=kind, **where)
    assert len(first.tokens[0] & first.tokens[1]) == len(OVERLAP)
    assert not first.tokens[0] & second.tokens[0]
    assert not {blob for _, blob in first.wire} & {blob for _, blob in second.wire}


def kept(kind: str):
    """Return randomness that gives each side the same keys in every run.

    The key of ``dh`` is the first draw; that of ``ot`` comes out of all draws of both sides.
    """

    def keep(position: int):
        draws = [hashlib.sha256(b"kept %d" % position).digest()]
        return lambda size: draws.pop() if draws else secrets.token_bytes(size)

    return (keep(0), keep(1)) if kind == "dh" else (Random(0).randbytes, Random(1).randbytes)


@pytest.mark.parametrize("kind", KINDS)
def test_kept_keys_alone_do_not_link_and_kept_names_and_keys_do(kind):
    first = align(kind=kind, randoms=kept(kind))
    bound = align(kind=kind, randoms=kept(kind), alignment=b"another one 1234")
    assert not first.tokens[0] & bound.tokens[0]
    loose = align(kind=kind, randoms=kept(kind))  # the same alignment again, with the same secrets
    assert first.tokens[0] == loose.tokens[0]


def test_no_row_is_linked_across_jobs_unless_the_job_is_left_out():
    (derived, _), place = align().secrets, np.arange(len(BRAND))

    def uploaded(job: bytes) -> set[bytes]:
        rows = event_tokens(derived, job, "event", place * 0, place)
        return {row.tobytes() for row in rows}

    assert not uploaded(b"job 1") & uploaded(b"job 2")
    assert uploaded(b"") == uploaded(b"")


# The mediator reads the number of people from sizes.


def seen_sizes(kind: str, count: int, declared: int) -> list[tuple[int, int]]:
    run = align((BRAND[:count], PLATFORM), kind, sizes=(declared, 64))
    return sorted((sender, len(blob)) for sender, blob in run.wire)


@pytest.mark.parametrize("kind", KINDS)
def test_sizes_tell_the_padded_count_only(kind):
    assert seen_sizes(kind, 33, 64) == seen_sizes(kind, 40, 64)
    assert seen_sizes(kind, 40, 128) != seen_sizes(kind, 40, 64)  # without padding they tell


# A mediator that takes part: it is the peer of each side, with a dictionary as its people.


def in_the_middle(kind: str, protected: bool) -> set[bytes]:
    """Return whom the mediator names of the brand's people, posing as the platform."""
    here, there = contexts(64, 64)
    make, brand, platform, mediator = profile(kind), identity(), identity(), identity()
    sides = (
        make(here, PackedStrings.pack(BRAND), secrets.token_bytes),
        make(there, PackedStrings.pack(EVERYBODY), secrets.token_bytes),
    )
    # The brand was told the platform's keys by the agreement; the mediator has its own alone.
    ends = channels((here, there), (brand, mediator), (platform, brand))
    # Whoever has no key to open the brand's messages still may answer out of thin air.
    injected = Channel(
        there, mediator.signing, mediator.sealing,
        brand.signing.verifying_key, brand.sealing.public_key,
    )  # fmt: skip

    def carry(sender: int, frame: Frame) -> list[Frame]:
        if not protected:
            return [frame]
        if sender == 1:
            return [ends[0].open(injected.seal(frame))]
        return [ends[1].open(ends[0].seal(frame))]

    relay(sides, carry)
    own, its = (side.secrets() for side in sides)
    uploaded = set(tokens_of(own))
    return {name for name, one in zip(EVERYBODY, tokens_of(its), strict=True) if one in uploaded}


@pytest.mark.parametrize("kind", KINDS)
def test_a_mediator_cannot_take_part_as_the_peer(kind):
    with pytest.raises(InvalidMessageError, match="does not open"):
        in_the_middle(kind, protected=True)


@pytest.mark.parametrize("kind", KINDS)
def test_without_the_channel_it_names_everybody(kind):
    assert in_the_middle(kind, protected=False) == set(BRAND)


def test_nothing_that_a_mediator_can_make_of_messages_opens():
    """It reorders, repeats, reflects, swaps and signs by itself; the next honest one opens."""
    pair, mediator = (identity(), identity()), identity()
    here = contexts(64, 64)
    brand, platform = channels(here, pair, pair[::-1])
    (forger,) = channels(here[:1], (mediator,), pair[1:])
    first, second = (brand.seal(Frame("blinded", chunk, b"x")) for chunk in (0, 1))
    answer = platform.seal(Frame("evaluated", 0, b"y"))
    swapped = first[:41] + second[41:]
    for bad in (second, answer, swapped, forger.seal(Frame("blinded", 0, b"x"))):
        with pytest.raises(InvalidMessageError):
            platform.open(bad)
    assert platform.open(first) == Frame("blinded", 0, b"x")
    with pytest.raises(InvalidMessageError):
        platform.open(first)


def attempt(kind: str, pair, number: int, own=secrets.token_bytes):
    """Return the sides and channels of an attempt; ``own`` is the brand's randomness."""
    here = [replace(one, attempt=number) for one in contexts(64, 64)]
    sides = tuple(
        profile(kind)(context, PackedStrings.pack(names), random)
        for context, names, random in zip(
            here, (BRAND, PLATFORM), (own, secrets.token_bytes), strict=True
        )
    )
    return sides, channels(here, pair, pair[::-1])


def recorded(sides, ends) -> list[bytes]:
    """Let two sides align, and return every message of the platform."""
    messages_of_the_platform = []

    def carry(sender: int, frame: Frame) -> list[Frame]:
        blob = ends[sender].seal(frame)
        messages_of_the_platform.extend([blob] if sender else [])
        return [ends[1 - sender].open(blob)]

    relay(sides, carry)
    return messages_of_the_platform


def repeat(brand, end: Channel, blobs: list[bytes]) -> None:
    list(brand.start())
    for blob in blobs:
        list(brand.receive(end.open(blob)))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bound", [True, False])
def test_messages_of_an_earlier_attempt_do_not_open_and_without_their_number_change_nothing(
    kind, bound
):
    """Were they to open, they would answer other blinds: the participant refuses them as well."""
    pair = identity(), identity()
    blobs = recorded(*attempt(kind, pair, 1))
    (brand, _), (end, _) = attempt(kind, pair, 2 if bound else 1)
    refusal = "does not open" if bound else "another scalar|disagree|not code words"
    with pytest.raises(RemoteError, match=refusal):
        repeat(brand, end, blobs)
    assert not brand.finished


@pytest.mark.parametrize("kind", KINDS)
def test_without_their_number_and_fresh_secrets_they_are_taken_for_the_peer(kind):
    """The brand finishes an alignment in which the platform has no part."""
    pair = identity(), identity()
    sides, ends = attempt(kind, pair, 1, Random(5).randbytes)
    blobs = recorded(sides, ends)
    (brand, _), (end, _) = attempt(kind, pair, 1, Random(5).randbytes)
    repeat(brand, end, blobs)
    assert tokens_of(brand.secrets()) == tokens_of(sides[0].secrets())


def forged(frame: Frame, sender: VerifyingKey, reader: Identity, signature: bytes) -> bytes:
    """Seal a first message in the sender's name with nothing but what is public."""
    channel = messages.Channel(ROOM, ALIGNMENT, 0, 64, 64, 1)
    reader_key = reader.sealing.public_key.raw
    context = b"cleanroom/seal/1" + sender.raw + reader_key + channel.info()
    body = signature + messages.frame(frame.step, frame.chunk, frame.payload)
    return channel.header() + messages.hpke_seal(secrets.token_bytes(32), reader_key, context, body)


@pytest.mark.parametrize("checked", [True, False])
def test_a_message_in_the_peers_name_opens_only_where_nobody_checks_signatures(
    checked, monkeypatch
):
    """Anybody can encrypt to the reader: base mode of HPKE authenticates nobody."""
    pair = identity(), identity()
    _, platform = channels(contexts(64, 64), pair, pair[::-1])
    frame = Frame("blinded", 0, b"an element of the mediator's own")
    made = forged(frame, pair[0].signing.verifying_key, pair[1], secrets.token_bytes(64))
    if checked:
        with pytest.raises(InvalidMessageError, match="signature"):
            platform.open(made)
        return
    monkeypatch.setattr(VerifyingKey, "verify", lambda *arguments: None)
    assert platform.open(made) == frame


# A responder with two scalars marks the rows of the other side through their shuffle.


class OddRowsByAnother(DhParticipant):
    """Answer every other row with another scalar, to split the peer's people in two classes."""

    def _evaluate(self, frame: Frame) -> Frame:
        honest = split(super()._evaluate(frame).payload)
        rows = split(frame.payload)
        odd = {row: curve25519.multiply(b"\x40" * 32, rows[row]) for row in range(1, len(rows), 2)}
        answers = [odd.get(row, one) for row, one in enumerate(honest)]
        return Frame("evaluated", frame.chunk, b"".join(answers))


def test_a_responder_with_two_scalars_is_caught():
    with pytest.raises(RemoteError, match="another scalar"):
        align((BRAND, BRAND), makers=(DhParticipant, OddRowsByAnother))


def test_without_test_rows_it_splits_the_others_people(monkeypatch):
    monkeypatch.setattr(dh._Receiver, "_check_tests", lambda *arguments: None)
    run = align((BRAND, BRAND), makers=(DhParticipant, OddRowsByAnother))
    assert 0 < len(run.tokens[0] & run.tokens[1]) < len(BRAND)
