"""A nightly question in Airflow: refresh, ask, save.

Put this file and ``steps.py`` into the folder of DAGs.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import steps
from airflow.sdk import dag, task
from airflow.sdk.exceptions import AirflowFailException


def final(step: Callable[..., Any], *given: str) -> Any:
    """Take a step; what a person has to look at is not tried again."""
    try:
        return step(*given)
    except steps.RefusedError as refusal:
        raise AirflowFailException(str(refusal)) from None


@dag(
    schedule="0 3 * * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    default_args={"retries": 5, "retry_delay": timedelta(minutes=10)},
)
def cleanroom_nightly() -> None:
    """Ask tonight's question about tonight's data."""

    @task
    def refresh() -> None:
        final(steps.refresh, "crm")

    @task
    def ask() -> str:
        return str(final(steps.ask, "room.toml", "young-gold"))

    @task
    def save(job: str) -> str:
        return str(final(steps.save, job, "postgresql://warehouse/marketing", "young_gold"))

    asked = ask()
    refresh() >> asked
    save(asked)


cleanroom_nightly()
