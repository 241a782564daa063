"""How good is a lookalike: where the seed's held-out part falls in the scored base.

Only the platform receives.  A band is a rank in its base, and the model holds the base's mean and
covariance, so one of its people moves the bands of many: no noise for one person would hide that
one from the brand.  Towards the platform its base is not a secret, and a person of the brand is in
one band.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from cleanroom.documents.document import Hex128, Text
from cleanroom.errors import PolicyRefusal
from cleanroom.privacy.intervals import ratio_interval
from cleanroom.queries import media
from cleanroom.queries.kinds import JoinedParameters
from cleanroom.queries.lookalike import model as lookalike_model
from cleanroom.queries.overlap import sensitivity
from cleanroom.queries.plan import Column, Made, Plan, Question
from cleanroom.queries.reporting import numbers, other_of, people_sd, quotient, total_of
from cleanroom.queries.template import (
    COMMON_LEAKS,
    WHERE_LEAK_AT_HOME,
    Group,
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

BAND = Column("platform", "score band")
"""The platform's label for this job: the fraction of its base in which a user's score lies."""


class QualityParameters(JoinedParameters):
    """Name the lookalike job; ``holdout`` is the one that it had, in per cent.

    ``model`` is the job's identifier; who asks may write its name, and the agent looks it up, and
    takes ``where`` from it: what was held out is a part of the same seed.
    ``bands`` are fractions of the base of equal size, the first one the least alike.
    """

    model: Hex128
    bands: int = Field(default=10, ge=2, le=50)
    holdout: int = Field(default=20, ge=1, le=50)
    where: tuple[Text, ...] = ()


class LookalikeQuality(Template):
    """Count the matched held-out seed by bands of the score; the AUC follows."""

    name = "lookalike_quality"
    Parameters = QualityParameters
    by_documents = (
        "features-of-an-audience",
        "lookalike-receiver",
    )
    receivers = ("platform",)
    private_parameters = (CONDITIONS,)
    earlier_jobs: ClassVar = {"model": "lookalike"}
    leaks = (
        *COMMON_LEAKS,
        WHERE_LEAK_AT_HOME,
        Leak(
            "aggregates",
            "nothing",
            "held-out seed by band, noised, thresholded",
            "exact match counts of opaque bands; no sums",
        ),
        Leak("the model and the scored base", "nothing", "own", "nothing"),
    )

    def plan(self, question: Question) -> Plan:
        """Group the held-out seed by band; a person of the brand is in one."""
        parameters: QualityParameters = self.parameters(question)
        media.want_kind(question, "platform", "audience", "features-of-an-audience")
        if question.job.receiver not in self.receivers:
            raise PolicyRefusal(
                "the platform receives the quality: bands are ranks in its own base",
                rule="lookalike-receiver",
            )
        return Plan(
            source="job",
            columns=(BAND,),
            cells=parameters.bands,
            value_side=None,
            slots=(),
            people_delta=sensitivity.overlap({}).people,
            rows=min(question.brand.people, question.platform.people),
            made=Made(question.brand.people, question.platform.rows),
            where=question.where(parameters.where),
        )

    def rows(self, question: Question, data: PartyData) -> PartyRows:
        """Send the part of the seed that was held out, or everybody's band."""
        parameters: QualityParameters = self.parameters(question)
        if data.side == "brand":
            nonce = question.brand.nonce
            held = lookalike_model.held_out(data.table, nonce, parameters.holdout)
            people = data.people(parameters.where)
            seed = people[held[people]]
            return media.unlabelled(seed, np.zeros_like(seed), np.zeros_like(seed))
        model = data.earlier(parameters.model).get("model")
        if not model or model["holdout"] != parameters.holdout:
            raise PolicyRefusal(
                f"job {parameters.model} has no model with {parameters.holdout} % held out",
                rule="no-earlier-result",
            )
        order = lookalike_model.best_first(lookalike_model.scores(question, data.table, model))[
            ::-1
        ]
        band = np.empty(len(order), dtype=np.int64)
        band[order] = np.arange(len(order)) * parameters.bands // len(order)
        seen = data.inside(parameters.where)
        person = data.table.person[seen]
        return media.labelled(
            person,
            np.zeros_like(person),
            np.zeros_like(person),
            band[seen],
            tuple(str(number) for number in range(1, parameters.bands + 1)),
        )

    def result(self, opened: Opened) -> dict[str, Any]:
        """List the bands, the least alike first, and the AUC against the base."""
        parameters: QualityParameters = self.parameters(opened.question)
        groups = sorted(opened.groups, key=lambda group: int(group.key[0]))
        return {
            "groups": [
                {"key": {str(BAND): int(group.key[0])}, **numbers(opened, [group])}
                for group in groups
            ],
            "other": other_of(opened),
            "total": {**total_of(opened), **area(opened, groups, parameters.bands)},
        }

    def sentence(self, result: Mapping[str, Any], language: Language = "en") -> str:
        """Say how well the score orders people it was not fitted to."""
        found = Estimate.read(result["total"], "auc", "share")
        if found.value is None:
            return tell(
                language,
                "Too few held-out people are known to the platform: there is no quality to report.",
                "平台方认识的留出人群过少：无法评估质量。",
            )
        return tell(
            language,
            "A held-out customer scores above a user of the platform {auc} of the time.",
            "留出客户的得分高于平台用户的比例为 {auc}。",
            auc=found,
        )


Weighted = list[tuple[Group, float]]
"""Groups with the place of their people in the base."""


def area(opened: Opened, groups: list[Group], bands: int) -> dict[str, Any]:
    """Return the area under the curve: the share of the base below a held-out person.

    People in a band count the bands below and half of their own, all of one size.  People of
    ``other`` are in the bands that are not released, between the least and the best of those:
    ``auc_bounds`` say what that and the noise leave open, and ``auc`` puts them in the middle.
    """
    below = {number: (number - 0.5) / bands for number in range(1, bands + 1)}
    known = [(group, below[int(group.key[0])]) for group in groups]
    missing = [at for number, at in below.items() if str(number) not in {g.key[0] for g in groups}]
    if not opened.other or not missing:
        found = _area(opened, known)
        ends = found.interval or (found.value, found.value)
        return found.fields("auc") | {"auc_bounds": None if found.value is None else list(ends)}
    low, middle, high = (
        _area(opened, [*known, (opened.other, at)])
        for at in (min(missing), (min(missing) + max(missing)) / 2, max(missing))
    )
    if middle.value is None or low.low is None or high.high is None:
        return {"auc": None, "auc_bounds": None}
    ends = (low.low, high.high)
    interval = ends if media.noisy(opened) else None
    return Estimate(middle.value, "share", None, interval, ends).fields("auc")


def _area(opened: Opened, weighted: Weighted) -> Estimate:
    """Return the mean place (Fieller: the noise is in both sums); unknown of nobody."""
    noise = opened.charge.people
    variances = [(people_sd(noise, [group]) ** 2, at) for group, at in weighted]
    places = sum(group.people * at for group, at in weighted)
    people = sum(group.people for group, _ in weighted)
    bounds = ratio_interval(
        places,
        sqrt(sum(variance * at**2 for variance, at in variances)),
        people,
        sqrt(sum(variance for variance, _ in variances)),
        covariance=sum(variance * at for variance, at in variances),
        quantile=noise.quantile,
    )
    return quotient(opened, places, people, bounds, "share")


TEMPLATE = LookalikeQuality()
