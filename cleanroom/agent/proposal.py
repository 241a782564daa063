"""Hold an agreement against the questions and the data that it is made for, before it is signed.

An agreement cannot be changed once it is signed, so what it would make impossible is said now.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, cast

from cleanroom.agent import segments
from cleanroom.agent.amendments import all_of, follow, past_members
from cleanroom.agent.http import Client
from cleanroom.agent.job_section import JobSection
from cleanroom.agent.purposes import implied
from cleanroom.agent.room_file import RoomFile, terms_of
from cleanroom.agent.rooms import Room
from cleanroom.documents.agreement import (
    SIDES,
    Agreement,
    Card,
    DatasetTerms,
    PartyRole,
    other_side,
)
from cleanroom.documents.dataset import LabelColumn, Manifest
from cleanroom.documents.job import JobDocument
from cleanroom.errors import InvalidInput, PolicyRefusal
from cleanroom.ingest import Table, validate_report
from cleanroom.ingest.origin import is_missing, opened
from cleanroom.ingest.spec import DatasetSpec
from cleanroom.queries.registry import template
from cleanroom.room.amendments import check_amendment
from cleanroom.room.grants import CURABLE, missing_grants
from cleanroom.room.members import find_dataset, side_named

NOWHERE = "0" * 32
"""Stands for identifiers that do not exist yet: what is allowed does not depend on them."""

LABELS = tuple(f"{number:016x}" for number in range(2))
BY_DOCUMENTS = frozenset(
    [
        *CURABLE,
        *("unknown-label", "unknown-measure", "dataset-kind", "purpose-not-agreed", "identifiers"),
    ]
)
"""Rules that speak of an agreement and a question alone, whatever the data will be; a template has
more of its own."""


def draft(described: RoomFile, client: Client, own: Card, cards: Sequence[Card]) -> Agreement:
    """Write the agreement that a file asks for, between this party and the cards' owners.

    Raises ``InvalidInput`` for a segment that the file does not have, ``PolicyRefusal`` if the
    agreement would forbid a question of the file.
    """
    described.check_segments()
    mediator = client.mediator()
    agreement = described.agreement(
        (own, *cards), mediator["origin"], mediator["key"], secrets.token_hex(16), time.time()
    )
    check_questions(described, agreement)
    return agreement


def amended(
    described: RoomFile, room: Room, cards: Sequence[Card] = (), without: str = ""
) -> Agreement:
    """Write what a file asks for as the next version of a room's agreement.

    ``cards`` are those of who joins, ``without`` names who is taken away.
    A grant may serve a segment of the file, or one that is saved for the room.  What the file
    leaves to the time of writing stays: the end, and the start of the periods.
    Raises what ``draft`` and ``check_amendment`` raise.
    """
    before = room.agreement
    if without and before.member(without) is None:
        raise InvalidInput(
            f"{without} is not a member of the room.",
            remedy=f"Name one of: {', '.join(card.name for card in before.members)}.",
        )
    members = (*(card for card in before.members if card.name != without), *cards)
    kept = {name: getattr(before.policy, name) for name in ("expires", "period_start")}
    policy = {name: one for name, one in kept.items() if one is not None} | described.policy
    if "period" not in policy:
        policy.pop("period_start", None)
    place = (before.origin, before.mediator_key, before.nonce, time.time())
    # What the file itself calls so comes before what was saved under the name.
    named = {name: tuple(texts) for name, texts in segments.known(room).items()}
    changes = {"policy": policy, "segments": named | described.segments}
    written = described.model_copy(update=changes).agreement(members, *place)
    agreement = follow(written, before)
    check_amendment(agreement, before, time.time(), past_members(all_of(room)))
    check_questions(described, agreement)
    return agreement


def undeclared(described: RoomFile, cards: Sequence[Card]) -> Iterator[str]:
    """Yield which labels will have to be declared before a live room takes their dataset."""
    if described.room.rehearsal:
        return
    for card in cards:
        for name, spec in described.specs(card).items():
            if spec.undeclared:
                yield (
                    f"{card.name}'s {name} cannot be uploaded yet: write down every value that"
                    f" {', '.join(spec.undeclared)} may ever have, such as"
                    f" {spec.domains_line({})}; cleanroom dataset validate fills it in."
                )


def check_questions(described: RoomFile, agreement: Agreement) -> None:
    """Raise ``PolicyRefusal`` that names every question of the file that the agreement forbids."""
    found = [
        (rule, f"job {job.name}: {sentence}")
        for job in described.jobs
        for rule, sentence in _forbidden(agreement, job)
    ]
    if found:
        raise PolicyRefusal(
            "The agreement in this file would forbid its own questions: "
            + "; ".join(sentence for _, sentence in found),
            rule=found[0][0],
        )


def _forbidden(agreement: Agreement, job: JobSection) -> Iterator[tuple[str, str]]:
    pairs: list[dict[PartyRole, DatasetTerms]] = []
    for pair in job.pairs():
        terms: dict[PartyRole, DatasetTerms] = {}
        for side, text in pair.sides().items():
            try:
                party, name = find_dataset(agreement, side, text)
            except InvalidInput as error:
                yield "dataset-not-allowed", f"{error} {error.remedy}"
                return
            found = agreement.terms(party, name)
            if found is None:
                yield "dataset-not-allowed", f"{party} has no dataset {name}"
                return
            terms[side] = found
        pairs.append(terms)
    manifests = [
        {side: _manifest(terms[side], [one[other_side(side)].party for one in pairs])
         for side in SIDES}
        for terms in pairs
    ]  # fmt: skip
    try:
        receiver = side_named({side: pairs[0][side].party for side in SIDES}, job.receiver)
        document = _document(job, receiver, manifests, agreement.purposes)
        missing = [
            missing_grants(agreement, document, one["brand"], one["platform"], time.time())
            for one in manifests
        ]
    except InvalidInput:
        return  # a parameter is wrong; the file can still be mended when the question is asked
    for lacking in dict.fromkeys(one for some in missing for one in some):
        if lacking.rule in BY_DOCUMENTS.union(template(job.template).by_documents):
            needed = f" (needed: {lacking.remedy})" if lacking.remedy else ""
            yield lacking.rule, f"{lacking.sentence}{needed}"


def _manifest(terms: DatasetTerms, partners: Sequence[str]) -> Manifest:
    """Return the least dataset that the terms allow with all their columns."""
    peer, *also = dict.fromkeys(partners)
    keys = {one: "00" for one in (peer, *also) if also and terms.labels}
    return Manifest(
        party=terms.party,
        peer=peer,
        also=tuple(also),
        label_keys=keys,
        name=terms.name,
        version=1,
        kind=terms.kind,
        identifier_profile=terms.identifier_profile,
        further_profiles=terms.further_profiles,
        rows=1,
        people=1,
        labels=tuple(LabelColumn(name=name, domain=LABELS, shared=True) for name in terms.labels),
        measures=terms.measures,
        nonce=NOWHERE,
    )


def _document(
    job: JobSection,
    receiver: PartyRole,
    manifests: Sequence[Mapping[PartyRole, Manifest]],
    agreed: tuple[str, ...],
) -> JobDocument:
    """Write a question as it would be asked; private parameters are left out, as they will be."""
    found = template(job.template)
    # Whatever column a question reads, its file will declare some labels of it.
    declared = SimpleNamespace(get=lambda _name: SimpleNamespace(domain=LABELS))
    unread = cast(Table, SimpleNamespace(labels=declared))
    # Never as in a rehearsal, where times may be taken from data.
    parameters = found.complete(job.parameters(), receiver, False, lambda: unread)
    public = {
        name: NOWHERE if name in found.earlier_jobs else value
        for name, value in parameters.items()
        if name not in found.private_parameters
    }
    fields: dict[str, Any] = {
        "room": NOWHERE,
        "name": job.name,
        "template": job.template,
        "alignment": NOWHERE,
        **{side: manifest.identity() for side, manifest in manifests[0].items()},
        "receiver": receiver,
        "submitter": receiver,
        "parameters": public,
        "rho": job.rho,
        "purpose": implied(agreed, job.purpose) if agreed else None,
    }
    if job.others or found.of_hub:
        side = other_side(job.hub_side)
        fields["others"] = [
            {"party": one[side].party, side: one[side].identity(), "alignment": f"{place:032x}"}
            for place, one in enumerate(manifests)
        ]
    return JobDocument.from_json(fields)


def check_data(described: RoomFile, agreement: Agreement, own: Card) -> list[str]:
    """Hold a party's own files against an agreement; return those that are not here.

    Raises:
        InvalidInput: if a file cannot be used, or is described otherwise than it is agreed.
    """
    absent = []
    for name, spec in described.specs(own).items():
        check_terms(name, spec, agreement, own)
        if is_missing(spec, described.folder):
            absent.append(spec.origin)
            continue
        with opened(spec, described.folder) as path:
            validate_report(spec, path).check()
    return absent


def check_terms(name: str, spec: DatasetSpec, agreement: Agreement, own: Card) -> None:
    """Raise ``InvalidInput`` if a dataset is described otherwise than it is agreed."""
    agreed, described = agreement.terms(own.name, name), terms_of(own, name, spec)
    if agreed is None:
        raise InvalidInput(f"The agreement has no dataset {name} of {own.name}.")
    for field in ("kind", "identifier_profile", "further_profiles"):
        if getattr(agreed, field) != getattr(described, field):
            raise InvalidInput(
                f"{name}: {field} is {getattr(agreed, field)} in the agreement and "
                f"{getattr(described, field)} in your file."
            )
    for field in ("labels", "measures"):
        beyond = [
            getattr(column, "name", column)
            for column in getattr(described, field)
            if column not in getattr(agreed, field)
        ]
        if beyond:
            raise InvalidInput(
                f"{name}: the agreement has different {field} from your file: {', '.join(beyond)}."
            )
