"""Send rows in chunks that may be repeated: prepared once, spooled, resumed."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cleanroom.agent.http import Client
from cleanroom.documents.dataset import Upload
from protocols import orders
from protocols.limits import rows_per_chunk

AT_ONCE = 3
"""Chunks under way at a time: while the mediator writes one down it reads the next."""

Progress = Callable[[str, int, int], None]
"""Told of what is going on: a name, how much is done, how much there is in all."""


BLOCK = 1 << 18
"""Rows or tokens that are worked on at a time: some megabytes."""

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
    """Make the file that holds an upload until it is acknowledged, mapped into memory."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    if rows * width == 0:
        return np.zeros((rows, width), dtype=np.uint8)
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
    salt = secrets.token_bytes(16)
    commitment = hashlib.sha256(salt)
    total, width = rows.shape
    per_chunk = rows_per_chunk(width) if width else 1
    chunks = -(-total // per_chunk) if width else 0

    def send(chunk: int) -> bytes:
        data = rows[chunk * per_chunk : (chunk + 1) * per_chunk].tobytes()
        if chunk not in have:
            client.put(f"{path}/{chunk}", data)
        return hashlib.sha256(data).digest()

    with ThreadPoolExecutor(AT_ONCE) as threads:
        sent = threads.map(send, range(chunks)) if chunks > 1 else map(send, range(chunks))
        for chunk, digest in enumerate(sent):
            commitment.update(digest)
            progress(name, min(total, (chunk + 1) * per_chunk), total)
    return Upload(chunks=chunks, rows=total, salt=salt.hex(), commitment=commitment.hexdigest())
