"""Name everything that a user may be told, with a stable type and an exit code.

Every error carries one clear sentence and never a row's identifier, a key or a token.  The
statuses of HTTP live in ``api.problems`` alone.
"""

from __future__ import annotations

import errno
from typing import ClassVar, Final


class CleanroomError(Exception):
    """Stand above every refusal and failure that the product raises on purpose.

    ``type`` is a URN that never changes, ``title`` a few words for a heading, ``exit_code`` what
    the command line ends with.
    """

    type: ClassVar[str] = "urn:cleanroom:problem:internal"
    title: ClassVar[str] = "Something went wrong"
    exit_code: ClassVar[int] = 1

    @property
    def sentence(self) -> str:
        """Return the one sentence that says what happened."""
        return str(self.args[0]) if self.args else self.title


class InvalidInput(CleanroomError):  # noqa: N818 - names say what happened, not "Error"
    """Refuse what the user gave, say where it stands and how to get out.

    ``row`` is the line of a text file (the header is line 1) or the row of a binary one (the
    first row is 1), so that an editor finds it.
    """

    type = "urn:cleanroom:problem:invalid-input"
    title = "The input is not valid"
    exit_code = 2

    def __init__(
        self,
        sentence: str,
        file: str | None = None,
        row: int | None = None,
        column: str | None = None,
        remedy: str | None = None,
    ) -> None:
        super().__init__(sentence, file, row, column, remedy)
        self.file = file
        self.row = row
        self.column = column
        self.remedy = remedy

    @property
    def place(self) -> str:
        """Return where the fault stands, as ``file:row [column]``, empty when it is unknown."""
        where = ":".join(str(part) for part in (self.file, self.row) if part is not None)
        column = f"[{self.column}]" if self.column is not None else ""
        return " ".join(part for part in (where, column) if part)

    def __str__(self) -> str:
        text = f"{self.place}: {self.sentence}" if self.place else self.sentence
        return f"{text} {self.remedy}" if self.remedy else text


class Unaligned(InvalidInput):
    """Refuse a question whose datasets no alignment joins; they are named as ``align`` does."""

    def __init__(self, brand: str = "BRAND_DATASET", platform: str = "PLATFORM_DATASET") -> None:
        super().__init__(
            "The two datasets are not aligned yet.",
            remedy=f"Run: cleanroom align {brand} {platform}",
        )


class PolicyRefusal(CleanroomError):  # noqa: N818
    """Refuse what the agreement does not allow; ``rule`` names the rule that refused it.

    ``missing`` names what the agreement would have to grant, where granting it would help.
    """

    type = "urn:cleanroom:problem:policy"
    title = "The policy refuses this"
    exit_code = 3

    def __init__(self, sentence: str, rule: str, missing: str = "") -> None:
        super().__init__(sentence, rule, missing)
        self.rule = rule
        self.missing = missing

    def __str__(self) -> str:
        return self.sentence


class BudgetExhausted(PolicyRefusal):
    """Refuse a question whose price exceeds what is left of the privacy budget."""

    type = "urn:cleanroom:problem:budget-exhausted"
    title = "The privacy budget does not cover this"

    def __init__(self, sentence: str, rule: str = "rho-budget") -> None:
        super().__init__(sentence, rule)


class PeerFault(CleanroomError):  # noqa: N818
    """Blame the peer or the mediator: it broke the protocol."""

    type = "urn:cleanroom:problem:peer-fault"
    title = "The other side broke the protocol"
    exit_code = 4


class Unreachable(CleanroomError):  # noqa: N818
    """Say that the peer or the mediator does not answer; trying again later may help."""

    type = "urn:cleanroom:problem:unreachable"
    title = "The other side cannot be reached"
    exit_code = 4


class Unauthenticated(CleanroomError):  # noqa: N818
    """Refuse a request whose signature, key or nonce does not hold, without saying which."""

    type = "urn:cleanroom:problem:unauthenticated"
    title = "The request is not authenticated"
    exit_code = 4


class AuditFailure(CleanroomError):  # noqa: N818
    """Say that the log, a checkpoint or a receipt does not verify."""

    type = "urn:cleanroom:problem:audit-failure"
    title = "The audit check failed"
    exit_code = 5


class NotFound(CleanroomError):  # noqa: N818
    """Say that there is no such thing, or that the caller may not know of it."""

    type = "urn:cleanroom:problem:not-found"
    title = "Not found"
    exit_code = 2


class Conflict(CleanroomError):  # noqa: N818
    """Refuse a step that the present state does not allow; ``rule`` names the reason.

    ``remedy`` says the next step, where there is one.
    """

    type = "urn:cleanroom:problem:conflict"
    title = "The current state does not allow this"
    exit_code = 2

    def __init__(self, sentence: str, rule: str, remedy: str | None = None) -> None:
        super().__init__(sentence, rule, remedy)
        self.rule = rule
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.sentence} {self.remedy}" if self.remedy else self.sentence


def refuse_unless(condition: bool, sentence: str, rule: str, missing: str = "") -> None:
    """Raise ``PolicyRefusal`` with the rule's name unless the condition holds."""
    if not condition:
        raise PolicyRefusal(sentence, rule, missing)


FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""What the system says where a disk is full."""
GO_ON: Final = (
    "What was complete is kept, and nothing half-written is used. "
    "Make room there, and do the same again; an agent does so by itself."
)


def of_system(error: OSError) -> tuple[str, int]:
    """Return the sentence and the exit code of what the operating system refused.

    A path is the user's own; without one, the disk is full or broken rather than the input wrong.
    """
    what = error.strerror or type(error).__name__
    if error.errno in FULL:
        return f"{error.filename}: {what}. {GO_ON}" if error.filename else f"{what}. {GO_ON}", 1
    return (f"{error.filename}: {what}.", 2) if error.filename else (f"{what}.", 1)
