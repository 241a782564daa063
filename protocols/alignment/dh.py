"""Align by X25519: two oblivious pseudorandom functions from Diffie-Hellman, one each way.

Write H for the hash to the curve and a, b for the clamped scalars of the two sides.  Each side
learns the peer's function at its own identifiers, b H(x) for one and a H(y) for the other: it
blinds H(x) with a fresh scalar r, has the peer multiply r H(x) by b, and multiplies by 1 / r.
Then T(x) = KDF(a H(x) || b H(x), room, alignment).

Nobody is ever sent a b H(x), nor a H(x) for an identifier that it did not blind itself: who has
the first can compute the same for its own identifiers and intersect alone.

*Steps.*  ``blinded`` carries r H(x), shuffled, ``evaluated`` the answers in the same order.  Both
come in chunks of ``chunk_rows`` rows (the last one has what is left) and 64 test rows on top.

*Test rows.*  A responder that used another scalar for some rows would split the other side's
people into two classes that it chose.  So every chunk carries the same 32 secret identifiers
twice, each blinded anew, at random places; after unblinding, equal identifiers must have equal
answers, within a chunk (there may be only one) and across all chunks.  A responder that treats
a share f of the rows differently escapes in a chunk with probability (f^2 + (1-f)^2)^32 or so;
one that singles out a few rows out of thousands mostly does escape, and so does one that swaps
two answers: that is a lie about its own rows, which no check here can see.

Diffie-Hellman matching with one-time blinding is old (Meadows 1986; Jarecki and Liu, SCN 2010,
for the pseudorandom function); the hash is RFC 9380's, the multiplication RFC 7748's.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from functools import partial

import numpy as np
import numpy.typing as npt

from protocols import curve25519
from protocols.alignment import Context, Frame
from protocols.curve25519 import ELEMENT_BYTES
from protocols.errors import InvalidMessageError, LocalError, RemoteError
from protocols.limits import SECRET_BYTES
from protocols.orders import random_order
from protocols.randomness import Random
from protocols.strings import PackedStrings

BLINDED = "blinded"
EVALUATED = "evaluated"

CHUNK_ROWS = 8192
"""Rows of a chunk without its test rows: a quarter of a mebibyte, about a second of work."""

TEST_IDENTIFIERS = 32
TEST_ROWS = 2 * TEST_IDENTIFIERS
"""Rows that every chunk carries on top: each test identifier twice."""

_BATCH_ROWS = 512  # whole blocks of lanes, tens of milliseconds: enough to share out evenly
_SUITE = b"curve25519_XMD:SHA-512_ELL2_RO_"
_DST_PREFIX = b"cleanroom-v1-alignment-dh-"
_KDF_PERSON = b"cleanroom-v1-T"

_Bytes = npt.NDArray[np.uint8]
_Rows = npt.NDArray[np.int64]


def blind_batch(
    dst: bytes, key: bytes, messages: PackedStrings, blinds: bytes
) -> tuple[bytes, bytes]:
    """Return r H(x) and a H(x) of some messages, packed; the hash itself is not kept."""
    hashes = curve25519.hash_many(messages, dst).tobytes()
    return curve25519.multiply_each(blinds, hashes), curve25519.multiply_many(key, hashes)


def evaluate_batch(key: bytes, elements: bytes) -> tuple[bytes]:
    """Return a E for some checked elements E of the peer, packed."""
    return (curve25519.multiply_many(key, elements),)


def unblind_batch(blinds: bytes, elements: bytes) -> tuple[bytes]:
    """Return E / r for some checked answers E of the peer, packed."""
    starts = range(0, len(blinds), ELEMENT_BYTES)
    inverses = [curve25519.invert_scalar(blinds[at : at + ELEMENT_BYTES]) for at in starts]
    return (curve25519.multiply_each(b"".join(inverses), elements),)


class _Workers:
    """Run the functions above over the rows of a chunk, in processes if there are any."""

    def __init__(self, executor: Executor | None) -> None:
        self._map = map if executor is None else executor.map

    def run(
        self, function: Callable[..., tuple[bytes, ...]], *columns: PackedStrings | bytes
    ) -> list[bytes]:
        """Cut the columns into batches of equal rows; join the outputs of the batches."""
        outputs = self._map(function, *(_batches(column) for column in columns))
        return [b"".join(parts) for parts in zip(*outputs, strict=True)]


def _batches(column: PackedStrings | bytes) -> list[PackedStrings] | list[bytes]:
    if isinstance(column, PackedStrings):
        rows = range(0, len(column), _BATCH_ROWS)
        return [column.slice(at, min(at + _BATCH_ROWS, len(column))) for at in rows]
    size = _BATCH_ROWS * ELEMENT_BYTES
    return [column[at : at + size] for at in range(0, len(column), size)]


class _Layout:
    """Know how many chunks a declared number of rows makes, and the size of each."""

    def __init__(self, rows: int, chunk_rows: int) -> None:
        self.chunks = -(-rows // chunk_rows)
        self._rows, self._chunk_rows = rows, chunk_rows

    def bounds(self, chunk: int) -> slice:
        return slice(chunk * self._chunk_rows, min((chunk + 1) * self._chunk_rows, self._rows))

    def elements(self, frame: Frame, expected_chunk: int) -> _Bytes:
        """Return the checked elements of a frame that is the expected one in every respect."""
        if frame.chunk != expected_chunk or expected_chunk >= self.chunks:
            raise InvalidMessageError(f"chunk {frame.chunk} of step {frame.step} is out of order")
        bounds = self.bounds(expected_chunk)
        size = (bounds.stop - bounds.start + TEST_ROWS) * ELEMENT_BYTES
        if len(frame.payload) != size:
            raise InvalidMessageError(
                f"chunk {frame.chunk} of step {frame.step} has {len(frame.payload)} bytes"
                f" instead of {size}"
            )
        elements = np.frombuffer(frame.payload, dtype=np.uint8).reshape(-1, ELEMENT_BYTES)
        curve25519.check_elements(elements)
        return elements


class _Receiver:
    """Learn the peer's function at our identifiers; make T.

    Rows 0 to ``own_count`` are the identifiers and the padding, the rows after them the test
    identifiers.  ``_values`` holds a H(x) of each row until the answer comes, then its T.
    """

    def __init__(
        self, context: Context, identifiers: PackedStrings, random: Random, layout: _Layout
    ) -> None:
        self._context, self._random, self._layout = context, random, layout
        self._padded = context.own_count
        extra = self._padded - len(identifiers) + TEST_IDENTIFIERS
        self._messages = _append_random(identifiers, extra, random)
        self._order = random_order(self._padded, random)
        self._values = np.zeros((len(self._messages), ELEMENT_BYTES), dtype=np.uint8)
        self._pending: dict[int, tuple[_Rows, bytes]] = {}
        self._reference: bytes | None = None
        self.sent = self.received = 0

    @property
    def finished(self) -> bool:
        return self.received == self._layout.chunks

    def blind(self, key: bytes, workers: _Workers) -> Frame:
        """Make the next chunk of ``blinded``."""
        rows = self._place_tests(self._order[self._layout.bounds(self.sent)])
        blinds = curve25519.draw_scalars(len(rows), self._random)
        work = partial(blind_batch, _domain(self._context), key)
        blinded, own = workers.run(work, self._messages.take(rows), blinds)
        self._values[rows] = _as_rows(own)
        self._pending[self.sent] = rows, blinds
        self.sent += 1
        return Frame(BLINDED, self.sent - 1, blinded)

    def _place_tests(self, rows: _Rows) -> _Rows:
        tests = np.arange(self._padded, len(self._messages))
        together = np.concatenate([rows, tests, tests])
        return together[random_order(len(together), self._random)]

    def unblind(self, frame: Frame, workers: _Workers) -> None:
        """Take the answers to a chunk that was sent."""
        elements = self._layout.elements(frame, self.received)
        if self.received >= self.sent:
            raise InvalidMessageError(f"chunk {frame.chunk} is answered before it was sent")
        rows, blinds = self._pending.pop(self.received)
        (answers,) = workers.run(unblind_batch, blinds, elements.tobytes())
        self._check_tests(rows, _as_rows(answers))
        self._derive(rows, _as_rows(answers))
        self.received += 1

    def _check_tests(self, rows: _Rows, answers: _Bytes) -> None:
        by_identifier = np.argsort(rows, kind="stable")[-TEST_ROWS:]
        found = answers[by_identifier]
        if self._reference is None:
            self._reference = np.repeat(found[::2], 2, axis=0).tobytes()
        if not hmac.compare_digest(found.tobytes(), self._reference):
            raise RemoteError(
                f"chunk {self.received}: the peer multiplied some rows by another scalar"
            )

    def _derive(self, rows: _Rows, answers: _Bytes) -> None:
        pair = (self._values[rows], answers)
        both = np.concatenate(pair if self._context.position == 0 else pair[::-1], axis=1)
        kept = rows < self._padded
        self._values[rows[kept]] = _derive_secrets(self._context, both[kept])

    def secrets(self, count: int) -> _Bytes:
        return self._values[:count].copy()

    def erase(self) -> None:
        self._values.fill(0)
        self._order.fill(0)
        self._pending.clear()
        self._reference = None
        self._messages = PackedStrings.pack([])


class DhParticipant:
    """Run one side of an alignment by X25519; a ``Profile`` of ``protocols.alignment``.

    ``chunk_rows`` must be the same on both sides.  Every frame from outside must come in order,
    with exactly the rows that ``context`` declares, and hold only valid elements; otherwise
    ``receive`` raises ``RemoteError`` (``InvalidMessageError``, or ``InvalidElementError`` with
    the row in its chunk), and every key is forgotten.  ``LocalError`` is raised for a misuse: a
    context that does not fit, a second ``start`` or ``secrets``, anything after ``erase``.
    """

    def __init__(
        self,
        context: Context,
        identifiers: PackedStrings,
        random: Random,
        executor: Executor | None = None,
        *,
        chunk_rows: int = CHUNK_ROWS,
    ) -> None:
        _check_context(context, len(identifiers), chunk_rows)
        self._count = len(identifiers)
        self._key = curve25519.draw_scalars(1, random)
        self._workers = _Workers(executor)
        self._own = _Layout(context.own_count, chunk_rows)
        self._peer = _Layout(context.peer_count, chunk_rows)
        self._receiver = _Receiver(context, identifiers, random, self._own)
        self._evaluated = 0
        self._started = self._closed = False

    def start(self) -> Iterator[Frame]:
        """Yield the chunks of ``blinded``, each computed when it is drawn."""
        self._check_open()
        if self._started:
            raise LocalError("an alignment is started once")
        self._started = True
        return self._blind_all()

    def _blind_all(self) -> Iterator[Frame]:
        for _ in range(self._own.chunks):
            self._check_open()
            yield self._receiver.blind(self._key, self._workers)

    def receive(self, frame: Frame) -> Iterator[Frame]:
        """Take a frame at once, not when the result is drawn; return the answer to it, if any."""
        self._check_open()
        try:
            if frame.step == BLINDED:
                return iter([self._evaluate(frame)])
            if frame.step == EVALUATED:
                self._receiver.unblind(frame, self._workers)
                return iter([])
            raise InvalidMessageError("the frame has an unknown step")
        except RemoteError:
            self.erase()
            raise

    def _evaluate(self, frame: Frame) -> Frame:
        elements = self._peer.elements(frame, self._evaluated)
        (answers,) = self._workers.run(partial(evaluate_batch, self._key), elements.tobytes())
        self._evaluated += 1
        return Frame(EVALUATED, frame.chunk, answers)

    @property
    def finished(self) -> bool:
        """Tell whether every frame of both directions has passed."""
        return self._receiver.finished and self._evaluated == self._peer.chunks

    def secrets(self) -> npt.NDArray[np.uint8]:
        """Return T per identifier in the order of the input, shape (rows, 32), and erase."""
        self._check_open()
        if not self.finished:
            raise LocalError("an alignment has no secrets before it is finished")
        result = self._receiver.secrets(self._count)
        self.erase()
        return result

    def erase(self) -> None:
        """Forget every key and every intermediate value."""
        self._closed = True
        self._key = b""
        self._receiver.erase()

    def _check_open(self) -> None:
        if self._closed:
            raise LocalError("this alignment was erased, read, or broken by a bad frame")


def _check_context(context: Context, count: int, chunk_rows: int) -> None:
    if len(context.room) != 16 or len(context.alignment) != 16:
        raise LocalError("the names of a room and of an alignment have 16 bytes each")
    if context.position not in {0, 1}:
        raise LocalError("the position of a participant is 0 or 1")
    if not 0 <= count <= context.own_count or context.peer_count < 0:
        raise LocalError("there are more identifiers than the declared rows, or fewer than none")
    if chunk_rows < 1:
        raise LocalError("a chunk has at least one row")


def _domain(context: Context) -> bytes:
    return _DST_PREFIX + context.room + context.alignment + _SUITE


def _derive_secrets(context: Context, pairs: _Bytes) -> _Bytes:
    """Return T of each row of F_A || F_B; every input of the hash has the same length."""
    start = hashlib.blake2b(digest_size=SECRET_BYTES, person=_KDF_PERSON)
    start.update(context.room + context.alignment)
    data, width = pairs.tobytes(), 2 * ELEMENT_BYTES
    derived = []
    for at in range(0, len(data), width):
        state = start.copy()
        state.update(data[at : at + width])
        derived.append(state.digest())
    return _as_rows(b"".join(derived))


def _as_rows(packed: bytes) -> _Bytes:
    return np.frombuffer(packed, dtype=np.uint8).reshape(-1, ELEMENT_BYTES)


def _append_random(rows: PackedStrings, count: int, random: Random) -> PackedStrings:
    """Append secret messages of 32 random bytes, which equal no identifier of either side."""
    first, last = rows.offsets[0], rows.offsets[-1]
    extra = np.frombuffer(random(32 * count), dtype=np.uint8)
    ends = last - first + 32 * np.arange(1, count + 1)
    return PackedStrings(
        np.concatenate([rows.buffer[first:last], extra]),
        np.concatenate([rows.offsets - first, ends]),
    )
