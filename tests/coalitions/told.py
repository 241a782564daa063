"""What a release shows to those who do not receive it: its line in the log, and its work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from cleanroom.mediator import releases
from cleanroom.room.jobs import Asked
from protocols.paillier.keys import PublicKey
from tests.cleanroom.queries.harness import Answer

RANDOM = ("release", "measures", "job")
"""Facts that are digests of what is random, or an identifier."""


def shown(answer: Answer) -> dict[str, Any]:
    """Return what the log tells of the release, but for digests of what is random."""
    job = answer.brand
    manifests = job.question.brand, job.question.platform
    asked = Asked(job.document, job.room.agreement, *manifests, 0)
    facts = releases.facts(releases.Answer(answer.document, {}, answer.release), asked)
    return {name: fact for name, fact in facts.items() if name not in RANDOM}


@contextmanager
def working() -> Iterator[list[int]]:
    """Note, call by call, how many numbers are raised to a power."""
    worked: list[int] = []
    randomise = PublicKey._randomise
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            PublicKey,
            "_randomise",
            lambda key, rows, *rest: worked.append(len(rows)) or randomise(key, rows, *rest),
        )
        yield worked
