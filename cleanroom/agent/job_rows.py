"""Make and send this side's rows for one job: tokens, a label code, a flag, a ciphertext."""

from __future__ import annotations

import secrets
from concurrent.futures import Executor
from functools import partial

import numpy as np
import numpy.typing as npt

from cleanroom.agent.earlier import earlier_result
from cleanroom.agent.jobs import LocalJob, random_integers
from cleanroom.agent.uploads import (
    Progress,
    open_spool,
    random_order,
    read_spool,
    send_rows,
    silent,
)
from cleanroom.engine.layout import RowLayout
from cleanroom.templates.template import PartyData, PartyRows
from protocols.labels import dictionary_entry
from protocols.limits import TOKEN_BYTES, padded_size
from protocols.sealing import OVERHEAD_BYTES
from protocols.tokens import event_tokens, random_tokens

Bytes = npt.NDArray[np.uint8]
NAME_BYTES = 128 + OVERHEAD_BYTES
"""Width of a sealed label name."""

VECTORS = "vectors"
"""Where the platform keeps label, output and part, for every part of every credit vector."""


def row_layout(job: LocalJob) -> RowLayout:
    """Return the layout of this side's rows."""
    tokens = job.plan.brand_tokens if job.room.role == "brand" else 1
    width = job.room.agreement.policy.paillier_bits // 4
    return RowLayout(tokens, width if job.owns_values and job.plan.slots else 0)


def send_job_rows(
    job: LocalJob, executor: Executor | None = None, progress: Progress = silent
) -> None:
    """Make, spool and send the rows of this side, then sign their commitment."""
    made = job.template.rows(job.question, party_data(job))
    layout = row_layout(job)
    count = padded_size(made.rows)
    names = random_order(len(made.names)).astype(np.int32)
    codes = _label_codes(job, made, names)
    spool = job.folder / "rows"
    _write_rows(job, made, codes, open_spool(spool, count, layout.width), executor)
    rows = read_spool(spool, count, layout.width)
    finished = send_rows(job.room.client, f"{job.path}/rows", rows, progress=progress, name="rows")
    ordered = [made.names[place] for place in np.argsort(names)]
    job.keep_json("names", ordered)
    job.keep_json("facts", dict(made.facts))
    messages = (
        {} if job.receives else {"names": job.send_message("names", _sealed_names(job, ordered))}
    )
    job.room.chain.say(
        f"{job.path}/rows",
        "job.rows",
        {
            "job": job.identity,
            "upload": finished.to_json(),
            "labels": len(codes),
            "messages": {kind: upload.to_json() for kind, upload in messages.items()},
        },
    )
    spool.unlink()


def _label_codes(
    job: LocalJob, made: PartyRows, names: npt.NDArray[np.int32]
) -> npt.NDArray[np.int32]:
    """Return the code of every label, in random order.

    Where the platform adds labels up, a label is a credit vector: their number is padded, and
    what each pays into the outputs is kept for that step.
    """
    if not (job.plan.combine and job.room.role == "platform"):
        return names
    codes = random_order(padded_size(len(made.vectors))).astype(np.int32)
    parts = [
        (codes[label], names[name], part)
        for label, vector in enumerate(made.vectors)
        for name, part in vector.items()
    ]
    job.keep(VECTORS, np.array(parts, dtype=np.int64).reshape(-1, 3).view(np.uint8))
    return codes


def party_data(job: LocalJob) -> PartyData:
    """Collect what this side's template code may look at."""
    dataset = job.dataset
    return PartyData(
        side=job.room.role,
        table=dataset.table(),
        secrets=job.alignment.secrets_of(dataset.manifest.identity()),
        private=job.private(),
        random=secrets.token_bytes,
        earlier=partial(earlier_result, job),
    )


def _write_rows(
    job: LocalJob,
    made: PartyRows,
    codes: npt.NDArray[np.int32],
    spool: Bytes,
    executor: Executor | None,
) -> None:
    """Fill the spool in a random order; padding looks like any other row."""
    layout, count = row_layout(job), len(spool)
    order = random_order(count)
    padding = count - made.rows
    tokens = np.concatenate([_row_tokens(job, made, layout.tokens), _blank(padding, layout.tokens)])
    label = np.concatenate([codes[made.label], random_integers(len(codes), padding)])
    flag = np.concatenate([made.flag, _like(made.flag, padding)])
    values = None
    if layout.ciphertext_bytes:
        width = made.values.shape[1] if made.values is not None else 1
        plain = np.zeros((count, width), dtype=np.int64)
        if made.values is not None:
            plain[: made.rows] = made.values
        values = job.room.paillier().encrypt_rows(plain[order], executor, secrets.token_bytes)
    spool[:] = layout.encode(tokens[order], label[order].astype(np.int32), flag[order], values)


def _blank(rows: int, tokens: int) -> Bytes:
    return random_tokens(rows * tokens, secrets.token_bytes).reshape(rows, tokens, TOKEN_BYTES)


def _like(flag: npt.NDArray[np.bool_], count: int) -> npt.NDArray[np.bool_]:
    """Draw flags of padding from those of real rows."""
    if not len(flag):
        return np.zeros(count, dtype=np.bool_)
    return flag[random_integers(len(flag), count)]


def _row_tokens(job: LocalJob, made: PartyRows, per_row: int) -> Bytes:
    """Put each token into its row, fill rows up with random ones, shuffle within each row.

    The number and the place of a row's real tokens would tell the level of its nodes.
    """
    derived = event_tokens(
        job.alignment.secrets_of(job.dataset.manifest.identity()),
        bytes.fromhex(job.identity),
        job.document.template,
        made.level,
        made.index,
        people=made.person,
    )
    tokens = _blank(made.rows, per_row)
    by_row = np.argsort(made.row, kind="stable")
    row = made.row[by_row]
    place = np.arange(len(row)) - np.searchsorted(row, row)
    tokens[row, place] = derived[by_row]
    if per_row == 1:
        return tokens
    keys = np.frombuffer(secrets.token_bytes(8 * made.rows * per_row), dtype=np.uint64)
    shuffle = np.argsort(keys.reshape(made.rows, per_row), axis=1)
    shuffled: Bytes = np.take_along_axis(tokens, shuffle[:, :, None], axis=1)
    return shuffled


def _sealed_names(job: LocalJob, ordered: list[str]) -> Bytes:
    """Seal the name behind each code to the receiver, one by one, in the order of the codes."""
    sealed = b"".join(job.seal("name", dictionary_entry("", name)) for name in ordered)
    return np.frombuffer(sealed, dtype=np.uint8).reshape(-1, NAME_BYTES)
