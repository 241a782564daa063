"""Encrypt a large file piece by piece, so that neither writing nor reading holds it twice.

A file has a key of its own, HKDF-SHA256 of the master key with a fresh salt and the file's name
(the streaming construction of Hoang, Reyhanitabar, Rogaway and Vizár, CRYPTO 2015, with derived
keys).  The nonce of a piece is its number and whether it is the last, so pieces cannot be left
out, repeated, moved or cut off; the name is the associated data as well.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import count
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MARK = b"CRvault2"
"""First bytes of such a file; a file in one piece begins with 12 random ones."""

PIECE_BYTES = 1 << 22
SALT_BYTES, TAG_BYTES = 32, 16
HEAD_BYTES = len(MARK) + SALT_BYTES


def write(file: BinaryIO, master: bytes, name: bytes, parts: Iterable[memoryview]) -> None:
    """Write the bytes of all parts, one after the other; at least one byte in all."""
    salt = os.urandom(SALT_BYTES)
    cipher = _cipher(master, salt, name)
    file.write(MARK + salt)
    sealed = memoryview(bytearray(PIECE_BYTES + TAG_BYTES))
    pieces = _cut(parts)
    piece: memoryview | None = next(pieces)
    for number in count():
        if piece is None:
            return
        following = next(pieces, None)
        end = len(piece) + TAG_BYTES
        cipher.encrypt_into(_nonce(number, following is None), piece, name, sealed[:end])
        file.write(sealed[:end])
        piece = following


class Pieces:
    """Read any bytes of what was written, from behind the mark of a file of so many bytes.

    What is read is whole and of this file; InvalidTag if it is not, or the file was cut.
    """

    def __init__(self, file: BinaryIO, size: int, master: bytes, name: bytes) -> None:
        self._file, self._name = file, name
        file.seek(len(MARK))
        self._cipher = _cipher(master, file.read(SALT_BYTES), name)
        rest = size - HEAD_BYTES
        self._count = -(-rest // (PIECE_BYTES + TAG_BYTES))
        self.size = rest - self._count * TAG_BYTES
        if self.size <= 0:
            raise InvalidTag
        self._sealed = memoryview(bytearray(min(size, PIECE_BYTES + TAG_BYTES)))
        self._opened = memoryview(bytearray(min(self.size, PIECE_BYTES)))
        self._number = -1

    def read(self, start: int, stop: int) -> bytearray:
        """Return bytes ``[start, stop)``."""
        data = bytearray(stop - start)
        self._read_into(memoryview(data), start)
        return data

    def _read_into(self, data: memoryview, start: int) -> None:
        stop = start + len(data)
        for number in range(start // PIECE_BYTES, -(-stop // PIECE_BYTES)):
            first = number * PIECE_BYTES
            length = min(PIECE_BYTES, self.size - first)
            begin, end = max(start, first), min(stop, first + length)
            target = data[begin - start : end - start]
            if end - begin == length:
                self._open(number, target)
                continue
            if number != self._number:
                self._number = -1
                self._open(number, self._opened[:length])
                self._number = number
            target[:] = self._opened[begin - first : end - first]

    def _open(self, number: int, target: memoryview) -> None:
        sealed = self._sealed[: len(target) + TAG_BYTES]
        self._file.seek(HEAD_BYTES + number * (PIECE_BYTES + TAG_BYTES))
        if self._file.readinto(sealed) != len(sealed):  # type: ignore[attr-defined]
            raise InvalidTag
        nonce = _nonce(number, number == self._count - 1)
        self._cipher.decrypt_into(nonce, sealed, self._name, target)


def _cipher(master: bytes, salt: bytes, name: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, salt, MARK + name).derive(master))


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def _cut(parts: Iterable[memoryview]) -> Iterator[memoryview]:
    """Yield pieces of one size, the last one what is left; by turns in the same two buffers."""
    buffers = [memoryview(bytearray(PIECE_BYTES)) for _ in range(2)]
    filled = 0
    for part in parts:
        start = 0
        while start < len(part):
            if filled == PIECE_BYTES:
                yield buffers[0]
                buffers.reverse()
                filled = 0
            taken = min(len(part) - start, PIECE_BYTES - filled)
            buffers[0][filled : filled + taken] = part[start : start + taken]
            start, filled = start + taken, filled + taken
    if filled:
        yield buffers[0][:filled]
