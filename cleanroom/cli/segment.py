"""Write the files of a segment: ``cleanroom segment``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cleanroom.agent import activation, jobs
from cleanroom.cli.common import HomeOption, JsonOption, RoomOption, emit, say, session

JobArgument = Annotated[str, typer.Argument(help="The job that activated or excluded people.")]
FileArgument = Annotated[
    Path, typer.Argument(help="A name ending in .csv, or any other for one identifier a line.")
]
ExpansionOption = Annotated[
    int | None, typer.Option(help="Per cent of the base, for a lookalike: 1 to 30.")
]


def segment(
    job: JobArgument,
    file: FileArgument,
    expansion: ExpansionOption = None,
    room: RoomOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the people of a segment: activated, excluded, or found by a lookalike.

    Example: cleanroom segment 6f3c... spring.csv
    """
    with session(home, room) as found:
        loaded = jobs.load(found, job)
        people = activation.export(loaded, file, expansion)
        template = loaded.document.template
    document = {"job": job, "template": template, "people": people, "file": str(file)}
    emit(document, as_json, lambda: say(f"{people:,} people ({template}) are in {file}."))
