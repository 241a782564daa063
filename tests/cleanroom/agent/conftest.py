"""A real mediator in this process, and parties with real homes that call it."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask import Flask

from api.app import create_app
from cleanroom.agent import rooms
from cleanroom.agent.home import Home
from cleanroom.agent.http import Client, Transport
from cleanroom.documents.agreement import Agreement, DatasetTerms, Policy
from cleanroom.mediator import Mediator
from cleanroom.mediator.bootstrap import initialise, open_mediator

PASSPHRASE = "a long enough phrase"


@dataclass
class Place:
    """Where two parties and their mediator meet."""

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
        """Write a rehearsal of two parties."""
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

    def sign(self, identity: str) -> rooms.Room:
        """Let the platform sign it."""
        client = self.client("telco")
        return rooms.sign(self.homes["telco"], client, identity)


@pytest.fixture
def meeting(tmp_path: Path) -> Place:
    key = initialise(tmp_path / "mediator", "log.test").verifying_key.raw.hex()
    mediator = open_mediator(tmp_path / "mediator")
    homes = {
        name: Home.create(tmp_path / name, PASSPHRASE, name, role, "http://127.0.0.1:9")
        for name, role in (("acme", "brand"), ("telco", "platform"))
    }
    for home in homes.values():
        mediator.access.admit(home.card)
    return Place(mediator, key, create_app(mediator), homes)
