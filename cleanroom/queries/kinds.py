"""By which kind of identifier two sides' people are joined, where these have several.

Uploaded audiences are joined by all kinds.  Rows that are made for a question are joined by one:
whom a person is, if the kinds disagree, would have to be settled person by person, and nobody sees
which of these rows are one person's.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

from cleanroom.documents.dataset import Manifest
from cleanroom.documents.document import Document
from cleanroom.errors import PolicyRefusal
from cleanroom.ingest.identifiers.names import kind_of
from cleanroom.queries.plan import Question

Kind = Literal["raw", "email", "phone", "idfa", "gaid", "oaid"]

MATCH_BY: Final = "match_by"


class JoinedParameters(Document):
    """Name the kind of identifier that joins people of whom both sides have several kinds."""

    match_by: Kind | None = None


def kinds_of(profiles: Iterable[str]) -> list[str]:
    """Return the kinds of identifier that profiles write, in their order."""
    return [kind_of(profile) for profile in profiles]


def shared_kinds(one: Manifest, other: Manifest) -> tuple[str, ...]:
    """Return the kinds of identifier that two datasets have in common, in alphabetical order."""
    return tuple(sorted({*kinds_of(one.profiles)} & {*kinds_of(other.profiles)}))


def joining_kind(question: Question) -> str:
    """Return the kind that joins the rows which two sides make for a question.

    It is the only one that both have, else the one that the question names.  Of a hub's others some
    may have only another one in common with it.  Raises ``PolicyRefusal`` if none is named, or one
    that a side has not.
    """
    kinds = shared_kinds(question.brand, question.platform)
    named = question.job.parameters.get(MATCH_BY)
    if len(kinds) == 1 and (named is None or question.job.others):
        return kinds[0]
    if named in kinds:
        return str(named)
    listed = " and ".join(kinds)
    raise PolicyRefusal(
        f"{question.brand.name} and {question.platform.name} have {listed or 'nothing'} in common,"
        f" and {question.job.template} joins people by one kind of identifier: name it as"
        f" {MATCH_BY}",
        rule="identifiers",
    )


def column_of(manifest: Manifest, kind: str) -> int:
    """Return the place of a kind among a dataset's identifiers."""
    return kinds_of(manifest.profiles).index(kind)
