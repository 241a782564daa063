"""Two agents and the mediator in one thread: whoever calls the mediator waits for his turn.

Each agent is a greenlet that runs the real agent's code over a real signed connection.  Before
every request it stops and lets the test decide what happens to that request.  Nothing sleeps and
nothing runs at the same time, so a run is repeated exactly by repeating the decisions.

Each made-up person spends a power of two of its own, so a sum says exactly who was counted.
"""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import httpx
from greenlet import getcurrent, greenlet

from api.app import create_app
from cleanroom.agent import alignments, datasets, jobs, loop, rooms, vault
from cleanroom.agent.home import Home
from cleanroom.agent.http import Client, Transport, transport
from cleanroom.agent.loop import Agent
from cleanroom.agent.rooms import Room, open_room
from cleanroom.documents.agreement import Agreement, DatasetTerms, Policy
from cleanroom.errors import CleanroomError
from cleanroom.mediator import log
from cleanroom.mediator.bootstrap import initialise, open_mediator
from tests.api.party import ShiftedClock
from tests.cleanroom.queries import room as columns
from tests.draws import seeded
from tests.simulation.faults import DROP, LOSE, PASS, REPLAY, TAMPER, TWICE, Killed, Mediated

SIDES = ("brand", "platform")
BITS = 512
PEOPLE = 20
BRAND = range(0, 14)
PLATFORM = range(6, 20)
COMMON = sorted(set(BRAND) & set(PLATFORM))
AGES = ("old", "young")
FOREVER = 4_000_000_000


def data(side: str) -> columns.Data:
    """Return a side's file: person i spends 2 to the power of i."""
    if side == "brand":
        spend = columns.Measure([1 << i for i in BRAND], max=1 << PEOPLE)
        return columns.audience([f"p{i}" for i in BRAND], measures={"spend": spend})
    return columns.audience([f"p{i}" for i in PLATFORM], {"age": [AGES[i % 2] for i in PLATFORM]})


def expected(label: str | None = None) -> tuple[int, int]:
    """Return people and sum of those whom a group must count, or of all of them."""
    counted = [i for i in COMMON if label is None or AGES[i % 2] == label]
    return len(counted), sum(1 << i for i in counted)


@dataclass
class Side:
    """One party: its agent's greenlet and what waits to be decided for it."""

    name: str
    home: Home
    worker: greenlet | None = None
    idle: bool = False
    trouble: list[str] = field(default_factory=list)


class Wire(httpx.BaseTransport):
    """Carry one agent's requests, each of them only when and how the test says."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._last: httpx.Request | None = None
        self._answered: httpx.Request | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        fault, number = self._house.wait_for_turn()
        request.read()
        earlier, self._last = self._last, request
        if fault == DROP:
            raise httpx.ConnectError("dropped", request=request)
        if fault == TAMPER and request.content:
            return self._tampered(request, number)
        if fault == REPLAY and earlier is not None:
            # What never arrived may still arrive, late; what was answered is not taken again.
            status = self._house.serve(earlier).status_code
            assert status == 401 if earlier is self._answered else status < 500, status
        response = self._house.serve(request, fault, number)
        self._answered = request
        if fault == TWICE:
            assert self._house.serve(request).status_code == 401
        if fault == LOSE:
            raise httpx.ReadError("lost", request=request)
        return response

    def _tampered(self, request: httpx.Request, number: int) -> httpx.Response:
        """Change one bit of the body: the mediator has to refuse it, whatever it says."""
        content = bytearray(request.content)
        content[number % len(content)] ^= 1
        spoilt = httpx.Request(
            request.method, request.url, headers=request.headers, content=bytes(content)
        )
        response = self._house.serve(spoilt)
        assert response.status_code in (400, 401), response.status_code
        return response


class House(Mediated):
    """Hold the mediator and both sides of one run."""

    def __init__(self, folder: Path) -> None:
        shutil.copytree(template(), folder)
        self.folder = folder
        self.clock = ShiftedClock()
        self.main = getcurrent()
        self.sides = {name: Side(name, _home(folder / name)) for name in SIDES}
        self.room = next(iter(self.sides["brand"].home.rooms()))
        self.open()

    def wait_for_turn(self) -> tuple[str, int]:
        """Stop the calling agent until the test lets its request go."""
        turn: tuple[str, int] = self.main.switch()
        return turn

    def start(self, side: str) -> None:
        """Start a party's agent."""
        one = self.sides[side]
        one.idle = False
        one.worker = greenlet(lambda: self._work(one), self.main)
        one.worker.switch()

    def kill(self, side: str) -> None:
        """End an agent where it stands; the next one knows only what is on disk."""
        self.stop(side)
        self.start(side)

    def stop(self, side: str) -> None:
        """End an agent; nobody else may speak for its party while it lives and holds its lock."""
        worker = self.sides[side].worker
        if worker is not None and not worker.dead:
            worker.throw(Killed)

    def go(self, side: str, fault: str = PASS, number: int = 0) -> None:
        """Let a party's waiting request go its way."""
        one = self.sides[side]
        one.idle = False
        assert one.worker is not None and not one.worker.dead, one.trouble
        one.worker.switch((fault, number))

    def _work(self, side: Side) -> None:
        client = self.client(side.name)
        agent = Agent(side.home, client, tell=side.trouble.append)
        try:
            while True:
                side.idle = not self._turn(side, agent, client)
        except Killed:
            return

    def _turn(self, side: Side, agent: Agent, client: Client) -> bool:
        try:
            wanted = Wish(open_room(side.home, client, self.room)).pursue()
            return agent.once(client.work(0)) or wanted
        except CleanroomError as error:
            side.trouble.append(str(error))
            return True

    def client(self, side: str, direct: bool = False) -> Client:
        """Return a party's connection: through the test's hands, or straight to the mediator."""
        line = Transport("http://mediator.invalid", self.sides[side].home.signing)
        wire = self._wsgi if direct else Wire(self)
        line._client = httpx.Client(base_url="http://mediator.invalid", transport=wire)
        return Client(line)

    def room_of(self, side: str) -> Room:
        """Return the room as a party sees it, with a connection that nothing disturbs."""
        return open_room(self.sides[side].home, self.client(side, direct=True), self.room)

    def entries(self) -> list[bytes]:
        with self.mediator.context.store.read() as transaction:
            return log.entries(transaction, self.room, 0, 100_000)

    def rows(self, table: str, **key: Any) -> list[dict[str, Any]]:
        with self.mediator.context.store.read() as transaction:
            return transaction.find(table, **key)

    def close(self) -> None:
        for side in self.sides:
            self.stop(side)
        self.store.close()
        shutil.rmtree(self.folder)


@dataclass(frozen=True)
class Wish:
    """What the people of a party want: their data uploaded, aligned, and one answer each."""

    room: Room

    def pursue(self) -> bool:
        """Do the next thing that is missing; tell whether there was one."""
        room, client = self.room, self.room.client
        ready = {
            item["manifest"]["party"]: item["id"]
            for item in client.datasets(room.identity)
            if item["state"] == "READY"
        }
        if room.own.name not in ready:
            given = data(room.own.name)
            datasets.upload(room, "data", columns.spec_of(given), columns.table_of(given))
            return True
        if len(ready) < 2:
            return False
        under_way = {item["state"]: item["id"] for item in client.alignments(room.identity)}
        under_way.pop("FAILED", None)
        if not under_way and room.role == "brand":
            alignments.propose(room, (ready["brand"],), (ready["platform"],), "dh")
            return True
        return "READY" in under_way and self._ask(ready, under_way["READY"])

    def _ask(self, ready: dict[str, str], alignment: str) -> bool:
        mine = [
            item for item in self.room.client.jobs(self.room.identity)
            if item["job"]["submitter"] == self.room.role
        ]  # fmt: skip
        if any(item["state"] not in ("REFUSED", "FAILED", "CANCELLED") for item in mine):
            return False
        fields = {
            "name": f"question-{len(mine)}",
            "template": "overlap",
            "alignment": alignment,
            "receiver": self.room.role,
            "rho": None,
            **ready,
        }
        parameters = {"group_by": ["platform.age"], "measures": ["spend"]}
        jobs.submit(jobs.write_job(self.room, fields, parameters))
        return True


@contextmanager
def hurried() -> Iterator[None]:
    """Let nothing of the agents sleep, and make passphrases cheap."""
    still = SimpleNamespace(
        sleep=lambda _seconds: None, monotonic=lambda: 0.0, time=_now,
        localtime=time.localtime, strftime=time.strftime,
    )  # fmt: skip
    with (
        mock.patch.object(transport, "time", still),
        mock.patch.object(loop, "time", still),
        mock.patch.object(alignments, "time", still),
        mock.patch.object(alignments, "ABSENCE", 1_000_000),
        mock.patch.object(alignments, "SILENCE", 1_000_000),
        mock.patch.object(vault, "SCRYPT_COST", 2),
        mock.patch.object(vault, "OLD_COST", 2),
    ):
        yield


def _now() -> float:
    return time.time()


@cache
@seeded("template")
def template() -> Path:
    """Return a folder with a mediator and two homes whose room is signed."""
    import atexit
    import tempfile

    base = "/dev/shm" if Path("/dev/shm").is_dir() else None
    made = tempfile.TemporaryDirectory(prefix="cleanroom-house-", dir=base)
    atexit.register(made.cleanup)
    root = Path(made.name) / "template"
    root.mkdir()
    mediator = root / "mediator"
    key = initialise(mediator, "log.test").verifying_key
    homes = {side: Home.create(root / side, "phrase", side, side, "none") for side in SIDES}
    service = open_mediator(mediator)
    for home in homes.values():
        service.access.admit(home.card)
    app = create_app(service)
    agreement = _agreement(homes, key.raw.hex())
    for side, home in homes.items():
        line = Transport("http://mediator.invalid", home.signing)
        line._client = httpx.Client(
            base_url="http://mediator.invalid", transport=httpx.WSGITransport(app)
        )
        if side == "brand":
            rooms.propose(home, Client(line), agreement)
        else:
            rooms.sign(home, Client(line), agreement.identity())
    service.context.store.close()  # type: ignore[attr-defined]
    return root


def _agreement(homes: dict[str, Home], key: str) -> Agreement:
    specs = {side: columns.spec_of(data(side)) for side in SIDES}
    return Agreement(
        name="simulated",
        rehearsal=True,
        nonce=secrets.token_hex(16),
        origin="log.test",
        mediator_key=key,
        members=tuple(home.card for home in homes.values()),
        datasets=tuple(
            DatasetTerms(
                party=side,
                name="data",
                kind="audience",
                identifier_profile=columns.PROFILE,
                labels=spec.labels,
                measures=datasets.measure_terms(spec),
            )
            for side, spec in specs.items()
        ),
        templates=("overlap",),
        policy=Policy(
            noise="none",
            k_min=1,
            paillier_bits=BITS,
            expires=FOREVER,
            alignments_max=1000,
            alignment=("dh",),
        ),
    )


def _home(path: Path) -> Home:
    return Home.open(path, "phrase")
