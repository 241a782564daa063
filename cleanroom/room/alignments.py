"""Hold an alignment against the agreement.  Every check raises; none returns a bool.

The mediator, both agents and the verifier call the same functions, as they do for questions.
"""

from __future__ import annotations

from collections.abc import Sequence

from cleanroom.documents.agreement import SIDES, Agreement, Policy
from cleanroom.documents.alignment import AlignmentDocument
from cleanroom.documents.dataset import Manifest
from cleanroom.errors import InvalidInput, refuse_unless
from cleanroom.queries.kinds import kinds_of
from cleanroom.room.policy import check_still_allowed
from protocols.limits import padded_size


def check_alignment(
    agreement: Agreement,
    document: AlignmentDocument,
    brand: Sequence[Manifest],
    platform: Sequence[Manifest],
) -> None:
    """Check an alignment of these datasets; raise ``PolicyRefusal`` or ``InvalidInput``."""
    refuse_unless(
        document.room == agreement.identity(), "the alignment is of another room", "other-room"
    )
    parties = {"brand": document.brand, "platform": document.platform}
    for side in SIDES:
        card = agreement.member(parties[side])
        refuse_unless(
            card is not None and card.role == side, f"{parties[side]} is not a {side}", "role"
        )
    refuse_unless(
        document.profile in agreement.policy.alignment,
        f"the agreement does not allow the profile {document.profile}",
        "alignment-profile",
    )
    named = [manifest.identity() for manifest in (*brand, *platform)]
    if tuple(named) != (*document.brand_datasets, *document.platform_datasets):
        raise InvalidInput("the alignment names different datasets")
    if len(set(named)) != len(named):
        raise InvalidInput("the alignment names a dataset twice")
    # All datasets of a side share the order of an alignment: two versions of one would be joined
    # by the other side's rows, person for person.
    lines = [(manifest.party, manifest.name) for manifest in (*brand, *platform)]
    refuse_unless(
        len(set(lines)) == len(lines),
        "the alignment names two versions of one dataset",
        "dataset-versions",
    )
    pair = (document.brand, document.platform)
    for manifests, (owner, other) in ((brand, pair), (platform, pair[::-1])):
        for manifest in manifests:
            refuse_unless(
                manifest.party == owner and other in manifest.peers,
                f"{manifest.name} of {manifest.party} was not uploaded for this alignment",
                "other-peer",
            )
    check_still_allowed(agreement, (*brand, *platform))
    check_profiles(*([manifest.profiles for manifest in side] for side in (brand, platform)))
    for manifests in (brand, platform):
        _check_entries(agreement.policy, manifests)


def check_profiles(brand: Sequence[Sequence[str]], platform: Sequence[Sequence[str]]) -> None:
    """Raise ``PolicyRefusal`` unless both sides' datasets have identifiers in common.

    Each dataset is given by the profiles of its identifiers; of a kind, all have one.
    """
    profiles = {profile for dataset in (*brand, *platform) for profile in dataset}
    kinds = {*kinds_of(profiles)}
    common = all(set(one) & set(other) for one in brand for other in platform)
    refuse_unless(
        common and len(kinds) == len(profiles),
        f"the datasets were normalised by different profiles: {', '.join(sorted(profiles))}",
        "identifier-profile",
    )


def _check_entries(policy: Policy, manifests: Sequence[Manifest]) -> None:
    """Refuse a side whose people may have more identifiers than the agreement allows rows.

    It enters as many as it could have, so whether they fit must not follow from those it has.
    """
    entries = padded_size(sum(manifest.entries for manifest in manifests))
    refuse_unless(
        entries <= policy.rows_max or all(len(one.profiles) == 1 for one in manifests),
        f"people of the datasets may have {entries} identifiers, and the agreement allows"
        f" {policy.rows_max}",
        "rows-max",
    )


def check_count(policy: Policy, before: int) -> None:
    """Refuse one more alignment of two parties after that many, of the period if there are some."""
    when = " in a period" if policy.period else ""
    refuse_unless(
        before < policy.alignments_max,
        f"the agreement allows {policy.alignments_max} alignments{when}",
        "alignments-max",
    )


def most_entries(policy: Policy, manifests: Sequence[Manifest]) -> int:
    """Return how many identifiers a side's named datasets can have together, padded."""
    return min(policy.rows_max, padded_size(sum(manifest.entries for manifest in manifests)))


def entered(policy: Policy, own: Sequence[Manifest], distinct: int) -> int:
    """Return how many identifiers a side enters, padded, of which ``distinct`` are its own.

    Where people have several, as many as they could have: how many lack one is told to nobody.
    """
    if all(len(manifest.profiles) == 1 for manifest in own):
        return padded_size(distinct)
    return most_entries(policy, own)


def check_join(policy: Policy, manifests: Sequence[Manifest], entered: int) -> None:
    """Refuse more identifiers of a side than its named datasets can have.

    Every further one could be an entry of a dictionary that the side tries.
    """
    most = most_entries(policy, manifests)
    refuse_unless(
        0 < entered <= most,
        f"the datasets have {most} identifiers at most, not {entered}",
        "rows-max",
    )
