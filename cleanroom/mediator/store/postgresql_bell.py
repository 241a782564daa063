"""Ring a bell in every process that has one database open: LISTEN and NOTIFY.

A ring may be lost while a connection is made anew: whoever waits looks again at times anyhow.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

import psycopg

from cleanroom.system import ThreadBell

CHANNEL: Final = "cleanroom"

PAUSE_SECONDS: Final = 0.005
"""Time after a notification in which further rings become one: NOTIFY makes commits queue."""

RETRY_SECONDS: Final = 1.0

Connection: TypeAlias = "psycopg.Connection[tuple[Any, ...]]"


class Herald:
    """Tell others of the rings of one bell, and let it hear theirs, each in a thread of its own."""

    def __init__(self, url: str, options: Mapping[str, Any], bell: ThreadBell) -> None:
        self._url, self._options, self._bell = url, options, bell
        self._due, self._over = threading.Event(), threading.Event()
        self._own = 0
        bell.tell(self._due.set)
        for work in (self._send, self._listen):
            threading.Thread(target=self._keep, args=(work,), daemon=True).start()

    def close(self) -> None:
        """Tell and hear nothing any more."""
        self._over.set()
        self._due.set()

    def _keep(self, work: Callable[[Connection], None]) -> None:
        """Work on a connection, and on another one when that is gone."""
        while not self._over.is_set():
            try:
                with psycopg.connect(self._url, autocommit=True, **self._options) as connection:
                    work(connection)
            except psycopg.Error:
                self._over.wait(RETRY_SECONDS)

    def _send(self, connection: Connection) -> None:
        self._own = connection.info.backend_pid
        while True:
            self._due.wait()
            if self._over.wait(PAUSE_SECONDS):
                return
            self._due.clear()
            try:
                connection.execute(f"NOTIFY {CHANNEL}")
            except psycopg.Error:
                self._due.set()
                raise

    def _listen(self, connection: Connection) -> None:
        connection.execute(f"LISTEN {CHANNEL}")
        self._bell.wake()
        while not self._over.is_set():
            for note in connection.notifies(timeout=RETRY_SECONDS):
                if note.pid != self._own:
                    self._bell.wake()
