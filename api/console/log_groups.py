"""Group a log by question: one for each, with everything that the log says of it folded away."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from api.console.logs import Log, chain, subject
from cleanroom.audit import questions, show
from cleanroom.audit.questions import Asked
from cleanroom.audit.show import Line
from cleanroom.mediator.search import Wanted
from cleanroom.report import Language

QUESTIONS: Final = 10
"""Questions on one page."""

DATASETS: Final = 500
"""Entries of datasets from which names are learnt, the newest."""


@dataclass(frozen=True)
class Group:
    """One question: ``facts`` are names and texts, ``lines`` its entries, the oldest first."""

    asked: Asked
    facts: list[tuple[str, str]]
    lines: list[Line]


def grouped(log: Log, size: int, before: int, language: Language) -> tuple[list[Group], int | None]:
    """Return the newest questions asked below an index, and where older ones start.

    Raises ``AuditFailure`` if an entry cannot be read.
    """
    found = log.search(Wanted(kind="job.submit"), before, QUESTIONS)
    leaves = {_index(leaf): leaf for leaf in found.leaves}
    wanted = set(leaves)
    for leaf in found.leaves:
        entry: dict[str, Any] = json.loads(leaf)
        job = subject(entry)
        if job and entry["outcome"] == "accepted":
            leaves |= {one["index"]: one["leaf"].encode() for one in chain(log, job, size)}
    known = log.search(Wanted(kind="dataset.create"), size, DATASETS)
    leaves |= {_index(leaf): leaf for leaf in known.leaves}
    ordered = [leaves[index] for index in sorted(leaves)]
    lines = list(show.lines(ordered))
    groups = [
        _group(one, lines, language) for one in questions.questions(ordered) if one.entry in wanted
    ]
    return groups[::-1], found.next


def _group(one: Asked, lines: list[Line], language: Language) -> Group:
    facts = zip(questions.HEADER[language], questions.row(one, language), strict=True)
    own = [
        line for line in lines if line.number == one.entry or (one.job and line.job == one.job[:8])
    ]
    return Group(one, [(name, text) for name, text in facts if text], own)


def _index(leaf: bytes) -> int:
    return int(json.loads(leaf)["index"])
