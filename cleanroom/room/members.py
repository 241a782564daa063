"""Say who a room's parties are, and which of them a dataset may be joined with.

A question or an alignment is between the owners of its datasets, a brand and a platform; whoever
else is in the room has no part in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from cleanroom.documents.agreement import (
    SIDES,
    Agreement,
    Card,
    DatasetTerms,
    Grant,
    PartyRole,
    other_side,
)
from cleanroom.documents.dataset import Manifest
from cleanroom.documents.job import JobDocument
from cleanroom.documents.statement import Kind
from cleanroom.errors import InvalidInput, PolicyRefusal
from cleanroom.queries.plan import Plan

OF_AUDITORS: Final[tuple[Kind, ...]] = (
    *("room.propose", "room.sign", "audit.cosign"),
    *("amendment.propose", "amendment.sign", "amendment.decline"),
)
"""What an auditor may say: it signs what it reads under, and changes nothing that it reads."""

OF_AGENCIES: Final[tuple[Kind, ...]] = (*OF_AUDITORS, "job.submit")
"""What an agency may say: it has no data of its own to answer with, nor a question to end."""

MOST_PARTIES: Final = 9
"""Brands and platforms of one room together; auditors are not counted."""


def may_say(role: str, kind: Kind) -> bool:
    """Tell whether a member of a role may say something of a kind at all."""
    said = {"auditor": OF_AUDITORS, "agency": OF_AGENCIES}
    return kind in said.get(role, (kind,))


def check_parties(agreement: Agreement) -> None:
    """Refuse a room in which nobody could be joined with anybody, or with too many parties.

    Raises ``InvalidInput``, also for a name that says another role: files may name a role where
    they mean its only party.
    """
    parties = agreement.parties
    if {card.role for card in parties} != set(SIDES) or len(parties) > MOST_PARTIES:
        raise InvalidInput(
            f"A room has at least one brand and one platform, and {MOST_PARTIES} parties at most."
        )
    for card in agreement.members:
        if card.name in SIDES and card.role not in (card.name, "auditor"):
            raise InvalidInput(f"A {card.role} of a room cannot be called {card.name}.")


def check_givers(agreement: Agreement, before: tuple[Grant, ...] = ()) -> None:
    """Raise ``InvalidInput`` for a grant, not among those of ``before``, that no party could give.

    It would grant nothing, and whoever signs would read that it does.
    """
    parties = [card.name for card in agreement.parties]
    for grant in agreement.grants:
        if grant not in before and grant.party not in parties:
            raise InvalidInput(
                f"{grant.kind} is granted by {grant.party}, who is not a party of the room.",
                remedy=f"Name one of: {', '.join(parties)}.",
            )


def named_party(cards: Sequence[Card], text: str) -> str:
    """Return the name of the member that a name, or the role of a single member, stands for.

    Raises ``InvalidInput`` that lists the members.
    """
    names = [card.name for card in cards]
    having = [card.name for card in cards if card.role == text]
    if text in names or len(having) == 1:
        return text if text in names else having[0]
    what = "Several members are a" if having else "No member is called"
    raise InvalidInput(f"{what} {text}.", remedy=f"Name one of: {', '.join(names)}.")


def check_partners(agreement: Agreement, terms: DatasetTerms) -> None:
    """Raise ``InvalidInput`` for a partner that is not a party of the other role."""
    facing = {card.name for card in agreement.facing(terms.party)}
    for name in terms.partners:
        if name not in facing:
            raise InvalidInput(
                f"{terms.party}'s {terms.name} cannot be joined with data of {name}:"
                " the room has no such party of the other role."
            )


def partners(agreement: Agreement, party: str, dataset: str) -> tuple[str, ...]:
    """Return the members that a dataset may be joined with, in the order of the agreement."""
    terms = agreement.terms(party, dataset)
    named = terms.partners if terms else ()
    return tuple(card.name for card in agreement.facing(party) if not named or card.name in named)


def check_peers(agreement: Agreement, manifest: Manifest) -> None:
    """Raise ``PolicyRefusal`` for a dataset made for members that it may not be joined with."""
    allowed = partners(agreement, manifest.party, manifest.name)
    for peer in manifest.peers:
        if peer not in allowed or manifest.peers.count(peer) > 1:
            raise PolicyRefusal(
                f"{manifest.name} of {manifest.party} may not be joined with data of {peer}",
                rule="other-peer",
            )
    shared = any(column.shared for column in manifest.labels)
    keyed = manifest.peers if shared and manifest.also else ()
    if set(manifest.label_keys) != set(keyed):
        raise PolicyRefusal(
            "the key of shared labels is sealed to every peer where there are several,"
            " and else to nobody",
            rule="label-keys",
        )


def check_others(agreement: Agreement, job: JobDocument, looked_at: Manifest) -> None:
    """Raise ``PolicyRefusal`` unless those that a hub is joined with own what is said to be theirs.

    ``looked_at`` is one of their datasets.
    """
    side = other_side(job.hub)
    for other in job.others:
        card = agreement.member(other.party)
        if card is None or card.role != side:
            raise PolicyRefusal(f"{other.party} is not a {side}", rule="role")
        if other.dataset == looked_at.identity() and other.party != looked_at.party:
            raise PolicyRefusal(
                f"the job names {other.party} as the owner of a dataset of {looked_at.party}",
                rule="other-party",
            )


def check_behalf(agreement: Agreement, job: JobDocument) -> None:
    """Raise ``PolicyRefusal`` for a question in a brand's place that no delegation could allow.

    The brand receives: its key opens the answer, and its agent hands that on.
    """
    if job.behalf is None:
        return
    agency = agreement.member(job.behalf.agency)
    if agency is None or agency.role != "agency":
        raise PolicyRefusal(
            f"{job.behalf.agency} is not an agency of the room", "delegation-agency"
        )
    if (job.submitter, job.receiver) != ("brand", "brand"):
        raise PolicyRefusal(
            "an agency asks in the brand's place, and the brand receives", "delegation-receiver"
        )


def check_hub(job: JobDocument, plan: Plan) -> None:
    """Raise ``PolicyRefusal`` for others that a template has no use for."""
    if job.others and plan.hub is None:
        raise PolicyRefusal(f"{job.template} is about two datasets, not a hub", rule="no-hub")


def find_dataset(
    agreement: Agreement, side: PartyRole, text: str, own: str = ""
) -> tuple[str, str]:
    """Return the party and the name of a dataset, written ``users`` or ``douyin.users``.

    ``own`` is who asks, if that is known: on its own side a name is one of its own datasets.
    Raises ``InvalidInput`` that lists what there is if none or several fit.
    """
    owners = [card.name for card in agreement.by_role(side)]
    asker = agreement.member(own)
    if asker is not None and asker.role == side:
        owners = [own]
    for party in owners:
        if text.startswith(f"{party}.") and agreement.terms(party, text[len(party) + 1 :]):
            return party, text[len(party) + 1 :]
    if len(owners) == 1:
        return owners[0], text
    having = [party for party in owners if agreement.terms(party, text)]
    if len(having) == 1:
        return having[0], text
    listed = [
        f"{terms.party}.{terms.name}" for terms in agreement.datasets if terms.party in owners
    ]
    what = "Several members have a" if having else f"No {side} of the room has a"
    raise InvalidInput(
        f"{what} dataset {text}.", remedy=f"Name one of: {', '.join(sorted(listed)) or 'none'}."
    )


def side_named(parties: Mapping[PartyRole, str], text: str) -> PartyRole:
    """Return the side of a question that a role or a party's name stands for.

    Raises ``InvalidInput`` for a member that has no part in it.
    """
    for side in SIDES:
        if text in (parties[side], side):
            return side
    raise InvalidInput(f"{text} has no part in a question to {' and '.join(parties.values())}.")
