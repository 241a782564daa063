"""Five parties and a mediator over one signed room, three questions asked, and faults on the wire.

A brand shares its conversions among three platforms, and sends one of them the people whom two know
together; that one asks how often two brands reach its people.  Every run begins from a copy.
"""

from __future__ import annotations

import gc
import shutil
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx

from cleanroom.agent import jobs
from cleanroom.agent.asking import align
from cleanroom.agent.home import Home
from cleanroom.agent.http import Client, Transport
from cleanroom.agent.loop import Agent
from cleanroom.agent.rooms import Room, open_room
from cleanroom.errors import CleanroomError
from cleanroom.mediator import log
from tests.cleanroom.queries.room import Data, audience, events
from tests.simulation.faults import (
    AFTER,
    BEFORE,
    DROP,
    LOSE,
    PASS,
    TAMPER,
    TWICE,
    Killed,
    Mediated,
)
from tests.simulation.several import several

PARTIES = ("acme", "zeta", "douyin", "weibo", "tmall")
KILL = "kill"
FAULTS = (DROP, LOSE, TWICE, TAMPER, BEFORE, AFTER, KILL)

PEOPLE = [f"p{n}" for n in range(24)]
REACHED = {"douyin": range(2, 16), "weibo": range(8, 22), "tmall": range(12, 30)}
BUYERS, SENT = range(0, 20), range(5, 12)
"""Whom the platforms reached, who bought from acme, and to whom zeta wrote."""
TOUCHED, BOUGHT, START, END = 1400, 1500, 1000, 2000
TIMED = {"start": START, "end": END}
PURPOSE = "spring"
ROLES = dict(zip(PARTIES, ("brand", "brand", "platform", "platform", "platform"), strict=True))


def shown(people: range) -> Data:
    ids = [f"p{n}" for n in people]
    return events(ids, [TOUCHED] * len(ids), [0] * len(ids), {"campaign": ["feed"] * len(ids)})


def sent(people: range) -> Data:
    ids = [f"p{n}" for n in people for _ in range(1 + n % 2)]
    return events(ids, [BOUGHT] * len(ids))


FILES = {
    "acme": {"crm": audience(PEOPLE), "orders": sent(BUYERS)},
    "zeta": {"sends": sent(SENT)},
    "douyin": {"seen": shown(REACHED["douyin"]), "users": audience(PEOPLE[3:])},
    "weibo": {"seen": shown(REACHED["weibo"])},
    "tmall": {"seen": shown(REACHED["tmall"])},
}


def earned() -> dict[str, float]:
    """Share every order equally among the platforms that touched its buyer."""
    found: Counter[str] = Counter()
    for n in BUYERS:
        touching = [name for name, people in REACHED.items() if n in people]
        for name in touching:
            found[name] += (1 + n % 2) / len(touching)
    return dict(found)


def in_segment() -> list[str]:
    """Return whom both douyin and weibo know of the brand's people."""
    return [f"p{n}" for n in REACHED["douyin"] if n in REACHED["weibo"]]


def reached_by() -> dict[str, int]:
    """Count douyin's people by the brands that reach them."""
    known = [
        "+".join(name for name, people in (("acme", BUYERS), ("zeta", SENT)) if n in people)
        for n in range(3, 24)
    ]
    return {name: count for name, count in Counter(known).items() if name}


@dataclass(frozen=True)
class Made:
    """A folder with a mediator and five homes, and the three questions that wait there."""

    folder: Path
    room: str
    asked: dict[str, str]


@cache
def template() -> Made:
    """Sign, upload, align and ask once."""
    import atexit
    import tempfile

    base = "/dev/shm" if Path("/dev/shm").is_dir() else None
    folder = tempfile.TemporaryDirectory(prefix="cleanroom-five-", dir=base)
    atexit.register(folder.cleanup)
    root = Path(folder.name) / "five"
    grants = [
        {"party": party, "kind": "activation", "purposes": [PURPOSE], "minimum": 1}
        for party in ("acme", "weibo")
    ]
    with several(root, FILES, grants, ROLES) as made:
        for brand, platform, ours, theirs in (
            ("acme", "douyin", ("crm", "orders"), ("seen", "users")),
            ("acme", "weibo", ("crm", "orders"), ("seen",)),
            ("acme", "tmall", ("orders",), ("seen",)),
            ("zeta", "douyin", ("sends",), ("users",)),
        ):
            sides = [[f"{party}.{name}" for name in names]
                     for party, names in ((brand, ours), (platform, theirs))]  # fmt: skip
            with made.working(brand, platform):
                joined = align(made.rooms[brand], *sides)
            for own in ours:
                for name in theirs:
                    made.joined[own, platform, name] = made.joined[name, brand, own] = joined
        seen = dict.fromkeys(REACHED, "seen")
        timed = {**TIMED, "resolution": "50s", "window": "200s", "campaigns": 2}
        both = {"douyin": "seen", "weibo": "seen"}
        segment = {"known_to": "all", "purpose": PURPOSE, **TIMED}
        questions = {
            "credit": made.document(
                "cross_attribution", "orders", seen, timed | {"max_conversions": 2}
            ),
            "segment": made.document("joint_activation", "crm", both, segment),
        }
        made.brand, made.hub = "douyin", "platform"
        brands = {"acme": "orders", "zeta": "sends"}
        questions["brands"] = made.document("cross_reach", "users", brands, TIMED)
        asked = {name: jobs.submit(job)["resource"]["id"] for name, job in questions.items()}
        identity = made.rooms["acme"].identity
    # Everything into one file: a log beside it may change while both are copied.
    gc.collect()
    with closing(sqlite3.connect(root / "mediator" / "mediator.sqlite")) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return Made(root, identity, asked)


class Wire(httpx.BaseTransport):
    """Carry one party's requests; one of them as the test says."""

    def __init__(self, five: Five, name: str) -> None:
        self._five, self._name = five, name

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        fault, number = self._five.fault_of(self._name)
        if fault == DROP:
            raise httpx.ConnectError("dropped", request=request)
        if fault == TAMPER and request.content:
            content = bytearray(request.content)
            content[number % len(content)] ^= 1
            spoilt = httpx.Request(
                request.method, request.url, headers=request.headers, content=bytes(content)
            )
            response = self._five.serve(spoilt)
            assert response.status_code in (400, 401), response.status_code
            return response
        response = self._five.serve(request, fault, number)
        if fault == TWICE:
            assert self._five.serve(request).status_code == 401
        if fault == LOSE:
            raise httpx.ReadError("lost", request=request)
        if fault == KILL:
            raise Killed
        return response


class Five(Mediated):
    """Hold the mediator and the agents of one run."""

    def __init__(self, folder: Path) -> None:
        made = template()
        shutil.copytree(made.folder, folder)
        self.folder, self.room, self.asked = folder, made.room, made.asked
        self.planned: dict[str, tuple[int, str, int]] = {}
        self.agents: dict[str, Agent] = {}
        self.trouble: list[str] = []
        self.open()

    def plan(self, name: str, after: int, fault: str, number: int) -> None:
        """Let something happen to a request of a party, after so many others."""
        self.planned[name] = (after, fault, number)

    def fault_of(self, name: str) -> tuple[str, int]:
        """Return what happens to the next request of a party."""
        after, fault, number = self.planned.pop(name, (0, PASS, 0))
        if after:
            self.planned[name] = (after - 1, fault, number)
            return PASS, 0
        return fault, number

    def go(self, name: str) -> bool:
        """Let a party's agent do what waits for it; one that is killed knows only its disk after.

        Tell whether anything waited.
        """
        try:
            agent = self.agents.get(name) or self._agent(name)
            self.agents[name] = agent
            return agent.once(agent.client.work(0))
        except Killed:
            del self.agents[name]
        except CleanroomError as error:
            self.trouble.append(str(error))
        return True

    def _agent(self, name: str) -> Agent:
        home = Home.open(self.folder / name, "phrase")
        return Agent(home, self._client(home, Wire(self, name)), tell=self.trouble.append)

    def _client(self, home: Home, wire: httpx.BaseTransport) -> Client:
        line = Transport("http://mediator.invalid", home.signing)
        line._client = httpx.Client(base_url="http://mediator.invalid", transport=wire)
        return Client(line)

    def room_of(self, name: str) -> Room:
        """Return the room as a party sees it, with a connection that nothing disturbs."""
        home = Home.open(self.folder / name, "phrase")
        return open_room(home, self._client(home, self._wsgi), self.room)

    def entries(self) -> list[bytes]:
        with self.mediator.context.store.read() as transaction:
            return log.entries(transaction, self.room, 0, 100_000)

    def states(self) -> dict[str, Any]:
        with self.mediator.context.store.read() as transaction:
            rows = {row["id"]: row["state"] for row in transaction.find("jobs", room=self.room)}
        return {name: rows[identity] for name, identity in self.asked.items()}

    def close(self) -> None:
        self.store.close()
        shutil.rmtree(self.folder)
