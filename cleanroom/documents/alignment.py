"""An alignment: which dataset versions are joined, once, and by which profile."""

from __future__ import annotations

from pydantic import Field

from cleanroom.documents.agreement import AlignmentProfile
from cleanroom.documents.document import Document, Hex128, Name


class AlignmentDocument(Document):
    """Name the datasets of a brand and a platform whose people are to be joined."""

    room: Hex128
    brand: Name
    platform: Name
    profile: AlignmentProfile
    brand_datasets: tuple[Hex128, ...] = Field(min_length=1)
    platform_datasets: tuple[Hex128, ...] = Field(min_length=1)
    nonce: Hex128
