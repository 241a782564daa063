"""Find people like my seed: the platform learns a noised sum over it, and scores its own base."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from cleanroom.documents.agreement import PartyRole
from cleanroom.documents.document import ColumnName, Positive, Text
from cleanroom.errors import InvalidInput, PolicyRefusal
from cleanroom.privacy.noise import Delta
from cleanroom.queries import media, where
from cleanroom.queries.kinds import JoinedParameters
from cleanroom.queries.lookalike import model as lookalike_model
from cleanroom.queries.lookalike import sensitivity
from cleanroom.queries.lookalike.model import SCALE
from cleanroom.queries.plan import Made, Plan, Question, Slot
from cleanroom.queries.reporting import people_of
from cleanroom.queries.template import (
    COMMON_LEAKS,
    WHERE_LEAK_AT_HOME,
    Leak,
    Opened,
    PartyData,
    PartyRows,
    Template,
)
from cleanroom.words.estimate import Estimate
from cleanroom.words.languages import Language
from cleanroom.words.tell import people as told
from cleanroom.words.tell import tell
from protocols.limits import slots

if TYPE_CHECKING:
    import numpy.typing as npt

    from cleanroom.ingest import Table

MINIMUM = 500
"""Fewest matched people of a seed whose sum may be released."""


class LookalikeParameters(JoinedParameters):
    """Say which features are summed, how far the base is expanded, what is held out.

    ``expansion`` and ``holdout`` are per cent, of the base and of the seed.  A ``minimum`` below
    500 is for rehearsals.
    """

    features: tuple[ColumnName, ...] = Field(min_length=1)
    expansion: int = Field(default=10, ge=1, le=30)
    holdout: int = Field(default=20, ge=0, le=50)
    minimum: Positive = MINIMUM
    where: tuple[Text, ...] = ()


class Lookalike(Template):
    """Sum the features of the matched seed, and fit on the platform what tells it from the base."""

    name = "lookalike"
    Parameters = LookalikeParameters
    by_documents = (
        "features-of-an-audience",
        "lookalike-receiver",
    )
    by_model = True
    receivers = ("platform",)
    private_parameters = (where.CONDITIONS,)
    leaks = (
        *COMMON_LEAKS,
        WHERE_LEAK_AT_HOME,
        Leak("features of people", "nothing", "own", "nothing"),
        Leak(
            "aggregates",
            "nothing",
            "size and sum of features of the matched seed: noised, from the minimum on",
            "exact number of matched seeds; no sums",
        ),
        Leak("the model and the scored base", "nothing", "own", "nothing"),
    )

    def plan(self, question: Question) -> Plan:
        """Sum the features of one group, with the noise of one vector."""
        parameters: LookalikeParameters = self.parameters(question)
        features = parameters.features
        media.want_kind(question, "platform", "audience", "features-of-an-audience")
        if question.job.receiver not in self.receivers:
            raise PolicyRefusal(
                "the platform receives the sum: it scores its base", rule="lookalike-receiver"
            )
        if parameters.minimum < MINIMUM and not question.agreement.rehearsal:
            raise PolicyRefusal(f"a seed has at least {MINIMUM} people", rule="seed-minimum")
        _check_size(question.brand.people * (100 - parameters.holdout) // 100, parameters)
        if len(set(features)) != len(features):
            raise InvalidInput("features names a measure twice")
        most = slots(question.agreement.policy.paillier_bits) - 1
        if len(features) > most:
            raise PolicyRefusal(f"a row holds {most} features at most", rule="too-many-measures")
        if any(question.platform.measure(name) is None for name in features):
            raise PolicyRefusal("the platform has no such measure", rule="unknown-measure")
        known = sensitivity.lookalike(SCALE, len(features))
        # Each slot gets an equal part of rho, so this is the noise of the whole vector at once.
        root = sqrt(len(features))
        whole = known.measures["features"]
        delta = Delta(whole.l1 / root, whole.l2 / root)
        return Plan(
            source="job",
            columns=(),
            cells=1,
            value_side="platform",
            slots=tuple(
                Slot(name, place, 0, SCALE, delta, unit="")
                for place, name in enumerate(features, start=1)
            ),
            people_delta=known.people,
            minimum=parameters.minimum,
            rows=min(question.brand.people, question.platform.people),
            made=Made(question.brand.people, question.platform.rows),
            where=question.where(parameters.where),
        )

    def notices(
        self,
        question: Question,
        side: PartyRole,
        table: Table,
        private: Mapping[str, Any],
    ) -> tuple[str, ...]:
        """Tell the brand of a seed that is too small even if everybody in it matched."""
        parameters: LookalikeParameters = self.parameters(question)
        if side == "platform":
            return ()
        held = lookalike_model.held_out(table, question.brand.nonce, parameters.holdout)
        chosen = where.inside(where.opened(parameters.where, private), side, table)
        people = int((~held[np.unique(table.person[chosen])]).sum())
        if people >= parameters.minimum:
            return ()
        return (
            f"the seed, without what is held out, has {told(people)}: fewer than the"
            f" {parameters.minimum} that a model needs",
        )

    def rows(self, question: Question, data: PartyData) -> PartyRows:
        """Send the seed without the part held out, or everybody's clipped features."""
        parameters: LookalikeParameters = self.parameters(question)
        if data.side == "brand":
            nonce = question.brand.nonce
            held = lookalike_model.held_out(data.table, nonce, parameters.holdout)
            people = data.people(parameters.where)
            seed = people[~held[people]]
            return media.unlabelled(seed, np.zeros_like(seed), np.zeros_like(seed))
        found = lookalike_model.vectors(question, data.table, parameters.features)
        seen = data.inside(parameters.where)
        person = data.table.person[seen]
        counted = np.ones((len(person), 1), dtype=np.int64)
        return media.labelled(
            person,
            np.zeros_like(person),
            np.zeros_like(person),
            np.zeros_like(person),
            ("",),
            np.concatenate([counted, found[seen]], axis=1),
            lookalike_model.base_facts(found),
        )

    def best(
        self, question: Question, table: Table, model: Mapping[str, Any], percent: int
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """Return the rows most like the seed, and their scores."""
        score = lookalike_model.scores(question, table, model)
        rows = lookalike_model.expanded(score, percent)
        return rows, score[rows]

    def result(self, opened: Opened) -> dict[str, Any]:
        """Fit the model to the sum; without a release there is none."""
        parameters: LookalikeParameters = self.parameters(opened.question)
        if not opened.groups:
            return {"groups": [], "other": None, "total": {"people": None}, "model": None}
        group = opened.groups[0]
        model = {
            "features": list(parameters.features),
            "weights": lookalike_model.fit(max(1, group.people), group.sums, opened.facts),
            "expansion": parameters.expansion,
            "holdout": parameters.holdout,
        }
        people = people_of(opened, [group]).fields("people")
        return {"groups": [], "other": None, "total": people, "model": model}

    def sentence(self, result: Mapping[str, Any], language: Language = "en") -> str:
        """Say how large the seed was and what can be done now."""
        if result["model"] is None:
            return tell(
                language,
                "There is no model: the platform does not clearly know enough people of the seed.",
                "没有模型：无法确定平台方认识足够多的种子人群。",
            )
        return tell(
            language,
            "A model was fitted to a seed of {people}; the segment holds the {part} % of the base "
            "most like it.",
            "模型由 {people}的种子人群拟合；人群包为基准中最相似的 {part} %。",
            people=Estimate.read(result["total"], "people", "people"),
            part=str(result["model"]["expansion"]),
        )


def _check_size(people: int, parameters: LookalikeParameters) -> None:
    if people < parameters.minimum:
        raise PolicyRefusal(
            f"the seed, without what is held out, has fewer than {parameters.minimum} people",
            rule="seed-below-minimum",
        )


TEMPLATE = Lookalike()
