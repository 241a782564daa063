"""The rows of a basket: which categories and pairs a person bought, and the labels of the person.

A person has ``Pairs.cells`` places, one per cell: everybody who bought something, each category,
each pair.  The platform has a row for every place of a person, with the person's label; the brand
has rows for the places that the person is in.  So whatever rows the brand sends, a person of the
platform adds at most one to a cell.  The other way round that does not hold: a platform could give
all places of a person one label.  That is why only the brand receives.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from pydantic import Field

from cleanroom.documents.document import Text, Whole
from cleanroom.errors import InvalidInput
from cleanroom.queries import bounds, media
from cleanroom.queries.kinds import JoinedParameters
from cleanroom.queries.media import I64
from cleanroom.queries.plan import Column, Made, Question
from cleanroom.queries.template import PartyData, PartyRows

CATEGORIES = "categories"
CATEGORY = "brand.category"
MOST_CATEGORIES = 20
CLAMPED = "clamped_people"
"""The brand's own fact: how many of its people bought more categories than count."""

BASKET = Column("platform", "basket")
"""The platform's label for this job where no column of labels is asked for."""


class BasketParameters(JoinedParameters):
    """Say what a category is, and how many of one person count.

    ``category`` is the brand's column; ``categories`` are those asked about, sealed between the
    parties: all that the brand's file declares if it asks and names none.  The asking agent fills
    their number in.  ``max_categories`` is per person, the ones bought most often; all count
    without it.  ``group_by`` is one column of the platform's labels at most.
    """

    category: Text = CATEGORY
    categories: tuple[Text, ...] = ()
    number_of_categories: int = Field(default=0, ge=2, le=MOST_CATEGORIES, validate_default=True)
    max_categories: int | None = Field(default=None, ge=2, le=MOST_CATEGORIES)
    group_by: tuple[Text, ...] = ()
    start: Whole | None = None
    end: Whole | None = None
    where: tuple[Text, ...] = ()


@dataclass(frozen=True)
class Pairs:
    """Number the cells of one label: all buyers, then every category, then every pair."""

    categories: int

    @property
    def cells(self) -> int:
        """Return how many cells there are."""
        return 1 + self.categories + self.categories * (self.categories - 1) // 2

    def listed(self) -> list[tuple[int, int]]:
        """Return the pairs in the order of their cells, the lower category first."""
        return list(combinations(range(self.categories), 2))

    def cell(self, first: I64, second: I64) -> I64:
        """Return the cells of pairs whose first category is the lower one."""
        before = first * self.categories - first * (first + 1) // 2
        return 1 + self.categories + before + second - first - 1


def basket_of(parameters: BasketParameters) -> Column:
    """Return the brand's column of categories; raise ``InvalidInput`` for another side's."""
    column = Column.parse(parameters.category)
    if column.side != "brand":
        raise InvalidInput("category is a column of the brand, such as brand.category")
    return column


def group_of(parameters: BasketParameters, question: Question) -> tuple[Column, int]:
    """Return the platform's column and its number of labels, or one label for everybody."""
    if not parameters.group_by:
        return BASKET, 1
    column = media.platform_column(parameters.group_by, "label")
    return column, question.domain(column)


def per_person(parameters: BasketParameters) -> int:
    """Return the most categories that count of one person."""
    asked = parameters.number_of_categories
    return min(asked, parameters.max_categories or asked)


def made(question: Question, parameters: BasketParameters) -> Made:
    """Bound the rows of both sides: a person's pairs are (C - 1)/2 for each of its categories."""
    most = per_person(parameters)
    bought = bounds.pairs(question.brand, most)
    return Made(
        question.brand.people + bought + bought * (most - 1) // 2,
        question.platform.people * Pairs(parameters.number_of_categories).cells,
    )


def brand_rows(parameters: BasketParameters, data: PartyData) -> PartyRows:
    """Give each buyer a row in all, one per category that counts, and one per pair of these."""
    asked = media.private_texts(data.private, CATEGORIES)
    column = data.table.labels[basket_of(parameters).name]
    code = media.place_of(column.domain, asked)[column.codes]
    chosen = media.within(data.table, parameters.start, parameters.end) & (code >= 0)
    bought, often = np.unique(
        data.table.person[chosen] * len(asked) + code[chosen], return_counts=True
    )
    person = bought // len(asked)
    most = per_person(parameters)
    kept = _most_often(person, often, data) < most
    clamped = len(np.unique(person[~kept]))
    person, category = person[kept], (bought % len(asked))[kept]
    buyers = np.unique(person)
    people, cells = [buyers, person], [np.zeros_like(buyers), 1 + category]
    for apart in range(1, most):
        # Rows stand by person and category: two of one person make a pair, lower one first.
        first, second = slice(None, -apart), slice(apart, None)
        same = person[first] == person[second]
        people.append(person[first][same])
        cells.append(Pairs(len(asked)).cell(category[first][same], category[second][same]))
    index = np.concatenate(cells)
    made = media.unlabelled(np.concatenate(people), np.zeros_like(index), index)
    facts = {"dropped_categories": int((~kept).sum()), CLAMPED: clamped}
    return PartyRows(**{**vars(made), "facts": facts})


def _most_often(person: I64, often: I64, data: PartyData) -> I64:
    """Return the rank of each category among its person's, the one bought most often first."""
    drawn = media.in_random_order(person, data.random)
    order = np.lexsort((drawn, -often, person))
    in_order = person[order]
    rank = np.empty(len(person), dtype=np.int64)
    rank[order] = np.arange(len(person)) - np.searchsorted(in_order, in_order)
    return rank


def platform_rows(question: Question, parameters: BasketParameters, data: PartyData) -> PartyRows:
    """Give each person asked about a row for every cell, of its label."""
    column, labels = group_of(parameters, question)
    cells = Pairs(parameters.number_of_categories).cells
    seen = data.inside(parameters.where)
    person = data.table.person[seen]
    names = data.table.labels[column.name].domain if parameters.group_by else ("",)
    code = data.table.labels[column.name].codes[seen] if parameters.group_by else 0 * person
    index = np.tile(np.arange(cells), len(person))
    return media.labelled(
        np.repeat(person, cells),
        np.zeros_like(index),
        index,
        np.repeat(code.astype(np.int64), cells) * cells + index,
        media.filled([f"{cell}|{name}" for name in names for cell in range(cells)], labels * cells),
    )
