"""How many of my people are known to you, in all and per label, with the sums of my measures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cleanroom.documents.document import ColumnName, Document, Text
from cleanroom.documents.estimate import Estimate
from cleanroom.privacy.noise import Delta
from cleanroom.queries.plan import Column, Plan, Question
from cleanroom.queries.reporting import grouped_result
from cleanroom.queries.template import COMMON_LEAKS, WHERE_LEAK, Leak, Opened, Template
from cleanroom.queries.where import CONDITIONS
from cleanroom.words.languages import Language
from cleanroom.words.tell import tell


class OverlapParameters(Document):
    """Group by labels of either side, sum measures of one side."""

    group_by: tuple[Text, ...] = ()
    measures: tuple[ColumnName, ...] = ()
    where: tuple[Text, ...] = ()


class Overlap(Template):
    """Count the matched people and sum their measures, by any labels of both sides."""

    name = "overlap"
    title = "Overlap"
    chinese = "人群重合"
    Parameters = OverlapParameters
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
    )

    def plan(self, question: Question) -> Plan:
        """Group matched rows by the chosen labels; one person is in exactly one group."""
        parameters: OverlapParameters = self.parameters(question)
        columns = tuple(Column.parse(text) for text in parameters.group_by)
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

    def result(self, opened: Opened) -> dict[str, Any]:
        """List the groups; the total is the sum of what is released."""
        return grouped_result(opened, [str(column) for column in opened.plan.columns])

    def sentence(self, result: Mapping[str, Any], language: Language = "en") -> str:
        """Say how many people both sides know."""
        both = Estimate.read(result["total"], "people", "people")
        return tell(language, "Both sides know {both}.", "双方共有 {both}。", both=both)


TEMPLATE = Overlap()
