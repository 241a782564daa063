"""Look at standing questions, approve and stop them: ``cleanroom standing list | show ...``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

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

if TYPE_CHECKING:
    from cleanroom.report import Language
    from cleanroom.report.consent import Part
    from cleanroom.report.screen import Screen

app = typer.Typer(
    name="standing", help="Questions that are asked on a schedule.", no_args_is_help=True
)
StandingArgument = Annotated[
    str, typer.Argument(help="Its identifier, the beginning of that, or its name.")
]


@app.callback()
def standing() -> None:
    """Questions that are asked on a schedule."""


@app.command("list")
def list_standing(
    room: RoomOption = None, home: HomeOption = None, as_json: JsonOption = False
) -> None:
    """List standing questions with their runs, missed runs and the next due date.

    Example: cleanroom standing list
    """
    from cleanroom.agent import series
    from cleanroom.agent import standing as questions

    with session(home, room) as found:
        items = [series.as_json(one) for one in questions.listed(found)]
    emit(items, as_json, lambda: _print_list(items))


@app.command("show")
def show(
    standing: StandingArgument,
    room: RoomOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """Show what a standing question asks, when and at what price, and its runs so far.

    Example: cleanroom standing show young-gold
    """
    from cleanroom.agent import series
    from cleanroom.agent import standing as questions
    from cleanroom.errors import CleanroomError

    spoken = report.language(language)
    with session(home, room) as signed:
        found = questions.named(signed, standing)
        document = series.with_digest(found)
        try:
            parts = series.describe(found, spoken)
        except CleanroomError:
            parts = ()
    emit(document, as_json, lambda: _print_one(document, parts, spoken, screen.out))


@app.command("approve")
def approve(
    standing: StandingArgument,
    digest: Annotated[
        str | None,
        typer.Option(help="Approve only the question that standing show printed this digest for."),
    ] = None,
    room: RoomOption = None,
    yes: YesOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """Show a standing question and approve all of its runs at once.

    A script has to give --digest or --yes.

    Example: cleanroom standing approve young-gold
    """
    from cleanroom.agent import series
    from cleanroom.agent import standing as questions

    spoken = report.language(language)
    with session(home, room) as signed:
        found = questions.named(signed, standing)
        questions.check_digest(found, digest)
        document = series.with_digest(found)
        _print_one(document, series.describe(found, spoken), spoken, screen.errors)
        confirm("Approve all of its runs?", yes, decided=digest is not None)
        questions.approve(found)
    emit({"standing": found.identity, "state": "ACTIVE"}, as_json, lambda: say("Approved."))


@app.command("stop")
def stop(
    standing: StandingArgument,
    reason: ReasonOption,
    room: RoomOption = None,
    yes: YesOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Stop a standing question, approved or not; a run without an answer ends with it.

    Example: cleanroom standing stop young-gold --reason "the campaign is over"
    """
    from cleanroom.agent import standing as questions

    with session(home, room) as signed:
        found = questions.named(signed, standing)
        name = found.document.name
        confirm(f"Stop {name} for good?", yes)
        questions.stop(found, reason)
    ended = {"standing": found.identity, "state": "STOPPED"}
    emit(ended, as_json, lambda: print_line(f"{name} is stopped."))


@app.command("on-result")
def on_result(
    standing: StandingArgument,
    command: Annotated[
        str | None,
        typer.Option(help="A program on this machine, by its full path, with its arguments."),
    ] = None,
    hook: Annotated[
        str | None, typer.Option(help="An address on this machine: http://127.0.0.1:PORT/PATH.")
    ] = None,
    when: Annotated[
        str | None, typer.Option(help="Call it only if this holds, such as 'total.people < 1000'.")
    ] = None,
    with_answer: Annotated[
        bool, typer.Option("--with-answer", help="Pass the answer as well.")
    ] = False,
    off: Annotated[bool, typer.Option("--off", help="Stop calling it.")] = False,
    room: RoomOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Have the agent call a program on this machine after each answered run.

    It gets one JSON document on standard input: which run it is, and with --with-answer the answer.
    It is called once, beside the agent; what fails is told in the agent's output alone.

    Example: cleanroom standing on-result young-gold --command ~/bin/tell
    """
    import shlex

    from cleanroom.agent import alerts
    from cleanroom.agent import standing as questions

    with session(home, room) as signed:
        found = questions.named(signed, standing)
        made = None
        if not off:
            words = tuple(shlex.split(command)) if command else ()
            made = alerts.Alert(command=words, hook=hook or "", when=when or "", answer=with_answer)
        alerts.keep(signed, found.document.digest(), made)
    document = {"standing": found.identity, "on_result": made.to_json() if made else None}
    emit(document, as_json, lambda: say("Kept." if made else "Nothing is notified any more."))


def _print_list(items: Sequence[Mapping[str, Any]]) -> None:
    from cleanroom.agent import series

    table = listings.listing("name", "template", "state", "runs", "missed", "next (UTC)")
    for row in series.rows(items):
        table.add_row(*row)
    screen.out.print(table)


def _print_one(
    document: Mapping[str, Any], parts: Sequence[Part], language: Language, to: Screen
) -> None:
    from cleanroom.report.terminal import print_leaks, print_parts

    print_parts(parts, to)
    if document["digest"]:
        print_leaks(document["leaks"], language, to)
        to.print(
            f"{report.word('question.digest', language)}: {document['digest']}", soft_wrap=True
        )
    state = report.word(f"standing.state.{document['state']}", language)
    to.print(f"{document['name']}: {state}", soft_wrap=True)
    for run in document["runs"]:
        said = run["job"] or " ".join(filter(None, (run["state"], run.get("rule"))))
        to.print(f"{run['run']}  {run['due']}  {said}", soft_wrap=True)
