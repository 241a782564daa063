"""Every route times every role, on the room's own objects and on those of another room.

The routes come from the application's own map, so a route that is added and not named here fails.
The other room's members carry the very same names under other keys.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import pytest

from cleanroom.engine.release import as_rows
from protocols.paillier import mask_for_peer
from tests.api import story
from tests.api.party import OCTETS, Party, World, paillier, sealing, world
from tests.hostile.dry import dry, neighbour

UNSIGNED = {"/v1/healthz", "/v1/readyz", "/v1/metrics", "/v1/openapi.json"}
OWN_LISTS = {("GET", "/v1/rooms"), ("GET", "/v1/work"), ("GET", "/v1/mediator")}
"""Routes that name no object: everybody who was admitted gets what is its own."""

BRAND, PLATFORM, AUDITOR = {"brand"}, {"platform"}, {"auditor"}
PARTIES, ALL = BRAND | PLATFORM, BRAND | PLATFORM | AUDITOR
BYSTANDERS = {"weibo", "rival"}
"""A platform and a brand of the same room: what is between others is none of theirs."""
AGENCY = {"omni"}
"""A member without data, to which the brand delegated something that nobody has asked under."""
EVERYBODY = ALL | BYSTANDERS | AGENCY

ALLOWED: dict[tuple[str, str], set[str]] = {
    ("POST", "/v1/rooms"): EVERYBODY,
    ("GET", "/v1/rooms/<room>"): EVERYBODY,
    ("GET", "/v1/rooms/<room>/agreement"): EVERYBODY,
    ("GET", "/v1/rooms/<room>/members"): EVERYBODY,
    ("POST", "/v1/rooms/<room>/members"): EVERYBODY,
    ("POST", "/v1/rooms/<room>/close"): PARTIES | BYSTANDERS,
    ("POST", "/v1/rooms/<room>/amendments"): EVERYBODY,
    ("POST", "/v1/rooms/<room>/amendments/members"): EVERYBODY,
    ("POST", "/v1/rooms/<room>/amendments/decline"): EVERYBODY,
    ("POST", "/v1/delegations"): BRAND,
    ("GET", "/v1/delegations"): EVERYBODY,
    ("POST", "/v1/delegations/<delegation>/revoke"): BRAND,
    ("POST", "/v1/datasets"): BRAND,
    ("GET", "/v1/datasets"): EVERYBODY,
    ("GET", "/v1/datasets/<dataset>"): ALL | AGENCY,
    ("PUT", "/v1/datasets/<dataset>/chunks/<number>"): BRAND,
    ("POST", "/v1/datasets/<dataset>/seal"): BRAND,
    ("POST", "/v1/datasets/<dataset>/withdraw"): BRAND,
    ("POST", "/v1/datasets/erase"): BRAND,
    ("POST", "/v1/alignments"): PARTIES,
    ("GET", "/v1/alignments"): EVERYBODY,
    ("GET", "/v1/alignments/<alignment>"): ALL | AGENCY,
    ("POST", "/v1/alignments/<alignment>/join"): PARTIES,
    ("POST", "/v1/alignments/<alignment>/finish"): PARTIES,
    ("POST", "/v1/alignments/<alignment>/fail"): PARTIES,
    ("POST", "/v1/alignments/<alignment>/messages"): PARTIES,
    ("GET", "/v1/alignments/<alignment>/messages"): PARTIES,
    (
        "PUT",
        "/v1/alignments/<alignment>/tokens/<brand_dataset>/<platform_dataset>/<number>",
    ): PARTIES,
    # The room has one alignment, and the first one takes no rows.
    ("PUT", "/v1/alignments/<alignment>/rows/<dataset>/<number>"): set(),
    ("POST", "/v1/standing"): BRAND,
    ("GET", "/v1/standing"): EVERYBODY,
    ("GET", "/v1/standing/<standing>"): ALL,
    ("POST", "/v1/standing/<standing>/approvals"): PARTIES,
    ("POST", "/v1/standing/<standing>/stop"): PARTIES,
    ("POST", "/v1/jobs"): PLATFORM,
    ("POST", "/v1/jobs/preview"): PLATFORM,
    ("GET", "/v1/jobs"): EVERYBODY,
    ("GET", "/v1/jobs/<job>"): ALL,
    ("GET", "/v1/jobs/<job>/events"): ALL,
    ("POST", "/v1/jobs/<job>/approvals"): PARTIES,
    ("POST", "/v1/jobs/<job>/refuse"): PARTIES,
    ("POST", "/v1/jobs/<job>/cancel"): PARTIES,
    ("PUT", "/v1/jobs/<job>/messages/<kind>/<number>"): PLATFORM,
    ("GET", "/v1/jobs/<job>/messages/<kind>/<number>"): PLATFORM,
    ("PUT", "/v1/jobs/<job>/rows/<number>"): set(),
    ("POST", "/v1/jobs/<job>/rows"): PARTIES,
    ("GET", "/v1/jobs/<job>/result"): PLATFORM,
    ("POST", "/v1/jobs/<job>/steps"): BRAND,
    ("POST", "/v1/jobs/<job>/receipt"): PLATFORM,
    ("POST", "/v1/serving"): BRAND,
    ("GET", "/v1/serving"): EVERYBODY,
    ("POST", "/v1/serving/tallies"): PARTIES,
    ("POST", "/v1/serving/stop"): BRAND,
    ("POST", "/v1/serving/questions"): PLATFORM,
    ("POST", "/v1/serving/replies"): BRAND,
    ("GET", "/v1/budgets"): EVERYBODY,
    ("GET", "/v1/audit/entries"): EVERYBODY,
    ("GET", "/v1/audit/search"): EVERYBODY,
    ("GET", "/v1/audit/checkpoint"): EVERYBODY,
    ("GET", "/v1/audit/cosignatures"): EVERYBODY,
    ("GET", "/v1/audit/proofs/inclusion"): EVERYBODY,
    ("GET", "/v1/audit/proofs/consistency"): EVERYBODY,
    ("POST", "/v1/audit/cosign"): EVERYBODY,
}
"""Who may do what to the room's own things: the brand owns dataset and values, the platform has
asked and receives; a job on audiences takes no rows from anybody."""

REFUSED = {403, 404}

QUERIES = {
    "/v1/audit/proofs/inclusion": "index=0&size=1",
    "/v1/audit/proofs/consistency": "first=1&second=1",
    "/v1/jobs/<job>/result": "part=release",
}


@dataclass(frozen=True)
class Things:
    """Everything of one room that a request can name."""

    world: World
    names: dict[str, str]
    document: dict[str, Any]
    series: str
    """The digest of a standing question."""

    def path(self, rule: str) -> str:
        return re.sub(r"<(\w+)>", lambda found: self.names[found.group(1)], rule)


def things(place: World) -> Things:
    """Bring a room to a job whose values wait to be decrypted for the platform."""
    aligned = story.align(place)
    document = story.question(place, aligned, receiver="platform", submitter="platform")
    job = story.submit(place, document)
    key = paillier("brand").public
    masks = as_rows(key, [mask_for_peer(key, _random)[1] for _ in range(3)]).tobytes()
    place.platform.put(f"/v1/jobs/{job}/messages/masks/0", masks)
    story.approve(place.platform, job, masks=sealing([masks], 3))
    story.approve(place.brand, job)
    assert place.mediator.worker().run_once()
    body = {"delegation": story.delegation(place)}
    given = place.brand.must_say("/v1/delegations", "delegation.grant", body)
    series = story.standing(place)
    body = {"standing": series.to_json()}
    place.brand.must_say("/v1/standing", "standing.propose", body)
    names = {
        "standing": series.identity(),
        "room": place.room,
        "delegation": given["resource"]["id"],
        "dataset": aligned[0],
        "brand_dataset": aligned[0],
        "platform_dataset": aligned[1],
        "alignment": aligned[2],
        "job": job,
        "kind": "masks",
        "number": "0",
    }
    return Things(place, names, document, series.digest())


def _random(count: int) -> bytes:
    import secrets

    return secrets.token_bytes(count)


@pytest.fixture(scope="module")
def rooms(tmp_path_factory: pytest.TempPathFactory) -> Any:
    home = tmp_path_factory.mktemp("authorization") / "mediator"
    with world(home) as place:
        place.add("weibo", "platform")
        place.add("rival", "brand")
        place.add("omni", "agency")
        place.open_room(grants=[story.serving_grant(place)])
        own = things(place)
        beside = neighbour(place, home, "omni")
        foreign = things(beside)
        dry(place)
        for party in beside.parties:
            party.http = place.brand.http
        yield own, foreign


def bodies(of: Things) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return a well-formed statement per route."""
    job, alignment, dataset = (of.names[name] for name in ("job", "alignment", "dataset"))
    upload = sealing([b"x"], 1)
    attempt = {"alignment": alignment, "attempt": 1}
    described = story.manifest("brand", version=2).to_json()
    proposed = {
        "room": of.world.room,
        "brand": "brand",
        "platform": "platform",
        "profile": "dh",
        "brand_datasets": [dataset],
        "platform_datasets": [of.names["platform_dataset"]],
        "nonce": "ab" * 16,
    }
    note = of.world.brand.http.application.extensions["mediator"]
    with note.context.store.read() as transaction:
        from cleanroom.mediator import log

        head = log.checkpoint(transaction, note.context, of.world.room)
    receipt = {"job": job, "release": "00" * 32}
    refusal = {"job": job, "rule": "refused-by-person", "reason": "x"}
    decrypted = {"job": job, "step": "decrypted", "messages": {"decrypted": upload}}
    finish = {**attempt, "transcript": "ab" * 32, "tokens": {}}
    erasure = {"erasure": "ab" * 16, "people": 16, "datasets": [dataset]}
    return {
        "/v1/rooms/<room>/members": ("room.sign", {"agreement": "00" * 32, "paillier": None}),
        "/v1/rooms/<room>/close": ("room.close", {}),
        "/v1/rooms/<room>/amendments": ("amendment.propose", {"agreement": of.world.agreement}),
        "/v1/rooms/<room>/amendments/members": ("amendment.sign", {"agreement": "00" * 32}),
        "/v1/rooms/<room>/amendments/decline": ("amendment.decline", {"agreement": "00" * 32}),
        "/v1/delegations": (
            "delegation.grant",
            {"delegation": story.delegation(of.world, number=2)},
        ),
        "/v1/delegations/<delegation>/revoke": (
            "delegation.revoke",
            {"delegation": of.names["delegation"]},
        ),
        "/v1/datasets": ("dataset.create", {"manifest": described, "dictionary": ""}),
        "/v1/datasets/<dataset>/seal": ("dataset.seal", {"dataset": dataset, "upload": upload}),
        "/v1/datasets/<dataset>/withdraw": ("dataset.withdraw", {"dataset": dataset}),
        "/v1/datasets/erase": ("dataset.erase", erasure),
        "/v1/alignments": ("alignment.propose", {"alignment": proposed}),
        "/v1/alignments/<alignment>/join": ("alignment.join", {**attempt, "count": 5}),
        "/v1/alignments/<alignment>/finish": ("alignment.finish", finish),
        "/v1/alignments/<alignment>/fail": ("alignment.fail", {**attempt, "reason": "x"}),
        "/v1/jobs": ("job.submit", {"job": of.document}),
        "/v1/jobs/<job>/approvals": ("job.approve", {"job": job, "messages": {}}),
        "/v1/jobs/<job>/refuse": ("job.refuse", refusal),
        "/v1/jobs/<job>/cancel": ("job.cancel", {"job": job}),
        "/v1/jobs/<job>/rows": ("job.rows", {"job": job, "upload": upload, "labels": 1}),
        "/v1/jobs/<job>/steps": ("job.step", decrypted),
        "/v1/jobs/<job>/receipt": ("job.receipt", receipt),
        "/v1/standing": ("standing.propose", {"standing": story.standing(of.world).to_json()}),
        "/v1/standing/<standing>/approvals": ("standing.approve", {"standing": of.series}),
        "/v1/standing/<standing>/stop": ("standing.stop", {"standing": of.series, "reason": "x"}),
        "/v1/serving": ("serving.publish", {"publication": story.publication(of.world, dataset)}),
        "/v1/serving/tallies": ("serving.tally", {"grant": 0, "minute": 5, "questions": 1}),
        "/v1/serving/stop": ("serving.stop", {"grant": 0}),
        "/v1/audit/cosign": ("audit.cosign", {"checkpoint": head}),
    }


def ask(party: Party, of: Things, method: str, rule: str) -> Any:
    """Ask one route about one room's things; statements are in turn wherever a turn exists."""
    path = of.path(rule)
    queries = [QUERIES[rule]] if rule in QUERIES else []
    queries += [f"room={of.world.room}"] if "<" not in rule and rule not in ("/v1/rooms",) else []
    if rule.endswith("/messages"):
        queries.append("attempt=1" + ("&sequence=0" if method == "POST" else ""))
    if method == "GET":
        return party.get(path + ("?" + "&".join(queries) if queries else ""))
    if rule in ("/v1/serving/questions", "/v1/serving/replies"):
        return party.send(method, f"{path}?{queries[0]}&grant=0", b"x" * 17, Content_Type=OCTETS)
    if method == "PUT" or rule.endswith("/messages"):
        data = bytes(16 * story.PEOPLE) if "tokens" in rule else b"x"
        query = "?" + queries[0] if queries else ""
        return party.send(method, path + query, data, Content_Type=OCTETS)
    if rule.endswith("/preview"):
        data = json.dumps({"job": of.document}).encode()
        return party.send(method, path, data, Content_Type="application/json")
    if rule == "/v1/rooms":
        body = {"agreement": of.world.agreement, "paillier": party.paillier}
        return party.post(path, party.sign("room.propose", body, of.world.room))
    kind, body = bodies(of)[rule]
    signed = party.sign(kind, body, of.world.room)
    # The world is dry: the party's place in its chain does not move.
    keep = party.sequence, party.previous
    answer = party.post(path, signed)
    party.sequence, party.previous = keep
    return answer


def routes(of: Things) -> list[tuple[str, str]]:
    rules = of.world.brand.http.application.url_map.iter_rules()
    return sorted(
        (method, rule.rule)
        for rule in rules
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/v1/") and rule.rule not in UNSIGNED
    )


def test_every_route_has_its_line_in_the_table(rooms: tuple[Things, Things]) -> None:
    assert set(routes(rooms[0])) == set(ALLOWED) | OWN_LISTS


def member(of: Things, role: str) -> Party:
    return next(party for party in of.world.parties if party.name == role)


@pytest.mark.parametrize("role", sorted(EVERYBODY))
def test_a_member_does_to_its_rooms_things_what_its_role_allows(
    rooms: tuple[Things, Things], role: str
) -> None:
    own, _ = rooms
    party = member(own, role)
    found = {}
    for method, rule in ALLOWED:
        answer = ask(party, own, method, rule)
        assert answer.status_code not in (400, 401, 405, 415, 500), (rule, answer.get_json())
        found[method, rule] = answer.status_code not in REFUSED
    expected = {route: role in roles for route, roles in ALLOWED.items()}
    assert found == expected


@pytest.mark.parametrize("role", sorted(EVERYBODY | {"stranger"}))
def test_nobody_finds_another_rooms_things(rooms: tuple[Things, Things], role: str) -> None:
    own, foreign = rooms
    party = member(own, role)
    for method, rule in ALLOWED:
        answer = ask(party, foreign, method, rule)
        assert answer.status_code == 404, (method, rule, answer.get_json())


def test_what_is_not_there_and_what_is_not_ones_own_look_the_same(
    rooms: tuple[Things, Things],
) -> None:
    own, foreign = rooms
    absent = Things(
        foreign.world,
        {name: value if len(value) < 32 else "0" * 32 for name, value in foreign.names.items()},
        foreign.document,
        foreign.series,
    )
    for method, rule in ALLOWED:
        if method != "GET" or "<" not in rule:
            continue
        answers = [ask(own.world.brand, of, method, rule).get_json() for of in (foreign, absent)]
        for answer in answers:
            del answer["instance"]
        assert answers[0] == answers[1], rule


def test_nobody_without_a_key_gets_anything(rooms: tuple[Things, Things]) -> None:
    own, _ = rooms
    for method, rule in [*ALLOWED, *OWN_LISTS]:
        answer = own.world.brand.http.open(own.path(rule), method=method)
        assert answer.status_code == 401, (method, rule)
    for rule in UNSIGNED:
        assert own.world.brand.http.get(rule).status_code == 200


def test_own_lists_hold_own_things_alone(rooms: tuple[Things, Things]) -> None:
    own, foreign = rooms
    for of, other in ((own, foreign), (foreign, own)):
        for role in ("brand", "platform", "auditor"):
            party = getattr(of.world, role)
            listed = party.get("/v1/rooms").get_data(as_text=True)
            assert of.world.room in listed
            assert other.world.room not in listed
            assert other.world.room not in party.get("/v1/work").get_data(as_text=True)
    assert own.world.stranger.get("/v1/rooms").get_json()["items"] == []


@pytest.mark.parametrize("role", sorted(BYSTANDERS))
def test_a_bystanders_lists_hold_nothing_of_what_is_between_others(
    rooms: tuple[Things, Things], role: str
) -> None:
    own, _ = rooms
    party, room = member(own, role), own.world.room
    for noun in ("datasets", "alignments", "jobs", "standing", "serving"):
        listed = party.get(f"/v1/{noun}?room={room}").get_json()
        assert (listed["items"] if isinstance(listed, dict) else listed) == [], noun
        assert member(own, "brand").get(f"/v1/{noun}?room={room}").get_json() or noun == "serving"
    pairs = party.get(f"/v1/budgets?room={room}").get_json()["pairs"]
    assert pairs and all(role in (pair["brand"], pair["platform"]) for pair in pairs)
    work = party.get("/v1/work").get_json()
    assert work["jobs"] == work["alignments"] == work["standing"] == []
