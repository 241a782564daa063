"""Compute a job again from the mediator's stored rows, and compare it with the log.

What is random stays out: ciphertexts and the places of groups differ from run to run.  What is not
is compared: that the stored rows are those that the parties committed to, which groups passed the
threshold, how many were suppressed and by which rule, and the digests of what was stored then.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any

from cleanroom.documents.agreement import SIDES
from cleanroom.documents.dataset import Upload
from cleanroom.documents.job import JobDocument
from cleanroom.documents.release import ReleaseDocument
from cleanroom.errors import AuditFailure, InvalidInput, NotFound
from cleanroom.mediator import job_rows, releases, uploads
from cleanroom.mediator.alignment_rows import rows_name, tokens_name
from cleanroom.mediator.context import Context
from cleanroom.mediator.opening import OPENED
from cleanroom.mediator.ports import StorageFault
from cleanroom.room.encryption import KINDS


@dataclass
class Recorded:
    """What a log says about one job and the rows that it was computed from."""

    identity: str
    job: JobDocument
    release: dict[str, Any]
    sides: dict[str, str]
    commitments: list[tuple[str, Upload]] = field(default_factory=list)
    """A stream's name and the commitment that its author signed."""


def recorded(leaves: Iterable[bytes], wanted: str) -> Recorded:
    """Gather what a log says of a job, named by its identifier, its beginning or its name.

    Raises ``InvalidInput`` if no job, several, or one without a release fits.
    """
    entries = [entry for entry in map(json.loads, leaves) if _took_effect(entry)]
    jobs = {
        entry["facts"]["job"]: JobDocument.from_json(_body(entry)["job"])
        for entry in entries
        if entry["kind"] == "job.submit" and not entry["facts"].get("repeated")
    }
    fitting = [i for i, job in jobs.items() if i.startswith(wanted) or job.name == wanted]
    if len(fitting) != 1:
        raise InvalidInput(f"{len(fitting)} jobs of the log fit '{wanted}'.")
    identity, job = fitting[0], jobs[fitting[0]]
    released = [
        entry["facts"]
        for entry in entries
        if entry["kind"] == "job.release" and entry["facts"]["job"] == identity
    ]
    if not released:
        raise InvalidInput("The job has no release.")
    owners = {
        entry["statement"]["statement"]["body"]["dataset"]: entry["actor"]
        for entry in entries
        if entry["kind"] == "dataset.seal"
    }
    datasets = zip(job.sides, job.datasets, strict=True)
    sides = {side: owners[dataset] for side, dataset in datasets}
    found = Recorded(identity, job, released[0], sides)
    found.commitments = list(_commitments(entries, found))
    return found


def _took_effect(entry: dict[str, Any]) -> bool:
    return bool(entry["outcome"] == "accepted")


def _body(entry: dict[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = entry["statement"]["statement"]["body"]
    return body


def _commitments(entries: list[dict[str, Any]], found: Recorded) -> Iterator[tuple[str, Upload]]:
    job, names = found.job, {party: side for side, party in found.sides.items()}
    # What an attempt that failed had sent is gone; the last one that both finished is what counts.
    finished = [
        _body(entry)["attempt"]
        for entry in entries
        if entry["kind"] == "alignment.finish" and _body(entry)["alignment"] == job.alignment
    ]
    for entry in entries:
        if entry["statement"] is None:
            continue
        body, side = _body(entry), names.get(entry["actor"])
        about = body.get("job") == found.identity
        if entry["kind"] == "dataset.seal" and body["dataset"] in job.datasets:
            yield f"datasets/{body['dataset']}/rows", Upload.from_json(body["upload"])
        elif entry["kind"] == "alignment.finish" and body["alignment"] == job.alignment:
            if body["attempt"] == max(finished):
                yield from _of_alignment(job, side, body)
        elif about and entry["kind"] in ("job.approve", "job.step"):
            for own_side in job.sides:
                for kind, upload in body["messages"].items() if own_side == side else ():
                    name = job_rows.message_stream(found.identity, kind, own_side)
                    yield name, Upload.from_json(upload)
        elif about and entry["kind"] == "job.rows":
            for own_side in job.sides:
                if own_side == side:
                    name = job_rows.rows_stream(found.identity, own_side)
                    yield name, Upload.from_json(body["upload"])


def _of_alignment(
    job: JobDocument, side: str | None, body: dict[str, Any]
) -> Iterator[tuple[str, Upload]]:
    """Yield what a side of a job's alignment sealed: its tokens, and rows in another order."""
    pair, attempt = f"{job.brand}/{job.platform}", body["attempt"]
    for own_side in SIDES:
        dataset = job.brand if own_side == "brand" else job.platform
        if own_side != side:
            continue
        if pair in body["tokens"]:
            name = tokens_name(job.alignment, attempt, own_side, job.brand, job.platform)
            yield name, Upload.from_json(body["tokens"][pair])
        if dataset in body.get("rows", {}):
            name = rows_name(job.alignment, attempt, dataset)
            yield name, Upload.from_json(body["rows"][dataset])


def replay(
    context: Context, leaves: Iterable[bytes], wanted: str, executor: Executor | None = None
) -> dict[str, Any]:
    """Compute a job again and return what was compared.

    ``context`` is that of the mediator's own home; nothing is written to it.

    Raises:
        AuditFailure: for the first comparison that does not hold.
        InvalidInput: if the log has no such job, or the mediator no longer has its rows.
    """
    found = recorded(leaves, wanted)
    held = sum(_check_stream(context, stream, upload) for stream, upload in found.commitments)
    stored = _check_stored(context, found)
    try:
        again = releases.again(context, found.identity, executor)
    except (NotFound, FileNotFoundError) as error:
        raise InvalidInput(f"The rows of the job are gone: {error}.") from None
    _compare(stored, again, found)
    return {
        "job": found.identity,
        "commitments": held,
        "groups": len(stored.groups),
        "suppressed": stored.suppressed,
        "release": stored.digest(),
    }


def _check_stream(context: Context, stream: str, upload: Upload) -> bool:
    """Hold stored rows against the commitment that their owner signed; tell if there were any."""
    if upload.chunks == 0:
        return False
    try:
        digests = [hashlib.sha256(chunk).digest() for chunk in uploads.chunks(context, stream)]
    except (NotFound, FileNotFoundError):
        digests = []
    except StorageFault:
        raise AuditFailure(f"The rows of {stream} are not those that were committed to.") from None
    # Rows are deleted when their dataset is withdrawn, rows of a job when the job ends.  Lattice
    # values go with the job too, and nothing that is computed again needs them.
    if not digests and stream.split("/")[-2] in (*KINDS, OPENED):
        return False
    if not digests:
        raise InvalidInput(f"The rows of {stream} are gone.")
    if not hmac.compare_digest(uploads.commitment(upload.salt, digests), upload.commitment):
        raise AuditFailure(f"The rows of {stream} are not those that were committed to.")
    return True


def _check_stored(context: Context, found: Recorded) -> ReleaseDocument:
    """Hold the stored answer against the digests in the log."""
    with context.store.read() as transaction:
        row = transaction.get("jobs", id=found.identity)
    if row is None or row["release"] is None:
        raise InvalidInput("The mediator has no release of the job.")
    kept = json.loads(row["release"])
    document = ReleaseDocument.from_json(kept["document"])
    if document.digest() != found.release["release"]:
        raise AuditFailure("The stored release is not the one in the log.")
    for part, expected in (("people", document.people), ("measures", document.measures)):
        if expected is not None:
            data = context.blobs.read(f"{kept['folder']}/{part}")
            if hashlib.sha256(data).hexdigest() != expected:
                raise AuditFailure(f"The stored {part} are not those in the log.")
    return document


def _compare(stored: ReleaseDocument, again: ReleaseDocument, found: Recorded) -> None:
    """Compare what does not depend on chance: groups by their cell, suppression by its rules."""
    if sorted((g.cell, g.pooled) for g in stored.groups) != sorted(
        (g.cell, g.pooled) for g in again.groups
    ):
        raise AuditFailure("The groups that pass the threshold are not those that were released.")
    if (stored.suppressed, stored.rules) != (again.suppressed, again.rules):
        raise AuditFailure("The groups that are suppressed are not those that were.")
    if sorted(stored.labels, key=_label) != sorted(again.labels, key=_label):
        raise AuditFailure("The names of the groups' labels are not those that were forwarded.")
    counts = (len(again.groups), again.suppressed)
    logged = (found.release["released"], found.release["suppressed"])
    if logged not in (counts, (None, None)):
        raise AuditFailure("The log's counts of groups are not those of the release.")


def _label(label: Any) -> tuple[str, int]:
    return label.column, label.code
