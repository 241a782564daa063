"""Follow the jobs: asked within the agreement, charged, approved by both, released, confirmed.

The plan, the price and the threshold of every job are computed again, by the functions that the
mediator and the agents use, from nothing but signed documents.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from cleanroom.audit.entries import Seen
from cleanroom.audit.failures import BadEntry, require
from cleanroom.audit.history.alignments import Alignments
from cleanroom.audit.history.datasets import Datasets
from cleanroom.audit.history.settled import SettledAgreement
from cleanroom.errors import CleanroomError
from cleanroom.lifecycle import JobState, move
from cleanroom.model.agreement import Agreement
from cleanroom.model.job import JobDocument
from cleanroom.plan import SIDES, other_side
from cleanroom.privacy.accounting import Ledger
from cleanroom.service.job_rows import Asked, public_facts

_SAID = {"job.refuse": JobState.REFUSED, "job.cancel": JobState.CANCELLED}
_NOTED = {"job.fail": JobState.FAILED, "job.expire": JobState.EXPIRED}
_AT_RELEASE = ("k", "tau", "noise", "rho", "outputs")


@dataclass
class Job:
    """One job that runs, with what later entries are held against."""

    identity: str
    question: str
    brand: str
    platform: str
    parties: dict[str, str]
    receiver: str
    value_side: str | None
    source: str
    facts: dict[str, Any]
    messages: dict[str, set[str]]
    state: JobState = JobState.AWAITING_APPROVAL
    approved: set[str] = field(default_factory=set)
    rows: set[str] = field(default_factory=set)
    steps: set[tuple[str, str]] = field(default_factory=set)
    release: str | None = None

    def side(self, entry: Seen) -> str:
        """Return the side of whoever speaks; raise ``BadEntry`` for anybody else."""
        for side, party in self.parties.items():
            if party == entry.actor:
                return side
        raise BadEntry(f"{entry.actor} has no part in the job", entry.number)

    def readers(self) -> tuple[tuple[str, str | None], ...]:
        """Return who may read which part of the release."""
        owner = self.parties[self.value_side] if self.value_side else None
        receiver = self.parties[self.receiver]
        matched = self.parties["platform"] if self.facts["activates"] else None
        return (
            ("release", receiver),
            ("people", receiver),
            ("measures", owner),
            ("matched", matched),
        )


class Jobs:
    """Hold the running jobs whole, of the ended ones as little as later entries need."""

    def __init__(self, agreement: Agreement, datasets: Datasets, alignments: Alignments) -> None:
        self._agreement = SettledAgreement.from_json(agreement.to_json())
        self._datasets = datasets
        self._alignments = alignments
        self._open: dict[str, Job] = {}
        self._ended: dict[bytes, tuple[tuple[str, str | None], ...]] = {}
        self._readers: dict[tuple[tuple[str, str | None], ...], Any] = {}
        self._answered: dict[bytes, bytes] = {}
        self.ledgers: dict[tuple[str, str], Ledger] = {}
        self.ends: dict[str, int] = {}

    def running(self) -> Iterable[Job]:
        """Return the jobs that have not ended."""
        return self._open.values()

    def take(self, entry: Seen, kind: str) -> None:
        """Apply an entry about a job."""
        if kind == "job.submit":
            self._submit(entry)
        elif kind == "result.read":
            self._read(entry)
        else:
            about = entry.body if entry.sequence >= 0 else entry.facts
            job = self._open.get(str(about.get("job")))
            if job is None:
                raise BadEntry("it names a job that does not run", entry.number)
            self._step(entry, kind, job)

    def _step(self, entry: Seen, kind: str, job: Job) -> None:
        match kind:
            case "job.approve":
                _approve(entry, job)
            case "job.rows":
                _rows(entry, job)
            case "job.step":
                _later_step(entry, job)
            case "job.release":
                _release(entry, job)
            case "job.receipt":
                _receipt(entry, job)
                self._end(entry, job, JobState.SUCCESS)
            case "job.refuse" | "job.cancel":
                job.side(entry)
                self._end(entry, job, _SAID[kind])
            case _:
                self._end(entry, job, _NOTED[kind])

    def _submit(self, entry: Seen) -> None:
        document = JobDocument.model_validate_json(json.dumps(entry.body["job"]))
        asked = self._asked(entry, document)
        identity, question = entry.job or ("", "")
        earlier = self._answered.get(bytes.fromhex(question))
        if entry.facts.get("repeated") is True:
            same = earlier is not None and entry.facts.get("job") == earlier.hex()
            require(same, entry.number, "it repeats a question that was not asked before")
            return
        require(earlier is None, entry.number, "the same question is answered a second time")
        known = identity in self._open or bytes.fromhex(identity) in self._ended
        require(not known, entry.number, "the same job is accepted twice")
        try:
            facts = public_facts(asked)
        except CleanroomError as error:
            raise BadEntry(f"the agreement does not allow it: {error}", entry.number) from None
        facts |= {"job": identity} | self._charge(entry, asked)
        check_facts(entry, facts)
        self._open[identity] = _opened(asked, identity, question, facts)
        self._answered[bytes.fromhex(question)] = bytes.fromhex(identity)

    def _asked(self, entry: Seen, document: JobDocument) -> Asked:
        manifests = [
            self._datasets.ready(entry, name) for name in (document.brand, document.platform)
        ]
        self._alignments.check_joins(entry, document.alignment, document.brand, document.platform)
        # The time only decides whether the room has expired, which is checked with the room.
        asked = Asked(document, self._agreement, manifests[0], manifests[1], 0)
        submitter = asked.party(document.submitter)
        require(entry.actor == submitter, entry.number, "the job names another submitter")
        return asked

    def _charge(self, entry: Seen, asked: Asked) -> dict[str, float]:
        """Charge the pair's ledger as the agreement wants it; return what is left."""
        pair = (asked.brand.party, asked.platform.party)
        before = self.ledgers.get(pair) or Ledger.of(self._agreement.policy.rho_budget)
        try:
            after = before.charge(asked.charge.rho) if asked.charge.rho else before
        except CleanroomError as error:
            raise BadEntry(f"the budget does not cover it: {error}", entry.number) from None
        self.ledgers[pair] = after
        return {"left_before": before.left, "left_after": after.left}

    def _end(self, entry: Seen, job: Job, target: JobState) -> None:
        _move(entry, job, target)
        del self._open[job.identity]
        if target != JobState.SUCCESS:
            del self._answered[bytes.fromhex(job.question)]
        readers = job.readers() if target == JobState.SUCCESS else ()
        # Jobs with the same readers share one tuple: there may be very many jobs.
        shared = self._readers.setdefault(readers, readers)
        self._ended[bytes.fromhex(job.identity)] = shared
        self.ends[target] = self.ends.get(target, 0) + 1

    def _read(self, entry: Seen) -> None:
        identity, part = str(entry.facts.get("job")), str(entry.facts.get("part"))
        job = self._open.get(identity)
        if job is not None:
            require(job.release is not None, entry.number, "a result is read before its release")
            readers = job.readers()
        else:
            try:
                readers = self._ended[bytes.fromhex(identity)]
            except (KeyError, ValueError):
                raise BadEntry("a result of an unknown job is read", entry.number) from None
        allowed = (part, entry.actor) in readers
        require(allowed, entry.number, f"{entry.actor} may not read the part '{part}'")


def _opened(asked: Asked, identity: str, question: str, facts: dict[str, Any]) -> Job:
    job = asked.job
    return Job(
        identity=identity,
        question=question,
        brand=job.brand,
        platform=job.platform,
        parties={side: asked.party(side) for side in SIDES},
        receiver=job.receiver,
        value_side=asked.plan.value_side if asked.plan.slots else None,
        source=asked.plan.source,
        facts=facts,
        messages={side: set(asked.shapes(side)) for side in SIDES},
    )


def _move(entry: Seen, job: Job, target: JobState) -> None:
    try:
        job.state = move(job.state, target)
    except CleanroomError as error:
        raise BadEntry(f"the job: {error}", entry.number) from None


def _check_state(entry: Seen, job: Job, *wanted: JobState) -> None:
    require(job.state in wanted, entry.number, f"the job is {job.state}")


def _approve(entry: Seen, job: Job) -> None:
    _check_state(entry, job, JobState.AWAITING_APPROVAL)
    side = job.side(entry)
    require(side not in job.approved, entry.number, f"{entry.actor} approves twice")
    same = set(entry.body["messages"]) == job.messages[side]
    require(same, entry.number, "the approval carries other messages than the job needs")
    job.approved.add(side)
    if len(job.approved) == len(SIDES):
        _move(entry, job, JobState.STARTED)


def _rows(entry: Seen, job: Job) -> None:
    _check_state(entry, job, JobState.STARTED)
    side = job.side(entry)
    fits = job.source == "job" and side not in job.rows
    require(fits, entry.number, "the job takes no such rows")
    job.rows.add(side)


def _later_step(entry: Seen, job: Job) -> None:
    _check_state(entry, job, JobState.STARTED, JobState.AWAITING_DECRYPTION)
    key = (job.side(entry), str(entry.body["step"]))
    require(key not in job.steps, entry.number, "the step is done twice")
    late = key[1] != "decrypted" or job.release is not None
    require(late, entry.number, "values are decrypted before their release")
    job.steps.add(key)


def _release(entry: Seen, job: Job) -> None:
    both = len(job.approved) == len(SIDES)
    require(both, entry.number, "a release without both approvals")
    whole = job.source == "audience" or len(job.rows) == len(SIDES)
    require(whole, entry.number, "a release without the rows of both sides")
    _move(entry, job, JobState.AWAITING_DECRYPTION)
    check_facts(entry, {name: job.facts[name] for name in _AT_RELEASE})
    facts = entry.facts
    counts = [facts.get(name) for name in ("released", "suppressed")]
    sound = all(type(n) is int and 0 <= n <= job.facts["outputs"] for n in counts)
    require(sound, entry.number, "more groups are released than the job has")
    measured = facts.get("measures") is not None
    require(
        measured == bool(job.facts["slots"]), entry.number, "the release has not the job's measures"
    )
    digest = facts.get("release")
    require(isinstance(digest, str) and len(digest) == 64, entry.number, "it names no digest")
    job.release = str(digest)


def _receipt(entry: Seen, job: Job) -> None:
    require(job.release is not None, entry.number, "a receipt before the release")
    require(
        job.side(entry) == job.receiver, entry.number, f"{entry.actor} is not the job's receiver"
    )
    same = entry.body["release"] == job.release
    require(same, entry.number, "the receipt is for another release than the mediator's")
    if job.value_side is not None and job.value_side != job.receiver:
        done = (other_side_of(job.receiver), "decrypted") in job.steps
        require(done, entry.number, "a receipt before the values were decrypted")
    if job.facts["activates"]:
        done = ("platform", "activated") in job.steps
        require(done, entry.number, "a receipt before the activation")


def other_side_of(side: str) -> str:
    """Return the peer's side."""
    return other_side("brand" if side == "brand" else "platform")


def check_facts(entry: Seen, expected: dict[str, Any]) -> None:
    """Raise ``BadEntry`` unless the mediator's facts are those that follow from the documents."""
    for name, value in expected.items():
        found = entry.facts.get(name)
        if not _same(found, value):
            raise BadEntry(
                f"the mediator notes {name} {found!r}, the signed documents give {value!r}",
                entry.number,
            )


def _same(found: Any, value: Any) -> bool:
    """Compare facts; fractions may differ in their last digits between machines."""
    if isinstance(value, list):
        return (
            isinstance(found, list)
            and len(found) == len(value)
            and all(_same(a, b) for a, b in zip(found, value, strict=True))
        )
    if isinstance(value, float) and type(found) in (int, float):
        return math.isclose(found, value, rel_tol=1e-9, abs_tol=1e-12)
    return bool(found == value)
