"""What activation and exclusion share: the grant, the purpose, the minimum, the one number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from cleanroom.documents.agreement import SIDES, Grant
from cleanroom.documents.document import Document, Text
from cleanroom.errors import PolicyRefusal
from cleanroom.queries import media
from cleanroom.queries.activation import sensitivity
from cleanroom.queries.plan import Plan, Question
from cleanroom.queries.reporting import numbers
from cleanroom.queries.template import COMMON_LEAKS, WHERE_LEAK, Leak, Opened, Template
from cleanroom.queries.where import CONDITIONS
from cleanroom.words.estimate import Estimate
from cleanroom.words.languages import Language
from cleanroom.words.tell import tell

_KEPT = tuple(leak for leak in COMMON_LEAKS if leak.what != "who is in the overlap")


class ActivationParameters(Document):
    """Say what the segment is for; the brand's grant has to name the same purpose."""

    purpose: Text = Field(min_length=1)
    where: tuple[Text, ...] = ()


class Activating(Template):
    """Give the platform its own matched rows and the brand a noised size."""

    Parameters: ClassVar[type[Document]] = ActivationParameters
    receivers = ("brand",)
    by_documents = (
        *("grant-activation", "activation-purpose", "activation-receiver"),
        "activation-of-audiences",
    )
    private_parameters: ClassVar[tuple[str, ...]] = (CONDITIONS,)
    deed: ClassVar[str]
    deed_chinese: ClassVar[str]
    """What happens to the matched people, for the sentence."""
    leaks = (
        *_KEPT,
        WHERE_LEAK,
        Leak(
            "who is in the overlap",
            "nothing",
            "which of its own rows matched, if the size reaches the minimum",
            "positions of opaque rows",
        ),
        Leak(
            "labels of the people who matched",
            "own",
            "own; if the brand asks with a condition on its labels, that these people fulfil it",
            "nothing beyond the opaque labels",
        ),
        Leak("aggregates", "the size, noised", "the size, exactly", "the size, exactly"),
        Leak("purpose", "yes", "yes", "yes, in the log"),
    )

    def plan(self, question: Question) -> Plan:
        """Match the two audiences in one group; the grant's minimum raises k."""
        parameters: ActivationParameters = self.parameters(question)
        for side in SIDES:
            media.want_kind(question, side, "audience", "activation-of-audiences")
        if question.job.receiver not in self.receivers:
            raise PolicyRefusal(
                "the brand receives the size: the platform has the rows", rule="activation-receiver"
            )
        granted = grant_for(question, parameters.purpose)
        restricted = question.where(parameters.where)
        if question.job.submitter != "brand" and any(c.side == "brand" for c in restricted):
            raise PolicyRefusal(
                "the brand alone may ask for a part by its own labels: the platform would learn"
                " whose label is which",
                rule="activation-where",
            )
        return Plan(
            source="audience",
            columns=(),
            cells=1,
            value_side=None,
            slots=(),
            people_delta=sensitivity.activation().people,
            minimum=granted.minimum,
            activates=True,
            rows=min(question.brand.rows, question.platform.rows),
            where=restricted,
        )

    def result(self, opened: Opened) -> dict[str, Any]:
        """Return the size, or that there is no segment because it is below the minimum."""
        parameters: ActivationParameters = self.parameters(opened.question)
        segment = {
            "released": bool(opened.groups),
            "purpose": parameters.purpose,
            "minimum": opened.charge.k,
        }
        total = numbers(opened, opened.groups) if opened.groups else {"people": None}
        return {"groups": [], "other": None, "total": total, "segment": segment}

    def sentence(self, result: Mapping[str, Any], language: Language = "en") -> str:
        """Say how large the segment is."""
        if not result["segment"]["released"]:
            return tell(
                language,
                "There is no segment: it does not clearly have the {least} that it needs.",
                "没有人群包：无法确定其达到所需的 {least}。",
                least=Estimate(result["segment"]["minimum"], "people"),
            )
        return tell(
            language,
            f"The platform {self.deed} {{people}}.",
            f"平台方{self.deed_chinese} {{people}}。",
            people=Estimate.read(result["total"], "people", "people"),
        )


def grant_for(question: Question, purpose: str, party: str = "") -> Grant:
    """Return a party's grant for a purpose, the one with the least minimum if there are more.

    The party is the brand unless one is named.  Also a rehearsal needs it: activation is the one
    answer that names people.
    """
    owner = party or question.brand.party
    grants = [
        grant
        for grant in question.agreement.grants
        if (grant.party, grant.kind) == (owner, "activation")
    ]
    if not grants:
        raise PolicyRefusal(f"{owner} has not granted activation", rule="grant-activation")
    fitting = [grant for grant in grants if purpose in grant.purposes]
    if not fitting:
        raise PolicyRefusal(
            f"{owner} has granted activation for other purposes", rule="activation-purpose"
        )
    return min(fitting, key=lambda grant: grant.minimum)
