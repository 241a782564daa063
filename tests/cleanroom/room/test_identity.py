"""Agreements, alignments and questions of people with several identifiers, by their documents."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from cleanroom.documents.agreement import Agreement, Card, DatasetTerms, Policy
from cleanroom.documents.alignment import AlignmentDocument
from cleanroom.documents.dataset import Manifest
from cleanroom.errors import InvalidInput, PolicyRefusal
from cleanroom.privacy.noise import Delta
from cleanroom.queries.kinds import joining_kind
from cleanroom.queries.plan import Plan, Slot
from cleanroom.room.alignments import check_alignment, check_join, entered
from cleanroom.room.identity import check_terms, paid
from protocols.limits import padded_size

EMAIL, PHONE, DEVICE = "email:uid2:v1", "phone:e164:v1", "idfa:v1"
POLICY = Policy(expires=4_000_000_000)


def manifest(party: str, *profiles: str, **changes: Any) -> Manifest:
    fields = {
        "party": party, "peer": "telco" if party == "acme" else "acme", "name": "data",
        "version": 1, "kind": "audience", "identifier_profile": profiles[0],
        "further_profiles": profiles[1:], "rows": 1024, "people": 1024, "nonce": "0" * 32,
    }  # fmt: skip
    return Manifest(**{**fields, **changes})


def plan(source: Any = "audience") -> Plan:
    slot = Slot("spend", 1, 0, 100, Delta(100, 100))
    return Plan(source, (), 1, "brand", (slot,), people_delta=Delta(1, 1))


def question(brand: int, platform: int, others: tuple[str, ...] = (), **parameters: str) -> Any:
    kinds = (EMAIL, PHONE, DEVICE)
    own = {
        "brand": manifest("acme", *kinds[:brand]),
        "platform": manifest("telco", *kinds[:platform]),
    }
    job = SimpleNamespace(template="lookalike", parameters=parameters, others=others)
    return SimpleNamespace(manifest=own.__getitem__, job=job, **own)


def test_a_question_pays_for_whom_a_person_unmatches() -> None:
    assert paid(plan(), question(1, 1)) == plan()
    both = paid(plan(), question(2, 2))
    assert both.people_delta == Delta(3, 5**0.5)
    assert both.slots[0].delta == Delta(300, 300)
    assert paid(plan(), question(1, 3)).people_delta == Delta(2, 2**0.5)


def test_rows_that_are_made_for_a_question_are_joined_by_one_kind_at_no_more_noise() -> None:
    assert joining_kind(question(1, 1)) == joining_kind(question(1, 2)) == "email"
    assert joining_kind(question(3, 2, match_by="phone")) == "phone"
    assert joining_kind(question(1, 2, ("a hub",), match_by="phone")) == "email"
    for asked in (question(1, 2), question(2, 2, match_by="phone")):
        assert paid(plan("job"), asked) == plan("job")
    everybody = replace(plan("job"), of_identifiers=True)
    assert paid(everybody, question(2, 2)) == everybody


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (question(2, 2), "email and phone in common"),
        (question(3, 2, match_by="idfa"), "email and phone in common"),
        (question(2, 1, match_by="phone"), "email in common"),
    ],
)
def test_a_kind_that_cannot_be_told_is_refused(asked: Any, sentence: str) -> None:
    with pytest.raises(PolicyRefusal, match=sentence) as refused:
        paid(plan("job"), asked)
    assert refused.value.rule == "identifiers"


def test_uploaded_rows_are_joined_by_all_kinds() -> None:
    with pytest.raises(PolicyRefusal, match="leave match_by out"):
        paid(plan(), question(2, 2, match_by="phone"))


@pytest.mark.parametrize(
    ("kind", "profiles", "sentence"),
    [
        ("audience", (EMAIL, "sha256:email:uid2:v1"), "a kind of identifier twice"),
        ("audience", (EMAIL, "email:meta:v1"), "a kind of identifier twice"),
    ],
)
def test_terms_that_no_dataset_can_have_are_refused(
    kind: Any, profiles: tuple[str, ...], sentence: str
) -> None:
    terms = DatasetTerms(
        party="acme", name="data", kind=kind, identifier_profile=profiles[0],
        further_profiles=profiles[1:],
    )  # fmt: skip
    with pytest.raises(InvalidInput, match=sentence):
        check_terms(terms)


def test_documents_of_one_identifier_say_nothing_of_others() -> None:
    assert "further_profiles" not in manifest("acme", EMAIL).to_json()
    assert manifest("acme", EMAIL, PHONE).to_json()["further_profiles"] == [PHONE]
    with pytest.raises(InvalidInput):
        Manifest.from_json(
            manifest("acme", EMAIL).to_json() | {"further_profiles": [PHONE, DEVICE, "raw:v1"]}
        )


def test_all_identifiers_count_against_the_bound_of_a_dictionary() -> None:
    one, two = manifest("acme", EMAIL), manifest("acme", EMAIL, PHONE)
    # As many as there are where each is a person; otherwise as many as there can be.
    assert entered(POLICY, [one], 900) == padded_size(900)
    assert entered(POLICY, [two], 900) == entered(POLICY, [two], 2000) == padded_size(2048)
    check_join(POLICY, [two], padded_size(2048))
    for manifests, count in (([two], padded_size(2048) + 1), ([one], 1025), ([two], 0)):
        with pytest.raises(PolicyRefusal, match="identifiers at most"):
            check_join(POLICY, manifests, count)


def aligned(brand: tuple[str, ...], platform: tuple[str, ...], policy: Policy = POLICY) -> None:
    members = tuple(
        Card(name=name, role=role, signing_key=key * 64, sealing_key=key * 64)
        for name, role, key in (("acme", "brand", "1"), ("telco", "platform", "2"))
    )
    terms = tuple(
        DatasetTerms(
            party=name, name="data", kind="audience", identifier_profile=profiles[0],
            further_profiles=profiles[1:],
        )
        for name, profiles in (("acme", brand), ("telco", platform))
    )  # fmt: skip
    agreement = Agreement(
        name="spring", rehearsal=True, nonce="0" * 32, origin="log.test", mediator_key="3" * 64,
        members=members, datasets=terms, templates=("overlap",), policy=policy,
    )  # fmt: skip
    own, other = manifest("acme", *brand), manifest("telco", *platform)
    document = AlignmentDocument(
        room=agreement.identity(), brand="acme", platform="telco", profile="ot", nonce="1" * 32,
        brand_datasets=(own.identity(),), platform_datasets=(other.identity(),),
    )  # fmt: skip
    check_alignment(agreement, document, [own], [other])


def test_sides_share_a_kind_and_write_it_alike() -> None:
    aligned((EMAIL,), (EMAIL, PHONE))
    aligned((EMAIL, PHONE), (PHONE, DEVICE))
    for brand, platform in (((EMAIL,), (PHONE,)), ((EMAIL, PHONE), ("email:meta:v1", PHONE))):
        with pytest.raises(PolicyRefusal, match="different profiles"):
            aligned(brand, platform)


def test_whether_identifiers_fit_follows_from_documents_alone() -> None:
    few = POLICY.model_copy(update={"rows_max": 1024})
    aligned((EMAIL,), (EMAIL,), few)
    for brand, platform in (((EMAIL, PHONE), (EMAIL,)), ((EMAIL,), (EMAIL, PHONE))):
        with pytest.raises(PolicyRefusal, match="may have 2048 identifiers"):
            aligned(brand, platform, few)
