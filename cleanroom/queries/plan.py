"""What a question compiles to: the small plan that the mediator and both agents check and run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Literal

from cleanroom.documents.agreement import SIDES, Agreement, PartyRole, other_side
from cleanroom.documents.dataset import Manifest
from cleanroom.documents.job import JobDocument
from cleanroom.errors import InvalidInput, PolicyRefusal
from cleanroom.privacy.noise import Delta, NoiseSpec
from cleanroom.privacy.release import tau
from cleanroom.queries.margin import Margin
from protocols import limits

if TYPE_CHECKING:
    from cleanroom.queries.hub import Hub

LEAST_ROWS = 64
"""Fewest rows of a job that a side sends."""

HUB: PartyRole = "brand"
"""The side of the hub in templates that count a brand's own people alone."""

ANY = ""
"""Stands in a group's key for a column that its table leaves out; no label is empty."""

UNMET, MET = "other", "outcome"
"""End the key of a group of a plan with tables: whom it counts."""

MOST_COMBINATIONS = 1 << 62
"""Combinations of all columns of a plan with tables are numbered in 64 bits."""


@dataclass(frozen=True)
class Column:
    """Name a label column of one side, written ``platform.age_band``."""

    side: PartyRole
    name: str

    @classmethod
    def parse(cls, text: str) -> Column:
        """Read ``side.column``; raise ``InvalidInput`` for anything else."""
        side, dot, name = text.partition(".")
        if side == "brand" and dot and name:
            return cls("brand", name)
        if side == "platform" and dot and name:
            return cls("platform", name)
        raise InvalidInput(f"'{text}' names no column: write brand.COLUMN or platform.COLUMN")

    def __str__(self) -> str:
        return f"{self.side}.{self.name}"


def in_cell_order(columns: Iterable[Column]) -> tuple[Column, ...]:
    """Return columns in the order in which a cell's number counts them: brand first."""
    listed = tuple(columns)
    return tuple(column for side in SIDES for column in listed if column.side == side)


@dataclass(frozen=True)
class Slot:
    """One measure that is summed: its place in the packed row and what one person can add.

    ``bound`` is the largest magnitude that one row can hold and ``delta`` the change of all sums
    of this measure when one person comes or goes, both in scaled integer units.  ``unit`` is that
    of the sum in an answer (``cleanroom.words.units``): ``sum`` is the file's own, and nothing
    stands for a sum that no answer shows as such.
    """

    measure: str
    slot: int
    decimals: int
    bound: int
    delta: Delta
    unit: str = "sum"


@dataclass(frozen=True)
class BaseCounts:
    """Ask a side for counts over its own whole dataset, by labels, public or noised."""

    side: PartyRole
    columns: tuple[str, ...]
    public: bool


@dataclass(frozen=True)
class Made:
    """Bound the rows that each side makes for a job, and the platform's credit vectors.

    The bounds follow from documents alone and hold for every file behind them, so that a number
    of rows padded up to its bound tells nothing.
    """

    brand: int
    platform: int
    vectors: int = 1

    def rows(self, side: PartyRole) -> int:
        """Return the bound of one side."""
        return max(LEAST_ROWS, self.brand if side == "brand" else self.platform)


@dataclass(frozen=True)
class Plan:
    """Say which rows meet, what groups them, what is summed and what one person can change.

    ``source`` is "audience" if the uploaded rows of the two datasets are matched by the tokens
    of the alignment, and "job" if both sides make rows for this job alone.  ``cells`` is the
    number of groups that can come out; ``merged`` says that the agents send a map from pairs of
    labels to these.  ``nested`` says that a person of the brand has rows within rows, such as one
    for two conversions and one for each.  ``minimum`` raises k for this template.  ``brand_tokens``
    and ``platform_tokens`` are how many tokens a row carries (rows of a job only).  ``combine``
    sends the accumulators of all labels through the label owner's agent before anything is opened;
    ``activates`` tells the platform's agent which of its own rows matched.
    """

    source: Literal["audience", "job"]
    columns: tuple[Column, ...]
    cells: int
    value_side: PartyRole | None
    slots: tuple[Slot, ...]
    people_delta: Delta
    minimum: int = 1
    merged: bool = False
    base: tuple[BaseCounts, ...] = ()
    brand_tokens: int = 1
    platform_tokens: int = 1
    combine: bool = False
    nested: bool = False
    activates: bool = False
    units: int = 1
    """Parts in which people and slots of a plan that combines are counted."""
    rows: int = 1
    """Upper bound on the rows that can enter one sum."""
    made: Made | None = None
    """Bounds on the rows that the two sides make for the job (rows of a job only)."""
    parts: int = 0
    """Parts to which each conversion's credit is rounded; 0 where nothing is lost by it."""
    where: tuple[Column, ...] = ()
    """Columns with conditions on their labels; which labels, only the parties read."""
    outcome: tuple[Column, ...] = ()
    """Those of ``where`` whose conditions tell people with the outcome from the others; by the
    others of ``where`` people are left out."""
    margins: tuple[Margin, ...] = ()
    """Tables, each of which counts every matched person once; none for one table of all columns.
    A plan with tables counts uploaded people and sums nothing."""
    hub: Hub | None = None
    """What is counted of a hub's people over several other datasets; rows are made for the job."""
    of_identifiers: bool = False
    """Whether made rows are of identifiers: their persons are then places among these."""

    def __post_init__(self) -> None:
        if self.margins and (self.slots or self.merged or self.source == "job"):
            raise InvalidInput("several tables are counted over uploaded audiences, without sums")
        if self.cells > limits.MAXIMUM_CELLS:
            raise PolicyRefusal(
                f"the question has {self.cells} groups, more than {limits.MAXIMUM_CELLS}",
                rule="too-many-groups",
            )
        for slot in self.slots:
            if self.rows * slot.bound >= limits.VALUE_LIMIT:
                raise PolicyRefusal(
                    f"a sum of {slot.measure} could reach 2^61: lower its max or its decimals",
                    rule="sum-overflow",
                )

    @property
    def cell_columns(self) -> tuple[Column, ...]:
        """Return the columns in the order in which a cell's number counts them: brand first."""
        return in_cell_order(self.columns)

    @property
    def firsts(self) -> tuple[int, ...]:
        """Return the first cell of every table of a plan that counts people in several."""
        tables = tuple(range(self.cells)) if self.of_identifiers else ()  # each cell is one
        return self.hub.firsts if self.hub else tables or tuple(one.first for one in self.margins)

    @property
    def veiled(self) -> bool:
        """Tell whether every token has a label of its own, which a match alone opens."""
        return self.hub is not None and self.hub.credits > 0

    @property
    def named(self) -> bool:
        """Tell whether a side that does not receive names the labels of its rows of a job."""
        return self.hub is None or self.veiled

    @property
    def outputs(self) -> int:
        """Return how many ciphertexts leave the mediator, whatever is suppressed: + 1 for other."""
        return self.cells + 1

    def people_outputs(self, released: int) -> int:
        """Return how many counts of people leave the mediator if that many groups are released.

        In rows of a job as many as there are outputs: there nobody but the receiver may see how
        many groups passed.
        """
        return self.outputs if self.source == "job" else released


@dataclass(frozen=True)
class Charge:
    """What a job costs and how wide ONE share of its noise is, for people and for each slot.

    People are counted in parts of ``units`` and so is their noise; ``shares`` is how many shares
    of it a count carries when it is held against tau, and ``givers`` how many parties add one
    afterwards: each of those that do not receive.
    """

    rho: float
    k: int
    people: NoiseSpec
    slots: tuple[NoiseSpec, ...]
    units: int = 1
    shares: int = 1
    givers: int = 1

    @property
    def tau(self) -> int:
        """Return the least noised count of people with which a group is released."""
        return self.in_people(tau(self.k * self.units, self.people, self.shares))

    @property
    def whole_people(self) -> NoiseSpec:
        """Return the noise of one share in whole people."""
        return NoiseSpec(self.people.kind, self.people.scale / self.units)

    def in_people(self, parts: int) -> int:
        """Return a least count in whole people."""
        return -(-parts // self.units)


@dataclass(frozen=True)
class Question:
    """Hold everything that a template may look at when it plans: documents, never data.

    A question of a hub is looked at in pairs: the dataset of the other side is any one of the
    others, and the plan is the same with each but for the rows that this one makes.
    """

    job: JobDocument
    agreement: Agreement
    brand: Manifest
    platform: Manifest

    def manifest(self, side: PartyRole) -> Manifest:
        """Return the dataset of one side."""
        return self.brand if side == "brand" else self.platform

    @property
    def hub(self) -> Manifest:
        """Return the dataset of the hub."""
        return self.manifest(self.job.hub)

    @property
    def other(self) -> Manifest:
        """Return the dataset that is looked at beside the hub's."""
        return self.manifest(other_side(self.job.hub))

    def side_of(self, party: str) -> PartyRole | None:
        """Return the side whose dataset is a party's; None for whoever has no part in the job."""
        return next((side for side in SIDES if self.manifest(side).party == party), None)

    def domain(self, column: Column) -> int:
        """Return how many labels a column declares; raise ``PolicyRefusal`` if it has none."""
        found = self.manifest(column.side).label(column.name)
        if found is None:
            manifest = self.manifest(column.side)
            names = ", ".join(one.name for one in manifest.labels) or "none"
            raise PolicyRefusal(
                f"{manifest.party} sent its dataset {manifest.name} without labels called"
                f" {column.name} (its labels: {names}): ask by one of those, or have"
                f" {manifest.party} send a version with {column.name} among its labels",
                rule="unknown-label",
            )
        return len(found.domain)

    def where(self, texts: tuple[str, ...], events: bool = False) -> tuple[Column, ...]:
        """Return the columns that restrict who is counted; refuse those that are not people's.

        With ``events`` they may also be of events: then people count all of whose rows fulfil them.
        """
        columns = tuple(Column.parse(text) for text in texts)
        if columns != tuple(sorted(set(columns), key=str)):
            raise InvalidInput("where names its columns in order, each once")
        for column in columns:
            self.domain(column)
            manifest = self.manifest(column.side)
            if manifest.kind != "audience" and not events:
                raise PolicyRefusal(
                    f"where is for people: {manifest.name} has many rows per person",
                    rule="where-of-events",
                )
        return columns

    def conditions(self, plan: Plan, side: PartyRole) -> int:
        """Return how many labels the columns declare on which one side's conditions are."""
        return sum(self.domain(column) for column in plan.where if column.side == side)

    def cells(self, columns: tuple[Column, ...]) -> int:
        """Return the number of combinations of the columns' declared labels."""
        return prod(self.domain(column) for column in columns)

    def margins(
        self, columns: Sequence[Column], tables: Iterable[Iterable[Column]]
    ) -> tuple[Margin, ...]:
        """Lay tables over parts of the columns out; refuse more combinations than are numbered."""
        if self.cells(tuple(columns)) >= MOST_COMBINATIONS:
            raise PolicyRefusal(
                "the columns have too many combinations of labels: name fewer of them",
                rule="too-many-groups",
            )
        strides, stride = dict[Column, int](), 1
        for column in reversed(in_cell_order(columns)):
            strides[column] = stride
            stride *= self.domain(column)
        found: list[Margin] = []
        for table in tables:
            chosen = in_cell_order(table)
            first = found[-1].first + found[-1].cells if found else 0
            sizes = tuple(self.domain(column) for column in chosen)
            found.append(Margin(chosen, sizes, tuple(strides[one] for one in chosen), first))
        return tuple(found)

    def codes(self, plan: Plan, cell: int) -> dict[Column, int]:
        """Return what a cell's number says of its columns: the place of the label in the domain.

        In rows of a job the labels of a column are as many as the plan has cells.
        """
        columns = plan.cell_columns
        for margin in reversed(plan.margins):
            if cell >= margin.first:
                cell, columns = (cell - margin.first) // 2, margin.columns
                break
        codes = {}
        for column in reversed(columns):
            size = plan.cells if plan.source == "job" else self.domain(column)
            cell, codes[column] = divmod(cell, size)
        return codes

    def base(self, side: PartyRole, columns: tuple[str, ...]) -> BaseCounts:
        """Ask for counts over a side's whole dataset: public if its owner granted that."""
        party = self.manifest(side).party
        granted = {grant.kind for grant in self.agreement.grants if grant.party == party}
        return BaseCounts(side, columns, "public-base" in granted)

    def slots(self, side: PartyRole, measures: tuple[str, ...]) -> tuple[Slot, ...]:
        """Return the slots of the named measures of a side whose people have one row each."""
        manifest = self.manifest(side)
        return tuple(self._slot(manifest, name) for name in measures)

    @staticmethod
    def _slot(manifest: Manifest, name: str) -> Slot:
        measure = manifest.measure(name)
        if measure is None:
            raise PolicyRefusal(
                f"dataset {manifest.name} has no measure {name}", rule="unknown-measure"
            )
        bound = max(abs(measure.minimum), abs(measure.maximum), 1)
        return Slot(name, manifest.slot(name), measure.decimals, bound, Delta(bound, bound))

    def value_side(self, measures: tuple[str, ...]) -> PartyRole | None:
        """Return the one side that owns all the measures, brand first; None without measures."""
        if not measures:
            return None
        for side in SIDES:
            if all(self.manifest(side).measure(name) for name in measures):
                return side
        raise PolicyRefusal(
            f"no one dataset of this job has the measures {', '.join(measures)}",
            rule="unknown-measure",
        )
