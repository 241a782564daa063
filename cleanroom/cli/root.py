"""Put the nouns together."""

from __future__ import annotations

import typer

from cleanroom.cli import (
    agent,
    align,
    audit,
    console,
    dataset,
    doctor,
    example,
    ids,
    job,
    party,
    policy,
    room,
    segment,
    stages,
)
from cleanroom.cli.simulate import demo, simulate

app = typer.Typer(
    name="cleanroom",
    help="Answer questions about two parties' people without showing a person.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for noun in (party, room, policy, ids, dataset, job, agent, audit, stages, console, example):
    app.add_typer(noun.app)
app.command()(align.align)
app.command()(doctor.doctor)
app.command()(segment.segment)
app.command()(simulate)
app.command()(demo)
