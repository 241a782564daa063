"""The three factors of consumer-asset health: how many, how they move up, what they spend."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from cleanroom.documents.document import ColumnName, Document, Text
from cleanroom.queries.aipl_flow.template import flow_columns
from cleanroom.queries.overlap import sensitivity
from cleanroom.queries.plan import Plan, Question
from cleanroom.queries.reporting import everything, grouped_result, mean, numbers_with, share
from cleanroom.queries.stages import EARLY
from cleanroom.queries.staging import MAP_LEAK, OPEN, StageColumns, is_up, moved
from cleanroom.queries.template import COMMON_LEAKS, WHERE_LEAK, Leak, Opened, Template
from cleanroom.queries.where import CONDITIONS
from cleanroom.words.estimate import Estimate
from cleanroom.words.languages import Language
from cleanroom.words.tell import tell

MOVEMENTS = ("converted", "kept", "lost", "recruited", "loyal", "outside")
"""What became of a person.  From A, I or P: moved up, still related, or related no more.  From no
stage: related now.  From L: still related.  And everybody else: at no stage now, nor at A, I or P
before."""

ASSETS = ("converted", "kept", "recruited", "loyal")
"""The movements that end at A, I, P or L."""


class HealthParameters(Document):
    """Name two snapshots of stages of both sides, and the platform's measure of category spend."""

    before: StageColumns = Field(alias="from")
    after: StageColumns = Field(alias="to")
    measure: ColumnName
    where: tuple[Text, ...] = ()


class Health(Template):
    """Report the AIPL total, the relationship conversion rate and category purchasing power."""

    name = "health"
    Parameters = HealthParameters
    private_parameters = (CONDITIONS,)
    leaks = (
        *COMMON_LEAKS,
        WHERE_LEAK,
        MAP_LEAK,
        Leak(
            "aggregates",
            "if receiver: noised, thresholded",
            "if receiver: noised, thresholded",
            "exact match counts per movement; no sums",
        ),
    )

    def plan(self, question: Question) -> Plan:
        """Merge the four columns into one movement per person.

        Six cells instead of the flow's twenty-five: the three factors need no more, and every
        cell costs noise.
        """
        parameters: HealthParameters = self.parameters(question)
        return Plan(
            source="audience",
            columns=flow_columns(question, parameters.before, parameters.after),
            cells=len(MOVEMENTS),
            value_side="platform",
            slots=question.slots("platform", (parameters.measure,)),
            people_delta=sensitivity.overlap({}).people,
            merged=True,
            rows=min(question.brand.rows, question.platform.rows),
            where=question.where(parameters.where),
        )

    def merge(self, labels: tuple[str, ...]) -> tuple[str, ...]:
        """Return the movement of a person's highest stages."""
        return (movement(*moved(labels)),)

    def merged_keys(self, question: Question) -> tuple[tuple[str, ...], ...]:  # noqa: ARG002
        """Return the movements."""
        return tuple((name,) for name in MOVEMENTS)

    def result(self, opened: Opened) -> dict[str, Any]:
        """Add the three factors to the movements that they are made of."""
        result = grouped_result(opened, ["movement"])
        spend = mean(opened, everything(opened), 0)
        result["aipl_total"] = numbers_with(opened, _keys(*ASSETS))
        movable = _keys("converted", "kept", "lost")
        result["conversion"] = share(opened, _keys("converted"), movable)
        measure = opened.plan.slots[0].measure
        result["purchasing_power"] = {"measure": measure, **spend.fields("mean")}
        return result

    def sentence(self, result: Mapping[str, Any], language: Language = "en") -> str:
        """Say the three factors."""
        spend = result["purchasing_power"]
        return tell(
            language,
            "Of those known to both sides, {related} are at A, I, P or L; the relationship "
            "conversion rate is {rate}; {measure} per person is {mean}.",
            "双方共有的人群中，处于 A、I、P、L 阶段的共 {related}；关系加深率 {rate}；"
            "人均 {measure} 为 {mean}。",
            related=Estimate.read(result["aipl_total"], "people", "people"),
            rate=Estimate.read(result["conversion"], "rate", "rate"),
            measure=str(spend["measure"]),
            mean=Estimate.read(spend, "mean", "sum"),
        )


def movement(before: str, after: str) -> str:
    """Name the movement from one stage to another; at O a person is at none of the brand's."""
    if before in OPEN:
        return "converted" if is_up(before, after) else "lost" if after in EARLY else "kept"
    if after in EARLY:
        return "outside"
    return "recruited" if before in EARLY else "loyal"


def _keys(*names: str) -> list[tuple[str, ...]]:
    return [(name,) for name in names]


TEMPLATE = Health()
