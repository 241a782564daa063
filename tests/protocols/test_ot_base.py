import secrets

import pytest
import rbcl

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
    stranger._scalars, stranger._point = sender._scalars, sender._point
    zeros, ones = stranger.seeds(receiver.choices)
    assert not set(zeros + ones) & set(seeds[0] + seeds[1])


def test_the_shared_elements_are_products_of_another_library(batch):
    sender, receiver, seeds = batch
    scalar = sender._scalars[1].tobytes()
    published = sender.offer[:32]
    for index in (0, 211):
        first = receiver.choices[32 * index : 32 * index + 32]
        second = rbcl.crypto_core_ristretto255_sub(published, first)
        for which, element in enumerate((first, second)):
            shared = rbcl.crypto_scalarmult_ristretto255(scalar, element)
            assert seeds[which][index] == base_ot._seed(sender._batch, index, shared)


def replaced(choices, index, element):
    return choices[: 32 * index] + element + choices[32 * (index + 1) :]


@pytest.mark.parametrize("element", [bytes(32), b"\xff" * 32, (5).to_bytes(32, "little")])
def test_a_choice_that_is_no_element_or_the_neutral_one_is_refused_with_its_index(batch, element):
    sender, receiver, _ = batch
    with pytest.raises(InvalidElementError) as caught:
        sender.seeds(replaced(receiver.choices, 7, element))
    assert caught.value.index == 7


def test_the_published_element_itself_is_refused(batch):
    sender, receiver, _ = batch
    with pytest.raises(InvalidElementError, match="published") as caught:
        sender.seeds(replaced(receiver.choices, 211, sender.offer[:32]))
    assert caught.value.index == 211


@pytest.mark.parametrize("half", [0, 1])
@pytest.mark.parametrize("element", [bytes(32), (5).to_bytes(32, "little")])
def test_an_offer_that_is_no_pair_of_elements_is_refused(batch, half, element):
    with pytest.raises(InvalidElementError) as caught:
        base_ot.SeedReceiver(BINDING, replaced(batch[0].offer, half, element), secrets.token_bytes)
    assert caught.value.index == half


def test_wrong_lengths_are_refused(batch):
    sender, receiver, _ = batch
    with pytest.raises(InvalidMessageError):
        sender.seeds(receiver.choices[:-1])
    with pytest.raises(InvalidMessageError):
        base_ot.SeedReceiver(BINDING, sender.offer + b"\0", secrets.token_bytes)
