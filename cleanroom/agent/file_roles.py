"""Say which parties of a room file are brands and which are platforms."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Literal

from cleanroom.agent.job_section import JobSection
from cleanroom.documents.agreement import SIDES, PartyRole

Datasets = Mapping[str, Collection[str]]
"""Names of datasets by what the file calls their party: its name, or its role."""


def said_roles(
    members: Mapping[str, PartyRole | Literal["agency"]],
    datasets: Datasets,
    jobs: Iterable[JobSection],
) -> dict[str, set[PartyRole]]:
    """Return the roles of parties by name, from ``members``, sections and the sides of questions.

    A party has several roles where the file contradicts itself.
    """
    said: dict[str, set[PartyRole]] = {
        name: {role} for name, role in members.items() if role != "agency"
    }
    for side in SIDES:
        if side in datasets:
            said.setdefault(side, set()).add(side)
    for pair in (pair for job in jobs for pair in job.pairs()):
        for side, text in pair.sides().items():
            for party in owners(datasets, text):
                said.setdefault(party, set()).add(side)
    return said


def owners(datasets: Datasets, text: str) -> list[str]:
    """Return the party whose dataset a question names, if the file says so."""
    having = [
        party
        for party, named in datasets.items()
        if text in named or (text.startswith(f"{party}.") and text[len(party) + 1 :] in named)
    ]
    return having if len(having) == 1 else []
