"""A standing question: what is asked, of which lines of datasets, and at which times."""

from __future__ import annotations

from typing import Final, Literal, Self

from pydantic import Field, model_validator

from cleanroom.documents.document import (
    LARGEST,
    Count,
    Document,
    First,
    Hex128,
    Hex256,
    Interchangeable,
    Name,
    SealedHex,
    Text,
    Whole,
)

MOST_RUNS: Final = 1000
"""Times that one standing question may be asked."""

LEAST_EVERY: Final = 60
"""Seconds between two runs at the least."""


class Line(Document):
    """A dataset through all its versions: whose it is, and its name."""

    party: Name
    name: Name


class StandingDocument(Document):
    """Ask one question about two lines of datasets, again and again.

    Run ``n`` is due ``n * every`` seconds after ``first``, and asked before the next one is due;
    none is due after ``until`` (all in Unix seconds).  It is about the newest versions of both
    lines that are aligned then.  The parameters ``start`` and ``end``, where the template has
    them, move along with the runs.

    ``private`` and ``sealed`` hold what only the two parties may read, as in a job's document.
    """

    version: First = 1
    room: Hex128
    name: Name
    template: Name
    brand: Line
    platform: Line
    receiver: Literal["brand", "platform"]
    submitter: Literal["brand", "platform"]
    parameters: Interchangeable = Field(default_factory=dict)
    rho: float | None = Field(default=None, gt=1e-9, le=100)
    private: Hex256 | None = None
    sealed: SealedHex = ""
    purpose: Text | None = Field(default=None, exclude_if=lambda one: one is None)
    """What the answers are for, as in a job's document."""
    agreement: Hex256 | None = None
    """The digest of the amendment in force; None under a room's first agreement."""
    first: Whole
    every: int = Field(ge=LEAST_EVERY, le=1 << 31)
    until: Whole
    nonce: Hex128
    """Random, so that the same may be declared again once it was stopped."""

    @model_validator(mode="after")
    def _check_runs(self) -> Self:
        if not 0 <= self.first <= self.until:
            raise ValueError("until is not before first")
        if self.runs > MOST_RUNS:
            raise ValueError(f"a standing question is asked {MOST_RUNS:,} times at most")
        if self.closes(self.runs - 1) > LARGEST:
            raise ValueError("the last run closes too late")
        return self

    @property
    def runs(self) -> int:
        """Return how many times it is asked."""
        return (self.until - self.first) // self.every + 1

    def due(self, run: int) -> int:
        """Return the second from which a run may be asked."""
        return self.first + run * self.every

    def closes(self, run: int) -> int:
        """Return the second from which a run that was not asked is missed."""
        return self.due(run + 1)

    def present(self, now: float) -> int | None:
        """Return the run that is to be asked at a time; None before the first and after the last.

        No dataset and no answer decides it, the time alone.
        """
        run = int(now - self.first) // self.every
        return run if now >= self.first and run < self.runs else None

    def lines(self) -> tuple[tuple[str, str], tuple[str, str]]:
        """Return both lines as party and name, the brand's first."""
        found = (self.brand, self.platform)
        return (found[0].party, found[0].name), (found[1].party, found[1].name)

    def party(self, side: str) -> str:
        """Return who is on a side."""
        return self.brand.party if side == "brand" else self.platform.party


class Run(Document):
    """The standing question that a job is a run of, by its digest, and which run it is."""

    standing: Hex256
    run: Count
