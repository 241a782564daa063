"""The worker process: compute jobs one after the other until told to stop.

The server starts it as a program of its own.  Each process of its pool imports this module anew, so
what computes is imported where it is used.
"""

from __future__ import annotations

import importlib
import os
import signal
import socket
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from threading import Event, Thread
from types import FrameType

import structlog

from api.program import main_of
from cleanroom import traces
from cleanroom.files import held
from cleanroom.system import ThreadBell, end_with_parent

IDLE_SECONDS = 1.0
"""Longest pause before it looks again; the server rings when there is something to look for."""

_log: structlog.stdlib.BoundLogger = structlog.get_logger("cleanroom.worker")


def _load() -> None:
    """Start a process of the pool before the first job waits for it."""
    importlib.import_module("protocols.paillier")


def _follow(bell: ThreadBell, server: socket.socket) -> None:
    bell.follow(server)
    os._exit(1)


def work(home: Path) -> None:
    """Compute until SIGTERM, or until the process that holds the other end of our input is gone.

    Nothing but rings of the bell comes that way, and goes back.  It ends however the server ends,
    also before this process looked for it, and a computation that is under way does not delay it:
    a lease makes that safe.
    """
    from cleanroom.mediator.bootstrap import WORKER_LOCK_FILE, open_mediator  # noqa: PLC0415
    from cleanroom.mediator.ports import StorageFault  # noqa: PLC0415
    from cleanroom.mediator.trouble import cause_of  # noqa: PLC0415

    traces.export("cleanroom-mediator")
    stop, bell = Event(), ThreadBell()
    server = socket.socket(fileno=os.dup(sys.stdin.fileno()))
    bell.link(server)
    Thread(target=_follow, args=(bell, server), daemon=True).start()

    def end(_signal: int, _frame: FrameType | None) -> None:
        stop.set()
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Forking would copy the threads' locks and the database's connection.
    context = get_context("spawn")
    # Taking over every lease is right for the one worker of a home, and a second one waits here.
    # Where several homes share a database, a dead worker's leases run out.
    with (
        held(home / WORKER_LOCK_FILE),
        ProcessPoolExecutor(os.cpu_count(), context, initializer=end_with_parent) as executor,
    ):
        for _ in range(os.cpu_count() or 1):
            executor.submit(_load)
        mediator = open_mediator(home, bell=bell)
        compute = mediator.worker(executor)
        if not mediator.context.settings.store:
            compute.release_leases()
        try:
            while not stop.is_set():
                heard = bell.heard()
                try:
                    busy = compute.run_once()
                except StorageFault as fault:
                    _log.error("storage", cause=cause_of(fault))
                    busy = False
                if not busy:
                    bell.wait(IDLE_SECONDS, heard)
                    compute.draw_idly(partial(bell.rang, heard))
        finally:
            compute.close()


if __name__ == "__main__":
    main_of(lambda: work(Path(sys.argv[1])))
