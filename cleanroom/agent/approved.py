"""Remember what this party approved and what it cost: a privacy ledger of its own.

The mediator keeps the room's ledger.  One that forgets a charge, or asks for one answer under many
names, could with the receiver's help average this party's noise away.  So the agent gives its
noise only while the budget that it signed covers it, and goes on only with what it approved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from cleanroom.agent.earlier import was_opened
from cleanroom.agent.home import read_json, write_json
from cleanroom.agent.job_rows import READY
from cleanroom.agent.jobs import LocalJob, shown_document
from cleanroom.agent.rooms import Room
from cleanroom.errors import BudgetExhausted, PolicyRefusal
from cleanroom.files import held
from cleanroom.privacy.accounting import Ledger
from cleanroom.room.policy import check_jobs
from cleanroom.room.states import JobState

Known = dict[str, dict[str, float]]
"""By pair of parties, the rho of every approved job."""

GIVEN_BACK = "given back"
"""Stands in the place of a pair for questions that cost nothing and count as asked."""


def record(job: LocalJob) -> None:
    """Charge a job once, before anything is sent for it; a second time costs nothing.

    Raises ``BudgetExhausted`` if the agreement's budget does not cover it, ``PolicyRefusal`` if it
    is one question too many; nothing is kept then.
    """
    with _locked(job.room) as file:
        known = _read(file)
        jobs, back = known.setdefault(_pair(job), {}), known.setdefault(GIVEN_BACK, {})
        if job.identity in jobs:
            return
        back.pop(job.identity, None)
        check_jobs(job.room.agreement.policy, sum(map(len, known.values())))
        jobs[job.identity] = job.charge.rho
        try:
            _check(job, jobs)
        except BudgetExhausted:
            for name in [name for name in jobs if name != job.identity and _untouched(job, name)]:
                back[name] = jobs.pop(name)
            _check(job, jobs)
        write_json(file, known)


def _check(job: LocalJob, jobs: Mapping[str, float]) -> None:
    ledger = Ledger.of(job.room.agreement.policy.rho_budget)
    for rho in jobs.values():
        ledger = ledger.charge(rho) if rho else ledger


def _untouched(job: LocalJob, name: str) -> bool:
    """Tell whether an approved question was refused and cost this party's people nothing.

    That is so where this party was to receive and sent no rows: what its approval holds, masks
    and a map of labels, says nothing of its people, even if the mediator made the refusal up.
    """
    shown = job.room.client.job(name)
    receives = shown_document(shown, name).receiver == job.room.role
    problem = shown.get("problem") or {}
    refused = shown.get("state") == JobState.REFUSED and bool(problem.get("given_back"))
    sent = (job.folder.parent / name / READY).exists()
    return receives and refused and not sent and not was_opened(job.room, name)


def spent(job: LocalJob) -> float:
    """Return the rho of the other questions that this party approved for the same pair."""
    with _locked(job.room) as file:
        jobs = _read(file).get(_pair(job), {})
    return sum(rho for name, rho in jobs.items() if name != job.identity)


def check(job: LocalJob) -> None:
    """Raise ``PolicyRefusal`` unless this party approved the job."""
    with _locked(job.room) as file:
        if job.identity not in _read(file).get(_pair(job), {}):
            raise PolicyRefusal("this party has not approved the job", rule="not-approved")


def _pair(job: LocalJob) -> str:
    return f"{job.question.brand.party}/{job.question.platform.party}"


def _read(file: Path) -> Known:
    return dict(read_json(file)) if file.exists() else {}


@contextmanager
def _locked(room: Room) -> Iterator[Path]:
    room.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with held(room.folder / "approved.lock"):
        yield room.folder / "approved.json"
