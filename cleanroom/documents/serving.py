"""What is served to a platform for single people: the terms of it, and each publication."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from cleanroom.documents.document import (
    ColumnName,
    Document,
    Hex128,
    Hex256,
    Name,
    Positive,
    Text,
)
from protocols.limits import VOPRF_LABELS

Place = Annotated[int, Field(ge=0, lt=1000)]
"""The place of a grant in its agreement, from zero."""

Minute = Annotated[int, Field(ge=0, lt=1 << 40)]
"""A minute, counted from 1970 in UTC."""

MOST_ENTRIES = 20_000_000


class ServingTerms(Document):
    """What a platform may ask about single people, how often and until when."""

    platform: Name
    audience: Name
    """The brand's dataset whose people are told from others."""
    label: ColumnName | None = None
    """The column whose value is told; None tells that somebody is in the audience."""
    values: tuple[Text, ...] = Field(min_length=1, max_length=VOPRF_LABELS)
    """What is told, in the order of the codes; people with any other value count as not in it."""
    where: tuple[Text, ...] = Field(default=(), max_length=16, exclude_if=lambda texts: texts == ())
    """Conditions on the audience's own labels, of a segment or written out: nobody else of it is
    served.  Left out where there is none, so that an agreement of before keeps its digest."""
    entries: int = Field(ge=64, le=MOST_ENTRIES)
    """Size of the published table, whatever the size of the audience."""
    per_second: Positive
    per_day: Positive
    ends: Positive
    """Unix seconds."""


class Publication(Document):
    """One version of what is served under a grant: the key of its answers and its table."""

    room: Hex128
    grant: Place
    number: Positive
    dataset: Hex128
    public_key: Hex256
    table: Hex256
    """SHA-256 of the table's bytes."""
    nonce: Hex128
