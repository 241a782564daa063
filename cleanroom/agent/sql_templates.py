"""Say what a SELECT means for each template that SQL asks: which of its parts, and none else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

from cleanroom.agent.job_section import JobSection
from cleanroom.documents.agreement import PartyRole
from cleanroom.errors import InvalidInput
from cleanroom.queries.plan import Column
from cleanroom.queries.where import SEGMENT, parse

EXAMPLE: Final = (
    "Write it like: SELECT platform.age_band, COUNT(*), SUM(brand.spend) FROM overlap "
    "WHERE brand.tier = 'gold' GROUP BY 1."
)

Key = tuple[Column, ...]
"""What people are counted by: a column, or the brand's and the platform's, the higher of both."""


def refuse(why: str, example: str = EXAMPLE) -> NoReturn:
    """Raise ``InvalidInput``: why this cannot be asked, and how something like it is."""
    raise InvalidInput(f"This cannot be asked in SQL: {why}.", remedy=example)


@dataclass(frozen=True)
class Step:
    """A step of a funnel; ``closed`` counts who got that far, else who was seen there."""

    name: str
    closed: bool


@dataclass(frozen=True)
class Selected:
    """What was read of a SELECT, whatever its template makes of it."""

    template: str
    datasets: tuple[str, ...]
    keys: tuple[Key, ...]
    sums: tuple[Column, ...]
    steps: tuple[Step, ...]
    people: bool
    where: tuple[str, ...]


@dataclass(frozen=True)
class Compiled:
    """What a SELECT asks; ``datasets`` are the brand's and the platform's, or none.

    ``columns`` are the labels that the datasets need to have, beside those of ``where``.
    """

    template: str
    datasets: tuple[str, ...]
    columns: tuple[Column, ...]
    sums: tuple[Column, ...]
    where: tuple[str, ...]
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def kind(self, side: PartyRole) -> str | None:
        """Return the kind that a side's dataset has to be of; None if it may be of any."""
        return KINDS.get(self.template, {}).get(side, "audience")

    def section(self, name: str, brand: str, platform: str, **fields: Any) -> JobSection:
        """Return the question as a section of a room file."""
        asked = {**self.parameters, "where": list(self.where), **fields}
        return JobSection.model_validate(
            {"name": name, "template": self.template, "brand": brand, "platform": platform}
            | {key: value for key, value in asked.items() if value not in ([], None, "")}
        )


REACH: Final = "reach_frequency"
KINDS: Final[Mapping[str, Mapping[PartyRole, str | None]]] = {
    REACH: {"platform": "events"},
    "channel_flow": {"platform": "events"},
    "funnel": {"brand": None, "platform": None},
}
"""What a side's dataset is where it is not an audience."""


def meant(asked: Selected) -> Compiled:
    """Return what a SELECT means for its template; raise ``InvalidInput`` if that cannot say it."""
    if asked.steps and asked.template != "funnel":
        refuse("only a funnel has steps: leave FILTER out")
    return MEANT[asked.template](asked)


def _compiled(
    asked: Selected, parameters: Mapping[str, Any], where: tuple[str, ...] | None = None
) -> Compiled:
    return Compiled(
        template=asked.template,
        datasets=asked.datasets,
        columns=tuple(dict.fromkeys(column for key in asked.keys for column in key)),
        sums=asked.sums,
        where=asked.where if where is None else where,
        parameters=parameters,
    )


def _plain(asked: Selected) -> list[Column]:
    """Return the columns; refuse one that is the higher of two."""
    if any(len(key) > 1 for key in asked.keys):
        refuse(f"{asked.template} has no stages: leave GREATEST out")
    return [column for (column,) in asked.keys]


def _without_sums(asked: Selected) -> None:
    if asked.sums:
        refuse(f"{asked.template} counts people: leave SUM out")


def _names(sums: tuple[Column, ...]) -> list[str]:
    return [column.name for column in sums]


def _groups(asked: Selected) -> Compiled:
    """Count people by labels."""
    group_by = [str(column) for column in _plain(asked)]
    return _compiled(asked, {"group_by": group_by, "measures": _names(asked.sums)})


def _reach(asked: Selected) -> Compiled:
    """Ask for the reach of campaigns: people by one column of the platform's events.

    Conditions on that column say which campaigns count.
    """
    columns = _plain(asked)
    if len(columns) != 1 or columns[0].side != "platform":
        refuse(f"{REACH} counts people by one column of the platform's, that of campaigns")
    _without_sums(asked)
    column, where, chosen = str(columns[0]), list[str](), list[str]()
    for text in asked.where:
        one = None if text.startswith(SEGMENT) else parse([text])[0]
        if one is not None and one.column == column and one.test != "in":
            refuse("name the campaigns that count: write = or IN")
        (chosen if one is not None and one.column == column else where).append(text)
    campaigns = list(parse(chosen)[0].values) if chosen else []
    # What is counted are people: a sum of impressions would cost rows under encryption.
    parameters = {"group_by": [column], "campaigns": campaigns, "max_impressions": 0}
    return _compiled(asked, parameters, tuple(where))


# --- stages


def _stage(key: Key) -> dict[str, str]:
    return {column.side: column.name for column in key}


def _aipl(asked: Selected) -> Compiled:
    """Count the people of both sides by the higher of their stages."""
    if [len(key) for key in asked.keys] != [2]:
        refuse(
            "aipl counts people by the higher of both sides' stages",
            "Write it like: SELECT GREATEST(brand.stage, platform.stage), COUNT(*) FROM aipl"
            " GROUP BY 1.",
        )
    _without_sums(asked)
    return _compiled(asked, {"stage": _stage(asked.keys[0]), "sides": False})


def _aipl_flow(asked: Selected) -> Compiled:
    """Count people by their stages before and after, in this order of the SELECT."""
    if [len(key) for key in asked.keys] != [2, 2]:
        refuse(
            "aipl_flow counts people by two stages, before and after",
            "Write it like: SELECT GREATEST(brand.may, platform.may), GREATEST(brand.june,"
            " platform.june), COUNT(*) FROM aipl_flow GROUP BY 1, 2.",
        )
    before, after = map(_stage, asked.keys)
    return _compiled(asked, {"from": before, "to": after, "measures": _names(asked.sums)})


def _channel_flow(asked: Selected) -> Compiled:
    """Count people by channel and by their stages before and after, the brand's or the higher."""
    channels = [key for key in asked.keys if [column.side for column in key] == ["platform"]]
    stages = [key for key in asked.keys if key not in channels]
    if len(channels) != 1 or [len(key) for key in stages] not in ([1, 1], [2, 2]):
        refuse(
            "channel_flow counts people by a channel of the platform's and two stages, before and"
            " after",
            "Write it like: SELECT platform.channel, brand.may, brand.june, COUNT(*) FROM"
            " channel_flow GROUP BY 1, 2, 3.",
        )
    _without_sums(asked)
    before, after = map(_stage, stages)
    column = str(channels[0][0])
    return _compiled(asked, {"from": before, "to": after, "group_by": [column]})


def _funnel(asked: Selected) -> Compiled:
    """Count people at each step, in the order of the SELECT."""
    columns, steps = _plain(asked), [step.name for step in asked.steps]
    named = len(columns) <= 1 and all(column.side == "platform" for column in columns)
    if not named or asked.people or not steps or len({step.closed for step in asked.steps}) > 1:
        refuse(
            "funnel counts people at each step, all of them with = or all with >=, by one column"
            " of the platform's, that of channels, or by none",
            "Write it like: SELECT platform.channel, COUNT(*) FILTER (WHERE step >= 'view'),"
            " COUNT(*) FILTER (WHERE step >= 'buy') FROM funnel GROUP BY 1.",
        )
    _without_sums(asked)
    group_by = [str(column) for column in columns]
    count = "closed" if asked.steps[0].closed else "open"
    return _compiled(asked, {"steps": steps, "group_by": group_by, "count": count})


MEANT: Final[Mapping[str, Callable[[Selected], Compiled]]] = {
    "aipl": _aipl,
    "aipl_flow": _aipl_flow,
    "channel_flow": _channel_flow,
    "funnel": _funnel,
    "overlap": _groups,
    "profile": _groups,
    REACH: _reach,
}
ASKED: Final = tuple(MEANT)
"""Templates whose parameters a SELECT can say."""

LISTED: Final = f"{', '.join(ASKED[:-1])} or {ASKED[-1]}"
