"""Open both parties' consoles beside a rehearsal, until whoever looks at them has seen enough."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TextIO

from cleanroom.agent.home import FILES, Home
from cleanroom.agent.room_file import RoomFile
from cleanroom.errors import Unreachable
from cleanroom.files import make_folder, write_file
from cleanroom.workbench.program import stop
from cleanroom.workbench.rehearse import START_SECONDS, Side, Tell


def look(sides: Mapping[str, Side], file: Path, tell: Tell, lines: TextIO) -> None:
    """Serve a console for each side, tell their sign-in links, and wait.

    The room's file and each side's own data lie in the folder from which its console uploads.

    A link signs in once, within two minutes: each line that arrives brings fresh ones.  Returns on
    Ctrl-C or SIGTERM; the consoles end with it.
    """
    for side in sides.values():
        fill(side.home, file)
    with ExitStack() as stack:
        for name, side in sides.items():
            tell(f"The {name}'s console: {stack.enter_context(console(side))}")
        tell("Each link signs in once, within two minutes. Enter: new links. Ctrl-C: end.")
        try:
            for _ in lines:
                for name, side in sides.items():
                    tell(f"The {name}'s console: {_login(side)}")
            while True:  # nobody types, as under a service: the consoles stay
                signal.pause()
        except KeyboardInterrupt:
            return


def fill(home: Home, file: Path) -> None:
    """Copy a room file, and what it names of a party's own, to the folder of its console."""
    described = RoomFile.read(file)
    named = [spec.file for spec in described.specs(home.card).values()]
    make_folder(home.path / FILES)
    for text in (file.name, *named, *filter(None, [described.room.stage_rules])):
        source, target = file.parent / text, home.path / FILES / text
        if target.resolve().is_relative_to((home.path / FILES).resolve()) and source.is_file():
            write_file(target, source.read_bytes())


@contextmanager
def console(side: Side) -> Iterator[str]:
    """Run a party's console on a free port of loopback; yield its first sign-in link."""
    ready = side.home.path / "console-ready"
    command = [sys.executable, "-m", "api.console", "run", "--port", "0"]
    with (side.home.path / "console.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--ready-file", str(ready)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            text=True,
            env=side.environment(),
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not ready.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise Unreachable(f"The console of {side.home.path} did not start.")
            time.sleep(0.05)
        yield ready.read_text().strip()
    finally:
        stop(process)


def _login(side: Side) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "api.console", "login"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
        env=side.environment(),
    )
    return done.stdout.strip()
