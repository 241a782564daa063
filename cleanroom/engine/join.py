"""Join two lists of tokens in time that grows with their number, in parts that a cache holds.

Tokens are spread over parts by a hash with a random key, and each part is joined by a small table.
Whoever sends tokens does not know the key, so it cannot choose any that crowd into one part or one
place of a table.  The result does not depend on the key.  Parts are joined on all cores.
"""

from __future__ import annotations

import os
import secrets
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from protocols.compiled import compiled
from protocols.errors import InvalidMessageError
from protocols.okvs import mix

Words = npt.NDArray[np.uint64]
U32 = npt.NDArray[np.uint32]
Places = npt.NDArray[np.int64]

PART_BITS = 14
"""Tokens of a part, about, as a logarithm: hashes, rows and table take half a megabyte."""

NOBODY = np.uint32(0xFFFFFFFF)
MOST = int(NOBODY)


@compiled(nogil=True)
def _hash(token: Words, key: Words) -> np.uint64:
    """Tell any two tokens of one half apart, too: they may be chosen so."""
    return mix(mix(mix(token[0] ^ key[0]) ^ token[1]) ^ key[1])


@compiled(nogil=True)
def _spread(tokens: Words, key: Words, bits: int, hashes: Words, rows: U32) -> Places:
    """Write hash and row of every token, part after part; return where the parts end."""
    shift = np.uint64(63 - bits)
    ends = np.zeros(1 << bits, dtype=np.int64)
    for row in range(len(tokens)):
        ends[np.int64((_hash(tokens[row], key) >> np.uint64(1)) >> shift)] += 1
    places = np.empty_like(ends)
    begin = np.int64(0)
    for part in range(len(ends)):
        places[part] = begin
        begin += ends[part]
        ends[part] = begin
    for row in range(len(tokens)):
        hashed = _hash(tokens[row], key)
        to = np.int64((hashed >> np.uint64(1)) >> shift)
        hashes[places[to]] = hashed
        rows[places[to]] = row
        places[to] += 1
    return ends


@compiled(nogil=True)
def _table(tokens: Words, hashes: Words, rows: U32, table: U32) -> bool:
    """Enter a part into a table of a power of two places; tell whether no token repeats."""
    table[:] = NOBODY
    last = np.uint64(len(table) - 1)
    for entry in range(len(hashes)):
        place = hashes[entry] & last
        while table[place] != NOBODY:
            other = table[place]
            if hashes[other] == hashes[entry]:
                one, two = tokens[rows[other]], tokens[rows[entry]]
                if one[0] == two[0] and one[1] == two[1]:
                    return False
            place = (place + np.uint64(1)) & last
        table[place] = np.uint32(entry)
    return True


@compiled(nogil=True)
def _meet(  # noqa: PLR0917 (compiled loops take no objects)
    large: Words,
    small: Words,
    large_hashes: Words,
    small_hashes: Words,
    large_rows: U32,
    small_rows: U32,
    table: U32,
    partner: U32,
) -> None:
    """Write the small side's row of every token of the large side's part that both have."""
    last = np.uint64(len(table) - 1)
    for entry in range(len(large_hashes)):
        place = large_hashes[entry] & last
        while table[place] != NOBODY:
            other = table[place]
            if small_hashes[other] == large_hashes[entry]:
                one, two = large[large_rows[entry]], small[small_rows[other]]
                if one[0] == two[0] and one[1] == two[1]:
                    partner[large_rows[entry]] = small_rows[other]
                    break
            place = (place + np.uint64(1)) & last


@compiled(nogil=True)
def _join_parts(  # noqa: PLR0917 (compiled loops take no objects)
    large: Words,
    small: Words,
    large_hashes: Words,
    large_rows: U32,
    large_ends: Places,
    small_hashes: Words,
    small_rows: U32,
    small_ends: Places,
    first: int,
    end: int,
    partner: U32,
) -> bool:
    """Join the parts from the first on, and tell whether none of them has a token twice."""
    large_begin = large_ends[first - 1] if first else np.int64(0)
    small_begin = small_ends[first - 1] if first else np.int64(0)
    for part in range(first, end):
        large_end, small_end = large_ends[part], small_ends[part]
        places = 16
        while places < 2 * max(large_end - large_begin, small_end - small_begin):
            places *= 2
        table = np.empty(places, dtype=np.uint32)
        one = large_hashes[large_begin:large_end], large_rows[large_begin:large_end]
        two = small_hashes[small_begin:small_end], small_rows[small_begin:small_end]
        if not _table(large, one[0], one[1], table) or not _table(small, two[0], two[1], table):
            return False
        _meet(large, small, one[0], two[0], one[1], two[1], table, partner)
        large_begin, small_begin = large_end, small_end
    return True


def _parted(tokens: Words, key: Words, bits: int) -> tuple[Words, U32, Places]:
    """Return hash and row of every token, part after part, and where the parts end."""
    hashes, rows = np.empty(len(tokens), dtype=np.uint64), np.empty(len(tokens), dtype=np.uint32)
    ends = _spread(tokens, key, bits, hashes, rows)
    return hashes, rows, ends


def join(large: Words, small: Words) -> tuple[Places, Places]:
    """Return the places in both of the tokens that both have, in the order of the first.

    Tokens are two words, shape (tokens, 2).  Raises ``InvalidMessageError`` if a token stands in
    one of the lists twice.
    """
    if max(len(large), len(small)) >= MOST:
        raise InvalidMessageError(f"an upload has fewer than {MOST} tokens")
    key = np.frombuffer(secrets.token_bytes(16), dtype=np.uint64)
    bits = max(0, len(large).bit_length() - PART_BITS)
    partner = np.full(len(large), NOBODY, dtype=np.uint32)
    large, small = _of_one_kind(large), _of_one_kind(small)
    count = min(1 << bits, os.cpu_count() or 1)
    cuts = [number * (1 << bits) // count for number in range(count + 1)]
    with ThreadPoolExecutor(count) as threads:
        one, two = threads.map(lambda side: _parted(side, key, bits), (large, small))
        joined = threads.map(
            lambda first, end: _join_parts(large, small, *one, *two, first, end, partner),
            cuts[:-1],
            cuts[1:],
        )
        if not all(joined):
            raise InvalidMessageError("an upload repeats a token")
    places = np.flatnonzero(partner != NOBODY)
    return places, partner[places].astype(np.int64)


def _of_one_kind(tokens: Words) -> Words:
    """Return a view for which nothing is compiled anew, wherever the tokens lie."""
    found = np.asarray(np.require(tokens, np.uint64, ["C", "ALIGNED"])).view()
    found.flags.writeable = False
    return found
