"""The parts of a large alignment: who is in which, of which size, under which name."""

import hashlib
import math
from dataclasses import replace

import numpy as np
import pytest

from protocols.alignment import Context, parts
from protocols.alignment.ot import bins, code, participant, roles
from protocols.errors import LocalError
from protocols.strings import PackedStrings

ROOM, ALIGNMENT = bytes(range(16)), bytes(range(16, 32))


def context(own, peer):
    return Context(ROOM, ALIGNMENT, 0, own, peer)


@pytest.mark.parametrize(
    ("own", "peer", "bits"),
    [
        (1 << 22, 64, 0),
        (64, (1 << 22) + 1, 1),
        (10_000_000, 10_000_000, 2),
        (1_000_000, 100_000_000, 5),
        (1 << 24, 64, 2),
        (1 << 32, 64, 10),
    ],
)
def test_the_number_of_parts_follows_from_the_larger_side(own, peer, bits):
    assert parts.part_bits(context(own, peer)) == parts.part_bits(context(peer, own)) == bits


def test_who_is_in_which_part_follows_from_a_digest_under_the_alignments_name():
    people = [b"raw:v1\0%d" % number for number in range(200)]
    found = parts.digests(context(64, 64), PackedStrings.pack(people))
    prefix = hashlib.sha256(b"cleanroom/alignment-digest/1").digest() + ROOM + ALIGNMENT
    wanted = [hashlib.sha256(prefix + person).digest() for person in people]
    assert [row.tobytes() for row in found] == wanted
    for bits in (1, 5, 9, 16):
        numbers = parts.numbers(found, bits).tolist()
        assert numbers == [int.from_bytes(one[:2]) >> 16 - bits for one in wanted]
    other = parts.digests(replace(context(64, 64), alignment=bytes(16)), PackedStrings.pack(people))
    assert not (other == found).all(axis=1).any()


def test_a_part_has_a_name_and_sizes_of_its_own():
    whole = context(1_000_000, 100_000_000)
    made = [parts.part_of(whole, 5, number) for number in range(32)]
    assert len({one.alignment for one in made} | {ALIGNMENT}) == 33
    text = b"cleanroom/alignment-part/1" + ALIGNMENT + b"\5" + bytes([0, 0, 0, 7])
    assert made[7].alignment == hashlib.sha256(text).digest()[:16]
    assert {(one.own_count, one.peer_count) for one in made} == {(33_189, 3_144_210)}
    assert (made[0].room, made[0].position, made[0].part_bits) == (ROOM, 0, 5)


@pytest.mark.parametrize("count", [64, 5_000, 1_000_000, 100_000_000])
def test_a_part_overflows_with_less_than_the_chance_of_80_bits(count):
    bits, most = 5, parts.capacity(count, 5)
    share = count / (1 << bits)
    # The exact tail of the binomial, in logarithms: its terms fall by a growing factor.
    p, tail = 1 / (1 << bits), -math.inf
    for load in range(most + 1, min(count, most + 2_000) + 1):
        chosen = math.lgamma(count + 1) - math.lgamma(load + 1) - math.lgamma(count - load + 1)
        term = chosen + load * math.log(p) + (count - load) * math.log1p(-p)
        tail = max(tail, term) + math.log1p(math.exp(-abs(tail - term)))
    assert most > share
    assert tail / math.log(2) < -(80 + bits)


def test_a_part_that_holds_too_many_ends_the_attempt():
    found = np.zeros((9, 32), dtype=np.uint8)
    assert len(parts.entries(found, 9)) == 9
    with pytest.raises(LocalError, match="a part overflows"):
        parts.entries(found, 8)


def test_bounds_hold_for_all_parts_together():
    alone = context(3_000_000, 3_000_000)
    part = replace(alone, part_bits=3)
    assert participant.code_of(alone) == code.NARROW
    assert participant.code_of(part) == code.WIDE
    assert participant.code_of(replace(alone, part_bits=2)) == code.NARROW
    assert bins.security_bits(100_000, 3) == bins.security_bits(100_000) + 3
    for count in (1_000, 200_000):
        assert roles.store_rows(count, 3) > roles.store_rows(count)
    assert bins.capacity(200_000, 3) > bins.capacity(200_000)
    with pytest.raises(LocalError, match="at most"):
        participant._check_context(replace(alone, part_bits=11), 0)
