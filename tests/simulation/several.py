"""A brand and several platforms over a real mediator: the agents' own code, all in one process."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import httpx
import numpy as np

from api.app import create_app
from cleanroom.agent import datasets, jobs, rooms
from cleanroom.agent.asking import align
from cleanroom.agent.earlier import kept_result
from cleanroom.agent.home import Home
from cleanroom.agent.http import Client, Transport
from cleanroom.agent.loop import Agent
from cleanroom.agent.rooms import Room
from cleanroom.documents.agreement import (
    Agreement,
    DatasetTerms,
    Grant,
    PartyRole,
    Policy,
    other_side,
)
from cleanroom.mediator import gathered as gathering
from cleanroom.mediator.bootstrap import initialise, open_mediator
from tests.cleanroom.queries import room as columns
from tests.draws import seeded
from tests.simulation.house import FOREVER, hurried

Files = Mapping[str, Mapping[str, columns.Data]]
"""By member and name of the dataset; the first member has the hub, it is a brand by default."""


class Several:
    """Hold a signed room with all datasets uploaded, and every member's agent."""

    def __init__(
        self,
        folder: Path,
        files: Files,
        policy: Mapping[str, Any],
        grants: Sequence[Mapping[str, Any]] = (),
        roles: Mapping[str, str] | None = None,
    ) -> None:
        key = initialise(folder / "mediator", "log.test").verifying_key
        self.service = open_mediator(folder / "mediator")
        self._app = httpx.WSGITransport(create_app(self.service))
        self.brand = next(iter(files))
        self.roles = dict.fromkeys(files, "platform") | {self.brand: "brand"} | (roles or {})
        self.hub: PartyRole = "platform" if self.roles[self.brand] == "platform" else "brand"
        self.heard: list[tuple[str, str, str, int, str]] = []
        """Every answer of the mediator: to whom, about what, with which status and text."""
        homes = {name: self._home(folder, name) for name in self.roles}
        specs = {
            (party, name): columns.spec_of(data)
            for party, named in files.items()
            for name, data in named.items()
        }
        agreement = Agreement(
            name="several",
            rehearsal=True,
            nonce=secrets.token_hex(16),
            origin="log.test",
            mediator_key=key.raw.hex(),
            members=tuple(home.card for home in homes.values()),
            datasets=tuple(
                DatasetTerms(
                    party=party,
                    name=name,
                    kind=spec.kind,
                    identifier_profile=columns.PROFILE,
                    labels=spec.labels,
                    measures=datasets.measure_terms(spec),
                )
                for (party, name), spec in specs.items()
            ),
            templates=("overlap", "cross_reach", "cross_attribution", "joint_activation"),
            grants=tuple(Grant.from_json(dict(grant)) for grant in grants),
            policy=Policy.from_json(
                {"paillier_bits": 512, "expires": FOREVER, "alignment": ["dh"], **policy}
            ),
        )
        self.rooms: dict[str, Room] = {}
        for name, home in homes.items():
            first = name == self.brand
            self.rooms[name] = (
                rooms.propose(home, self._client(home), agreement)
                if first
                else rooms.sign(home, self._client(home), agreement.identity())
            )
        self.ids = {
            (party, name): datasets.upload(
                self.rooms[party], name, specs[party, name], columns.table_of(data)
            )
            for party, named in files.items()
            for name, data in named.items()
        }
        self.agents = {
            name: Agent(room.home, room.client)
            for name, room in self.rooms.items()
            if room.own.has_data
        }
        self.joined: dict[tuple[str, str, str], str] = {}
        """Alignments by the name of the hub, the other party and the name of its dataset."""
        self.rows: dict[str, dict[str, np.ndarray]] = {}
        """By question and side, the tokens that the mediator joined."""

    def _home(self, folder: Path, name: str) -> Home:
        home = Home.create(folder / name, "phrase", name, self._role(name), "none")
        self.service.access.admit(home.card)
        return home

    def _role(self, name: str) -> Any:
        return self.roles[name]

    def _client(self, home: Home) -> Client:
        line = Transport("http://mediator.invalid", home.signing)
        name, app = home.card.name, self._app

        class Heard(httpx.BaseTransport):
            def handle_request(_, request: httpx.Request) -> httpx.Response:  # noqa: N805
                response = app.handle_request(request)
                response.read()
                path = request.url.path
                self.heard.append((name, request.method, path, response.status_code, response.text))
                return response

        line._client = httpx.Client(base_url="http://mediator.invalid", transport=Heard())
        return Client(line)

    @contextmanager
    def working(self, *names: str) -> Iterator[None]:
        """Let some agents work in threads: of an alignment both sides wait for each other."""
        over = Event()

        def work(agent: Agent) -> None:
            while not over.is_set():
                agent.once(agent.client.work(0.2))

        threads = [Thread(target=work, args=[self.agents[name]]) for name in names]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            over.set()
            for thread in threads:
                thread.join()

    def align(self, hub: str, others: Mapping[str, str]) -> None:
        """Align the hub with one dataset of each other party."""
        for party, name in others.items():
            sides = [hub], [f"{party}.{name}"]
            with self.working(self.brand, party):
                made = align(
                    self.rooms[self.brand], *(sides if self.hub == "brand" else sides[::-1])
                )
            self.joined[hub, party, name] = made

    def document(
        self, template: str, hub: str, others: Mapping[str, str], parameters: Mapping[str, Any]
    ) -> jobs.LocalJob:
        """Write a question of a hub as its owner does."""
        side = other_side(self.hub)
        joined = [
            {
                "party": party,
                side: self.ids[party, name],
                "alignment": self.joined[hub, party, name],
            }
            for party, name in others.items()
        ]
        fields = {
            "name": f"question-{secrets.token_hex(4)}",
            "template": template,
            self.hub: self.ids[self.brand, hub],
            side: joined[0][side],
            "alignment": joined[0]["alignment"],
            "others": joined,
            "receiver": self.hub,
            "rho": None,
        }
        return jobs.write_job(self.rooms[self.brand], fields, parameters)

    def document_of_two(
        self, brand: str, dataset: str, platform: str, other: str, alignment: str
    ) -> jobs.LocalJob:
        """Write an overlap of two datasets as the brand does."""
        fields = {
            "name": f"question-{secrets.token_hex(4)}",
            "template": "overlap",
            "brand": self.ids[brand, dataset],
            "platform": self.ids[platform, other],
            "alignment": alignment,
            "receiver": "brand",
            "rho": None,
        }
        return jobs.write_job(self.rooms[brand], fields, {})

    def run(self, identity: str) -> dict[str, Any]:
        """Let everybody do what waits until the job has ended; return it."""
        for _ in range(20):
            for agent in self.agents.values():
                agent.once(agent.client.work(0))
            self._look(identity)
            self.service.worker().run_once()
            item: dict[str, Any] = self.rooms[self.brand].client.job(identity)
            if item["state"] not in ("AWAITING_APPROVAL", "STARTED", "AWAITING_DECRYPTION"):
                return item
        raise AssertionError(f"the job stays {item['state']}")

    def _look(self, identity: str) -> None:
        """Keep what the mediator is about to compute from: it deletes that with the answer."""
        context = self.service.context
        with context.store.read() as transaction:
            queued = transaction.get("compute", job=identity, state="queued")
            gathered = gathering.gather_within(transaction, identity) if queued else None
        for side in gathered.asked.job.sides if gathered else ():
            rows = gathering.side_rows(context, gathered, side)
            self.rows.setdefault(identity, {})[side] = rows.tokens.copy()

    def ask(self, *question: Any) -> dict[str, Any]:
        """Ask, answer and return the result."""
        job = self.document(*question)
        self.heard.clear()
        identity = jobs.submit(job)["resource"]["id"]
        item = self.run(identity)
        assert item["state"] == "SUCCESS", item["problem"]
        found = kept_result(self.rooms[self.brand], identity)
        assert found is not None
        return found


@contextmanager
def several(
    folder: Path,
    files: Files,
    grants: Sequence[Mapping[str, Any]] = (),
    roles: Mapping[str, str] | None = None,
    **policy: Any,
) -> Iterator[Several]:
    """Make a room of a brand, platforms and whoever else ``roles`` names; nobody sleeps."""
    with hurried(), seeded(folder.name):
        made = Several(folder, files, {"noise": "none", "k_min": 1, **policy}, grants, roles)
    yield made
    made.service.context.store.close()  # type: ignore[attr-defined]
