"""The clock and the bell of this machine."""

from __future__ import annotations

import threading
import time


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
