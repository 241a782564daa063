"""Delegate questions to an agency: ``cleanroom delegation grant | list | revoke``."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from cleanroom.cli.common import (
    HomeOption,
    JsonOption,
    LanguageOption,
    RoomOption,
    YesOption,
    confirm,
    emit,
    session,
)
from cleanroom.cli.later import print_line, report
from cleanroom.errors import InvalidInput

if TYPE_CHECKING:
    from cleanroom.agent.delegations import Shown
    from cleanroom.documents.delegation import Delegation
    from cleanroom.report import Language

app = typer.Typer(
    name="delegation", help="Let an agency ask in a brand's place.", no_args_is_help=True
)


@app.callback()
def noun() -> None:
    """Let an agency ask in a brand's place."""


@app.command("grant")
def grant(
    agency: Annotated[str, typer.Argument(help="The agency's name in the room.")],
    dataset: Annotated[
        list[str],
        typer.Option(help="A dataset it may ask about, such as crm or douyin.users."),
    ],
    template: Annotated[list[str], typer.Option(help="A template it may ask.")],
    rho: Annotated[float, typer.Option(help="The budget for all its questions together.")],
    until: Annotated[
        str, typer.Option(help="The first day on which it may no longer ask, YYYY-MM-DD.")
    ],
    room: RoomOption = None,
    yes: YesOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """Let an agency ask in this brand's place; only what is named is delegated.

    The signature is this brand's approval of every question that the delegation covers.

    Example: cleanroom delegation grant omni --dataset crm --dataset douyin.users
    --template overlap --rho 0.05 --until 2027-01-31
    """
    from cleanroom.agent import delegations

    spoken, ends = report.language(language), _day(until)
    with session(home, room) as found:
        made = delegations.draft(found, agency, dataset, template, rho, ends)
        if not as_json:
            print_line(report.word("delegation.grants", spoken, **_told(made)))
        confirm(report.word("delegation.sure", spoken), yes)
        identity = delegations.grant(found, made)
    emit({"delegation": identity}, as_json, lambda: print_line(identity))


@app.command("list")
def list_delegations(
    room: RoomOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """List the delegations in a room, including revoked ones.

    Example: cleanroom delegation list
    """
    from cleanroom.agent import delegations

    spoken = report.language(language)
    with session(home, room) as found:
        items = delegations.listed(found)
    document = [
        {"id": one.identity, "revoked": one.revoked, "left": one.left, **one.document.to_json()}
        for one in items
    ]
    emit(document, as_json, lambda: print_line("\n".join(_lines(items, spoken))))


@app.command("revoke")
def revoke(
    delegation: Annotated[str, typer.Argument(help="Its identifier, from delegation list.")],
    room: RoomOption = None,
    yes: YesOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """Revoke a delegation: from now on this brand's agent answers nothing under it.

    Questions running under it end at that log entry. Example: cleanroom delegation revoke
    DELEGATION
    """
    from cleanroom.agent import delegations

    spoken = report.language(language)
    with session(home, room) as found:
        confirm(report.word("delegation.take-back", spoken), yes)
        delegations.revoke(found, delegation)
    document = {"delegation": delegation, "revoked": True}
    emit(document, as_json, lambda: print_line(report.word("delegation.revoked", spoken)))


def _lines(items: Sequence[Shown], language: Language) -> list[str]:
    found = []
    for one in items:
        state = "stands" if one.stands(time.time()) else "back" if one.revoked else "over"
        stands = report.word(f"delegation.{state}", language)
        told = {**_told(one.document), "id": one.identity, "left": f"{one.left:g}"}
        found.append(report.word("delegation.line", language, state=stands, **told))
    return found or [report.word("delegation.nothing", language)]


def _told(delegation: Delegation) -> dict[str, str]:
    return {
        "agency": delegation.agency,
        "brand": delegation.brand,
        "templates": ", ".join(delegation.templates),
        "datasets": ", ".join(f"{one.party}.{one.dataset}" for one in delegation.datasets),
        "ends": f"{datetime.fromtimestamp(delegation.ends, UTC):%Y-%m-%d %H:%M} UTC",
        "rho": f"{delegation.rho:g}",
    }


def _day(text: str) -> int:
    """Return the first second (UTC) of a day."""
    from cleanroom.agent import delegations

    try:
        return delegations.first_second(text)
    except ValueError:
        raise InvalidInput(f"{text} is not a day.", remedy="Write it like 2027-01-31.") from None
