"""Say what a question would cost and show, before it is asked."""

from __future__ import annotations

from typing import Any

from cleanroom.agent import selection
from cleanroom.agent.jobs import LocalJob
from cleanroom.agent.notices import notices
from cleanroom.ingest.cost import ENCRYPT_SECONDS, LATTICE_SECONDS, LINK_BYTES_PER_SECOND
from cleanroom.privacy.intervals import released_sd
from cleanroom.privacy.preview import Preview, preview_people
from cleanroom.queries.where import WHERE
from cleanroom.room.encryption import rows_of, taken

GROUP_SIZES = (50, 100, 500, 1000, 10_000)
SECONDS_PER_DECRYPTION = 0.011
SECONDS_PER_RANDOMISATION = 0.028
"""Measured at 3072 bits on one core; see docs/explanation/performance.md."""


def preview(job: LocalJob) -> dict[str, Any]:
    """Combine the mediator's figures (budget) with what this party computes itself.

    Nothing is charged and nothing is logged as a question.
    """
    if not job.room.own.has_data:
        return {**priced(job), "notices": []}
    own = _slice(job) if selection.restricting(job) else {}
    return {**priced(job), **own, "notices": notices(job)}


def priced(job: LocalJob) -> dict[str, Any]:
    """Return what follows from the documents alone: nothing of this party's own data is read."""
    asked = job.room.client.preview(job.document.to_json())
    return {
        "template": job.document.template,
        "receiver": job.document.receiver,
        **{name: asked[name] for name in ("rho", "budget", "budget_before", "budget_after")},
        "answered_by": asked.get("answered_by"),
        "noise": job.charge.people.kind,
        "k": job.charge.k,
        "tau": job.charge.tau,
        "groups_at_most": job.plan.cells,
        "people_sd": released_sd(job.charge.whole_people, 1, job.charge.givers),
        "measures_sd": {name: sd for name, sd, _ in measure_noise(job)},
        "by_group_size": [_group(job, size) for size in GROUP_SIZES],
        "cost": _cost(job),
        "leaks": [leak.told() for leak in job.template.learned(job.plan)],
    }


def measure_noise(job: LocalJob) -> list[tuple[str, float, str]]:
    """Return each sum of the answer with the standard deviation of its noise, and its unit.

    The noise is that of a released sum: the mediator's share and those of all who give one.
    """
    return [
        (
            slot.measure,
            released_sd(noise, 1, job.charge.givers) / (job.plan.units * 10**slot.decimals),
            slot.unit,
        )
        for slot, noise in zip(job.plan.slots, job.charge.slots, strict=True)
        if slot.unit
    ]


def effect(job: LocalJob, size: int) -> Preview:
    """Return what the noise of a question does to a group of ``size`` people."""
    charge = job.charge
    return preview_people(charge.whole_people, charge.k, size, charge.shares, charge.givers)


def _group(job: LocalJob, size: int) -> dict[str, Any]:
    seen = effect(job, size)
    return {
        "people": size,
        "interval": list(seen.interval),
        "chance_shown": seen.chance_shown,
        "smallest_likely_shown": seen.smallest_likely_shown,
    }


def _slice(job: LocalJob) -> dict[str, Any]:
    """Say whom the question counts, and what the noise does to as many people as it can count."""
    texts = [condition.text() for condition in selection.restricting(job)]
    return {WHERE: texts, "at_most": _group(job, selection.own_people(job))}


def _cost(job: LocalJob) -> dict[str, Any]:
    """Estimate what the job moves and computes, apart from rows that are made for it alone.

    ``rows`` says how the values that it sums are encrypted, and ``why``; ``row_megabytes`` and
    ``row_seconds`` what those that come with the question take on top, as many as the documents
    bound.
    """
    found = taken(job.question, job.plan)
    size, seconds = _value_load(job)
    width = job.room.agreement.policy.paillier_bits // 4
    ciphertexts = job.plan.outputs * (2 if job.plan.slots else 1)
    return {
        "brand_rows": job.question.brand.rows,
        "platform_rows": job.question.platform.rows,
        "rows": found and found.encryption,
        "why": found and found.why,
        "row_megabytes": round(size / 1e6, 2),
        "row_seconds": round(seconds, 1),
        "megabytes": round(3 * ciphertexts * width / 1e6, 2),
        "seconds": round(ciphertexts * (SECONDS_PER_DECRYPTION + 2 * SECONDS_PER_RANDOMISATION), 1),
    }


def _value_load(job: LocalJob) -> tuple[float, float]:
    """Return bytes and seconds of the values that come with the question, on one core."""
    found = taken(job.question, job.plan)
    side = job.plan.value_side
    if found is None or side is None or (found.encryption, found.why) == ("paillier", "uploaded"):
        return 0, 0
    rows = rows_of(job.question, job.plan, side)
    if job.lattice is None:
        size, seconds = rows * job.room.agreement.policy.paillier_bits // 4, ENCRYPT_SECONDS
    else:
        size, seconds = job.lattice.bytes(rows), LATTICE_SECONDS * job.lattice.keys
        seconds *= job.lattice.measures
    return size, rows * seconds + size / LINK_BYTES_PER_SECOND
