"""Support and lift of pairs of categories, from the released counts of buyers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cleanroom.queries import media
from cleanroom.queries.basket.rows import CATEGORIES, CLAMPED, BasketParameters, Pairs, group_of
from cleanroom.queries.reporting import numbers, people_of
from cleanroom.queries.template import Group, Opened
from cleanroom.words.estimate import Estimate

LIFT = "basket_lift"


class Shown:
    """The released cells by label, and what the bound per person may have left out of them.

    The brand, who receives, knows how many of its people bought more categories than count: any
    count but that of all buyers may miss these people and nobody else.
    """

    def __init__(self, opened: Opened, parameters: BasketParameters) -> None:
        self._opened = opened
        self._names = media.private_texts(opened.private, CATEGORIES)
        self._pairs = Pairs(len(self._names))
        self._grouped = bool(parameters.group_by)
        self._column, self._labels = group_of(parameters, opened.question)
        self._cells: dict[tuple[str, int], Group] = {}
        for group in opened.groups:
            cell, label = group.key[0].split("|", 1)
            self._cells[label, int(cell)] = group
        self._known = sorted({label for label, _ in self._cells})
        self._missed = int(opened.facts.get(CLAMPED, 0))

    def _key(self, label: str) -> dict[str, str]:
        return {str(self._column): label} if self._grouped else {}

    def pairs(self) -> list[dict[str, Any]]:
        """Report the released pairs with people, support and lift."""
        first = 1 + len(self._names)
        return [
            {
                "key": {
                    **self._key(label),
                    "category": self._names[one],
                    "bought_with": self._names[other],
                },
                **self._counted(label, group),
                **self._lift(label, (one, other), group).fields(LIFT),
            }
            for label in self._known
            for place, (one, other) in enumerate(self._pairs.listed())
            if (group := self._cells.get((label, first + place)))
        ]

    def categories(self) -> list[dict[str, Any]]:
        """Report the released categories with their buyers and these as a share of all."""
        return [
            {"key": {**self._key(label), "category": name}, **self._counted(label, group)}
            for label in self._known
            for place, name in enumerate(self._names)
            if (group := self._cells.get((label, 1 + place)))
        ]

    def total(self) -> dict[str, Any]:
        """Report everybody who bought something, once; nothing if all of them are held back."""
        groups = [self._cells[label, 0] for label in self._known if (label, 0) in self._cells]
        missing = bool(self._opened.suppressed) and len(groups) < self._labels
        if missing and not groups:
            return {"people": None}
        shown = numbers(self._opened, groups)
        return shown | people_of(self._opened, groups, missing).fields("people")

    def _counted(self, label: str, group: Group) -> Mapping[str, Any]:
        people = people_of(self._opened, [group])
        everybody = self._cells.get((label, 0))
        support = Estimate(None, "share")
        if everybody:
            count = self._count(everybody)
            support = media.quotient(self._opened, self._count(group), count, 0.0, "share")
        if self._missed:
            people = replace(people, bounds=(people.low, (people.high or 0) + self._missed))
            least = self._least(everybody) if everybody else 0.0
            if least > 0 and support.high is not None:
                most = min(1.0, support.high + self._missed / least)
                support = replace(support, bounds=(support.low, most))
        return people.fields("people") | support.fields("support")

    def _count(self, group: Group) -> tuple[float, float]:
        return media.numerator(self._opened, [group], None)

    def _least(self, group: Group) -> float:
        """Return the lower end of a count: below zero where the noise does not tell it from 0."""
        count, deviation = self._count(group)
        return count - self._opened.charge.people.quantile * deviation

    def _lift(self, label: str, pair: tuple[int, int], both: Group) -> Estimate:
        """Return how often both are bought against what independence would make of it.

        The interval is the delta method's on the logarithm: the four counts have noise of their
        own.  Unknown where one of them is held back, or not told from zero.
        """
        cells = [self._cells.get((label, at)) for at in (0, *(1 + one for one in pair))]
        if None in cells:
            return Estimate(None, "ratio")
        groups = [both, *(cell for cell in cells if cell)]
        everybody, one, other = groups[1:]
        found = media.compound(self._opened, ([both], [everybody]), ([one], [other]), "ratio")
        if not self._missed or found.value is None:
            return found
        least = [self._least(group) for group in groups]
        down = [count / (count + self._missed) for count in least[2:]]
        low, high = (found.low or 0.0) * down[0] * down[1], found.high or 0.0
        return replace(found, bounds=(low, high * (1 + self._missed / least[0])))
