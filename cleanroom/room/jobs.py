"""A job as all who hold the signed documents plan it: mediator, auditor and agents alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

from cleanroom.documents.agreement import SIDES, Agreement, PartyRole
from cleanroom.documents.dataset import Manifest
from cleanroom.documents.delegation import Delegation
from cleanroom.documents.job import JobDocument
from cleanroom.errors import InvalidInput
from cleanroom.queries.plan import Charge, Plan, Question
from cleanroom.room import delegations, encryption, policy
from cleanroom.room.encryption import LatticeShape, MessageShape

PASSED: Final = "passed"
"""The answer that a brand seals to the agency that asked in its place: the step, its message, and
the part of a result."""

STEPS: Final[dict[str, set[str]]] = {
    "decrypted": {"decrypted"},
    "activated": set(),
    "combined": {"combined", "combined-people"},
    "opened": {"opened"},
    PASSED: {PASSED},
}
"""The messages of each later step of a job."""

MESSAGE_KINDS: Final = (
    "noise-people",
    "noise-measures",
    "masks",
    "cells",
    "where",
    "base",
    "decrypted",
    "names",
    "combined",
    "combined-people",
    *encryption.KINDS,
    "opened",
    PASSED,
)
"""Every kind of message that a party may send."""

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
    further: tuple[Manifest, ...] = ()
    """Of a question of a hub, the datasets of its sides after the first two."""

    @cached_property
    def plan(self) -> Plan:
        """Return the plan; ``PolicyRefusal`` if the agreement does not allow the job.

        That of a hub is held against the agreement with each of the others.
        """
        for pair in self._pairs.values():
            pair.plan  # noqa: B018 - refuses what the agreement does not allow
        return policy.check_job(self.agreement, self.job, self.brand, self.platform, self.now)

    def of(self, side: str) -> Asked:
        """Return the job as the pair of the first side and another one plans it."""
        return self if side in SIDES else self._pairs[side]

    @cached_property
    def _pairs(self) -> dict[str, Asked]:
        found = zip(self.job.sides[2:], self.further, strict=False)  # a pair by itself has none
        if self.job.hub == "brand":
            return {side: replace(self, platform=one, further=()) for side, one in found}
        return {side: replace(self, brand=one, further=()) for side, one in found}

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

    def manifest(self, side: str) -> Manifest:
        """Return the dataset of one side."""
        return self.manifests[self.job.sides.index(side)]

    @property
    def manifests(self) -> tuple[Manifest, ...]:
        """Return the datasets in the order of the sides."""
        first = self.brand, self.platform
        return (*(first if self.job.hub == "brand" else first[::-1]), *self.further)

    def party(self, side: str) -> str:
        """Return the party on one side."""
        return self.manifest(side).party

    @property
    def parties(self) -> dict[str, str]:
        """Return who is on which side."""
        return {side: self.party(side) for side in self.job.sides}

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Return the pairs that the job is charged to: a brand, or an agency, and a platform."""
        others = [other.party for other in self.manifests[1:]]
        return pairs_of(self.job, self.manifests[0].party, others)

    def check_covered(self, delegation: Delegation, now: float) -> None:
        """Raise ``PolicyRefusal`` unless a delegation covers the question at a time."""
        delegations.check_covered(delegation, self.job, self.manifests, now)

    @property
    def submitter(self) -> str:
        """Return who signs the question."""
        return self.job.behalf.agency if self.job.behalf else self.party(self.job.submitter)

    def combinations(self, side: PartyRole | None = None) -> int:
        """Return how many label combinations one side has, or both together."""
        columns = tuple(c for c in self.plan.columns if side in (None, c.side))
        return self.question.cells(columns)

    def shapes(self, place: str) -> dict[str, MessageShape]:
        """Return the messages that one side's approval needs."""
        side = role_of(place)
        combinations = self.combinations() if self.plan.merged else 0
        conditions = self.question.conditions(self.plan, side)
        shapes = policy.approval_messages(
            self.plan, self.job, side, self.agreement, combinations, conditions
        )
        return shapes | encryption.value_messages(self.plan, side, self.question)


def asked_about(
    job: JobDocument, agreement: Agreement, manifests: Sequence[Manifest], now: int
) -> Asked:
    """Return a job with its datasets, which are in the order of its sides."""
    first, second, *further = manifests
    brand, platform = (first, second) if job.hub == "brand" else (second, first)
    return Asked(job, agreement, brand, platform, now, tuple(further))


def pairs_of(job: JobDocument, first: str, others: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return the pairs that a job of parties is charged to: a brand, or an agency, and a platform.

    Each has the owner of the first side and one of ``others``: nobody else's people are looked at.
    """
    own = tuple((first, one) if job.hub == "brand" else (one, first) for one in others)
    return own + delegations.pairs_of(job.behalf, others)


def role_of(side: str) -> PartyRole:
    """Return the role in which a side of a job takes part."""
    return "brand" if side.partition("-")[0] == "brand" else "platform"


def check_row_messages(asked: Asked, side: str, body: Mapping[str, Any]) -> None:
    """Raise ``InvalidInput`` unless a statement of made rows carries the messages of its side.

    One sealed name per label code from the side that does not receive, else none, and none where
    the question says itself what codes stand for, as that of a hub does.  Where the platform adds
    labels up, its names are those of the groups that come out.  The side whose values are summed
    under a lattice sends these too, as many as its rows.
    """
    plan, messages = asked.plan, body.get("messages", {})
    counts: dict[str, int] = {}
    if asked.lattice is not None and side == plan.value_side:
        counts |= asked.lattice.counts(body["upload"]["rows"])
    if side != asked.job.receiver and plan.named:
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
    counted in several tables, ``others`` where they are those of a hub, ``for`` and ``agency``
    where an agency asks: logs that are older than these have none.
    """
    plan, charge = asked.plan, asked.charge
    lattice = {} if asked.lattice is None else {"rows": "lattice"}
    tables = {
        "outcome": [str(column) for column in plan.outcome],
        "tables": [[str(column) for column in margin.columns] for margin in plan.margins],
    }
    hub = {} if plan.hub is None else {"others": list(plan.hub.others)}
    behalf = asked.job.behalf
    return {
        **lattice,
        **hub,
        **({"for": asked.brand.party, "agency": behalf.agency} if behalf else {}),
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
