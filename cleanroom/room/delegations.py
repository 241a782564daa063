"""Hold what an agency asks in a brand's place against what that brand signed.  Every check raises.

The mediator, the agents of all sides and the verifier call the same functions, each with the
delegation as it knows it.
"""

from __future__ import annotations

from collections.abc import Sequence

from cleanroom.documents.agreement import Agreement
from cleanroom.documents.dataset import Manifest
from cleanroom.documents.delegation import Behalf, Delegation
from cleanroom.documents.job import JobDocument
from cleanroom.errors import Conflict, InvalidInput, refuse_unless
from cleanroom.privacy.accounting import Ledger


def check_delegation(
    agreement: Agreement, delegation: Delegation, party: str, before: int, now: float
) -> None:
    """Check a delegation that a party signs after so many of its own.

    Raises:
        PolicyRefusal: if no party of the room may delegate so.
        Conflict: if its number is not the next, so that one that was taken back stays so.
        InvalidInput: if it covers what the agreement does not know, or something twice.
    """
    refuse_unless(
        delegation.room == agreement.identity(), "the delegation is of another room", "other-room"
    )
    brand, agency = agreement.member(delegation.brand), agreement.member(delegation.agency)
    refuse_unless(
        brand is not None and brand.role == "brand" and brand.name == party,
        "a brand delegates what it may ask itself",
        "delegation-party",
    )
    refuse_unless(
        agency is not None and agency.role == "agency",
        f"{delegation.agency} is not an agency of the room",
        "delegation-agency",
    )
    refuse_unless(delegation.ends > now, "the delegation has ended", "delegation-ended")
    _check_covered(agreement, delegation)
    if delegation.number != before + 1:
        raise Conflict(f"the next delegation of {party} is {before + 1}", rule="delegation-number")


def _check_covered(agreement: Agreement, delegation: Delegation) -> None:
    named = [(one.party, one.dataset) for one in delegation.datasets]
    templates = delegation.templates
    if len(set(named)) != len(named) or len(set(templates)) != len(templates):
        raise InvalidInput("The delegation names something twice.")
    for name in templates:
        if name not in agreement.templates:
            raise InvalidInput(f"The room does not allow the template {name}.")
    platforms = {card.name for card in agreement.by_role("platform")}
    for party, dataset in named:
        known = agreement.terms(party, dataset) is not None
        if not known or party not in platforms | {delegation.brand}:
            raise InvalidInput(
                f"{party}.{dataset} is neither a dataset of {delegation.brand} nor of a platform."
            )
    owners = {party for party, _ in named}
    if delegation.brand not in owners or not owners & platforms:
        raise InvalidInput("A delegation names a dataset of the brand and one of a platform.")


def check_covered(
    delegation: Delegation, job: JobDocument, manifests: Sequence[Manifest], now: float
) -> None:
    """Raise ``PolicyRefusal`` unless a delegation covers a question about these datasets.

    ``manifests`` are those that the caller sees: all of them, or its own and the brand's.
    """
    behalf = job.behalf
    refuse_unless(
        behalf is not None
        and (behalf.delegation, behalf.agency, job.room)
        == (delegation.identity(), delegation.agency, delegation.room),
        "the question is asked under another delegation",
        "delegation-other",
    )
    refuse_unless(delegation.ends > now, "the delegation has ended", "delegation-ended")
    refuse_unless(
        job.template in delegation.templates,
        f"{delegation.brand} delegated no question of {job.template}",
        "delegation-template",
    )
    refuse_unless(
        manifests[0].party == delegation.brand,
        f"the question is about data of {manifests[0].party}, not of {delegation.brand}",
        "delegation-brand",
    )
    for one in manifests:
        refuse_unless(
            delegation.covers(one.party, one.name),
            f"{delegation.brand} delegated no question about {one.party}.{one.name}",
            "delegation-dataset",
        )


def ledger(delegation: Delegation, spent_units: int = 0) -> Ledger:
    """Return the ledger of a delegation, of nothing spent or as it was stored.

    What a refusal gives back to the pairs is not given back here: asking was the right.
    """
    return Ledger(Ledger.of(delegation.rho).budget_units, spent_units)


def pairs_of(behalf: Behalf | None, platforms: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return the ledgers beside those of the brand that a question is charged to.

    The agency's own with each platform: what it learns of a platform's people for all its brands
    together is bounded like what one brand learns.
    """
    return tuple((behalf.agency, name) for name in platforms) if behalf else ()
