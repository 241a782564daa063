"""Who of everybody is a customer: a dictionary, tried by the mediator, by a party, and by both.

Lines "raw identifiers", "who is in the overlap" and "mediator + one party" of the table "who learns
what"; whatever is not of one profile alone runs in both.  The mediator repeats an alignment with
draws that it guesses.  A party looks for its own people in what the peer sent.  Together they hold
the platform's tokens, every message, opened, and all secrets of the brand with the key of its own
function.  The brand's own people they learn, which is inherent; the attack names nobody else, and
everybody once the defence is taken out.
"""

from __future__ import annotations

import hashlib
import itertools
import secrets
from collections.abc import Callable

import numpy as np
import pytest

from protocols import curve25519, okvs
from protocols.alignment import Frame, dh
from protocols.alignment.ot import base_ot, participant, roles, trees
from protocols.alignment.ot.base_ot import POINT_BYTES, TRANSFERS
from protocols.alignment.ot.code import LENGTH, multiply
from protocols.alignment.ot.consistency import CHECKED
from protocols.alignment.ot.extension import (
    Decoder,
    Key,
    Leaves,
    apply_correction,
    row_buffer,
)
from protocols.alignment.ot.participant import TEST_ROWS, ObliviousTransferParticipant
from protocols.alignment.ot.roles import FunctionReceiver, FunctionSender, store_rows
from protocols.errors import InvalidMessageError
from protocols.sha256 import sha256_many
from protocols.strings import PackedStrings
from tests.coalitions.room import (
    BRAND,
    KINDS,
    OVERLAP,
    PLATFORM,
    Run,
    align,
    derive,
    elements,
    hashes,
    named,
    split,
    tokens_of,
)
from tests.protocols.alignment_contract import ALIGNMENT, ROOM

# The mediator alone.


def draws_of(name: bytes) -> tuple[Callable[[int], bytes], Callable[[int], bytes]]:
    """Return randomness of both sides that follows from a name and the number of the draw."""

    def side(position: int) -> Callable[[int], bytes]:
        draws = (
            hashlib.shake_256(b"%s %d %d" % (name, position, number))
            for number in itertools.count()
        )
        return lambda size: next(draws).digest(size)

    return side(0), side(1)


def repeated(kind: str, run: Run, names: list[bytes]) -> set[bytes]:
    """Let the mediator align a dictionary with itself, under draws of all public names."""
    derived = [
        align((names, names), kind, randoms=draws_of(name)).secrets[0]
        for name in (ROOM, ALIGNMENT, b"")
    ]
    return named(names, np.stack(derived, axis=1).reshape(-1, 32), run.tokens[0])


@pytest.mark.parametrize("kind", KINDS)
def test_a_mediator_that_repeats_an_alignment_names_nobody(kind):
    assert repeated(kind, align(kind=kind), PLATFORM) == set()


@pytest.mark.parametrize("kind", KINDS)
def test_with_draws_that_follow_from_public_names_it_names_the_overlap(kind):
    """Of the dictionary, the platform's people, it names those whom the brand has too."""
    run = align(kind=kind, randoms=draws_of(ALIGNMENT))
    assert repeated(kind, run, PLATFORM) == OVERLAP


# The mediator and the brand.
#
# The profile dh: a is known, b H(y) is looked for in all that was ever sent.


def by_elements(run: Run) -> set[bytes]:
    """Name the platform's tokens by products of what was sent with the brand's key."""
    key = run.keys[0]
    seen = elements(run.frames)
    points = hashes(PLATFORM)
    answers = split(curve25519.multiply_many(run.keys[1], b"".join(hashes(BRAND))))
    candidates = {*seen, *split(curve25519.multiply_many(key, b"".join(seen))), *answers}
    own = split(curve25519.multiply_many(key, b"".join(points)))
    guesses = [mine + other for mine in own for other in candidates]
    return named(PLATFORM, derive(guesses), run.tokens[1])


# The profile ot: the brand evaluates its own function anywhere, and has all leaves of the
# platform's. It lacks the choice bits of the platform, which are the key of that function.

CHOICE_BYTES = -(-TRANSFERS // 8)


class Curious(ObliviousTransferParticipant):
    """Follow the rules, and keep what they say to erase."""

    masks: tuple[list[bytes], list[bytes]]
    opening: bytes
    bits: int
    seeds: list[bytes]
    opened: bytes
    own_function: Decoder

    def _take_choices(self, frame: Frame):
        self.masks = self._base.seeds(frame.payload)
        return super()._take_choices(frame)

    def _send_corrections(self, receiver: FunctionReceiver, opening: bytes):
        self.opening = opening
        return super()._send_corrections(receiver, opening)

    def _take_trees(self, frame: Frame):
        self.bits, self.seeds, self.opened = self._chosen.bits, self._chosen.seeds, frame.payload
        return super()._take_trees(frame)

    def _combine(self, decoder: Decoder, stretch: slice) -> None:
        key = Key(trees.missing(self.bits))
        self.own_function = Decoder(decoder._rows.copy(), decoder._seed, key)
        super()._combine(decoder, stretch)


def salted(side: ObliviousTransferParticipant, names: list[bytes]) -> np.ndarray:
    """Return the digests that stand for names in an alignment."""
    prefix = side._prefix("identifier", side._salt)
    return sha256_many(PackedStrings.pack(names), prefix).view(np.uint64)


def rows_of(decoder: Decoder, digests: np.ndarray) -> np.ndarray:
    """Return the function's rows at digests."""
    rows = np.empty((len(digests), 4), dtype=np.uint64)
    decoder.rows(digests, rows)
    return rows


def choices(run: Run) -> list[int]:
    """Return choice bits to try: trivial ones, its own, of public names, of what was sent."""
    drawn = [hashlib.shake_256(name).digest(CHOICE_BYTES) for name in (ROOM, ALIGNMENT, b"")]
    received = [frame for sender, frame in run.frames if sender == 1]
    drawn += [frame.payload[:CHOICE_BYTES] for frame in received]
    (points,) = [frame.payload for frame in received if frame.step == "choices"]
    parities = sum((points[POINT_BYTES * i] >> 1 & 1) << i for i in range(TRANSFERS))
    every = 2**TRANSFERS - 1
    named_bits = [int.from_bytes(one, "little") & every for one in drawn]
    return [0, every, run.sides[0].bits, parities, *named_bits]


def peers_function(run: Run, bits: int) -> Decoder:
    """Play the platform's part of its function, with guessed choice bits, on what was sent."""
    brand = run.sides[0]
    seeds = [brand.masks[bits >> i & 1][i] for i in range(TRANSFERS)]
    leaves = trees.open_all_but_one(bits, seeds, brand.opening, brand._prefix("trees/1"))
    prefix = brand._prefix("check/1")
    guessed = FunctionSender(leaves, trees.missing(bits), 64 + TEST_ROWS, prefix)
    (sent,) = [frame for side, frame in run.frames if side == 0 and frame.step == "correction"]
    guessed._check = lambda *_: None  # nobody refuses a guess of one's own
    return guessed.take(sent.payload)


def by_choice_bits(run: Run) -> set[bytes]:
    """Name the platform's tokens by T under every guess of its choice bits."""
    brand = run.sides[0]
    digests = salted(brand, PLATFORM)
    own, guesses = rows_of(brand.own_function, digests), []
    for bits in choices(run):
        derived = np.empty((len(digests), 32), dtype=np.uint8)
        others = rows_of(peers_function(run, bits), digests)
        participant.hash_pairs(own, others, brand._prefix("secret"), derived)
        guesses.append(derived)
    return named(PLATFORM, np.stack(guesses, axis=1).reshape(-1, 32), run.tokens[1])


MAKERS = {"dh": None, "ot": (Curious, ObliviousTransferParticipant)}
ATTACKS = {"dh": by_elements, "ot": by_choice_bits}


def beyond_own_set(kind: str, platforms_random=secrets.token_bytes) -> set[bytes]:
    """Align, and let mediator and brand try a dictionary of all of the platform's people."""
    randoms = secrets.token_bytes, platforms_random
    return ATTACKS[kind](align(kind=kind, makers=MAKERS[kind], randoms=randoms))


@pytest.mark.parametrize("kind", KINDS)
def test_mediator_and_brand_name_nobody_beyond_the_brands_own_people(kind):
    assert beyond_own_set(kind) == OVERLAP


@pytest.mark.parametrize("kind", KINDS)
def test_with_one_key_mediator_and_its_holder_name_everybody(kind, monkeypatch):
    """T is made of the brand's function alone, on both sides."""
    two_keys, two_functions = dh._derive_secrets, participant.hash_pairs

    def one_key(context, pairs):
        return two_keys(context, np.concatenate([pairs[:, :32], pairs[:, :32]], axis=1))

    def one_function(first, second, prefix, out, length=LENGTH):
        two_functions(first, first, prefix, out, length)

    monkeypatch.setattr(dh, "_derive_secrets", one_key)
    monkeypatch.setattr(participant, "hash_pairs", one_function)
    assert beyond_own_set(kind) == set(PLATFORM)


def test_with_choice_bits_that_follow_from_public_names_they_name_everybody():
    """The choice bits are the key of the platform's function: whoever has them needs no more."""

    def public(size: int) -> bytes:
        known = size == CHOICE_BYTES
        return hashlib.shake_256(ALIGNMENT).digest(size) if known else secrets.token_bytes(size)

    assert beyond_own_set("ot", public) == set(PLATFORM)


# A party alone, in the profile ot: the corrections are the peer's store, under a sum of all leaves
# of which the party misses one for every symbol.


def guessed_leaves(platform: Curious) -> list[list[bytes]]:
    """Complete the trees as if the seeds that were not chosen were those that were."""
    prefix = platform._prefix("trees/1")
    known, others = (
        trees.open_all_but_one(platform.bits ^ change, platform.seeds, platform.opened, prefix)
        for change in (0, int("1000" * LENGTH, 2))
    )
    return [
        [a or b for a, b in zip(*pair, strict=True)] for pair in zip(known, others, strict=True)
    ]


def stores(platform: Curious, run: Run) -> list[np.ndarray]:
    """Return what the brand's encoded store may be, from the corrections, rows, key and leaves."""
    (sent,) = [frame for side, frame in run.frames if side == 0 and frame.step == "correction"]
    keyed = platform.own_function._rows
    count = len(keyed)
    corrections = np.zeros((count + CHECKED, 4), dtype=np.uint64)
    own = np.concatenate([keyed, corrections[count:]])
    factors = trees.missing(platform.bits)
    sent_rows = sent.payload[24 : 24 + 27 * len(own)]
    apply_correction(corrections, sent_rows, Key([1] * LENGTH))
    apply_correction(own, sent_rows, Key(factors))
    corrections, own = corrections[:count], own[:count]
    inverses = [next((b for b in range(16) if multiply(a, b) == 1), 0) for a in factors]
    masks = Key(inverses).masks
    divided = np.stack(
        [np.bitwise_xor.reduce(keyed & masks[plane], axis=1) for plane in range(4)], axis=1
    )
    products, sums = row_buffer(count + CHECKED), row_buffer(count + CHECKED)
    Leaves(guessed_leaves(platform)).rows(products, sums)
    under = [sums[:count], own, keyed, divided]
    return [corrections, *(corrections ^ rows for rows in under), own, keyed, divided]


def read_in_the_store(run: Run) -> set[bytes]:
    """Return those of the platform's people whose digest stands in what may be the store."""
    platform = run.sides[1]
    digests, seed = salted(platform, PLATFORM), platform.own_function._seed
    found = set()
    for rows in stores(platform, run):
        # Decoded, plus the code word of the value that is looked for: zero where it is there.
        left = rows_of(Decoder(rows, seed, Key([1] * LENGTH)), digests)
        found |= {PLATFORM[row] for row in np.flatnonzero(~left.any(axis=1))}
    return found


PLATFORM_KEEPS = ObliviousTransferParticipant, Curious


def test_a_party_does_not_read_its_people_in_the_others_store():
    assert read_in_the_store(align(kind="ot", makers=PLATFORM_KEEPS)) == set()


def test_with_transfers_of_one_seed_it_reads_whom_they_share(monkeypatch):
    """Every tree then opens whole, and the corrections are the store under known sums."""

    def one_seed(batch: bytes, index: int, shared: bytes) -> bytes:
        return hashlib.sha256(batch + index.to_bytes(2, "big")).digest()[: base_ot.SEED_BYTES]

    monkeypatch.setattr(base_ot, "_seed", one_seed)
    assert read_in_the_store(align(kind="ot", makers=PLATFORM_KEEPS)) == OVERLAP


# The profile ot, where a party deviates: with the mediator it spoils a row of its own corrections
# which no test identifier touches, so that it is off by an element of the peer's key.


class Spoilt:
    """Add one to an element of U at a position that one common person of the brand's decodes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.encode, self.correct = okvs.encode, roles.correction
        self.platform: Curious | None = None
        self.stores: list[tuple[np.ndarray, bytes]] = []
        self.row = self.symbol = -1
        monkeypatch.setattr(okvs, "encode", self.encoded)
        monkeypatch.setattr(roles, "correction", self.spoilt)

    def watched(self, *arguments) -> Curious:
        """Make the platform's side; whom it spoils, the brand cannot choose, but here it shall."""
        self.platform = Curious(*arguments)
        return self.platform

    def encoded(self, keys, *arguments):
        seed, table = self.encode(keys, *arguments)
        self.stores.append((keys.copy(), seed))
        return seed, table

    def spoilt(self, sums, words):
        payload = bytearray(self.correct(sums, words))
        if len(self.stores) == 2:  # the platform sends first, then the brand
            keys, seed = self.stores[1]
            positions = store_rows(len(keys)) - okvs.DENSE
            places = [
                okvs.place(keys, row, okvs.seed_words(seed), positions)[:3]
                for row in range(len(keys))
            ]
            # One bin: the brand's people stand first, in their order.
            self.row, position = next(
                (row, int(place))
                for row, name in enumerate(BRAND)
                for place in places[row]
                if name in OVERLAP and sum(place in others for others in places) == 1
            )
            factors = trees.missing(self.platform._chosen.bits)
            self.symbol = next(symbol for symbol in range(8) if factors[symbol])
            payload[24 * position] ^= 1 << self.symbol
        return bytes(payload)


class Remembering(Curious):
    """Keep the rows of the peer's function too."""

    received: np.ndarray

    def _combine(self, decoder: Decoder, stretch: slice) -> None:
        self.received = self._rows.copy()
        super()._combine(decoder, stretch)


def element_of_the_key(spoilt: Spoilt) -> list[int]:
    """Return the elements under which the spoilt row gives a token that the platform sent."""
    run = align(kind="ot", makers=(Remembering, spoilt.watched))
    brand, row = run.sides[0], slice(spoilt.row, spoilt.row + 1)
    own = rows_of(brand.own_function, salted(brand, BRAND)[row])
    found = []
    for element in range(16):
        other = brand.received[row].copy()
        for plane in range(4):
            other[0, plane] ^= np.uint64((element >> plane & 1) << spoilt.symbol)
        derived = np.empty((1, 32), dtype=np.uint8)
        participant.hash_pairs(own, other, brand._prefix("secret"), derived)
        if tokens_of(derived)[0] in run.tokens[1]:
            found.append(element)
    return found


def test_a_party_that_spoils_a_row_of_the_profile_ot_is_refused(monkeypatch):
    with pytest.raises(InvalidMessageError, match="not code words"):
        element_of_the_key(Spoilt(monkeypatch))


def test_without_the_check_it_and_the_mediator_read_the_key_element_by_element(monkeypatch):
    """Sixteen hashes an element, and nobody notices."""
    monkeypatch.setattr(FunctionSender, "_check", lambda *_: None)
    spoilt = Spoilt(monkeypatch)
    found = element_of_the_key(spoilt)
    assert found == [trees.missing(spoilt.platform.bits)[spoilt.symbol]]
