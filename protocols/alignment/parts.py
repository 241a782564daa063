"""Divide a large alignment into parts that are executions of their own, with secrets of their own.

An alignment of more than ``PART_ROWS`` rows on its larger side is one execution of its profile for
each part, one after the other.  A part holds the identifiers whose digest begins with its number,
on both sides, so equal ones meet in one part.  Each side pads each part to one size, which follows
from the declared sizes alone.  Nothing of one part is of use in another: nonces, keys, transfers
and salts are drawn for each, and its name stands in every hash.

What is entered for a part is 32 bytes for each identifier, its digest under the alignment's name.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from protocols.alignment import Context
from protocols.errors import LocalError
from protocols.limits import most_of_a_share
from protocols.sha256 import DIGEST_BYTES, sha256_many
from protocols.strings import PackedStrings

U8 = npt.NDArray[np.uint8]

PART_ROWS = 1 << 22
"""Rows of a part at most, about: its keys, rows and secrets take half a gigabyte."""

OVERFLOW_BITS = 80
"""The proposer of an alignment draws its name and could try many: no part overflows below 2^80."""

MAXIMUM_BITS = 16


def part_bits(context: Context) -> int:
    """Return the logarithm of the number of parts; 0 is an alignment that is not divided."""
    rows = max(context.own_count, context.peer_count)
    return min(MAXIMUM_BITS, max(0, -(-rows // PART_ROWS) - 1).bit_length())


def capacity(count: int, bits: int) -> int:
    """Return how many identifiers each part of a side is padded to, of so many in all."""
    return count if bits == 0 else most_of_a_share(count / (1 << bits), OVERFLOW_BITS + bits)


def part_of(context: Context, bits: int, number: int) -> Context:
    """Return the context of one part: its own name, its own sizes."""
    name = b"cleanroom/alignment-part/1" + context.alignment + bytes([bits]) + number.to_bytes(4)
    return replace(
        context,
        alignment=hashlib.sha256(name).digest()[: len(context.alignment)],
        own_count=capacity(context.own_count, bits),
        peer_count=capacity(context.peer_count, bits),
        part_bits=bits,
    )


def digests(context: Context, identifiers: PackedStrings) -> U8:
    """Return what stands for each identifier in its part, shape (rows, 32)."""
    label = hashlib.sha256(b"cleanroom/alignment-digest/1").digest()
    return sha256_many(identifiers, label + context.room + context.alignment)


def numbers(found: U8, bits: int) -> npt.NDArray[np.uint16]:
    """Return the part of each digest: its leading bits."""
    leading = (found[:, 0].astype(np.uint32) << np.uint32(8)) | found[:, 1]
    return (leading >> np.uint32(16 - bits)).astype(np.uint16)


def entries(found: U8, most: int) -> PackedStrings:
    """Return the digests of a part as identifiers; LocalError if they are more than it holds."""
    if len(found) > most:
        raise LocalError("a part overflows, by a chance of 2^-80; propose another alignment")
    offsets = np.arange(len(found) + 1, dtype=np.int64) * DIGEST_BYTES
    return PackedStrings(np.ascontiguousarray(found).reshape(-1), offsets)
