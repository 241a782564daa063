"""The privacy ledger: one zCDP budget for each room and pair of parties."""

from __future__ import annotations

import json
from typing import Any

from cleanroom.documents.agreement import Policy
from cleanroom.mediator.context import Caller, Context, membership
from cleanroom.mediator.ports import Row, Transaction
from cleanroom.privacy.accounting import Ledger, epsilon_of


class Budgets:
    """Serve what is left."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def show(self, caller: Caller, room: str) -> dict[str, Any]:
        """Return the budget of every pair of a room that has asked, and of the first one if none.

        A party sees the pairs that it is one of, an auditor all.
        """
        with self._context.store.read() as transaction:
            place = membership(transaction, caller, room)
            agreement = place.agreement
            brand = agreement.by_role("brand")[0].name
            pairs = [
                {
                    "brand": brand,
                    "platform": card.name,
                    **_view(ledger(transaction, room, brand, card.name, agreement.policy)),
                }
                for card in agreement.by_role("platform")
                if place.role == "auditor" or place.party in (brand, card.name)
            ]
        spent = ledger_totals(pairs)
        return {"unit": "rho", "delta": agreement.policy.delta, **spent, "pairs": pairs} | {
            "epsilon_spent": epsilon_of(spent["spent"], agreement.policy.delta)
        }


def ledger(
    transaction: Transaction, room: str, brand: str, platform: str, policy: Policy
) -> Ledger:
    """Return the ledger of a pair, new if it has asked nothing yet."""
    row = transaction.get("ledgers", room=room, brand=brand, platform=platform)
    if row is None:
        return Ledger.of(policy.rho_budget)
    return Ledger(row["budget_units"], row["spent_units"])


def charge(
    transaction: Transaction, room: str, brand: str, platform: str, policy: Policy, rho: float
) -> tuple[Ledger, Ledger]:
    """Charge a job and return the ledger before and after; ``BudgetExhausted`` changes nothing.

    The caller holds the only writer's place, so of two racing jobs one sees the other's charge.
    A job without noise costs nothing.
    """
    before = ledger(transaction, room, brand, platform, policy)
    after = before.charge(rho) if rho else before
    transaction.delete("ledgers", room=room, brand=brand, platform=platform)
    transaction.insert(
        "ledgers",
        room=room,
        brand=brand,
        platform=platform,
        budget_units=after.budget_units,
        spent_units=after.spent_units,
    )
    return before, after


def give_back(transaction: Transaction, row: Row, policy: Policy) -> dict[str, float]:
    """Give the price of a job back to its pair; return what was left before and after."""
    rho = float(json.loads(row["facts"])["rho"])
    pair = {"room": row["room"], "brand": row["brand"], "platform": row["platform"]}
    before = ledger(transaction, policy=policy, **pair)
    after = before.give_back(rho) if rho else before
    transaction.update("ledgers", pair, spent_units=after.spent_units)
    return {"left_before": before.left, "left_after": after.left}


def ledger_totals(pairs: list[dict[str, Any]]) -> dict[str, float]:
    """Return the figures of the pair that has spent most: the one that runs out first."""
    most = max(pairs, key=lambda pair: float(pair["spent"]))
    return {name: most[name] for name in ("budget", "spent", "left")}


def _view(one: Ledger) -> dict[str, float]:
    return {"budget": one.budget, "spent": one.spent, "left": one.left}
