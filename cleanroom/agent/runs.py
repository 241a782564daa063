"""Run standing questions: ask each at its time, and approve no job that only says to be a run."""

from __future__ import annotations

import time
from typing import Final

import rfc8785

from cleanroom.agent import agreed, jobs, lines, private, standing
from cleanroom.agent.jobs import LocalJob
from cleanroom.agent.rooms import Room
from cleanroom.agent.standing import Standing
from cleanroom.documents.job import JobDocument
from cleanroom.documents.payloads import REFUSALS
from cleanroom.errors import InvalidInput, PolicyRefusal, Unaligned, refuse_unless
from cleanroom.room import standing as rules

AGAIN: Final = ("standing-versions",)
"""Rules by which a run was refused that may be asked again: newer versions were aligned meanwhile.
"""


def ask_due(room: Room, identity: str) -> bool:
    """Ask the run that is due, over the newest versions that are aligned; tell whether it was.

    A run that the agreement, the budget or this party's data refuses is given up at once and asked
    no more: every try would stand in the log.
    """
    found = standing.find(room, identity)
    run = found.due()
    if run is None:
        return False
    try:
        jobs.submit(write_run(found, run))
    except Unaligned:
        raise
    except (PolicyRefusal, InvalidInput) as error:
        rule = error.rule if isinstance(error, PolicyRefusal) else "not-allowed"
        if rule not in AGAIN:
            agreed.skip(room, found.document.digest(), run, rule)
        raise
    return True


def give_up(room: Room, identity: str, what: str) -> None:
    """Say of a standing question that this party's agent has tried often enough, or skip a run."""
    found = standing.find(room, identity)
    run = found.due()
    if what == "approve":
        standing.stop(found, REFUSALS["agent-gave-up"])
    elif run is not None:
        agreed.skip(room, found.document.digest(), run, "agent-gave-up")


def write_run(found: Standing, run: int) -> LocalJob:
    """Make the job of a run over the newest versions that are aligned."""
    room, document = found.room, found.document
    joined = lines.newest_aligned(room, *document.lines())
    complete = {**rules.parameters(document, run), **found.opened}
    asked, text = jobs.assemble(room, rules.fields(document, run, joined), complete)
    job = jobs.plan(room, asked)
    if asked.sealed:
        room.home.vault.write(job.folder / private.FILE, text)
    job.check_own()
    return job


def covers(room: Room, job: JobDocument) -> bool:
    """Tell whether a job says to be a run of a standing question that this party agreed to."""
    if job.standing is None:
        return False
    with agreed.locked(room) as file:
        return job.standing.standing in agreed.read(file)


def check(job: LocalJob) -> None:
    """Raise ``PolicyRefusal`` unless a job is asked once, or is a run that this party agreed to.

    It is to be the one job of its run, due by this party's own clock.  What the run seals has to
    be what the standing question sealed.
    """
    run = job.document.standing
    if run is None:
        return
    with agreed.locked(job.room) as file:
        known = agreed.read(file)
        kept = known.get(run.standing)
        if kept is None:
            raise PolicyRefusal("this party agreed to no such standing question", "standing-state")
        rules.check_run(kept.document, job.document)
        asked = job.question.brand, job.question.platform
        same = tuple((one.party, one.name) for one in asked) == kept.document.lines()
        refuse_unless(same, "the run is about different datasets", "standing-differs")
        due = rules.opens(kept.document, run.run) <= time.time()
        refuse_unless(due, "the run is not due yet", "standing-time")
        same = kept.jobs.setdefault(run.run, job.identity) == job.identity
        refuse_unless(same, "this run is already another job", "standing-asked")
        opened = standing.opened_of(job.room, kept.document)
        refuse_unless(
            rfc8785.dumps(dict(job.private())) == rfc8785.dumps(opened),
            "the run asks something else than the standing question",
            "standing-differs",
        )
        agreed.write(file, known)
