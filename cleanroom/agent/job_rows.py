"""Make and send this side's rows for one job: tokens, a label code, a flag, a ciphertext."""

from __future__ import annotations

import secrets
from concurrent.futures import Executor
from functools import partial

import numpy as np
import numpy.typing as npt

from cleanroom.agent import erased, person_secrets, row_values
from cleanroom.agent.earlier import READY, earlier_result
from cleanroom.agent.jobs import LocalJob, alone
from cleanroom.agent.rooms import Room
from cleanroom.agent.row_spool import write_rows
from cleanroom.agent.uploads import (
    Progress,
    flush_spool,
    open_spool,
    random_order,
    read_spool,
    send_rows,
    silent,
)
from cleanroom.engine.layout import RowLayout
from cleanroom.files import held
from cleanroom.queries.template import PartyData, PartyRows
from cleanroom.room.encryption import KINDS
from cleanroom.room.policy import made_labels, made_rows
from cleanroom.room.states import ENDED
from protocols.labels import dictionary_entry
from protocols.limits import padded_size
from protocols.sealing import OVERHEAD_BYTES

Bytes = npt.NDArray[np.uint8]
NAME_BYTES = 128 + OVERHEAD_BYTES
"""Width of a sealed label name."""

SEALED_NAMES = "sealed-names"

ROWS = "rows"
SPOOLS = (ROWS, *KINDS)
"""Files of a job's folder that hold what is sent until it is acknowledged."""

PEOPLE = "people-sent"
"""Where a side keeps the person of each row that it sent, -1 for padding, to be activated by it."""

VECTORS = "vectors"
"""Where the platform keeps label, output and part, for every part of every credit vector."""


def row_layout(job: LocalJob) -> RowLayout:
    """Return the layout of this side's rows."""
    width = job.room.agreement.policy.paillier_bits // 4
    sealed = job.owns_values and job.plan.slots and job.lattice is None
    return RowLayout.of(job.plan, job.side, width if sealed else 0)


@alone
def send_job_rows(
    job: LocalJob, executor: Executor | None = None, progress: Progress = silent
) -> None:
    """Make, spool and send the rows of this side, then sign their commitment.

    What was made stays until it is acknowledged: a try after a crash sends the very same bytes.
    """
    with erased.steady(job.room.home):
        job.check_open()
        ready = job.kept_json(READY) or _make_rows(job, executor)
    spool = job.folder / ROWS
    rows = read_spool(spool, ready["rows"], row_layout(job).width)
    finished = send_rows(job.room.client, f"{job.path}/rows", rows, progress=progress, name="rows")
    sealed = job.kept(SEALED_NAMES)
    messages = {} if sealed is None else {"names": job.send_message("names", sealed)}
    if job.owns_values and job.lattice is not None:
        messages |= row_values.send(job, progress)
    job.room.chain.say(
        f"{job.path}/rows",
        "job.rows",
        {
            "job": job.identity,
            "upload": finished.to_json(),
            "labels": ready["labels"],
            "messages": {kind: upload.to_json() for kind, upload in messages.items()},
        },
        check=job.check_open,
    )
    spool.unlink(missing_ok=True)
    row_values.forget(job)


def forget_acknowledged(room: Room) -> None:
    """Delete spools that a killed try left: rows were acknowledged, or their job has ended."""
    folders = {file.parent for name in SPOOLS for file in room.folder.glob(f"jobs/*/{name}")}
    for folder in sorted(folders):
        with held(folder / "lock"):
            job = room.client.job(folder.name)
            own = [side for side, party in job["parties"].items() if party == room.own.name]
            if job["state"] in ENDED or any(job["rows"][side] is not None for side in own):
                for name in SPOOLS:
                    (folder / name).unlink(missing_ok=True)


def _make_rows(job: LocalJob, executor: Executor | None) -> dict[str, int]:
    """Fill the spool and keep what goes with it; the last thing kept says that all is there."""
    made = job.template.rows(job.question, party_data(job))
    names = random_order(len(made.names)).astype(np.int32)
    codes = _label_codes(job, made, names)
    count = made_rows(job.plan, job.side, job.room.agreement.policy)
    count = padded_size(made.rows) if count is None else count
    spool = open_spool(job.folder / ROWS, count, row_layout(job).width)
    order = write_rows(job, made, codes, row_layout(job), spool, executor)
    flush_spool(spool)
    if job.plan.activates and not job.receives:
        people = np.full(count, -1, dtype=np.int64)
        people[order < made.rows] = made.person[order[order < made.rows]]
        job.keep(PEOPLE, people.view(np.uint8))
    if job.owns_values and job.lattice is not None:
        row_values.make(job, _summed(job, made.values, order))
    ordered = [made.names[place] for place in np.argsort(names)]
    job.keep_json("names", ordered)
    job.keep_json("facts", dict(made.facts))
    if not job.receives and job.plan.named:
        job.keep(SEALED_NAMES, _sealed_names(job, ordered))
    ready = {"rows": count, "labels": len(codes)}
    job.keep_json(READY, ready)
    return ready


def _summed(
    job: LocalJob, values: npt.NDArray[np.int64] | None, order: npt.NDArray[np.intp]
) -> npt.NDArray[np.int64]:
    """Return what every row adds to each sum, in the order in which the rows were written."""
    slots = [slot.slot for slot in job.plan.slots]
    plain = np.zeros((len(order), len(slots)), dtype=np.int64)
    if values is not None:
        real = order < len(values)
        plain[real] = values[order[real]][:, slots]
    return plain


def _label_codes(
    job: LocalJob, made: PartyRows, names: npt.NDArray[np.int32]
) -> npt.NDArray[np.int32]:
    """Return the code of every label, in random order.

    Where the platform adds labels up, a label is a credit vector: their number is padded, and
    what each pays into the outputs is kept for that step.  Those of a hub's others are in clear:
    the mediator adds contacts up.
    """
    if job.plan.hub is not None and not (job.receives or job.plan.named):
        return np.arange(job.plan.hub.codes, dtype=np.int32)
    if not (job.plan.combine and job.side == "platform"):
        return names
    count = made_labels(job.plan, "platform", job.room.agreement.policy)
    count = padded_size(len(made.vectors)) if count is None else count
    codes = random_order(count).astype(np.int32)
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
        side=job.side,
        table=dataset.table(),
        secrets=person_secrets.of_pair(job),
        private=job.private(),
        random=secrets.token_bytes,
        earlier=partial(earlier_result, job),
    )


def _sealed_names(job: LocalJob, ordered: list[str]) -> Bytes:
    """Seal the name behind each code to the receiver, one by one, in the order of the codes.

    Each names its code: the mediator cannot forward another name for it.
    """
    sealed = b"".join(
        job.seal(f"name/{code}", dictionary_entry("", name)) for code, name in enumerate(ordered)
    )
    return np.frombuffer(sealed, dtype=np.uint8).reshape(-1, NAME_BYTES)
