"""Wait for what other threads and programs do: until it is done, however busy the machine is."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

PATIENCE = 300.0
"""Seconds after which a test is taken to hang; none asserts that something is quick."""


def wait_for(true: Callable[[], object], process: subprocess.Popen[Any] | None = None) -> None:
    """Return once something is true; fail when it never is, or a program ended without it."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert process is None or process.poll() is None, "the program has ended"
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def told(ready: Path, process: subprocess.Popen[Any] | None = None) -> str:
    """Return what a program writes to its ready file once it listens."""
    wait_for(ready.exists, process)
    return ready.read_text("utf-8").strip()


def caught_up(address: tuple[str, int]) -> None:
    """Return once a mediator has read what was sent to it before: it reads as things come in."""
    host, port = address
    assert httpx.get(f"http://{host}:{port}/v1/healthz", timeout=PATIENCE).status_code == 200


def kept_port() -> socket.socket:
    """Return a socket that keeps a free port of loopback for a program to listen on.

    As long as it is open the system gives its port to nobody else: neither to a server that takes
    any, nor to a connection from here, which might even end up with itself.
    """
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind(("127.0.0.1", 0))
    return made
