"""Say what a question would cost and show, before it is asked."""

from __future__ import annotations

from typing import Any

from cleanroom.agent import selection
from cleanroom.agent.jobs import LocalJob
from cleanroom.agent.notices import notices
from cleanroom.privacy.intervals import released_sd
from cleanroom.privacy.preview import preview_people
from cleanroom.queries.where import WHERE
from cleanroom.room.encryption import of_job

GROUP_SIZES = (50, 100, 500, 1000, 10_000)
SECONDS_PER_DECRYPTION = 0.011
SECONDS_PER_RANDOMISATION = 0.028
"""Measured at 3072 bits on one core; see docs/explanation/performance.md."""


def preview(job: LocalJob) -> dict[str, Any]:
    """Combine the mediator's figures (budget) with what this party computes itself.

    Nothing is charged and nothing is logged as a question.
    """
    asked = job.room.client.preview(job.document.to_json())
    return {
        "template": job.document.template,
        "receiver": job.document.receiver,
        **{name: asked[name] for name in ("rho", "budget", "budget_before", "budget_after")},
        "noise": job.charge.people.kind,
        "k": job.charge.k,
        "tau": job.charge.tau,
        "groups_at_most": job.plan.cells,
        "people_sd": released_sd(job.charge.whole_people),
        "measures_sd": {
            slot.measure: released_sd(noise) / (job.plan.units * 10**slot.decimals)
            for slot, noise in zip(job.plan.slots, job.charge.slots, strict=True)
        },
        "by_group_size": [_group(job, size) for size in GROUP_SIZES],
        **(_slice(job) if job.plan.where else {}),
        "cost": _cost(job),
        "leaks": [vars(leak) for leak in job.template.leaks],
        "notices": notices(job),
    }


def _group(job: LocalJob, size: int) -> dict[str, Any]:
    charge = job.charge
    seen = preview_people(charge.whole_people, charge.k, size, charge.shares)
    return {
        "people": size,
        "interval": list(seen.interval),
        "chance_shown": seen.chance_shown,
        "smallest_likely_shown": seen.smallest_likely_shown,
    }


def _slice(job: LocalJob) -> dict[str, Any]:
    """Say whom the question counts, and what the noise does to as many people as it can count."""
    texts = [condition.text() for condition in selection.conditions(job)]
    return {WHERE: texts, "at_most": _group(job, selection.own_people(job))}


def _cost(job: LocalJob) -> dict[str, Any]:
    """Estimate what the job moves and computes, apart from rows that are made for it alone.

    ``rows`` says how the values that it sums are encrypted, and ``row_megabytes`` what lattice
    values take on top: those of an audience, or as many as the documents bound.
    """
    width = job.room.agreement.policy.paillier_bits // 4
    ciphertexts = job.plan.outputs * (2 if job.plan.slots else 1)
    return {
        "brand_rows": job.question.brand.rows,
        "platform_rows": job.question.platform.rows,
        "rows": of_job(job.question, job.plan),
        "row_megabytes": round(_value_bytes(job) / 1e6, 2),
        "megabytes": round(3 * ciphertexts * width / 1e6, 2),
        "seconds": round(ciphertexts * (SECONDS_PER_DECRYPTION + 2 * SECONDS_PER_RANDOMISATION), 1),
    }


def _value_bytes(job: LocalJob) -> int:
    side = job.plan.value_side
    if job.lattice is None or side is None:
        return 0
    rows = job.question.manifest(side).rows
    if job.plan.source == "job" and job.plan.made is not None:
        rows = job.plan.made.rows(side)
    return job.lattice.bytes(rows)
