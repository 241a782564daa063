"""Remember what this party approved and what it cost: a privacy ledger of its own.

The mediator keeps the room's ledger.  One that forgets a charge, or asks for one answer under many
names, could with the receiver's help average this party's noise away.  So the agent gives its
noise only while the budget that it signed covers it, and goes on only with what it approved.

Where the budget is one of periods, the agent counts a question in the period in which it approves
it, by its own clock: the mediator's word for when it was asked could move it into another.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import takewhile
from operator import itemgetter
from pathlib import Path
from typing import Any

from cleanroom.agent.earlier import READY, was_opened
from cleanroom.agent.home import read_json, write_json
from cleanroom.agent.jobs import LocalJob, shown_document
from cleanroom.agent.rooms import Room
from cleanroom.documents.delegation import Delegation
from cleanroom.errors import BudgetExhausted, PolicyRefusal
from cleanroom.files import held
from cleanroom.privacy.accounting import Ledger
from cleanroom.room import delegations, periods
from cleanroom.room.jobs import pairs_of
from cleanroom.room.policy import check_jobs
from cleanroom.room.states import JobState

Charge = tuple[float, int]
"""The rho of a question, and the period in which it was approved."""

Known = dict[str, dict[str, Charge]]
"""By pair of parties, every approved job."""

GIVEN_BACK = "given back"
"""Stands in the place of a pair for questions that cost nothing and count as asked."""


def record(job: LocalJob, delegation: Delegation | None = None) -> None:
    """Charge a job once, before anything is sent for it; a second time costs nothing.

    ``delegation`` is the one under which an agency asks it, which has a budget of its own.  Raises
    ``BudgetExhausted`` if a budget does not cover it, ``PolicyRefusal`` if it is one question too
    many; nothing is kept then.
    """
    with _locked(job.room) as file:
        known = _read(file)
        if delegation is not None:
            _record_delegated(job, known, delegation)
        for pair in _pairs(job):
            _record(job, known, pair)
        write_json(file, known)


def _record_delegated(job: LocalJob, known: Known, delegation: Delegation) -> None:
    """Charge a job to its delegation: nothing is given back there, and no period refills it."""
    jobs, spent = known.setdefault(f"delegation {delegation.identity()}", {}), job.charge.rho
    if job.identity in jobs:
        return
    found = delegations.ledger(delegation)
    for rho, _ in jobs.values():
        found = found.charge(rho) if rho else found
    if spent:
        found.charge(spent)
    jobs[job.identity] = spent, 0


def _record(job: LocalJob, known: Known, pair: str) -> None:
    """Charge a job to one pair."""
    jobs, back = known.setdefault(pair, {}), known.setdefault(_given_back(job, pair), {})
    if job.identity in jobs:
        return
    back.pop(job.identity, None)
    check_jobs(job.room.agreement.policy, len(jobs) + len(back))
    try:
        jobs[job.identity] = _charged(job, jobs)
    except BudgetExhausted:
        for name in [name for name in jobs if _untouched(job, name)]:
            back[name] = jobs.pop(name)
        jobs[job.identity] = _charged(job, jobs)


def _charged(job: LocalJob, jobs: Mapping[str, Charge]) -> Charge:
    """Return what the question costs and where it counts; ``BudgetExhausted`` if nowhere."""
    rho, now = job.charge.rho, time.time()
    present = _ledger(job, jobs, _present(job, now))
    try:
        after = present.charge(rho) if rho else present
    except BudgetExhausted:
        after = _ledger(job, jobs, _present(job, now + periods.EARLY)).charge(rho)
    return rho, after.period


def _present(job: LocalJob, now: float) -> int:
    return periods.number(job.room.agreement.policy, now)


def _ledger(job: LocalJob, jobs: Mapping[str, Charge], present: int) -> Ledger:
    """Return what was charged, in a period or the latest one that was charged.

    A clock that goes back revives no period.
    """
    policy = job.room.agreement.policy
    found = periods.ledger(policy)
    for rho, period in sorted(jobs.values(), key=itemgetter(1)):
        found = found.reach(period)
        found = found.count(rho) if rho else found
    return found.reach(present)


def _untouched(job: LocalJob, name: str) -> bool:
    """Tell whether an approved question was refused and cost this party's people nothing.

    That is so where this party was to receive and sent no rows: what its approval holds, masks
    and a map of labels, says nothing of its people, even if the mediator made the refusal up.
    """
    shown = job.room.client.job(name)
    receives = shown_document(shown, name).receiver == job.side
    problem = shown.get("problem") or {}
    refused = shown.get("state") == JobState.REFUSED and bool(problem.get("given_back"))
    sent = (job.folder.parent / name / READY).exists()
    return receives and refused and not sent and not was_opened(job.room, name)


def ledger(job: LocalJob) -> Ledger:
    """Return this party's own ledger of the pair as it stood before the question was approved.

    It is that of now for a question that is not.  Of several pairs it is the one in which least is
    left.
    """
    with _locked(job.room) as file:
        known = _read(file)
    found = []
    for pair in _pairs(job):
        jobs = known.get(pair, {})
        # Kept in the order of approval.
        earlier = dict(takewhile(lambda one: one[0] != job.identity, jobs.items()))
        _, period = jobs.get(job.identity, (0.0, _present(job, time.time())))
        found.append(_ledger(job, earlier, period))
    return min(found, key=lambda one: one.left)


def check(job: LocalJob) -> None:
    """Raise ``PolicyRefusal`` unless this party approved the job."""
    with _locked(job.room) as file:
        known = _read(file)
        if any(job.identity not in known.get(pair, {}) for pair in _pairs(job)):
            raise PolicyRefusal("this party has not approved the job", rule="not-approved")


def _pairs(job: LocalJob) -> list[str]:
    """Return the pairs that the question is about and this party is one of."""
    others = [job.question.other.party]
    if job.plan.hub is not None and job.receives:
        others = list(job.plan.hub.others)
    # Of what an agency asks for other brands, a brand knows nothing.
    behalf = None if job.side == "brand" else job.document.behalf
    known = job.document.model_copy(update={"behalf": behalf})
    return ["/".join(pair) for pair in pairs_of(known, job.question.hub.party, others)]


def _given_back(job: LocalJob, pair: str) -> str:
    """Return where the pair's questions are that cost nothing.

    In a room that began with two parties it is those two's place, whoever joined since.
    """
    founders = job.room.first.parties
    names = {f"{one.name}/{other.name}" for one in founders for other in founders}
    return GIVEN_BACK if len(founders) == 2 and pair in names else f"{GIVEN_BACK} {pair}"


_Charges = dict[str, dict[str, float | tuple[float, int]]]


def _read(file: Path) -> Known:
    kept = read_json(file, _Charges) if file.exists() else {}
    return {
        pair: {name: _read_charge(one) for name, one in jobs.items()} for pair, jobs in kept.items()
    }


def _read_charge(kept: Any) -> Charge:
    """Return a charge as it was kept; homes of before kept the rho alone."""
    rho, period = kept if isinstance(kept, tuple) else (kept, 0)
    return float(rho), int(period)


@contextmanager
def _locked(room: Room) -> Iterator[Path]:
    room.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with held(room.folder / "approved.lock"):
        yield room.folder / "approved.json"


def has_approved(room: Room, item: Mapping[str, Any]) -> bool:
    """Tell whether this party has approved a job that the mediator shows: by name, not by role.

    Of a question to several platforms each has a place of its own.
    """
    return any(item["parties"][side] == room.own.name for side in item["approved"])
