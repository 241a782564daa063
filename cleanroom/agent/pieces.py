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


def read(file: BinaryIO, size: int, master: bytes, name: bytes) -> bytearray:
    """Return what was written, from behind the mark of a file of so many bytes; else InvalidTag."""
    cipher = _cipher(master, file.read(SALT_BYTES), name)
    sealed = memoryview(bytearray(min(size, PIECE_BYTES + TAG_BYTES)))
    rest = size - HEAD_BYTES
    pieces = -(-rest // (PIECE_BYTES + TAG_BYTES))
    if rest - pieces * TAG_BYTES <= 0:
        raise InvalidTag
    data = bytearray(rest - pieces * TAG_BYTES)
    for number in range(pieces):
        start = number * PIECE_BYTES
        opened = memoryview(data)[start : start + PIECE_BYTES]
        if file.readinto(sealed[: len(opened) + TAG_BYTES]) != len(opened) + TAG_BYTES:  # type: ignore[attr-defined]
            raise InvalidTag
        nonce = _nonce(number, number == pieces - 1)
        cipher.decrypt_into(nonce, sealed[: len(opened) + TAG_BYTES], name, opened)
    return data


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
