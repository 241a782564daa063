"""Tell a party, on its own machine, what its own data will make of a question.

Nothing here refuses anything and nothing leaves: a refusal by data would be an answer that no
budget pays for, so the job goes on and its owner alone is told.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cleanroom.agent.datasets import LocalDataset, local
from cleanroom.agent.jobs import LocalJob
from cleanroom.privacy.differencing import DIGEST_BYTES, overlap_difference
from cleanroom.queries.template import Template
from cleanroom.room.states import JobState
from protocols.sha256 import sha256_many


def notices(job: LocalJob) -> list[str]:
    """Return what the owner of a side should know before it asks or approves, as sentences."""
    return [*of_file(job), *_of_versions(job)]


def of_file(job: LocalJob) -> tuple[str, ...]:
    """Return what the template makes of this party's file that its owner should know."""
    if type(job.template).notices is Template.notices:
        return ()
    return job.template.notices(job.question, job.side, job.dataset.table(), job.private())


def _of_versions(job: LocalJob) -> list[str]:
    """Compare this party's dataset with its others that have been asked about."""
    own = job.dataset
    people: npt.NDArray[np.uint8] | None = None
    one, many = ("person", "people")
    if own.manifest.further_profiles:
        one, many = ("identifier of a person", "identifiers of people")
    found = []
    for other in _answered(job):
        people = _digests(own) if people is None else people
        difference = overlap_difference(people, _digests(other))
        if 0 < difference < job.charge.k:
            kind = one if difference == 1 else many
            found.append(
                f"{_named(own)} and {_named(other)}, which was asked about before, differ by"
                f" {difference:,} {kind}. The noise covers that, as it covers everything, but"
                " each such pair of questions spends budget on the same few people."
            )
    return found


def _answered(job: LocalJob) -> list[LocalDataset]:
    """Return this party's other datasets that a question was answered about."""
    side, own = job.side, job.question.manifest(job.side).identity()
    asked = {
        str(item["job"][side])
        for item in job.room.client.jobs(job.room.identity)
        if item["state"] == JobState.SUCCESS
    }
    folder = job.room.folder / "datasets"
    known = sorted(
        item for item in asked - {own} if item.isalnum() and (folder / item / "table").exists()
    )
    return [local(job.room, item) for item in known]


def _named(dataset: LocalDataset) -> str:
    return f"{dataset.manifest.name} version {dataset.manifest.version}"


def _digests(dataset: LocalDataset) -> npt.NDArray[np.uint8]:
    """Return a dataset's people as ascending 16-byte digests; who was erased is not one of them."""
    people = dataset.people()
    there = np.flatnonzero(np.diff(people.offsets))
    left = people if len(there) == len(people) else people.take(there)
    digests = np.ascontiguousarray(sha256_many(left)[:, :DIGEST_BYTES])
    order = np.argsort(digests.view(f"S{DIGEST_BYTES}")[:, 0], kind="stable")
    return digests[order]
