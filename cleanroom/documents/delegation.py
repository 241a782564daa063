"""A brand's word that an agency may ask for it: what, about which data, until when, how much."""

from __future__ import annotations

from typing import Final

from pydantic import Field

from cleanroom.documents.document import (
    Document,
    First,
    Hex128,
    Name,
    Positive,
    SealedHex,
    Whole,
)

MOST_COVERED: Final = 64
"""Most datasets, and most templates, that one delegation names."""


class Covered(Document):
    """One dataset that an agency may ask about: whose it is, and its name."""

    party: Name
    dataset: Name


class Delegation(Document):
    """Let an agency ask in a brand's place; signed by the brand, which can take it back.

    Nothing is covered that is not named.  ``number`` counts the delegations of a brand in a room,
    so that none can be granted twice.
    """

    version: First = 1
    room: Hex128
    number: Positive
    brand: Name
    agency: Name
    datasets: tuple[Covered, ...] = Field(min_length=2, max_length=MOST_COVERED)
    """The brand's own, and those of others that they may be joined with."""
    templates: tuple[Name, ...] = Field(min_length=1, max_length=MOST_COVERED)
    rho: float = Field(gt=1e-9, le=1000)
    """What all questions under it may spend together of the ledgers that they are charged to."""
    ends: Whole
    """Unix seconds from which on nothing is asked under it."""

    def covers(self, party: str, dataset: str) -> bool:
        """Tell whether a dataset may be asked about."""
        return any((one.party, one.dataset) == (party, dataset) for one in self.datasets)


class Behalf(Document):
    """Say which agency asks a question in a brand's place, and under which delegation.

    ``sealed`` are the question's private parameters once more, sealed to the brand: those in the
    question are sealed to the platform.
    """

    agency: Name
    delegation: Hex128
    sealed: SealedHex = ""
