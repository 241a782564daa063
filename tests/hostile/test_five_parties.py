"""Every route of a question times five parties, at every step of three questions of a hub.

Shared conversions, a segment that one platform activates, and a platform's people over two brands:
who has a part in one has none in another, and of those who have a part each does its own alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from api.app import create_app
from cleanroom.agent.home import Home
from cleanroom.documents.statement import SignedStatement
from cleanroom.mediator import Mediator
from tests.api.party import OCTETS, Party, ShiftedClock, sealing
from tests.hostile.dry import DryBlobs, DryStore
from tests.simulation.five import PARTIES, ROLES, Five
from tests.simulation.house import hurried

PARTS = {
    "credit": {"acme", "douyin", "weibo", "tmall"},
    "segment": {"acme", "douyin", "weibo"},
    "brands": {"douyin", "acme", "zeta"},
}
RECEIVER = {"credit": {"acme"}, "segment": {"acme"}, "brands": {"douyin"}}
ACTIVATES = {"credit": set[str](), "segment": {"douyin"}, "brands": set[str]()}
NOBODY = dict.fromkeys(PARTS, set[str]())
SENDERS = {"credit": {"douyin", "weibo", "tmall"}, "segment": set[str](), "brands": set[str]()}
"""Who names labels of its own to the receiver."""

ALWAYS = {
    ("GET", ""): PARTS,
    ("GET", "/events"): PARTS,
    ("POST", "/approvals"): PARTS,
    ("POST", "/refuse"): PARTS,
    ("POST", "/cancel"): PARTS,
    ("POST", "/rows"): PARTS,
    ("PUT", "/rows/0"): PARTS,
    ("PUT", "/messages/names/0"): SENDERS,
    ("PUT", "/messages/masks/0"): NOBODY,
    ("PUT", "/messages/noise-people/0"): NOBODY,
    ("GET", "/result?part=release"): RECEIVER,
    ("GET", "/result?part=people"): RECEIVER,
    ("GET", "/result?part=matched"): ACTIVATES,
    ("POST", "/steps"): ACTIVATES,
    ("POST", "/receipt"): RECEIVER,
}
"""Who may do what, at whatever step the question is."""
BEFORE = {
    ("POST", "/steps"): PARTS,
    ("POST", "/receipt"): PARTS,
    ("GET", "/result?part=matched"): dict.fromkeys(PARTS, {"douyin"}),
}
"""Before anything is released whoever has a part is told that it is not the time for a step, and
the side of the first platform that nothing is released."""

STEPS = ("AWAITING_APPROVAL", "STARTED", "AWAITING_DECRYPTION")


@pytest.fixture(scope="module")
def five(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Five]:
    with hurried():
        made = Five(tmp_path_factory.mktemp("five") / "run")
        yield made
        made.close()


def parties(five: Five) -> dict[str, Party]:
    """Return everybody with its own keys and place in the log, before a mediator that is dry."""
    context = five.mediator.context
    mediator = Mediator(
        replace(context, store=DryStore(context.store), blobs=DryBlobs(context.blobs))
    )
    client = create_app(mediator).test_client()
    found = {}
    for name in PARTIES:
        key = Home.open(five.folder / name, "phrase").signing
        found[name] = Party(name, ROLES[name], client, ShiftedClock(), key, five.room)
    for entry in map(json.loads, five.entries()):
        if entry["statement"] and entry["outcome"] == "accepted":
            said = SignedStatement.from_json(entry["statement"])
            speaker = found[said.statement.party]
            speaker.sequence, speaker.previous = said.statement.sequence + 1, said.digest()
    return found


def bodies(job: str) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return a well-formed statement for each route that takes one."""
    upload = sealing([b"x"], 1)
    return {
        "/approvals": ("job.approve", {"job": job, "messages": {}}),
        "/refuse": ("job.refuse", {"job": job, "rule": "refused-by-person", "reason": "x"}),
        "/cancel": ("job.cancel", {"job": job}),
        "/rows": ("job.rows", {"job": job, "upload": upload, "labels": 1, "messages": {}}),
        "/steps": ("job.step", {"job": job, "step": "activated", "messages": {}}),
        "/receipt": ("job.receipt", {"job": job, "release": "00" * 32}),
    }


def ask(party: Party, job: str, method: str, rest: str) -> Any:
    path = f"/v1/jobs/{job}{rest}"
    if method == "GET":
        return party.get(path)
    if method == "PUT":
        return party.send(method, path, b"x", Content_Type=OCTETS)
    kind, body = bodies(job)[rest]
    keep = party.sequence, party.previous
    answer = party.post(path, party.sign(kind, body))
    party.sequence, party.previous = keep
    return answer


@pytest.mark.parametrize("state", STEPS)
def test_at_every_step_each_does_its_own_part_alone(five: Five, state: str) -> None:
    for _ in range(3):
        if set(five.states().values()) == {state}:
            break
        for name in PARTIES:
            five.go(name)
        while five.compute():
            pass
    assert set(five.states().values()) == {state}
    wrong = []
    for name, party in parties(five).items():
        listed = {one["id"] for one in party.get(f"/v1/jobs?room={five.room}").get_json()["items"]}
        assert listed == {five.asked[job] for job, some in PARTS.items() if name in some}
        table = ALWAYS if state == STEPS[-1] else ALWAYS | BEFORE
        for (method, rest), allowed in table.items():
            for job, identity in five.asked.items():
                answer = ask(party, identity, method, rest)
                assert answer.status_code not in (401, 405, 500), answer.get_json()
                found = answer.status_code not in (403, 404)
                if found != (name in allowed[job]):
                    wrong.append((name, job, method, rest, answer.status_code, answer.get_json()))
    assert not wrong
