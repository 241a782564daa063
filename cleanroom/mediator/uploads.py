"""Take fixed-width rows chunk by chunk, and seal them with a commitment to their order.

A stream is a run of numbered chunks with an opaque name; its bytes lie in files of that name.  A
chunk counts once its file is on disk and its row is committed, in that order, so a crash between
the two leaves a file that nobody reads.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cleanroom.documents.dataset import Upload
from cleanroom.errors import CleanroomError, Conflict, InvalidInput, NotFound
from cleanroom.mediator.context import Context
from cleanroom.mediator.ports import StorageFault, Transaction
from protocols import limits


@dataclass(frozen=True)
class Stream:
    """Name a run of chunks, its row width in bytes, and its number of rows if that is known.

    A blob without rows is rows of one byte.  ``most`` bounds rows whose number is not known.
    """

    name: str
    width: int
    rows: int | None
    most: int = 1 << 40

    def check_size(self, number: int, size: int) -> None:
        """Refuse a chunk of the wrong length or number; ``InvalidInput`` says what is right."""
        per = limits.rows_per_chunk(self.width)
        if self.rows is None:
            if number < 0 or not 0 < size <= per * self.width or size % self.width:
                raise InvalidInput(f"a chunk holds 1 to {per} rows of {self.width} bytes")
            if number * per + size // self.width > self.most:
                raise InvalidInput(f"there may be {self.most} rows at most")
            return
        expected = min(per, self.rows - number * per)
        if number < 0 or expected <= 0:
            raise InvalidInput(f"{self.rows} rows have no chunk {number}")
        if size != expected * self.width:
            raise InvalidInput(f"chunk {number} holds {expected} rows of {self.width} bytes")


def put(
    context: Context, stream: Stream, number: int, data: bytes, check: Callable[[Transaction], str]
) -> bool:
    """Store a checked chunk; return False if these very bytes were there already.

    ``check`` returns the room, and raises if the stream takes nothing now; it is asked before the
    file is written and again in the transaction that acknowledges it.

    Raises:
        Conflict: for other bytes under a number that is taken (``chunk-differs``), or a sealed
            stream (``sealed``).
    """
    digest = hashlib.sha256(data).hexdigest()
    with context.store.read() as transaction:
        room = check(transaction)
        if _known(transaction, stream, number, digest):
            return False
    # The digest is part of the file's name: of two writers of other bytes neither harms the other.
    context.blobs.write(file_name(stream.name, number, digest), data)
    try:
        with context.store.write(room) as transaction:
            check(transaction)
            if _known(transaction, stream, number, digest):
                return False
            transaction.insert(
                "chunks", stream=stream.name, number=number, digest=digest, size=len(data)
            )
    except CleanroomError:
        # Withdrawn meanwhile, say: what was deleted must not come back as a file of nobody's.
        with context.store.read() as transaction:
            row = transaction.get("chunks", stream=stream.name, number=number)
        if row is None or row["digest"] != digest:
            context.blobs.delete([file_name(stream.name, number, digest)], folders=False)
        raise
    return True


def _known(transaction: Transaction, stream: Stream, number: int, digest: str) -> bool:
    known = transaction.get("chunks", stream=stream.name, number=number)
    if known is not None:
        if not hmac.compare_digest(known["digest"], digest):
            raise Conflict(f"chunk {number} was sent with different bytes", rule="chunk-differs")
        return True
    if transaction.get("uploads", stream=stream.name):
        raise Conflict("the upload is sealed", rule="sealed")
    return False


def numbers(transaction: Transaction, stream: str) -> list[int]:
    """Return the numbers of the chunks that are acknowledged."""
    return [row["number"] for row in transaction.find("chunks", stream=stream, order="number")]


def seal(transaction: Transaction, stream: Stream, upload: Upload) -> None:
    """Close a stream; every later write of it is refused.

    Raises:
        Conflict: for a missing chunk (``chunk-missing``), a stream that is sealed (``sealed``).
        InvalidInput: if rows or the commitment are not those of the chunks.
    """
    if transaction.get("uploads", stream=stream.name):
        raise Conflict("the upload is already sealed", rule="sealed")
    chunks = transaction.find("chunks", stream=stream.name, order="number")
    have = [row["number"] for row in chunks]
    rows = upload.rows if stream.rows is None else stream.rows
    chunks_needed = -(-rows // limits.rows_per_chunk(stream.width))
    if upload.chunks != chunks_needed or have != list(range(chunks_needed)):
        missing = next((n for n in range(chunks_needed) if n not in set(have)), len(have))
        raise Conflict(f"chunk {missing} is missing or surplus", rule="chunk-missing")
    _check_rows(stream, upload, [row["size"] for row in chunks])
    digests = [bytes.fromhex(row["digest"]) for row in chunks]
    if not hmac.compare_digest(commitment(upload.salt, digests), upload.commitment):
        raise InvalidInput("the commitment is not that of the chunks")
    transaction.insert(
        "uploads",
        stream=stream.name,
        chunks=upload.chunks,
        rows=upload.rows,
        width=stream.width,
        commitment=upload.commitment,
    )


def commitment(salt: str, digests: list[bytes]) -> str:
    """Return the SHA-256 over the salt and each chunk's SHA-256 in turn, in hex."""
    return hashlib.sha256(bytes.fromhex(salt) + b"".join(digests)).hexdigest()


def _check_rows(stream: Stream, upload: Upload, sizes: list[int]) -> None:
    expected = upload.rows if stream.rows is None else stream.rows
    if upload.rows != expected or sum(sizes) != expected * stream.width:
        raise InvalidInput(f"the chunks hold {sum(sizes) // stream.width} rows")
    full = limits.rows_per_chunk(stream.width) * stream.width
    if any(size != full for size in sizes[:-1]):
        raise InvalidInput("every chunk but the last holds the same number of rows")


def read(context: Context, stream: str, number: int) -> bytes:
    """Return one acknowledged chunk; ``NotFound`` if there is none."""
    with context.store.read() as transaction:
        return read_within(transaction, context, stream, number)


def read_within(transaction: Transaction, context: Context, stream: str, number: int) -> bytes:
    """Return one acknowledged chunk inside a transaction; ``NotFound`` if there is none."""
    row = transaction.get("chunks", stream=stream, number=number)
    if row is None:
        raise NotFound("there is no such chunk")
    return _read_file(context, stream, number, row["digest"])


def _read_file(context: Context, stream: str, number: int, digest: str) -> bytes:
    """Read a chunk back and hold it against its digest: a flipped bit must not reach a sum."""
    data = context.blobs.read(file_name(stream, number, digest))
    if not hmac.compare_digest(hashlib.sha256(data).hexdigest(), digest):
        raise StorageFault("a stored chunk is not what was acknowledged")
    return data


def write_file(context: Context, stream: str, number: int, digest: str, data: bytes) -> None:
    """Write a chunk's file; it counts once its row is committed."""
    context.blobs.write(file_name(stream, number, digest), data)


def chunks(
    context: Context, stream: str, first: int = 0, end: int | None = None
) -> Iterator[bytes]:
    """Yield a sealed stream's chunks in order; ``NotFound`` if it is not sealed."""
    with context.store.read() as transaction:
        if transaction.get("uploads", stream=stream) is None:
            raise NotFound("the upload is not sealed")
        rows = transaction.find("chunks", stream=stream, order="number")
    for row in rows[first:end]:
        yield _read_file(context, stream, row["number"], row["digest"])


def load(context: Context, stream: str, width: int) -> npt.NDArray[np.uint8]:
    """Read a sealed stream into one array, shape (rows, width)."""
    data = bytearray()
    for chunk in chunks(context, stream):
        data += chunk
    return np.frombuffer(data, dtype=np.uint8).reshape(-1, width)


def load_part(
    context: Context, stream: str, width: int, start: int, end: int
) -> npt.NDArray[np.uint8]:
    """Read rows ``start`` to ``end`` of a sealed stream, and no chunk beyond these."""
    per = limits.rows_per_chunk(width)
    first = start // per
    data = b"".join(chunks(context, stream, first, -(-end // per)))
    rows = np.frombuffer(data, dtype=np.uint8).reshape(-1, width)
    return rows[start - first * per : end - first * per]


def sealed(transaction: Transaction, stream: str) -> dict[str, Any] | None:
    """Return a stream's seal, None while it is open."""
    return transaction.get("uploads", stream=stream)


def file_name(stream: str, number: int, digest: str) -> str:
    """Return the name of the file that holds a chunk."""
    return f"{stream}/{number}-{digest[:32]}"
