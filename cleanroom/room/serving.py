"""Hold what is served for single people against its grant: one set of rules for everybody.

A brand publishes a table and answers questions about it; both sides say how many people were asked
about in each minute.  The brand's server, the mediator and the verifier of the log call the same
functions, each with what it holds itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cleanroom.documents.agreement import Agreement, DatasetTerms, Grant
from cleanroom.documents.dataset import Manifest
from cleanroom.documents.serving import Publication, ServingTerms
from cleanroom.errors import (
    BudgetExhausted,
    Conflict,
    InvalidInput,
    NotFound,
    PolicyRefusal,
    refuse_unless,
)
from cleanroom.queries.plan import Column
from cleanroom.queries.where import parse
from cleanroom.system import load_libsodium
from protocols.errors import InvalidKeyError

MINUTE: Final = 60
MINUTES_OF_DAY: Final = 1440
NEAR_QUOTA: Final = 0.8
"""Share of the day's quota from which on figures, health and console say that it is near."""

LATE: Final = 1
"""Minutes after an end of serving in which questions may still have come, and by which two clocks
may differ."""


@dataclass
class Served:
    """Where the serving under one grant stands; ``closed`` is the minute of its end."""

    number: int = 0
    dataset: str = ""
    opened: int = 0
    closed: int | None = None
    stopped: bool = False


@dataclass(frozen=True)
class Tally:
    """How many people a side says were asked about in a minute, and what was said before."""

    minute: int
    questions: int
    latest: int
    """The last minute of which this side spoke, -1 if of none."""
    of_day: int
    """What this side said before of the same day (UTC)."""
    other: int | None
    """What the other side said of the same minute."""


def granted(agreement: Agreement, place: int) -> tuple[Grant, ServingTerms]:
    """Return a grant of serving and its terms; raise ``NotFound`` if the agreement has none."""
    grant = agreement.grants[place] if place < len(agreement.grants) else None
    if grant is None or grant.serving is None:
        raise NotFound("the agreement has no such grant of serving")
    return grant, grant.serving


def check_grants(agreement: Agreement, before: tuple[Grant, ...] = ()) -> None:
    """Refuse terms of serving that could not be kept or be read in two ways.

    A grant that stood before, in ``before``, and of which a side has left, stands for nothing.
    """
    for grant in agreement.grants:
        if (grant.kind == "serving") != (grant.serving is not None):
            raise InvalidInput("A grant of serving, and no other, has terms of serving.")
        if grant.serving is not None and not (grant in before and _one_left(agreement, grant)):
            _check_grant(agreement, grant, grant.serving)


def _one_left(agreement: Agreement, grant: Grant) -> bool:
    """Tell whether a side of a grant of serving is not a member any more."""
    sides = (grant.party, grant.serving.platform if grant.serving else "")
    return any(agreement.member(side) is None for side in sides)


def check_sides(agreement: Agreement, grant: Grant) -> None:
    """Refuse a grant of serving of which a side is not a member any more: it stands for nothing."""
    refuse_unless(
        not _one_left(agreement, grant), "a side of this grant has left the room", "member-left"
    )


def _check_grant(agreement: Agreement, grant: Grant, terms: ServingTerms) -> None:
    brand, platform = agreement.member(grant.party), agreement.member(terms.platform)
    if brand is None or brand.role != "brand" or platform is None or platform.role != "platform":
        raise InvalidInput("Serving is granted by the room's brand to a platform of the room.")
    data = agreement.terms(grant.party, terms.audience)
    if data is None or data.kind != "audience":
        raise InvalidInput(f"{grant.party} has no audience {terms.audience} to serve from.")
    if data.further_profiles:
        raise InvalidInput(f"People of {terms.audience} have several identifiers: none is served.")
    if data.receivers and terms.platform not in data.receivers:
        raise InvalidInput(f"{terms.platform} may receive nothing about {terms.audience}.")
    if terms.label is not None and terms.label not in data.labels:
        raise InvalidInput(f"{terms.audience} has no label {terms.label} to serve.")
    _check_chosen(terms, data)
    if len(set(terms.values)) != len(terms.values):
        raise InvalidInput("Serving names a value twice.")
    if terms.label is None and len(terms.values) != 1:
        raise InvalidInput("Serving without a label has one value, the name of the audience.")
    if not grant.purposes:
        raise InvalidInput("Serving has a purpose.")
    if terms.ends > agreement.policy.expires:
        raise InvalidInput("Serving ends with the room at the latest.")
    if not max(agreement.policy.k_min, 1) <= grant.minimum <= terms.entries:
        raise InvalidInput(
            "The least audience of serving must be at least k and at most its table size."
        )


def _check_chosen(terms: ServingTerms, data: DatasetTerms) -> None:
    """Refuse conditions that are written in two ways, or not of the audience's own labels."""
    conditions = parse(terms.where)
    if terms.where != tuple(condition.text() for condition in conditions):
        raise InvalidInput("The conditions of serving are not in canonical form.")
    for column in (Column.parse(condition.column) for condition in conditions):
        if column.side != "brand" or column.name not in data.labels:
            raise InvalidInput(f"{terms.audience} has no label {column} to choose people by.")


def check_publication(
    agreement: Agreement,
    served: Served,
    publication: Publication,
    party: str,
    manifest: Manifest,
    minute: int,
) -> None:
    """Refuse a publication that the grant does not allow at this minute."""
    grant, terms = granted(agreement, publication.grant)
    if publication.room != agreement.identity():
        raise InvalidInput("the publication is for another room")
    check_sides(agreement, grant)
    if grant.party != party:
        raise PolicyRefusal(
            "only the party that granted serving publishes under it", rule="serving-party"
        )
    if served.stopped:
        raise Conflict("this grant of serving was withdrawn", rule="serving-stopped")
    if minute * MINUTE >= terms.ends:
        raise Conflict("this grant of serving has ended", rule="serving-ended")
    if publication.number != served.number + 1:
        raise Conflict(f"the next publication is {served.number + 1}", rule="serving-number")
    named = (manifest.party, manifest.name) == (party, terms.audience)
    if not named or terms.platform not in manifest.peers:
        raise PolicyRefusal("the grant is for a different dataset", rule="serving-dataset")
    # Here and not above: it loads libsodium, which few commands need.
    from protocols.voprf import check_public_key  # noqa: PLC0415

    load_libsodium()

    try:
        check_public_key(bytes.fromhex(publication.public_key))
    except InvalidKeyError as error:
        raise InvalidInput(str(error)) from None


def published(served: Served, publication: Publication, minute: int) -> Served:
    """Return where serving stands after a publication."""
    fresh = served.number == 0 or served.closed is not None
    opened = minute if fresh else served.opened
    return Served(publication.number, publication.dataset, opened)


def check_may_stop(agreement: Agreement, served: Served, place: int, party: str) -> None:
    """Refuse a withdrawal by another party than the one that granted, or a second one."""
    if granted(agreement, place)[0].party != party:
        raise PolicyRefusal(
            "only the party that granted serving withdraws it", rule="serving-party"
        )
    if served.stopped:
        raise Conflict("this grant of serving was withdrawn", rule="serving-stopped")


def check_tally(
    agreement: Agreement, served: Served, place: int, party: str, tally: Tally, minute: int
) -> None:
    """Refuse a tally that breaks the quota, differs from the other side's, or has no right time."""
    grant, terms = granted(agreement, place)
    if party not in (grant.party, terms.platform):
        raise PolicyRefusal("only the two sides of a grant tally it", rule="serving-party")
    if tally.minute <= tally.latest:
        raise Conflict("this minute, or a later one, was tallied before", rule="serving-order")
    ends = [minute, terms.ends // MINUTE]
    if served.closed is not None:
        ends.append(served.closed)
    if not served.number or not served.opened - LATE <= tally.minute <= min(ends) + LATE:
        raise Conflict("nothing was served in that minute", rule="serving-time")
    check_quota(terms, tally.questions, tally.of_day)
    if tally.other not in (None, tally.questions):
        raise Conflict("the other side counted a different number", rule="serving-tally")


def check_quota(terms: ServingTerms, of_minute: int, of_day: int) -> None:
    """Refuse more questions of a minute, after those of its day before it, than were granted."""
    if of_minute > MINUTE * terms.per_second or of_day + of_minute > terms.per_day:
        raise BudgetExhausted("the quota of questions is used up", rule="serving-quota")
