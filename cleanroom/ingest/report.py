"""Say what a file holds before anything is sent: what is usable, what is not, and why."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from cleanroom.errors import InvalidInput
from cleanroom.ingest.cost import Cost

EMPTY_ROW = "the row is empty in every column that is looked at, which is no fault"
"""Why a row is left out in which nothing stands, as spreadsheets leave them below the last one."""


@dataclass(frozen=True)
class Fault:
    """Count the rows that share a reason; ``examples`` are places of the first ones.

    ``sample`` is the first one's cell, masked.
    """

    reason: str
    rows: int
    examples: tuple[int, ...]
    sample: str | None = None


@dataclass(frozen=True)
class Duplicates:
    """Count the rows beyond a person's first, or a key's; ``rule`` is what is done with them.

    ``first`` holds the places of the first two rows of one person or key.  ``differing`` rows
    have their key in common with an earlier row, and something else not.
    """

    rows: int
    rule: str
    first: tuple[int, ...]
    differing: int = 0


@dataclass(frozen=True)
class Concern:
    """Point at what is probably not meant: ``rows`` of ``of``, first at ``places``.

    ``kind`` says what: a column ``declared`` as one thing that looks like another (``seen``),
    or what else ``cleanroom.ingest.concerns`` notices.  An identifier is given masked only.
    """

    kind: str
    column: str
    rows: int
    of: int
    declared: str = ""
    seen: str = ""
    places: tuple[int, ...] = ()


@dataclass(frozen=True)
class LabelCount:
    """Count the usable rows that have one value of a label."""

    value: str
    rows: int


@dataclass(frozen=True)
class UnreadColumn:
    """Name a column that is not read, and what its cells are if they have few values.

    The most frequent comes first; values that look like identifiers are masked.
    """

    column: str
    values: tuple[LabelCount, ...] = ()


@dataclass(frozen=True)
class LeftOut:
    """Count the rows without any value that ``keep`` names for a column, and what they have."""

    column: str
    rows: int
    values: tuple[LabelCount, ...] = ()


@dataclass(frozen=True)
class Found:
    """Count something, with the first one of it, masked, and the places of rows that have it."""

    count: int
    sample: str | None = None
    places: tuple[int, ...] = ()


@dataclass(frozen=True)
class KindOfIdentifier:
    """Sum up one of several kinds of identifiers.

    ``rows`` have one that can be used and ``people`` keep one.  ``faults`` are cells that cannot
    be used in rows that can, empty ones left out.  ``joined`` counts the records that became part
    of another by this kind, ``dropped`` the identifiers that several people carry, and ``spare``
    those beyond a person's first.
    """

    column: str
    profile: str
    rows: int
    people: int
    faults: tuple[Fault, ...]
    joined: Found
    dropped: Found
    spare: int


@dataclass(frozen=True)
class Identity:
    """Say how the rows of one person were found, by which named rules, kind by kind."""

    rules: str
    kinds: tuple[KindOfIdentifier, ...]


@dataclass(frozen=True)
class Times:
    """Hold the first and the last usable time of events, as the clocks of a zone showed them."""

    first: str
    last: str
    zone: str


@dataclass(frozen=True)
class Total:
    """Hold the sum, the least and the greatest value that count of a measure, as its file has."""

    sum: str
    least: str
    greatest: str


@dataclass(frozen=True)
class Report:
    """Sum up one file, for its owner only.

    ``rows`` are the ``usable``, the ``unusable`` (with a fault), the duplicates and those that
    ``keep`` leaves out, which ``left_out`` counts by the first column that does.  ``people`` are
    distinct.  ``unread`` are the columns that are not read.
    ``unit`` is "line" for text (the header is line 1) and "row" for Parquet (from 1): it is what
    ``examples`` count.  ``refusals`` are reasons to take nothing of the file;
    ``concerns`` refuse nothing.  ``labels`` holds every label column's values, the most frequent
    first; those of a column that looks like identifiers are masked.  ``identity`` is there where
    people have several identifiers, ``times`` where rows are events.  ``totals`` are of the rows
    that count, of each measure that has some; clamped values count as such.  ``most_rows`` holds,
    for each column of identifiers, those that the most rows have, masked (digests are empty), if
    several have one.
    """

    file: str
    unit: str
    rows: int
    usable: int
    people: int
    faults: tuple[Fault, ...]
    duplicates: Duplicates | None
    clamped: dict[str, int]
    domains: dict[str, int]
    cost: Cost
    refusals: tuple[Fault, ...] = ()
    concerns: tuple[Concern, ...] = ()
    labels: dict[str, tuple[LabelCount, ...]] = field(default_factory=dict)
    identity: Identity | None = None
    left_out: tuple[LeftOut, ...] = ()
    unread: tuple[UnreadColumn, ...] = ()
    times: Times | None = None
    totals: dict[str, Total] = field(default_factory=dict)
    most_rows: dict[str, tuple[LabelCount, ...]] = field(default_factory=dict)

    @property
    def unusable(self) -> int:
        """Return the number of rows that are left out because of a fault."""
        return sum(fault.rows for fault in self.faults)

    def check(self) -> None:
        """Raise ``InvalidInput`` with the first refusal, if there is one."""
        if not self.refusals:
            return
        first = self.refusals[0]
        row = first.examples[0] if first.examples else None
        text = self.sentence(first)
        if not self.usable and self.faults:
            # That no row is usable says nothing of why.
            text = f"{text} {self.sentence(self.faults[0])}"
            row = row or self.faults[0].examples[0]
        raise InvalidInput(text, file=self.file, row=row)

    def sentence(self, fault: Fault) -> str:
        """Return a fault as a sentence with its places."""
        text = f"{fault.rows:,} {'row' if fault.rows == 1 else 'rows'}: {fault.reason}"
        return f"{text} ({self.places(fault)})." if fault.examples else f"{text}."

    def places(self, fault: Fault) -> str:
        """Return where the examples of a fault stand, such as ``lines 7, 12, …``."""
        unit = self.unit if len(fault.examples) == 1 else self.unit + "s"
        more = ", …" if fault.rows > len(fault.examples) else ""
        return f"{unit} {', '.join(map(str, fault.examples))}{more}"

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain values."""
        found = asdict(self) | {"unusable": self.unusable}
        if self.identity is None:  # what a file with one identifier says stays as it was
            del found["identity"]
        return found
