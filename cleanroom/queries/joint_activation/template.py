"""Send the people of a joint segment of several platforms to one of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from cleanroom.documents.agreement import PartyRole
from cleanroom.documents.document import Text, Whole
from cleanroom.queries import hub_rows, media
from cleanroom.queries.activating import Activating, grant_for
from cleanroom.queries.activation import sensitivity
from cleanroom.queries.hub import hub_of, where_of
from cleanroom.queries.kinds import JoinedParameters
from cleanroom.queries.plan import HUB, Plan, Question
from cleanroom.queries.template import COMMON_LEAKS, WHERE_LEAK_OF_HUB, Leak, PartyData, PartyRows
from protocols.deferred import Deferred

if TYPE_CHECKING:
    import numpy as np

    from cleanroom.ingest import Table
else:
    np = Deferred("numpy")


class JointActivationParameters(JoinedParameters):
    """Say which people, and what the segment is for.

    Of a dataset of events those people are known who have a view in the period; ``start`` and
    ``end`` are Unix seconds.
    """

    purpose: Text = Field(min_length=1)
    known_to: Literal["all", "first-only"]
    start: Whole | None = None
    end: Whole | None = None
    where: tuple[Text, ...] = ()


class JointActivation(Activating):
    """Tell the first of several platforms which of its people are in a segment of all of them."""

    name = "joint_activation"
    Parameters = JointActivationParameters
    of_hub = True
    hubs = (HUB,)
    receivers = ("brand",)
    deed = "that is named first can now address"
    deed_chinese = "（首个列出者）现可触达"
    leaks = (
        *(leak for leak in COMMON_LEAKS if leak.what != "who is in the overlap"),
        Leak(
            "who is in the segment",
            "nothing",
            "the first one: which of its own rows are, if the size reaches the minimum, and so"
            " that all others know these people, or none of them; the others: nothing",
            "per opaque row of the hub, made for the question, in which datasets it is",
        ),
        Leak(
            "aggregates",
            "the size, noised",
            "the first one: the size, exactly",
            "the size, exactly",
        ),
        Leak("purpose", "yes", "yes", "yes, in the log"),
        WHERE_LEAK_OF_HUB,
    )

    def plan(self, question: Question) -> Plan:
        """Count the segment in one group; of all grants the greatest minimum raises k."""
        parameters: JointActivationParameters = self.parameters(question)
        media.check_period(parameters.start, parameters.end)
        shape = hub_of(question, segment=parameters.known_to, hubs=self.hubs)
        granting = (question.brand.party, *shape.others[1:])
        grants = [grant_for(question, parameters.purpose, party) for party in granting]
        return Plan(
            source="job",
            columns=(),
            cells=shape.cells,
            value_side=None,
            slots=(),
            people_delta=sensitivity.activation().people,
            minimum=max(grant.minimum for grant in grants),
            activates=True,
            rows=question.brand.people,
            made=hub_rows.made(question),
            brand_tokens=len(shape.others),
            where=where_of(question, parameters.where),
            hub=shape,
        )

    def check_own(
        self,
        question: Question,
        side: PartyRole,
        table: Table,
        private: Mapping[str, Any],  # noqa: ARG002 - nothing is private here
    ) -> None:
        """Refuse, on a platform, a period over contacts without times."""
        if side != HUB and question.platform.kind == "events":
            parameters: JointActivationParameters = self.parameters(question)
            media.check_times(table, parameters.start, parameters.end)

    def rows(self, question: Question, data: PartyData) -> PartyRows:
        """Make a row for each person, on a platform for each that it knows or reached."""
        parameters: JointActivationParameters = self.parameters(question)
        if data.side == HUB:
            return hub_rows.rows_of_hub(data.counted(parameters.where), (), values=False)
        table = data.table
        shown = np.ones(table.rows, dtype=np.bool_)
        if question.platform.kind == "events":
            shown = media.viewed(table, parameters.start, parameters.end)
        people = np.unique(table.person[shown]).astype(np.int64)
        return hub_rows.rows_of_other(people, np.zeros_like(people))


TEMPLATE = JointActivation()
