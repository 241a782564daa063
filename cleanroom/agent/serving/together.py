"""Let single questions that come at the same time travel as one request.

A platform's server has many visitors at once, and most of what a question costs is the request
around it.  The first question waits for a declared window; what comes meanwhile goes with it: one
signature, one proof, one count.  Nothing is asked twice, and what is counted is what ``Asker``
counts.  No more travel together than the time-out has time for.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from threading import Event, Lock
from time import monotonic, sleep
from typing import Final

from cleanroom.agent.serving.ask import Asker, Label, Written
from cleanroom.agent.serving.turns import PERSON_SECONDS
from cleanroom.errors import InvalidInput
from cleanroom.forks import Forked
from protocols.limits import VOPRF_BATCH

WINDOW: Final = 0.002
"""Seconds that the first question of a request waits for others."""


@dataclass
class _Batch:
    """Questions that go out together; ``labels`` has their answers once ``done`` is set."""

    first: Written
    end: float
    most: int
    inputs: list[bytes] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    left: bool = False
    done: Event = field(default_factory=Event)

    def takes(self, written: Written) -> bool:
        """Tell whether a question, under its publication, may still join."""
        under = self.first.known is written.known
        return under and not self.left and len(self.inputs) < self.most

    def join(self, written: Written) -> int:
        """Add a question; return its place."""
        self.inputs.extend(written.inputs)
        return len(self.inputs) - 1

    def leave(self) -> Written:
        """Let nobody join any more; return all questions."""
        self.left = True
        return Written(self.first.known, tuple(self.inputs))

    def rest(self) -> float:
        """Return how long the answer may take, so that there is time to check it."""
        return self.end - monotonic() - len(self.inputs) * PERSON_SECONDS / 2


class Together(Forked):
    """Ask about one person at a time, from many threads or tasks."""

    def __init__(self, asker: Asker, window: float = WINDOW) -> None:
        """Wait ``window`` seconds for others, which is a part of the asker's time-out.

        Raises ``InvalidInput`` for a window that leaves no time for an answer.
        """
        if not 0 < window < asker.timeout:
            raise InvalidInput("The window is above 0 and below the asker's time-out.")
        self._asker, self._window = asker, window
        self.in_fork()
        super().__init__()

    def in_fork(self) -> None:
        """Begin with no request: whoever carries those of the parent is not there."""
        self._lock = Lock()
        self._open: _Batch | None = None
        self._open_task: tuple[_Batch, asyncio.Task[None]] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def ask(self, identifier: str) -> Label:
        """Return the label of a person; raise as ``Asker.ask`` does, for this question alone."""
        written = self._asker.written([identifier])
        with self._lock:
            batch = self._open
            carries = batch is None or not batch.takes(written)
            if batch is None or carries:
                batch = self._open = self._opened(written)
            place = batch.join(written)
        if carries:
            self._carry(batch)
        elif not batch.done.wait(self._asker.timeout):
            return self._nothing("no answer in time")
        return self._of(batch, place)

    def _opened(self, written: Written) -> _Batch:
        timeout = self._asker.timeout
        most = min(int(timeout / 2 / PERSON_SECONDS), VOPRF_BATCH)
        return _Batch(written, monotonic() + timeout, max(most, 1))

    def _carry(self, batch: _Batch) -> None:
        """Ask for all, in the thread of the first; whatever ends that, the others go on."""
        try:
            sleep(self._window)
            with self._lock:
                written = batch.leave()
            batch.labels = self._asker.send(written, batch.rest())
        finally:
            with self._lock:
                batch.leave()
            batch.done.set()

    async def ask_async(self, identifier: str) -> Label:
        """Return the label of a person as ``ask`` does, without holding up the event loop.

        One that is cancelled is asked about nevertheless, for the others' sake.
        """
        written = self._asker.written([identifier])
        opened, loop = self._open_task, asyncio.get_running_loop()
        # Another loop's batch is closed in another thread.
        if opened is None or opened[1].get_loop() is not loop or not opened[0].takes(written):
            batch = self._opened(written)
            opened = batch, loop.create_task(self._carry_async(batch))
            self._open_task = opened
            self._tasks.add(opened[1])
            opened[1].add_done_callback(self._tasks.discard)
        batch, task = opened
        place = batch.join(written)
        done, _ = await asyncio.wait([task], timeout=self._asker.timeout)
        if not done:
            return self._nothing("no answer in time")
        if not task.cancelled() and task.exception():
            return self._nothing(type(task.exception()).__name__)
        return self._of(batch, place)

    async def _carry_async(self, batch: _Batch) -> None:
        await asyncio.sleep(self._window)
        written = batch.leave()
        batch.labels = await self._asker.send_async(written, batch.rest())

    def _of(self, batch: _Batch, place: int) -> Label:
        return batch.labels[place] if batch.labels else self._nothing("the request was ended")

    def _nothing(self, problem: str) -> Label:
        return Label(self._asker.default, answered=False, problem=problem)
