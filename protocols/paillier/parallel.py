"""Spread pure work over an executor that the caller owns."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import TypeVar

import gmpy2

Result = TypeVar("Result")
Item = TypeVar("Item")

FEW = 32
"""Exponentiations that threads of this process do: processes would start more slowly."""

AHEAD = 8
"""Tasks in flight at once: enough to keep the workers busy, few enough to bound the memory."""


def run_ordered(
    executor: Executor | None, function: Callable[..., Result], tasks: Iterable[tuple[object, ...]]
) -> Iterator[Result]:
    """Yield ``function(*task)`` for every task, in order; without an executor, here and now.

    Tasks are drawn lazily, at most ``AHEAD`` before the result that is awaited.  Short operations
    of gmpy2 hold the interpreter's lock, so only an executor of processes gains anything.
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


def exponentiate(
    executor: Executor | None,
    function: Callable[[Sequence[Item]], Sequence[Result]],
    items: Sequence[Item],
    per_task: int,
) -> Iterator[Result]:
    """Yield what ``function`` makes of all items, which are exponentiations, in their order.

    GMP lets other threads run meanwhile.  So up to ``FEW`` items, and all of them without an
    executor, are spread over threads: nothing is sent to a process, and none has to start.
    """
    if executor is not None and len(items) > FEW:
        parts = run_ordered(executor, function, ((part,) for part in batches(items, per_task)))
        yield from (result for part in parts for result in part)
    elif len(items) < 2:
        yield from function(items)
    else:
        with ThreadPoolExecutor() as threads:
            tasks = ((function, [item]) for item in items)
            parts = run_ordered(threads, letting_others_run, tasks)
            yield from (result for part in parts for result in part)


def letting_others_run(function: Callable[..., Result], *arguments: object) -> Result:
    """Return ``function(*arguments)``; other threads run while it exponentiates."""
    with gmpy2.context(gmpy2.get_context(), allow_release_gil=True):
        return function(*arguments)


def batches(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """Cut a sequence into slices of ``size`` items, the last one shorter."""
    return (items[start : start + size] for start in range(0, len(items), size))
