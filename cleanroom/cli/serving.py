"""Publish and withdraw what is served: ``cleanroom serving publish | show | stop | confirm``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from cleanroom.cli.common import (
    HomeOption,
    JsonOption,
    LanguageOption,
    RoomOption,
    YesOption,
    confirm,
    emit,
    say,
    session,
)
from cleanroom.cli.later import print_line, report
from cleanroom.cli.serve import GrantOption

if TYPE_CHECKING:
    from cleanroom.report import Language

app = typer.Typer(
    name="serving",
    help="Publish and manage what is served about single people.",
    no_args_is_help=True,
)


@app.callback()
def noun() -> None:
    """Publish and manage what is served about single people."""


@app.command("publish")
def publish(
    grant: GrantOption,
    room: RoomOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """Publish the newest version of a grant's audience; running servers pick it up.

    Example: cleanroom serving publish --grant 0
    """
    from cleanroom.agent.serving import publish as published

    spoken = report.language(language)
    with session(home, room) as found:
        made = published.publish(found, grant)
    emit(made, as_json, lambda: print_line(report.word("serving.published", spoken, **made)))


@app.command("show")
def show(
    room: RoomOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """Show what is served in a room, and how many tallies only one side has signed.

    Example: cleanroom serving show
    """
    from cleanroom.agent.serving import publish as published

    spoken = report.language(language)
    with session(home, room) as found:
        items = published.standing(found)
    lines = [_line(item, spoken) for item in items] or [report.word("serving.nothing", spoken)]
    emit({"items": items}, as_json, lambda: print_line("\n".join(lines)))


def _line(item: dict[str, Any], language: Language) -> str:
    key = "stopped" if item["stopped"] else "serving" if item["closed"] is None else "closed"
    return report.word(f"serving.{key}", language, **{**item, "waiting": len(item["waiting"])})


@app.command("stop")
def stop(
    grant: GrantOption,
    room: RoomOption = None,
    home: HomeOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """Withdraw a serving grant for good; this home's servers refuse questions at once.

    Example: cleanroom serving stop --grant 0
    """
    from cleanroom.agent.serving import publish as published

    spoken = report.language(language)
    confirm(report.word("serving.sure", spoken, grant=grant), yes)
    with session(home, room) as found:
        ended = published.stop(found, grant)
    emit(ended, as_json, lambda: print_line(report.word("serving.stopped", spoken, **ended)))


@app.command("confirm")
def confirm_counts(
    grant: GrantOption,
    room: RoomOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """Compare the brand's tallies with this platform's own counts, and sign those that agree.

    Run it every minute. Example: cleanroom serving confirm --grant 0
    """
    from cleanroom.agent.serving import ask as tallies

    spoken = report.language(language)
    with session(home, room) as found:
        said = tallies.confirm(found, grant)
    total = sum(questions for _, questions in said)
    done = {"minutes": len(said), "questions": total}
    emit(done, as_json, lambda: say(report.word("serving.confirmed", spoken, **done)))
