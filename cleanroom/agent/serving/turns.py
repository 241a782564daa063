"""Let no more be under way at a time than can be answered in time, and begin nothing that is late.

Hundreds of tasks may ask in one moment.  Begun all at once, each would wait for the arithmetic of
all others and none would have an answer in time, though all were asked and counted.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic
from typing import Any, Final, TypeVar

from cleanroom.errors import Unreachable
from cleanroom.forks import Forked

_T = TypeVar("_T")

PERSON_SECONDS: Final = 250e-6
"""Processor time that is set aside for each person of a request, on both sides together: twice what
it takes (docs/explanation/performance.md)."""

REQUEST_PEOPLE: Final = 8
"""A request of fewer people takes as long as one of so many."""

THREADS: Final = 32
"""Requests under way at a time at most: most of their time they wait for the network."""


@dataclass(frozen=True)
class _Turn:
    """Work that is not begun before there is room for its people, nor after ``until``."""

    people: int
    until: float
    work: Callable[[], Any]
    result: Future[Any] = field(default_factory=Future)


class Turns(Forked):
    """Do work in threads, first come, first served."""

    def __init__(self, most: int) -> None:
        """Let so many people be under way at a time, but always one request, whatever its size."""
        self._most = most
        self.in_fork()
        super().__init__()

    def in_fork(self) -> None:
        """Begin with nothing: the threads of the parent are not there."""
        self._lock = Lock()
        self._waiting: deque[_Turn] = deque()
        self._under_way: list[int] = []
        self._threads = ThreadPoolExecutor(THREADS)

    def submit(self, people: int, until: float, work: Callable[[], _T]) -> Future[_T]:
        """Return what work for so many people will return.

        That is ``Unreachable`` if it is not its turn before the clock says ``until``.
        """
        turn = _Turn(max(people, REQUEST_PEOPLE), until, work)
        with self._lock:
            self._waiting.append(turn)
        self._go_on()
        return turn.result

    def _go_on(self) -> None:
        """Begin what there is room for; what was cancelled or is late makes room for the next."""
        while turn := self._next():
            if not turn.result.set_running_or_notify_cancel():
                self._leave(turn)
            elif monotonic() >= turn.until:
                self._leave(turn)
                turn.result.set_exception(Unreachable("no time was left to ask"))
            else:
                self._threads.submit(self._do, turn)

    def _next(self) -> _Turn | None:
        with self._lock:
            if not self._waiting:
                return None
            full = sum(self._under_way) + self._waiting[0].people > self._most
            if self._under_way and (full or len(self._under_way) >= THREADS):
                return None
            turn = self._waiting.popleft()
            self._under_way.append(turn.people)
            return turn

    def _leave(self, turn: _Turn) -> None:
        with self._lock:
            self._under_way.remove(turn.people)

    def _do(self, turn: _Turn) -> None:
        try:
            found = turn.work()
        except BaseException as error:  # noqa: BLE001 (whoever waits for it is told)
            self._leave(turn)
            turn.result.set_exception(error)
        else:
            self._leave(turn)
            turn.result.set_result(found)
        self._go_on()
