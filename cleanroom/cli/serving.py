"""Publish and withdraw what is served: ``cleanroom serving publish | show | stop | confirm``."""

from __future__ import annotations

from typing import Any

import typer

from cleanroom import report
from cleanroom.agent.serving.ask import confirm as confirm_tallies
from cleanroom.agent.serving.publish import publish as publish_next
from cleanroom.agent.serving.publish import standing
from cleanroom.agent.serving.publish import stop as withdraw
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
from cleanroom.cli.serve import GrantOption
from cleanroom.report import Language, word
from cleanroom.report.screen import print_line

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
    spoken = report.language(language)
    with session(home, room) as found:
        made = publish_next(found, grant)
    emit(made, as_json, lambda: print_line(word("serving.published", spoken, **made)))


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
    spoken = report.language(language)
    with session(home, room) as found:
        items = standing(found)
    lines = [_line(item, spoken) for item in items] or [word("serving.nothing", spoken)]
    emit({"items": items}, as_json, lambda: print_line("\n".join(lines)))


def _line(item: dict[str, Any], language: Language) -> str:
    key = "stopped" if item["stopped"] else "serving" if item["closed"] is None else "closed"
    return word(f"serving.{key}", language, **{**item, "waiting": len(item["waiting"])})


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
    spoken = report.language(language)
    confirm(word("serving.sure", spoken, grant=grant), yes)
    with session(home, room) as found:
        ended = withdraw(found, grant)
    emit(ended, as_json, lambda: print_line(word("serving.stopped", spoken, **ended)))


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
    spoken = report.language(language)
    with session(home, room) as found:
        said = confirm_tallies(found, grant)
    total = sum(questions for _, questions in said)
    done = {"minutes": len(said), "questions": total}
    emit(done, as_json, lambda: say(word("serving.confirmed", spoken, **done)))
