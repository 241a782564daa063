"""What the mediator tells the receiver of an answer: which groups, never their numbers."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from cleanroom.documents.document import (
    Count,
    Document,
    Hex128,
    Hex256,
    Name,
    Positive,
    Real,
    Text,
    Whole,
)


class ReleasedCell(Document):
    """One released group: where its sums stand, its cell (-1 for other), how many are pooled."""

    position: Count
    cell: Annotated[Whole, Field(ge=-1)]
    pooled: Positive


class ReleasedLabel(Document):
    """The sealed name of one label of a released group: its column, its code in the domain."""

    column: Text
    code: Count
    sealed: Annotated[str, StringConstraints(max_length=1024)]


class SuppressionRule(Document):
    """How many groups a rule suppressed and the least noised count that would have passed."""

    rule: Name
    groups: Whole
    needed: Whole


class ReleaseDocument(Document):
    """The head of an answer; its digest is in the log and in the receiver's receipt.

    ``people`` and ``measures`` are the SHA-256 of the released ciphertexts.
    """

    job: Hex128
    groups: tuple[ReleasedCell, ...]
    labels: tuple[ReleasedLabel, ...]
    suppressed: Count
    rules: tuple[SuppressionRule, ...]
    rho_left: Real
    people: Hex256
    measures: Hex256 | None = None
