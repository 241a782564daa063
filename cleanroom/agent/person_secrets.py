"""Take T of a party's people for rows that are made for a question, by the kind that joins them."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from cleanroom.agent.alignments import LocalAlignment, find
from cleanroom.agent.datasets import peer_manifest
from cleanroom.agent.jobs import LocalJob
from cleanroom.queries.kinds import column_of, joining_kind
from cleanroom.queries.plan import Question
from protocols.limits import SECRET_BYTES

Bytes = npt.NDArray[np.uint8]


def of_pair(job: LocalJob) -> Bytes:
    """Return T of each person of this party's dataset for a question about two, (people, 32)."""
    return _of(job, job.alignment, job.question)


def of_hub(job: LocalJob) -> Iterator[Bytes]:
    """Yield T of each person of the hub, (people, 32), under each of its alignments in turn."""
    for other in job.document.others:
        manifest = peer_manifest(job.room, other.dataset)
        if job.document.hub == "brand":
            question = replace(job.question, platform=manifest)
        else:
            question = replace(job.question, brand=manifest)
        yield _of(job, find(job.room, other.alignment), question)


def _of(job: LocalJob, alignment: LocalAlignment, question: Question) -> Bytes:
    """Return T by the kind that joins two datasets; random for whoever has none of it.

    Such a person has rows like any other, which match nobody.
    """
    known, several = alignment.secrets_of(job.dataset.manifest.identity()), None
    if not job.plan.of_identifiers:
        several = job.dataset.identifiers()
    if several is None:
        return known
    places = several[:, column_of(job.dataset.manifest, joining_kind(question))]
    drawn = secrets.token_bytes(len(places) * SECRET_BYTES)
    found = np.frombuffer(drawn, dtype=np.uint8).reshape(-1, SECRET_BYTES).copy()
    found[places >= 0] = known[places[places >= 0]]
    return found
