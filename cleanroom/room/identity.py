"""What changes for an agreement and a question where people have several identifiers."""

from __future__ import annotations

from dataclasses import replace

from cleanroom.documents.agreement import SIDES, DatasetTerms
from cleanroom.errors import InvalidInput, PolicyRefusal
from cleanroom.queries import kinds, sensitivity
from cleanroom.queries.plan import Plan, Question


def check_terms(terms: DatasetTerms) -> None:
    """Refuse terms with two identifiers of one kind."""
    if len({*kinds.kinds_of(terms.profiles)}) < len(terms.profiles):
        raise InvalidInput(f"The terms of {terms.name} name a kind of identifier twice.")


def paid(plan: Plan, question: Question) -> Plan:
    """Return a plan that pays for the pairs which a person with several identifiers unmatches.

    Rows that are made for a question are joined by one kind, of which nobody has two: nobody is
    unmatched by others.  Raises ``PolicyRefusal`` if that kind cannot be told, or one is named for
    uploaded rows, which are joined by all.
    """
    if plan.source == "job":
        if not plan.of_identifiers:
            kinds.joining_kind(question)
        return plan
    if kinds.MATCH_BY in question.job.parameters:
        raise PolicyRefusal(
            f"{question.job.template} about two audiences joins people by all their identifiers:"
            f" leave {kinds.MATCH_BY} out",
            rule="identifiers",
        )
    tokens = [len(question.manifest(side).profiles) for side in SIDES]
    pairs = sensitivity.rematched(*tokens)
    slots = (
        replace(slot, delta=sensitivity.moved(slot.delta, pairs, positive=False))
        for slot in plan.slots
    )
    people = sensitivity.moved(plan.people_delta, pairs, positive=True)
    return replace(plan, people_delta=people, slots=tuple(slots))
