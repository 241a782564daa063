"""Ask, decide and read: ``cleanroom job submit | show | approve | refuse | watch | result ...``."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from cleanroom import report
from cleanroom.agent import approval, jobs, question
from cleanroom.agent.compared import compared
from cleanroom.agent.datasets import by_name
from cleanroom.agent.earlier import check_readable, kept_result
from cleanroom.agent.jobs import LocalJob
from cleanroom.agent.loop import refuse_by_hand
from cleanroom.agent.notices import notices
from cleanroom.agent.preview import preview as preview_job
from cleanroom.agent.room_file import JobSection, RoomFile
from cleanroom.agent.rooms import Room
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
    workers,
)
from cleanroom.cli.listing import listing
from cleanroom.errors import Conflict, InvalidInput, NotFound, PeerFault, PolicyRefusal
from cleanroom.ingest import write_csv
from cleanroom.report import Language, word
from cleanroom.report.consent import Part
from cleanroom.report.models import model_name, models_spreadsheet
from cleanroom.report.save import (
    PICTURE_ENDINGS,
    TABLE_ENDINGS,
    check_file,
    save_models,
    save_picture,
    save_table,
)
from cleanroom.report.screen import Screen, errors, out, print_line
from cleanroom.report.terminal import (
    print_leaks,
    print_models,
    print_parts,
    print_preview,
    print_result,
)

app = typer.Typer(name="job", help="Ask questions and read answers.", no_args_is_help=True)
POLL = 0.3
RECEIPT_LOOKS = 30
FileArgument = Annotated[Path, typer.Argument(help="room.toml with the [[jobs]]")]
PlotOption = Annotated[Path | None, typer.Option("--plot", help="Draw it: FILE.svg or FILE.png.")]
CsvOption = Annotated[Path | None, typer.Option("--csv", help="Write its table: FILE.csv.")]
NameArgument = Annotated[str, typer.Argument(help="The job's name in the file.")]
JobArgument = Annotated[str, typer.Argument(help="The job's identifier.")]


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
    with session(home, room) as found:
        document = preview_job(from_file(found, RoomFile.read(file), name))
    emit(document, as_json, lambda: print_preview(document))


@app.command("submit")
def submit(
    file: FileArgument,
    name: NameArgument,
    room: RoomOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask a question of the file; print the job's identifier.

    Example: cleanroom job submit room.toml overlap-by-age
    """
    with session(home, room) as found:
        identity = submit_named(found, RoomFile.read(file), name)
    emit({"job": identity}, as_json, lambda: print_line(identity))


@app.command("show")
def show(
    job: JobArgument,
    room: RoomOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """Show what a question asks and costs, as this party's agent planned it.

    Parameters that were sealed to this party are opened. Example: cleanroom job show JOB
    """
    spoken = report.language(language)
    with session(home, room) as found:
        loaded = jobs.load(found, job)
        document, parts = question.as_json(loaded), question.describe(loaded, spoken)
    emit(document, as_json, lambda: _print_question(document, parts, spoken, out))


@app.command("approve")
def approve(
    job: JobArgument,
    digest: Annotated[
        str | None, typer.Option(help="Approve only what job show gave this digest for.")
    ] = None,
    room: RoomOption = None,
    yes: YesOption = False,
    home: HomeOption = None,
    language: LanguageOption = "en",
) -> None:
    """Show a question as this party's agent planned it, and approve that very question.

    For rooms with manual approval. Example: cleanroom job approve JOB
    """
    spoken = report.language(language)
    with session(home, room) as found:
        loaded = jobs.load(found, job)
        document, parts = question.as_json(loaded), question.describe(loaded, spoken)
        question.check_digest(loaded, digest)
        _print_question(document, parts, spoken, errors)
        for notice in notices(loaded):
            say(f"{word('preview.notice', spoken)}: {notice}")
        confirm("Approve this question?", yes)
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
    """Refuse a question for good; the other party and the log are told the reason.

    Example: cleanroom job refuse JOB --reason "not this campaign"
    """
    with session(home, room) as found:
        name = found.client.job(job)["job"]["name"]
        confirm(f"Refuse {name} for good?", yes)
        refuse_by_hand(found, job, reason)
    emit({"job": job, "state": "REFUSED"}, as_json, lambda: print_line(f"{name} is refused."))


@app.command("watch")
def watch(
    job: JobArgument,
    room: RoomOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Wait until a job has ended; show each step as it comes, and why it ended without an answer.

    The exit code is 3 for a job that was refused and 4 for one that failed.
    """
    with session(home, room) as found:
        item = wait(found, job, say)
    emit(item, as_json, lambda: print_line(item["state"]))
    check_answered(item)


@app.command("result")
def result(
    job: JobArgument,
    room: RoomOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
    plot: PlotOption = None,
    csv: CsvOption = None,
    language: LanguageOption = "en",
) -> None:
    """Show an answer that this party received; draw it, or write its table to a file.

    Example: cleanroom job result JOB --plot overlap.svg --language zh
    """
    spoken = report.language(language)
    check_file(plot, PICTURE_ENDINGS)
    check_file(csv, TABLE_ENDINGS)
    with session(home, room) as found:
        document = read_result(found, job)
    emit(document, as_json, lambda: print_result(document, spoken))
    if plot is not None:
        save_picture(document, plot, spoken)
    if csv is not None:
        save_table(document, csv)


@app.command("models")
def models(
    job: JobArgument,
    room: RoomOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
    plot: PlotOption = None,
    csv: CsvOption = None,
    language: LanguageOption = "en",
) -> None:
    """Show an attribution under every model that was asked, side by side.

    Same datasets, period, windows and grouping; the newest answer of each model.

    Example: cleanroom job models JOB --plot models.svg
    """
    spoken = report.language(language)
    check_file(plot, PICTURE_ENDINGS)
    check_file(csv, TABLE_ENDINGS)
    with session(home, room) as signed:
        found = compared(signed, signed.client.jobs(signed.identity), job)
    if len(found) < 2:
        raise NotFound("This party has no two answers that differ by their model alone.")
    names = [model_name(one.model, spoken) for one in found]
    results = [one.result for one in found]
    document = [{"job": one.job, "model": one.model, "result": one.result} for one in found]
    emit(document, as_json, lambda: print_models(names, results, spoken))
    if plot is not None:
        save_models(names, results, plot, spoken)
    if csv is not None:
        write_csv(csv, *models_spreadsheet(names, results))


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


def from_file(room: Room, described: RoomFile, name: str) -> LocalJob:
    """Make the job document of a file's section."""
    return from_section(room, find_section(described, name))


def find_section(described: RoomFile, name: str) -> JobSection:
    """Return a job of a file; raise ``InvalidInput`` that lists those there are."""
    section = next((job for job in described.jobs if job.name == name), None)
    if section is None:
        known = ", ".join(job.name for job in described.jobs) or "none"
        raise InvalidInput(f"The file has no job {name} (has: {known}).")
    return section


def from_section(room: Room, section: JobSection) -> LocalJob:
    """Make a job document about the newest versions of two datasets."""
    fields = section_fields(room, section)
    fields["alignment"] = jobs.find_alignment(room, fields["brand"], fields["platform"])
    return jobs.write_job(room, fields, section.parameters())


def section_fields(room: Room, section: JobSection) -> dict[str, Any]:
    """Return the fields of a job but for its alignment."""
    own, peer = room.own, room.the_peer()
    parties = (own.name, peer.name) if own.role == "brand" else (peer.name, own.name)
    return {
        "name": section.name,
        "template": section.template,
        "brand": str(by_name(room, parties[0], section.brand)["id"]),
        "platform": str(by_name(room, parties[1], section.platform)["id"]),
        "receiver": section.receiver,
        "rho": section.rho,
    }


def submit_named(room: Room, described: RoomFile, name: str) -> str:
    """Ask a question of a file; return the job's identifier.

    A question that ended without an answer is asked again under its name with a number.
    """
    section = find_section(described, name)
    for number in range(1, MOST_TIMES + 1):
        again = f"{name[:LONGEST_NAME]}.{number}" if number > 1 else name
        job = from_section(room, section.model_copy(update={"name": again}))
        try:
            answer = jobs.submit(job)
        except Conflict as refusal:
            if refusal.rule != "job-exists":
                raise
        else:
            if number > 1:
                say(f"{name} ended without an answer before; it is asked again as {again}.")
            return str(answer["resource"]["id"])
    raise InvalidInput(f"{name} ended without an answer {MOST_TIMES} times.", remedy="Rename it.")


MOST_TIMES, LONGEST_NAME = 20, 60
ENDED = ("SUCCESS", "REFUSED", "FAILED", "CANCELLED", "EXPIRED")


def wait(room: Room, job: str, tell: Any = None) -> dict[str, Any]:
    """Wait until a job has ended and return it."""
    state = ""
    while True:
        item = room.client.job(job)
        if item["state"] != state:
            state = str(item["state"])
            if tell:
                tell(f"{item['job']['name']}: {state}")
        if state in ENDED:
            return item
        time.sleep(POLL)


def read_result(room: Room, job: str) -> dict[str, Any]:
    """Return a result that this party received; raise what ended the job otherwise.

    An answer that was received whole lies at home; the mediator is not asked for it.
    """
    whole = kept_result(room, job)
    if whole is not None and "receipt" in whole:
        return whole
    item = room.client.job(job)
    for _ in range(RECEIPT_LOOKS):
        found = kept_result(room, job)
        if found is None:
            break
        # The agent keeps the result before it signs the receipt, and again with it.
        if "receipt" in found or item["state"] != "SUCCESS":
            return found
        time.sleep(POLL)
    check_answered(item)
    check_readable(room, job)
    raise NotFound(f"The job is {item['state']}; this party has no result of it.")


def check_answered(item: Mapping[str, Any]) -> None:
    """Raise why a job ended without an answer, if it did."""
    problem = item.get("problem") or {}
    reason = str(problem.get("detail", "no reason was given"))
    if item["state"] == "REFUSED":
        by = f"{problem['party']} refused: " if "party" in problem else ""
        raise PolicyRefusal(f"{by}{reason}", rule=problem.get("rule", ""))
    if item["state"] in ENDED and item["state"] != "SUCCESS":
        raise PeerFault(f"The job ended as {item['state']}: {reason}")


def _print_question(
    document: Mapping[str, Any], parts: Sequence[Part], language: Language, to: Screen
) -> None:
    print_parts(parts, to)
    print_leaks(document["leaks"], language, to)
    to.print(f"{word('question.digest', language)}: {document['digest']}", soft_wrap=True)


def _print_jobs(items: list[dict[str, Any]]) -> None:
    table = listing("name", "template", "receiver", "state")
    for item in items:
        keys = ("name", "template", "receiver", "state", "id")
        table.add_row(*(str(item[key]) for key in keys))
    out.print(table)
