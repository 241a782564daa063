"""Write the files of a segment: ``cleanroom segment``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cleanroom.agent import activation, jobs
from cleanroom.cli.about import JobArgument, job_session
from cleanroom.cli.common import HomeOption, JsonOption, RoomOption, emit, say

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
    with job_session(home, room, job) as (found, identity):
        loaded = jobs.load(found, identity)
        people = activation.export(loaded, file, expansion)
        template = loaded.document.template
    document = {"job": identity, "template": template, "people": people, "file": str(file)}
    emit(document, as_json, lambda: say(f"People in {file} ({template}): {people:,}"))
