"""What a statement of each kind says: the typed bodies of statements.

Fields that are not a party's to set do not exist here, so sending one is refused.
"""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from cleanroom.documents.agreement import Agreement, PaillierKey
from cleanroom.documents.alignment import AlignmentDocument
from cleanroom.documents.dataset import Manifest, Upload
from cleanroom.documents.document import Document, Hex128, Hex256, Name, Text
from cleanroom.documents.job import JobDocument
from cleanroom.privacy.differencing import DIFFERENCE_CAP
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


class DatasetCreate(Document):
    """Announce a dataset version; ``dictionary`` is the SHA-256 of the attachment or empty."""

    manifest: Manifest
    dictionary: Hex256 | str = Field(pattern=r"^([0-9a-f]{64})?$")


class DatasetSeal(Document):
    """Commit to the rows of a dataset.

    ``differences`` attests, for every dataset that this party sealed in the room before, in how
    many people the two differ, ``DIFFERENCE_CAP`` standing for all that is more.
    """

    dataset: Hex128
    upload: Upload
    differences: dict[Hex128, Annotated[int, Field(ge=0, le=DIFFERENCE_CAP)]] = Field(
        default_factory=dict
    )


class DatasetWithdraw(Document):
    """Take a dataset back."""

    dataset: Hex128


class AlignmentPropose(Document):
    """Propose to join datasets."""

    alignment: AlignmentDocument


class AlignmentJoin(Document):
    """Take part in an attempt with that many distinct people, padded."""

    alignment: Hex128
    attempt: int = Field(ge=1)
    count: int = Field(ge=1)


class AlignmentFinish(Document):
    """Say that T is derived; ``tokens`` seals this side's tokens per pair of audiences."""

    alignment: Hex128
    attempt: int = Field(ge=1)
    transcript: Hex256
    tokens: dict[str, Upload]


class AlignmentFail(Document):
    """Give an attempt up."""

    alignment: Hex128
    attempt: int = Field(ge=1)
    reason: Text


class JobSubmit(Document):
    """Ask."""

    job: JobDocument


class JobApprove(Document):
    """Approve a job, with the messages that the plan asks of this side."""

    job: Hex128
    messages: dict[Name, Upload]


class JobRefuse(Document):
    """Refuse a job by a rule of this side."""

    job: Hex128
    rule: Name
    reason: Text


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
    """Commit to the messages of a later step."""

    job: Hex128
    step: Name
    messages: dict[Name, Upload]


class JobReceipt(Document):
    """Confirm the digest of the release that arrived."""

    job: Hex128
    release: Hex256


class AuditCosign(Document):
    """Vouch for having seen a checkpoint."""

    checkpoint: str = Field(max_length=4096)


BODIES: Final[dict[str, type[Document]]] = {
    "room.propose": RoomPropose,
    "room.sign": RoomSign,
    "room.close": RoomClose,
    "dataset.create": DatasetCreate,
    "dataset.seal": DatasetSeal,
    "dataset.withdraw": DatasetWithdraw,
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
    "audit.cosign": AuditCosign,
}
"""The body of each kind of statement."""
