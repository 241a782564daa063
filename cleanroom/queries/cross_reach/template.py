"""How many of my people did several platforms reach together, and how often."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import Field

from cleanroom.documents.agreement import SIDES, PartyRole, other_side
from cleanroom.documents.document import Positive, Text, Whole
from cleanroom.errors import InvalidInput
from cleanroom.queries import hub_rows, known_to, media
from cleanroom.queries.cross_reach import sensitivity
from cleanroom.queries.hub import FREQUENCY, KNOWN_TO, TOTAL, hub_of, where_of
from cleanroom.queries.kinds import JoinedParameters
from cleanroom.queries.plan import Plan, Question
from cleanroom.queries.reporting import numbers, people_of, share_of
from cleanroom.queries.template import (
    COMMON_LEAKS,
    WHERE_LEAK_OF_HUB,
    Group,
    Leak,
    Opened,
    PartyData,
    PartyRows,
    Template,
)
from cleanroom.queries.where import CONDITIONS
from cleanroom.words.estimate import Estimate
from cleanroom.words.languages import Language
from cleanroom.words.tell import tell
from protocols.deferred import Deferred

if TYPE_CHECKING:
    import numpy as np

    from cleanroom.ingest import Table
else:
    np = Deferred("numpy")


class CrossReachParameters(JoinedParameters):
    """Say which contacts count, and up to how many are told apart.

    ``start`` and ``end`` are Unix seconds.  With ``cap`` the share of people with so many contacts
    or fewer is told.
    """

    max_frequency: int = Field(default=8, ge=1, le=99)
    cap: Positive | None = None
    start: Whole | None = None
    end: Whole | None = None
    where: tuple[Text, ...] = ()


class CrossReach(Template):
    """Count the people whom several platforms reached, each once, and their contacts in all."""

    name = "cross_reach"
    Parameters = CrossReachParameters
    by_documents = ("impressions-are-events",)
    of_hub = True
    hubs = SIDES
    hub_kinds = ("audience", "events")
    receivers = ("brand",)
    private_parameters = (CONDITIONS,)
    leaks = (
        *COMMON_LEAKS,
        known_to.LEAK,
        Leak(
            "how often one of several datasets reached a person",
            "noised, thresholded counts of contacts over all of them",
            "own",
            "per opaque row made for the question, up to max_frequency",
        ),
        WHERE_LEAK_OF_HUB,
    )

    def plan(self, question: Question) -> Plan:
        """Count every person in three tables: platforms, contacts, everybody."""
        parameters: CrossReachParameters = self.parameters(question)
        other = other_side(question.job.hub)
        media.want_kind(question, other, "events", "impressions-are-events")
        media.check_period(parameters.start, parameters.end)
        if parameters.cap is not None and parameters.cap >= parameters.max_frequency:
            raise InvalidInput("cap must be below max_frequency: above it frequencies are one")
        shape = hub_of(question, frequencies=parameters.max_frequency, hubs=self.hubs)
        return Plan(
            source="job",
            columns=(),
            cells=shape.cells,
            value_side=None,
            slots=(),
            people_delta=sensitivity.cross_reach().people,
            rows=question.hub.people,
            made=hub_rows.made(question),
            brand_tokens=shape.tokens("brand"),
            platform_tokens=shape.tokens("platform"),
            where=where_of(question, parameters.where),
            hub=shape,
        )

    def check_own(
        self,
        question: Question,
        side: PartyRole,
        table: Table,
        private: Mapping[str, Any],  # noqa: ARG002 - nothing is private here
    ) -> None:
        """Refuse, but of the hub, a period over contacts without times."""
        if side != question.job.hub:
            parameters: CrossReachParameters = self.parameters(question)
            media.check_times(table, parameters.start, parameters.end)

    def rows(self, question: Question, data: PartyData) -> PartyRows:
        """Make a row for each person of the hub, else for each that was reached, with how often."""
        parameters: CrossReachParameters = self.parameters(question)
        if data.side == question.job.hub:
            return hub_rows.rows_of_hub(data.counted(parameters.where), (), values=False)
        table = data.table
        shown = media.viewed(table, parameters.start, parameters.end)
        person, often = np.unique(table.person[shown], return_counts=True)
        return hub_rows.rows_of_other(
            person.astype(np.int64), np.minimum(often, parameters.max_frequency) - 1
        )

    def result(self, opened: Opened) -> dict[str, Any]:
        """List the sets of others and the frequencies; what each of these adds is its own set.

        What all of them reached is a number of its own.
        """
        parameters: CrossReachParameters = self.parameters(opened.question)
        sets = _table(opened, KNOWN_TO)
        often = sorted(_table(opened, FREQUENCY), key=_times)
        others = opened.plan.hub.others if opened.plan.hub else ()
        side = other_side(opened.question.job.hub)
        alone = {name: known_to.people_in(opened, sets, name, alone=True) for name in others}
        return {
            "groups": _listed(opened, KNOWN_TO, sets),
            "other": None,
            "frequency": _listed(opened, FREQUENCY, often),
            f"{side}s": [
                {
                    "key": {side: name},
                    **known_to.people_in(opened, sets, name).fields("reach"),
                    **alone[name].fields("incremental"),
                }
                for name in others
            ],
            "build": [
                {
                    "key": {side: name},
                    **added.fields("added"),
                    **known.fields("people"),
                }
                for name, added, known in known_to.build(opened, sets)
            ],
            "total": {
                **_everybody(opened).fields("people"),
                **_incremental(alone),
                **_up_to_cap(opened, often, parameters),
            },
        }

    def sentence(self, result: Mapping[str, Any], language: Language = "en") -> str:
        """Say how many people were reached at all, and what a cap would leave."""
        reached = Estimate.read(result["total"], "people", "people")
        others = "brands" if "brands" in result else "platforms"
        if reached.bound == "unknown":
            return tell(
                language,
                f"How many people of the audience the {others} reached is held back.",
                f"{ALL_OF[others]}共触达目标人群中的多少人，未予公布。",
            )
        return tell(
            language,
            f"The {others} together reached {{reached}} of the audience, each counted once.",
            f"{ALL_OF[others]}合计触达目标人群 {{reached}}（去重）。",
            reached=reached,
        )


ALL_OF = {"brands": "各品牌", "platforms": "各平台"}


def _times(group: Group) -> int:
    """Return how often a group was reached: "3+" is counted as 3."""
    return int(group.key[1].rstrip("+"))


def _table(opened: Opened, name: str) -> list[Group]:
    return [group for group in opened.groups if group.key[0] == name]


def _listed(opened: Opened, name: str, groups: Sequence[Group]) -> list[dict[str, Any]]:
    return [{"key": {name: group.key[1]}, **numbers(opened, [group])} for group in groups]


def _everybody(opened: Opened) -> Estimate:
    """Return how many people were reached at all; unknown where that is held back."""
    groups = _table(opened, TOTAL)
    if not groups and opened.suppressed:
        return Estimate(None, "people")
    return people_of(opened, groups)


def _incremental(alone: Mapping[str, Estimate]) -> dict[str, Any]:
    """Return, by platform, whom it reached alone, with deviations and intervals beside."""
    found: dict[str, dict[str, Any]] = {}
    for name, one in alone.items():
        for field, value in one.fields("incremental").items():
            found.setdefault(field, {})[name] = value
    return found


def _up_to_cap(
    opened: Opened, often: Sequence[Group], parameters: CrossReachParameters
) -> dict[str, Any]:
    """Return the share of reached people with so many contacts or fewer, if one was asked for."""
    if parameters.cap is None:
        return {}
    if opened.suppressed and len(often) < parameters.max_frequency:
        return Estimate(None, "share").fields("share_up_to_cap")
    few = [group for group in often if _times(group) <= parameters.cap]
    return share_of(opened, few, often).fields("share_up_to_cap")


TEMPLATE = CrossReach()
