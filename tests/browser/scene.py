"""A room with noise and approval by people: a mediator, two agents, an auditor, three consoles.

Every part is the real program in a process of its own; only the key length is a rehearsal's.
Labels are hostile on purpose.
"""

from __future__ import annotations

import csv
import os
import random
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from api.console.party import make_ticket
from cleanroom.agent import approval, jobs, rooms
from cleanroom.agent.home import Home
from cleanroom.agent.rooms import Room
from cleanroom.cli import align, job
from cleanroom.client import Client, Transport
from cleanroom.model.agreement import Role
from cleanroom.roomfile import RoomFile
from cleanroom.simulation import Side, agent, serve, server, stop, upload

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

    def link(self, role: str) -> str:
        """Return a fresh sign-in link for a party's console."""
        return f"{self.consoles[role]}/sign-in?ticket={make_ticket(self.homes[role])}"


@contextmanager
def scene(folder: Path) -> Iterator[Scene]:
    """Set everything up; one question is answered, one waits for both approvals."""
    file = write_files(folder)
    with ExitStack() as stack:
        mediator = folder / "mediator"
        server(["init", "--home", str(mediator)])
        url = stack.enter_context(serve(mediator))
        sides = {role: _side(stack, folder, mediator, url, role) for role in ROLES}
        parties = {role: sides[role] for role in ("brand", "platform")}
        described = RoomFile.read(file)
        found = _sign(described, sides)
        for side in parties.values():
            stack.enter_context(agent(side))
        upload(described, file, parties, lambda _line: None)
        align.align_by_name(found["brand"], ["crm"], ["users"])
        answered = job.submit_named(found["brand"], described, "overlap-by-age")
        for room in (found["brand"], found["platform"]):
            approval.approve(jobs.load(room, answered))
        job.wait(found["brand"], answered)
        waiting = job.submit_named(found["brand"], described, "overlap-by-tier")
        consoles = {role: stack.enter_context(console(sides[role])) for role in ROLES}
        yield Scene(
            folder,
            found["brand"].identity,
            url,
            {role: side.home for role, side in sides.items()},
            consoles,
            answered,
            waiting,
        )


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


def _side(stack: ExitStack, folder: Path, mediator: Path, url: str, role: Role) -> Side:
    phrase = secrets.token_urlsafe(16)
    home = Home.create(folder / role, phrase, role, role, url)
    server(["admit", str(home.path / "card.json"), "--home", str(mediator)])
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


@contextmanager
def console(side: Side) -> Iterator[str]:
    """Run a party's console as its user does; yield its address."""
    ready = side.home.path / "console-ready"
    command = ["-m", "cleanroom.cli", "console", "run", "--port", "0", "--ready-file", str(ready)]
    with (side.home.path / "console.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, *command], stdout=log, stderr=log, env=side.environment()
        )
    try:
        deadline = time.monotonic() + 60
        while not ready.exists():
            assert process.poll() is None, (side.home.path / "console.log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield ready.read_text().partition("/sign-in")[0]
    finally:
        stop(process)


if __name__ == "__main__":
    # Keep a scene open to look around: python -m tests.browser.scene FOLDER
    target = Path(sys.argv[1])
    target.mkdir(parents=True)
    with scene(target) as made:
        for role in ROLES:
            print(role, made.link(role), flush=True)
        print("room", made.room, made.answered, made.waiting, os.getpid(), flush=True)
        while not (target / "stop").exists():
            time.sleep(0.5)
