"""Answer a platform's questions about single people: ``cleanroom serve``."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from cleanroom.cli.common import HomeOption, RoomOption, need_home, passphrase

GrantOption = Annotated[
    int, typer.Option("--grant", min=0, help="Position of the grant in the agreement, from 0.")
]


def serve(
    grant: GrantOption,
    room: RoomOption = None,
    home: HomeOption = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8092,
    processes: Annotated[
        int,
        typer.Option(
            min=1, max=64, help="Processes that answer on the port; one per core is sensible."
        ),
    ] = 1,
    through_mediator: Annotated[
        bool,
        typer.Option(
            "--through-mediator",
            help="Also answer questions that come through the room's mediator.",
        ),
    ] = False,
    ready_file: Annotated[
        Path | None, typer.Option(help="Written once the server listens: its url.")
    ] = None,
) -> None:
    """Answer a platform's questions about single people, until Ctrl-C or SIGTERM.

    Several may run on one home, as processes behind one port or on ports of their own behind a
    proxy: they share one quota.  With --through-mediator this program asks the mediator for
    questions, for a platform whose servers reach nobody else.
    Example: cleanroom serve --grant 0 --home ./acme
    """
    chosen = ["--grant", str(grant), "--host", host, "--port", str(port)]
    chosen += ["--processes", str(processes)]
    chosen += ["--through-mediator"] if through_mediator else []
    chosen += [] if room is None else ["--room", room]
    chosen += [] if ready_file is None else ["--ready-file", str(ready_file)]
    environment = {
        **os.environ,
        "CLEANROOM_HOME": str(need_home(home).path),
        "CLEANROOM_PASSPHRASE": passphrase(),
    }
    # This package knows no web framework, and signals reach the program at once.
    os.execve(sys.executable, [sys.executable, "-m", "api.serve", *chosen], environment)  # noqa: S606
