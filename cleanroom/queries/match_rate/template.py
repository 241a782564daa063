"""By which kind of identifier do both sides know people, kind by kind.

Each kind is counted by itself: whoever both know by e-mail and by telephone is in both counts, and
they do not add up to people.  ``overlap`` counts people, each once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cleanroom.documents.agreement import other_side
from cleanroom.documents.document import Document
from cleanroom.queries.kinds import column_of, shared_kinds
from cleanroom.queries.match_rate import sensitivity
from cleanroom.queries.plan import Column, Made, Plan, Question
from cleanroom.queries.reporting import numbers, people_of, quotient
from cleanroom.queries.template import (
    COMMON_LEAKS,
    Group,
    Leak,
    Opened,
    PartyData,
    PartyRows,
    Template,
)
from cleanroom.words.estimate import Estimate, leading
from cleanroom.words.languages import Language
from cleanroom.words.tell import tell
from protocols.deferred import Deferred

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from cleanroom.ingest import Table
else:
    np = Deferred("numpy")

KIND = "identifier"


class MatchRateParameters(Document):
    """Ask about all kinds that both sides have."""


class MatchRate(Template):
    """Count the identifiers of each kind that both sides have, and their share of the own ones."""

    name = "match_rate"
    Parameters = MatchRateParameters
    kinds = ("any", "any")
    leaks = (
        *COMMON_LEAKS,
        Leak(
            "by which kind of identifier people match",
            "if receiver: noised, thresholded",
            "if receiver: noised, thresholded",
            "exact match counts of opaque kinds; not which of them belong to one person",
        ),
        Leak("who has which kinds of identifier", "own", "own", "nothing: all have a row of each"),
    )

    def plan(self, question: Question) -> Plan:
        """Count one cell for each kind; a person has one identifier of each at most."""
        kinds = len(shared_kinds(question.brand, question.platform))
        people = question.brand.people, question.platform.people
        return Plan(
            source="job",
            columns=(Column(other_side(question.job.receiver), KIND),),
            cells=kinds,
            value_side=None,
            slots=(),
            people_delta=sensitivity.match_rate(kinds).people,
            rows=kinds * min(people),
            made=Made(*(kinds * number for number in people)),
            of_identifiers=True,
        )

    def rows(self, question: Question, data: PartyData) -> PartyRows:
        """Make a row for each person and kind, with a token if the person has one of it.

        Whoever does not receive says which kind a row is of: so it counts nobody twice in one.
        """
        kinds = shared_kinds(question.brand, question.platform)
        manifest = question.manifest(data.side)
        places = np.stack([_places(data.table, column_of(manifest, one)) for one in kinds])
        rows = np.flatnonzero(places.reshape(-1) >= 0)
        of = np.repeat(np.arange(len(kinds), dtype=np.int32), data.table.people_count)
        receives = data.side == question.job.receiver
        return PartyRows(
            row=rows.astype(np.int64),
            person=places.reshape(-1)[rows],
            level=np.zeros(len(rows), dtype=np.uint8),
            index=np.zeros(len(rows), dtype=np.int64),
            rows=len(of),
            label=np.zeros_like(of) if receives else of,
            flag=np.ones(len(of), dtype=np.bool_),
            values=None,
            names=("",) if receives else kinds,
            facts={kind: int((of[rows] == at).sum()) for at, kind in enumerate(kinds)},
        )

    def result(self, opened: Opened) -> dict[str, Any]:
        """List the kinds; the rate is of the receiver's own people who have an identifier of it."""
        groups = sorted(opened.groups, key=lambda group: group.key)
        rates = [_rate(opened, group) for group in groups]
        best = None if opened.suppressed else leading(rates)
        return {
            "groups": [
                {
                    "key": {KIND: group.key[0]},
                    **numbers(opened, [group]),
                    "of": opened.facts[group.key[0]],
                    **rate.fields("rate"),
                }
                for group, rate in zip(groups, rates, strict=True)
            ],
            "other": None,
            "total": {},
            "most": None if best is None else {KIND: groups[best].key[0]},
        }

    def sentence(self, result: Mapping[str, Any], language: Language = "en") -> str:
        """Name the kind that finds the greatest share, if the intervals tell which one does."""
        groups = result["groups"]
        most = [one for one in groups if one["key"] == result.get("most")]
        shown = most or groups[:1]
        if not groups:
            return tell(
                language,
                "No kind of identifier clearly finds enough people whom both sides know.",
                "没有任何一种标识可确定匹配到足够多的人。",
            )
        if len(groups) > 1 and not most:
            return tell(
                language,
                "No kind of identifier clearly finds a greater share of people than another.",
                "没有哪种标识的匹配率明显高于其他标识。",
            )
        found = tell(
            language,
            "By {kind} both sides know {people}, {rate} of those who have one.",
            "按 {kind} 双方共有 {people}，占己方有此标识者的 {rate}。",
            kind=shown[0]["key"][KIND],
            people=Estimate.read(shown[0], "people", "people"),
            rate=Estimate.read(shown[0], "rate", "rate"),
        )
        more = tell(
            language, " No other kind finds a greater share.", "其他标识的匹配率均不高于此。"
        )
        return found + more if most else found


def _places(table: Table, column: int) -> npt.NDArray[np.int64]:
    """Return the place of each person's identifier of one kind, negative without one."""
    if table.identifiers is None:
        return np.arange(table.people_count, dtype=np.int64)
    return table.identifiers[:, column]


def _rate(opened: Opened, group: Group) -> Estimate:
    """Return the share of the receiver's people with a kind whom the other side knows by it."""
    found, own = people_of(opened, [group]), opened.facts[group.key[0]]
    bounds = None
    if found.interval and own:
        low, high = found.interval
        bounds = max(0.0, low / own), min(1.0, high / own)
    return quotient(opened, group.people, own, bounds, "rate")


TEMPLATE = MatchRate()
