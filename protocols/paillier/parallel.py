"""Spread pure work over an executor that the caller owns."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from typing import TypeVar

Result = TypeVar("Result")
Item = TypeVar("Item")

AHEAD = 8
"""Tasks in flight at once: enough to keep the workers busy, few enough to bound the memory."""


def run_ordered(
    executor: Executor | None, function: Callable[..., Result], tasks: Iterable[tuple[object, ...]]
) -> Iterator[Result]:
    """Yield ``function(*task)`` for every task, in order; without an executor, here and now.

    Tasks are drawn lazily, at most ``AHEAD`` before the result that is awaited.  gmpy2 holds the
    interpreter's lock, so only an executor of processes gains anything.
    """
    if executor is None:
        yield from (function(*task) for task in tasks)
        return
    pending: deque[Future[Result]] = deque()
    try:
        for task in tasks:
            pending.append(executor.submit(function, *task))
            if len(pending) == AHEAD:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        for future in pending:
            future.cancel()


def batches(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """Cut a sequence into slices of ``size`` items, the last one shorter."""
    return (items[start : start + size] for start in range(0, len(items), size))
