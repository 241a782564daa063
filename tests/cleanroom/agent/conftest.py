"""A real mediator in this process, and parties with real homes that call it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from functools import cache
from itertools import repeat
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from flask import Flask

from api.app import create_app
from cleanroom.agent import alignments, datasets, jobs, rooms, vault
from cleanroom.agent.home import Home
from cleanroom.agent.http import Client, Transport
from cleanroom.agent.loop import Agent
from cleanroom.documents.agreement import Agreement, DatasetTerms, Policy
from cleanroom.mediator import Mediator
from cleanroom.mediator.bootstrap import initialise, open_mediator
from tests.cleanroom.queries import room as columns

PASSPHRASE = "a long enough phrase"
ROUNDS, IDLE, PAUSE = 20, 3, 0.05


@dataclass
class Place:
    """Where parties and their mediator meet: two, unless they are made otherwise."""

    mediator: Mediator
    key: str
    app: Flask
    homes: dict[str, Home]

    def client(self, name: str) -> Client:
        """Return a connection of a party as its home stands now."""
        home = Home.open(self.homes[name].path, PASSPHRASE)
        self.homes[name] = home
        transport = Transport("http://mediator.invalid", home.signing)
        transport._client = httpx.Client(
            base_url="http://mediator.invalid", transport=httpx.WSGITransport(self.app)
        )
        return Client(transport)

    def agreement(self, **changes: Any) -> Agreement:
        """Write a rehearsal of the parties."""
        terms = [
            DatasetTerms(party=name, name="data", kind="audience", identifier_profile="raw:v1")
            for name in self.homes
        ]
        policy = Policy(noise="none", k_min=1, paillier_bits=512, expires=int(time.time()) + 3600)
        return Agreement(
            name="spring",
            rehearsal=True,
            nonce=secrets.token_hex(16),
            origin="log.test",
            mediator_key=self.key,
            members=tuple(home.card for home in self.homes.values()),
            datasets=tuple(terms),
            templates=("overlap",),
            policy=policy,
        ).model_copy(update=changes)

    def propose(self, **changes: Any) -> rooms.Room:
        """Let the brand propose a room."""
        client = self.client("acme")
        return rooms.propose(self.homes["acme"], client, self.agreement(**changes))

    def sign(self, identity: str, name: str = "telco") -> rooms.Room:
        """Let the platform, or another member, sign it."""
        client = self.client(name)
        return rooms.sign(self.homes[name], client, identity)

    def work(self) -> None:
        """Let all agents do what waits, side by side, until nothing does."""
        idle = dict.fromkeys(self.homes, 0)
        with ThreadPoolExecutor(len(self.homes)) as pool:
            list(pool.map(self._work, self.homes, repeat(idle)))

    def _work(self, name: str, idle: dict[str, int]) -> None:
        told: list[str] = []
        client = self.client(name)
        agent = Agent(self.homes[name], client, tell=told.append)
        for _ in range(ROUNDS):
            work = client.work(0)
            idle[name] = 0 if any(work.values()) else idle[name] + 1
            agent.once(work)
            # What one does may give the other something to do, twice over.
            if min(idle.values()) >= IDLE:
                return
            time.sleep(PAUSE)
        idle[name] = IDLE

    def talk(self, data: Mapping[str, columns.Data], **changes: Any) -> dict[str, rooms.Room]:
        """Open a room of these data by party, upload them, and align them."""
        specs = {name: columns.spec_of(one) for name, one in data.items()}
        terms = tuple(
            DatasetTerms(
                party=name,
                name="data",
                kind=spec.kind,
                identifier_profile=columns.PROFILE,
                labels=spec.labels,
                measures=datasets.measure_terms(spec),
            )
            for name, spec in specs.items()
        )
        opened = {"acme": self.propose(datasets=terms, **changes)}
        opened["telco"] = self.sign(opened["acme"].identity)
        ids = [
            datasets.upload(room, "data", specs[name], columns.table_of(data[name]))
            for name, room in opened.items()
        ]
        alignments.propose(opened["acme"], (ids[0],), (ids[1],), "dh")
        self.work()
        return opened

    def ask(self, room: rooms.Room, template: str, parameters: dict[str, Any], **given: Any) -> str:
        """Let the brand ask a question that it receives; return its identifier."""
        ids = {one["manifest"]["party"]: one["id"] for one in room.client.datasets(room.identity)}
        fields = {
            "name": template,
            "template": template,
            "brand": ids["acme"],
            "platform": ids["telco"],
            "alignment": jobs.find_alignment(room, ids["acme"], ids["telco"]),
            "receiver": "brand",
            "rho": None,
            **given,
        }
        answer = jobs.submit(jobs.write_job(room, fields, parameters))
        return str(answer["resource"]["id"])


TWO = {"acme": "brand", "telco": "platform"}


def meet(folder: Path, roles: Mapping[str, str] = TWO) -> Place:
    """Make a mediator and two admitted parties, or others."""
    key = initialise(folder / "mediator", "log.test").verifying_key.raw.hex()
    mediator = open_mediator(folder / "mediator")
    homes = {
        name: Home.create(folder / name, PASSPHRASE, name, role, "http://127.0.0.1:9")
        for name, role in roles.items()
    }
    for home in homes.values():
        mediator.access.admit(home.card)
    return Place(mediator, key, create_app(mediator), homes)


@pytest.fixture(autouse=True, scope="session")
def stretched() -> Iterator[None]:
    """Stretch each home's passphrase once: a client opens its home anew, and scrypt is slow."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vault, "_stretch", cache(vault._stretch))
        yield


@pytest.fixture
def meeting(tmp_path: Path) -> Place:
    return meet(tmp_path)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The clocks of both parties and the mediator, moved together by a number of seconds."""
    real, moved = time.time, SimpleNamespace(by=0.0)
    monkeypatch.setattr(time, "time", lambda: real() + moved.by)
    monkeypatch.setattr(time, "time_ns", lambda: int((real() + moved.by) * 1e9))

    class Moved(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime.fromtimestamp(time.time(), tz)

    # What signs requests reads the clock by itself.
    signing = SimpleNamespace(datetime=Moved, timedelta=timedelta, timezone=timezone)
    monkeypatch.setattr("http_message_signatures.signatures.datetime", signing)
    return moved
