"""The real programs of a room as processes that can be killed and started again."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from cleanroom.agent import alignments, datasets, rooms
from cleanroom.agent.home import Home
from cleanroom.agent.http import Client, Transport
from cleanroom.agent.room_file import RoomFile
from cleanroom.agent.rooms import Room
from cleanroom.cli import job
from cleanroom.errors import CleanroomError
from cleanroom.mediator.bootstrap import initialise
from cleanroom.workbench import rehearse
from cleanroom.workbench.program import stop
from cleanroom.workbench.rehearse import PARTIES, Side
from tests.waits import PATIENCE, kept_port, wait_for

PASSPHRASE = "killed-and-risen"


def descendants(process: int) -> set[int]:
    """Return every process below one, by number."""
    found: set[int] = set()
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            children = [int(one) for one in task.read_text().split()]
        except OSError:
            continue
        for child in children:
            found |= {child} | descendants(child)
    return found


@dataclass
class Staff:
    """Everybody at work in one room: the mediator, two agents, now and then an upload."""

    folder: Path
    described: RoomFile
    file: Path
    kept: socket.socket = field(default_factory=kept_port)
    processes: dict[str, subprocess.Popen[Any]] = field(default_factory=dict)
    sides: dict[str, Side] = field(default_factory=dict)
    kills: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def port(self) -> int:
        return int(self.kept.getsockname()[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def open(self) -> Room:
        """Make the homes, start the mediator, sign the room and start the agents."""
        mediator = self.folder / "mediator"
        initialise(mediator, rehearse.ORIGIN)
        for role in PARTIES:
            home = Home.create(self.folder / role, PASSPHRASE, role, role, self.url)
            rehearse.admit(mediator, home.card)
            client = Client(Transport(self.url, home.signing))
            self.sides[role] = Side(home, client, PASSPHRASE)
        self.start("mediator")
        self.wait_for_mediator()
        brand = rehearse.sign_room(self.described, self.sides)["brand"]
        for role in PARTIES:
            self.start(role)
        return brand

    def wait_for_mediator(self) -> None:
        def answers() -> bool:
            try:
                found = httpx.get(f"{self.url}/v1/healthz", timeout=PATIENCE)
            except httpx.TransportError:
                return False
            return found.status_code == 200

        wait_for(answers)

    def start(self, name: str) -> None:
        """Start the mediator, an agent or an upload; ``upload-brand`` is one."""
        module, arguments, side = "cleanroom.cli", ["agent", "run"], self.sides.get(name)
        if name == "mediator":
            home = str(self.folder / "mediator")
            module, arguments = "api.server", ["run", "--home", home, "--port", str(self.port)]
        elif name.startswith("upload-"):
            arguments = ["dataset", "upload", str(self.file)]
            side = self.sides[name.removeprefix("upload-")]
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                stdout=log,
                stderr=log,
                env=side.environment() if side else None,
            )

    def kill(self, name: str) -> None:
        """Kill at once, without a word; what is not an upload starts anew."""
        with self.lock:
            process = self.processes.get(name)
            if process is None or process.poll() is not None:
                return
            process.send_signal(signal.SIGKILL)
            process.wait()
            self.kills.append(name)
            if not name.startswith("upload-"):
                self.start(name)

    def kill_worker(self) -> None:
        """Kill the mediator's worker alone; the mediator starts the next one."""
        for child in descendants(self.processes["mediator"].pid):
            command = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
            if b"api.worker" in command:
                os.kill(child, signal.SIGKILL)
                self.kills.append("worker")

    def upload(self) -> None:
        """Upload both sides' data, again whenever the upload was killed."""
        open_ones = list(PARTIES)
        while open_ones:
            for role in open_ones:
                self.start(f"upload-{role}")
            codes = {role: self.processes[f"upload-{role}"].wait() for role in open_ones}
            for role, code in codes.items():
                assert code in (0, -signal.SIGKILL, 4), (
                    self.folder / f"upload-{role}.log"
                ).read_text()
            open_ones = [role for role, code in codes.items() if code]

    def align(self, room: Room) -> None:
        """Align, again whenever an alignment used up its attempts."""
        names = [list(self.described.datasets[role]) for role in PARTIES]
        ids = [
            tuple(str(datasets.by_name(room, role, name)["id"]) for name in chosen)
            for role, chosen in zip(PARTIES, names, strict=True)
        ]
        while True:
            try:
                made = alignments.propose(room, ids[0], ids[1], room.agreement.policy.alignment[0])
                while (state := room.client.alignment(made.identity)["state"]) != "READY":
                    if state == "FAILED":
                        break
                    time.sleep(0.1)
                else:
                    return
            except CleanroomError:
                time.sleep(0.5)

    def ask(self, section: Any) -> dict[str, Any]:
        """Ask until the answer is there."""
        signed = {role: self.room(role) for role in PARTIES}
        while True:
            try:
                found = rehearse.ask(signed, section, lambda _text: None)
            except CleanroomError:
                time.sleep(0.5)
                continue
            if found["status"] == "SUCCESS":
                return found
            section = section.model_copy(update={"name": section.name + "-again"})

    def room(self, role: str) -> Room:
        side = self.sides[role]
        return rooms.open_room(side.home, side.client, next(iter(side.home.rooms())))

    def close(self) -> None:
        for name in ("brand", "platform", "mediator"):
            process = self.processes.get(name)
            if process is not None and process.poll() is None:
                stop(process)
        for side in self.sides.values():
            side.client.close()
        self.kept.close()


class Reaper(threading.Thread):
    """Kill somebody at random moments until it has killed often enough."""

    def __init__(self, staff: Staff, kills: int, seed: int, pause: tuple[float, float]) -> None:
        super().__init__(daemon=True)
        self.staff, self.kills, self.pause = staff, kills, pause
        self.random = random.Random(seed)
        self.over = threading.Event()

    def run(self) -> None:
        while len(self.staff.kills) < self.kills:
            if self.over.wait(self.random.uniform(*self.pause)):
                return
            victims = ["mediator", "worker", "brand", "platform", "upload-brand", "upload-platform"]
            victim = self.random.choice(victims)
            if victim == "worker":
                self.staff.kill_worker()
            else:
                self.staff.kill(victim)


__all__ = ["Reaper", "Staff", "descendants", "job"]
