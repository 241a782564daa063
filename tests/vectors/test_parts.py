"""The parts of a large alignment are those of the vector, from digests to tokens."""

from __future__ import annotations

import secrets
from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest

from protocols.alignment import Context, parts
from protocols.alignment.dh import DhParticipant
from protocols.alignment.ot import ObliviousTransferParticipant
from protocols.strings import PackedStrings
from protocols.tokens import audience_tokens
from tests.protocols.alignment_contract import relay
from tests.vectors.test_vectors import load, raw

VECTOR = load("alignment_parts")
PEOPLE = VECTOR["people"]
WHOLE = Context(raw(VECTOR["room"]), raw(VECTOR["alignment"]), 0, VECTOR["own"], VECTOR["peer"])
BITS = parts.part_bits(WHOLE)


@pytest.mark.parametrize(("own", "peer", "bits", "own_size", "peer_size"), VECTOR["sizes"])
def test_parts_are_as_many_and_as_large_as_the_vector_says(own, peer, bits, own_size, peer_size):
    whole = replace(WHOLE, own_count=own, peer_count=peer)
    assert parts.part_bits(whole) == bits
    part = parts.part_of(whole, bits, 0) if bits else whole
    assert (part.own_count, part.peer_count) == (own_size, peer_size)


def entered() -> np.ndarray:
    return parts.digests(WHOLE, PackedStrings.pack([raw(one["message"]) for one in PEOPLE]))


def test_everybody_is_in_the_part_of_the_vector_under_its_name():
    found = entered()
    assert [row.tobytes().hex() for row in found] == [one["digest"] for one in PEOPLE]
    numbers = parts.numbers(found, BITS).tolist()
    assert numbers == [one["part"] for one in PEOPLE]
    assert len(set(numbers)) > 1
    for number, person in zip(numbers, PEOPLE, strict=True):
        assert parts.part_of(WHOLE, BITS, number).alignment.hex() == person["alignment"]


def of_part(number: int, people: list[dict]) -> tuple[Context, PackedStrings]:
    """Return the context of a part, with fewer rows: T does not depend on them."""
    found = entered()
    rows = parts.entries(found[parts.numbers(found, BITS) == number], len(people))
    small = {"own_count": len(people), "peer_count": len(people)}
    return replace(parts.part_of(WHOLE, BITS, number), **small), rows


def by_part() -> dict[int, list[dict]]:
    found = defaultdict(list)
    for person in PEOPLE:
        found[person["part"]].append(person)
    return found


def test_both_sides_derive_t_and_the_tokens_of_the_vector_part_by_part():
    for number, people in by_part().items():
        context, rows = of_part(number, people)
        sides = []
        for position, key in enumerate(VECTOR["keys"]):
            draws = [raw(key)]

            def random(size: int, draws: list[bytes] = draws) -> bytes:
                return draws.pop() if draws else secrets.token_bytes(size)

            sides.append(DhParticipant(replace(context, position=position), rows, random))
        relay(tuple(sides))
        scope = [WHOLE.alignment, *map(raw, VECTOR["datasets"])]
        for side in sides:
            made = side.secrets()
            assert [row.tobytes().hex() for row in made] == [one["T"] for one in people]
            tokens = audience_tokens(made, *scope)
            assert [row.tobytes().hex() for row in tokens] == [one["token"] for one in people]


def test_ot_hashes_what_is_entered_under_the_name_of_the_part():
    for number, people in by_part().items():
        context, rows = of_part(number, people)
        side = ObliviousTransferParticipant(context, rows, secrets.token_bytes)
        side._salt = raw(VECTOR["salt"])
        keys = side._hash_identifiers(rows).view(np.uint8)[: len(people)]
        assert [row.tobytes().hex() for row in keys] == [one["ot_key"] for one in people]
