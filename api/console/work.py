"""What takes longer than a page may: done in the background, told how far it is, remembered."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Any

from api.console.words import say
from cleanroom.agent.uploads import Progress
from cleanroom.errors import CleanroomError
from cleanroom.report import Language
from protocols.errors import ProtocolError, RemoteError


class Stopped(Exception):  # noqa: N818 - it says what happened
    """End a piece of work because its program ends."""


@dataclass(frozen=True)
class Step:
    """How far a piece of work is: ``total`` is 0 where nobody knows it yet."""

    name: str
    done: int
    total: int


@dataclass
class Tasks:
    """Do one piece of work after the other, and remember how far it is and how it ended."""

    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))
    _running: dict[str, Future[Any]] = field(default_factory=dict)
    _steps: dict[str, Step] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)
    _stopping: Event = field(default_factory=Event)

    def start(self, name: str, work: Callable[[Progress], Any]) -> None:
        """Begin a piece of work unless one of that name is under way; it tells how far it is."""

        def tell(step: str, done: int, total: int) -> None:
            if self._stopping.is_set():
                raise Stopped
            self._steps[name] = Step(step, done, total)

        with self._lock:
            if not self.busy(name):
                self._steps.pop(name, None)
                self._running[name] = self._pool.submit(work, tell)

    def busy(self, name: str) -> bool:
        """Tell whether the work of that name is under way, or waits for its turn."""
        return name in self._running and not self._running[name].done()

    def step(self, name: str) -> Step | None:
        """Return how far the work of that name is; None while it waits for its turn."""
        return self._steps.get(name)

    def result(self, name: str) -> Any:
        """Return what the last work of that name returned; None if it has not, or failed."""
        ended = self._ended(name)
        return ended.result() if ended and ended.exception() is None else None

    def failure(self, name: str) -> str | None:
        """Return why the last work of that name failed, in one sentence; None if it did not."""
        ended = self._ended(name)
        error = ended.exception() if ended else None
        if error is None:
            return None
        told = isinstance(error, CleanroomError | RemoteError | ProtocolError)
        return str(error) if told else type(error).__name__

    def _ended(self, name: str) -> Future[Any] | None:
        future = self._running.get(name)
        return future if future and future.done() and not future.cancelled() else None

    def close(self) -> None:
        """Let nothing new begin, and end what goes on as soon as it next tells how far it is."""
        self._stopping.set()
        self._pool.shutdown(wait=False, cancel_futures=True)


def progress_of(tasks: Tasks, name: str, words: str, language: Language) -> dict[str, Any]:
    """Return how far a piece of work is, for a page; ``mark`` changes when the page has to.

    ``words.STEP`` are the console's words for a step, ``words.waits`` for none yet.
    """
    busy, step = tasks.busy(name), tasks.step(name)
    values = {"done": f"{step.done:,}", "total": f"{step.total:,}"} if step else {}
    text = say(f"{words}.{step.name if step else 'waits'}", language, **values) if busy else ""
    return {
        "busy": busy,
        "mark": name if busy else "over",
        "done": step.done if step else 0,
        "total": step.total if step else 0,
        "text": text,
    }
