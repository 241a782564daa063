"""Delegate questions to an agency: ``cleanroom delegation grant | list | revoke``."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import typer

from cleanroom import report
from cleanroom.agent import delegations
from cleanroom.agent.delegations import Shown
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
from cleanroom.documents.delegation import Delegation
from cleanroom.errors import InvalidInput
from cleanroom.report import Language
from cleanroom.report.screen import print_line

app = typer.Typer(
    name="delegation", help="Let an agency ask in a brand's place.", no_args_is_help=True
)

WORDS: Final[dict[str, tuple[str, str]]] = {
    "grants": (
        "{agency} may ask for {brand}: {templates} about {datasets}, until {ends}, for {rho} rho in"
        " all. Its answers come to {brand}, which hands them on.",
        "{agency} 可代表 {brand} 提交查询：{templates}，涉及 {datasets}，截至 {ends}，合计不超过"
        " {rho} rho。结果由 {brand} 接收后转交。",
    ),
    "sure": ("Sign this delegation?", "签署此项授权？"),
    "take-back": (
        "Take the delegation back? What is asked under it ends, and what it cost stays spent.",
        "收回此项授权？据此提交且尚未完成的查询将终止，已消耗的预算不退还。",
    ),
    "revoked": (
        "The delegation is taken back. Answers that were handed on before stay known.",
        "授权已收回。此前转交的结果无法收回。",
    ),
    "stands": ("stands", "有效"),
    "back": ("taken back", "已收回"),
    "over": ("over", "已到期"),
    "line": (
        "{id}  {agency} for {brand}: {templates} about {datasets}, until {ends}, {left} of {rho}"
        " rho left ({state})",
        "{id}  {agency} 代表 {brand}：{templates}，涉及 {datasets}，截至 {ends}，剩余"
        " {left}/{rho} rho（{state}）",
    ),
    "nothing": ("Nothing is delegated in this room.", "此数据房间没有授权代理。"),
}


def _word(key: str, language: Language, **values: Any) -> str:
    return WORDS[key][language == "zh"].format(**values)


@app.callback()
def noun() -> None:
    """Let an agency ask in a brand's place."""


@app.command("grant")
def grant(
    agency: Annotated[str, typer.Argument(help="The agency's name in the room.")],
    dataset: Annotated[
        list[str],
        typer.Option(help="What it may ask about: crm, douyin.users; once for each dataset."),
    ],
    template: Annotated[list[str], typer.Option(help="What it may ask; once for each template.")],
    rho: Annotated[float, typer.Option(help="What all its questions may spend together.")],
    until: Annotated[str, typer.Option(help="The first day on which it may not ask, YYYY-MM-DD.")],
    room: RoomOption = None,
    yes: YesOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """Let an agency ask in this brand's place; nothing is delegated that is not named.

    The signature is this brand's approval of every question that the delegation covers.

    Example: cleanroom delegation grant omni --dataset crm --dataset douyin.users
    --template overlap --rho 0.05 --until 2027-01-31
    """
    spoken, ends = report.language(language), _day(until)
    with session(home, room) as found:
        made = delegations.draft(found, agency, dataset, template, rho, ends)
        if not as_json:
            print_line(_word("grants", spoken, **_told(made)))
        confirm(_word("sure", spoken), yes)
        identity = delegations.grant(found, made)
    emit({"delegation": identity}, as_json, lambda: print_line(identity))


@app.command("list")
def list_delegations(
    room: RoomOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """List what brands of a room delegated, what they took back among it.

    Example: cleanroom delegation list
    """
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
    delegation: Annotated[str, typer.Argument(help="Its identifier: see delegation list.")],
    room: RoomOption = None,
    yes: YesOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """Take a delegation back: this brand's agent answers nothing under it from now on.

    Questions under it that run end at that entry of the log. Example: cleanroom delegation revoke
    DELEGATION
    """
    spoken = report.language(language)
    with session(home, room) as found:
        confirm(_word("take-back", spoken), yes)
        delegations.revoke(found, delegation)
    document = {"delegation": delegation, "revoked": True}
    emit(document, as_json, lambda: print_line(_word("revoked", spoken)))


def _lines(items: Sequence[Shown], language: Language) -> list[str]:
    found = []
    for one in items:
        state = "stands" if one.stands(time.time()) else "back" if one.revoked else "over"
        told = {**_told(one.document), "id": one.identity, "left": f"{one.left:g}"}
        found.append(_word("line", language, state=_word(state, language), **told))
    return found or [_word("nothing", language)]


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
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise InvalidInput(f"{text} is no day.", remedy="Write it like 2027-01-31.") from None
    return int(day.timestamp())
