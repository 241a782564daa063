"""A party that signs real requests to a mediator in this process, and a room of three of them."""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask.testing import FlaskClient
from http_message_signatures import HTTPMessageSigner, MappingKeyResolver, algorithms
from werkzeug.test import TestResponse

from api.app import create_app
from cleanroom.documents.agreement import Card, PaillierKey
from cleanroom.documents.statement import NOTHING_BEFORE, SignedStatement, Statement, sign_statement
from cleanroom.mediator import Mediator
from cleanroom.mediator.bootstrap import initialise, open_mediator
from cleanroom.mediator.settings import ServerSettings
from protocols import limits
from protocols.paillier import PrivateKey, generate
from protocols.signing import SigningKey
from tests.draws import seeded

OCTETS = "application/octet-stream"
BITS = 512


class ShiftedClock:
    """The real clock, moved by as many seconds as a test likes."""

    def __init__(self) -> None:
        self.shift = 0.0

    def milliseconds(self) -> int:
        return int((time.time() + self.shift) * 1000)

    def elapsed(self) -> float:
        return time.monotonic()


@dataclass
class _Request:
    method: str
    url: str
    headers: dict[str, str]


@cache
def paillier(party: str) -> PrivateKey:
    """Return one key per name and test run: making them is slow."""
    with seeded(party):
        return generate(BITS, secrets.token_bytes)


@dataclass
class Party:
    """A party with its keys and its place in its statement chain."""

    name: str
    role: str
    http: FlaskClient
    clock: ShiftedClock
    key: SigningKey = field(default_factory=lambda: SigningKey.generate(secrets.token_bytes))
    room: str = ""
    sequence: int = 0
    previous: str = NOTHING_BEFORE

    @property
    def card(self) -> Card:
        return Card.from_json(
            {
                "name": self.name,
                "role": self.role,
                "signing_key": self.key.verifying_key.raw.hex(),
                "sealing_key": hashlib.sha256(self.name.encode()).hexdigest(),
            }
        )

    @property
    def paillier(self) -> dict[str, Any] | None:
        if self.role not in ("brand", "platform"):
            return None
        return PaillierKey.of(paillier(self.name), self.room or "0" * 32, self.name).to_json()

    def signed_headers(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        covered: tuple[str, ...] = ("@method", "@path", "@query"),
        created: int | None = None,
        key_id: str | None = None,
        **headers: str,
    ) -> dict[str, str]:
        """Return the headers of a signed request, ready to be sent or spoilt."""
        from datetime import UTC, datetime

        fingerprint = key_id or self.key.verifying_key.fingerprint()
        private = Ed25519PrivateKey.from_private_bytes(self.key.expose())
        signer = HTTPMessageSigner(
            signature_algorithm=algorithms.ED25519,
            key_resolver=MappingKeyResolver(public_keys={}, private_keys={fingerprint: private}),
        )
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        request = _Request(method, f"https://mediator.invalid{path}", given)
        extra = ("idempotency-key",) if "Idempotency-Key" in given else ()
        signer.sign(
            request,
            key_id=fingerprint,
            nonce=secrets.token_urlsafe(16),
            created=datetime.fromtimestamp(created or self.clock.milliseconds() // 1000, UTC),
            covered_component_ids=(*covered, *extra),
            body=body,
        )
        return request.headers

    def send(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> TestResponse:
        signed = self.signed_headers(method, path, body, **headers)
        return self.http.open(path, method=method, data=body, headers=signed)

    def get(self, path: str) -> TestResponse:
        return self.send("GET", path)

    def put(self, path: str, data: bytes) -> TestResponse:
        return self.send("PUT", path, data, Content_Type=OCTETS)

    def post_bytes(self, path: str, data: bytes) -> TestResponse:
        return self.send("POST", path, data, Content_Type=OCTETS)

    def sign(self, kind: str, body: dict[str, Any], room: str | None = None) -> SignedStatement:
        """Sign the next statement without saying it."""
        statement = Statement.from_json(
            {
                "room": room or self.room,
                "party": self.name,
                "kind": kind,
                "sequence": self.sequence,
                "previous": self.previous,
                "body": body,
            }
        )
        return sign_statement(statement, self.key)

    def post(
        self, path: str, signed: SignedStatement, attachment: dict[str, Any] | None = None
    ) -> TestResponse:
        body = json.dumps({"statement": signed.to_json(), "attachment": attachment}).encode()
        response = self.send(
            "POST",
            path,
            body,
            Content_Type="application/json",
            Idempotency_Key=signed.digest(),
        )
        if response.status_code < 300 and signed.statement.sequence == self.sequence:
            self.sequence, self.previous = self.sequence + 1, signed.digest()
        return response

    def say(
        self, path: str, kind: str, body: dict[str, Any], attachment: dict[str, Any] | None = None
    ) -> TestResponse:
        """Say something and move on in the chain if it was accepted."""
        return self.post(path, self.sign(kind, body), attachment)

    def must_say(
        self, path: str, kind: str, body: dict[str, Any], attachment: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        response = self.say(path, kind, body, attachment)
        assert response.status_code < 300, response.get_data(as_text=True)
        answer: dict[str, Any] = response.get_json()
        return answer

    def upload(self, path: str, rows: list[bytes]) -> dict[str, Any]:
        """Send rows in chunks and return what the sealing statement says of them."""
        per = limits.rows_per_chunk(len(rows[0])) if rows else 1
        chunks = [b"".join(rows[i : i + per]) for i in range(0, len(rows), per)]
        for number, data in enumerate(chunks):
            response = self.put(f"{path}/{number}", data)
            assert response.status_code < 300, response.get_data(as_text=True)
        return sealing(chunks, len(rows))


def sealing(chunks: list[bytes], rows: int) -> dict[str, Any]:
    salt = secrets.token_bytes(16)
    digests = b"".join(hashlib.sha256(chunk).digest() for chunk in chunks)
    return {
        "chunks": len(chunks),
        "rows": rows,
        "salt": salt.hex(),
        "commitment": hashlib.sha256(salt + digests).hexdigest(),
    }


@dataclass
class World:
    """A mediator with a brand, a platform, an auditor, and a stranger in no room of theirs."""

    home: Path
    mediator: Mediator
    clock: ShiftedClock
    brand: Party
    platform: Party
    auditor: Party
    stranger: Party
    agreement: dict[str, Any] = field(default_factory=dict)
    bystanders: list[Party] = field(default_factory=list)
    """Further members of the room, with whom nothing is shared in the straight line."""

    @property
    def parties(self) -> tuple[Party, ...]:
        return *self.members, self.stranger

    @property
    def members(self) -> tuple[Party, ...]:
        return self.brand, self.platform, self.auditor, *self.bystanders

    def add(self, name: str, role: str) -> Party:
        """Admit one more party, which is a member of the room that is opened next."""
        made = Party(name, role, self.brand.http, self.clock)
        self.mediator.access.admit(made.card)
        self.bystanders.append(made)
        return made

    @property
    def room(self) -> str:
        return self.brand.room

    def reopen(self, settings: ServerSettings | None = None) -> None:
        """Restart the mediator over the same home."""
        self.mediator = open_mediator(self.home, settings, self.clock)
        client = create_app(self.mediator).test_client()
        for party in self.parties:
            party.http = client

    def describe(self, **policy: Any) -> dict[str, Any]:
        """Return an agreement of the three."""
        context = self.mediator.context
        return {
            "version": 1,
            "name": "spring",
            "rehearsal": policy.pop("rehearsal", True),
            "nonce": secrets.token_hex(16),
            "origin": context.settings.origin,
            "mediator_key": context.key.verifying_key.raw.hex(),
            "members": [party.card.to_json() for party in self.members],
            "datasets": policy.pop("datasets", [])
            + [
                {
                    "party": "brand",
                    "name": "crm",
                    "kind": "audience",
                    "identifier_profile": "email:uid2:v1",
                    "labels": ["tier"],
                    "measures": [{"name": "spend", "minimum": 0, "maximum": 1000, "decimals": 2}],
                },
                {
                    "party": "platform",
                    "name": "users",
                    "kind": "audience",
                    "identifier_profile": "email:uid2:v1",
                    "labels": ["age"],
                },
                {
                    "party": "platform",
                    "name": "touches",
                    "kind": "events",
                    "identifier_profile": "email:uid2:v1",
                    "labels": ["campaign"],
                },
            ],
            "templates": ["overlap", "reach_frequency"],
            "grants": policy.pop("grants", []),
            "policy": {
                "k_min": 1,
                "noise": "none",
                "paillier_bits": BITS,
                "expires": int(self.clock.milliseconds() / 1000) + 86400,
                **policy,
            },
        }

    def open_room(self, **policy: Any) -> str:
        """Propose a room and let all of its members sign."""
        from cleanroom.documents.agreement import Agreement

        agreement = Agreement.from_json(self.describe(**policy))
        self.agreement = agreement.to_json()
        room = agreement.identity()
        for party in self.members:
            party.room, party.sequence, party.previous = room, 0, NOTHING_BEFORE
        body = {"agreement": self.agreement, "paillier": self.brand.paillier}
        self.brand.must_say("/v1/rooms", "room.propose", body)
        for party in self.members[1:]:
            body = {"agreement": agreement.digest(), "paillier": party.paillier}
            party.must_say(f"/v1/rooms/{room}/members", "room.sign", body)
        return room


@contextmanager
def world(
    home: Path, settings: ServerSettings | None = None, store: str = "", blobs: str = ""
) -> Iterator[World]:
    """Make a mediator of its own with four admitted parties."""
    initialise(home, "log.test", store, blobs)
    clock = ShiftedClock()
    mediator = open_mediator(home, settings, clock)
    client = create_app(mediator).test_client()
    roles = {"brand": "brand", "platform": "platform", "auditor": "auditor", "stranger": "brand"}
    parties = {name: Party(name, role, client, clock) for name, role in roles.items()}
    for party in parties.values():
        mediator.access.admit(party.card)
    yield World(home, mediator, clock, **parties)
