"""Accepted statements and readings that only the verifier would refuse would spoil a log for ever.

Every test of this folder has its logs verified at its end (``conftest.verify_logs``); those here
say and ask what members may, in ways that no agent does.
"""

from __future__ import annotations

import base64
from typing import Any

import pytest

from cleanroom.documents.agreement import Agreement
from cleanroom.documents.statement import NOTHING_BEFORE
from cleanroom.mediator import statements
from protocols.checkpoint import cosign
from tests.api import story
from tests.api.conftest import verify_logs
from tests.api.party import Party, World
from tests.api.test_jobs import awaiting_decryption

SPOILT = ("made up", "another time", "another head", "one good and one bad")
PARTS = ("release", "people", "measures", "matched")


def spoilt(note: str, case: str, party: Party) -> str:
    """Return a checkpoint with a line of its speaker that does not verify."""
    good = cosign(note, party.name, party.key, 1_800_000_000)
    return {
        "made up": note + f"— {party.name} {base64.b64encode(bytes(76)).decode()}\n",
        "another time": cosign(note, party.name, party.key, 9).replace("AAAJ", "AAAK"),
        "another head": good.replace("\n3\n", "\n2\n"),
        "one good and one bad": good + good.splitlines()[-1].replace("AAAA", "AAAB") + "\n",
    }[case]


@pytest.mark.parametrize("who", ["brand", "auditor"])
@pytest.mark.parametrize(
    "case", ["made up", "another time", "another head", "one good and one bad"]
)
def test_a_head_is_vouched_for_with_a_line_that_verifies(room: World, case: str, who: str) -> None:
    party: Party = getattr(room, who)
    text = room.brand.get(f"/v1/audit/checkpoint?room={room.room}").get_data(as_text=True)
    bad = spoilt(text, case, party)
    refused = party.say("/v1/audit/cosign", "audit.cosign", {"checkpoint": bad})
    assert refused.status_code == 422
    party.must_say("/v1/audit/cosign", "audit.cosign", {"checkpoint": text})
    good = cosign(text, party.name, party.key, 1_800_000_000)
    party.must_say("/v1/audit/cosign", "audit.cosign", {"checkpoint": good})


def test_a_part_that_the_release_has_not_is_read_by_nobody(room: World) -> None:
    job, path = awaiting_decryption(room)
    for party in (room.brand, room.platform, room.auditor, room.stranger):
        for part in PARTS:
            party.get(f"{path}/result?part={part}")
    assert room.platform.get(f"{path}/result?part=matched").status_code == 404
    room.platform.must_say(f"{path}/cancel", "job.cancel", {"job": job})
    for part in PARTS:
        assert room.platform.get(f"{path}/result?part={part}").status_code in (404, 409)


LEFT_OUT = ("version", "datasets.receivers", "policy.k_min", "policy.delta", "stage_rules")


@pytest.mark.parametrize("field", LEFT_OUT)
def test_a_proposal_may_leave_out_what_has_a_default(place: World, field: str) -> None:
    described: Any = Agreement.from_json(place.describe(k_min=50)).to_json()
    outer, _, inner = field.rpartition(".")
    held = described[outer] if outer else described
    (held[0] if isinstance(held, list) else held).pop(inner)
    agreement = Agreement.from_json(described)
    for party in (place.brand, place.platform, place.auditor):
        party.room, party.sequence, party.previous = agreement.identity(), 0, NOTHING_BEFORE
    body = {"agreement": described, "paillier": place.brand.paillier}
    place.brand.must_say("/v1/rooms", "room.propose", body)
    verify_logs(place)


def test_a_truth_is_no_number(room: World) -> None:
    """To Python it is one: a question of version ``true`` would have two identifiers."""
    asked = story.question(room, story.align(room))
    refused = room.brand.say("/v1/jobs", "job.submit", {"job": asked | {"version": True}})
    assert refused.status_code == 422
    story.submit(room, asked)


def test_what_was_said_in_time_and_took_long_is_not_late(
    place: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.open_room(expires=place.clock.milliseconds() // 1000 + 60)
    check_turn = statements.check_turn

    def take_long(said: statements.Said) -> None:
        check_turn(said)
        place.clock.shift += 120

    monkeypatch.setattr(statements, "check_turn", take_long)
    story.create(place.brand, story.manifest("brand"))
    body = {"manifest": story.manifest("brand", version=2).to_json(), "dictionary": ""}
    late = place.brand.say("/v1/datasets", "dataset.create", body)
    assert (late.status_code, late.get_json()["rule"]) == (409, "room-expired")
