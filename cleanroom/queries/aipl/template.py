"""How many people are at each stage of AIPL: known to both sides, to the brand, to the platform."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

from cleanroom.documents.agreement import SIDES, other_side
from cleanroom.documents.document import Document, Text
from cleanroom.errors import PeerFault
from cleanroom.queries.aipl import sensitivity
from cleanroom.queries.plan import Plan, Question
from cleanroom.queries.reporting import (
    Counted,
    Key,
    base_kind,
    base_sd,
    chosen,
    counted_within,
    everything,
    grouped_result,
    held_back,
    misses,
    numbers_with,
    other_of,
    total_of,
)
from cleanroom.queries.stages import ASSETS, EARLY, OPPORTUNITY
from cleanroom.queries.staging import StageColumns, checked, highest, stages_of
from cleanroom.queries.template import COMMON_LEAKS, WHERE_LEAK, Leak, Opened, Template
from cleanroom.queries.where import CONDITIONS
from cleanroom.words.estimate import Estimate
from cleanroom.words.languages import Language
from cleanroom.words.tell import tell


class AiplParameters(Document):
    """Name both sides' columns of stages.

    With ``sides`` (the default) people known to one side alone are counted too.  That needs the
    overlap by pair of stages and the peer's base counts; without it the pairs are merged before
    the threshold, which gives the overlap five larger groups with less noise.  A condition of
    ``where`` cannot be read on people whom one side alone knows, so with it there are no sides.
    """

    stage: StageColumns
    sides: bool = True
    where: tuple[Text, ...] = ()


class Aipl(Template):
    """Count everybody once, at the highest stage of both parties' records."""

    name = "aipl"
    Parameters = AiplParameters
    private_parameters = (CONDITIONS,)
    leaks = (
        *COMMON_LEAKS,
        WHERE_LEAK,
        Leak(
            "who is at which stage",
            "own records'",
            "own records'",
            "opaque pairs of stages per matched row; without sides their stages, from the map",
        ),
        Leak(
            "aggregates",
            "if receiver: noised, thresholded",
            "if receiver: noised, thresholded",
            "exact match counts of stages, of opaque pairs of them with sides; no sums",
        ),
        Leak(
            "people per stage of one side",
            "if receiver: the platform's, noised or by its grant exact",
            "if receiver: the brand's, noised or by its grant exact",
            "nothing: the counts are sealed",
            only=("base",),
        ),
    )

    def plan(self, question: Question) -> Plan:
        """Cross both sides' stages, or merge them to the highest one."""
        parameters: AiplParameters = self.parameters(question)
        columns = checked(question, parameters.stage.columns)
        sides = parameters.sides and not parameters.where
        base = tuple(question.base(column.side, (column.name,)) for column in columns if sides)
        peer = other_side(question.job.receiver)
        known = all(counts.public for counts in base if counts.side == peer)
        return Plan(
            source="audience",
            columns=columns,
            cells=question.cells(columns) if sides else len(stages_of(question, columns)),
            value_side=None,
            slots=(),
            people_delta=sensitivity.aipl({}, base_public=known).people,
            merged=not sides,
            base=base,
            rows=min(question.brand.rows, question.platform.rows),
            where=question.where(parameters.where),
        )

    def merge(self, labels: tuple[str, ...]) -> tuple[str, ...]:
        """Return the higher of two stages."""
        return (highest(labels),)

    def merged_keys(self, question: Question) -> tuple[tuple[str, ...], ...]:
        """Return the stages."""
        return tuple((stage,) for stage in self._stages(question))

    def _stages(self, question: Question) -> tuple[str, ...]:
        parameters: AiplParameters = self.parameters(question)
        return stages_of(question, parameters.stage.columns)

    def result(self, opened: Opened) -> dict[str, Any]:
        """List the stages of every side; what one side alone knows is its base minus the overlap.

        Raises ``PeerFault`` if the peer sent a label that is not a stage.
        """
        return _both(opened) if opened.plan.merged else _Sides(opened).result()

    def sentence(self, result: Mapping[str, Any], language: Language = "en") -> str:
        """Say how many people are at a stage at all."""
        related = Estimate.read(result["aipl_total"], "people", "people")
        if "sides" not in result:
            return tell(
                language,
                "Of those known to both sides, {related} are at A, I, P or L.",
                "双方共有的人群中，处于 A、I、P、L 阶段的共 {related}。",
                related=related,
            )
        return tell(
            language,
            "At A, I, P or L on either side: {related}; known to both sides: {both}.",
            "任一方记录中处于 A、I、P、L 阶段的共 {related}；双方共有 {both}。",
            related=related,
            both=Estimate.read(result["sides"]["overlap"], "people", "people"),
        )


def _both(opened: Opened) -> dict[str, Any]:
    """Report the overlap alone."""
    result = grouped_result(opened, ["stage"])
    result["groups"].sort(key=lambda group: OPPORTUNITY.index(group["key"]["stage"]))
    for group in result["groups"]:
        group["key"]["side"] = "overlap"
    result["aipl_total"] = numbers_with(opened, [(stage,) for stage in ASSETS])
    return result


class _Sides:
    """Put the cross table of the overlap and both sides' base counts together.

    Every number is a sum of released ones, each used once, so its noise is theirs, added up.
    """

    def __init__(self, opened: Opened) -> None:
        self._opened = opened
        self._stages = {
            column.side: stages_of(opened.question, [column]) for column in opened.plan.columns
        }
        self._pairs = tuple(product(*(self._stages[side] for side in SIDES)))
        self._either = stages_of(opened.question, opened.plan.columns)
        self._base: dict[str, dict[str, Counted]] = {}
        for counts in opened.plan.base:
            found = opened.base[".".join((counts.side, *counts.columns))]
            deviation = base_sd(opened, counts)
            self._base[counts.side] = dict.fromkeys(self._stages[counts.side], (0.0, deviation)) | {
                label: (count, deviation) for (label,), count in found.items()
            }
        known = all(set(self._base[side]) <= set(self._stages[side]) for side in SIDES)
        if not known or not {group.key for group in opened.groups} <= set(self._pairs):
            raise PeerFault("The peer's column of stages holds something else.")

    def result(self) -> dict[str, Any]:
        """Return groups by stage and side, totals by side, and in all."""
        opened = self._opened
        bases = [count for side in SIDES for count in self._base[side].values()]
        related = [self._base[side][stage] for side in SIDES for stage in ASSETS]
        return {
            "groups": [*self._overlap(), *self._alone(0), *self._alone(1)],
            "other": other_of(opened),
            "total": self._without_all(bases),
            "aipl_total": self._without(
                related, [pair for pair in self._pairs if EARLY.isdisjoint(pair)]
            ),
            "sides": {
                "overlap": total_of(opened),
                **{
                    f"{side}_only": self._without_all(list(self._base[side].values()))
                    for side in SIDES
                },
            },
            "base": {counts.side: base_kind(opened, counts) for counts in opened.plan.base},
        }

    def _overlap(self) -> list[dict[str, Any]]:
        shown = []
        for stage in self._either:
            pairs = [pair for pair in self._pairs if highest(pair) == stage]
            if chosen(self._opened, pairs):
                number = numbers_with(self._opened, pairs)
                shown.append({"key": {"stage": stage, "side": "overlap"}, **number})
        return shown

    def _alone(self, place: int) -> list[dict[str, Any]]:
        side, shown = SIDES[place], []
        for stage in self._stages[side]:
            pairs = [pair for pair in self._pairs if pair[place] == stage]
            number = self._without([self._base[side][stage]], pairs)
            shown.append({"key": {"stage": stage, "side": f"{side}_only"}, **number})
        return shown

    def _without(self, plus: Sequence[Counted], pairs: Sequence[Key]) -> dict[str, Any]:
        """Take pairs of the overlap off base counts; pooled pairs cannot be."""
        opened = self._opened
        groups, missing = chosen(opened, pairs), misses(opened, pairs)
        return counted_within(opened, plus, groups, minus=True, missing=missing).fields("people")

    def _without_all(self, plus: Sequence[Counted]) -> dict[str, Any]:
        """Take the whole overlap off base counts."""
        opened = self._opened
        groups, missing = everything(opened), held_back(opened)
        return counted_within(opened, plus, groups, minus=True, missing=missing).fields("people")


TEMPLATE = Aipl()
