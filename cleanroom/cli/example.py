"""Make up a brand and a platform to try things on: ``cleanroom example make``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cleanroom.cli.common import JsonOption, emit, say
from cleanroom.demo import ExampleFiles, make_example
from cleanroom.report import word
from cleanroom.report.screen import print_line
from cleanroom.spoken import SPOKEN

app = typer.Typer(name="example", help="Make up example data.", no_args_is_help=True)

USERS_PER_CUSTOMER = 3


@app.callback()
def example() -> None:
    """Make up data to try things on; nobody in them exists."""


@app.command("make")
def make_command(
    out: Annotated[Path, typer.Option("--out", help="The folder to write into.")],
    people: Annotated[int, typer.Option(help="Customers of the brand.")] = 20_000,
    users: Annotated[
        int | None, typer.Option(help="Users of the platform; by default three per customer.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same files.")] = 1,
    quick: Annotated[
        bool, typer.Option("--quick", help="Only customers and users, no events.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Write files of a made-up brand and two platforms, with room files and the true answers."""
    number = USERS_PER_CUSTOMER * people if users is None else users
    say(f"Making up {people:,} customers of a brand and {number:,} users of a platform ...")
    made = make_example(out, people, number, seed, quick)
    emit(_document(made), as_json, lambda: _show(made))


def _document(made: ExampleFiles) -> dict[str, object]:
    return {
        "folder": str(made.folder),
        "room": str(made.room),
        "room_private": str(made.private),
        "room_all": str(made.every) if made.every else None,
        "room_platforms": str(made.platforms) if made.platforms else None,
        "truth": str(made.truth),
        "tables": [str(path) for path in made.tables],
    }


def _show(made: ExampleFiles) -> None:
    for path in made.all:
        print_line(path)
    command = f"cleanroom simulate {made.room} --out {made.folder / 'run'}"
    print_line(word("example.try", SPOKEN.get(), command=command))
