"""The privacy ledger: one zCDP budget for each room and pair of parties."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cleanroom.documents.agreement import Policy
from cleanroom.documents.job import JobDocument
from cleanroom.mediator import log
from cleanroom.mediator.context import Caller, Context, membership, parties
from cleanroom.mediator.ports import Row, Transaction
from cleanroom.privacy.accounting import Ledger, epsilon_of
from cleanroom.room import periods
from cleanroom.room.jobs import pairs_of

Pairs = Sequence[tuple[str, str]]
"""Brands and platforms."""


class Budgets:
    """Serve what is left."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def show(self, caller: Caller, room: str) -> dict[str, Any]:
        """Return the budget of every pair of a room that has asked, and of the first one if none.

        A party sees the pairs that it is one of, an auditor all.  An agency stands in a brand's
        place: what it learns for all its brands together is bounded, too.
        """
        with self._context.store.read() as transaction:
            place = membership(transaction, caller, room)
            agreement, now = place.agreement, log.now(transaction, self._context, room)
            pairs = [
                {
                    "brand": brand.name,
                    "platform": card.name,
                    **_view(
                        ledger(transaction, room, brand.name, card.name, agreement.policy, now),
                        agreement.policy,
                    ),
                }
                for brand in (*agreement.by_role("brand"), *agreement.by_role("agency"))
                for card in agreement.by_role("platform")
                if place.role == "auditor" or place.party in (brand.name, card.name)
            ]
        most = max(pairs, key=lambda pair: float(pair["spent_ever"]))
        return {"unit": "rho", "delta": agreement.policy.delta, **_figures(most), "pairs": pairs}


def ledger(
    transaction: Transaction,
    room: str,
    brand: str,
    platform: str,
    policy: Policy,
    now: float | None = None,
) -> Ledger:
    """Return the ledger of a pair at a time, as it was last changed if none is given."""
    row = transaction.get("ledgers", room=room, brand=brand, platform=platform) or {}
    kept = (row.get(name, 0) for name in ("spent_units", "before_units", "period"))
    found = periods.ledger(policy, *kept)
    return found if now is None else found.reach(periods.number(policy, now))


@dataclass(frozen=True)
class Changed:
    """The ledgers of a job's pairs before and after it was charged, or given back."""

    before: tuple[Ledger, ...]
    after: tuple[Ledger, ...]

    @property
    def period(self) -> int:
        """Return the period in which the job counts: the same for all pairs."""
        return self.after[0].period

    @property
    def facts(self) -> dict[str, float]:
        """Return what is left before and after where least is left."""
        return periods.left(self.before, self.after)


def scarcest(
    transaction: Transaction, room: str, pairs: Pairs, policy: Policy, now: float | None = None
) -> Ledger:
    """Return the ledger of several pairs in which least is left, at a time as ``ledger`` does."""
    found = (ledger(transaction, room, *pair, policy, now) for pair in pairs)
    return min(found, key=lambda one: one.left)


def charge(
    transaction: Transaction, room: str, pairs: Pairs, policy: Policy, rho: float, now: float
) -> Changed:
    """Charge a job to every pair that it is about; ``BudgetExhausted`` changes nothing.

    The caller holds the only writer's place, so of two racing jobs one sees the other's charge.
    A job without noise costs nothing.
    """
    before = tuple(ledger(transaction, room, *pair, policy, now) for pair in pairs)
    after = tuple(one.charge(rho) if rho else one for one in before)
    for (brand, platform), one in zip(pairs, after, strict=True):
        _store(transaction, {"room": room, "brand": brand, "platform": platform}, one)
    return Changed(before, after)


def give_back(transaction: Transaction, row: Row, policy: Policy, now: float) -> dict[str, float]:
    """Give the price of a job back to its pairs; return what was left before and after."""
    facts, (first, *others) = json.loads(row["facts"]), parties(row).values()
    rho, period = float(facts["rho"]), facts.get("period", 0)
    before, after = [], []
    for brand, platform in pairs_of(JobDocument.parse(row["document"]), first, others):
        pair = {"room": row["room"], "brand": brand, "platform": platform}
        found = ledger(transaction, policy=policy, now=now, **pair)
        before.append(found)
        after.append(found.give_back(rho, period) if rho else found)
        _store(transaction, pair, after[-1])
    return Changed(tuple(before), tuple(after)).facts


def _store(transaction: Transaction, pair: dict[str, str], found: Ledger) -> None:
    transaction.delete("ledgers", **pair)
    transaction.insert(
        "ledgers",
        **pair,
        spent_units=found.spent_units,
        before_units=found.before_units,
        period=found.period,
    )


def _figures(pair: dict[str, Any]) -> dict[str, Any]:
    """Return the figures of the pair that has spent most: the one that runs out first."""
    return {name: value for name, value in pair.items() if name not in ("brand", "platform")}


def _view(one: Ledger, policy: Policy) -> dict[str, Any]:
    """Show a ledger; what is said of periods is None where there are none."""
    ends = periods.bounds(policy, one.period)
    return {
        "budget": one.budget,
        "spent": one.spent,
        "left": one.left,
        "spent_ever": one.spent_ever,
        "epsilon_spent": epsilon_of(one.spent_ever, policy.delta),
        "lifetime": policy.rho_lifetime,
        "period": None if ends is None else one.period,
        "period_ends": None if ends is None else ends[1],
    }
