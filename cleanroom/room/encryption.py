"""Say how the values of rows are encrypted, and in which messages lattice values travel.

One rule for the upload, for rows that are made for one job, and for whoever checks either.  Rows
under Paillier carry a ciphertext each and can be asked about for as long as the dataset lives.
Values under a lattice travel with the question that sums them, under keys made for it alone: such
a key may open ``LATTICE_OPENINGS`` numbers and no more, so there is one for so many outputs.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Literal

from cleanroom.documents.agreement import PartyRole, RowEncryption
from cleanroom.errors import PolicyRefusal
from cleanroom.queries.plan import Plan, Question
from protocols.limits import LATTICE_DEGREE, LATTICE_OPENINGS, LATTICE_PRIMES

SEED_BYTES: Final = 16
POLYNOMIAL_BYTES: Final = 4 * len(LATTICE_PRIMES) * LATTICE_DEGREE
"""As ``protocols.lattice`` has them, which takes a second to import: whoever only reads documents
needs none of it."""

KEYS, SEEDS, VALUES = "row-keys", "row-seeds", "row-values"
KINDS: Final = (KEYS, SEEDS, VALUES)
"""The messages of lattice values: public shares, seeds of blocks, and the blocks themselves."""

WIDTHS: Final = {KEYS: POLYNOMIAL_BYTES, SEEDS: SEED_BYTES, VALUES: POLYNOMIAL_BYTES}
"""Bytes of a row of each message; a row of a polynomial fits a chunk whatever is summed."""

MOST_BYTES: Final = 4 << 30
"""Most bytes of lattice values that one question may take: its owner spools and sends them, and the
mediator keeps them, once for each key.  200 million values, for one key."""


@dataclass(frozen=True)
class MessageShape:
    """Say how many rows of how many bytes a message of a job has; width 0 is one free blob."""

    count: int
    width: int


@dataclass(frozen=True)
class LatticeShape:
    """Say how many measures a job sums and under how many keys: one per ``LATTICE_OPENINGS``."""

    measures: int
    outputs: int

    @property
    def keys(self) -> int:
        """Return how many keys there are."""
        return -(-self.outputs // LATTICE_OPENINGS)

    def counts(self, rows: int) -> dict[str, int]:
        """Return how many rows each message has for that many rows of values."""
        blocks = self.keys * -(-rows // LATTICE_DEGREE)
        return {KEYS: self.keys * self.measures, SEEDS: blocks, VALUES: blocks * self.measures}

    def bytes(self, rows: int) -> int:
        """Return the bytes of all messages for that many rows of values."""
        return sum(count * WIDTHS[kind] for kind, count in self.counts(rows).items())


Why = Literal["alone", "many", "few", "uploaded", "credit", "too-large"]
"""Why rows take the encryption that they take: the room allows no other, or one block of a lattice
is filled, or is not; the dataset was uploaded so; the platform adds its labels up; or lattice
values would take more than ``MOST_BYTES``."""


@dataclass(frozen=True)
class Taken:
    """Say how rows are encrypted, and why."""

    encryption: RowEncryption
    why: Why


def of_rows(allowed: Collection[RowEncryption], rows: int) -> Taken:
    """Return the cheaper encryption of ``rows`` that a room allows.

    Below one block a lattice saves nothing: the step that opens its sums costs what it saves.
    """
    if len(different := set(allowed)) == 1:
        return Taken(different.pop(), "alone")
    return Taken("lattice", "many") if rows >= LATTICE_DEGREE else Taken("paillier", "few")


def taken(question: Question, plan: Plan) -> Taken | None:
    """Return how the values of a job are encrypted; None if it sums none.

    It follows from documents alone.  What is multiplied with parts of a credit stays with Paillier.

    Raises:
        PolicyRefusal: if the room allows no encryption that would do (``row-encryption``), or the
            values would take more than ``MOST_BYTES`` (``too-many-values``).
    """
    if not plan.slots or plan.value_side is None:
        return None
    allowed = question.agreement.policy.rows
    rows = rows_of(question, plan, plan.value_side)
    size = LatticeShape(len(plan.slots), plan.outputs).bytes(rows)
    if plan.source == "audience":
        found = Taken(question.manifest(plan.value_side).encryption, "uploaded")
    elif plan.combine or plan.veiled:
        found = Taken("paillier", "credit")
    else:
        found = of_rows(allowed, rows)
        if size > MOST_BYTES and "paillier" in allowed:
            found = Taken("paillier", "too-large")
    if found.encryption not in allowed:
        raise PolicyRefusal(
            f"the question needs rows under {found.encryption}, which the agreement does not allow",
            rule="row-encryption",
        )
    if found.encryption == "lattice" and size > MOST_BYTES:
        raise PolicyRefusal(
            f"the values would take {size:,} bytes, more than {MOST_BYTES:,}:"
            " ask for fewer groups or measures at a time",
            rule="too-many-values",
        )
    return found


def of_job(question: Question, plan: Plan) -> RowEncryption | None:
    """Return how the values of a job are encrypted, as ``taken`` does."""
    found = taken(question, plan)
    return found.encryption if found else None


def rows_of(question: Question, plan: Plan, side: PartyRole) -> int:
    """Return how many rows of values one side brings, as the documents bound it."""
    if plan.source == "audience":
        return question.manifest(side).rows
    return plan.made.rows(side) if plan.made else 0


def lattice_shape(question: Question, plan: Plan) -> LatticeShape | None:
    """Return the shape of a job's lattice values; None if it has none."""
    if of_job(question, plan) != "lattice":
        return None
    return LatticeShape(len(plan.slots), plan.outputs)


def value_messages(plan: Plan, side: PartyRole, question: Question) -> dict[str, MessageShape]:
    """Return the lattice values that a question about audiences brings with an approval."""
    shape = lattice_shape(question, plan)
    if shape is None or plan.source != "audience" or plan.value_side != side:
        return {}
    counts = shape.counts(question.manifest(side).rows)
    return {kind: MessageShape(count, WIDTHS[kind]) for kind, count in counts.items()}
