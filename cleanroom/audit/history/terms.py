"""Work out once what the signed documents say of all jobs of one kind."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cleanroom.documents.job import JobDocument
from cleanroom.room.jobs import Asked, public_facts


@dataclass(frozen=True)
class Terms:
    """The plan and the price of jobs that differ in nothing but name and sealed values."""

    asked: Asked

    @property
    def document(self) -> JobDocument:
        """Return what all these jobs ask; its name and its sealed values mean nothing."""
        return self.asked.job

    @cached_property
    def parties(self) -> dict[str, str]:
        """Return who is on which side."""
        return self.asked.parties

    @cached_property
    def facts(self) -> dict[str, Any]:
        """Return what the plan tells; ``PolicyRefusal`` if the agreement does not allow it."""
        return public_facts(self.asked)

    @cached_property
    def messages(self) -> dict[str, set[str]]:
        """Return the messages that each side's approval carries."""
        return {side: set(self.asked.shapes(side)) for side in self.document.sides}

    @property
    def value_side(self) -> str | None:
        """Return whose values are summed, None if none are."""
        return self.asked.plan.value_side if self.asked.plan.slots else None
