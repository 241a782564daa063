"""Hold an agreement against what no room may go without, before anybody signs it."""

from __future__ import annotations

from cleanroom.documents.agreement import Agreement, Grant
from cleanroom.errors import InvalidInput, refuse_unless
from cleanroom.queries.registry import find_template
from cleanroom.room import identity, members, periods, retention, serving
from cleanroom.room.policy import check_floor

LIVE_K_MINIMUM = 10
"""No live room may release groups of fewer people."""


def check_agreement(agreement: Agreement, now: float) -> None:
    """Check a room before anybody signs it; raise ``PolicyRefusal`` or ``InvalidInput``."""
    if agreement.amends is not None:
        # Its digest does not name the room: it would stand under whatever name it gives itself.
        raise InvalidInput("A room begins with its first agreement, not with an amendment.")
    check_content(agreement, now)


def check_content(agreement: Agreement, now: float, before: tuple[Grant, ...] = ()) -> None:
    """Check what a first agreement and its amendments have to hold alike.

    ``before`` are the grants of the agreement that is amended: one of serving keeps its place there
    when one of its sides has left.
    """
    names = [card.name for card in agreement.members]
    keys = [card.signing_key for card in agreement.members]
    if len(set(names)) != len(names) or len(set(keys)) != len(keys):
        raise InvalidInput("Two members of the room share a name or a signing key.")
    if "mediator" in names:
        raise InvalidInput("No member may be called mediator: the log calls the service that.")
    members.check_parties(agreement)
    _check_datasets(agreement)
    _check_purposes(agreement)
    serving.check_grants(agreement, before)
    unknown = {name for name in agreement.templates if find_template(name) is None}
    if unknown:
        raise InvalidInput(f"There is no template {', '.join(sorted(unknown))}.")
    policy = agreement.policy
    periods.check(policy)
    retention.check(policy)
    refuse_unless(policy.expires > now, "the room has expired", "room-expired")
    if not agreement.rehearsal:
        refuse_unless(policy.noise != "none", "a live room needs noise", "live-noise")
        refuse_unless(
            policy.k_min >= LIVE_K_MINIMUM, f"a live room needs k >= {LIVE_K_MINIMUM}", "live-k"
        )
        refuse_unless(policy.paillier_bits >= 2048, "a live room needs 2048 bits", "live-key")
        check_floor(policy.rho_per_release)


def _check_purposes(agreement: Agreement) -> None:
    """Refuse purposes that say nothing, and grants for others than those that are listed."""
    purposes = agreement.purposes
    if len(set(purposes)) != len(purposes) or not all(one.strip() for one in purposes):
        raise InvalidInput("The agreement lists a purpose twice, or an empty one.")
    for grant in agreement.grants if purposes else ():
        if not grant.purposes or not set(grant.purposes) <= set(purposes):
            raise InvalidInput(
                f"A grant of {grant.kind} by {grant.party} has no purpose, or one that the"
                " agreement does not list.",
                remedy=f"Choose its purposes from these: {', '.join(purposes)}.",
            )


def _check_datasets(agreement: Agreement) -> None:
    """Refuse terms that could be read in two ways: whoever signs sees one, and one applies."""
    named = [(terms.party, terms.name) for terms in agreement.datasets]
    if len(set(named)) != len(named):
        raise InvalidInput("The agreement describes one dataset twice.")
    for terms in agreement.datasets:
        card = agreement.member(terms.party)
        if card is None or not card.has_data:
            raise InvalidInput(
                f"Dataset {terms.name} belongs to {terms.party}, who is not a party."
            )
        identity.check_terms(terms)
        measures = [measure.name for measure in terms.measures]
        for columns in (measures, terms.labels, terms.receivers, terms.partners):
            if len(set(columns)) != len(columns):
                raise InvalidInput(f"The terms of {terms.name} name something twice.")
        members.check_partners(agreement, terms)
        if any(measure.minimum > measure.maximum for measure in terms.measures):
            raise InvalidInput(f"A measure of {terms.name} has a minimum above its maximum.")
