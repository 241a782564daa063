"""Follow the jobs: asked within the agreement, charged, approved by both, released, confirmed.

The plan, the price and the threshold of every job are computed again, by the functions that the
mediator and the agents use, from nothing but signed documents.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from cleanroom.audit.entries import Seen
from cleanroom.audit.failures import BadEntry, require
from cleanroom.audit.history.alignments import Alignments
from cleanroom.audit.history.datasets import Datasets
from cleanroom.audit.history.delegations import Delegations
from cleanroom.audit.history.ended import EndedJobs, Readers
from cleanroom.audit.history.facts import check_facts
from cleanroom.audit.history.settled import SettledAgreement
from cleanroom.audit.history.terms import Terms
from cleanroom.documents.agreement import Agreement, other_side
from cleanroom.documents.job import JobDocument
from cleanroom.errors import CleanroomError, InvalidInput, PolicyRefusal
from cleanroom.privacy.accounting import Ledger
from cleanroom.room import periods
from cleanroom.room.jobs import PASSED, STEPS, Asked, asked_about, check_row_messages, role_of
from cleanroom.room.policy import check_made
from cleanroom.room.states import JobState, gives_back, move

_SAID = {"job.refuse": JobState.REFUSED, "job.cancel": JobState.CANCELLED}
_NOTED = {"job.fail": JobState.FAILED, "job.expire": JobState.EXPIRED}
ENDINGS: Final = (*_SAID, *_NOTED)
"""Kinds of entries that end a question without an answer: nothing of it is kept then."""

TERMS_IN_MEMORY: Final = 1_000
"""Kinds of jobs whose plan and price are kept."""

_AT_RELEASE = ("k", "tau", "noise", "rho", "outputs")


@dataclass
class Job:
    """One job that runs, with what later entries are held against."""

    identity: str
    question: str
    terms: Terms
    facts: dict[str, Any]
    state: JobState = JobState.AWAITING_APPROVAL
    approved: set[str] = field(default_factory=set)
    rows: set[str] = field(default_factory=set)
    steps: set[tuple[str, str]] = field(default_factory=set)
    sums: str = ""
    """The digest of the masked sums that went to the owner of lattice rows; empty before."""
    release: str | None = None
    activates: bool = False
    """Whether the platform has rows to take: not if its one group was held back."""

    def side(self, entry: Seen) -> str:
        """Return the side of whoever speaks; raise ``BadEntry`` for anybody else."""
        for side, party in self.terms.parties.items():
            if party == entry.actor:
                return side
        raise BadEntry(f"{entry.actor} has no part in the job", entry.number)

    def readers(self) -> Readers:
        """Return who may read which part of the release."""
        parties, value_side = self.terms.parties, self.terms.value_side
        receiver = parties[self.terms.document.receiver]
        return (
            ("release", receiver),
            ("people", receiver),
            ("measures", parties[value_side] if value_side else None),
            ("matched", parties["platform"] if self.activates else None),
            *self._passed_on(),
        )

    def _passed_on(self) -> Readers:
        """Return that the agency reads what the brand passed on to it, under which delegation."""
        behalf = self.terms.document.behalf
        if behalf is None or ("brand", PASSED) not in self.steps:
            return ()
        return ((f"{PASSED}/{behalf.delegation}", behalf.agency),)


class Jobs:
    """Hold the running jobs whole, of the ended ones as little as later entries need."""

    def __init__(
        self,
        agreement: Agreement,
        datasets: Datasets,
        alignments: Alignments,
        delegations: Delegations,
    ) -> None:
        self.agreement: Agreement = SettledAgreement.from_json(agreement.to_json())
        self._datasets = datasets
        self._alignments = alignments
        self._delegations = delegations
        self._open: dict[str, Job] = {}
        self._asking: dict[str, str] = {}
        self.ended = EndedJobs()
        self._accepted: Counter[tuple[str, str]] = Counter()
        self._terms: dict[bytes, Terms] = {}
        self.ledgers: dict[tuple[str, str], Ledger] = {}
        self.ends: dict[str, int] = {}

    def amend(self, entry: Seen, agreement: Agreement) -> None:
        """Go on under an amendment: what was spent stays spent, what was not started has ended."""
        waiting = any(job.state == JobState.AWAITING_APPROVAL for job in self.running())
        require(not waiting, entry.number, "an amendment is in force while a question waits")
        self.agreement = SettledAgreement.from_json(agreement.to_json())
        self._terms.clear()
        spent = ("spent_units", "before_units", "period")
        self.ledgers = {
            pair: periods.ledger(agreement.policy, *(getattr(one, name) for name in spent))
            for pair, one in self.ledgers.items()
        }

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
            case "job.sums":
                _sums(entry, job)
            case "job.release":
                _release(entry, job)
            case "job.receipt":
                _receipt(entry, job)
                self._end(entry, job, JobState.SUCCESS)
            case "job.refuse" | "job.cancel":
                job.side(entry)
                if kind == "job.refuse":
                    self._give_back(entry, job)
                self._end(entry, job, _SAID[kind])
            case _:
                self._end(entry, job, _NOTED[kind])

    def _submit(self, entry: Seen) -> None:
        job = entry.job
        if job is None:
            raise BadEntry("it asks nothing", entry.number)
        terms = self._terms_of(entry, job.kind)
        earlier = self._asking.get(job.question) or self.ended.answered(job.question)
        if entry.facts.get("repeated") is True:
            same = earlier is not None and entry.facts.get("job") == earlier
            require(same, entry.number, "it repeats a question that was not asked before")
            return
        require(earlier is None, entry.number, "the same question is answered a second time")
        known = job.identity in self._open or self.ended.readers(job.identity) is not None
        require(not known, entry.number, "the same job is accepted twice")
        try:
            facts = terms.facts | {"job": job.identity}
        except CleanroomError as error:
            raise BadEntry(f"the agreement does not allow it: {error}", entry.number) from None
        allowed, pairs = self.agreement.policy.jobs_max, terms.asked.pairs
        many = any(self._accepted[pair] >= allowed for pair in pairs)
        require(not many, entry.number, f"the agreement allows {allowed} questions")
        self._accepted.update(pairs)
        self._delegations.ask(entry, terms.asked)
        facts |= self._charge(entry, terms.asked)
        check_facts(entry, facts)
        self._open[job.identity] = Job(job.identity, job.question, terms, facts)
        self._asking[job.question] = job.identity

    def _terms_of(self, entry: Seen, kind: bytes) -> Terms:
        """Return what jobs of a kind ask, if the room has what they ask about."""
        known = self._terms.get(kind)
        document = known.document if known else JobDocument.parse(kind)
        manifests = [self._datasets.ready(entry, name) for name in document.datasets]
        for other in document.datasets[1:]:
            alignment, pair = document.alignment_of(other), document.pair_with(other)
            self._alignments.check_joins(entry, alignment, *pair)
        if known is None:
            if len(self._terms) >= TERMS_IN_MEMORY:
                self._terms.clear()
            # The time only decides whether the room has expired, checked with the room.
            known = Terms(asked_about(document, self.agreement, manifests, 0))
            self._terms[kind] = known
        submitter = known.asked.submitter
        require(entry.actor == submitter, entry.number, "the job names another submitter")
        return known

    def _charge(self, entry: Seen, asked: Asked) -> dict[str, float]:
        """Charge every pair's ledger as the agreement wants it; return what is left."""
        rho = asked.charge.rho
        before = [self.ledger(pair, entry) for pair in asked.pairs]
        try:
            after = [one.charge(rho) if rho else one for one in before]
        except CleanroomError as error:
            raise BadEntry(f"the budget does not cover it: {error}", entry.number) from None
        self.ledgers.update(zip(asked.pairs, after, strict=True))
        return periods.left(before, after) | periods.facts(self.agreement.policy, after[0].period)

    def ledger(self, pair: tuple[str, str], entry: Seen) -> Ledger:
        """Return a pair's ledger in the period of an entry."""
        policy = self.agreement.policy
        known = self.ledgers.get(pair) or periods.ledger(policy)
        return known.reach(periods.number(policy, entry.time // 1000))

    def _give_back(self, entry: Seen, job: Job) -> None:
        """Give a refused question's price back where the rule says so, and nowhere else."""
        pairs, rho = job.terms.asked.pairs, job.facts["rho"]
        receiver, rule = job.terms.document.receiver, str(entry.body["rule"])
        if not gives_back(job.state, rule, receiver, job.approved):
            require("left_after" not in entry.facts, entry.number, "it gives a price back")
            return
        charged = job.facts.get("period", 0)
        before = [self.ledger(pair, entry) for pair in pairs]
        after = [one.give_back(rho, charged) if rho else one for one in before]
        self.ledgers.update(zip(pairs, after, strict=True))
        check_facts(entry, periods.left(before, after))

    def _end(self, entry: Seen, job: Job, target: JobState) -> None:
        _move(entry, job, target)
        del self._open[job.identity], self._asking[job.question]
        good = target == JobState.SUCCESS
        readers, question = (job.readers(), job.question) if good else ((), None)
        self.ended.add(job.identity, readers, question)
        self.ends[target] = self.ends.get(target, 0) + 1

    def _read(self, entry: Seen) -> None:
        identity, part = str(entry.facts.get("job")), str(entry.facts.get("part"))
        job = self._open.get(identity)
        if job is not None:
            require(job.release is not None, entry.number, "a result is read before its release")
            readers: Readers | None = job.readers()
        else:
            readers = self.ended.readers(identity)
        if readers is None:
            raise BadEntry("a result of an unknown job is read", entry.number)
        if part == PASSED:
            delegation = str(entry.facts.get("delegation"))
            self._delegations.check_standing(entry, delegation)
            part = f"{PASSED}/{delegation}"
        allowed = (part, entry.actor) in readers
        require(allowed, entry.number, f"{entry.actor} may not read the part '{part}'")


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
    same = set(entry.body["messages"]) == job.terms.messages[side]
    require(same, entry.number, "the approval carries messages other than those the job needs")
    job.approved.add(side)
    if len(job.approved) == len(job.terms.parties):
        _move(entry, job, JobState.STARTED)


def _rows(entry: Seen, job: Job) -> None:
    _check_state(entry, job, JobState.STARTED)
    side = job.side(entry)
    fits = job.terms.facts["source"] == "job" and side not in job.rows
    require(fits, entry.number, "the job takes no such rows")
    asked, body = job.terms.asked, entry.body
    try:
        check_made(
            asked.of(side).plan,
            role_of(side),
            asked.agreement.policy,
            body["upload"]["rows"],
            body["labels"],
        )
        check_row_messages(asked, side, body)
    except (InvalidInput, PolicyRefusal) as error:
        raise BadEntry(str(error), entry.number) from None
    job.rows.add(side)


def _later_step(entry: Seen, job: Job) -> None:
    _check_state(entry, job, JobState.STARTED, JobState.AWAITING_DECRYPTION)
    key = (job.side(entry), str(entry.body["step"]))
    require(key not in job.steps, entry.number, "the step is done twice")
    late = key[1] != "decrypted" or job.release is not None
    require(late, entry.number, "values are decrypted before their release")
    messages = entry.body.get("messages", {})
    require(
        set(messages) == STEPS.get(key[1]), entry.number, "the step does not have its own messages"
    )
    if key[1] == "opened":
        whole = messages["opened"]["rows"] == job.facts["outputs"]
        require(whole, entry.number, "a different number of sums is opened than the job has")
        awaited = job.sums and key[0] == job.terms.value_side and job.release is None
        require(bool(awaited), entry.number, "no sums wait to be opened by this party")
    if key[1] == PASSED:
        receives = key[0] == job.terms.document.receiver and job.release is not None
        asked = job.terms.document.behalf is not None
        require(receives and asked, entry.number, "an answer is passed on that nobody asked for")
    # The owner signed what it saw.  A mediator that takes it hands out what it logged, or lies.
    same = entry.body.get("masked") == (job.sums if key[1] == "opened" else None)
    require(same, entry.number, "the sums that were opened are not those that were handed out")
    job.steps.add(key)


def _sums(entry: Seen, job: Job) -> None:
    _check_state(entry, job, JobState.STARTED)
    fits = job.facts.get("rows") == "lattice" and not job.sums and _has_rows(job)
    require(fits, entry.number, "the job has no sums to open now")
    outputs = entry.facts.get("sums") == job.facts["outputs"]
    require(outputs, entry.number, "it hands out a different number of sums than the job has")
    masked = entry.facts.get("masked")
    named = isinstance(masked, str) and bool(re.fullmatch("[0-9a-f]{64}", masked))
    require(named, entry.number, "it names no digest of the sums that it hands out")
    job.sums = str(masked)


def _has_rows(job: Job) -> bool:
    """Tell whether both sides sent what the job is computed from."""
    return job.terms.facts["source"] == "audience" or len(job.rows) == len(job.terms.parties)


def _release(entry: Seen, job: Job) -> None:
    approved = len(job.approved) == len(job.terms.parties)
    require(approved, entry.number, "a release without the approvals of all sides")
    require(_has_rows(job), entry.number, "a release without the rows of all sides")
    opened = job.facts.get("rows") != "lattice" or (job.terms.value_side, "opened") in job.steps
    require(opened, entry.number, "a release before the sums were opened")
    _move(entry, job, JobState.AWAITING_DECRYPTION)
    check_facts(entry, {name: job.facts[name] for name in _AT_RELEASE})
    facts = entry.facts
    counts = [facts.get(name) for name in ("released", "suppressed")]
    if job.facts["source"] == "job" and not job.facts["activates"]:
        require(counts == [None, None], entry.number, "it reveals how many groups passed")
    else:
        sound = all(type(n) is int and 0 <= n <= job.facts["outputs"] for n in counts)
        require(sound, entry.number, "more groups are released than the job has")
        job.activates = bool(job.facts["activates"] and counts[0])
    measured = facts.get("measures") is not None
    require(
        measured == bool(job.facts["slots"]),
        entry.number,
        "the release does not have the job's measures",
    )
    digest = facts.get("release")
    require(isinstance(digest, str) and len(digest) == 64, entry.number, "it names no digest")
    job.release = str(digest)


def _receipt(entry: Seen, job: Job) -> None:
    require(job.release is not None, entry.number, "a receipt before the release")
    receiver, value_side = job.terms.document.receiver, job.terms.value_side
    require(job.side(entry) == receiver, entry.number, f"{entry.actor} is not the job's receiver")
    same = entry.body["release"] == job.release
    require(same, entry.number, "the receipt is for a release other than the mediator's")
    if value_side is not None and value_side != receiver:
        done = (other_side_of(receiver), "decrypted") in job.steps
        require(done, entry.number, "a receipt before the values were decrypted")
    if job.activates:
        done = ("platform", "activated") in job.steps
        require(done, entry.number, "a receipt before the activation")


def other_side_of(side: str) -> str:
    """Return the peer's side."""
    return other_side(role_of(side))
