"""Make the tokens of rows in which every token has a label, under a pad that a match alone opens.

Pads follow from what a token is made of, so both sides of an alignment draw the same.  The hub
sends the pad itself beside each token, each other one its label plus the pad, modulo the number of
labels: where the two tokens are one, the difference is the label.  Every label that is not met is
as good as random, and so are the tokens around it: the mediator does not see how many ticks of a
person are covered, nor by what.
"""

from __future__ import annotations

import secrets

import numpy as np
import numpy.typing as npt

from cleanroom.agent import person_secrets
from cleanroom.agent.jobs import LocalJob
from cleanroom.agent.uploads import BLOCK, blocks
from cleanroom.queries.template import PartyRows
from protocols.limits import TOKEN_BYTES
from protocols.tokens import event_tokens, random_tokens

Bytes = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int32]

PAD = "pad"
"""Follows the purpose of the tokens, and makes what is drawn unrelated to them."""


def make(
    job: LocalJob, made: PartyRows, codes: Labels, per_row: int, count: int
) -> tuple[Bytes, Labels]:
    """Return tokens, shape (count, tokens per row, 16), and their labels, filled up to ``count``.

    What is not said is drawn at random: places of a row without a token, and rows past those made.
    """
    tokens = random_tokens(count * per_row, secrets.token_bytes)
    tokens = tokens.reshape(count, per_row, TOKEN_BYTES)
    label = _below(_codes(job), secrets.token_bytes(8 * count * per_row)).reshape(count, per_row)
    (_of_hub if job.receives else _of_other)(job, made, codes, tokens, label)
    return tokens, label


def _of_hub(
    job: LocalJob,
    made: PartyRows,
    codes: Labels,  # noqa: ARG001 - a conversion has no label
    tokens: Bytes,
    label: Labels,
) -> None:
    """Write for every row its token under the secret of each alignment, and the pad beside it."""
    for place, known in enumerate(person_secrets.of_hub(job)):
        for block in blocks(made.rows):
            tokens[block, place], label[block, place] = _derived(job, made, known, block)


def _of_other(job: LocalJob, made: PartyRows, codes: Labels, tokens: Bytes, label: Labels) -> None:
    """Write each token and its veiled label into its row, so that its place tells no tick."""
    known = person_secrets.of_pair(job)
    rows = np.arange(made.rows) if made.row is None else made.row
    for block in blocks(len(rows)):
        at = rows[block], made.index[block]
        tokens[at], pad = _derived(job, made, known, block)
        label[at] = (codes[made.label[block]] + pad) % _codes(job)
    _shuffle(tokens, label)


def _shuffle(tokens: Bytes, label: Labels) -> None:
    """Give every row an order of its own, tokens and labels alike."""
    for block in blocks(len(tokens), max(1, BLOCK // tokens.shape[1])):
        keys = np.frombuffer(secrets.token_bytes(8 * label[block].size), dtype=np.uint64)
        order = np.argsort(keys.reshape(label[block].shape), axis=1)
        tokens[block] = np.take_along_axis(tokens[block], order[:, :, np.newaxis], axis=1)
        label[block] = np.take_along_axis(label[block], order, axis=1)


def _derived(job: LocalJob, made: PartyRows, known: Bytes, block: slice) -> tuple[Bytes, Labels]:
    """Return the tokens of some entries, and their pads."""
    purpose, nodes = job.document.template, (made.level[block], made.index[block])
    identity, people = bytes.fromhex(job.identity), made.person[block]
    tokens = event_tokens(known, identity, purpose, *nodes, people=people)
    drawn = event_tokens(known, identity, f"{purpose}/{PAD}", *nodes, people=people)
    return tokens, _below(_codes(job), drawn[:, :8].tobytes())


def _below(bound: int, drawn: bytes) -> Labels:
    """Return one number below a small bound for eight random bytes each (a bias below 2^-50)."""
    return (np.frombuffer(drawn, dtype="<u8") % np.uint64(bound)).astype(np.int32)


def _codes(job: LocalJob) -> int:
    shape = job.plan.hub
    return shape.codes if shape else 1
