"""Rooms with more than two parties: what is between two members is nobody else's.

The brand's customers are uploaded once and aligned with two platforms; another brand looks on.
"""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest

from api.console.mediator import create_mediator_console
from cleanroom.documents.agreement import Agreement, Policy
from cleanroom.errors import InvalidInput
from cleanroom.room.agreements import check_agreement
from tests.api import story
from tests.api.party import World

AUDIENCE = {"kind": "audience", "identifier_profile": "email:uid2:v1"}
TERMS = [
    {"party": "weibo", "name": "users", "labels": ["age"], **AUDIENCE},
    {"party": "rival", "name": "crm", "labels": ["tier"], **AUDIENCE},
]
NOISY = {"noise": "discrete-gaussian"}


@pytest.fixture
def wide(place: World) -> World:
    """A mediator with a second platform and a second brand, and no room yet."""
    place.add("weibo", "platform")
    place.add("rival", "brand")
    return place


def between(world: World, brand: str, platform: str) -> World:
    """Return the same world with two of its members as the two that tell the story."""
    named = {party.name: party for party in world.members}
    return replace(world, brand=named[brand], platform=named[platform])


def both_aligned(wide: World, **policy: Any) -> dict[str, tuple[str, str, str]]:
    """Open a room, upload the brand's audience once, and align it with each platform's."""
    wide.open_room(datasets=TERMS, **policy)
    values = list(range(1, story.PEOPLE + 1))
    crm = story.upload(
        wide.brand, story.manifest("brand", also=["weibo"]), story.brand_rows(values)
    )
    found = {}
    for platform in ("platform", "weibo"):
        pair = between(wide, "brand", platform)
        users = story.upload(pair.platform, story.manifest(platform), story.platform_rows())
        alignment = story.propose(pair, crm, users)
        story.join(pair, alignment)
        _finish(pair, alignment, crm, users, again=platform == "weibo")
        found[platform] = (crm, users, alignment)
    return found


def _finish(pair: World, alignment: str, crm: str, users: str, again: bool) -> None:
    """Seal both sides' tokens; the second alignment of the audience has its rows once more."""
    path, shift = f"/v1/alignments/{alignment}", story.PEOPLE - story.COMMON
    for party, start in ((pair.brand, 0), (pair.platform, shift)):
        rows = [story.token(start + row) for row in range(story.PEOPLE)]
        body = {
            "alignment": alignment,
            "attempt": 1,
            "transcript": "ab" * 32,
            "tokens": {f"{crm}/{users}": party.upload(f"{path}/tokens/{crm}/{users}", rows)},
        }
        if again and party is pair.brand:
            values = list(range(1, story.PEOPLE + 1))
            sent = party.upload(f"{path}/rows/{crm}", story.brand_rows(values))
            body["rows"] = {crm: sent}
        party.must_say(f"{path}/finish", "alignment.finish", body)


def left(world: World, party: str) -> dict[tuple[str, str], float]:
    member = next(one for one in world.members if one.name == party)
    shown = member.get(f"/v1/budgets?room={world.room}").get_json()["pairs"]
    return {(one["brand"], one["platform"]): one["spent"] for one in shown}


def test_each_pair_pays_for_its_own_questions(wide: World) -> None:
    aligned = both_aligned(wide, rho_per_release=0.01, rho_budget=0.02, **NOISY)
    for name in ("one", "two"):
        document = story.question(wide, aligned["platform"], name=name, receiver="platform")
        document["parameters"]["measures"] = ["spend"] if name == "one" else []
        story.submit(wide, document)
    refused = wide.brand.say(
        "/v1/jobs", "job.submit", {"job": story.question(wide, aligned["platform"], name="three")}
    )
    assert refused.get_json()["type"].endswith("budget-exhausted")
    pair = between(wide, "brand", "weibo")
    story.submit(pair, story.question(pair, aligned["weibo"]))
    spent = {("brand", "platform"): 0.02, ("brand", "weibo"): 0.01}
    assert left(wide, "brand") == pytest.approx(spent)
    assert left(wide, "platform") == pytest.approx(
        {("brand", "platform"): 0.02, ("rival", "platform"): 0.0}
    )
    assert left(wide, "rival") == {("rival", "platform"): 0.0, ("rival", "weibo"): 0.0}
    assert left(wide, "auditor") == pytest.approx(
        {**spent, ("rival", "platform"): 0.0, ("rival", "weibo"): 0.0}
    )


def test_the_questions_and_alignments_of_others_use_nothing_up(wide: World) -> None:
    aligned = both_aligned(wide, jobs_max=1, alignments_max=1)
    story.submit(wide, story.question(wide, aligned["platform"]))
    pair = between(wide, "brand", "weibo")
    job = story.question(pair, aligned["weibo"])
    story.submit(pair, job)
    for world, named in ((wide, "platform"), (pair, "weibo")):
        asked = {"job": story.question(world, aligned[named], name="again", receiver="platform")}
        refused = world.brand.say("/v1/jobs", "job.submit", asked)
        assert refused.get_json()["rule"] == "jobs-max"
        with pytest.raises(AssertionError, match="alignments-max"):
            story.propose(world, *aligned[named][:2])


def test_a_page_names_the_next_row_and_counts_nothing(
    wide: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whose rows are counted over all rooms of the mediator, others' among them."""
    aligned = both_aligned(wide)
    for group_by in ([], ["platform.age"], ["brand.tier"]):
        parameters = {"group_by": group_by}
        story.submit(wide, story.question(wide, aligned["platform"], parameters=parameters))
    wide.brand.say(f"/v1/rooms/{wide.room}/close", "room.close", {})
    first, rows = wide.room, ("datasets", "alignments", "jobs")
    wide.open_room()
    monkeypatch.setattr("cleanroom.mediator.pages.PAGE_ROWS", 1)
    lists = ["/v1/rooms?", *(f"/v1/{noun}?room={first}&" for noun in rows)]
    for path in (*lists, f"/v1/jobs?room={first}&order=newest&"):
        page = wide.brand.get(path).get_json()
        following = wide.brand.get(f"{path}cursor={page['next']}").get_json()
        assert page["next"] == following["items"][0]["id"], path
        for cursor in ("1", "0" * 32, wide.stranger.key.verifying_key.fingerprint()):
            assert wide.brand.get(f"{path}cursor={cursor}").status_code == 422


def test_the_mediators_console_lists_what_is_the_callers(wide: World) -> None:
    aligned = both_aligned(wide)
    story.submit(wide, story.question(wide, aligned["platform"], name="of-two-others"))
    console = create_mediator_console(wide.mediator)
    shown = {}
    for party in wide.members:
        fingerprint = party.key.verifying_key.fingerprint()
        session = console.extensions["console"].sessions.open(fingerprint, party.name)
        browser = console.test_client()
        browser.set_cookie("cleanroom-mediator-0", session.token)
        pages = [browser.get(f"/rooms/{wide.room}{tab}") for tab in ("", "/questions")]
        assert [page.status_code for page in pages] == [200, 200]
        shown[party.name] = ["of-two-others" in page.text for page in pages]
    everybody = {"brand", "platform", "auditor"}
    assert shown == {one.name: [one.name in everybody] * 2 for one in wide.members}


def test_a_bystander_does_nothing_to_a_question_between_others(wide: World) -> None:
    """And what it is refused leaves the question, its price and its answer as they were."""
    aligned = both_aligned(wide, rho_per_release=0.01, **NOISY)
    document = story.question(wide, aligned["platform"])
    job = story.submit(wide, document)
    before = wide.brand.get(f"/v1/jobs/{job}").get_json(), left(wide, "auditor")
    weibo = between(wide, "brand", "weibo").platform
    told = {
        "approvals": ("job.approve", {"job": job, "messages": {}}),
        "refuse": ("job.refuse", {"job": job, "rule": "refused-by-person", "reason": "mine"}),
        "cancel": ("job.cancel", {"job": job}),
        "rows": ("job.rows", {"job": job, "upload": _nothing(), "labels": 1}),
        "receipt": ("job.receipt", {"job": job, "release": "00" * 32}),
    }
    for route, (kind, body) in told.items():
        assert weibo.say(f"/v1/jobs/{job}/{route}", kind, body).status_code == 404, route
    for side in ("brand", "platform"):
        asked = {**document, "name": "mine", "submitter": side}
        assert weibo.say("/v1/jobs", "job.submit", {"job": asked}).status_code == 404
    proposed = {**wide.brand.get(f"/v1/alignments/{aligned['platform'][2]}").get_json()["document"]}
    for nonce in ("ab" * 16, "cd" * 16):
        body = {"alignment": {**proposed, "nonce": nonce}}
        assert weibo.say("/v1/alignments", "alignment.propose", body).status_code == 403
    assert weibo.put(f"/v1/jobs/{job}/rows/0", bytes(16)).status_code == 404
    assert weibo.put(f"/v1/jobs/{job}/messages/noise-people/0", bytes(128)).status_code == 404
    assert (wide.brand.get(f"/v1/jobs/{job}").get_json(), left(wide, "auditor")) == before


def _nothing() -> dict[str, Any]:
    return {"chunks": 0, "rows": 0, "salt": "ab" * 16, "commitment": "ab" * 32}


def test_members_list_what_is_theirs_and_the_auditor_everything(wide: World) -> None:
    aligned = both_aligned(wide)
    story.submit(wide, story.question(wide, aligned["platform"]))
    shown = {
        party.name: [
            len(party.get(f"/v1/{noun}?room={wide.room}").get_json()["items"])
            for noun in ("datasets", "alignments", "jobs")
        ]
        for party in wide.members
    }
    # The brand's audience is for both platforms; users of one platform are not the other's.
    assert shown == {
        "brand": [3, 2, 1],
        "platform": [2, 1, 1],
        "weibo": [2, 1, 0],
        "rival": [0, 0, 0],
        "auditor": [3, 2, 1],
    }


@pytest.mark.parametrize("platform", ["platform", "weibo"])
def test_a_label_is_forwarded_as_it_was_sealed_to_the_receiver(wide: World, platform: str) -> None:
    aligned = both_aligned(wide)
    pair = between(wide, "brand", platform)
    parameters = {"group_by": ["brand.tier"]}
    asked = story.question(
        pair, aligned[platform], receiver="platform", submitter="platform", parameters=parameters
    )
    job = story.submit(pair, asked)
    for party in (pair.brand, pair.platform):
        story.approve(party, job)
    assert wide.mediator.worker().run_once()
    released = pair.platform.get(f"/v1/jobs/{job}/result?part=release").get_json()
    assert {base64.b64decode(one["sealed"]) for one in released["labels"]} == {platform.encode()}
    assert len(released["labels"]) == len(story.TIERS)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"also": ["rival"]}, 403),
        ({"also": ["auditor"]}, 403),
        ({"also": ["platform"]}, 403),
        ({"peer": "brand"}, 403),
        ({"also": ["weibo"], "label_keys": {"weibo": "00"}}, 403),
        ({"label_keys": {"platform": "00"}}, 403),
    ],
)
def test_a_dataset_is_for_parties_of_the_other_role_each_once(
    wide: World, changes: dict[str, Any], status: int
) -> None:
    wide.open_room(datasets=TERMS)
    described = story.manifest("brand", **changes)
    sealed = story.dictionary(described)
    body = {"manifest": described.to_json(), "dictionary": sealed.digest()}
    answer = wide.brand.say("/v1/datasets", "dataset.create", body, sealed.to_json())
    assert answer.status_code == status


def test_terms_say_with_whom_a_dataset_may_be_joined(wide: World) -> None:
    described = wide.describe(datasets=TERMS)
    described["datasets"][2]["partners"] = ["weibo"]
    agreement = Agreement.from_json(described)
    check_agreement(agreement, 0)
    wide.describe = lambda **_: described  # type: ignore[method-assign]
    wide.open_room()
    for peer, status in (("platform", 403), ("weibo", 201)):
        manifest = story.manifest("brand", peer=peer)
        sealed = story.dictionary(manifest)
        body = {"manifest": manifest.to_json(), "dictionary": sealed.digest()}
        answer = wide.brand.say("/v1/datasets", "dataset.create", body, sealed.to_json())
        assert answer.status_code == status
    described["datasets"][2]["partners"] = ["rival"]
    with pytest.raises(InvalidInput, match="cannot be joined with data of rival"):
        check_agreement(Agreement.from_json(described), 0)


def test_a_dictionary_of_several_peers_says_for_whom_each_entry_is(wide: World) -> None:
    wide.open_room(datasets=TERMS)
    described = story.manifest("brand", also=["weibo"])
    entries = story.dictionary(described).to_json()["entries"]
    for spoilt in (
        [{**one, "reader": None} for one in entries],
        [{**one, "reader": "rival"} for one in entries],
        [*entries, entries[0]],
    ):
        given = {"entries": [{k: v for k, v in one.items() if v is not None} for one in spoilt]}
        sealed = story.Dictionary.from_json(given)
        body = {"manifest": described.to_json(), "dictionary": sealed.digest()}
        answer = wide.brand.say("/v1/datasets", "dataset.create", body, sealed.to_json())
        assert answer.status_code == 422


@pytest.mark.parametrize(
    ("names", "allowed"),
    [
        ({"b": "brand", "p": "platform", "q": "platform", "c": "brand", "a": "auditor"}, True),
        ({f"p{n}": "platform" for n in range(8)} | {"b": "brand"}, True),
        ({f"p{n}": "platform" for n in range(9)} | {"b": "brand"}, False),
        ({"b": "brand", "c": "brand"}, False),
        ({"p": "platform", "a": "auditor"}, False),
        ({"brand": "platform", "b": "brand"}, False),
        ({"platform": "platform", "brand": "brand", "other": "platform"}, True),
    ],
)
def test_a_room_has_two_to_nine_parties_of_both_roles(
    place: World, names: dict[str, str], allowed: bool
) -> None:
    cards = [
        replace(place.brand, name=name, role=role, key=place.add(name, role).key).card
        for name, role in names.items()
    ]
    described = {**place.describe(), "datasets": []}
    described["members"] = [card.to_json() for card in cards]
    agreement = Agreement.from_json(described)
    assert agreement.policy == Policy.from_json(described["policy"])
    if allowed:
        check_agreement(agreement, 0)
    else:
        with pytest.raises(InvalidInput):
            check_agreement(agreement, 0)
