"""Put right in a forked process what it must not share with its parent.

Only the thread that forks goes on there: a lock that another one held stays shut, a connection has
two readers, and a database that was open is one that SQLite must not use any more.
"""

from __future__ import annotations

import os
from threading import Lock
from typing import Final
from weakref import WeakSet


class Forked:
    """Be told before and after each fork of the process."""

    def __init__(self) -> None:
        with _one_at_a_time:
            _all.add(self)

    def before_fork(self) -> None:
        """Get ready, in the parent."""

    def after_fork(self) -> None:
        """Go on, in both."""

    def in_fork(self) -> None:
        """Let go what is the parent's, in the fork."""


_all: Final[WeakSet[Forked]] = WeakSet()
_one_at_a_time: Final = Lock()


def _before() -> None:
    _one_at_a_time.acquire()
    for one in _all:
        one.before_fork()


def _after() -> None:
    for one in _all:
        one.after_fork()
    _one_at_a_time.release()


def _in_fork() -> None:
    for one in _all:
        one.in_fork()
    _after()


os.register_at_fork(before=_before, after_in_parent=_after, after_in_child=_in_fork)
