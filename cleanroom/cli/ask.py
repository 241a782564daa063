"""Ask a question in SQL: ``cleanroom ask "SELECT ..."``."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from cleanroom import report
from cleanroom.agent import asking, asking_sql, jobs, segments
from cleanroom.agent.job_section import JobSection
from cleanroom.agent.preview import preview as preview_job
from cleanroom.agent.sql_templates import LISTED
from cleanroom.cli.common import (
    HomeOption,
    JsonOption,
    LanguageOption,
    RoomOption,
    emit,
    say,
    session,
)
from cleanroom.documents.agreement import SIDES
from cleanroom.errors import InvalidInput
from cleanroom.queries.where import WHERE
from cleanroom.report.screen import print_line
from cleanroom.report.terminal import print_preview, print_result

SqlArgument = Annotated[str, typer.Argument(help=f"One SELECT, from {LISTED}.")]
PreviewOption = Annotated[
    bool, typer.Option("--preview", help="Show what it costs, without asking.")
]
TomlOption = Annotated[
    bool, typer.Option("--toml", help="Print it for a room file, without asking.")
]
ReceiverOption = Annotated[
    str | None, typer.Option(help="brand or platform; by default whoever asks.")
]
DatasetOption = Annotated[str | None, typer.Option(help="The dataset, if several fit.")]
RhoOption = Annotated[
    float | None, typer.Option(help="Budget to spend; by default the room's share.")
]
NameOption = Annotated[str | None, typer.Option(help="The question's name in the log.")]
PurposeOption = Annotated[
    str | None, typer.Option(help="What the answer is for, where the agreement lists purposes.")
]


def ask(
    sql: SqlArgument,
    brand: DatasetOption = None,
    platform: DatasetOption = None,
    receiver: ReceiverOption = None,
    rho: RhoOption = None,
    name: NameOption = None,
    purpose: PurposeOption = None,
    preview: PreviewOption = False,
    toml: TomlOption = False,
    room: RoomOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """Ask a question in SQL, wait for the answer and show it.

    Example: cleanroom ask "SELECT platform.age_band, COUNT(*) FROM overlap GROUP BY 1" --preview
    """
    spoken = report.language(language)
    side = next((one for one in SIDES if one == receiver), None)
    if side != receiver:
        raise InvalidInput("The receiver is brand or platform.")
    with session(home, room) as found:
        given: asking_sql.Given = {"brand": brand, "platform": platform}
        section = asking_sql.section(found, sql, given, name, side, rho=rho, purpose=purpose)
        if toml:
            # What a segment means here and now: the file may be asked later, or elsewhere.
            spelled = segments.spelled_out(found, section.parameters().get(WHERE, ()))
            section = section.model_copy(update={WHERE: spelled} if spelled else {})
            emit(section.model_dump(), as_json, lambda: print_line(as_toml(section)))
            return
        job = asking.from_section(found, section)
        if preview:
            document = preview_job(job)
            emit(document, as_json, lambda: print_preview(document, spoken))
            return
        identity = str(jobs.submit(job)["resource"]["id"])
        if section.receiver != found.role:
            emit({"job": identity}, as_json, lambda: print_line(identity))
            return
        asking.check_answered(asking.wait(found, identity, say))
        result = asking.read_result(found, identity)
    emit(result, as_json, lambda: print_result(result, spoken))


def as_toml(section: JobSection) -> str:
    """Return a question as a section of a room file."""
    fields: dict[str, Any] = section.model_dump(exclude_none=True)
    return "\n".join(["[[jobs]]", *(f"{key} = {_written(value)}" for key, value in fields.items())])


def _written(value: Any) -> str:
    """Return a value as TOML writes it: as JSON does, but for tables."""
    if isinstance(value, dict):
        pairs = (f"{key} = {_written(one)}" for key, one in value.items())
        return f"{{ {', '.join(pairs)} }}"
    return json.dumps(value, ensure_ascii=False)
