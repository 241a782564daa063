"""The clock, the bell and the processes of this machine."""

from __future__ import annotations

import multiprocessing
import os
import resource
import threading
import time
from multiprocessing.connection import wait
from pathlib import Path


class SystemClock:
    """Read the clock of the operating system."""

    def milliseconds(self) -> int:
        """Return Unix milliseconds."""
        return time.time_ns() // 1_000_000

    def elapsed(self) -> float:
        """Return seconds of a clock that never steps."""
        return time.monotonic()


class ThreadBell:
    """Wake the threads of one process."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._silent = False

    def ring(self) -> None:
        """Wake every waiter."""
        with self._condition:
            self._condition.notify_all()

    def wait(self, seconds: float) -> bool:
        """Return at the next ring or after a time; False once nobody should wait any more."""
        with self._condition:
            if not self._silent:
                self._condition.wait(seconds)
            return not self._silent

    def silence(self) -> None:
        """Send every waiter home, now and from now on."""
        with self._condition:
            self._silent = True
            self._condition.notify_all()


def no_core_dumps() -> None:
    """Let no crash write this process's memory, and the keys in it, to a disk."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def load_libsodium() -> None:
    """Load the library of ``protocols.voprf`` and remove the file from which that was done.

    On import ``rbcl`` writes libsodium to a temporary file and leaves it behind, once for every
    process; what is loaded needs the name no more.
    """
    from rbcl import _sodium  # noqa: PLC0415 - few commands need it

    Path(_sodium._name).unlink(missing_ok=True)


def end_with_parent() -> None:
    """Let a process of a pool end when the process that started it is gone, killed or not.

    A pool's processes wait for work on a pipe that their siblings hold open too, so without this
    they would wait for ever.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_follow, args=(parent.sentinel,), daemon=True).start()


def _follow(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
