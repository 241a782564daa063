"""Write one side's rows for a job: tokens, a label code, a flag, a ciphertext, in no useful order.

Memory grows with the rows, and not with the steps they go through: what is made of the rows is
made in blocks, and only tokens, labels and flags are held whole.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from concurrent.futures import Executor
from typing import Any

import numpy as np
import numpy.typing as npt

from cleanroom.agent import person_secrets, veiled_rows
from cleanroom.agent.jobs import LocalJob
from cleanroom.agent.uploads import blocks, random_integers, random_order
from cleanroom.engine.layout import RowLayout
from cleanroom.queries.template import PartyRows
from protocols.limits import TOKEN_BYTES
from protocols.tokens import event_tokens, random_tokens, shuffled_within_rows

Bytes = npt.NDArray[np.uint8]


def write_rows(
    job: LocalJob,
    made: PartyRows,
    codes: npt.NDArray[np.int32],
    layout: RowLayout,
    spool: Bytes,
    executor: Executor | None,
) -> npt.NDArray[np.intp]:
    """Fill the spool; return the row at each place, numbers past those made being padding.

    Padding looks like any other row.

    Rows of one token and no ciphertext go by token: tokens are pseudorandom, so a rising order
    of them tells no more than the set.  All others are shuffled.
    """
    count = len(spool)
    label, flag = _labelled(made, codes, count - made.rows)
    if layout.veiled:
        tokens, label = veiled_rows.make(job, made, codes, layout.tokens, count)
    else:
        tokens = _tokens(job, made, layout, count)
    by_token = layout.tokens == 1 and not layout.ciphertext_bytes
    order = _order_by(tokens) if by_token else random_order(count).astype(np.intp)
    values = _encrypted(job, made, layout, order, executor)
    for block in blocks(count):
        rows = order[block]
        part = next(values) if values is not None else None
        spool[block] = layout.encode(tokens[rows], label[rows].astype(np.int32), flag[rows], part)
    return order


def _tokens(job: LocalJob, made: PartyRows, layout: RowLayout, count: int) -> Bytes:
    """Return the tokens of all rows, padding among them."""
    if made.row is None and layout.tokens == 1:
        return _single_tokens(job, made, count)
    blank = _blank(count - made.rows, layout.tokens)
    if job.plan.hub is not None:
        return _padded(_hub_tokens(job, made), blank)
    return _padded(_row_tokens(job, made, layout.tokens), blank)


def _labelled(
    made: PartyRows, codes: npt.NDArray[np.int32], padding: int
) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
    """Return label and flag of every row; padding has both of a row that is drawn from the others.

    Labels that are spread otherwise would stand out, and so would how many of them there are.
    Where labels are credit vectors, how many of them occur follows from paths: there a part of the
    padding, of a size that is drawn, has any label.
    """
    label, flag = codes[made.label], made.flag
    if not made.rows:
        return random_integers(len(codes), padding), np.ones(padding, dtype=np.bool_)
    like = random_integers(made.rows, padding)
    filling = label[like]
    if made.vectors:
        some = int(random_integers(padding + 1, 1)[0])
        filling[:some] = random_integers(len(codes), some)
    return _padded(label, filling), _padded(flag, flag[like])


def _padded(real: npt.NDArray[Any], padding: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.concatenate([real, padding])


def _order_by(tokens: Bytes) -> npt.NDArray[np.intp]:
    """Return the rows by the first half of their one token."""
    halves = np.ascontiguousarray(tokens.reshape(len(tokens), -1)[:, :8]).view("<u8")
    return np.argsort(halves.reshape(-1))


def _encrypted(
    job: LocalJob,
    made: PartyRows,
    layout: RowLayout,
    order: npt.NDArray[np.intp],
    executor: Executor | None,
) -> Iterator[Bytes] | None:
    """Yield the ciphertexts of each block of rows in their new order."""
    if not layout.ciphertext_bytes:
        return None
    width = made.values.shape[1] if made.values is not None else 1
    plain = np.zeros((len(order), width), dtype=np.int64)
    if made.values is not None:
        plain[: made.rows] = made.values
    private, profile = job.room.paillier(), job.room.agreement.policy.paillier_profile
    return (
        private.encrypt_rows(plain[order[block]], secrets.token_bytes, executor, profile)
        for block in blocks(len(order))
    )


def _single_tokens(job: LocalJob, made: PartyRows, count: int) -> Bytes:
    """Return the token of every row, one each, and random ones to the end."""
    tokens = np.empty((count, TOKEN_BYTES), dtype=np.uint8)
    known = person_secrets.of_pair(job)
    for block in blocks(made.rows):
        tokens[block] = _derived(job, made, known, block)
    tokens[made.rows :] = random_tokens(count - made.rows, secrets.token_bytes)
    return tokens


def _hub_tokens(job: LocalJob, made: PartyRows) -> Bytes:
    """Return for every row one token under the secret of each alignment, in the order of these."""
    known = list(person_secrets.of_hub(job))
    tokens = np.empty((made.rows, len(known), TOKEN_BYTES), dtype=np.uint8)
    for block in blocks(made.rows):
        for place, secrets_of_one in enumerate(known):
            tokens[block, place] = _derived(job, made, secrets_of_one, block)
    return tokens


def _derived(
    job: LocalJob, made: PartyRows, known: Bytes, block: slice | npt.NDArray[np.intp]
) -> Bytes:
    return event_tokens(
        known,
        bytes.fromhex(job.identity),
        job.document.template,
        made.level[block],
        made.index[block],
        people=made.person[block],
    )


def _blank(rows: int, tokens: int) -> Bytes:
    return random_tokens(rows * tokens, secrets.token_bytes).reshape(rows, tokens, TOKEN_BYTES)


def _row_tokens(job: LocalJob, made: PartyRows, per_row: int) -> Bytes:
    """Put each token into its row, fill rows up with random ones, shuffle within each row.

    The number and the place of a row's real tokens would tell the level of its nodes.
    """
    known = person_secrets.of_pair(job)
    tokens = _blank(made.rows, per_row)
    rows = np.arange(made.rows) if made.row is None else made.row
    by_row = np.argsort(rows, kind="stable")
    row = rows[by_row]
    place = np.arange(len(row)) - np.searchsorted(row, row)
    for block in blocks(len(row)):
        tokens[row[block], place[block]] = _derived(job, made, known, by_row[block])
    if per_row > 1:
        for block in blocks(made.rows):
            tokens[block] = shuffled_within_rows(tokens[block], secrets.token_bytes)
    return tokens
