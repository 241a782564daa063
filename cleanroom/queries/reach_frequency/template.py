"""How many of my people did each campaign reach, and how often."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from cleanroom.documents.agreement import PartyRole
from cleanroom.documents.document import Positive, Text, Whole
from cleanroom.errors import InvalidInput, PolicyRefusal
from cleanroom.queries import bounds, media
from cleanroom.queries.kinds import JoinedParameters
from cleanroom.queries.media import I64
from cleanroom.queries.plan import Made, Plan, Question, Slot
from cleanroom.queries.reach import ALL, IMPRESSIONS, Clip, Named, buckets, other, summary, total
from cleanroom.queries.reach_frequency import sensitivity
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
from cleanroom.words.estimate import Estimate
from cleanroom.words.languages import Language
from cleanroom.words.tell import tell

if TYPE_CHECKING:
    from cleanroom.ingest import Table

MOST_IMPRESSIONS = 100
MOST_CAMPAIGNS = 20

ROWS_FOR_SUMS = 100_000
"""Most rows of the platform's file for which impressions are summed by default where rows are under
Paillier: every row of the job then carries a ciphertext, which takes its owner milliseconds."""


class ReachParameters(JoinedParameters):
    """Say what counts as often, and what one person may add.

    ``where`` restricts the audience, by labels of the brand.  ``start`` and ``end`` are Unix
    seconds.  ``campaigns`` are the campaigns asked about, all if empty.  ``max_campaigns`` is per
    person; ``max_impressions`` per person and campaign, and per person in all: 0 asks for no sum,
    so that nothing is encrypted.
    """

    group_by: tuple[Text, ...] = ("platform.campaign",)
    campaigns: tuple[Text, ...] = ()
    max_frequency: int = Field(default=4, ge=1, le=99)
    max_campaigns: int | None = Field(default=None, ge=1, le=60)
    max_impressions: int | None = Field(default=None, ge=0, le=1_000_000)
    cap: Positive | None = None
    start: Whole | None = None
    end: Whole | None = None
    where: tuple[Text, ...] = ()


class ReachFrequency(Template):
    """Count matched people by campaign and by the number of impressions, clicks left out."""

    name = "reach_frequency"
    Parameters = ReachParameters
    kinds = ("any", "events")
    by_documents = ("impressions-are-events",)
    private_parameters = ("campaigns", CONDITIONS)
    leaks = (
        *COMMON_LEAKS,
        WHERE_LEAK_AT_HOME,
        Leak(
            "aggregates",
            "if receiver: noised, thresholded",
            "if receiver: noised, thresholded",
            "exact match counts of opaque groups; no sums",
        ),
        Leak(
            "a person's campaigns and frequency",
            "nothing",
            "own",
            "opaque rows that it cannot join to one person",
        ),
        Leak(
            "impressions of a campaign",
            "if receiver and granted (public-base): exact, of released groups",
            "own",
            "nothing",
        ),
    )

    def plan(self, question: Question) -> Plan:
        """Give every person one row per campaign and one over all campaigns."""
        parameters: ReachParameters = self.parameters(question)
        column = media.platform_column(parameters.group_by, "campaign")
        media.want_kind(question, "platform", "events", "impressions-are-events")
        media.check_period(parameters.start, parameters.end)
        if parameters.cap is not None and parameters.cap >= parameters.max_frequency:
            raise InvalidInput("cap must be below max_frequency: above it frequencies are one")
        campaigns = question.domain(column)
        per_person = most_campaigns(parameters, campaigns)
        most = most_impressions(parameters, question)
        caps = {IMPRESSIONS: most} if most else {}
        gathered = question.job.receiver == "platform"
        deltas = sensitivity.reach_frequency(per_person, caps, gathered=gathered)
        return Plan(
            source="job",
            columns=(column,),
            cells=(campaigns + 1) * parameters.max_frequency,
            value_side="platform" if most else None,
            slots=tuple(
                Slot(name, 1, 0, int(cap), deltas.measures[name], unit="events")
                for name, cap in caps.items()
            ),
            people_delta=deltas.people,
            rows=(per_person + 1) * min(question.brand.people, question.platform.people),
            made=Made(
                question.brand.people * (per_person + 1),
                question.platform.people + bounds.pairs(question.platform, per_person),
            ),
            where=question.where(parameters.where),
        )

    def check_own(
        self, question: Question, side: PartyRole, table: Table, private: Mapping[str, Any]
    ) -> None:
        """Refuse, on the platform, labels that cannot be told and a period without times."""
        if side == "brand":
            return
        parameters: ReachParameters = self.parameters(question)
        column = media.platform_column(parameters.group_by, "campaign")
        domain = table.labels[column.name].domain
        media.private_texts(private, "campaigns")
        media.check_times(table, parameters.start, parameters.end)
        media.check_names(domain, column)
        if ALL in domain:
            raise PolicyRefusal(f"a campaign must not be called {ALL}", rule="campaign-named-all")

    def notices(
        self, question: Question, side: PartyRole, table: Table, private: Mapping[str, Any]
    ) -> tuple[str, ...]:
        """Tell the platform of campaigns that have no impression in the period."""
        if side == "brand":
            return ()
        shown = _impressions(self.parameters(question), table, private)
        found = np.bincount(shown.campaign, minlength=len(shown.names))
        silent = [name for name, often in zip(shown.names, found, strict=True) if not often]
        if not silent:
            return ()
        return (
            f"this file has no impression of {', '.join(silent)} in the period: nobody counts as"
            " reached by it",
        )

    def rows(self, question: Question, data: PartyData) -> PartyRows:
        """Give a person's campaigns the places 1 to C in random order; place 0 is all of them."""
        parameters: ReachParameters = self.parameters(question)
        column = media.platform_column(parameters.group_by, "campaign")
        per_person = most_campaigns(parameters, question.domain(column))
        if data.side == "brand":
            return media.places_of(data.people(parameters.where), per_person + 1)
        shown = _impressions(parameters, data.table, data.private)
        person, campaign, often = _by_campaign(shown.person, shown.campaign, len(shown.names))
        place = 1 + media.in_random_order(person, data.random)
        kept = place <= per_person
        seen, total = np.unique(shown.person, return_counts=True)
        everybody = np.full(len(seen), len(shown.names), dtype=np.int64)
        frequency = np.concatenate([often[kept], total])
        bucket = np.minimum(frequency, parameters.max_frequency) - 1
        code = np.concatenate([campaign[kept], everybody]) * parameters.max_frequency + bucket
        index = np.concatenate([place[kept], np.zeros(len(seen), dtype=np.int64)])
        most = most_impressions(parameters, question)
        facts = {
            "dropped_campaigns": int((~kept).sum()),
            "clamped_impressions": int((frequency > most).sum()) if most else 0,
        }
        return media.labelled(
            np.concatenate([person[kept], seen]),
            np.zeros_like(index),
            index,
            code,
            media.filled(
                _names(parameters, shown, tells_impressions(question)),
                (question.domain(column) + 1) * parameters.max_frequency,
            ),
            media.packed(np.minimum(frequency, most)) if most else None,
            facts,
        )

    def result(self, opened: Opened) -> dict[str, Any]:
        """List frequencies by campaign, then a summary of each; the total is every person once."""
        parameters: ReachParameters = self.parameters(opened.question)
        column = opened.plan.columns[0]
        named = [Named.read(group) for group in opened.groups]
        campaigns = sorted({one.campaign for one in named} - {ALL})
        by_name = {
            name: sorted((one for one in named if one.campaign == name), key=Named.order)
            for name in [*campaigns, ALL]
        }
        per_person = most_campaigns(parameters, opened.question.domain(column))
        clip = Clip(opened, parameters.max_frequency, per_person)
        cap = parameters.cap
        summaries = [summary(opened, clip, cap, *one) for one in by_name.items() if one[1]]
        every = by_name[ALL]
        return {
            "groups": [
                {
                    "key": {str(column): name, "frequency": one.frequency},
                    **clip.shown(name, one),
                }
                for name, ones in by_name.items()
                for one in ones
            ],
            "other": other(opened),
            "campaigns": summaries,
            "total": total(opened, clip, every),
            "rows": dict(opened.facts),
        }

    def sentence(self, result: Mapping[str, Any], language: Language = "en") -> str:
        """Say how many people were reached and how often."""
        reached = Estimate.read(result["total"], "people", "people")
        if reached.bound == "unknown":
            return tell(
                language,
                "How many people of the audience the campaigns reached is held back.",
                "活动触达了目标人群中的多少人，未予公布。",
            )
        every = [one for one in result["campaigns"] if one["campaign"] == ALL]
        often = Estimate.read(every[0], "mean_frequency", "ratio") if every else Estimate(None)
        if often.bound == "unknown":
            return tell(
                language,
                "The campaigns reached {reached} of the audience.",
                "各活动共触达目标人群 {reached}。",
                reached=reached,
            )
        return tell(
            language,
            "The campaigns reached {reached} of the audience, {often} times each on average.",
            "各活动共触达目标人群 {reached}，人均 {often} 次。",
            reached=reached,
            often=often,
        )


def most_campaigns(parameters: ReachParameters, campaigns: int) -> int:
    """Return C: what is declared, else the number of campaigns, 20 at most."""
    return parameters.max_campaigns or min(campaigns, MOST_CAMPAIGNS)


def most_impressions(parameters: ReachParameters, question: Question) -> int:
    """Return what one person may add to a sum of impressions, 0 if none is asked for."""
    if parameters.max_impressions is not None:
        return parameters.max_impressions
    cheap = "lattice" in question.agreement.policy.rows
    return MOST_IMPRESSIONS if cheap or question.platform.rows <= ROWS_FOR_SUMS else 0


def tells_impressions(question: Question) -> bool:
    """Tell whether the receiver may learn how many impressions a campaign has in all."""
    owner = question.platform.party
    granted = any(
        (grant.party, grant.kind) == (owner, "public-base") for grant in question.agreement.grants
    )
    return granted or question.agreement.rehearsal or question.job.receiver == "platform"


class _Shown:
    """The impressions asked about: person and campaign per impression, and the names."""

    def __init__(self, person: I64, campaign: I64, names: tuple[str, ...]) -> None:
        self.person, self.campaign, self.names = person, campaign, names


def _impressions(parameters: ReachParameters, table: Table, private: Mapping[str, Any]) -> _Shown:
    """Return the impressions of the asked campaigns; one that was never shown has none."""
    column = media.platform_column(parameters.group_by, "campaign")
    label = table.labels[column.name]
    viewed = media.viewed(table, parameters.start, parameters.end)
    names = media.private_texts(private, "campaigns") or label.domain
    place = media.place_of(label.domain, names)[label.codes]
    viewed &= place >= 0
    return _Shown(table.person[viewed], place[viewed], names)


def _by_campaign(person: I64, campaign: I64, campaigns: int) -> tuple[I64, I64, I64]:
    """Return person, campaign and number of impressions of each pair that occurs."""
    pairs, often = np.unique(person * campaigns + campaign, return_counts=True)
    return pairs // campaigns, pairs % campaigns, often


def _names(parameters: ReachParameters, shown: _Shown, totals: bool) -> list[str]:
    """Return ``frequency|impressions in all|campaign`` per label code, all campaigns last."""
    found = np.bincount(shown.campaign, minlength=len(shown.names)).tolist()
    known = [*zip(shown.names, found, strict=True), (ALL, len(shown.campaign))]
    return [
        f"{bucket}|{total if totals else ''}|{name}"
        for (name, total), bucket in product(known, buckets(parameters.max_frequency))
    ]


TEMPLATE = ReachFrequency()
