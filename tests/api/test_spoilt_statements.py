"""Statements that would spoil a log for its readers, or fill it, are refused and leave a digest."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest
import rfc8785

from api import app as application
from api.console.bundle import create_bundle_console
from cleanroom.audit import bundle as bundles
from cleanroom.cli.audit import app
from cleanroom.cli.run import run
from cleanroom.documents.agreement import Agreement
from cleanroom.documents.document import MOST_LEVELS
from cleanroom.documents.statement import MOST_BYTES, STATEMENT_DOMAIN, Statement
from cleanroom.mediator import log
from cleanroom.mediator.audit import PAGE_BYTES
from cleanroom.mediator.context import LOBBY
from tests.api.party import Party, World


def nested(levels: int) -> list[Any]:
    return [nested(levels - 1)] if levels else []


SPOILT = {
    "a double that reads back as an integer": {"x": 1e20},
    "an integer that is not a double": {"x": (1 << 53) + 1},
    "levels that one reader takes and another does not": {"x": nested(210)},
    "one level too many": {"x": nested(MOST_LEVELS)},
    "half a character": {"x": "\ud800"},
    "a name of half a character": {"\udfff": 1},
    "half a document": {"alignment": {}},
    "a job that is none": {"job": {"template": []}},
    "too long": {"x": "a" * MOST_BYTES},
    "no numbers of JSON": {"x": float("inf")},
}


def raw(party: Party, kind: str, body: dict[str, Any]) -> bytes:
    """Return a request with a body that the documents' own classes would not take."""
    said = {"room": party.room, "party": party.name, "kind": kind}
    said |= {"sequence": party.sequence, "previous": party.previous, "body": body}
    try:
        text = rfc8785.dumps(said)
    except (ValueError, UnicodeError):
        text = b"{}"
    signature = base64.b64encode(party.key.sign(STATEMENT_DOMAIN, text)).decode()
    return json.dumps({"statement": {"statement": said, "signature": signature}}).encode()


def post(party: Party, path: str, body: bytes) -> int:
    return party.send("POST", path, body, Content_Type="application/json").status_code


def export(world: World, path: Path) -> Path:
    """Save the log as a member reads it over HTTP."""
    leaves: list[bytes] = []
    following: int | None = 0
    while following is not None:
        page = world.brand.get(f"/v1/audit/entries?room={world.room}&from={following}").get_json()
        leaves += [rfc8785.dumps(entry) for entry in page["entries"]]
        following = page["next"]
    note = world.brand.get(f"/v1/audit/checkpoint?room={world.room}").get_data(as_text=True)
    agreement = Agreement.from_json(world.agreement)
    bundles.save(bundles.Bundle(world.room, agreement, note, (), lambda: leaves), path)
    return path


@pytest.mark.parametrize("body", SPOILT.values(), ids=SPOILT)
@pytest.mark.parametrize("kind", ["room.close", "alignment.propose", "job.submit"])
def test_what_is_refused_spoils_no_reader(
    room: World, tmp_path: Path, body: dict[str, Any], kind: str
) -> None:
    path = {"room.close": f"rooms/{room.room}/close", "alignment.propose": "alignments"}
    route = f"/v1/{path.get(kind, 'jobs')}"
    assert post(room.platform, route, raw(room.platform, kind, body)) in {400, 422}
    found = room.brand.get(f"/v1/audit/entries?room={room.room}").get_json()["entries"][3:]
    assert not any(entry["statement"] for entry in found)
    file = export(room, tmp_path / "audit.json")
    for words in (["verify"], ["show"], ["show", "--json"], ["report"]):
        assert run(app, [words[0], str(file), *words[1:]]) == 0, words
    client = create_bundle_console(bundles.load(file), "secret").test_client()
    client.post("/sign-in", data={"ticket": "secret"})
    for page in ("log", "log/2", "log?outcome=refused", "report.html"):
        assert client.get(f"/rooms/{room.room}/{page}").status_code == 200, page


def test_a_refused_question_is_kept_as_it_was_signed(room: World) -> None:
    refused = room.platform.say(f"/v1/rooms/{'0' * 32}/close", "room.close", {"reason": "over"})
    assert refused.status_code == 404
    found = room.brand.get(f"/v1/audit/entries?room={room.room}").get_json()["entries"]
    assert found[-1]["statement"]["statement"]["body"] == {"reason": "over"}


def test_what_is_no_statement_of_its_kind_is_kept_as_its_digest(room: World) -> None:
    signed = room.platform.sign("room.close", {"reason": "over", "other": 1})
    assert room.platform.post(f"/v1/rooms/{room.room}/close", signed).status_code == 422
    last = room.brand.get(f"/v1/audit/entries?room={room.room}").get_json()["entries"][-1]
    assert last["statement"] is None
    assert last["facts"] == {"statement": signed.digest()}


def test_refused_proposals_leave_little_in_the_log_that_no_room_pays_for(place: World) -> None:
    party = place.stranger
    party.room = "0" * 32
    for number in range(3):
        signed = party.sign("room.propose", {"x": "a" * (MOST_BYTES // 2), "y": number})
        assert party.post("/v1/rooms", signed).status_code == 422
    with place.mediator.context.store.read() as transaction:
        leaves = log.entries(transaction, LOBBY, 0, 100)
    assert len(leaves) == 3
    assert all(len(leaf) < 1000 for leaf in leaves)


def test_a_page_of_the_log_holds_so_many_bytes(room: World, monkeypatch: Any) -> None:
    for number in range(4):
        body = {"reason": "over" * 100, "n": number}
        room.platform.say(f"/v1/rooms/{room.room}/close", "room.close", body)
    with room.mediator.context.store.read() as transaction:
        whole = log.entries(transaction, room.room, 0, 100)
        few = log.entries(transaction, room.room, 0, 100, most=2 * len(whole[0]))
        one = log.entries(transaction, room.room, 1, 100, most=1)
    assert 0 < len(few) < len(whole) and few == whole[: len(few)] and one == whole[1:2]
    monkeypatch.setattr("cleanroom.mediator.audit.PAGE_BYTES", 1)
    page = room.brand.get(f"/v1/audit/entries?room={room.room}").get_json()
    assert len(page["entries"]) == 1 and page["next"] == 1 and PAGE_BYTES > 1


def test_a_long_request_is_refused_before_it_is_read(room: World) -> None:
    body = raw(room.platform, "room.close", {"x": [0.5] * 100_000})
    assert len(body) > application.JSON_BYTES
    assert post(room.platform, f"/v1/rooms/{room.room}/close", body) == 413


def test_long_requests_use_up_the_rate(room: World) -> None:
    rate = room.brand.http.application.extensions["rate"]
    key = room.platform.key.verifying_key.fingerprint()
    before = rate._buckets[key].tokens
    body = raw(room.platform, "room.close", {"x": "a" * (MOST_BYTES // 2)})
    post(room.platform, f"/v1/rooms/{room.room}/close", body)
    assert rate._buckets[key].tokens < before - 5


def test_invented_methods_make_no_series(room: World) -> None:
    for number in range(20):
        room.brand.http.open("/v1/rooms", method=f"INVENTED{number}")
    shown = room.brand.http.get("/v1/metrics").get_data(as_text=True)
    assert "INVENTED" not in shown
    assert re.search(r'cleanroom_requests_total\{method="other"', shown)


def test_a_statement_is_the_bytes_that_were_signed(room: World) -> None:
    signed = room.platform.sign("room.close", {"reason": "ü", "z": [1.5, {"b": None}], "a": True})
    assert signed.canonical() == rfc8785.dumps(signed.to_json())
    assert signed.statement == Statement.parse(signed.statement.canonical())
