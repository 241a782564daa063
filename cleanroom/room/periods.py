"""Say in which period of an agreement a time lies, and what its ledger may spend there.

The boundaries stand in the agreement, so that all who signed it count alike and nobody has to
take the mediator's word for them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

from cleanroom.documents.agreement import Policy
from cleanroom.errors import InvalidInput
from cleanroom.privacy.accounting import Ledger

EARLY: Final = 300
"""Seconds by which a period may begin early for an agent where the one before has nothing left: the
mediator's clock may be ahead."""

YEAR: Final = 365 * 86_400
"""Seconds."""


def check(policy: Policy) -> None:
    """Refuse periods that are described by halves; raise ``InvalidInput``."""
    together = (policy.period, policy.period_start, policy.rho_lifetime)
    if len({one is None for one in together}) != 1:
        raise InvalidInput("Periods need their length, their first start and rho_lifetime.")
    if policy.rho_lifetime is not None and policy.rho_lifetime < policy.rho_budget:
        raise InvalidInput("rho_lifetime is less than the rho_budget of one period.")


def number(policy: Policy, now: float) -> int:
    """Return the number of the period in which a time lies, 0 without periods and before them."""
    if policy.period is None or policy.period_start is None:
        return 0
    return max(0, math.floor(now - policy.period_start) // policy.period)


def bounds(policy: Policy, period: int) -> tuple[int, int] | None:
    """Return the first second of a period and that after its last; None without periods."""
    if policy.period is None or policy.period_start is None:
        return None
    first = policy.period_start + period * policy.period
    return first, first + policy.period


def facts(policy: Policy, period: int) -> dict[str, int]:
    """Return what the log says of the period that a job was charged in: nothing without periods."""
    return {} if policy.period is None else {"period": period}


def left(before: Iterable[Ledger], after: Iterable[Ledger]) -> dict[str, float]:
    """Return what the log says is left of a job's pairs before and after, where least is left."""
    return {
        "left_before": min(one.left for one in before),
        "left_after": min(one.left for one in after),
    }


def ledger(policy: Policy, spent_units: int = 0, before_units: int = 0, period: int = 0) -> Ledger:
    """Return a pair's ledger, of nothing spent or as it was stored."""
    empty = Ledger.of(policy.rho_budget, policy.rho_lifetime)
    return Ledger(empty.budget_units, spent_units, before_units, period, empty.lifetime_units)


def most_within(policy: Policy, seconds: int) -> float:
    """Return the most rho that can be charged in any stretch of time of that length.

    An agent's own count holds it, too, whatever the mediator says: a period may begin early there.
    """
    if policy.period is None or policy.rho_lifetime is None:
        return policy.rho_budget
    touched = -(-(seconds + EARLY) // policy.period) + 1
    return min(policy.rho_lifetime, touched * policy.rho_budget)
