"""Say until when something is kept.  The mediator, the agents and the verifier call the same."""

from __future__ import annotations

from typing import Final

from cleanroom.documents.agreement import Policy
from cleanroom.errors import InvalidInput

TERMS: Final = {
    "datasets": "rows",
    "alignments": "alignments",
    "messages": "messages",
    "answers": "answers",
}
"""What the log names when its time is over, and the term that says when that is."""

WHY: Final = "retention"
"""The rule by which something ends because its time is over."""


def check(policy: Policy) -> None:
    """Raise ``InvalidInput`` for messages that would be kept longer than what comes of them."""
    terms = policy.retention
    if terms is not None and terms.messages > terms.answers:
        raise InvalidInput("retention: messages are kept no longer than the answers.")


def begun(policy: Policy, noun: str, now: int) -> int | None:
    """Return when what is over at a time began at the latest; None where nothing ever is.

    All in Unix seconds.
    """
    terms = policy.retention
    return None if terms is None else now - int(getattr(terms, TERMS[noun]))


def end(policy: Policy, noun: str, since: int) -> int | None:
    """Return the Unix second at which something that began then is over; None for never."""
    terms = policy.retention
    return None if terms is None else since + int(getattr(terms, TERMS[noun]))
