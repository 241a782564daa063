"""Hold a mediator's home against itself: logs, ledgers, and the digest of every file.

It may be asked of a home that serves.  No transaction spans the hashing: a long reader would keep
the write-ahead log from being emptied.  What was deleted meanwhile is not missing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from cleanroom.documents.release import ReleaseDocument
from cleanroom.errors import AuditFailure, InvalidInput
from cleanroom.mediator import Mediator, agreements, budgets, combining, job_rows, log, uploads
from cleanroom.mediator.bootstrap import open_mediator
from cleanroom.mediator.context import parties
from cleanroom.mediator.ports import Blobs, Row, Transaction
from cleanroom.room.states import DatasetState, JobState
from protocols import merkle

BLOBS: Final = "blobs"
ENTRIES_AT_ONCE: Final = 500

Files = dict[str, str]
"""The SHA-256 of every blob that a state of the database speaks of, by name."""


def check(home: Path) -> dict[str, int]:
    """Return the size of every log of a home; ``AuditFailure`` names what is damaged."""
    mediator = open_mediator(home)
    try:
        return check_mediator(mediator)
    finally:
        mediator.context.store.close()


def check_mediator(mediator: Mediator) -> dict[str, int]:
    """Return the size of every log of what is open; ``AuditFailure`` names what is damaged."""
    sizes = check_rows(mediator)
    with mediator.context.store.read() as transaction:
        wanted = files(transaction)
    for name, digest in wanted.items():
        fault = _fault(mediator.context.blobs, name, digest)
        if fault and _still(mediator, name, digest):
            raise AuditFailure(f"the file {name} is {fault}")
    return sizes


def check_rows(mediator: Mediator) -> dict[str, int]:
    """Hash every log anew and recompute every ledger; return the sizes of the logs."""
    store = mediator.context.store
    with store.read() as transaction:
        rooms = [str(row["room"]) for row in transaction.find("logs", order="room")]
    sizes = {room: _check_log(store.read, room) for room in rooms}
    for room in rooms:
        with store.read() as transaction:
            _check_ledgers(transaction, room)
    return sizes


def _check_log(read: Callable[[], Any], room: str) -> int:
    """Hash a log's entries anew; they must give the root that its checkpoints sign."""
    with read() as transaction:
        size, root = log.root(transaction, room)
    frontier = merkle.Frontier()
    while frontier.size < size:
        with read() as transaction:
            most = min(ENTRIES_AT_ONCE, size - frontier.size)
            leaves = log.entries(transaction, room, frontier.size, most)
        if not leaves:
            break
        for leaf in leaves:
            frontier.append(merkle.leaf_hash(leaf))
    if frontier.size != size or frontier.root() != root:
        raise AuditFailure(f"the log of {room} is not the one of {size} entries that was signed")
    return size


def _check_ledgers(transaction: Transaction, room: str) -> None:
    """Compare what is left of each budget with what the log says of the last change."""
    if transaction.get("rooms", id=room) is None:
        return
    left: dict[tuple[str, str], tuple[float, int]] = {}
    marks = [
        mark
        for kind in ("job.submit", "job.refuse")
        for mark in transaction.find("marks", room=room, kind=kind, outcome="accepted", order="")
    ]
    for mark in sorted(marks, key=lambda mark: -int(mark["number"])):
        (entry,) = log.entries(transaction, room, mark["number"], 1)
        facts = json.loads(entry)["facts"]
        job = transaction.get("jobs", id=facts["job"])
        if job is None:
            raise AuditFailure(f"the job {facts['job']} is in the log and not in the database")
        if "left_after" in facts:
            said = (facts["left_after"], int(mark["number"]))
            left.setdefault((job["brand"], job["platform"]), said)
    for (brand, platform), (expected, number) in left.items():
        rules = agreements.at(transaction, room, number).policy
        if budgets.ledger(transaction, room, brand, platform, rules).left != expected:
            raise AuditFailure(f"the ledger of {brand} and {platform} in {room} is not the log's")


def files(transaction: Transaction) -> Files:
    """Return what has to be in the folder of blobs, by one state of the database.

    Sealed messages under way are left out: a power cut may cost them, and costs an attempt only.

    Raises:
        AuditFailure: for a release whose head is not the one that was logged.
    """
    jobs = {row["id"]: row for row in transaction.find("jobs")}
    gone = set(_of_ended(jobs.values()))
    found = {
        uploads.file_name(row["stream"], row["number"], row["digest"]): row["digest"]
        for row in transaction.find("chunks")
        if row["stream"] not in gone and not _job_over(jobs, row["stream"])
    }
    for row in transaction.find("datasets"):
        if row["dictionary"] and row["state"] != DatasetState.WITHDRAWN:
            found[f"datasets/{row['id']}/dictionary"] = row["dictionary"]
    for row in jobs.values():
        if row["release"] and row["kept"] and not _over(row):
            found |= _release(row)
    return found


def _of_ended(jobs: Any) -> Iterator[str]:
    """Yield the streams that are deleted when a job ends well."""
    for row in jobs:
        if row["state"] == JobState.SUCCESS:
            yield from (job_rows.rows_stream(row["id"], side) for side in parties(row))
            yield from (job_rows.mediator_stream(row["id"], kind) for kind in combining.STREAMS)


def _job_over(jobs: dict[str, Row], stream: str) -> bool:
    noun, _, rest = stream.partition("/")
    row = jobs.get(rest.partition("/")[0]) if noun == "jobs" else None
    return row is not None and _over(row)


def _over(row: Row) -> bool:
    """Tell whether all files of a job are deleted, or about to be."""
    return row["state"] not in (*job_rows.RUNNING, JobState.SUCCESS)


def _release(row: Row) -> Files:
    kept = json.loads(row["release"])
    try:
        document = ReleaseDocument.from_json(kept["document"])
    except InvalidInput:
        raise AuditFailure(f"the release of {row['id']} is damaged") from None
    if document.digest() != kept["digest"]:
        raise AuditFailure(f"the release of {row['id']} is damaged")
    return {f"{kept['folder']}/{part}": digest for part, digest in kept["parts"].items()}


def _fault(blobs: Blobs, name: str, digest: str) -> str:
    """Return what is wrong with a file, empty if nothing is."""
    try:
        found = hashlib.sha256(blobs.read(name)).hexdigest()
    except FileNotFoundError:
        return "missing"
    return "" if found == digest else "damaged"


def _still(mediator: Mediator, name: str, digest: str) -> bool:
    """Tell whether the database still speaks of a file: it may have been deleted meanwhile."""
    with mediator.context.store.read() as transaction:
        return files(transaction).get(name) == digest
