"""Run a party's worker: ``cleanroom agent run``."""

from __future__ import annotations

import signal
from typing import Annotated

import typer

from cleanroom import traces
from cleanroom.agent.loop import Agent
from cleanroom.cli.common import HomeOption, connect, open_home, say
from cleanroom.system import workers

app = typer.Typer(name="agent", help="Run this party's worker.", no_args_is_help=True)


@app.callback()
def agent() -> None:
    """Run this party's worker: it aligns, approves by the agreement, decrypts and opens."""


@app.command("run")
def run(
    home: HomeOption = None,
    align: Annotated[
        bool, typer.Option(help="Take part in alignments within the agreement's caps.")
    ] = True,
    quiet: Annotated[bool, typer.Option(help="Report failures only.")] = False,
) -> None:
    """Run this party's agent until Ctrl-C or SIGTERM.

    With --no-align, alignments that the other party proposes wait until the agent is run without
    it.

    Example: cleanroom agent run --home ./acme
    """
    traces.export("cleanroom-agent")
    own = open_home(home)
    client = connect(own)
    tell = (lambda text: None if text.endswith("done") else say(text)) if quiet else say
    with workers() as executor:
        worker = Agent(own, client, executor, tell, aligns=align)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: worker.stop())
        say(f"{own.card.name} is running for {own.mediator}.")
        if not align:
            say("It takes part in no alignment.")
        worker.run()
    client.close()
    say("Stopped.")
