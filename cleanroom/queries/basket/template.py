"""Which categories do the same people buy: pairs of categories, their support and their lift."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from cleanroom.documents.agreement import PartyRole
from cleanroom.errors import InvalidInput, PeerFault, PolicyRefusal
from cleanroom.ingest.seen import UNKNOWN_LABEL
from cleanroom.queries import media
from cleanroom.queries.basket import sensitivity
from cleanroom.queries.basket.rows import (
    CATEGORIES,
    CATEGORY,
    BasketParameters,
    Pairs,
    basket_of,
    brand_rows,
    group_of,
    made,
    per_person,
    platform_rows,
)
from cleanroom.queries.basket.shown import LIFT, Shown
from cleanroom.queries.plan import Column, Plan, Question
from cleanroom.queries.reporting import other_of
from cleanroom.queries.template import (
    COMMON_LEAKS,
    WHERE_LEAK_AT_HOME,
    Leak,
    Opened,
    PartyData,
    PartyRows,
    Template,
)
from cleanroom.queries.where import CONDITIONS
from cleanroom.words.estimate import Estimate, leading
from cleanroom.words.languages import Language
from cleanroom.words.tell import tell

if TYPE_CHECKING:
    from cleanroom.ingest import Table


class Basket(Template):
    """Count matched buyers by category and by pair of categories."""

    name = "basket"
    Parameters = BasketParameters
    kinds = ("events", "audience")
    by_documents = (
        "basket-receiver",
        "labels-of-an-audience",
        "orders-are-events",
    )
    receivers = ("brand",)
    private_parameters = (CATEGORIES, CONDITIONS)
    filled_in = ("number_of_categories",)
    leaks = (
        *COMMON_LEAKS,
        WHERE_LEAK_AT_HOME,
        Leak(
            "aggregates",
            "noised, thresholded",
            "nothing",
            "exact match counts of opaque groups; no sums",
        ),
        Leak("what a person bought", "own", "nothing", "opaque rows, unlinked"),
        Leak("a person's labels", "nothing", "own", "opaque rows, unlinked"),
        Leak("names of categories", "own and asked", "the list asked about", "their number"),
    )

    def complete(
        self,
        parameters: Mapping[str, Any],
        side: PartyRole,
        rehearsal: bool,
        table: Callable[[], Table],
    ) -> dict[str, Any]:
        """Ask about every category that the brand's file declares unless some are named."""
        asked = media.private_texts(parameters, CATEGORIES)
        if not asked and side == "brand":
            column = Column.parse(str(parameters.get("category", CATEGORY)))
            label = table().labels.get(column.name)
            asked = tuple(one for one in (label.domain if label else ()) if one != UNKNOWN_LABEL)
        if not asked:
            raise InvalidInput("categories is the list of the categories asked about")
        completed = super().complete(parameters, side, rehearsal, table)
        return {**completed, CATEGORIES: list(asked), "number_of_categories": len(asked)}

    def plan(self, question: Question) -> Plan:
        """Count a person once in all, once per category and once per pair of them."""
        parameters: BasketParameters = self.parameters(question)
        media.want_kind(question, "brand", "events", "orders-are-events")
        media.want_kind(question, "platform", "audience", "labels-of-an-audience")
        if question.job.receiver not in self.receivers:
            raise PolicyRefusal(
                "the brand receives baskets: with labels that it makes up, the platform could count"
                " one person many times",
                rule="basket-receiver",
            )
        media.check_period(parameters.start, parameters.end)
        question.domain(basket_of(parameters))
        column, labels = group_of(parameters, question)
        pairs = Pairs(parameters.number_of_categories)
        most = per_person(parameters)
        people = min(question.brand.people, question.platform.people)
        return Plan(
            source="job",
            columns=(column,),
            cells=labels * pairs.cells,
            value_side=None,
            slots=(),
            people_delta=sensitivity.basket(most).people,
            rows=people * Pairs(most).cells,
            made=made(question, parameters),
            where=question.where(parameters.where),
        )

    def check_own(
        self, question: Question, side: PartyRole, table: Table, private: Mapping[str, Any]
    ) -> None:
        """Refuse categories in another number, labels that cannot be told, a missing time."""
        parameters: BasketParameters = self.parameters(question)
        if len(media.private_texts(private, CATEGORIES)) != parameters.number_of_categories:
            raise PeerFault("The job has a different number of categories than it declares.")
        if side == "brand":
            media.check_times(table, parameters.start, parameters.end)
        elif parameters.group_by:
            column, _ = group_of(parameters, question)
            media.check_names(table.labels[column.name].domain, column)

    def notices(
        self, question: Question, side: PartyRole, table: Table, private: Mapping[str, Any]
    ) -> tuple[str, ...]:
        """Tell the brand of categories that nobody can have bought."""
        if side == "platform":
            return ()
        known = table.labels[basket_of(self.parameters(question)).name].domain
        asked = media.private_texts(private, CATEGORIES)
        missing = [name for name in asked if name not in known]
        if not missing:
            return ()
        return (f"this file has no category {', '.join(missing)}: nobody counts as its buyer",)

    def rows(self, question: Question, data: PartyData) -> PartyRows:
        """Let the platform answer every cell of a person, and the brand name those it is in."""
        parameters: BasketParameters = self.parameters(question)
        if data.side == "brand":
            return brand_rows(parameters, data)
        return platform_rows(question, parameters, data)

    def result(self, opened: Opened) -> dict[str, Any]:
        """List the pairs with support and lift, then the categories; the total is every buyer."""
        shown = Shown(opened, self.parameters(opened.question))
        groups = shown.pairs()
        lifts = [Estimate.read(group, LIFT, "ratio") for group in groups]
        known = [(group, one) for group, one in zip(groups, lifts, strict=True) if one.low]
        best = leading([one for _, one in known])
        most = None
        if best is not None and (known[best][1].low or 0) > 1:
            most = {"key": known[best][0]["key"], **known[best][1].fields(LIFT)}
        return {
            "groups": groups,
            "other": other_of(opened),
            CATEGORIES: shown.categories(),
            "total": shown.total(),
            "most": most,
            "rows": dict(opened.facts),
        }

    def sentence(self, result: Mapping[str, Any], language: Language = "en") -> str:
        """Say how many bought something, and which pair goes together most."""
        buyers, most = Estimate.read(result["total"], "people", "people"), result.get("most")
        if buyers.bound == "unknown":
            return tell(
                language,
                "How many of those known to both sides bought something is held back.",
                "双方共有人群中的购买人数未予公布。",
            )
        if not most:
            return tell(
                language,
                "Of those known to both sides, {buyers} bought something; no pair of categories "
                "clearly goes together most.",
                "双方共有人群中有 {buyers} 购买；没有品类组合明显关联最强。",
                buyers=buyers,
            )
        return tell(
            language,
            "Of those known to both sides, {buyers} bought something. Among the pairs shown, "
            "{pair} go together most: {lift} times as often as if they were independent.",
            "双方共有人群中有 {buyers} 购买。所示组合中 {pair} 关联最强：提升度 {lift}。",
            buyers=buyers,
            pair=" + ".join(str(one) for one in most["key"].values()),
            lift=Estimate.read(most, LIFT, "ratio"),
        )


TEMPLATE = Basket()
