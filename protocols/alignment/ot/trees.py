"""Share sixteen seeds for every symbol but one that the other side chose: punctured trees.

A puncturable pseudorandom function after Goldreich, Goldwasser and Micali (Boyle, Goldwasser and
Ivan, PKC 2014), opened by one transfer for each level as in Schoppmann, Gascon, Reichert and
Raykova (CCS 2019) and Roy (SoftSpokenOT, CRYPTO 2022, section 6.1).

The receiver of the function grows a tree of depth four from a random root for each of the 53
symbols, or 55 of the wide code.  On each level it adds up the left children and the right children,
and masks the two sums with the two seeds of a base transfer.  The sender opens one sum a level, on
the side where its secret symbol is not: with it every leaf but the one that its symbol names
follows, and of that leaf it knows nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import reduce
from operator import xor

from protocols.alignment.ot.code import FIELD_BITS, LENGTH
from protocols.errors import InvalidMessageError

SEED_BYTES = 16


def message_bytes(trees: int) -> int:
    """Return the length of the message that opens so many trees."""
    return trees * FIELD_BITS * 2 * SEED_BYTES


TREES_BYTES = message_bytes(LENGTH)


def _sum(*seeds: bytes) -> bytes:
    return reduce(xor, map(int.from_bytes, seeds)).to_bytes(SEED_BYTES)


def _children(prefix: bytes, node: bytes) -> tuple[bytes, bytes]:
    digest = hashlib.sha256(prefix + node).digest()
    return digest[:SEED_BYTES], digest[SEED_BYTES:]


def grow(
    roots: Sequence[bytes], masks: tuple[Sequence[bytes], Sequence[bytes]], prefix: bytes
) -> tuple[list[list[bytes]], bytes]:
    """Return the 16 leaves under each root, and the message that opens all but one of them.

    ``masks`` are the seeds of choice 0 and of choice 1, four for each root, top level first.  Leaf
    ``x`` hangs where the bits of x lead, the highest first, a one leading right.
    """
    leaves, message = [], bytearray()
    for tree, root in enumerate(roots):
        level = [root]
        for depth in range(FIELD_BITS):
            level = [child for node in level for child in _children(prefix, node)]
            transfer = FIELD_BITS * tree + depth
            message += _sum(*level[0::2], masks[0][transfer])
            message += _sum(*level[1::2], masks[1][transfer])
        leaves.append(level)
    return leaves, bytes(message)


def missing(choices: int, trees: int = LENGTH) -> list[int]:
    """Return the symbol of each tree that choice bits leave out, bit ``4 i`` being tree i's top."""
    kept = [choices >> FIELD_BITS * tree & 0xF for tree in range(trees)]
    return [0xF ^ int(f"{bits:04b}"[::-1], 2) for bits in kept]


def open_all_but_one(
    choices: int, seeds: Sequence[bytes], message: bytes, prefix: bytes
) -> list[list[bytes | None]]:
    """Return the 16 leaves of each tree, None in the place of the symbol that is left out.

    ``choices`` and ``seeds`` are those of the base transfers, four for each tree.
    InvalidMessageError for a message of
    the wrong length.
    """
    trees = len(seeds) // FIELD_BITS
    if len(message) != message_bytes(trees):
        raise InvalidMessageError("the trees have the wrong length")
    leaves = []
    for tree in range(trees):
        level: list[bytes | None] = [None]
        for depth in range(FIELD_BITS):
            transfer = FIELD_BITS * tree + depth
            side = choices >> transfer & 1
            at = SEED_BYTES * (2 * transfer + side)
            opened = message[at : at + SEED_BYTES], seeds[transfer]
            gap = 2 * level.index(None) + side
            level = [
                child
                for node in level
                for child in ((None, None) if node is None else _children(prefix, node))
            ]
            level[gap] = _sum(*opened, *(node for node in level[side::2] if node is not None))
        leaves.append(level)
    return leaves
