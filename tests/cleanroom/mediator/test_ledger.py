"""Eight threads try a thousand times each to charge one ledger; not one rho too many is spent."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cleanroom.documents.agreement import Policy
from cleanroom.errors import BudgetExhausted
from cleanroom.mediator import budgets
from cleanroom.mediator.store.sqlite import SqliteStore

THREADS, TRIES, AFFORDABLE = 8, 1000, 100


def test_eight_threads_spend_the_budget_exactly_once(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "mediator.sqlite")
    policy = Policy(expires=1, rho_per_release=0.005, rho_budget=0.005 * AFFORDABLE)

    def spend(_thread: int) -> int:
        accepted = 0
        for _ in range(TRIES):
            try:
                with store.write("room") as transaction:
                    budgets.charge(transaction, "room", [("brand", "platform")], policy, 0.005, 0)
                accepted += 1
            except BudgetExhausted:
                pass
        return accepted

    with ThreadPoolExecutor(THREADS) as pool:
        assert sum(pool.map(spend, range(THREADS))) == AFFORDABLE
    with store.read() as transaction:
        assert budgets.ledger(transaction, "room", "brand", "platform", policy).left == 0
