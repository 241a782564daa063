"""How many of my people are known to you, in all and per label, with the sums of my measures.

Over several datasets: how many people of the hub each set of the others knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cleanroom.documents.agreement import SIDES
from cleanroom.documents.document import ColumnName, Text
from cleanroom.errors import InvalidInput
from cleanroom.privacy.noise import Delta
from cleanroom.queries import hub_rows, known_to
from cleanroom.queries.hub import KNOWN_TO, hub_of, where_of
from cleanroom.queries.kinds import JoinedParameters
from cleanroom.queries.overlap import sensitivity
from cleanroom.queries.plan import Column, Plan, Question
from cleanroom.queries.reporting import grouped_result
from cleanroom.queries.template import (
    COMMON_LEAKS,
    WHERE_LEAK,
    WHERE_LEAK_OF_HUB,
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
else:
    np = Deferred("numpy")


class OverlapParameters(JoinedParameters):
    """Group by labels of either side, sum measures of one side.

    Over several datasets both are the hub's.
    """

    group_by: tuple[Text, ...] = ()
    measures: tuple[ColumnName, ...] = ()
    where: tuple[Text, ...] = ()


class Overlap(Template):
    """Count the matched people and sum their measures, by any labels of both sides."""

    name = "overlap"
    Parameters = OverlapParameters
    of_uploaded = True
    hubs = SIDES
    private_parameters = (CONDITIONS,)
    leaks = (
        *COMMON_LEAKS,
        WHERE_LEAK,
        Leak(
            "aggregates",
            "if receiver: noised, thresholded",
            "if receiver: noised, thresholded",
            "exact match counts of opaque groups; no sums",
        ),
        known_to.LEAK,
        WHERE_LEAK_OF_HUB,
    )

    def plan(self, question: Question) -> Plan:
        """Group matched rows by the chosen labels; one person is in exactly one group."""
        parameters: OverlapParameters = self.parameters(question)
        columns = tuple(Column.parse(text) for text in parameters.group_by)
        if question.job.others:
            return self._of_hub(question, parameters, columns)
        side = question.value_side(parameters.measures)
        return Plan(
            source="audience",
            columns=columns,
            cells=question.cells(columns),
            value_side=side,
            slots=question.slots(side, parameters.measures) if side else (),
            people_delta=Delta(1, 1),
            rows=min(question.brand.rows, question.platform.rows),
            where=question.where(parameters.where),
        )

    def _of_hub(
        self, question: Question, parameters: OverlapParameters, columns: tuple[Column, ...]
    ) -> Plan:
        """Group the hub's people by the set of datasets that hold them, and by own labels."""
        hub = question.job.hub
        if any(column.side != hub for column in columns):
            raise InvalidInput("over several datasets groups are labels of the hub")
        side = hub if parameters.measures else None
        slots = question.slots(hub, parameters.measures) if side else ()
        moved = sensitivity.overlap_of_hub({slot.measure: slot.bound for slot in slots})
        shape = hub_of(question, labels=question.cells(columns), hubs=self.hubs)
        return Plan(
            source="job",
            columns=columns,
            cells=shape.cells,
            value_side=side,
            slots=tuple(replace(slot, delta=moved.measures[slot.measure]) for slot in slots),
            people_delta=moved.people,
            rows=question.hub.people,
            made=hub_rows.made(question),
            brand_tokens=shape.tokens("brand"),
            platform_tokens=shape.tokens("platform"),
            where=where_of(question, parameters.where),
            hub=shape,
        )

    def rows(self, question: Question, data: PartyData) -> PartyRows:
        """Make one row for each person (over several datasets only)."""
        plan = self.plan(question)
        if data.side == question.job.hub:
            names = tuple(column.name for column in plan.columns)
            parameters: OverlapParameters = self.parameters(question)
            return hub_rows.rows_of_hub(
                data.counted(parameters.where),
                names,
                bool(plan.slots),
                plan.hub.labels if plan.hub else 1,
            )
        people = np.arange(data.table.people_count, dtype=np.int64)
        return hub_rows.rows_of_other(people, np.zeros_like(people))

    def result(self, opened: Opened) -> dict[str, Any]:
        """List the groups; the total is the sum of what is released."""
        names = [str(column) for column in opened.plan.columns]
        return grouped_result(opened, [KNOWN_TO, *names] if opened.plan.hub else names)

    def sentence(self, result: Mapping[str, Any], language: Language = "en") -> str:
        """Say how many people both sides know."""
        both = Estimate.read(result["total"], "people", "people")
        if any(KNOWN_TO in group["key"] for group in result["groups"]):
            return tell(
                language,
                "At least one of the others knows {both} of the audience.",
                "目标人群中有 {both} 至少为其他一方所知。",
                both=both,
            )
        return tell(language, "Both sides know {both}.", "双方共有 {both}。", both=both)


TEMPLATE = Overlap()
