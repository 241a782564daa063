"""A room with noise and approval by people: a mediator, two agents, an auditor, three consoles.

The mediator and the brand's console are the real programs in processes of their own; the rest is
the same code in this one.  Only the key length is a rehearsal's.  Labels are hostile on purpose.
"""

from __future__ import annotations

import csv
import json
import random
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any

import rfc8785
from waitress.server import create_server

from api.console.party import create_party_console, make_ticket
from cleanroom.agent import approval, asking, datasets, jobs, rooms
from cleanroom.agent.home import Home
from cleanroom.agent.http import Client, Transport
from cleanroom.agent.loop import Agent
from cleanroom.agent.room_file import RoomFile
from cleanroom.agent.rooms import Room
from cleanroom.documents.agreement import Role
from cleanroom.errors import Unauthenticated, Unreachable
from cleanroom.ingest import read_table
from cleanroom.mediator.bootstrap import initialise, open_mediator
from cleanroom.system import in_background
from cleanroom.workbench.program import stop
from cleanroom.workbench.rehearse import Side, serve
from tests.waits import told

ROLES: tuple[Role, ...] = ("brand", "platform", "auditor")
HOSTILE = '<img src=x onerror="alert(1)">'
FORMULA = "=HYPERLINK(1)"
TIERS = ("gold", "silver", HOSTILE)
AGES = ("18-24", "25-34", "35-44", "钻石会员", FORMULA)
TOML = """
[room]
name = "spring-launch"
rehearsal = true
templates = ["overlap", "profile"]
[policy]
k_min = 10
noise = "discrete-gaussian"
rho_per_release = 0.5
rho_budget = 3.0
approval = "manual"
paillier_bits = 512
[datasets.brand.crm]
file = "brand.csv"
kind = "audience"
id = { column = "email", profile = "email:uid2:v1" }
labels = ["tier"]
duplicates = "first"
[datasets.brand.crm.measures]
spend = { column = "spend", max = 500, decimals = 2 }
[datasets.platform.users]
file = "users.csv"
kind = "audience"
id = { column = "email", profile = "email:uid2:v1" }
labels = ["age_band"]
[[jobs]]
name = "overlap-by-age"
template = "overlap"
brand = "crm"
platform = "users"
group_by = ["platform.age_band"]
measures = ["spend"]
receiver = "brand"
[[jobs]]
name = "overlap-by-tier"
template = "overlap"
brand = "crm"
platform = "users"
group_by = ["brand.tier"]
measures = ["spend"]
receiver = "brand"
"""

MODELS = """
[room]
name = "which-campaign"
rehearsal = true
templates = ["attribution"]
[policy]
k_min = 10
noise = "discrete-gaussian"
rho_per_release = 1.0
rho_budget = 4.0
paillier_bits = 512
[datasets.brand.orders]
file = "orders.csv"
kind = "events"
id = { column = "email", profile = "email:uid2:v1" }
time = "time"
[datasets.platform.touches]
file = "touches.csv"
kind = "events"
id = { column = "email", profile = "email:uid2:v1" }
time = "time"
labels = ["campaign"]
"""
QUESTION = """
[[jobs]]
name = "by-{name}"
template = "attribution"
brand = "orders"
platform = "touches"
model = "{model}"
start = 2026-06-01T00:00:00Z
end = 2026-07-01T00:00:00Z
max_conversions = 1
receiver = "brand"
"""
ASKED = ("first_touch", "last_touch", "linear")
CAMPAIGNS = ("Search", "Spring TV", "小红书 种草", "A campaign with quite a long name, version 2")


@dataclass(frozen=True)
class Scene:
    """What the tests visit."""

    folder: Path
    room: str
    mediator: str
    homes: dict[str, Home]
    consoles: dict[str, str]
    answered: str
    waiting: str
    mediator_key: str
    clients: dict[str, Client]
    models: str = ""
    """A room in which one attribution was asked for under several models, where there is one."""
    modelled: str = ""
    """The first of its questions."""

    def client(self, role: str) -> Client:
        """Return a party's connection."""
        return self.clients[role]

    @staticmethod
    def leaves(entries: list[dict[str, Any]]) -> list[bytes]:
        """Return the canonical bytes of entries."""
        return [rfc8785.dumps(entry) for entry in entries]

    def link(self, role: str) -> str:
        """Return a fresh sign-in link for a party's console."""
        return f"{self.consoles[role]}/sign-in?ticket={make_ticket(self.homes[role])}"


@contextmanager
def scene(folder: Path, phrase: str = "", models: bool = True) -> Iterator[Scene]:
    """Set everything up; one question is answered, one waits for both approvals.

    With ``models`` there is a second room, in which agents approve by themselves.
    """
    file = write_files(folder)
    with ExitStack() as stack:
        mediator = folder / "mediator"
        initialise(mediator, "cleanroom.invalid")
        homes = {role: folder / role for role in ROLES}
        phrase = phrase or secrets.token_urlsafe(16)
        for role, path in homes.items():
            home = Home.create(path, phrase, role, role, "")
            open_mediator(mediator).access.admit(home.card)
        url = stack.enter_context(serve(mediator))
        sides = {role: _side(stack, path, url, phrase) for role, path in homes.items()}
        program = stack.enter_context(console_program(sides["brand"]))
        described = RoomFile.read(file)
        found = _sign(described, sides)
        for role in ("brand", "platform"):
            stack.enter_context(_agent(sides[role]))
        _upload(described, found)
        asking.align(found["brand"], ["crm"], ["users"])
        second = _ask_models(folder, sides) if models else ("", "")
        answered = asking.submit(found["brand"], described, "overlap-by-age")
        for room in (found["brand"], found["platform"]):
            approval.approve(jobs.load(room, answered))
        asking.wait(found["brand"], answered)
        waiting = asking.submit(found["brand"], described, "overlap-by-tier")
        consoles = {role: stack.enter_context(_console(sides[role])) for role in ROLES[1:]}
        yield Scene(
            folder,
            found["brand"].identity,
            url,
            {role: side.home for role, side in sides.items()},
            {"brand": program(), **consoles},
            answered,
            waiting,
            found["brand"].agreement.mediator_key,
            {role: side.client for role, side in sides.items()},
            *second,
        )


def _upload(described: RoomFile, found: dict[str, Room]) -> None:
    for role in ("brand", "platform"):
        for name, spec in described.specs(found[role].own).items():
            table = read_table(spec, described.path(spec))
            datasets.upload(found[role], name, spec, table)


def _ask_models(folder: Path, sides: dict[str, Side]) -> tuple[str, str]:
    """Open the second room and ask under every model; return the room and the first question."""
    described = RoomFile.read(write_events(folder))
    found = _sign(described, sides)
    _upload(described, found)
    asking.align(found["brand"], ["orders"], ["touches"])
    asked = [asking.submit(found["brand"], described, one.name) for one in described.jobs]
    for one in asked:
        assert asking.wait(found["brand"], one)["state"] == "SUCCESS"
    return found["brand"].identity, asked[0]


def write_events(folder: Path) -> Path:
    """Write conversions and touches of 300 people, and the file of their room."""
    dice = random.Random(8)
    with (folder / "orders.csv").open("w", newline="", encoding="utf-8") as file:
        rows = ((f"p{one}@example.com", f"2026-06-{20 + one % 9}T12:00:00Z") for one in range(300))
        csv.writer(file).writerows([("email", "time"), *rows])
    with (folder / "touches.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("email", "time", "campaign"))
        for one in filter(lambda one: one % 6, range(300)):  # one in six saw nothing
            for hour in sorted(dice.sample(range(8, 180), 3)):
                name = dice.choices(CAMPAIGNS, (5, 3 + hour // 40, 2, 1))[0]
                day, at = divmod(12 * 60 + 24 * 60 * (20 + one % 9) - 60 * hour, 24 * 60)
                time = f"2026-06-{day:02}T{at // 60:02}:00:00Z"
                writer.writerow((f"p{one}@example.com", time, name))
    asked = (QUESTION.format(name=model.replace("_", "-"), model=model) for model in ASKED)
    (folder / "models.toml").write_text(MODELS + "".join(asked), encoding="utf-8")
    return folder / "models.toml"


def write_files(folder: Path) -> Path:
    """Write two files that share 600 people, one line of each unusable, and the room's file."""
    dice = random.Random(7)
    with (folder / "brand.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["email", "tier", "spend"])
        for one in range(900):
            row = [f"p{one}@example.com", dice.choices(TIERS, (3, 5, 2))[0], dice.randrange(400)]
            writer.writerow(row)
        writer.writerow(["no address", "gold", 10])
    with (folder / "users.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["email", "age_band"])
        for one in range(300, 1400):
            writer.writerow([f"p{one}@example.com", dice.choices(AGES, (3, 5, 4, 2, 2))[0]])
    (folder / "room.toml").write_text(TOML, encoding="utf-8")
    return folder / "room.toml"


def _side(stack: ExitStack, path: Path, url: str, phrase: str) -> Side:
    (path / "mediator.json").write_text(json.dumps({"url": url}))
    home = Home.open(path, phrase)
    client = Client(Transport(url, home.signing))
    stack.callback(client.close)
    return Side(home, client, phrase)


def _sign(described: RoomFile, sides: dict[str, Side]) -> dict[str, Room]:
    brand = sides["brand"]
    mediator = brand.client.mediator()
    agreement = described.agreement(
        tuple(sides[role].home.card for role in ROLES),
        mediator["origin"],
        mediator["key"],
        secrets.token_hex(16),
        time.time(),
    )
    found = {"brand": rooms.propose(brand.home, brand.client, agreement)}
    for role in ("platform", "auditor"):
        side = sides[role]
        found[role] = rooms.sign(side.home, side.client, found["brand"].identity)
    return found


def _by_hand(side: Side, item: dict[str, Any]) -> bool:
    """Tell whether something waits for a person."""
    policy = rooms.open_room(side.home, side.client, item["room"]).agreement.policy
    return item["what"] == "approve" and policy.approval == "manual"


@contextmanager
def _agent(side: Side) -> Iterator[None]:
    """Let a party's agent work, but for what waits for a person."""
    client = Client(Transport(side.home.mediator, side.home.signing))
    worker = Agent(side.home, client, ThreadPoolExecutor(1), lambda _line: None)

    def work(over: Event) -> None:
        while not over.wait(0.1):
            # A test beside it may hold the clock of the process, or keep its clients from the
            # mediator: signatures are old meanwhile, or nobody answers.
            with suppress(Unauthenticated, Unreachable):
                found = client.work(0)
                found["jobs"] = [item for item in found["jobs"] if not _by_hand(side, item)]
                worker.once(found)

    try:
        with in_background(work):
            yield
    finally:
        client.close()


@contextmanager
def _console(side: Side) -> Iterator[str]:
    """Serve a party's console from this process; yield its address."""
    hosts: set[str] = set()
    app = create_party_console(side.home, Transport(side.home.mediator, side.home.signing), hosts)
    served = create_server(app, host="127.0.0.1", port=0, threads=4)
    hosts.add(f"127.0.0.1:{served.effective_port}")
    thread = Thread(target=served.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{served.effective_port}"
    served.close()


@contextmanager
def console_program(side: Side) -> Iterator[Callable[[], str]]:
    """Run a party's console as its user does; yield what waits until it listens."""
    ready = side.home.path / "console-ready"
    command = ["-m", "cleanroom.cli", "console", "run", "--port", "0", "--ready-file", str(ready)]
    with (side.home.path / "console.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, *command], stdout=log, stderr=log, env=side.environment()
        )

    def address() -> str:
        return told(ready, process).partition("/sign-in")[0]

    try:
        yield address
    finally:
        stop(process)


if __name__ == "__main__":
    # Keep a scene open to look around: python -m tests.browser.scene FOLDER
    target = Path(sys.argv[1])
    target.mkdir(parents=True)
    with scene(target) as made:
        for role in ROLES:
            print(role, made.link(role), flush=True)
        while not (target / "stop").exists():
            time.sleep(0.5)
