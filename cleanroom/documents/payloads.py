"""What a statement of each kind says: the typed bodies of statements.

Fields that are not a party's to set do not exist here, so sending one is refused.
"""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from cleanroom.documents.agreement import Agreement, PaillierKey
from cleanroom.documents.alignment import AlignmentDocument
from cleanroom.documents.dataset import Manifest, Upload
from cleanroom.documents.delegation import Delegation
from cleanroom.documents.document import Count, Document, Hex128, Hex256, Name, Positive, Text
from cleanroom.documents.job import JobDocument
from cleanroom.documents.serving import Minute, Place, Publication
from cleanroom.documents.standing import StandingDocument
from cleanroom.identifier import PATTERN
from protocols import limits


class RoomPropose(Document):
    """Propose a room and sign its agreement at once; an auditor has no Paillier key."""

    agreement: Agreement
    paillier: PaillierKey | None


class RoomSign(Document):
    """Sign the agreement of that digest."""

    agreement: Hex256
    paillier: PaillierKey | None


class RoomClose(Document):
    """End a room, and say why."""

    reason: Text = ""


class AmendmentPropose(Document):
    """Propose the next version of the room's agreement and sign it at once."""

    agreement: Agreement


class AmendmentSign(Document):
    """Sign the proposed version of that digest; the last member's signature puts it in force."""

    agreement: Hex256
    paillier: PaillierKey | None = Field(default=None, exclude_if=lambda one: one is None)
    """The key of a party that joins with it; left out by members that have given theirs."""


class AmendmentDecline(Document):
    """Turn the proposed version of that digest down, or take it back."""

    agreement: Hex256
    reason: Text = ""


class DelegationGrant(Document):
    """Let an agency ask in the speaker's place."""

    delegation: Delegation


class DelegationRevoke(Document):
    """Take a delegation back, for good."""

    delegation: Hex128


class DatasetCreate(Document):
    """Announce a dataset version; ``dictionary`` is the SHA-256 of the attachment or empty."""

    manifest: Manifest
    dictionary: Hex256 | str = Field(pattern=r"^([0-9a-f]{64})?$")


class DatasetSeal(Document):
    """Commit to the rows of a dataset."""

    dataset: Hex128
    upload: Upload


class DatasetWithdraw(Document):
    """Take a dataset back."""

    dataset: Hex128


LEAST_STEP: Final = 16
"""The lowest step in which the log counts people who are erased."""

MOST_ERASED: Final = 1000
"""Versions that one statement takes back; whoever has more says more than one."""


def erased_step(people: int) -> int:
    """Return the power of two, from ``LEAST_STEP`` on, by which a number of people is told."""
    return max(LEAST_STEP, 1 << (people - 1).bit_length())


def _step(people: int) -> int:
    if people != erased_step(people):
        raise ValueError(f"people are told in powers of two from {LEAST_STEP} on")
    return people


class DatasetErase(Document):
    """Take back every version of every own dataset, because people asked to be erased.

    ``people`` is how many asked, as ``erased_step`` tells it; ``erasure`` is random, and names the
    statements of one request.
    """

    erasure: Hex128
    people: Annotated[Positive, AfterValidator(_step)]
    datasets: tuple[Hex128, ...] = Field(min_length=1, max_length=MOST_ERASED)


class AlignmentPropose(Document):
    """Propose to join datasets."""

    alignment: AlignmentDocument


class AlignmentJoin(Document):
    """Take part in an attempt with that many distinct people, padded."""

    alignment: Hex128
    attempt: Positive
    count: Positive


Pair = Annotated[str, StringConstraints(pattern=f"^{PATTERN}/{PATTERN}$")]
"""An audience of the brand and one of the platform."""


class AlignmentFinish(Document):
    """Say that T is derived; ``tokens`` seals this side's tokens per pair of audiences.

    ``rows`` seals those of its audiences, by dataset, that another alignment had before: they are
    sent anew, in another order.
    """

    alignment: Hex128
    attempt: Positive
    transcript: Hex256
    tokens: dict[Pair, Upload]
    rows: dict[Hex128, Upload] = Field(default_factory=dict)


class AlignmentFail(Document):
    """Give an attempt up."""

    alignment: Hex128
    attempt: Positive
    reason: Text


class JobSubmit(Document):
    """Ask."""

    job: JobDocument


class JobApprove(Document):
    """Approve a job, with the messages that the plan asks of this side."""

    job: Hex128
    messages: dict[Name, Upload]


BY_A_PERSON: Final = "refused-by-person"

REFUSALS: Final = {
    "not-allowed": "the signed documents, or what this side declared, do not allow the question",
    "rho-budget": "this side's own ledger does not cover the question",
    "jobs-max": "this side has approved as many questions as the agreement allows",
    "not-approved": "this side has not approved the question",
    "no-earlier-result": "this side has no such earlier result to build on",
    "peer-fault": "the other side or the mediator broke the protocol",
    "agent-gave-up": "this side's agent has tried often enough",
}
"""Every reason that an agent gives for a refusal, by its rule.  Each follows from documents, from
what others sent or from how often was tried: never from what a row of the own file holds."""


class JobRefuse(Document):
    """Refuse a job for one of ``REFUSALS``, or for what a person wrote."""

    job: Hex128
    rule: Name
    reason: Text

    @model_validator(mode="after")
    def _check_reason(self) -> JobRefuse:
        if self.rule != BY_A_PERSON and self.reason != REFUSALS.get(self.rule):
            raise ValueError("rule and reason are none of those that a refusal may have")
        return self


class JobCancel(Document):
    """Take a job back."""

    job: Hex128


class JobRows(Document):
    """Commit to this side's rows for the job; ``labels`` is how many label codes they use.

    The side that does not receive also commits to ``names``: one sealed name per code.
    """

    job: Hex128
    upload: Upload
    labels: int = Field(ge=1, le=limits.MAXIMUM_CELLS)
    messages: dict[Name, Upload] = Field(default_factory=dict)


class JobStep(Document):
    """Commit to the messages of a later step.

    ``masked`` is the SHA-256 of the masked sums that were opened: only ``opened`` has it.
    """

    job: Hex128
    step: Name
    messages: dict[Name, Upload]
    masked: Hex256 | None = None


class JobReceipt(Document):
    """Confirm the digest of the release that arrived."""

    job: Hex128
    release: Hex256


class StandingPropose(Document):
    """Declare a standing question: its proposer has agreed to all of its runs."""

    standing: StandingDocument


class StandingApprove(Document):
    """Agree to all runs of the standing question of that digest."""

    standing: Hex256


class StandingStop(Document):
    """End the standing question of that digest, and with it every run that has no answer yet."""

    standing: Hex256
    reason: Text


class ServingPublish(Document):
    """Publish the next table and key of what is served under a grant."""

    publication: Publication


class ServingTally(Document):
    """Say how many people were asked about in a minute that is over."""

    grant: Place
    minute: Minute
    questions: Count


class ServingStop(Document):
    """Withdraw a grant of serving, for good."""

    grant: Place


class AuditCosign(Document):
    """Vouch for having seen a checkpoint."""

    checkpoint: str = Field(max_length=4096)


BODIES: Final[dict[str, type[Document]]] = {
    "room.propose": RoomPropose,
    "room.sign": RoomSign,
    "room.close": RoomClose,
    "amendment.propose": AmendmentPropose,
    "amendment.sign": AmendmentSign,
    "amendment.decline": AmendmentDecline,
    "delegation.grant": DelegationGrant,
    "delegation.revoke": DelegationRevoke,
    "dataset.create": DatasetCreate,
    "dataset.seal": DatasetSeal,
    "dataset.withdraw": DatasetWithdraw,
    "dataset.erase": DatasetErase,
    "alignment.propose": AlignmentPropose,
    "alignment.join": AlignmentJoin,
    "alignment.finish": AlignmentFinish,
    "alignment.fail": AlignmentFail,
    "job.submit": JobSubmit,
    "job.approve": JobApprove,
    "job.refuse": JobRefuse,
    "job.cancel": JobCancel,
    "job.rows": JobRows,
    "job.step": JobStep,
    "job.receipt": JobReceipt,
    "standing.propose": StandingPropose,
    "standing.approve": StandingApprove,
    "standing.stop": StandingStop,
    "serving.publish": ServingPublish,
    "serving.tally": ServingTally,
    "serving.stop": ServingStop,
    "audit.cosign": AuditCosign,
}
"""The body of each kind of statement."""
