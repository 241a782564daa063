"""A question: template, parameters, dataset versions, receiver."""

from __future__ import annotations

import hashlib
from typing import Any, Final, Literal

import rfc8785
from pydantic import Field

from cleanroom.documents.document import (
    Document,
    First,
    Hex128,
    Hex256,
    Interchangeable,
    Name,
    SealedHex,
)

NOT_ASKED: Final = ("name", "submitter", "alignment", "sealed", "agreement")
"""Fields that change nothing about a question's answer."""


class JobDocument(Document):
    """Ask one template about two datasets of one alignment.

    ``parameters`` are checked by the template's own model.  Values that only the parties may
    read (names of labels, costs) travel in ``sealed``, hex, sealed to the peer; the template
    says which those are.  ``private`` is their HMAC-SHA256 under the key of the pair, so that the
    same question is known as such without anybody else testing what it may hold.
    """

    version: First = 1
    room: Hex128
    name: Name
    template: Name
    alignment: Hex128
    brand: Hex128
    platform: Hex128
    receiver: Literal["brand", "platform"]
    submitter: Literal["brand", "platform"]
    parameters: Interchangeable = Field(default_factory=dict)
    rho: float | None = Field(default=None, gt=1e-9, le=100)
    private: Hex256 | None = None
    sealed: SealedHex = ""
    agreement: Hex256 | None = Field(default=None, exclude_if=lambda one: one is None)
    """The digest of the amendment in force; None under a room's first agreement."""

    def question(self) -> str:
        """Return the digest of what is asked, whatever the job is called and whoever asks.

        Two jobs with one question on one pair of dataset versions have one answer.
        """
        asked: dict[str, Any] = self.to_json()
        for field in NOT_ASKED:
            asked.pop(field, None)
        return hashlib.sha256(rfc8785.dumps(asked)).hexdigest()
