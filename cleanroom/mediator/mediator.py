"""The mediator: every use case behind one object, over one context."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import Any

from cleanroom.mediator import deletions, retention
from cleanroom.mediator.access import Access
from cleanroom.mediator.alignments import Alignments
from cleanroom.mediator.amendments import Amendments
from cleanroom.mediator.approvals import Approvals
from cleanroom.mediator.audit import Audit
from cleanroom.mediator.budgets import Budgets
from cleanroom.mediator.compute import Compute
from cleanroom.mediator.context import Context
from cleanroom.mediator.datasets import Datasets
from cleanroom.mediator.delegations import Delegations
from cleanroom.mediator.job_messages import JobMessages
from cleanroom.mediator.jobs import Jobs
from cleanroom.mediator.questions import Questions
from cleanroom.mediator.relay import Relay
from cleanroom.mediator.results import Results
from cleanroom.mediator.rooms import Rooms
from cleanroom.mediator.serving import Servings
from cleanroom.mediator.standing import Standings
from cleanroom.mediator.work import Waiting

CLOCK_TOLERANCE = 5_000
"""Milliseconds by which the clock may stand before the last entry without being called wrong."""

READINESS = "readiness"
"""The writer's place of whoever asks whether a write is possible."""


class Mediator:
    """Hold the use cases by noun; the API calls one of them per request."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.access = Access(context)
        self.rooms = Rooms(context)
        self.amendments = Amendments(context)
        self.delegations = Delegations(context)
        self.datasets = Datasets(context)
        self.alignments = Alignments(context)
        self.relay = Relay(context)
        self.jobs = Jobs(context)
        self.job_messages = JobMessages(context)
        self.approvals = Approvals(context)
        self.results = Results(context)
        self.budgets = Budgets(context)
        self.audit = Audit(context)
        self.serving = Servings(context)
        self.questions = Questions(context)
        self.standing = Standings(context)
        self.waiting = Waiting(context)

    def worker(self, executor: Executor | None = None) -> Compute:
        """Return the use cases of the worker process."""
        return Compute(self.context, executor)

    def start(self) -> None:
        """Finish what a crash may have left half-done."""
        retention.run(self.context)
        deletions.run(self.context)
        deletions.sweep(self.context)
        self.access.forget()

    def readiness(self) -> dict[str, Any]:
        """Return what is wrong, empty if the mediator can serve; a write shows that it can.

        Anybody may ask, so it counts nothing of any room.
        """
        wrong: dict[str, Any] = {}
        with self.context.store.write(READINESS) as transaction:
            logs = transaction.find("logs", order="latest")
            # Taken back at once, and yet written: on a full disk an empty commit succeeds.
            transaction.insert("logs", room=READINESS, size=0, latest=0)
            transaction.delete("logs", room=READINESS)
        latest = logs[-1]["latest"] if logs else 0
        if self.context.clock.milliseconds() + CLOCK_TOLERANCE < latest:
            wrong["clock"] = "the clock is behind the last entry of a log"
        return {"ready": not wrong, **wrong}
