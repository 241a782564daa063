"""Describe a party's file: which column is what, and what a value may be.

These are the ``[datasets.<party>.<name>]`` sections of ``room.toml``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Literal, Self, cast

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StringConstraints,
    WrapValidator,
    field_validator,
    model_validator,
)

from cleanroom.ingest.clock import (
    DAYS,
    UNITS,
    Clock,
    Repeated,
    compile_pattern,
    find_zone,
)
from cleanroom.ingest.identifier_spec import (
    NAME_LENGTH,
    IdentifierSpec,
    Name,
    Section,
    one_or_several,
    printable,
    unpadded,
)
from cleanroom.ingest.seen import LABEL_LENGTH, UNKNOWN_LABEL, as_seen
from protocols.limits import MAXIMUM_DOMAIN, VALUE_LIMIT

KeptValue = Annotated[
    str,
    StringConstraints(max_length=LABEL_LENGTH),
    AfterValidator(unpadded),
    AfterValidator(as_seen),
    AfterValidator(printable),
]
"""A value of a column by which rows are kept, ``as_seen``; the empty one stands for no value."""


def _shown(value: str) -> str:
    if not value:
        raise ValueError("shows nothing")
    return value


LabelValue = Annotated[KeptValue, AfterValidator(_shown)]
"""A value of a label, ``as_seen`` as those of a file are: printable, at most 128 characters."""


class NumberSpec(Section):
    """Name a column of numbers and how they are written.

    ``1.234,56`` has ``decimal = ","`` and ``thousands = "."``.  Without either, numbers are
    ``1234.56``, and a file is refused if that may be wrong.
    """

    column: Name
    decimal: Literal[".", ","] | None = None
    thousands: Literal[".", ",", " ", "'"] | None = None

    @model_validator(mode="after")
    def _check_notation(self) -> Self:
        if self.thousands is not None and self.thousands == (self.decimal or "."):
            raise ValueError("decimal and thousands are two different signs: declare both")
        return self


class MeasureSpec(NumberSpec):
    """Bound a measure in the unit of the file; ``decimals`` makes it an exact integer.

    With ``decimals = 2`` the cell ``19.99`` is the integer 1999.  ``min`` and ``max`` are per
    person in an audience (after duplicates are summed) and per row in events.
    """

    min: Decimal = Decimal(0)
    max: Decimal
    decimals: Annotated[int, Field(ge=0, le=9)] = 0
    out_of_range: Literal["clamp", "reject"] = "clamp"

    @property
    def scale(self) -> int:
        """Return how many integer units are one unit of the file."""
        return int(10**self.decimals)

    @property
    def scaled_min(self) -> int:
        """Return the least value as an integer."""
        return int(self.min * self.scale)

    @property
    def scaled_max(self) -> int:
        """Return the greatest value as an integer."""
        return int(self.max * self.scale)

    @property
    def bound(self) -> int:
        """Return the greatest magnitude as an integer: the sensitivity of one row."""
        return max(abs(self.scaled_min), abs(self.scaled_max))

    @model_validator(mode="after")
    def _check_range(self) -> Self:
        if self.min >= self.max:
            raise ValueError(f"min ({self.min}) must be less than max ({self.max})")
        for name, value in (("min", self.min), ("max", self.max)):
            if abs(value) * self.scale >= VALUE_LIMIT:
                raise ValueError(f"{name} with {self.decimals} decimals must stay below 2^61")
            if value * self.scale != int(value * self.scale):
                raise ValueError(f"{name} has more than the declared {self.decimals} decimals")
        return self


class BucketSpec(NumberSpec):
    """Cut a column of numbers into labels at rising ``edges``, each the first of its bucket.

    Edges 0, 100 and 500 give the labels ``0-100`` (0 is in it, 100 is not), ``100-500`` and
    ``500+``.  A number below the first edge is unusable, unless that is ``-inf``: then the first
    label is ``<`` and the second edge.
    """

    edges: tuple[Annotated[Decimal, Field(allow_inf_nan=True)], ...] = Field(min_length=1)

    @property
    def labels(self) -> tuple[str, ...]:
        """Return the label of every bucket, the lowest first."""
        ends = (*self.edges[1:], None)
        return tuple(_bucket(low, end) for low, end in zip(self.edges, ends, strict=True))

    @model_validator(mode="after")
    def _check_edges(self) -> Self:
        finite = self.edges[1:] if self.edges[0] == -Decimal("inf") else self.edges
        if not finite:
            raise ValueError("edges needs a number besides -inf")
        for edge in finite:
            if not edge.is_finite():
                raise ValueError("an edge is a number; the first one may be -inf")
            if abs(edge) >= MOST_EDGE or edge != edge.quantize(LEAST_STEP):
                raise ValueError(f"edge {edge} has more than nine decimals, or is 10^9 or more")
        if any(low >= high for low, high in pairwise(finite)):
            raise ValueError("edges must rise")
        if len(self.edges) >= MAXIMUM_DOMAIN:
            raise ValueError(f"there are fewer than {MAXIMUM_DOMAIN} edges")
        return self


MOST_EDGE = 10**9
MOST_KEPT = 256
LEAST_STEP = Decimal("1e-9")


def _bucket(low: Decimal, end: Decimal | None) -> str:
    """Name the bucket from one edge up to the next; negative numbers need another sign between."""
    if end is None:
        return f"{_plainly(low)}+"
    if not low.is_finite():
        return f"<{_plainly(end)}"
    return f"{_plainly(low)}{' to ' if low < 0 else '-'}{_plainly(end)}"


def _plainly(edge: Decimal) -> str:
    return f"{edge.normalize() + 0:f}"


class ActionSpec(Section):
    """Name the column that tells clicks from views, and its two values."""

    column: Name
    click: LabelValue
    view: LabelValue

    @model_validator(mode="after")
    def _check_distinct(self) -> Self:
        if self.click == self.view:
            raise ValueError("click and view must be two different values")
        return self


class TimeSpec(Section):
    """Name the column of an event's time, and how it is written.

    ``format`` is a pattern such as ``%Y-%m-%d %H:%M``, a unit of Unix time or
    ``spreadsheet-days``; without one, cells are Unix seconds or ISO 8601.  ``zone`` is where local
    times were taken; ``repeated`` says which of two equal local times is meant when clocks go
    back.
    """

    column: Name
    format: Annotated[str, StringConstraints(min_length=1, max_length=NAME_LENGTH)] | None = None
    zone: Annotated[str, StringConstraints(min_length=1, max_length=NAME_LENGTH)] | None = None
    repeated: Repeated = "reject"

    @property
    def clock(self) -> Clock | None:
        """Return what reads local times, if a zone is declared."""
        return Clock(find_zone(self.zone), self.repeated) if self.zone else None

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        if self.zone is not None:
            find_zone(self.zone)
        elif self.repeated != "reject":
            raise ValueError("repeated is for local times: declare their zone")
        if self.format is not None:
            self._check_format(self.format)
        return self

    def _check_format(self, pattern: str) -> None:
        absolute = pattern in UNITS
        if not absolute and pattern != DAYS:
            absolute = "z" in compile_pattern(pattern).groupindex
        if absolute and self.zone is not None:
            raise ValueError("zone is for local times: this format says the instant itself")
        if not absolute and self.zone is None:
            raise ValueError(
                'zone is missing: where is it that local time, such as "Asia/Shanghai"?'
            )


def _time_section(value: object) -> object:
    """Take a column's name alone for the section that holds nothing else."""
    return {"column": value} if isinstance(value, str) else value


SOURCES = ("duckdb", "spark", "sqlite", "postgresql", "snowflake", "bigquery", "flightsql")
"""What answers a query: DuckDB in this process, Spark, or a database through its ADBC driver."""


class DatasetSpec(Section):
    """Describe one file of a party: an audience (one row per person) or events (many).

    ``id`` is one identifier's section or a list of up to three, of different kinds: read ``ids``.
    ``buckets`` are labels cut from columns of numbers.  ``domains`` declares a label's values in
    advance, so that the values that happen to occur are not told.  ``duplicates`` is for audiences
    alone, and ``key`` for events: of the rows with one key, such as an order number, the first
    counts.  Of a column in ``keep`` a row has to have one of the values, or it is left out.
    ``partners`` are the members whose data it may be joined with, if not all.

    ``file`` is a file, a folder, a pattern or a URL.  In its stead ``query`` is a SELECT that
    ``source`` answers: ``duckdb``, ``duckdb:FILE``, ``sqlite:FILE`` or the address of a database.
    """

    file: Annotated[str, StringConstraints(max_length=4096)] = ""
    query: Annotated[str, StringConstraints(min_length=1, max_length=65_536)] | None = None
    source: Annotated[str, StringConstraints(min_length=1, max_length=4096)] = "duckdb"
    kind: Literal["audience", "events"]
    id: Annotated[IdentifierSpec, WrapValidator(one_or_several)]
    labels: tuple[Name, ...] = ()
    buckets: dict[Name, BucketSpec] = Field(default_factory=dict)
    domains: dict[Name, tuple[LabelValue, ...]] = Field(default_factory=dict)
    duplicates: Literal["reject", "first", "sum"] = "reject"
    measures: dict[Name, MeasureSpec] = Field(default_factory=dict)
    time: Annotated[TimeSpec, BeforeValidator(_time_section)] | None = None
    key: Name | None = None
    action: ActionSpec | None = None
    keep: dict[
        Name, Annotated[tuple[KeptValue, ...], Field(min_length=1, max_length=MOST_KEPT)]
    ] = Field(default_factory=dict, max_length=8)
    partners: tuple[Name, ...] = ()

    @field_validator("file")
    @classmethod
    def _check_file(cls, file: str) -> str:
        if not file.isprintable():
            # What "data\brand.csv" is in TOML, where \b is a control character.
            raise ValueError("does not print: write a backslash twice, or a path with /")
        return printable(file)

    @field_validator("file", "source")
    @classmethod
    def _check_address(cls, address: str) -> str:
        if "@" in address.partition("://")[2]:
            raise ValueError("names a user: leave names and passwords to the environment")
        return address

    @field_validator("labels")
    @classmethod
    def _check_labels(cls, labels: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(labels)) != len(labels):
            raise ValueError("names a column twice")
        return labels

    @field_validator("domains")
    @classmethod
    def _check_domains(cls, domains: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        for column, values in domains.items():
            if not 0 < len(values) <= MAXIMUM_DOMAIN:
                raise ValueError(f"{column} needs 1 to {MAXIMUM_DOMAIN} values")
            if len(set(values)) != len(values):
                raise ValueError(f"{column} names a value twice")
        return domains

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        if bool(self.file) == bool(self.query):
            raise ValueError("has either a file or a query")
        if self.source.partition(":")[0] not in SOURCES:
            raise ValueError(f"source begins with one of {', '.join(SOURCES)}")
        if self.query is None and self.source != type(self).model_fields["source"].default:
            raise ValueError("source is for a query: a file is named only by file")
        stray = sorted(set(self.domains) - set(self.labels))
        if stray:
            raise ValueError(f"domains names {stray[0]}, which is not among the labels")
        twice = sorted(set(self.buckets) & set(self.labels))
        if twice:
            raise ValueError(f"{twice[0]} is among the labels and the buckets")
        if self.buckets and self.duplicates == "sum":
            raise ValueError("buckets are cut from one row: add up a person's rows beforehand")
        if self.kind == "audience" and self.key is not None:
            raise ValueError("key is for events: an audience has one row per person")
        if self.kind == "events" and self.duplicates != "reject":
            raise ValueError("duplicates is for audiences: events have many rows per person")
        return self

    @property
    def ids(self) -> tuple[IdentifierSpec, ...]:
        """Return the sections of the identifiers, one for most files."""
        found = cast("IdentifierSpec | tuple[IdentifierSpec, ...]", self.id)
        return found if isinstance(found, tuple) else (found,)

    @property
    def origin(self) -> str:
        """Return how the data is called where people read of it."""
        return self.file or "the query"

    @property
    def profiles(self) -> tuple[str, ...]:
        """Return the profile of each identifier."""
        return tuple(one.profile for one in self.ids)

    @property
    def label_names(self) -> tuple[str, ...]:
        """Return the label columns of the dataset: those of the file, then the buckets."""
        return (*self.labels, *self.buckets)

    @property
    def summed(self) -> tuple[str, ...]:
        """Return the columns of numbers, if every usable row is added up."""
        every = self.duplicates != "first"
        return tuple({m.column: "" for m in self.measures.values()}) if every else ()

    @property
    def is_path(self) -> bool:
        """Tell whether the data is named by a path on this machine: by no query and no address."""
        return self.query is None and "://" not in self.file

    @property
    def undeclared(self) -> tuple[str, ...]:
        """Return the labels whose values are not declared: others would see how many occur."""
        return tuple(name for name in self.labels if name not in self.domains)

    def domains_line(self, found: Mapping[str, Iterable[str]]) -> str:
        """Return the line of ``room.toml`` that declares every label, from the values found."""
        columns = {
            name: self.domains.get(name) or sorted(set(found.get(name, ())) - {UNKNOWN_LABEL})
            for name in self.labels
        }
        listed = (
            f"{json.dumps(name, ensure_ascii=False)} = "
            f"{json.dumps(list(values) or ['...'], ensure_ascii=False)}"
            for name, values in columns.items()
        )
        return f"domains = {{ {', '.join(listed)} }}"

    @property
    def columns(self) -> tuple[str, ...]:
        """Return every column of the file that is read, each once, the identifier's first."""
        names = [
            *(one.column for one in self.ids),
            *self.labels,
            *(m.column for m in self.measures.values()),
        ]
        names += [bucket.column for bucket in self.buckets.values()]
        names += [self.time.column] if self.time else []
        names += [self.key] if self.key else []
        names += [self.action.column] if self.action else []
        names += self.keep
        return tuple(dict.fromkeys(names))
