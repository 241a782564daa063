"""The worker: take a job under a lease, compute it, store the answer only if the lease still holds.

A lease carries a fencing token that grows with every taking.  A worker that was paused past its
lease holds an old token, and its write changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from threading import Event
from typing import Any

import structlog

from cleanroom import traces
from cleanroom.errors import CleanroomError
from cleanroom.mediator import combining, deletions, job_rows, log, opening, releases, retention
from cleanroom.mediator.ahead import Ahead
from cleanroom.mediator.context import Context
from cleanroom.mediator.gathered import gather
from cleanroom.mediator.jobs_end import fail
from cleanroom.mediator.ports import Transaction
from cleanroom.mediator.trouble import place_of
from cleanroom.room.states import JobState
from cleanroom.system import in_background
from protocols.errors import RemoteError

LEASES = "leases"
"""The writer's place of the one worker that takes over every lease."""

LONGEST_PAUSE = 60
"""Seconds between two attempts at most; they double from one."""

LOOK_SECONDS = 60
"""Seconds between two looks for what was kept as long as is agreed."""

_log: structlog.stdlib.BoundLogger = structlog.get_logger("cleanroom.compute")


@dataclass(frozen=True)
class Lease:
    """The right to compute one job, for a while."""

    job: str
    room: str
    fence: int
    attempt: int
    phase: str = "release"


class Compute:
    """Serve the worker process."""

    def __init__(self, context: Context, executor: Executor | None = None) -> None:
        self._context = context
        self._executor = executor
        self._turns = 0
        self._served: dict[str, int] = {}
        self._looked = 0
        self._ahead = Ahead(context)

    def run_once(self) -> bool:
        """Compute one job if one waits; return whether one did."""
        self.expire()
        self.tidy()
        self._ahead.look()
        lease = self.take()
        if lease is None:
            return False
        try:
            with self._renewing(lease):
                if lease.phase == combining.PHASE:
                    made = releases.accumulate(self._context, lease.job, self._executor)
                    shown = self.hand_out(lease, made)
                elif lease.phase == opening.PHASE:
                    self._ahead.draw(gather(self._context, lease.job))
                    matched = self._ahead.matched(lease.job)
                    made = releases.mask_sums(self._context, lease.job, matched)
                    shown = self.hand_out(lease, made)
                else:
                    keys = self._ahead.keys
                    answer = releases.compute(self._context, lease.job, self._executor, keys)
                    shown = self.finish(lease, answer)
            if shown:
                traces.moment(lease.job, f"mediator {lease.phase}")
        except (RemoteError, CleanroomError) as fault:
            self.give_up(lease, "rows-invalid", str(fault))
        except Exception as error:
            _log.error("compute failed", attempt=lease.attempt, place=place_of(error))
            self.put_back(lease, type(error).__name__)
        return True

    def draw_idly(self, is_over: Callable[[], bool]) -> None:
        """Draw r^n for questions to come while nothing waits, until it is over."""
        self._ahead.draw_idly(is_over)

    def close(self) -> None:
        """Do nothing ahead any more."""
        self._ahead.close()

    def take(self) -> Lease | None:
        """Lease a job of the room served longest ago, or one whose worker has fallen silent.

        Of one room it is the job that has been due longest.  Who was served is forgotten with
        this object: then everybody is served once more before anybody twice.
        """
        settings, now = self._context.settings, self._context.seconds()
        with self._context.store.read() as transaction:
            row = self._due(transaction, now)
            if row is None:
                return None
            room = _room(transaction, row)
        with self._context.store.write(room) as transaction:
            # Another worker may have taken it, or a party ended it, meanwhile.
            if transaction.get("compute", **row) is None:
                return None
            if row["attempts"] >= settings.attempts:
                self._abandon(transaction, row)
                return None
            lease = Lease(row["job"], room, row["fence"] + 1, row["attempts"] + 1, row["phase"])
            transaction.update(
                "compute",
                {"job": row["job"]},
                state="leased",
                attempts=lease.attempt,
                fence=lease.fence,
                lease=now + settings.lease_seconds,
            )
        return lease

    def _due(self, transaction: Transaction, now: int) -> dict[str, Any] | None:
        queued = [
            (self._last_turn(transaction, row), row)
            for row in transaction.find("compute", state="queued", order="due")
            if not _lies_ahead(row["due"], now, LONGEST_PAUSE)
        ]
        if queued:
            (_, room), row = min(queued, key=lambda one: (one[0][0], one[1]["due"]))
            self._turns += 1
            self._served[room] = self._turns
            return row
        longest = self._context.settings.lease_seconds
        leased = transaction.find("compute", state="leased", order="lease")
        silent = (row for row in leased if not _lies_ahead(row["lease"], now, longest))
        return next(silent, None)

    def _last_turn(self, transaction: Transaction, row: dict[str, Any]) -> tuple[int, str]:
        room = _room(transaction, row)
        return self._served.get(room, 0), room

    def renew(self, lease: Lease) -> bool:
        """Extend a lease; return False if it is lost."""
        until = self._context.seconds() + self._context.settings.lease_seconds
        with self._context.store.write(lease.room) as transaction:
            return transaction.update("compute", _held(lease), lease=until) == 1

    def hand_out(self, lease: Lease, made: combining.Accumulated) -> bool:
        """Store what a party works on between the phases; return False if the lease is lost."""
        written = combining.write_files(self._context, lease.job, made)
        with self._context.store.write(lease.room) as transaction:
            row = transaction.get("jobs", id=lease.job)
            waiting = {"phase": "release", "state": "waiting", "attempts": 0}
            if row is None or not transaction.update("compute", _held(lease), **waiting):
                return False
            combining.publish(transaction, row, made, written)
            if lease.phase == opening.PHASE:
                facts = opening.facts(lease.job, made)
                log.append(transaction, self._context, row["room"], kind="job.sums", facts=facts)
            job_rows.event(
                transaction, row["id"], row["state"], self._now(transaction, row), lease.phase
            )
        self._context.bell.ring()
        return True

    def finish(self, lease: Lease, answer: releases.Answer) -> bool:
        """Store an answer and release it to its readers; return False if the lease is lost.

        The files are written first, under a name with the fencing token, and become the answer
        only with the commit.  Where the room has expired meanwhile, nothing is released.
        """
        folder = f"jobs/{lease.job}/release/{lease.fence}"
        for name, data in answer.parts.items():
            self._context.blobs.write(f"{folder}/{name}", data)
        with self._context.store.write(lease.room) as transaction:
            row = transaction.get("jobs", id=lease.job)
            if row is None or not transaction.update("compute", _held(lease), state="done"):
                return False
            if job_rows.expired(transaction, self._context, row):
                self._expire(transaction, row)
                return False
            job_rows.step(
                transaction,
                row,
                JobState.AWAITING_DECRYPTION,
                self._now(transaction, row),
                release=releases.stored(answer, folder),
            )
            log.append(
                transaction,
                self._context,
                row["room"],
                kind="job.release",
                facts=releases.facts(answer, job_rows.load(transaction, row)),
            )
        self._context.bell.ring()
        return True

    def give_up(self, lease: Lease, rule: str, sentence: str) -> None:
        """Fail a job that no further attempt can help, if the lease still holds."""
        with self._context.store.write(lease.room) as transaction:
            row = transaction.get("jobs", id=lease.job)
            if row is not None and transaction.get("compute", **_held(lease)):
                fail(self._context, transaction, row, rule, sentence)
        self._context.bell.ring()

    def put_back(self, lease: Lease, reason: str) -> None:
        """Let a job be tried again later, if the lease still holds."""
        pause = min(2 ** (lease.attempt - 1), LONGEST_PAUSE)
        due = self._context.seconds() + pause
        with self._context.store.write(lease.room) as transaction:
            transaction.update("compute", _held(lease), state="queued", due=due, reason=reason)

    def release_leases(self) -> None:
        """Take over every lease: called by the one worker of a mediator when it starts."""
        with self._context.store.write(LEASES) as transaction:
            for row in transaction.find("compute", state="leased"):
                transaction.update(
                    "compute", {"job": row["job"]}, state="queued", fence=row["fence"] + 1
                )

    def expire(self) -> None:
        """End the running jobs of rooms whose time is over."""
        with self._context.store.read() as transaction:
            running = _running(transaction)
            late = [row for row in running if job_rows.expired(transaction, self._context, row)]
        for row in late:
            with self._context.store.write(row["room"]) as transaction:
                current = transaction.get("jobs", id=row["id"])
                if current is not None and current["state"] in job_rows.RUNNING:
                    self._expire(transaction, current)

    def _expire(self, transaction: Transaction, row: dict[str, Any]) -> None:
        sentence = "the room has expired"
        fail(self._context, transaction, row, "room-expired", sentence, JobState.EXPIRED)

    def tidy(self) -> None:
        """Delete the rows of jobs that have ended, and what was withdrawn."""
        deletions.tidy(self._context)
        if abs(self._context.seconds() - self._looked) >= LOOK_SECONDS:
            self._looked = self._context.seconds()
            retention.run(self._context)
        deletions.run(self._context)

    def _now(self, transaction: Transaction, row: dict[str, Any]) -> int:
        return log.now(transaction, self._context, row["room"])

    def _abandon(self, transaction: Transaction, row: dict[str, Any]) -> None:
        job = transaction.get("jobs", id=row["job"])
        if job is not None:
            sentence = f"given up after {row['attempts']} attempts: {row['reason'] or 'silence'}"
            fail(self._context, transaction, job, "abandoned", sentence)

    def _renewing(self, lease: Lease) -> AbstractContextManager[None]:
        """Renew a lease in the background for as long as the computation runs."""
        period = self._context.settings.lease_seconds / 3

        def renew(over: Event) -> None:
            while not over.wait(period):
                if not self.renew(lease):
                    return

        return in_background(renew)


def _lies_ahead(moment: int, now: int, longest: int) -> bool:
    """Tell whether a moment that was set ``longest`` seconds ahead at most is still to come.

    One that lies further ahead was set before the clock went back: it would come hours late.
    """
    return now < moment <= now + longest


def _room(transaction: Transaction, row: dict[str, Any]) -> str:
    return str(transaction.find("jobs", id=row["job"])[0]["room"])


def _held(lease: Lease) -> dict[str, Any]:
    return {"job": lease.job, "fence": lease.fence, "state": "leased"}


def _running(transaction: Transaction) -> list[dict[str, Any]]:
    return [row for state in job_rows.RUNNING for row in transaction.find("jobs", state=state)]
