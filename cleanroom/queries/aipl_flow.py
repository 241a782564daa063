"""How people moved between the stages of AIPL from one snapshot to the next."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

from pydantic import Field

from cleanroom.documents.document import ColumnName, Document, Text
from cleanroom.documents.estimate import Estimate
from cleanroom.errors import InvalidInput
from cleanroom.queries import sensitivity
from cleanroom.queries.plan import Plan, Question
from cleanroom.queries.reporting import grouped_result, share
from cleanroom.queries.stages import STAGES
from cleanroom.queries.staging import MAP_LEAK, OPEN, StageColumns, checked, moved
from cleanroom.queries.template import COMMON_LEAKS, WHERE_LEAK, Leak, Opened, Template
from cleanroom.queries.where import CONDITIONS
from cleanroom.words.languages import Language
from cleanroom.words.tell import tell

PAIRS = tuple(product(STAGES, STAGES))
"""The cells of the matrix: stage before, stage after."""


class FlowParameters(Document):
    """Name both sides' columns of stages before (``from``) and after (``to``)."""

    before: StageColumns = Field(alias="from")
    after: StageColumns = Field(alias="to")
    measures: tuple[ColumnName, ...] = ()
    where: tuple[Text, ...] = ()


class AiplFlow(Template):
    """Count matched people by the stage that they came from and the stage that they are at."""

    name = "aipl_flow"
    title = "AIPL flow"
    chinese = "AIPL 人群流转"
    Parameters = FlowParameters
    private_parameters = (CONDITIONS,)
    leaks = (
        *COMMON_LEAKS,
        WHERE_LEAK,
        MAP_LEAK,
        Leak(
            "aggregates",
            "if receiver: noised, thresholded",
            "if receiver: noised, thresholded",
            "exact match counts per move; no sums",
        ),
    )

    def plan(self, question: Question) -> Plan:
        """Merge the four columns into one cell of the five by five matrix per person."""
        parameters: FlowParameters = self.parameters(question)
        side = question.value_side(parameters.measures)
        return Plan(
            source="audience",
            columns=flow_columns(question, parameters.before, parameters.after),
            cells=len(PAIRS),
            value_side=side,
            slots=question.slots(side, parameters.measures) if side else (),
            people_delta=sensitivity.aipl_flow({}).people,
            merged=True,
            rows=min(question.brand.rows, question.platform.rows),
            where=question.where(parameters.where),
        )

    def merge(self, question: Question, labels: tuple[str, ...]) -> int:  # noqa: ARG002
        """Return the cell of a person's highest stage before and after."""
        before, after = moved(labels)
        return before * len(STAGES) + after

    def merged_keys(self, question: Question) -> tuple[tuple[str, ...], ...]:  # noqa: ARG002
        """Return the stages before and after of every cell."""
        return PAIRS

    def result(self, opened: Opened) -> dict[str, Any]:
        """Add the rate within each row of the matrix, and how many moved up."""
        result = grouped_result(opened, ["from", "to"])
        for shown in result["groups"]:
            key = shown["key"]["from"], shown["key"]["to"]
            found = share(opened, [key], [pair for pair in PAIRS if pair[0] == key[0]])
            rates = ("rate", "rate_interval", "rate_bounds")
            shown.update({f"row_{name}": found[name] for name in rates if name in found})
        result["groups"].sort(key=_place)
        result["conversion"] = _moved_up(opened, OPEN)
        result["recruited"] = _moved_up(opened, frozenset((0,)))
        return result

    def sentence(self, result: Mapping[str, Any], language: Language = "en") -> str:
        """Say how many of those that could move up did."""
        found = result["conversion"]
        return tell(
            language,
            "At A, I or P before: {of}; moved up: {part}; the relationship conversion rate is "
            "{rate}. Known to both sides: {both}.",
            "此前处于 A、I、P 的有 {of}，其中关系加深 {part}：关系加深率 {rate}。双方共有 {both}。",
            of=Estimate.read(found, "of", "people"),
            part=Estimate.read(found, "people", "people"),
            rate=Estimate.read(found, "rate", "rate"),
            both=Estimate.read(result["total"], "people", "people"),
        )


def flow_columns(question: Question, before: StageColumns, after: StageColumns) -> tuple[Any, ...]:
    """Return the four columns of a flow; raise if before and after share one."""
    if before.brand == after.brand or before.platform == after.platform:
        raise InvalidInput("from and to name one column: a flow needs two snapshots of each side")
    return checked(question, (*before.columns, *after.columns))


def _place(shown: Mapping[str, Any]) -> tuple[int, int]:
    return STAGES.index(shown["key"]["from"]), STAGES.index(shown["key"]["to"])


def _moved_up(opened: Opened, sources: frozenset[int]) -> dict[str, Any]:
    """Return how many people of some stages are at a higher one now, and their share."""
    places = {pair: (STAGES.index(pair[0]), STAGES.index(pair[1])) for pair in PAIRS}
    whole = [pair for pair in PAIRS if places[pair][0] in sources]
    return share(opened, [pair for pair in whole if places[pair][1] > places[pair][0]], whole)


TEMPLATE = AiplFlow()
