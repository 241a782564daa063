"""Ask and decide: ``cleanroom job ask | submit | show | approve | refuse | watch ...``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cleanroom.cli import answers
from cleanroom.cli.about import JobArgument, job_session
from cleanroom.cli.common import (
    HomeOption,
    JsonOption,
    LanguageOption,
    ReasonOption,
    RoomOption,
    YesOption,
    confirm,
    emit,
    say,
    session,
)
from cleanroom.cli.later import listings, print_line, report, screen
from cleanroom.cli.standing import stop as stop_standing
from cleanroom.cli.templates import templates
from cleanroom.errors import Conflict, InvalidInput
from cleanroom.system import workers

if TYPE_CHECKING:
    from cleanroom.report import Language
    from cleanroom.report.consent import Part
    from cleanroom.report.screen import Screen

app = typer.Typer(name="job", help="Ask questions and read answers.", no_args_is_help=True)
FileArgument = Annotated[Path, typer.Argument(help=r"room.toml with the [\[jobs]]")]
NameArgument = Annotated[str, typer.Argument(help="The job's name in the file.")]


@app.callback()
def job() -> None:
    """Ask questions and read answers."""


@app.command("preview")
def preview(
    file: FileArgument,
    name: NameArgument,
    room: RoomOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show noise, budget, smallest group and who learns what, before anything is spent.

    Example: cleanroom job preview room.toml overlap-by-age
    """
    from cleanroom.agent import asking
    from cleanroom.agent.preview import preview as preview_job
    from cleanroom.agent.room_file import RoomFile
    from cleanroom.report.terminal import print_preview

    with session(home, room) as found:
        document = preview_job(asking.from_file(found, RoomFile.read(file), name))
    emit(document, as_json, lambda: print_preview(document))


@app.command("ask")
def ask(
    file: FileArgument,
    name: NameArgument,
    room: RoomOption = None,
    yes: YesOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """Preview a question of the file, ask it, wait for the answer and show it.

    Datasets that were never aligned are aligned first.

    Example: cleanroom job ask room.toml overlap-by-age
    """
    from cleanroom.agent import asking
    from cleanroom.agent.preview import preview as preview_job
    from cleanroom.agent.room_file import RoomFile
    from cleanroom.report.terminal import print_preview, print_result

    spoken, described = report.language(language), RoomFile.read(file)
    with session(home, room) as found:
        section = asking.find_section(described, name)
        tell = partial(say, spoken=spoken)
        asking.align_once(found, described, name, tell)
        print_preview(preview_job(asking.from_section(found, section)), spoken, screen.errors)
        confirm("Ask this question?", yes)
        identity = asking.submit(found, described, name, tell)
        item = asking.wait(found, identity, tell)
        asking.check_answered(item)
        if asking.receiver(found.agreement, section, found.own.name) != found.role:
            emit({"job": identity}, as_json, lambda: print_line(identity))
            return
        document = asking.read_result(found, identity)
    emit(document, as_json, lambda: print_result(document, spoken))


@app.command("submit")
def submit(
    file: FileArgument,
    name: NameArgument,
    every: Annotated[
        str | None, typer.Option(help="Ask at this interval, such as 1d, 1w or 12h; needs --until.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="The last day, or the last moment.")] = None,
    first: Annotated[
        str | None, typer.Option(help="When it is first asked; by default now.")
    ] = None,
    room: RoomOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask one of the file's questions, once or regularly, and print its identifier.

    A question that the file lists under standing, or one with --every and --until, is declared as
    a standing one: the other side approves all runs at once, and the agents run it.

    Example: cleanroom job submit room.toml overlap-by-age --every 1w --until 2027-06-30
    """
    from cleanroom.agent import asking, schedule
    from cleanroom.agent.room_file import RoomFile

    described = RoomFile.read(file)
    if (every is None) != (until is None) or (first and not every):
        raise InvalidInput("--every and --until belong together; --first goes with them.")
    times = schedule.of_file(described, name)
    if every is not None and until is not None:
        times = schedule.read(name, every, until, first)
    with session(home, room) as found:
        if times is not None:
            made = schedule.declare(found, asking.find_section(described, name), times)
            say(
                f"{name} is a standing question now: {made.document.runs} runs at most, once the"
                " other side approves."
            )
            emit({"standing": made.identity}, as_json, lambda: print_line(made.identity))
            return
        identity = asking.submit(found, described, name, say)
    emit({"job": identity}, as_json, lambda: print_line(identity))


@app.command("show")
def show(
    job: JobArgument,
    room: RoomOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """Show what a question asks and costs, as this party's agent planned it, and how it stands.

    Parameters sealed to this party are decrypted. Example: cleanroom job show JOB
    """
    from cleanroom.agent import jobs, question

    spoken = report.language(language)
    with job_session(home, room, job) as (found, identity):
        loaded = jobs.load(found, identity)
        item = found.client.job(identity)
        document = {**question.as_json(loaded), "outcome": question.outcome(item)}
        parts = (question.standing(item, spoken), *question.describe(loaded, spoken))
    emit(document, as_json, lambda: _print_question(document, parts, spoken, screen.out))


@app.command("approve")
def approve(
    job: JobArgument,
    digest: Annotated[
        str | None,
        typer.Option(help="Approve only the question that job show printed this digest for."),
    ] = None,
    room: RoomOption = None,
    yes: YesOption = False,
    home: HomeOption = None,
    language: LanguageOption = "en",
) -> None:
    """Show a question as this party's agent planned it, and approve that very question.

    For rooms with manual approval. A script has to give --digest or --yes.

    Example: cleanroom job approve JOB
    """
    from cleanroom.agent import approval, approved, jobs, question
    from cleanroom.agent.notices import notices

    spoken = report.language(language)
    with job_session(home, room, job) as (found, identity):
        loaded = jobs.load(found, identity)
        if approved.has_approved(found, found.client.job(identity)):
            raise Conflict("You have already approved this question.", rule="approved")
        document, parts = question.as_json(loaded), question.describe(loaded, spoken)
        question.check_digest(loaded, digest)
        _print_question(document, parts, spoken, screen.errors)
        for notice in notices(loaded):
            say(f"{report.word('preview.notice', spoken)}: {notice}")
        confirm("Approve this question?", yes, decided=digest is not None)
        with workers() as executor:
            approval.approve(loaded, executor)
    say("Approved.")


@app.command("refuse")
def refuse(
    job: JobArgument,
    reason: ReasonOption,
    room: RoomOption = None,
    yes: YesOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Refuse a question for good; the reason goes to the other party and into the log.

    Example: cleanroom job refuse JOB --reason "not this campaign"
    """
    from cleanroom.agent.loop import refuse_by_hand

    with job_session(home, room, job) as (found, identity):
        name = found.client.job(identity)["job"]["name"]
        confirm(f"Refuse {name} for good?", yes)
        refuse_by_hand(found, identity, reason)
    emit(
        {"job": identity, "state": "REFUSED"},
        as_json,
        lambda: print_line(f"{name} is refused."),
    )


app.command("stop")(stop_standing)


@app.command("watch")
def watch(
    job: JobArgument,
    room: RoomOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Follow a job until it ends, step by step; if there is no answer, show why.

    The exit code is 3 for a job that was refused and 4 for one that failed.
    """
    from cleanroom.agent import asking

    with job_session(home, room, job) as (found, identity):
        item = asking.wait(found, identity, say)
    emit(item, as_json, lambda: print_line(item["state"]))
    asking.check_answered(item)


app.command("templates")(templates)
app.command("result")(answers.result)
app.command("models")(answers.models)
app.command("trend")(answers.trend)


@app.command("list")
def list_jobs(
    room: RoomOption = None, home: HomeOption = None, as_json: JsonOption = False
) -> None:
    """List the jobs of a room."""
    with session(home, room) as found:
        items = [
            {
                "id": item["id"],
                "state": item["state"],
                **{key: item["job"][key] for key in ("name", "template", "receiver")},
            }
            for item in found.client.jobs(found.identity)
        ]
    emit(items, as_json, lambda: _print_jobs(items))


def _print_question(
    document: Mapping[str, Any], parts: Sequence[Part], language: Language, to: Screen
) -> None:
    from cleanroom.report.terminal import print_leaks, print_parts

    print_parts(parts, to)
    print_leaks(document["leaks"], language, to)
    to.print(f"{report.word('question.digest', language)}: {document['digest']}", soft_wrap=True)


def _print_jobs(items: list[dict[str, Any]]) -> None:
    table = listings.listing("name", "template", "receiver", "state")
    for item in items:
        keys = ("name", "template", "receiver", "state", "id")
        table.add_row(*(str(item[key]) for key in keys))
    screen.out.print(table)
