"""The clock, the bell and the processes of this machine."""

from __future__ import annotations

import codecs
import json
import multiprocessing
import os
import resource
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from multiprocessing.connection import wait
from pathlib import Path

ESCAPED = "as-json-escapes"
"""Name of the way in which output writes what its encoding has no character for."""

CLOCK_SECONDS = 5
"""Most seconds between two clocks: the mediator takes no request from further ahead."""


def escape_output() -> None:
    """Let no text end a program whose output is in another encoding than UTF-8.

    What cannot be written is escaped as JSON does it, so that a document stays one.
    """
    codecs.register_error(ESCAPED, _escaped)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors=ESCAPED)


def _escaped(fault: UnicodeError) -> tuple[str, int]:
    if not isinstance(fault, UnicodeEncodeError):
        raise fault
    return json.dumps(fault.object[fault.start : fault.end])[1:-1], fault.end


class SystemClock:
    """Read the clock of the operating system."""

    def milliseconds(self) -> int:
        """Return Unix milliseconds."""
        return time.time_ns() // 1_000_000

    def elapsed(self) -> float:
        """Return seconds of a clock that never steps."""
        return time.monotonic()


class ThreadBell:
    """Wake the threads of this process, and tell other processes."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._silent = False
        self._rings = 0
        self._other: socket.socket | None = None
        self._told: list[Callable[[], None]] = []

    def ring(self) -> None:
        """Wake every waiter, here and in other processes."""
        self.wake()
        other = self._other
        if other is not None:
            # One that is gone, or has a full buffer of rings before it, needs no further one.
            with suppress(OSError):
                other.send(b"\0", socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
        for tell in self._told:
            tell()

    def tell(self, other: Callable[[], None]) -> None:
        """Call something at every further ring; it must not take long."""
        self._told.append(other)

    def wake(self) -> None:
        """Wake the waiters here alone: another process rang."""
        with self._condition:
            self._rings += 1
            self._condition.notify_all()

    def link(self, other: socket.socket) -> None:
        """Let every further ring be heard at the other end of a socket."""
        self._other = other

    def follow(self, other: socket.socket) -> None:
        """Wake the waiters here whenever the other process rings; return when it is gone."""
        with suppress(OSError):
            while other.recv(4096):
                self.wake()

    def heard(self) -> int:
        """Return how often it has rung: whoever looks after that misses no ring."""
        with self._condition:
            return self._rings

    def rang(self, heard: int) -> bool:
        """Tell whether it has rung since that number of times."""
        return self.heard() != heard

    def wait(self, seconds: float, heard: int | None = None) -> bool:
        """Return at the next ring or after a time; False once nobody should wait any more.

        With ``heard`` the next ring is the first one after that number of them.
        """
        with self._condition:
            since = self._rings if heard is None else heard
            self._condition.wait_for(lambda: self._silent or self._rings > since, seconds)
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


@contextmanager
def workers() -> Iterator[Executor]:
    """Give one process per core for the heavy arithmetic, started when first used."""
    context = multiprocessing.get_context("forkserver")
    with ProcessPoolExecutor(os.cpu_count(), context, initializer=end_with_parent) as executor:
        yield executor


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


@contextmanager
def in_background(work: Callable[[threading.Event], None]) -> Iterator[None]:
    """Run ``work`` in a thread until the block ends; it is told by an event, and waited for."""
    over = threading.Event()
    thread = threading.Thread(target=work, args=(over,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
