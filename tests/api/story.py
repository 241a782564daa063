"""The straight line of a room, step by step, with rows that are small and real."""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import Any

import numpy as np

from cleanroom.documents.dataset import Dictionary, Manifest
from cleanroom.documents.delegation import Delegation
from cleanroom.documents.job import JobDocument
from cleanroom.documents.standing import StandingDocument
from tests.api.party import Party, World, paillier

PEOPLE = 70
COMMON = 40
AGES = ("0000000000000001", "0000000000000002")
TIERS = ("000000000000000a", "000000000000000b")


def manifest(party: str, version: int = 1, **changes: Any) -> Manifest:
    """Return what a party says of its audience."""
    brand = party == "brand"
    described: dict[str, Any] = {
        "party": party,
        "peer": "platform" if brand else "brand",
        "name": "crm" if brand else "users",
        "version": version,
        "kind": "audience",
        "identifier_profile": "email:uid2:v1",
        "rows": PEOPLE,
        "people": PEOPLE,
        "labels": [{"name": "tier" if brand else "age", "domain": list(TIERS if brand else AGES)}],
        "measures": [{"name": "spend", "minimum": 0, "maximum": 1000, "decimals": 2}]
        if brand
        else [],
        "nonce": secrets.token_hex(16),
    }
    return Manifest.from_json(described | changes)


def brand_rows(values: list[int]) -> list[bytes]:
    """Return uploaded rows: a pseudonym and a ciphertext of (1, spend)."""
    packed = np.array([[1, value] for value in values], dtype=np.int64)
    ciphertexts = paillier("brand").encrypt_rows(packed, secrets.token_bytes, None)
    return [
        bytes.fromhex(TIERS[row % 2]) + ciphertext.tobytes()
        for row, ciphertext in enumerate(ciphertexts)
    ]


def platform_rows() -> list[bytes]:
    return [bytes.fromhex(AGES[row % 2]) for row in range(PEOPLE)]


def dictionary(described: Manifest) -> Dictionary:
    """Explain each label once, or to each of several peers: as if sealed, its reader's name."""
    entries = [
        {"column": column.name, "pseudonym": pseudonym, "sealed": "c2VhbGVk"}
        for column in described.labels
        for pseudonym in column.domain
    ]
    if described.also:
        entries = [
            {**one, "sealed": base64.b64encode(reader.encode()).decode(), "reader": reader}
            for reader in described.peers
            for one in entries
        ]
    return Dictionary.from_json({"entries": entries})


def create(party: Party, described: Manifest) -> str:
    """Announce a dataset with its dictionary and return its identifier."""
    sealed = dictionary(described)
    body = {"manifest": described.to_json(), "dictionary": sealed.digest()}
    answer = party.must_say("/v1/datasets", "dataset.create", body, sealed.to_json())
    return str(answer["resource"]["id"])


def upload(party: Party, described: Manifest, rows: list[bytes]) -> str:
    """Announce, send and seal a dataset."""
    dataset = create(party, described)
    path = f"/v1/datasets/{dataset}"
    body = {"dataset": dataset, "upload": party.upload(f"{path}/chunks", rows)}
    answer = party.must_say(f"{path}/seal", "dataset.seal", body)
    assert answer["resource"]["state"] == "READY"
    return dataset


def upload_both(world: World) -> tuple[str, str]:
    """Upload the brand's and the platform's audience; row i spends i + 1."""
    brand = upload(world.brand, manifest("brand"), brand_rows(list(range(1, PEOPLE + 1))))
    return brand, upload(world.platform, manifest("platform"), platform_rows())


def propose(world: World, brand: str, platform: str, party: Party | None = None) -> str:
    """Propose an alignment and return its identifier."""
    document = {
        "room": world.room,
        "brand": world.brand.name,
        "platform": world.platform.name,
        "profile": "dh",
        "brand_datasets": [brand],
        "platform_datasets": [platform],
        "nonce": secrets.token_hex(16),
    }
    body = {"alignment": document}
    speaker = party or world.brand
    answer = speaker.must_say("/v1/alignments", "alignment.propose", body)
    return str(answer["resource"]["id"])


def join(world: World, alignment: str, attempt: int = 1) -> None:
    """Let both sides take part."""
    body = {"alignment": alignment, "attempt": attempt, "count": PEOPLE}
    for party in (world.brand, world.platform):
        party.must_say(f"/v1/alignments/{alignment}/join", "alignment.join", body)


def token(person: int) -> bytes:
    return hashlib.sha256(b"person %d" % person).digest()[:16]


def finish(world: World, alignment: str, pair: str, attempt: int = 1) -> None:
    """Send and seal both sides' tokens: the last 40 people of one are the other's first."""
    shift = PEOPLE - COMMON
    for party, start in ((world.brand, 0), (world.platform, shift)):
        rows = [token(start + row) for row in range(PEOPLE)]
        sent = party.upload(f"/v1/alignments/{alignment}/tokens/{pair}", rows)
        body = {
            "alignment": alignment,
            "attempt": attempt,
            "transcript": "ab" * 32,
            "tokens": {pair: sent},
        }
        party.must_say(f"/v1/alignments/{alignment}/finish", "alignment.finish", body)


def align(world: World) -> tuple[str, str, str]:
    """Upload and align; return the two datasets and the alignment."""
    brand, platform = upload_both(world)
    alignment = propose(world, brand, platform)
    join(world, alignment)
    finish(world, alignment, f"{brand}/{platform}")
    return brand, platform, alignment


def align_pair(world: World, brand: str, platform: str) -> tuple[str, str, str]:
    """Align two datasets that are ready."""
    alignment = propose(world, brand, platform)
    join(world, alignment)
    finish(world, alignment, f"{brand}/{platform}")
    return brand, platform, alignment


def align_again(world: World) -> tuple[str, str, str]:
    """Align once more what the room has."""
    items = world.brand.get(f"/v1/alignments?room={world.room}").get_json()["items"]
    document = items[0]["document"]
    return align_pair(world, document["brand_datasets"][0], document["platform_datasets"][0])


def upload_next(world: World) -> str:
    """Upload the brand's next version."""
    described = manifest("brand", version=2)
    dataset = create(world.brand, described)
    path = f"/v1/datasets/{dataset}"
    sent = world.brand.upload(f"{path}/chunks", brand_rows([1] * PEOPLE))
    body = {"dataset": dataset, "upload": sent}
    world.brand.must_say(f"{path}/seal", "dataset.seal", body)
    return dataset


def question(world: World, aligned: tuple[str, str, str], **changes: Any) -> dict[str, Any]:
    """Return a job document about an alignment."""
    brand, platform, alignment = aligned
    described = {
        "room": world.room,
        "name": "overlap-by-age",
        "template": "overlap",
        "alignment": alignment,
        "brand": brand,
        "platform": platform,
        "receiver": "brand",
        "submitter": "brand",
        "parameters": {"group_by": ["platform.age"], "measures": ["spend"]},
    }
    return JobDocument.from_json(described | changes).to_json()


def submit(world: World, job: dict[str, Any]) -> str:
    """Ask, as the submitter that the job names."""
    party = world.brand if job["submitter"] == "brand" else world.platform
    answer = party.must_say("/v1/jobs", "job.submit", {"job": job})
    return str(answer["resource"]["id"])


def approve(party: Party, job: str, **messages: Any) -> dict[str, Any]:
    body = {"job": job, "messages": messages}
    return party.must_say(f"/v1/jobs/{job}/approvals", "job.approve", body)


def started(world: World, **changes: Any) -> str:
    """Bring a room to a job that both sides have approved."""
    job = submit(world, question(world, align(world), **changes))
    for party in (world.brand, world.platform):
        answer = approve(party, job)
    assert answer["resource"]["state"] == "STARTED"
    return job


def delegation(world: World, **changes: Any) -> dict[str, Any]:
    """What the brand lets its agency ask about what the straight line aligns."""
    described = {
        "room": world.room,
        "number": 1,
        "brand": "brand",
        "agency": "omni",
        "datasets": [
            {"party": "brand", "dataset": "crm"},
            {"party": "platform", "dataset": "users"},
        ],
        "templates": ["overlap"],
        "rho": 0.02,
        "ends": world.clock.milliseconds() // 1000 + 3600,
    }
    return Delegation.from_json(described | changes).to_json()


def serving_grant(world: World) -> dict[str, Any]:
    """A grant under which the platform may ask whether somebody is in the brand's audience."""
    terms = {
        "platform": "platform",
        "audience": "crm",
        "values": ["customer"],
        "entries": 128,
        "per_second": 10,
        "per_day": 100,
        "ends": world.clock.milliseconds() // 1000 + 3600,
    }
    return {"party": "brand", "kind": "serving", "purposes": ["bidding"], "serving": terms}


def publication(world: World, dataset: str) -> dict[str, Any]:
    """The first publication under it; its key is the group's generator (RFC 9496, A.1)."""
    return {
        "room": world.room,
        "grant": 0,
        "number": 1,
        "dataset": dataset,
        "public_key": "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76",
        "table": "00" * 32,
        "nonce": "ab" * 16,
    }


def standing(place: World) -> StandingDocument:
    """Return a question of the brand that is asked every week, on what is aligned."""
    now = place.clock.milliseconds() // 1000
    return StandingDocument.from_json(
        {
            "room": place.room,
            "name": "weekly",
            "template": "overlap",
            "brand": {"party": "brand", "name": "crm"},
            "platform": {"party": "platform", "name": "users"},
            "receiver": "brand",
            "submitter": "brand",
            "first": now + 60,
            "every": 7 * 86_400,
            "until": now + 60,
            "nonce": secrets.token_hex(16),
        }
    )
