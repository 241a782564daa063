"""Odd JSON, odd bytes and odd numbers on every route and in every field: refused, never a 500."""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import pytest

from api.app import create_app
from api.json_bodies import REFUSAL
from cleanroom.documents.payloads import BODIES
from cleanroom.documents.statement import SignedStatement
from cleanroom.errors import InvalidInput
from cleanroom.mediator import Mediator
from cleanroom.mediator.settings import ServerSettings
from protocols import checkpoint as notes
from tests.api import story
from tests.api.conftest import verify_rooms
from tests.api.party import OCTETS, Party, World, sealing, world
from tests.hostile.dry import DryBlobs, DryStore, dry

ODD: Final[tuple[Any, ...]] = (
    None, True, 0, -1, 1, 0.5, 2**31, 2**53 - 1, 2**53, -(2**63), 10**40, 1e308, -0.0, "", "0", "x",
    "NaN", "a\x00b", "\r\n", "\ud800", "é" * 600, "../..", [], {}, [[]], [None], {"": None},
    ["a", "a"], {"__proto__": {}}, "0" * 32, "f" * 64, "0" * 9000, "A" * 86 + "==",
)  # fmt: skip
"""What stands in the place of a value."""

TEXTS: Final = (
    b"", b"null", b"[]", b'""', b"{", b"\xff\xfe{}", b"\xef\xbb\xbf{}", b"\x00", b"{}{}",
    b"NaN", b'{"statement":NaN}', b'{"statement":-Infinity}', b'{"statement":1e999}',
    b'{"statement":' + b"9" * 5000 + b"}",
    b'{"statement":{"statement":{"sequence":' + b"9" * 5000 + b"}}}",
    b'{"statement":null,"statement":{}}',
    b'{"statement":"\\ud800"}',
    b'{"\\u0000":1}',
    b"[" * 100_000, b"[" * 50_000 + b"]" * 50_000,
    b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
    b'{"statement":{"statement":{"body":' + b'{"a":' * 300 + b"1" + b"}" * 304,
)  # fmt: skip
"""Whole bodies that are no JSON, or JSON that some reader cannot read."""

NUMBERS: Final = ("", "-1", "1.5", "9" * 40, "NaN", "1e999", "1_0", "\u0661", "\x00")
"""What stands in the place of a number in an address."""

NOT_CANONICAL: Final = (
    b"9007199254740992", b"-9007199254740992", b"576460752303423487", b"9" * 40, b"1e308", b"1e999",
    b"NaN", b"-Infinity", b'"\\ud800"', b'{"\\udfff":1}', b"[" * 40 + b"]" * 40,
)  # fmt: skip
"""JSON, or nearly, that RFC 8785 gives no form that every reader reads alike."""

EACH: Final = 1
"""Odd values that are tried in each place of a statement in the short run."""


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to every value of a document but the whole."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for name, below in items:
        yield (*path, name)
        if isinstance(below, dict | list):
            yield from places(below, (*path, name))


def with_odd(document: Any, path: tuple[Any, ...], odd: Any) -> Any:
    made = copy.deepcopy(document)
    at = made
    for name in path[:-1]:
        at = at[name]
    at[path[-1]] = odd
    return made


def variants(document: Any, path: tuple[Any, ...], odd: Sequence[Any]) -> Iterator[Any]:
    """Yield a document with each odd value in one place, and one without that place."""
    for value in odd:
        yield with_odd(document, path, value)
    left_out = copy.deepcopy(document)
    at = left_out
    for name in path[:-1]:
        at = at[name]
    del at[path[-1]]
    yield left_out


class Spoiler:
    """Send variants of each statement to a mediator that keeps nothing, before it is said."""

    def __init__(self, place: World, each: int) -> None:
        context = place.mediator.context
        self.accepted: list[Any] = []

        def look(transaction: Any) -> None:
            size = transaction.count("statements")
            if size > self.known:
                self.accepted.append(size)
                verify_rooms(transaction, context)

        store = DryStore(context.store, look)
        forgetful = replace(context, store=store, blobs=DryBlobs(context.blobs))
        self.store = context.store
        self.known = 0
        self.http = create_app(Mediator(forgetful)).test_client()
        self.dice, self.each, self.sent = random.Random(15), each, 0
        self.kinds: set[str] = set()

    def spoil(self, party: Party, path: str, signed: SignedStatement, attachment: Any) -> None:
        said = signed.statement
        self.kinds.add(said.kind)
        with self.store.read() as transaction:
            self.known = transaction.count("statements")
        for place in places(said.body):
            for body in variants(said.body, place, self.dice.sample(ODD, self.each)):
                try:
                    statement = party.sign(said.kind, body, said.room).to_json()
                except (InvalidInput, ValueError):
                    statement = with_odd(signed.to_json(), ("statement", "body"), body)
                self.send(party, path, {"statement": statement, "attachment": attachment})
        if said.kind == "job.submit":
            for place in places(said.body):
                for odd in self.dice.sample(ODD, self.each):
                    self.send(party, "/v1/jobs/preview", with_odd(said.body, place, odd))
        request = {"statement": signed.to_json(), "attachment": attachment}
        for place in places(request):
            if "body" not in place:
                odd = self.dice.choice(ODD)
                self.send(party, path, with_odd(request, place, odd))

    def send(self, party: Party, path: str, request: Any) -> None:
        data = json.dumps(request).encode()
        headers = party.signed_headers("POST", path, data, Content_Type="application/json")
        answer = self.http.open(path, method="POST", data=data, headers=headers)
        self.sent += 1
        check(answer, path, request)


def check(answer: Any, path: str, sent: Any) -> None:
    assert answer.status_code < 500, (path, sent)
    if answer.status_code >= 400:
        assert answer.content_type == "application/problem+json"


def everything_said(place: World) -> None:
    """Say a statement of every kind at least once."""
    place.open_room(grants=[story.serving_grant(place)])
    job = story.started(place)
    assert place.mediator.worker().run_once()
    path = f"/v1/jobs/{job}"
    head = place.brand.get(f"/v1/audit/checkpoint?room={place.room}").get_data(as_text=True)
    answered = place.brand.get(path).get_json()["job"]
    again = (answered["brand"], answered["platform"], answered["alignment"])
    changes = {"name": "another", "parameters": {"group_by": [], "measures": []}}
    asked = story.submit(place, story.question(place, again, **changes))
    note = notes.cosign(head, "brand", place.brand.key, 1)
    upload = sealing([b"x" * 16], 1)
    refusal = {"job": asked, "rule": "by-a-person", "reason": "no"}
    amendments = f"/v1/rooms/{place.room}/amendments"
    series = story.standing(place)
    standing = f"/v1/standing/{series.identity()}"
    said: list[tuple[str, str, dict[str, Any]]] = [
        ("/v1/audit/cosign", "audit.cosign", {"checkpoint": note}),
        (f"{path}/rows", "job.rows", {"job": job, "upload": upload, "labels": 1}),
        (f"{path}/steps", "job.step", {"job": job, "step": "decrypted", "messages": {}}),
        (f"{path}/receipt", "job.receipt", {"job": job, "release": "0" * 64}),
        (f"/v1/jobs/{asked}/refuse", "job.refuse", refusal),
        (f"{path}/cancel", "job.cancel", {"job": job}),
        (
            f"/v1/alignments/{again[2]}/fail",
            "alignment.fail",
            {"alignment": again[2], "attempt": 1, "reason": "no"},
        ),
        (
            "/v1/serving",
            "serving.publish",
            {"publication": story.publication(place, again[0])},
        ),
        (
            "/v1/serving/tallies",
            "serving.tally",
            {"grant": 0, "minute": place.clock.milliseconds() // 60_000, "questions": 1},
        ),
        ("/v1/serving/stop", "serving.stop", {"grant": 0}),
        (f"/v1/datasets/{again[0]}/withdraw", "dataset.withdraw", {"dataset": again[0]}),
        (
            "/v1/datasets/erase",
            "dataset.erase",
            {"erasure": "0" * 32, "people": 16, "datasets": [again[0]]},
        ),
        # A whole agreement is spoilt field by field where the room is made.
        (amendments, "amendment.propose", {"agreement": {"name": "another", "policy": {}}}),
        (f"{amendments}/members", "amendment.sign", {"agreement": "00" * 32}),
        (f"{amendments}/decline", "amendment.decline", {"agreement": "00" * 32, "reason": ""}),
        ("/v1/standing", "standing.propose", {"standing": series.to_json()}),
        (f"{standing}/approvals", "standing.approve", {"standing": series.digest()}),
        (f"{standing}/stop", "standing.stop", {"standing": series.digest(), "reason": ""}),
        ("/v1/delegations", "delegation.grant", {"delegation": story.delegation(place)}),
        (f"/v1/delegations/{'0' * 32}/revoke", "delegation.revoke", {"delegation": "0" * 64}),
        (f"/v1/rooms/{place.room}/close", "room.close", {}),
    ]
    for where, kind, body in said:
        place.brand.say(where, kind, body)


def spoilt(place: World, monkeypatch: pytest.MonkeyPatch, each: int) -> Spoiler:
    """Say everything, each statement after its odd variants."""
    spoiler, post = Spoiler(place, each), Party.post

    def spoil_and_post(self: Party, path: str, signed: Any, attachment: Any = None) -> Any:
        spoiler.spoil(self, path, signed, attachment)
        return post(self, path, signed, attachment)

    monkeypatch.setattr(Party, "post", spoil_and_post)
    everything_said(place)
    return spoiler


@pytest.fixture
def place(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path / "mediator", ServerSettings(long_poll_seconds=0.001)) as made:
        yield made


def test_an_odd_value_in_any_place_of_any_statement_is_refused(
    place: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoiler = spoilt(place, monkeypatch, EACH)
    assert spoiler.kinds == BODIES.keys()
    # Each of these was verified with the log that it would stand in.
    assert len(spoiler.accepted) > 20
    assert spoiler.sent > 500


@pytest.mark.slow
def test_every_odd_value_in_any_place_of_any_statement_is_refused(
    place: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert spoilt(place, monkeypatch, len(ODD)).sent > 5000


def routes(place: World) -> Iterator[tuple[str, str, list[str]]]:
    """Yield every route with identifiers filled in, and the names of what it takes in a query."""
    document = place.brand.http.get("/v1/openapi.json").get_json()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            given = operation.get("parameters", [])
            filled = path
            for one in given:
                if one["in"] == "path":
                    number = one["name"] == "number"
                    value = "0" if number else "names" if one["name"] == "kind" else place.room
                    filled = filled.replace(f"{{{one['name']}}}", value)
            yield method.upper(), filled, [one["name"] for one in given if one["in"] == "query"]


def test_odd_texts_and_bytes_on_every_route_that_takes_a_body(place: World) -> None:
    place.open_room()
    dry(place)
    sent = 0
    for method, path, _ in routes(place):
        if method in ("POST", "PUT"):
            for text in TEXTS:
                for media in ("application/json", OCTETS):
                    answer = place.brand.send(method, path, text, Content_Type=media)
                    check(answer, path, text[:40])
                    assert answer.status_code >= 400
                    sent += 1
    assert sent > 40 * len(TEXTS)


def takers_of_json(place: World) -> list[str]:
    """Return every route that takes JSON, with identifiers filled in."""
    document = place.brand.http.get("/v1/openapi.json").get_json()
    bodies = {
        path: operations.get("post", {}).get("requestBody", {"content": {}})
        for path, operations in document["paths"].items()
    }
    found = [path for path, body in bodies.items() if "application/json" in body["content"]]
    return [re.sub(r"\{\w+\}", place.room, path) for path in found]


def test_what_has_no_canonical_form_is_refused_on_every_route_that_takes_json(place: World) -> None:
    place.open_room()
    dry(place)
    signed = place.brand.sign("room.close", {"reason": ""}).to_json()
    job = story.question(place, (place.room,) * 3)
    whole = {"statement": signed, "attachment": {"entries": [{"column": "age"}]}, "job": job}
    number, takers = ("statement", "statement", "sequence"), takers_of_json(place)
    cases = [(path, number, odd) for path in takers for odd in NOT_CANONICAL]
    cases += [("/v1/rooms", at, odd) for at in places(whole) for odd in NOT_CANONICAL[:2]]
    for path, at, odd in cases:
        text = json.dumps(with_odd(whole, at, "here")).encode().replace(b'"here"', odd)
        answer = place.brand.send("POST", path, text, Content_Type="application/json")
        check(answer, path, text)
        assert answer.status_code == 422, (path, text)
        assert answer.get_json()["detail"] == REFUSAL
    assert len(takers) > 15 and {"/v1/rooms", "/v1/datasets", "/v1/jobs/preview"} <= {*takers}


def test_odd_numbers_in_every_part_of_every_address(place: World) -> None:
    place.open_room()
    dry(place)
    sent = 0
    for method, path, names in routes(place):
        if method != "GET":
            continue
        for odd in NUMBERS:
            targets = [f"{path}?{urlencode({'room': place.room, name: odd})}" for name in names]
            targets += [f"{path}?{urlencode([(name, odd), (name, '1')])}" for name in names]
            if path.endswith("/0") and odd.isalnum() and odd.isascii():
                targets.append(f"{path[:-1]}{odd}")
            for target in targets:
                check(place.brand.get(target), target, odd)
                sent += 1
    assert sent > 300
