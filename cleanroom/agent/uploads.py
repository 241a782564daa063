"""Send rows in chunks that may be repeated: prepared once, spooled, resumed."""

from __future__ import annotations

import hashlib
import os
import secrets
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice, starmap
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cleanroom.agent.http import Client
from cleanroom.agent.vault import Blocks
from cleanroom.documents.dataset import Upload
from cleanroom.scratch import Buckets
from protocols import orders
from protocols.limits import rows_per_chunk

AT_ONCE = 3
"""Chunks under way at a time: while the mediator writes one down it reads the next."""

Progress = Callable[[str, int, int], None]
"""Told of what is going on: a name, how much is done, how much there is in all."""


BLOCK = 1 << 18
"""Rows or tokens that are worked on at a time: some megabytes."""

ORDERED = 1 << 21
"""Rows that are brought into a random order in memory."""

SAMPLE = 4096
"""Rows that are looked at for combinations of labels."""


def silent(_name: str, _done: int, _total: int) -> None:
    """Tell nobody."""


def blocks(count: int, size: int = BLOCK) -> Iterator[slice]:
    """Cut so many rows into pieces that fit into memory."""
    return (slice(start, min(start + size, count)) for start in range(0, count, size))


def random_order(count: int) -> npt.NDArray[np.int64]:
    """Return 0..count-1 in a uniformly random order."""
    return orders.random_order(count, secrets.token_bytes)


def drawn_order(count: int, folder: Path) -> Blocks:
    """Return ``random_order`` in blocks, of which one is held at a time."""
    return Blocks(np.dtype(np.int64), (count,), _random_blocks(count, folder, ORDERED))


def _random_blocks(count: int, folder: Path, at_once: int) -> Iterator[npt.NDArray[np.int64]]:
    """Yield an order in blocks of about ``at_once`` numbers at most.

    Every number draws a bucket, and each bucket has an order of its own: any order of all of them
    is as likely as any other (Rao, Sankhya 1961; Sandelius, 1962).
    """
    if count <= at_once:
        yield random_order(count)
        return
    bits = (count // at_once).bit_length()
    buckets = Buckets(1 << bits, 8, folder)
    for block in blocks(count):
        numbers = np.arange(block.start, block.stop, dtype=np.int64)
        drawn = np.frombuffer(secrets.token_bytes(2 * len(numbers)), dtype=np.uint16)
        buckets.add(drawn >> np.uint16(16 - bits), numbers.view(np.uint8).reshape(-1, 8))
    for rows in buckets:
        numbers = rows.view(np.int64).reshape(-1)
        yield numbers[random_order(len(numbers))]


def random_integers(bound: int, count: int) -> npt.NDArray[np.int64]:
    """Draw numbers below a bound, for padding (a bias below 2^-36 does not matter there)."""
    drawn = np.frombuffer(secrets.token_bytes(8 * count), dtype=np.uint64)
    return (drawn % np.uint64(bound)).astype(np.int64)


def rows_to_pad_with(columns: Sequence[npt.NDArray[np.int32]], count: int) -> npt.NDArray[np.int64]:
    """Draw for each row of padding one whose labels it takes: each combination is as likely.

    Labels that no row has together would give padding away, row by row, and the number of people
    with it.  Combinations are those of some thousand rows, one at least.
    """
    rows = len(columns[0])
    drawn = random_integers(rows, min(rows, SAMPLE))
    _, first = np.unique(np.stack([one[drawn] for one in columns]), axis=1, return_index=True)
    found: npt.NDArray[np.int64] = drawn[first[random_integers(len(first), count)]]
    return found


def open_spool(path: Path, rows: int, width: int) -> npt.NDArray[np.uint8]:
    """Make the file that holds an upload until it is acknowledged, mapped into memory.

    Its room on the disk is taken at once: a mapped page that finds none ends the process without a
    word.  Raises ``OSError`` if there is none.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    if rows * width == 0:
        return np.zeros((rows, width), dtype=np.uint8)
    try:
        with path.open("r+b") as file:
            if sys.platform != "darwin":  # which has no such call
                os.posix_fallocate(file.fileno(), 0, rows * width)
    except OSError:
        path.unlink()
        raise
    return np.memmap(path, dtype=np.uint8, mode="r+", shape=(rows, width))


def flush_spool(spool: npt.NDArray[np.uint8]) -> None:
    """Put a spool's bytes on disk, before anything says that they are there."""
    if isinstance(spool, np.memmap):
        spool.flush()


def read_spool(path: Path, rows: int, width: int) -> npt.NDArray[np.uint8]:
    """Map a spooled upload."""
    if rows * width == 0:
        return np.zeros((rows, width), dtype=np.uint8)
    return np.memmap(path, dtype=np.uint8, mode="r", shape=(rows, width))


def send_rows(
    client: Client,
    path: str,
    rows: npt.NDArray[np.uint8],
    have: frozenset[int] = frozenset(),
    progress: Progress = silent,
    name: str = "upload",
) -> Upload:
    """Send rows of one width in chunks below ``path``; skip what the mediator has.

    Returns what the finishing statement says: counts and the salted commitment.
    """
    return send_blocks(client, path, rows.shape, [rows], have, progress, name)


def send_blocks(
    client: Client,
    path: str,
    shape: tuple[int, ...],
    rows: Iterable[npt.NDArray[np.uint8]],
    have: frozenset[int] = frozenset(),
    progress: Progress = silent,
    name: str = "upload",
) -> Upload:
    """Send rows that come in blocks, as ``send_rows`` does; ``shape`` is that of all together."""
    salt = secrets.token_bytes(16)
    commitment = hashlib.sha256(salt)
    total, width = shape
    per_chunk = rows_per_chunk(width) if width else 1
    chunks = -(-total // per_chunk) if width else 0

    def send(chunk: int, data: bytes) -> bytes:
        if chunk not in have:
            client.put(f"{path}/{chunk}", data)
        return hashlib.sha256(data).digest()

    with ThreadPoolExecutor(AT_ONCE) as threads:
        cut = iter(enumerate(_cut(rows, per_chunk) if width else ()))
        few = _few_at_once(lambda chunk: threads.submit(send, *chunk), cut)
        sent = few if chunks > 1 else starmap(send, cut)
        for chunk, digest in enumerate(sent):
            commitment.update(digest)
            progress(name, min(total, (chunk + 1) * per_chunk), total)
    return Upload(chunks=chunks, rows=total, salt=salt.hex(), commitment=commitment.hexdigest())


def _few_at_once(
    begin: Callable[[tuple[int, bytes]], Future[bytes]], chunks: Iterator[tuple[int, bytes]]
) -> Iterator[bytes]:
    """Yield what becomes of each chunk, in order; no more than these are in memory."""
    begun = deque(begin(chunk) for chunk in islice(chunks, AT_ONCE + 1))
    while begun:
        yield begun.popleft().result()
        begun += [begin(chunk) for chunk in islice(chunks, 1)]


def _cut(rows: Iterable[npt.NDArray[np.uint8]], per_chunk: int) -> Iterator[bytes]:
    """Yield the bytes of so many rows each time, of the last ones what is left."""
    rest, held = b"", 0
    for block in rows:
        for start in range(-held, len(block), per_chunk):
            some = block[max(0, start) : start + per_chunk]
            rest, held = rest + some.tobytes(), held + len(some)
            if held == per_chunk:
                yield rest
                rest, held = b"", 0
    if held:
        yield rest
