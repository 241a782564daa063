"""Start the programs of a rehearsal: anew, or as forks of this process, which has loaded them all.

Most of a small rehearsal is the start of its programs, and most of that is importing the same
libraries in each.  A fork is made before this process has made or read a key, opened a home or
started a thread, so it holds nothing that a new process would not hold; all randomness comes from
the operating system when it is drawn.
"""

from __future__ import annotations

import json
import os
import runpy
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import IO, NoReturn, Protocol

STOP_SECONDS = 20

FORKS = 5
"""Programs of a rehearsal: the mediator, two agents, two uploads."""

LOADED = ("cleanroom.cli.agent", "cleanroom.cli.dataset", "api.server")
"""What they import, by name: a party's code knows nothing of the mediator's program."""


class Started(Protocol):
    """A program that runs: what is used of ``subprocess.Popen``."""

    @property
    def stderr(self) -> IO[str] | None:
        """Return what it says, if that goes into no log."""
        ...

    def poll(self) -> int | None:
        """Return its exit code, None while it runs."""
        ...

    def wait(self, timeout: float | None = None) -> int:
        """Return its exit code; raise ``subprocess.TimeoutExpired`` if it still runs then."""
        ...

    def send_signal(self, number: int) -> None:
        """Signal it, if it still runs."""
        ...


Start = Callable[[str, Sequence[str], Mapping[str, str], Path | None], Started]
"""Run a module with arguments and an environment; what it says goes to a log or is read."""


def anew(
    module: str, arguments: Sequence[str], environment: Mapping[str, str], log: Path | None
) -> subprocess.Popen[str]:
    """Start a program in a new process."""
    command = [sys.executable, "-m", module, *arguments]
    if log is None:
        out, error = subprocess.DEVNULL, subprocess.PIPE
        return subprocess.Popen(command, stdout=out, stderr=error, text=True, env=environment)
    with log.open("wb") as file:
        return subprocess.Popen(command, stdout=file, stderr=file, text=True, env=environment)


def stop(process: Started) -> None:
    """End a program that this process started, in order if it listens."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()


@contextmanager
def forks(count: int = FORKS) -> Iterator[Start]:
    """Fork this process while it holds nothing; the forks become programs when they are told to.

    Whatever is started beyond them, and everything where threads run already, is started anew.
    """
    if threading.active_count() > 1:
        yield anew
        return
    for name in LOADED:
        import_module(name)
    ready: list[_Fork] = []
    for _ in range(count):
        ready.append(_Fork.make(ready))

    def start(
        module: str, arguments: Sequence[str], environment: Mapping[str, str], log: Path | None
    ) -> Started:
        if not ready:
            return anew(module, arguments, environment, log)
        fork = ready.pop(0)
        fork.become(module, arguments, environment, log)
        return fork

    try:
        yield start
    finally:
        for fork in ready:
            fork.dismiss()


@dataclass
class _Fork:
    """A process that waits to be told which program it is, and then is it."""

    number: int
    orders: int
    stderr: IO[str]
    _code: int | None = None

    @classmethod
    def make(cls, others: Sequence[_Fork]) -> _Fork:
        told, orders = os.pipe()
        said, says = os.pipe()
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        number = os.fork()
        if not number:
            # The end of the orders has to be this process's and its parent's alone.
            for descriptor in (orders, said, *(fork.orders for fork in others)):
                os.close(descriptor)
            _obey(told, says)
        os.close(told)
        os.close(says)
        return cls(number, orders, os.fdopen(said))

    def become(
        self,
        module: str,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        log: Path | None,
    ) -> None:
        """Let it be a program."""
        if log is not None:
            log.write_bytes(b"")
        order = {"module": module, "arguments": list(arguments), "environment": dict(environment)}
        with os.fdopen(self.orders, "w") as orders:
            json.dump({**order, "log": None if log is None else str(log)}, orders)

    def dismiss(self) -> None:
        """Let it end without having been anything."""
        os.close(self.orders)
        self.wait()
        self.stderr.close()

    def poll(self) -> int | None:
        """Return its exit code, None while it runs."""
        if self._code is None:
            ended, status = os.waitpid(self.number, os.WNOHANG)
            self._code = os.waitstatus_to_exitcode(status) if ended else None
        return self._code

    def wait(self, timeout: float | None = None) -> int:
        """Return its exit code; raise ``subprocess.TimeoutExpired`` if it still runs then."""
        end = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if end is not None and time.monotonic() > end:
                raise subprocess.TimeoutExpired(str(self.number), timeout or 0)
            time.sleep(0.01)
        return code

    def send_signal(self, number: int) -> None:
        """Signal it, if it still runs."""
        if self.poll() is None:
            os.kill(self.number, number)


def _obey(told: int, says: int) -> NoReturn:
    """Be the program that is told, in a fork; end without one if there is none."""
    code = 1
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with os.fdopen(told) as orders:
            text = orders.read()
        if not text:
            os._exit(0)
        order = json.loads(text)
        _speak_to(says, order["log"])
        os.environ.clear()
        os.environ.update(order["environment"])
        sys.argv = [order["module"], *order["arguments"]]
        sys.modules.pop(order["module"], None)  # loaded under its name; it runs as the program
        runpy.run_module(order["module"], run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 (the last border of this process)
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(code)


def _speak_to(says: int, log: str | None) -> None:
    """Let standard input be empty, and output and error go where they are read."""
    nothing = os.open(os.devnull, os.O_RDWR)
    out, error = nothing, says
    if log is not None:
        out = error = os.open(log, os.O_WRONLY | os.O_APPEND)
    for target, source in ((0, nothing), (1, out), (2, error)):
        os.dup2(source, target)
    for descriptor in {nothing, out, error, says}:
        os.close(descriptor)
    # The streams of before remember whether they could seek in what was a file then.
    for name, target in (("stdout", 1), ("stderr", 2)):
        before = getattr(sys, name)
        stream = os.fdopen(
            target, "w", 1, encoding=before.encoding, errors=before.errors, closefd=False
        )
        setattr(sys, name, stream)
