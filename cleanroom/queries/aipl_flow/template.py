"""How people moved between the stages of AIPL from one snapshot to the next."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import product
from typing import Any

from pydantic import Field

from cleanroom.documents.document import ColumnName, Document, Text
from cleanroom.errors import InvalidInput
from cleanroom.queries.aipl_flow import sensitivity
from cleanroom.queries.plan import Plan, Question
from cleanroom.queries.reporting import grouped_result, share
from cleanroom.queries.stages import ASSETS, EARLY, OPPORTUNITY
from cleanroom.queries.staging import MAP_LEAK, OPEN, StageColumns, checked, is_up, moved, stages_of
from cleanroom.queries.template import COMMON_LEAKS, WHERE_LEAK, Leak, Opened, Template
from cleanroom.queries.where import CONDITIONS
from cleanroom.words.estimate import Estimate
from cleanroom.words.languages import Language
from cleanroom.words.tell import tell


class FlowParameters(Document):
    """Name both sides' columns of stages before (``from``) and after (``to``)."""

    before: StageColumns = Field(alias="from")
    after: StageColumns = Field(alias="to")
    measures: tuple[ColumnName, ...] = ()
    where: tuple[Text, ...] = ()


class AiplFlow(Template):
    """Count matched people by the stage that they came from and the stage that they are at."""

    name = "aipl_flow"
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
        columns = flow_columns(question, parameters.before, parameters.after)
        return Plan(
            source="audience",
            columns=columns,
            cells=len(stages_of(question, columns)) ** 2,
            value_side=side,
            slots=question.slots(side, parameters.measures) if side else (),
            people_delta=sensitivity.aipl_flow({}).people,
            merged=True,
            rows=min(question.brand.rows, question.platform.rows),
            where=question.where(parameters.where),
        )

    def merge(self, labels: tuple[str, ...]) -> tuple[str, str]:
        """Return a person's highest stage before and after."""
        return moved(labels)

    def merged_keys(self, question: Question) -> tuple[tuple[str, str], ...]:
        """Return the stages before and after of every cell."""
        parameters: FlowParameters = self.parameters(question)
        columns = (*parameters.before.columns, *parameters.after.columns)
        return pairs_of(stages_of(question, columns))

    def result(self, opened: Opened) -> dict[str, Any]:
        """Add the rate within each row of the matrix, and how many moved up."""
        result = grouped_result(opened, ["from", "to"])
        pairs = self.merged_keys(opened.question)
        for shown in result["groups"]:
            key = shown["key"]["from"], shown["key"]["to"]
            found = share(opened, [key], [pair for pair in pairs if pair[0] == key[0]])
            rates = ("rate", "rate_interval", "rate_bounds")
            shown.update({f"row_{name}": found[name] for name in rates if name in found})
        result["groups"].sort(key=_place)
        result["stages"] = list(dict.fromkeys(before for before, _ in pairs))
        result["conversion"] = _moved_up(opened, pairs, OPEN)
        result["recruited"] = _moved_up(opened, pairs, EARLY)
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


def pairs_of(stages: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return the cells of the matrix: stage before, stage after."""
    return tuple(product(stages, stages))


def flow_columns(question: Question, before: StageColumns, after: StageColumns) -> tuple[Any, ...]:
    """Return the four columns of a flow; raise if before and after share one."""
    if before.brand == after.brand or before.platform == after.platform:
        raise InvalidInput("from and to name one column: a flow needs two snapshots of each side")
    return checked(question, (*before.columns, *after.columns))


def _place(shown: Mapping[str, Any]) -> tuple[int, int]:
    return OPPORTUNITY.index(shown["key"]["from"]), OPPORTUNITY.index(shown["key"]["to"])


def _moved_up(
    opened: Opened, pairs: Sequence[tuple[str, str]], sources: Collection[str]
) -> dict[str, Any]:
    """Return how many people of some stages are at a higher one of the brand's now."""
    whole = [pair for pair in pairs if pair[0] in sources]
    return share(opened, [pair for pair in whole if pair[1] in ASSETS and is_up(*pair)], whole)


TEMPLATE = AiplFlow()
