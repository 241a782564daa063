"""The shape of a template: parameters, plan, rows, result, and what it shows to whom."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import rfc8785
from pydantic import ValidationError

from cleanroom.documents.agreement import SIDES, PartyRole
from cleanroom.documents.document import Document, invalid_field
from cleanroom.queries.plan import BaseCounts, Charge, Plan, Question
from cleanroom.queries.where import CONDITIONS, completed, inside, opened
from cleanroom.words.catalogue import word
from cleanroom.words.languages import Language
from protocols.deferred import Deferred
from protocols.randomness import Random

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from cleanroom.ingest import Table
else:
    np = Deferred("numpy")


Kind = Literal["audience", "events", "any"]

Has = Literal["hub", "pair", "condition", "base"]
"""What a question can have: a hub or just a pair of datasets, conditions, counts of a base."""


@dataclass(frozen=True)
class Leak:
    """One row of the leak table: what each one learns of one thing, in a question that has it.

    ``only`` names what a question must have for the row to be about it; the others are about all.
    """

    what: str
    brand: str
    platform: str
    mediator: str
    only: tuple[Has, ...] = ()

    def told(self) -> dict[str, str]:
        """Return the cells by their columns."""
        return {name: value for name, value in vars(self).items() if name != "only"}

    def exchanged(self) -> Leak:
        """Return the row of a question in which brand and platform have each other's place."""
        return replace(self, brand=self.platform, platform=self.brand)


COMMON_LEAKS = (
    Leak("raw identifiers", "own", "own", "nothing"),
    Leak("who is in the overlap", "nothing", "nothing", "positions of opaque rows"),
    Leak("sizes of uploads, padded", "both", "both", "both"),
    Leak("a person's measure", "own", "own", "nothing"),
)


WHERE_LEAK = Leak(
    "labels that a condition names",
    "own and asked; of asked ones whether they are declared",
    "own and asked; of asked ones whether they are declared",
    "the columns, and which opaque labels pass; no names",
    only=("pair", "condition"),
)
WHERE_LEAK_OF_HUB = Leak(
    "labels of the hub that a condition names",
    "own",
    "the columns",
    "the columns alone: rows are left out at home",
    only=("hub", "condition"),
)
WHERE_LEAK_AT_HOME = replace(WHERE_LEAK, mediator="the columns alone: rows are left out at home")


@dataclass(frozen=True)
class PartyData:
    """What one side holds when it makes its rows: its own table and secrets, nothing of the peer.

    ``secrets`` has T per person of the table, shape (people, 32); ``private`` the job's sealed
    parameters, opened.  ``earlier`` returns the result that this side received of an earlier job
    on the same two datasets, by the job's identifier.
    """

    side: PartyRole
    table: Table
    secrets: npt.NDArray[np.uint8]
    private: Mapping[str, Any]
    random: Random
    earlier: Callable[[str], Mapping[str, Any]]

    def people(self, where: Sequence[str]) -> npt.NDArray[np.int64]:
        """Return the people of this side's table whom a question restricted by columns counts."""
        kept = np.zeros(self.table.people_count, dtype=np.bool_)
        kept[self.table.person[self.inside(where)]] = True
        return np.flatnonzero(kept).astype(np.int64)

    def counted(self, where: Sequence[str]) -> Table:
        """Return this side's table with the rows of people alone all of whose rows are counted."""
        inside = self.inside(where)
        rows = ~np.isin(self.table.person, self.table.person[~inside])
        return self.table if rows.all() else self.table.only(rows)

    def inside(self, where: Sequence[str]) -> npt.NDArray[np.bool_]:
        """Mark the rows of this side's table that such a question counts."""
        return inside(opened(where, self.private), self.side, self.table)


@dataclass(frozen=True)
class PartyRows:
    """Rows that one side makes for one job.

    ``person``, ``level`` and ``index`` have one entry per token and ``row`` says which row the
    token belongs to (a row of the brand may have up to ``Plan.brand_tokens``, the rest is filled
    with random ones); None says that every row has one token, in the order of the rows.
    ``label`` is a code into ``names`` per row, ``flag`` says that the row counts a person,
    ``values`` are the packed integers per row, shape (rows, slots), or None.  ``facts`` are
    counts that this side may show with a result that it receives.
    """

    row: npt.NDArray[np.int64] | None
    person: npt.NDArray[np.integer]
    level: npt.NDArray[np.integer]
    index: npt.NDArray[np.integer]
    rows: int
    label: npt.NDArray[np.int32]
    flag: npt.NDArray[np.bool_]
    values: npt.NDArray[np.int64] | None
    names: tuple[str, ...] = ("",)
    facts: Mapping[str, Any] = field(default_factory=dict)
    vectors: tuple[Mapping[int, int], ...] = ()
    """Per label, the parts that each of ``names`` gets of it (plans that combine only): a label
    is then an index into this and no longer one into ``names``."""


@dataclass(frozen=True)
class Group:
    """One released group: the key's labels, people, and one scaled integer per slot."""

    key: tuple[str, ...]
    people: int
    sums: tuple[int, ...]
    pooled: int = 1
    """Number of groups in it: more than one for ``other`` alone."""


@dataclass(frozen=True)
class Opened:
    """What the receiver's agent holds once everything is opened; no noise is removed."""

    question: Question
    plan: Plan
    groups: tuple[Group, ...]
    other: Group | None
    charge: Charge
    suppressed: int = 0
    """Number of groups that are not released by themselves: pooled in ``other``, or nowhere."""
    base: Mapping[str, Mapping[tuple[str, ...], float]] = field(default_factory=dict)
    base_sigma: float = 0.0
    facts: Mapping[str, Any] = field(default_factory=dict)
    """The receiver's own facts about the rows it made."""
    private: Mapping[str, Any] = field(default_factory=dict)
    """The job's sealed parameters, opened."""


class Template(ABC):
    """Answer one kind of question."""

    name: ClassVar[str]
    """The name of its folder."""
    Parameters: ClassVar[type[Document]]
    private_parameters: ClassVar[tuple[str, ...]] = ()
    """Parameters that hold labels or prices: they travel sealed between the parties."""
    filled_in: ClassVar[tuple[str, ...]] = ()
    """Parameters that ``complete`` fills in whatever is given: nobody is asked for them."""
    earlier_jobs: ClassVar[Mapping[str, str]] = {}
    """Parameters that name an earlier job, with its template: a question holds its identifier."""
    leaks: ClassVar[tuple[Leak, ...]] = COMMON_LEAKS
    of_hub: ClassVar[bool] = False
    """Whether it is asked about a hub and others alone; with one other it takes a hub of one."""
    hubs: ClassVar[tuple[PartyRole, ...]] = ()
    """The sides whose dataset may be a hub; none where it is about two datasets alone."""
    hub_kinds: ClassVar[tuple[Kind, Kind]] = ("audience", "any")
    """Kinds of the hub and of the datasets that are joined with it."""
    receivers: ClassVar[tuple[PartyRole, ...]] = SIDES
    """The sides that may receive an answer."""

    kinds: ClassVar[tuple[Kind, Kind]] = ("audience", "audience")
    """Kinds of the brand's and of the platform's dataset that it is asked about."""
    of_uploaded: ClassVar[bool] = False
    """Whether, of two datasets, it joins the uploaded rows, so by all kinds of identifier."""
    by_documents: ClassVar[tuple[str, ...]] = ()
    """Its own rules of refusal that an agreement and a question decide alone, whatever the data."""
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """What may be given for a parameter that is a text."""
    used_by: ClassVar[Mapping[str, str]] = {}
    """Parameters that one model alone uses, with that model."""
    needed_by: ClassVar[tuple[str, ...]] = ()
    """Those of them that this model cannot do without."""
    by_model: ClassVar[bool] = False
    """Whether its segment is the ``best`` of the base, by the ``model`` of its result."""

    @property
    def title(self) -> str:
        """Return its name as people read it."""
        return word(f"template.{self.name}")

    @property
    def chinese(self) -> str:
        """Return its name in Chinese."""
        return word(f"template.{self.name}", "zh")

    def learned(self, plan: Plan | None) -> tuple[Leak, ...]:
        """Return who learns what in a planned question; without a plan, in any of two datasets."""
        has: dict[Has, bool] = {
            "hub": self.of_hub if plan is None else plan.hub is not None,
            "pair": not self.of_hub if plan is None else plan.hub is None,
            "condition": plan is None or bool(plan.where or plan.outcome),
            "base": plan is None or bool(plan.base),
        }
        found = tuple(leak for leak in self.leaks if all(has[name] for name in leak.only))
        if plan is not None and plan.hub is not None and plan.hub.side == "platform":
            return tuple(leak.exchanged() for leak in found)
        return found

    def parameters(self, question: Question) -> Any:
        """Return the job's parameters, checked; raise ``InvalidInput`` that names the field."""
        return self.read(question.job.parameters)

    def read(self, parameters: Any) -> Any:
        """Return parameters, checked; raise ``InvalidInput`` that names the field."""
        try:
            return self.Parameters.model_validate_json(rfc8785.dumps(parameters), strict=True)
        except ValidationError as error:
            raise invalid_field(self.name, error) from None

    @abstractmethod
    def plan(self, question: Question) -> Plan:
        """Compile the question; raise ``PolicyRefusal`` or ``InvalidInput`` if it has no answer."""

    @abstractmethod
    def result(self, opened: Opened) -> dict[str, Any]:
        """Turn what was released into the result's groups and totals (post-processing only)."""

    @abstractmethod
    def sentence(self, result: Mapping[str, Any], language: Language = "en") -> str:
        """Answer the question in words a marketer would use, from what the result says alone."""

    def check_own(  # noqa: B027 (most templates have nothing to check)
        self, question: Question, side: PartyRole, table: Table, private: Mapping[str, Any]
    ) -> None:
        """Hold what one side declared of its file against the question; raise if they clash.

        Each side does so before it asks and before it approves.  What a row holds must never
        refuse anything: whether a job is refused is seen by everybody, and no budget pays for it.
        Look at declared columns and domains alone; the rest is for ``notices``.
        """

    def notices(
        self,
        question: Question,  # noqa: ARG002 - for those that override
        side: PartyRole,  # noqa: ARG002
        table: Table,  # noqa: ARG002
        private: Mapping[str, Any],  # noqa: ARG002
    ) -> tuple[str, ...]:
        """Return what the owner of a file should know of what it makes of the question.

        Told on the owner's machine alone: an empty arm, a campaign that was never shown.
        """
        return ()

    def merge(self, labels: tuple[str, ...]) -> tuple[str, ...]:
        """Return which of ``merged_keys`` a combination of labels has (merged plans only)."""
        raise NotImplementedError(self.name)

    def merged_keys(self, question: Question) -> tuple[tuple[str, ...], ...]:
        """Return the key of every output cell (merged plans only)."""
        raise NotImplementedError(self.name)

    def complete(
        self,
        parameters: Mapping[str, Any],
        side: PartyRole,  # noqa: ARG002 - for those that override
        rehearsal: bool,  # noqa: ARG002
        table: Callable[[], Table],  # noqa: ARG002
    ) -> dict[str, Any]:
        """Return the parameters with what the submitter's agent fills in, its own ones checked.

        Conditions are written as text and asked in their one form.  ``side`` is the submitter's
        and ``table`` loads its dataset; the parameters include the private ones, which nobody
        checks but the submitter's agent and whoever opens them.
        """
        restricts = CONDITIONS in self.private_parameters
        return completed(parameters) if restricts else dict(parameters)

    def receiver(self, asking: PartyRole) -> PartyRole:
        """Say who receives unless told otherwise: who asks, if that side may."""
        return asking if asking in self.receivers else self.receivers[0]

    def submitter(
        self,
        parameters: Mapping[str, Any],  # noqa: ARG002
        receiver: PartyRole,
    ) -> PartyRole:
        """Say which side has to ask, where either could: the receiver unless told otherwise."""
        return receiver

    def base_counts(
        self,
        question: Question,  # noqa: ARG002
        table: Table,  # noqa: ARG002
        base: BaseCounts,  # noqa: ARG002
    ) -> list[list[object]] | None:
        """Return ``[labels, count]`` rows of a base that this template counts by itself, or None.

        None leaves it to the agent, which counts rows by the base's columns.
        """
        return None

    def best(
        self, question: Question, table: Table, model: Mapping[str, Any], percent: int
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """Return the best rows of the base, so many per cent, and their scores (``by_model``)."""
        raise NotImplementedError(self.name)

    def rows(self, question: Question, data: PartyData) -> PartyRows:
        """Make one side's rows for this job (plans with ``source="job"`` only)."""
        raise NotImplementedError(self.name)
