"""``python -m api.serve``: what ``cleanroom serve`` becomes."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from types import FrameType
from typing import Annotated, Final, NoReturn

import structlog
import typer

from api.program import log_lines
from api.serve.app import create_app
from api.serve.passed import CONNECTIONS as PASSED
from api.serve.passed import answer_passed
from api.wsgi import serve
from cleanroom.agent.serving.answer import LOOK_SECONDS, Answerer
from cleanroom.cli.common import Folder, RoomOption, say, session
from cleanroom.cli.run import run as run_program
from cleanroom.errors import CleanroomError
from cleanroom.files import write_file
from cleanroom.mediator.settings import ServerSettings

THREADS: Final = 8
CONNECTIONS: Final = 500

program = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
_log: structlog.stdlib.BoundLogger = structlog.get_logger("cleanroom.serve")


@program.command()
def run(
    grant: Annotated[int, typer.Option()],
    room: RoomOption = None,
    home: Annotated[Path | None, typer.Option(envvar="CLEANROOM_HOME")] = None,
    host: Annotated[str, typer.Option()] = "127.0.0.1",
    port: Annotated[int, typer.Option()] = 0,
    processes: Annotated[int, typer.Option()] = 1,
    through_mediator: Annotated[bool, typer.Option()] = False,
    ready_file: Annotated[Path | None, typer.Option()] = None,
) -> None:
    """Answer questions under one grant until SIGTERM, from several processes on one port."""
    bound = socket.create_server((host, port), backlog=CONNECTIONS)
    url = f"http://{host}:{bound.getsockname()[1]}"
    # What a process opens is its own: keys, connections and counts come after the fork.
    with several(processes) as first, session(Folder(home) if home else None, room) as found:
        answerer = Answerer(found, grant, time.time)
        answerer.look()
        settings = ServerSettings(threads=THREADS, connections=CONNECTIONS)
        app = create_app(answerer)
        server = serve(app, settings, host, port, bound)
        if first:
            if ready_file is not None:
                write_file(ready_file, f"{url}\n".encode())
            say(f"Questions under grant {grant} are answered on {url}.")
        ended = Event()
        keeper = Thread(target=keep, args=(answerer, ended), daemon=True)
        keeper.start()
        for _ in range(max(1, PASSED // processes) if through_mediator else 0):
            Thread(target=answer_passed, args=(answerer, app, ended), daemon=True).start()
        signal.signal(signal.SIGTERM, _stop)
        try:
            server.run()
        finally:
            ended.set()
            keeper.join(LOOK_SECONDS)


@contextmanager
def several(processes: int) -> Iterator[bool]:
    """Go on in so many processes, and tell the first one from the others.

    The others end when the first one does, however it ends; it waits for them.
    """
    reading, writing = os.pipe()
    others: list[int] = []
    for _ in range(processes - 1):
        other = os.fork()
        if not other:
            os.close(writing)
            Thread(target=_follow, args=(reading,), daemon=True).start()
            yield False
            return
        others.append(other)
    os.close(reading)
    try:
        yield True
    finally:
        os.close(writing)
        for other in others:
            os.waitpid(other, 0)


def _follow(first: int) -> None:
    """Wait until the first process is gone, and end this one as SIGTERM does."""
    os.read(first, 1)
    os.kill(os.getpid(), signal.SIGTERM)


def keep(answerer: Answerer, ended: Event) -> None:
    """Look at the mediator and tally every few seconds, whatever goes wrong with either."""
    while not ended.wait(LOOK_SECONDS):
        for step in (answerer.look, answerer.tally):
            try:
                step()
            except CleanroomError as error:
                _log.warning("refused", step=step.__name__, problem=error.type, why=error.sentence)
            except Exception as error:
                _log.error("failed", step=step.__name__, problem=type(error).__name__)


def _stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)


def main() -> None:
    """Run the program; a refusal is one sentence and an exit code."""
    log_lines()
    sys.exit(run_program(program, sys.argv[1:]))


if __name__ == "__main__":
    main()
