"""Derive the opaque tokens of rows from the per-person secrets T, in bulk.

    token = first 16 bytes of SHA-256( label (32) || SHA-256(scope) (32) || T (32) || level (1)
            || index (8, big-endian) )

The label and the scope (purpose, then job or alignment and datasets, each with its length before
it) fill the first block exactly, so that all rows share its chaining value and every token costs
one compression.  Every field has a fixed width: no two inputs have the same encoding.

Why this is a pseudorandom function of T: T is uniform and has a fixed place in the one block that
differs, so the claim is that SHA-256's compression function, keyed through its message block, is
one; HMAC rests on the same claim where it takes its key in (Bellare, CRYPTO 2006, the dual PRF).
The output is cut to half, and all inputs have one length, so nothing can be extended.
"""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

from protocols.compiled import compiled
from protocols.errors import LocalError
from protocols.limits import SECRET_BYTES, TOKEN_BYTES
from protocols.randomness import Random
from protocols.sha256 import absorb, compress, store_digest, swap

U8 = npt.NDArray[np.uint8]
U32 = npt.NDArray[np.uint32]
I64 = npt.NDArray[np.int64]

_LABEL = b"cleanroom/token/1".ljust(32, b"\0")
_LANES = 64
_MESSAGE_BITS = 8 * (64 + SECRET_BYTES + 1 + 8)


@compiled(nogil=True)
def _fill_lane(words: U32, lane: int, secret: U32, level: int, index: int) -> None:
    for i in range(8):
        words[i, lane] = swap(secret[i])
    words[8, lane] = np.uint32((level << 24) | (index >> 40))
    words[9, lane] = np.uint32((index >> 8) & 0xFFFFFFFF)
    words[10, lane] = np.uint32(((index & 0xFF) << 24) | 0x800000)
    for i in range(11, 15):
        words[i, lane] = 0
    words[15, lane] = _MESSAGE_BITS


@compiled(nogil=True)
def _derive(  # noqa: PLR0917 (compiled loops take no objects)
    state0: U32, secrets: U32, people: I64, level: I64, index: I64, out: U32
) -> None:
    words = np.zeros((16, _LANES), dtype=np.uint32)
    state = np.empty((8, _LANES), dtype=np.uint32)
    for first in range(0, len(people), _LANES):
        filled = min(_LANES, len(people) - first)
        for lane in range(filled):
            row = first + lane
            _fill_lane(words, lane, secrets[people[row]], level[row], index[row])
        for i in range(8):
            state[i, :] = state0[i]
        compress(state, words)
        for lane in range(filled):
            store_digest(state, lane, out[first + lane])


def _first_block(purpose: str, scope: tuple[bytes, ...]) -> bytes:
    parts = (purpose.encode(), *scope)
    encoded = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    return _LABEL + hashlib.sha256(encoded).digest()


def _check(secrets: U8, people: I64, level: I64, index: I64) -> None:
    if secrets.ndim != 2 or secrets.shape[1] != SECRET_BYTES or secrets.dtype != np.uint8:
        raise LocalError("secrets are rows of 32 bytes")
    if not people.shape == level.shape == index.shape or people.ndim != 1:
        raise LocalError("people, level and index have one entry per token")
    if len(people) == 0:
        return
    if people.min() < 0 or people.max() >= len(secrets):
        raise LocalError("a person is not in the table of secrets")
    if level.min() < 0 or level.max() > 255 or index.min() < 0:
        raise LocalError("a level has 8 bits and an index is not negative")


def audience_tokens(
    secrets: U8,
    alignment: bytes,
    brand_dataset: bytes,
    platform_dataset: bytes,
    *,
    people: I64 | None = None,
) -> U8:
    """Return one token per row of ``secrets`` (m, 32), or of those that ``people`` names, (n, 16).

    Both parties name the same three identifiers (any length), the brand's dataset first.
    """
    people = np.arange(len(secrets), dtype=np.int64) if people is None else people
    zeros = np.zeros(len(people), dtype=np.int64)
    scope = (alignment, brand_dataset, platform_dataset)
    return _tokens(secrets, "match", scope, people, zeros, zeros)


def event_tokens(
    secrets: U8,
    job: bytes,
    purpose: str,
    level: npt.NDArray[np.integer],
    index: npt.NDArray[np.integer],
    *,
    people: npt.NDArray[np.integer] | None = None,
) -> U8:
    """Return the token of node ``(level[i], index[i])`` of person ``people[i]``, shape (n, 16).

    ``secrets`` (m, 32) holds T once per person and ``people`` points into it; without ``people``
    there is one row of ``secrets`` per token.  A level lies in [0, 255], an index in [0, 2^63).
    Tokens of another job or purpose are unrelated, and so are all audience tokens.
    """
    rows = np.arange(len(secrets), dtype=np.int64) if people is None else people
    scope = (b"event", job)
    return _tokens(secrets, purpose, scope, _int64(rows), _int64(level), _int64(index))


def _int64(numbers: npt.NDArray[np.integer]) -> I64:
    if numbers.dtype == np.uint64 and len(numbers) and numbers.max() >= 1 << 63:
        raise LocalError("an index is below 2^63")
    return np.ascontiguousarray(numbers, dtype=np.int64)


def _tokens(  # noqa: PLR0917
    secrets: U8, purpose: str, scope: tuple[bytes, ...], people: I64, level: I64, index: I64
) -> U8:
    _check(secrets, people, level, index)
    out = np.empty((len(people), TOKEN_BYTES), dtype=np.uint8)
    state = absorb(_first_block(purpose, scope))
    words = np.require(secrets, requirements=["C", "ALIGNED"]).view(np.uint32)
    _derive(state, words, people, level, index, out.view(np.uint32))
    return out


def random_tokens(count: int, random: Random) -> U8:
    """Return tokens that match nobody, to pad an upload with, shape (count, 16)."""
    drawn = np.frombuffer(random(count * TOKEN_BYTES), dtype=np.uint8)
    return drawn.reshape(count, TOKEN_BYTES).copy()


def shuffled_tokens(tokens: U8, has: I64, random: Random) -> U8:
    """Return the tokens of rows that have several, shape (rows, tokens per row, 16).

    ``has`` (rows, tokens per row) points into ``tokens`` (n, 16); -1 is a random token.  Each row
    has its own order.
    """
    rows = random_tokens(has.size, random).reshape(*has.shape, TOKEN_BYTES)
    real = has >= 0
    rows[real] = tokens[has[real]]
    return shuffled_within_rows(rows, random)


def shuffled_within_rows(tokens: U8, random: Random) -> U8:
    """Return the tokens of each row, shape (rows, tokens per row, 16), in an order of its own.

    Drawn by 64-bit keys: from places nobody learns which token is which.
    """
    rows, per_row = tokens.shape[:2]
    keys = np.frombuffer(random(8 * rows * per_row), dtype=np.uint64).reshape(rows, per_row)
    return np.take_along_axis(tokens, np.argsort(keys, axis=1)[:, :, np.newaxis], axis=1)
