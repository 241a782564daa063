"""Explain how an identifier is normalised: ``cleanroom ids explain``."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from cleanroom.ingest.identifiers import explain
from cleanroom.report.screen import print_line

app = typer.Typer(name="ids", help="Look at how identifiers are normalised.", no_args_is_help=True)


@app.callback()
def ids() -> None:
    """Look at how identifiers are normalised; nothing is sent or stored."""


def _printable(text: str) -> str:
    """Show control characters as escapes, so that a value cannot steer the terminal."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


def _show(trail: list[tuple[str, str]]) -> None:
    width = max(len(step) for step, _ in trail)
    for step, value in trail:
        print_line(f"{step:<{width}}  {_printable(value)}")


def _document(trail: list[tuple[str, str]], profile: str, region: str | None) -> str:
    steps = [{"step": step, "value": value} for step, value in trail[:-1]]
    normalised, digest = trail[-2][1], trail[-1][1]
    document = {"profile": profile, "region": region, "steps": steps}
    return json.dumps({**document, "normalised": normalised, "sha256": digest}, ensure_ascii=False)


@app.command("explain")
def explain_command(
    value: Annotated[str, typer.Argument(help="The identifier as written in your file.")],
    profile: Annotated[str, typer.Option(help="Such as email:uid2:v1 or phone:e164:v1.")],
    region: Annotated[
        str | None, typer.Option(help="Two letters, such as CN, for numbers without +.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Show each step from a value to what both sides compare, and its SHA-256."""
    trail = explain(value, profile, region)
    if as_json:
        sys.stdout.write(_document(trail, profile, region) + "\n")
    else:
        _show(trail)
