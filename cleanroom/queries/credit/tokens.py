"""Turn pieces and groups into tokens: the thin last step before an upload.

Rows come out in an order that tells something; the caller shuffles them before they leave.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cleanroom.queries.credit.groups import Groups
from cleanroom.queries.credit.pieces import Dither, Pieces, cover_pieces
from protocols.randomness import Random
from protocols.tokens import event_tokens, random_tokens

U8 = npt.NDArray[np.uint8]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]

EVENT = "event"
ROUNDING = "rounding"

_BLOCK = 1 << 17
"""Pieces that are covered at a time: some megabytes of nodes."""


def keyed_dither(secrets: U8, job: bytes) -> Dither:
    """Return the bits to round with, a function of T, the job and the piece.

    Bound to the job and not to the attempt, so that a retry rounds alike and tells nothing new.
    """

    def dither(people: I64, ticks: I64) -> U64:
        level = np.zeros(len(people), dtype=np.int64)
        drawn = event_tokens(secrets, job, ROUNDING, level, ticks, people=people)
        return np.ascontiguousarray(drawn[:, :8]).view("<u8").reshape(-1)

    return dither


def platform_tokens(pieces: Pieces, secrets: U8, job: bytes) -> tuple[U8, I32]:
    """Return one token per node, shape (n, 16), and the label of each."""
    tokens, labels = [], []
    for begin in range(0, max(len(pieces), 1), _BLOCK):
        nodes = cover_pieces(pieces.take(slice(begin, begin + _BLOCK)))
        found = event_tokens(secrets, job, EVENT, nodes.level, nodes.index, people=nodes.person)
        tokens.append(found)
        labels.append(nodes.label)
    return np.concatenate(tokens), np.concatenate(labels)


def brand_tokens(groups: Groups, secrets: U8, job: bytes, random: Random) -> U8:
    """Return the tokens of every group, shape (groups, depth + 1, 16), padded and shuffled.

    The places of a row are filled up with tokens that match nobody, then put in random order:
    neither the number of nodes nor the level of the one that matches can be told.
    """
    width = groups.depth + 1
    rows = random_tokens(len(groups) * width, random).reshape(len(groups), width, -1)
    group, level, index = groups.nodes()
    place = level.astype(np.int64) - groups.level[group]
    person = groups.person[group]
    rows[group, place] = event_tokens(secrets, job, EVENT, level, index, people=person)
    keys = np.frombuffer(random(8 * len(groups) * width), dtype=np.uint64)
    order = np.argsort(keys.reshape(len(groups), width), axis=1)
    return np.take_along_axis(rows, order[:, :, None], axis=1)
