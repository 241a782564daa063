"""What changes for an agreement and a question where people have several identifiers."""

from __future__ import annotations

from dataclasses import replace

from cleanroom.documents.agreement import DatasetTerms
from cleanroom.errors import InvalidInput, PolicyRefusal
from cleanroom.ingest.identifiers.profiles import kind_of
from cleanroom.queries import sensitivity
from cleanroom.queries.plan import SIDES, Plan, Question


def check_terms(terms: DatasetTerms) -> None:
    """Refuse terms with two identifiers of one kind, or with events of several."""
    kinds = {kind_of(profile) for profile in terms.profiles}
    if len(kinds) < len(terms.profiles):
        raise InvalidInput(f"The terms of {terms.name} name a kind of identifier twice.")
    if len(kinds) > 1 and terms.kind == "events":
        # A person whom two of the other side share would count in the rows of both.
        raise InvalidInput(
            f"The events of {terms.name} have one identifier, not several.",
            remedy="Name one of them, or describe a dataset of its own for each.",
        )


def paid(plan: Plan, question: Question) -> Plan:
    """Return a plan that pays for the pairs which a person with several identifiers unmatches.

    Raises ``PolicyRefusal`` for a question that makes rows: it takes one identifier a person.
    """
    tokens = [len(question.manifest(side).profiles) for side in SIDES]
    pairs = sensitivity.rematched(*tokens)
    if max(tokens) == 1:
        return plan
    if plan.source == "job":
        raise PolicyRefusal(
            f"{question.job.template} makes rows for each question, and for that a person has one"
            " identifier: ask about a dataset with one",
            rule="identifiers",
        )
    slots = (
        replace(slot, delta=sensitivity.moved(slot.delta, pairs, positive=False))
        for slot in plan.slots
    )
    people = sensitivity.moved(plan.people_delta, pairs, positive=True)
    return replace(plan, people_delta=people, slots=tuple(slots))
