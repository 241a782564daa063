"""A brand that serves labels to a platform: a real mediator and a real server's application."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from api.serve.app import create_app
from cleanroom.agent import amendments, datasets, logs
from cleanroom.agent.http import Client
from cleanroom.agent.rooms import Room, open_room
from cleanroom.agent.serving.answer import Answerer
from cleanroom.agent.serving.ask import Asker
from cleanroom.agent.serving.publish import publish
from cleanroom.audit import verify_bundle
from cleanroom.documents.agreement import DatasetTerms, Grant
from cleanroom.ingest.identifiers import message
from protocols.strings import PackedStrings
from tests.cleanroom.agent.conftest import Place
from tests.cleanroom.queries import room as columns

URL = "http://brand.invalid"
TIERS = ("gold", "silver", "none")


class SharedPlace(Place):
    """A place for many rooms: its homes are opened once, which is what takes time."""

    def client(self, name: str) -> Client:
        known: dict[str, Client] = self.__dict__.setdefault("clients", {})
        if name not in known:
            known[name] = super().client(name)
        return known[name]


class Clock:
    """The moment at which it was made, so many seconds earlier: no minute ends by itself."""

    def __init__(self) -> None:
        self.made, self.behind = time.time(), 0.0

    def __call__(self) -> float:
        return self.made - self.behind

    def end_minute(self) -> None:
        """Move on until the minute is over, and what came in it may be told."""
        self.behind = -120.0


def data(count: int = 90) -> columns.Data:
    """An audience in which person i has tier i modulo 3."""
    ids = [f"P{number:04d}x" for number in range(count)]
    return columns.audience(
        ids, {"tier": [TIERS[i % 3] for i in range(count)]}, domains={"tier": TIERS}
    )


def grant(**changes: Any) -> Grant:
    """A grant of two of the three tiers; half a day holds all that a test asks."""
    terms = {
        "platform": "telco",
        "audience": "data",
        "label": "tier",
        "values": ["gold", "silver"],
        "entries": 128,
        "per_second": 1000,
        "per_day": 2000,
        "ends": int(time.time()) + 1800,
    }
    minimum = changes.pop("minimum", 50)
    return Grant.from_json(
        {
            "party": "acme",
            "kind": "serving",
            "purposes": ["bidding"],
            "minimum": minimum,
            "serving": {**terms, **changes},
        }
    )


@dataclass
class Scene:
    """Both sides of one grant."""

    place: Place
    brand: Room
    platform: Room
    dataset: str
    clock: Clock = field(default_factory=Clock)

    @classmethod
    def open(cls, place: Place, count: int = 90, grants: int = 1, **terms: Any) -> Scene:
        sent = data(count)
        spec = columns.spec_of(sent)
        agreed = tuple(
            DatasetTerms(
                party=party,
                name="data",
                kind="audience",
                identifier_profile=columns.PROFILE,
                labels=spec.label_names,
            )
            for party in place.homes
        )
        brand = place.propose(datasets=agreed, grants=(grant(**terms),) * grants)
        platform = place.sign(brand.identity)
        for name in place.homes.keys() - {"acme", "telco"}:
            place.sign(brand.identity, name)
        return cls(place, brand, platform, cls.upload(brand, sent))

    @staticmethod
    def upload(room: Room, sent: columns.Data) -> str:
        people = [message(columns.PROFILE, one) for one in sent.ids]
        table = replace(columns.table_of(sent), people=PackedStrings.pack(people))
        return datasets.upload(room, "data", columns.spec_of(sent), table)

    def take_away(self) -> None:
        """Let an amendment, which a third member signs too, take the platform away."""
        before = self.brand.agreement
        stays = tuple(card for card in before.members if card.name != "telco")
        data = tuple(one for one in before.datasets if one.party != "telco")
        bare = before.model_copy(update={"members": stays, "datasets": data})
        agreement = amendments.follow(bare, before)
        amendments.propose(self.brand, agreement)
        for name in self.place.homes.keys() - {"acme", "telco"}:
            home, client = self.place.homes[name], self.place.client(name)
            amendments.sign(open_room(home, client, self.brand.identity), agreement)

    def refresh(self, count: int) -> None:
        """Upload the next version of the audience and publish it."""
        self.dataset = self.upload(self.brand, data(count))
        publish(self.brand, 0)

    def answerer(self) -> Answerer:
        made = Answerer(self.brand, 0, self.clock)
        made.look()
        return made

    def asker(self, answerer: Answerer, **options: Any) -> Asker:
        transport = httpx.WSGITransport(create_app(answerer, self.clock))
        made = Asker(
            self.platform,
            0,
            URL,
            http=httpx.Client(transport=transport),
            clock=self.clock,
            timeout=60.0,
            **options,
        )
        made.refresh()
        return made

    def entries(self, kind: str) -> list[dict[str, Any]]:
        found = self.brand.client.entries(self.brand.identity)
        return [entry for entry in found if entry["kind"] == kind]

    def verified(self) -> list[str]:
        """Verify the room's log; return what each step found."""
        collected = logs.collect(self.brand.client, self.brand.identity, self.brand.agreement)
        return [step.found for step in verify_bundle(collected).steps]
