"""Which attributes set people with an outcome apart: a decision tree over noised counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import combinations
from typing import TYPE_CHECKING, Any

from pydantic import Field

from cleanroom.documents.agreement import PartyRole
from cleanroom.documents.document import Document, Positive, Text
from cleanroom.errors import InvalidInput, PolicyRefusal
from cleanroom.privacy.intervals import released_sd, share_sd, tgi_interval
from cleanroom.queries.drivers import sensitivity, tree
from cleanroom.queries.plan import ANY, MET, UNMET, Column, Plan, Question
from cleanroom.queries.reporting import misses, share
from cleanroom.queries.template import COMMON_LEAKS, WHERE_LEAK, Group, Leak, Opened, Template
from cleanroom.queries.where import CONDITIONS, OUTCOME, WHERE, completed, parse
from cleanroom.words.estimate import Estimate, leading
from cleanroom.words.languages import Language
from cleanroom.words.tell import tell

if TYPE_CHECKING:
    from cleanroom.ingest import Table

INDEX = 100.0
MOST_ATTRIBUTES, MOST_DEPTH = 8, 3


class DriversParameters(Document):
    """Say which people have the outcome, and by what labels they may differ from the others.

    ``outcome`` holds conditions like ``where``, on other columns.  The tree is at most ``depth``
    splits deep; each is chosen by ``split``; a branch of fewer than ``min_leaf`` people is none.
    """

    outcome: tuple[Text, ...] = Field(min_length=1)
    attributes: tuple[Text, ...] = Field(min_length=1, max_length=MOST_ATTRIBUTES)
    depth: int = Field(default=2, ge=1, le=MOST_DEPTH)
    split: tree.Split = "information-gain"
    min_leaf: Positive = 1
    where: tuple[Text, ...] = ()


class Drivers(Template):
    """Count matched people with and without the outcome by up to ``depth`` attributes at once."""

    name = "drivers"
    Parameters = DriversParameters
    private_parameters = (CONDITIONS,)
    leaks = (
        *COMMON_LEAKS,
        WHERE_LEAK,
        Leak(
            "who has the outcome",
            "own records'",
            "own records'",
            "of opaque matched rows, from the labels that pass",
        ),
        Leak(
            "aggregates",
            "if receiver: noised, thresholded in every table",
            "if receiver: noised, thresholded in every table",
            "exact match counts of opaque groups; no sums",
        ),
    )

    def complete(
        self,
        parameters: Mapping[str, Any],
        side: PartyRole,  # noqa: ARG002
        rehearsal: bool,  # noqa: ARG002
        table: Callable[[], Table],  # noqa: ARG002
    ) -> dict[str, Any]:
        """Seal the conditions of the outcome with those of ``where``; name the columns of both."""
        told = parse(parameters.get(OUTCOME, []), parameter=OUTCOME)
        columns = [condition.column for condition in told]
        left = [one.text() for one in parse(parameters.get(WHERE, [])) if one.column in columns]
        if left:
            raise InvalidInput(f"where and outcome are on different columns: {', '.join(left)}.")
        texts = [*parameters.get(WHERE, []), *(condition.text() for condition in told)]
        return completed({**parameters, WHERE: texts}) | {OUTCOME: columns}

    def plan(self, question: Question) -> Plan:
        """Count each person once in every table of up to ``depth`` attributes, from none on."""
        parameters: DriversParameters = self.parameters(question)
        columns = tuple(Column.parse(text) for text in parameters.attributes)
        outcome = question.where(parameters.outcome)
        where = question.where(parameters.where)
        if not set(outcome) <= set(where):
            raise InvalidInput("the columns of the outcome are not among those with conditions")
        if len(set(columns)) != len(columns) or set(columns) & set(outcome):
            raise PolicyRefusal(
                "an attribute is named twice, or the outcome is made of it", rule="repeated-label"
            )
        tables = [
            table
            for size in range(min(parameters.depth, len(columns)) + 1)
            for table in combinations(columns, size)
        ]
        margins = question.margins(columns, tables)
        return Plan(
            source="audience",
            columns=columns,
            cells=sum(margin.cells for margin in margins),
            value_side=None,
            slots=(),
            people_delta=sensitivity.drivers(len(margins)).people,
            rows=min(question.brand.rows, question.platform.rows),
            where=where,
            outcome=outcome,
            margins=margins,
        )

    def result(self, opened: Opened) -> dict[str, Any]:
        """Grow the tree; ``groups`` are its nodes below the root, each before those below it."""
        parameters: DriversParameters = self.parameters(opened.question)
        released = _Released(opened)
        root = released.counts(())
        result: dict[str, Any] = {
            "groups": [],
            "other": None,
            "total": {**released.numbers(()), "split_by": None},
            "drivers": [],
            "most": None,
        }
        if root is None:
            return {**result, "ranking": [], "tree": _nested(result)}
        names = parameters.attributes
        rules = tree.Rules(len(names), parameters.depth, parameters.split, parameters.min_leaf)
        for node in tree.grow(rules, root, released.branches):
            shown = {
                "key": {names[place]: label for place, label in node.path},
                **released.numbers(node.path),
                **released.index(node.path),
                "split_by": None if node.split is None else names[node.split],
            }
            if node.path:
                result["groups"].append(shown)
            else:
                result["total"]["split_by"] = shown["split_by"]
        ranked = sorted(tree.gains(rules, (), root, released.branches), key=lambda one: one.order)
        told = [_told(one) for one in ranked]
        result["drivers"] = [
            {"key": {"attribute": names[one.attribute]}, **shown.fields("gain")}
            for one, shown in zip(ranked, told, strict=True)
        ]
        if ranked[0].certain and leading(told) == 0:
            result["most"] = result["drivers"][0]["key"]
        result["ranking"] = [{**one["key"], **_beside_key(one)} for one in result["drivers"]]
        result["tree"] = _nested(result)
        return result

    def sentence(self, result: Mapping[str, Any], language: Language = "en") -> str:
        """Say how many have the outcome, and what sets them apart if the intervals tell."""
        total, most = result["total"], result.get("most")
        everybody = {
            "people": Estimate.read(total, "people", "people"),
            "rate": Estimate.read(total, "rate", "rate"),
        }
        if total["people"] is None:
            return tell(
                language,
                "How many of those known to both sides have the outcome is held back.",
                "双方共有的人群中有多少人符合目标，未予公布。",
            )
        if total["rate"] is None:
            return tell(
                language,
                "Both sides know {people}.",
                "双方共有 {people}。",
                people=everybody["people"],
            )
        if most:
            return tell(
                language,
                "Of {people} known to both sides, {rate} have the outcome; {attribute} sets them "
                "apart most.",
                "双方共有 {people}，其中 {rate} 符合目标；区分度最高的是 {attribute}。",
                attribute=str(most["attribute"]),
                **everybody,
            )
        return tell(
            language,
            "Of {people} known to both sides, {rate} have the outcome; no attribute clearly sets "
            "them apart most.",
            "双方共有 {people}，其中 {rate} 符合目标；没有属性明显区分度最高。",
            **everybody,
        )


def _beside_key(shown: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in shown.items() if name != "key"}


def _nested(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tree with each node's branches in it, by label; ``attribute`` is what splits."""
    nodes: dict[tuple[str, ...], dict[str, Any]] = {}
    for shown in ({**result["total"], "key": {}}, *result["groups"]):
        numbers = _beside_key(shown)
        path = tuple(shown["key"].values())
        nodes[path] = {"attribute": numbers.pop("split_by"), **numbers, "children": {}}
        if path:
            nodes[path[:-1]]["children"][path[-1]] = nodes[path]
    return nodes[()]


class _Released:
    """The released cells, by the labels on the way to a node."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened
        self._columns = opened.plan.columns
        self._variance = released_sd(opened.charge.people) ** 2
        self._labels: dict[tuple[tree.Path, int], set[str]] = {}
        self._groups = {group.key: group for group in opened.groups}
        for key in self._groups:
            path = [(place, label) for place, label in enumerate(key[:-1]) if label != ANY]
            for one in path:
                above = tuple(other for other in path if other != one)
                self._labels.setdefault((above, one[0]), set()).add(one[1])

    def _keys(self, path: tree.Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the keys of a node's people with the outcome, and without it."""
        labels = dict(path)
        known = tuple(labels.get(place, ANY) for place in range(len(self._columns)))
        return (*known, MET), (*known, UNMET)

    def _misses(self, path: tree.Path) -> bool:
        return misses(self._opened, self._keys(path))

    def counts(self, path: tree.Path) -> tree.Counts | None:
        """Return a node's counts, None where one of its cells is held back or nobody is there."""
        found: list[Group | None] = [self._groups.get(key) for key in self._keys(path)]
        if self._misses(path) or not any(found):
            return None
        met, unmet = (float(group.people) if group else 0.0 for group in found)
        return tree.Counts(met, unmet, self._variance)

    def branches(self, path: tree.Path, attribute: int) -> tuple[dict[str, tree.Counts], bool]:
        """Return the counts below a node by the labels of an attribute; tell if some are missing.

        Labels that nobody has are held back with the others, so with noise some always are.
        """
        labels = sorted(self._labels.get((tuple(sorted(path)), attribute), ()))
        found = {label: self.counts((*path, (attribute, label))) for label in labels}
        known = {label: counts for label, counts in found.items() if counts is not None}
        declared = self._opened.question.domain(self._columns[attribute])
        return known, bool(self._opened.suppressed) and len(known) < declared

    def numbers(self, path: tree.Path) -> dict[str, Any]:
        """Report a node's people, those with the outcome, and their share."""
        met, unmet = self._keys(path)
        found = share(self._opened, [met], [met, unmet])
        return {
            **_named(found, "of", "people"),
            **_named(found, "people", "with_outcome"),
            **_named(found, "rate", "rate"),
        }

    def index(self, path: tree.Path) -> dict[str, Any]:
        """Report a node's share of the outcome against that of everybody, who are 100."""
        here, usual = self.counts(path), self.counts(())
        if here is None or usual is None or usual.met <= 0 or here.people <= 0:
            return Estimate(None, "index").fields("outcome_index")
        value = INDEX * (here.met / here.people) / (usual.met / usual.people)
        if not self._variance:
            return Estimate(value, "index").fields("outcome_index")
        bounds = tgi_interval(*_share(here), *_share(usual))
        return Estimate(value if bounds else None, "index", None, bounds).fields("outcome_index")


def _told(gain: tree.Gain) -> Estimate:
    """Return a gain with its interval; unknown where the counts are too small for one."""
    if gain.interval is None:
        return Estimate(None, "gain")
    low, high = gain.interval
    return Estimate(gain.value, "gain", None, (low, high) if low < high else None)


def _share(counts: tree.Counts) -> tuple[float, float]:
    """Return the share of the outcome with its deviation."""
    one, all_ = counts.variance**0.5, (2 * counts.variance) ** 0.5
    deviation = share_sd(counts.met, one, counts.people, all_)
    return counts.met / counts.people, deviation or 0.0


def _named(found: Mapping[str, Any], old: str, new: str) -> dict[str, Any]:
    """Return a number of ``share`` with what belongs to it under another name."""
    return Estimate.read(found, old).fields(new)


TEMPLATE = Drivers()
