"""Write the files of a segment: ``cleanroom segment``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cleanroom.agent import activation, audience_files, jobs
from cleanroom.agent.audience_files import Written
from cleanroom.cli.about import JobArgument, job_session
from cleanroom.cli.common import (
    HomeOption,
    JsonOption,
    OverwriteOption,
    RoomOption,
    emit,
    say,
)
from cleanroom.files import refuse_to_replace

FileArgument = Annotated[
    Path, typer.Argument(help="A name ending in .csv, or any other for one identifier per line.")
]
ExpansionOption = Annotated[
    int | None, typer.Option(help="For a lookalike, the size in per cent of the base: 1 to 30.")
]
FormatOption = Annotated[
    str | None,
    typer.Option("--format", help="The upload format of google, meta, tencent or douyin."),
]


def segment(
    job: JobArgument,
    file: FileArgument,
    expansion: ExpansionOption = None,
    format: FormatOption = None,
    overwrite: OverwriteOption = False,
    room: RoomOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the people of a segment: activated, excluded, or found by a lookalike.

    Example: cleanroom segment 6f3c... spring.csv
    """
    refuse_to_replace(file, overwrite)
    with job_session(home, room, job) as (found, identity):
        loaded = jobs.load(found, identity)
        if format is None:
            written = Written(activation.export(loaded, file, expansion))
        else:
            written = audience_files.export(loaded, file, format, expansion)
        template = loaded.document.template
    if written.unlike:
        say(
            f"{written.unlike:,} addresses at gmail.com have lost their dots and tags in this"
            f" dataset, and {format} hashes addresses as their owners write them: some of these"
            " will not be found there."
        )
    if written.left_out:
        say(f"People without a contact that {format} takes, left out: {written.left_out:,}.")
    if written.kind:
        say(f"Upload it as {written.kind}: a file for {format} holds one kind of identifier.")
    document = {
        "job": identity,
        "template": template,
        "people": written.people,
        "unlike": written.unlike,
        "left_out": written.left_out,
        "kind": written.kind,
        "file": str(file),
    }
    emit(document, as_json, lambda: say(f"People in {file} ({template}): {written.people:,}"))
