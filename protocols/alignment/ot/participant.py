"""Run one side of the ``ot`` profile: receiver of one function, sender of the other, at once."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from concurrent.futures import Executor

import numpy as np
import numpy.typing as npt

from protocols.alignment import Context, Frame
from protocols.alignment.ot import base_ot, okvs
from protocols.alignment.ot.extension import ROW_BYTES, chunk_rows
from protocols.alignment.ot.hashing import hash_rows
from protocols.alignment.ot.roles import (
    KEY_WORDS,
    FunctionReceiver,
    FunctionSender,
    evaluate,
    row_buffer,
    store_rows,
)
from protocols.errors import InvalidMessageError, LocalError
from protocols.limits import SECRET_BYTES
from protocols.randomness import Random
from protocols.sha256 import sha256_many
from protocols.strings import PackedStrings

U8 = npt.NDArray[np.uint8]
U64 = npt.NDArray[np.uint64]

MAXIMUM_ROWS = 1 << 24
"""A value of a store has 64 bits: 40 of statistical security and 24 for the sender's rows."""

TEST_ROWS = 64
"""Identifiers that both sides know and evaluate, so that a failed alignment does not pass for a
small overlap."""

NONCE_BYTES = 32
_HASHED_ROWS = 1 << 16


def expected_frames(peer_count: int) -> Iterator[tuple[str, int, int]]:
    """Yield step, chunk and length of every frame that the peer must send, in order."""
    yield "hello", 0, NONCE_BYTES + base_ot.OFFER_BYTES
    yield "choices", 0, base_ot.CHOICES_BYTES
    yield "store", 0, okvs.SEED_BYTES
    for chunk, rows in enumerate(chunk_rows(store_rows(peer_count + TEST_ROWS))):
        yield "correction", chunk, rows * ROW_BYTES
    yield "confirm", 0, SECRET_BYTES


def _check_context(context: Context, rows: int) -> None:
    if (len(context.room), len(context.alignment)) != (16, 16) or context.position not in (0, 1):
        raise LocalError("room and alignment have 16 bytes, the position is 0 or 1")
    if not (rows <= context.own_count and context.peer_count >= 0):
        raise LocalError("more identifiers than the declared size, or a negative size")
    if max(context.own_count, context.peer_count) > MAXIMUM_ROWS:
        raise LocalError(f"the ot profile takes at most {MAXIMUM_ROWS} rows a side; use dh")


class ObliviousTransferParticipant:
    """Be one side of an alignment by a multi-point oblivious function from transfer extension.

    The steps are the same on both sides: ``hello`` (a nonce and the offer of the base transfers),
    ``choices``, ``store`` (the seed of the store), ``correction`` (the rows U, in chunks) and
    ``confirm`` (a digest over the test identifiers).  Secure against semi-honest parties.

    ``executor`` is not used: the work is compiled loops at the speed of the memory, and moving
    rows to another process costs more than the loops.  LocalError for more identifiers than were
    declared, or more than 2^24 declared on either side.
    """

    def __init__(
        self,
        context: Context,
        identifiers: PackedStrings,
        random: Random,
        executor: Executor | None = None,  # noqa: ARG002 (one signature for all profiles)
    ) -> None:
        _check_context(context, len(identifiers))
        self._context = context
        self._identifiers: PackedStrings | None = identifiers
        self._rows = len(identifiers)
        self._random = random
        self._base: base_ot.SeedSender | None = base_ot.SeedSender(
            self._binding(1 - context.position), random
        )
        self._hello = random(NONCE_BYTES) + self._base.offer
        self._expected = expected_frames(context.peer_count)
        self._next = next(self._expected, None)
        self._salt = b""
        self._keys: U64 = np.empty((0, KEY_WORDS), dtype=np.uint64)
        self._buffer: U64 = row_buffer(0)
        self._receiver: FunctionReceiver | None = None
        self._sender: FunctionSender | None = None
        self._secrets: U8 = np.empty((0, SECRET_BYTES), dtype=np.uint8)
        self._started = self._sent = self._evaluated = self._confirmed = self._erased = False

    def start(self) -> Iterator[Frame]:
        """Yield the hello; every other frame answers one of the peer.  LocalError if repeated."""
        if self._started or self._erased:
            raise LocalError("a participant starts once")
        self._started = True
        return iter((Frame("hello", 0, self._hello),))

    def receive(self, frame: Frame) -> Iterator[Frame]:
        """Check that this frame must come now, act on it and return the answers.

        Checks and evaluation are done when it returns; only the making of the corrections is
        lazy.  InvalidMessageError or InvalidElementError, with all secrets erased, if the frame
        breaks a rule; LocalError once erased.
        """
        steps = {
            "hello": self._take_hello,
            "choices": self._take_choices,
            "store": self._take_store,
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
        return secrets[: self._rows]

    def erase(self) -> None:
        """Overwrite what Python can overwrite, let go of the rest, refuse every further frame."""
        self._erased = True
        self._next, self._expected = None, iter(())
        self._base = self._identifiers = None
        for role in (self._receiver, self._sender):
            if role is not None:
                role.erase()
        for array in (self._keys, self._buffer, self._secrets):
            array.fill(0)
        # Whoever goes on with the secrets needs the room that these took.
        self._keys, self._buffer = np.empty((0, KEY_WORDS), dtype=np.uint64), row_buffer(0)
        self._secrets = np.empty((0, SECRET_BYTES), dtype=np.uint8)

    # The steps.

    def _take_hello(self, frame: Frame) -> Iterator[Frame]:
        if frame.payload == self._hello:
            raise InvalidMessageError("the peer returned our own hello")
        own = self._context.position
        hellos = (self._hello, frame.payload) if own == 0 else (frame.payload, self._hello)
        self._salt = b"".join(hello[:NONCE_BYTES] for hello in hellos)
        offer = frame.payload[NONCE_BYTES:]
        chosen = base_ot.SeedReceiver(self._binding(own), offer, self._random)
        rows = store_rows(self._context.peer_count + TEST_ROWS)
        self._sender = FunctionSender(chosen.bits, chosen.seeds, rows)
        return iter((Frame("choices", 0, chosen.choices),))

    def _take_choices(self, frame: Frame) -> Iterator[Frame]:
        if self._base is None or self._identifiers is None:
            raise LocalError("the participant has been erased")
        seeds, self._base = self._base.seeds(frame.payload), None
        self._keys = self._hash_identifiers(self._identifiers)
        self._identifiers = None
        self._receiver = FunctionReceiver(self._keys, seeds, self._random)
        largest = max(self._context.own_count, self._context.peer_count)
        self._buffer = row_buffer(store_rows(largest + TEST_ROWS))
        # Padding has served once it is in the store; only real and test rows need a value.
        self._keys = self._keys[: self._rows + TEST_ROWS]
        self._secrets = np.empty((len(self._keys), SECRET_BYTES), dtype=np.uint8)
        decoder = self._receiver.decoder(self._buffer)
        prefix = self._prefix(f"function/{1 - self._context.position}")
        for stretch, values in evaluate(decoder, self._keys, prefix):
            self._secrets[stretch] = values
        return self._send_corrections(self._receiver)

    def _send_corrections(self, receiver: FunctionReceiver) -> Iterator[Frame]:
        yield Frame("store", 0, receiver.seed)
        for chunk, payload in enumerate(receiver.corrections()):
            yield Frame("correction", chunk, payload)
        self._sent = True
        if self._evaluated:
            yield self._confirmation()

    def _take_store(self, frame: Frame) -> Iterator[Frame]:
        sender = self._running_sender()
        sender.seed = frame.payload
        return iter(())

    def _take_correction(self, frame: Frame) -> Iterator[Frame]:
        sender = self._running_sender()
        sender.take(frame.chunk, frame.payload, self._buffer)
        if self._next is None or self._next[0] == "correction":
            return iter(())
        self._combine(sender)
        self._evaluated = True
        return iter((self._confirmation(),) if self._sent else ())

    def _take_confirm(self, frame: Frame) -> Iterator[Frame]:
        expected = self._confirmation_of(1 - self._context.position)
        if not hmac.compare_digest(frame.payload, expected):
            raise InvalidMessageError("the test identifiers disagree: the alignment has failed")
        self._confirmed = True
        return iter(())

    # What the steps compute.

    def _running_sender(self) -> FunctionSender:
        if self._sender is None:
            raise LocalError("the participant has been erased")
        return self._sender

    def _binding(self, key_holder: int) -> bytes:
        """Name the room, the alignment and the position that holds the function's key."""
        return self._context.room + self._context.alignment + bytes([key_holder])

    def _prefix(self, purpose: str, salt: bytes = b"") -> bytes:
        """Return the block that keeps one use of SHA-256 apart from every other."""
        label = hashlib.sha256(b"cleanroom/ot/" + purpose.encode() + b"\x00" + salt).digest()
        return label + self._context.room + self._context.alignment

    def _hash_identifiers(self, identifiers: PackedStrings) -> U64:
        """Return salted digests: the identifiers', the test rows', then random padding."""
        keys = np.empty((self._context.own_count + TEST_ROWS, KEY_WORDS), dtype=np.uint64)
        rows = keys.view(np.uint8)
        real = self._rows
        prefix = self._prefix("identifier", self._salt)
        for start in range(0, real, _HASHED_ROWS):
            stop = min(start + _HASHED_ROWS, real)
            rows[start:stop] = sha256_many(identifiers.slice(start, stop), prefix)
        tests = PackedStrings.pack([bytes([number]) for number in range(TEST_ROWS)])
        rows[real : real + TEST_ROWS] = sha256_many(tests, self._prefix("test", self._salt))
        padding = rows[real + TEST_ROWS :]
        padding[:] = np.frombuffer(self._random(padding.size), dtype=np.uint8).reshape(-1, 32)
        return keys

    def _combine(self, sender: FunctionSender) -> None:
        """Turn the peer's function values into T, with our own function's, in place.

        T = SHA-256(prefix || F of position 0 || F of position 1).
        """
        own = self._context.position
        prefix = self._prefix("secret")
        decoder = sender.decoder(self._buffer)
        own_prefix = self._prefix(f"function/{own}")
        for stretch, values in evaluate(decoder, self._keys, own_prefix):
            pair = np.empty((len(values), 2, SECRET_BYTES), dtype=np.uint8)
            pair[:, own] = values
            pair[:, 1 - own] = self._secrets[stretch]
            words = pair.reshape(len(values), -1).view(np.uint64)
            hash_rows(words, prefix, self._secrets[stretch])

    def _confirmation(self) -> Frame:
        return Frame("confirm", 0, self._confirmation_of(self._context.position))

    def _confirmation_of(self, position: int) -> bytes:
        tests = self._secrets[self._rows :].tobytes()
        return hashlib.sha256(self._prefix(f"confirm/{position}") + tests).digest()
