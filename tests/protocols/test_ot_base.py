import secrets

import pytest
from Crypto.PublicKey import ECC

from protocols.alignment.ot import base_ot
from protocols.alignment.ot.base_ot import TRANSFERS
from protocols.errors import InvalidElementError, InvalidMessageError

BINDING = b"room alignment 0"


@pytest.fixture(scope="module")
def batch():
    sender = base_ot.SeedSender(BINDING, secrets.token_bytes)
    receiver = base_ot.SeedReceiver(BINDING, sender.offer, secrets.token_bytes)
    return sender, receiver, sender.seeds(receiver.choices)


def test_the_receiver_learns_the_chosen_seed_and_not_the_other(batch):
    _, receiver, seeds = batch
    bits = [receiver.bits >> index & 1 for index in range(TRANSFERS)]
    assert 0 < sum(bits) < TRANSFERS
    for index, bit in enumerate(bits):
        assert receiver.seeds[index] == seeds[bit][index]
        assert receiver.seeds[index] != seeds[1 - bit][index]
    assert len(set(seeds[0] + seeds[1])) == 2 * TRANSFERS


def test_another_room_alignment_or_direction_gives_other_seeds(batch):
    sender, receiver, seeds = batch
    stranger = base_ot.SeedSender(b"room alignment 1", secrets.token_bytes)
    stranger._key, stranger._point = sender._key, sender._point
    zeros, ones = stranger.seeds(receiver.choices)
    assert not set(zeros + ones) & set(seeds[0] + seeds[1])


def test_point_subtraction_agrees_with_another_library():
    left, right = (ECC.generate(curve="P-256").pointQ for _ in range(2))
    expected = left + (-right)

    def encode(point):
        return int(point.x).to_bytes(32, "big") + int(point.y).to_bytes(32, "big")

    assert base_ot._subtract(encode(left), encode(right), 0) == encode(expected)


def replaced(choices, index, point):
    return choices[: 64 * index] + point + choices[64 * (index + 1) :]


@pytest.mark.parametrize("point", [bytes(64), b"\xff" * 64, (5).to_bytes(32, "big") * 2])
def test_a_choice_that_is_no_point_is_refused_with_its_index(batch, point):
    sender, receiver, _ = batch
    with pytest.raises(InvalidElementError) as caught:
        sender.seeds(replaced(receiver.choices, 7, point))
    assert caught.value.index == 7


def test_the_published_point_itself_and_its_negative_are_refused(batch):
    sender, receiver, _ = batch
    point = sender.offer[:64]
    prime = 2**256 - 2**224 + 2**192 + 2**96 - 1
    negative = point[:32] + (prime - int.from_bytes(point[32:], "big")).to_bytes(32, "big")
    for bad in (point, negative):
        with pytest.raises(InvalidElementError) as caught:
            sender.seeds(replaced(receiver.choices, 211, bad))
        assert caught.value.index == 211


@pytest.mark.parametrize("half", [0, 1])
def test_an_offer_that_is_no_pair_of_points_is_refused(batch, half):
    offer = bytearray(batch[0].offer)
    offer[64 * half + 63] ^= 1
    with pytest.raises(InvalidElementError) as caught:
        base_ot.SeedReceiver(BINDING, bytes(offer), secrets.token_bytes)
    assert caught.value.index == half


def test_wrong_lengths_are_refused(batch):
    sender, receiver, _ = batch
    with pytest.raises(InvalidMessageError):
        sender.seeds(receiver.choices[:-1])
    with pytest.raises(InvalidMessageError):
        base_ot.SeedReceiver(BINDING, sender.offer + b"\0", secrets.token_bytes)
