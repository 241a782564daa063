"""A nightly question in Dagster: refresh, ask, save.

Put this file beside ``steps.py`` and run ``dagster dev -f dagster_defs.py``.
"""

import steps
from dagster import (
    Definitions,
    Failure,
    In,
    Nothing,
    RetryRequested,
    ScheduleDefinition,
    job,
    op,
)


def final(step, *given):
    """Take a step; only what could not be reached is tried again."""
    try:
        return step(*given)
    except steps.UnreachableError as trouble:
        raise RetryRequested(max_retries=5, seconds_to_wait=600) from trouble
    except steps.RefusedError as refusal:
        raise Failure(str(refusal), allow_retries=False) from None


@op
def refresh() -> Nothing:
    """Send the new version of the customers."""
    final(steps.refresh, "crm")


@op(ins={"fresh": In(Nothing)})
def ask() -> str:
    """Ask tonight's question."""
    return final(steps.ask, "room.toml", "young-gold")


@op
def save(asked: str) -> str:
    """Keep the answer."""
    return final(steps.save, asked, "postgresql://warehouse/marketing", "young_gold")


@job
def cleanroom_nightly() -> None:
    """Ask tonight's question about tonight's data."""
    save(ask(refresh()))


defs = Definitions(
    jobs=[cleanroom_nightly],
    schedules=[ScheduleDefinition(job=cleanroom_nightly, cron_schedule="0 3 * * *")],
)
