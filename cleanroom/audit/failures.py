"""Say which entry of a log is the first that does not hold."""

from __future__ import annotations

from cleanroom.errors import AuditFailure


class BadEntry(AuditFailure):
    """Name the first entry that does not hold, and why; ``index`` counts from 0."""

    def __init__(self, reason: str, index: int) -> None:
        super().__init__(reason, index)
        self.reason = reason
        self.index = index

    @property
    def sentence(self) -> str:
        """Return the one sentence that says what happened."""
        return f"Entry {self.index}: {self.reason}"

    def __str__(self) -> str:
        return self.sentence


def require(condition: bool, index: int, reason: str) -> None:
    """Raise ``BadEntry`` unless the condition holds."""
    if not condition:
        raise BadEntry(reason, index)
