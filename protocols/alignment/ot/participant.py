"""Run one side of the ``ot`` profile: receiver of one function, sender of the other, at once."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from concurrent.futures import Executor

import numpy as np
import numpy.typing as npt

from protocols.alignment import Context, Frame
from protocols.alignment.ot import base_ot, bins, trees
from protocols.alignment.ot.code import FIELD_BITS, NARROW, WIDE, Code
from protocols.alignment.ot.extension import Decoder
from protocols.alignment.ot.hashing import hash_pairs
from protocols.alignment.ot.roles import (
    KEY_WORDS,
    FunctionReceiver,
    FunctionSender,
    bin_bytes,
)
from protocols.errors import InvalidMessageError, LocalError
from protocols.limits import SECRET_BYTES
from protocols.randomness import Random
from protocols.sha256 import sha256_many
from protocols.strings import PackedStrings

U8 = npt.NDArray[np.uint8]
U64 = npt.NDArray[np.uint64]

NARROW_ROWS = 1 << 24
"""A value of a store has 64 bits: 40 of statistical security and 24 for the sender's rows."""

TEST_ROWS = 64
"""Identifiers that both sides know and evaluate, so that a failed alignment does not pass for a
small overlap."""

MAXIMUM_ROWS = (1 << 32) - TEST_ROWS
"""Above ``NARROW_ROWS`` a value has 72 bits, 40 and 32, and a key's place among all has 32."""

NONCE_BYTES = 32
_HASHED_ROWS = 1 << 16
_COMBINED_ROWS = 1 << 14


def code_of(context: Context) -> Code:
    """Return the code that both sides take by the sizes that they declared."""
    rows = max(context.own_count, context.peer_count) << context.part_bits
    return NARROW if rows <= NARROW_ROWS else WIDE


def expected_frames(
    peer_count: int, code: Code = NARROW, part_bits: int = 0
) -> Iterator[tuple[str, int, int]]:
    """Yield step, chunk and length of every frame that the peer must send, in order."""
    yield "hello", 0, NONCE_BYTES + base_ot.OFFER_BYTES
    yield "choices", 0, FIELD_BITS * code.length * base_ot.POINT_BYTES
    yield "trees", 0, trees.message_bytes(code.length)
    keys = peer_count + TEST_ROWS
    for number in range(1 << bins.bin_bits(keys)):
        yield "correction", number, bin_bytes(keys, code, part_bits)
    yield "confirm", 0, SECRET_BYTES


def _check_context(context: Context, rows: int) -> None:
    if (len(context.room), len(context.alignment)) != (16, 16) or context.position not in (0, 1):
        raise LocalError("room and alignment have 16 bytes, the position is 0 or 1")
    if not (rows <= context.own_count and context.peer_count >= 0):
        raise LocalError("more identifiers than the declared size, or a negative size")
    if max(context.own_count, context.peer_count) << context.part_bits > MAXIMUM_ROWS:
        raise LocalError(f"the ot profile takes at most {MAXIMUM_ROWS} rows a side")


class ObliviousTransferParticipant:
    """Be one side of an alignment by a multi-point oblivious function from transfer extension.

    The steps are the same on both sides: ``hello`` (a nonce and the offer of the base transfers),
    ``choices``, ``trees`` (what opens all leaves but one of each), ``correction`` (a store's seed,
    its rows U and a check of them, one frame for each bin) and ``confirm`` (a digest over the test
    identifiers).
    Secure against semi-honest parties; who sends rows that are not code words is refused.

    ``executor`` is not used: the work is compiled loops at the speed of the memory, and moving
    rows to another process costs more than the loops.  LocalError for more identifiers than were
    declared, or more than 2^32 - 64 declared on either side.
    """

    def __init__(
        self,
        context: Context,
        identifiers: PackedStrings,
        random: Random,
        executor: Executor | None = None,  # noqa: ARG002 (one signature for all profiles)
    ) -> None:
        _check_context(context, len(identifiers))
        self._context, self._code = context, code_of(context)
        self._identifiers: PackedStrings | None = identifiers
        self._count = len(identifiers)
        self._random = random
        self._base: base_ot.SeedSender | None = base_ot.SeedSender(
            self._binding(1 - context.position), random, FIELD_BITS * self._code.length
        )
        self._hello = random(NONCE_BYTES) + self._base.offer
        self._expected = expected_frames(context.peer_count, self._code, context.part_bits)
        self._next = next(self._expected, None)
        self._salt = b""
        # Sorted by bin; ``_order`` says which identifier, or test row, stands where.
        self._keys: U64 = np.empty((0, KEY_WORDS), dtype=np.uint64)
        self._order: npt.NDArray[np.uint32] = np.empty(0, dtype=np.uint32)
        self._own_bins: list[slice] = []
        self._peer_bins: list[slice] = []
        # The rows of the peer's function, then the secrets that are made of them, in place.
        self._rows: U64 = np.empty((0, KEY_WORDS), dtype=np.uint64)
        self._chosen: base_ot.SeedReceiver | None = None
        self._receiver: FunctionReceiver | None = None
        self._sender: FunctionSender | None = None
        self._secrets: U8 = np.empty((0, SECRET_BYTES), dtype=np.uint8)
        self._started = self._sent = self._confirmed = self._erased = False

    def start(self) -> Iterator[Frame]:
        """Yield the hello; every other frame answers one of the peer.  LocalError if repeated."""
        if self._started or self._erased:
            raise LocalError("a participant starts once")
        self._started = True
        return iter((Frame("hello", 0, self._hello),))

    def receive(self, frame: Frame) -> Iterator[Frame]:
        """Check that this frame must come now, act on it and return the answers.

        Checks and evaluation are done when it returns; only the making of the corrections is
        lazy, and they must all be drawn before the peer's are given.  InvalidMessageError or
        InvalidElementError, with all secrets erased, if the frame breaks a rule; LocalError if a
        bin overflows (see ``bins``), and once erased.
        """
        steps = {
            "hello": self._take_hello,
            "choices": self._take_choices,
            "trees": self._take_trees,
            "correction": self._take_correction,
            "confirm": self._take_confirm,
        }
        if self._erased:
            raise LocalError("the participant has been erased")
        try:
            if self._next != (frame.step, frame.chunk, len(frame.payload)):
                raise InvalidMessageError("a frame out of order or of the wrong length")
            self._next = next(self._expected, None)
            return steps[frame.step](frame)
        except Exception:
            self.erase()
            raise

    @property
    def finished(self) -> bool:
        """Tell whether all corrections are sent and the peer's confirmation is checked."""
        return self._sent and self._confirmed

    def secrets(self) -> U8:
        """Return T per identifier, shape (rows, 32), once; LocalError before the end or again."""
        if not self.finished or self._erased:
            raise LocalError("the secrets can be read once, after the last frame")
        secrets, self._secrets = self._secrets, self._secrets[:0]
        self.erase()
        return secrets[: self._count]

    def erase(self) -> None:
        """Overwrite what Python can overwrite, let go of the rest, refuse every further frame."""
        self._erased = True
        self._next, self._expected = None, iter(())
        self._base = self._identifiers = self._chosen = None
        for role in (self._receiver, self._sender):
            if role is not None:
                role.erase()
        for array in (self._keys, self._rows, self._secrets):
            array.fill(0)
        # Whoever goes on with the secrets needs the room that these took.
        self._keys = self._rows = np.empty((0, KEY_WORDS), dtype=np.uint64)
        self._order, self._secrets = self._order[:0], np.empty((0, SECRET_BYTES), dtype=np.uint8)

    # The steps.

    def _take_hello(self, frame: Frame) -> Iterator[Frame]:
        if frame.payload == self._hello:
            raise InvalidMessageError("the peer returned our own hello")
        own = self._context.position
        hellos = (self._hello, frame.payload) if own == 0 else (frame.payload, self._hello)
        self._salt = b"".join(hello[:NONCE_BYTES] for hello in hellos)
        offer = frame.payload[NONCE_BYTES:]
        self._chosen = base_ot.SeedReceiver(
            self._binding(own), offer, self._random, FIELD_BITS * self._code.length
        )
        return iter((Frame("choices", 0, self._chosen.choices),))

    def _take_choices(self, frame: Frame) -> Iterator[Frame]:
        if self._base is None or self._identifiers is None:
            raise LocalError("the participant has been erased")
        masks, self._base = self._base.seeds(frame.payload), None
        roots = [self._random(trees.SEED_BYTES) for _ in range(self._code.length)]
        leaves, opening = trees.grow(roots, masks, self._of_function("trees", peer=True))
        self._keys, self._identifiers = self._hash_identifiers(self._identifiers), None
        self._sort()
        keys = self._context.own_count + TEST_ROWS
        prefix = self._of_function("check", peer=True)
        parts = self._context.part_bits
        self._receiver = FunctionReceiver(leaves, keys, prefix, self._random, parts)
        return self._send_corrections(self._receiver, opening)

    def _send_corrections(self, receiver: FunctionReceiver, opening: bytes) -> Iterator[Frame]:
        yield Frame("trees", 0, opening)
        for number, stretch in enumerate(self._own_bins):
            payload = receiver.send(self._keys[stretch], self._rows[stretch])
            yield Frame("correction", number, payload)
        receiver.erase()
        self._sent = True

    def _take_trees(self, frame: Frame) -> Iterator[Frame]:
        if self._chosen is None:
            raise LocalError("the participant has been erased")
        chosen, self._chosen = self._chosen, None
        prefix = self._of_function("trees", peer=False)
        leaves = trees.open_all_but_one(chosen.bits, chosen.seeds, frame.payload, prefix)
        missing = trees.missing(chosen.bits, self._code.length)
        keys = self._context.peer_count + TEST_ROWS
        check = self._of_function("check", peer=False)
        self._sender = FunctionSender(leaves, missing, keys, check, self._context.part_bits)
        return iter(())

    def _take_correction(self, frame: Frame) -> Iterator[Frame]:
        if self._sender is None or not self._sent:
            raise LocalError("the corrections of this side must be drawn first")
        decoder = self._sender.take(frame.payload)
        self._combine(decoder, self._peer_bins[frame.chunk])
        if self._next is None or self._next[0] == "correction":
            return iter(())
        self._sender.erase()
        self._unsort()
        return iter((Frame("confirm", 0, self._confirmation_of(self._context.position)),))

    def _take_confirm(self, frame: Frame) -> Iterator[Frame]:
        expected = self._confirmation_of(1 - self._context.position)
        if not hmac.compare_digest(frame.payload, expected):
            raise InvalidMessageError("the test identifiers disagree: the alignment has failed")
        self._confirmed = True
        return iter(())

    # What the steps compute.

    def _binding(self, key_holder: int) -> bytes:
        """Name the room, the alignment and the position that holds the function's key."""
        return self._context.room + self._context.alignment + bytes([key_holder])

    def _of_function(self, purpose: str, *, peer: bool) -> bytes:
        """Return the prefix of a purpose within one function, named by who holds its key."""
        position = self._context.position
        return self._prefix(f"{purpose}/{1 - position if peer else position}")

    def _prefix(self, purpose: str, salt: bytes = b"") -> bytes:
        """Return the block that keeps one use of SHA-256 apart from every other."""
        label = hashlib.sha256(b"cleanroom/ot/3/" + purpose.encode() + b"\x00" + salt).digest()
        return label + self._context.room + self._context.alignment

    def _hash_identifiers(self, identifiers: PackedStrings) -> U64:
        """Return salted digests, four words each: the identifiers', then the test rows'."""
        real = self._count
        keys = np.empty((real + TEST_ROWS, KEY_WORDS), dtype=np.uint64)
        rows = keys.view(np.uint8)
        prefix = self._prefix("identifier", self._salt)
        for start in range(0, real, _HASHED_ROWS):
            stop = min(start + _HASHED_ROWS, real)
            sha256_many(identifiers.slice(start, stop), prefix, rows[start:stop])
        tests = PackedStrings.pack([bytes([number]) for number in range(TEST_ROWS)])
        sha256_many(tests, self._prefix("test", self._salt), rows[real:])
        return keys

    def _sort(self) -> None:
        """Sort the keys for the bins of both directions; LocalError if one overflows."""
        own, peer = (
            bins.bin_bits(count + TEST_ROWS)
            for count in (self._context.own_count, self._context.peer_count)
        )
        self._order = bins.sort(self._keys, max(own, peer))
        self._rows = np.empty_like(self._keys)
        self._own_bins = bins.stretches(self._keys, own)
        self._peer_bins = bins.stretches(self._keys, peer)
        most = bins.capacity(self._context.own_count + TEST_ROWS, self._context.part_bits)
        if any(stretch.stop - stretch.start > most for stretch in self._own_bins):
            raise LocalError("a bin overflows, by a chance of 2^-40; start again")

    def _combine(self, decoder: Decoder, stretch: slice) -> None:
        """Turn rows of the peer's function into T, with those of the own function, in place.

        T = SHA-256(prefix || row of position 0 || row of position 1).
        """
        prefix = self._prefix("secret")
        own = np.empty((_COMBINED_ROWS, KEY_WORDS), dtype=np.uint64)
        for start in range(stretch.start, stretch.stop, _COMBINED_ROWS):
            part = slice(start, min(start + _COMBINED_ROWS, stretch.stop))
            mine, others = own[: part.stop - start], self._rows[part]
            decoder.rows(self._keys[part], mine)
            pair = (mine, others) if self._context.position == 0 else (others, mine)
            hash_pairs(*pair, prefix, others.view(np.uint8), self._code.length)
        own.fill(0)

    def _unsort(self) -> None:
        """Bring the secrets into the order of the identifiers, the test rows last."""
        self._keys.fill(0)
        self._keys = self._keys[:0].copy()
        self._secrets = np.empty((len(self._rows), SECRET_BYTES), dtype=np.uint8)
        bins.unsort(self._rows, self._order, self._secrets.view(np.uint64))
        self._rows.fill(0)
        self._rows = self._rows[:0].copy()

    def _confirmation_of(self, position: int) -> bytes:
        tests = self._secrets[self._count :].tobytes()
        return hashlib.sha256(self._prefix(f"confirm/{position}") + tests).digest()
