"""Name conditions, for any question's where: ``cleanroom segments save | list | remove``."""

from __future__ import annotations

from typing import Annotated

import typer

from cleanroom.cli.common import (
    HomeOption,
    JsonOption,
    LanguageOption,
    RoomOption,
    emit,
    say,
    session,
)
from cleanroom.cli.later import conditions as phrases
from cleanroom.cli.later import report, screen, segments

app = typer.Typer(
    name="segments",
    help="Save conditions under a name, for use in questions.",
    no_args_is_help=True,
)
NameArgument = Annotated[str, typer.Argument(help="The segment's name.")]
ConditionsArgument = Annotated[
    list[str], typer.Argument(help="Conditions, such as \"brand.tier = 'gold'\"; all have to hold.")
]


@app.callback()
def noun() -> None:
    """Save conditions under a name, for use in questions."""


@app.command("save")
def save(
    name: NameArgument,
    conditions: ConditionsArgument,
    room: RoomOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """Save conditions under a name; questions use them as segment = 'NAME'.

    Example: cleanroom segments save gold "brand.tier = 'gold'"
    """
    spoken = report.language(language)
    with session(home, room) as found:
        saved = segments.save(found, name, conditions)
    document = {"segment": name, "where": [condition.text() for condition in saved]}
    emit(document, as_json, lambda: say(f"{report.inert(name)}: {phrases.in_words(saved, spoken)}"))


@app.command("list")
def list_segments(
    room: RoomOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """List the segments of a room and their conditions."""
    spoken = report.language(language)
    with session(home, room) as found:
        known = segments.known(found)

    def show() -> None:
        from rich import box
        from rich.table import Table
        from rich.text import Text

        table = Table("segment", "people with", box=box.SIMPLE_HEAD)
        for name, texts in sorted(known.items()):
            table.add_row(Text(report.inert(name)), Text(phrases.written_in_words(texts, spoken)))
        screen.out.print(table)

    emit(known, as_json, show)


@app.command("remove")
def remove(name: NameArgument, room: RoomOption = None, home: HomeOption = None) -> None:
    """Delete a segment; questions that used it stay as they are."""
    with session(home, room) as found:
        segments.remove(found, name)
    say(f"{report.inert(name)} is removed.")
