"""Put aside what does not fit into memory, in files that nobody can read, this process apart.

A scratch file has no name and is encrypted under a key that is drawn for it and never leaves the
process (AES-256-GCM): when the process ends, however it ends, what is left on the disk is noise.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

Bytes = npt.NDArray[np.uint8]

BUFFER_BYTES = 1 << 24
"""What the buckets of one division hold in memory together."""

_TAG_BYTES = 16


class Scratch:
    """Write blocks of bytes, and read each of them back, by the number that writing it returned.

    ``folder`` is where the disk has room; the system's folder of temporary files by default.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 (``close`` does)
        self._cipher = AESGCM(AESGCM.generate_key(256))
        self._ends = [0]

    def write(self, data: bytes | memoryview) -> int:
        """Put a block aside; return its number."""
        number = len(self._ends) - 1
        sealed = memoryview(self._cipher.encrypt(_nonce(number), data, None))
        self._ends.append(self._ends[-1] + len(sealed))
        while sealed:
            sealed = sealed[self._file.write(sealed) :]
        return number

    def read(self, number: int) -> bytearray:
        """Return a block as it was written; ``InvalidTag`` if the disk returns another."""
        start, end = self._ends[number], self._ends[number + 1]
        sealed = os.pread(self._file.fileno(), end - start, start)
        data = bytearray(max(0, len(sealed) - _TAG_BYTES))
        self._cipher.decrypt_into(_nonce(number), sealed, None, data)
        return data

    def close(self) -> None:
        """Give the disk its room back."""
        self._file.close()


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")


class Buckets:
    """Divide rows of bytes over buckets, and give each bucket back in the order it was filled.

    ``width`` is the bytes of a row.
    """

    def __init__(self, buckets: int, width: int, folder: Path | None = None) -> None:
        self._scratch = Scratch(folder)
        self._width = width
        self._held: list[list[Bytes]] = [[] for _ in range(buckets)]
        self._rows = [0] * buckets
        self._blocks: list[list[int]] = [[] for _ in range(buckets)]
        self._most = max(1, BUFFER_BYTES // buckets // width)

    def __len__(self) -> int:
        return len(self._held)

    def add(self, numbers: npt.NDArray[np.uint16], rows: Bytes) -> None:
        """Append rows, shape (rows, width), each to the bucket that ``numbers`` names."""
        order = np.argsort(numbers, kind="stable")
        loads = np.bincount(numbers, minlength=len(self._held))
        parts = np.split(rows[order], np.cumsum(loads)[:-1])
        for bucket in np.flatnonzero(loads).tolist():
            self._held[bucket].append(parts[bucket].copy())
            self._rows[bucket] += len(parts[bucket])
            if self._rows[bucket] >= self._most:
                self._put_aside(bucket)

    def _put_aside(self, bucket: int) -> None:
        whole = np.concatenate(self._held[bucket])
        self._blocks[bucket].append(self._scratch.write(whole.reshape(-1).data))
        self._held[bucket], self._rows[bucket] = [], 0

    def take(self, bucket: int) -> Bytes:
        """Return a bucket's rows, shape (rows, width), once."""
        blocks, held = self._blocks[bucket], self._held[bucket]
        self._blocks[bucket], self._held[bucket], self._rows[bucket] = [], [], 0
        data = bytearray()
        for number in blocks:
            data += self._scratch.read(number)
        for rows in held:
            data += rows.reshape(-1).data
        return np.frombuffer(data, dtype=np.uint8).reshape(-1, self._width)

    def __iter__(self) -> Iterator[Bytes]:
        """Yield the rows of one bucket after the other, and give the room back at the end."""
        try:
            for bucket in range(len(self._held)):
                yield self.take(bucket)
        finally:
            self.close()

    def close(self) -> None:
        """Give the disk its room back."""
        self._scratch.close()
