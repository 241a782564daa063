"""A job as all who hold the signed documents plan it: mediator, auditor and agents alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from cleanroom.documents.agreement import Agreement, PartyRole
from cleanroom.documents.dataset import Manifest
from cleanroom.documents.job import JobDocument
from cleanroom.errors import InvalidInput
from cleanroom.queries.plan import Charge, Plan, Question
from cleanroom.room import encryption, policy
from cleanroom.room.encryption import LatticeShape, MessageShape

STEPS: Final[dict[str, set[str]]] = {
    "decrypted": {"decrypted"},
    "activated": set(),
    "combined": {"combined", "combined-people"},
    "opened": {"opened"},
}
"""The messages of each later step of a job."""


BLOB_BYTES: Final = 32 << 20
"""Most bytes of a message without rows."""


@dataclass(frozen=True)
class Asked:
    """A job with everything that was signed about it."""

    job: JobDocument
    agreement: Agreement
    brand: Manifest
    platform: Manifest
    now: int
    """Unix seconds at which the job is, or was, accepted."""

    @cached_property
    def plan(self) -> Plan:
        """Return the plan; ``PolicyRefusal`` if the agreement does not allow the job."""
        return policy.check_job(self.agreement, self.job, self.brand, self.platform, self.now)

    @cached_property
    def charge(self) -> Charge:
        """Return what the job costs."""
        return policy.charge(self.plan, self.job, self.agreement.policy)

    @property
    def question(self) -> Question:
        """Return the documents that the job is planned from."""
        return Question(self.job, self.agreement, self.brand, self.platform)

    @cached_property
    def lattice(self) -> LatticeShape | None:
        """Return the shape of the job's lattice values; None if it has none."""
        return encryption.lattice_shape(self.question, self.plan)

    def manifest(self, side: PartyRole) -> Manifest:
        """Return the dataset of one side."""
        return self.brand if side == "brand" else self.platform

    def party(self, side: PartyRole) -> str:
        """Return the party on one side."""
        return self.manifest(side).party

    def combinations(self, side: PartyRole | None = None) -> int:
        """Return how many label combinations one side has, or both together."""
        columns = tuple(c for c in self.plan.columns if side in (None, c.side))
        return self.question.cells(columns)

    def shapes(self, side: PartyRole) -> dict[str, MessageShape]:
        """Return the messages that one side's approval needs."""
        combinations = self.combinations() if self.plan.merged else 0
        conditions = self.question.conditions(self.plan, side)
        shapes = policy.approval_messages(
            self.plan, self.job, side, self.agreement, combinations, conditions
        )
        return shapes | encryption.value_messages(self.plan, side, self.question)


def check_row_messages(asked: Asked, side: PartyRole, body: Mapping[str, Any]) -> None:
    """Raise ``InvalidInput`` unless a statement of made rows carries the messages of its side.

    One sealed name per label code from the side that does not receive, else none.  Where the
    platform adds labels up, its names are those of the groups that come out.  The side whose
    values are summed under a lattice sends these too, as many as its rows.
    """
    plan, messages = asked.plan, body.get("messages", {})
    counts: dict[str, int] = {}
    if asked.lattice is not None and side == plan.value_side:
        counts |= asked.lattice.counts(body["upload"]["rows"])
    if side != asked.job.receiver:
        counts["names"] = plan.cells if plan.combine and side == "platform" else body["labels"]
    if set(messages) != set(counts):
        raise InvalidInput(
            "the side that does not receive sends names, that of lattice rows their values,"
            " and nobody anything else"
        )
    if any(messages[kind]["rows"] != count for kind, count in counts.items()):
        raise InvalidInput("there is one name for every label, and one value for every row")


def public_facts(asked: Asked) -> dict[str, Any]:
    """Return what the plan tells everybody in the room.

    ``rows`` is told where values are under a lattice, ``outcome`` and ``tables`` where people are
    counted in several tables: logs that are older than these have none.
    """
    plan, charge = asked.plan, asked.charge
    lattice = {} if asked.lattice is None else {"rows": "lattice"}
    tables = {
        "outcome": [str(column) for column in plan.outcome],
        "tables": [[str(column) for column in margin.columns] for margin in plan.margins],
    }
    return {
        **lattice,
        **(tables if plan.margins else {}),
        "source": plan.source,
        "columns": [str(column) for column in plan.columns],
        "cells": plan.cells,
        "outputs": plan.outputs,
        "value_side": plan.value_side,
        "slots": [slot.measure for slot in plan.slots],
        "merged": plan.merged,
        "where": [str(column) for column in plan.where],
        "combine": plan.combine,
        "activates": plan.activates,
        "noise": asked.agreement.policy.noise,
        "rho": charge.rho,
        "k": charge.k,
        "tau": charge.tau,
        "people_sigma": charge.whole_people.scale,
        "slot_sigmas": [spec.scale / plan.units for spec in charge.slots],
    }
