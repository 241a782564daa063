"""A mediator that dies around its commits, and what is common to the machines that make it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from api.app import create_app
from cleanroom.mediator import Mediator
from cleanroom.mediator.bootstrap import open_mediator
from cleanroom.mediator.ports import Clock
from cleanroom.mediator.settings import ServerSettings
from cleanroom.mediator.store.sqlite import SqliteStore

PASS, DROP, LOSE, TWICE, REPLAY, TAMPER, BEFORE, AFTER = (
    "pass",
    "drop",
    "lose",
    "twice",
    "replay",
    "tamper",
    "crash before commit",
    "crash after commit",
)
FAULTS = (DROP, LOSE, TWICE, REPLAY, TAMPER, BEFORE, AFTER)


class Killed(BaseException):
    """End an agent in the middle of whatever it does."""


class Crash(BaseException):
    """End the mediator in the middle of whatever it does."""


class Quiet:
    """A bell that keeps nobody waiting."""

    def ring(self) -> None:
        return

    def heard(self) -> int:
        return 0

    def wait(self, seconds: float, heard: int | None = None) -> bool:
        return False

    def silence(self) -> None:
        return


class CrashingStore:
    """A database whose process may die around a commit."""

    def __init__(self, store: SqliteStore) -> None:
        self._store, self.read, self.checkpoint = store, store.read, store.checkpoint
        self.close = store.close
        self.plan: str = PASS
        self.countdown = 0

    @contextmanager
    def write(self, place: str) -> Iterator[Any]:
        with self._store.write(place) as transaction:
            yield transaction
            if self._dies(BEFORE):
                raise Crash
        if self._dies(AFTER):
            raise Crash

    def _dies(self, how: str) -> bool:
        if self.plan != how:
            return False
        self.countdown -= 1
        return self.countdown < 0


class Mediated:
    """Hold the mediator of one run, over its home in a folder."""

    folder: Path
    clock: Clock | None = None

    def open(self) -> None:
        """Start the mediator, over whatever the one before left."""
        made = open_mediator(self.folder / "mediator", ServerSettings(attempts=1000), self.clock)
        self.store = CrashingStore(made.context.store)  # type: ignore[arg-type]
        self.mediator = Mediator(replace(made.context, store=self.store, bell=Quiet()))
        self.mediator.start()
        self._wsgi = httpx.WSGITransport(create_app(self.mediator), raise_app_exceptions=True)

    def serve(self, request: httpx.Request, fault: str = PASS, number: int = 0) -> httpx.Response:
        """Let the mediator answer, or die over it at one of its commits."""
        self.store.plan, self.store.countdown = fault, number % 3
        try:
            response = self._wsgi.handle_request(request)
            response.read()
            return response
        except Crash:
            self.open()
            raise httpx.ReadError("the mediator died", request=request) from None
        finally:
            self.store.plan = PASS

    def compute(self, fault: str = PASS, number: int = 0) -> bool:
        """Let the mediator's worker compute, or die over it; the next one takes over at once."""
        self.store.plan, self.store.countdown = fault, number % 4
        worker = self.mediator.worker()
        try:
            worker.release_leases()
            return worker.run_once()
        except Crash:
            self.open()
            return True
        finally:
            self.store.plan = PASS


def simulate(machine: type[RuleBasedStateMachine], examples: int, steps: int) -> None:
    """Run sequences of faults, as many as examples, and shrink one that fails."""
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
