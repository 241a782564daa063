"""Kill servers and workers at random moments under load; every answer and every log has to hold.

    python -m benchmarks.failover --kills 50

Two servers, each with its worker, share one PostgreSQL and one S3-compatible store, and two agents
reach them through one address.  Somebody is killed without a word every few seconds and starts
anew, while rows are uploaded, aligned and asked about, again and again.  It ends with an error
unless every answer is that of the files, every log verifies with all that the parties have seen of
it, and the homes' own check finds nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from api.check import check as check_home
from cleanroom.agent.home import Home
from cleanroom.agent.http import Client, Transport
from cleanroom.agent.room_file import RoomFile
from cleanroom.agent.rooms import Room
from cleanroom.audit import verify_audit_bundle
from cleanroom.mediator.bootstrap import KEY_FILE, SETTINGS_FILE, initialise
from cleanroom.workbench import rehearse
from cleanroom.workbench.program import stop
from cleanroom.workbench.rehearse import PARTIES, Side
from tests import objects, postgresql
from tests.end_to_end.stranger import write_room, write_stranger
from tests.hostile.staff import PASSPHRASE, Staff, descendants, free_port
from tests.hostile.test_kills import JOBS
from tests.hostile.test_kills import check as check_answer

SERVERS = ("server-1", "server-2")
LEASE_SECONDS = "5"


class Balancer:
    """Pass connections on to a server that takes them, each time another one first."""

    def __init__(self, ports: list[int]) -> None:
        self._ports, self._turn = ports, 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        self._turn += 1
        for place in range(len(self._ports)):
            port = self._ports[(self._turn + place) % len(self._ports)]
            with suppress(OSError):
                server = socket.create_connection(("127.0.0.1", port))
                for pair in ((client, server), (server, client)):
                    threading.Thread(target=self._pass, args=pair, daemon=True).start()
                return
        client.close()

    @staticmethod
    def _pass(source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                sink.sendall(data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@dataclass
class Servers(Staff):
    """Two servers on one database in the place of one mediator."""

    store: str = ""
    blobs: str = ""
    ports: dict[str, int] = field(default_factory=lambda: {name: free_port() for name in SERVERS})

    def open(self) -> Room:
        first, second = (self.folder / name for name in SERVERS)
        initialise(first, rehearse.ORIGIN, self.store, self.blobs)
        second.mkdir(mode=0o700)
        for name in (KEY_FILE, SETTINGS_FILE):
            (second / name).write_bytes((first / name).read_bytes())
        for role in PARTIES:
            home = Home.create(self.folder / role, PASSPHRASE, role, role, self.url)
            rehearse.admit(first, home.card)
            self.sides[role] = Side(home, Client(Transport(self.url, home.signing)), PASSPHRASE)
        for name in SERVERS:
            self.start(name)
        self.wait_for_mediator()
        brand = rehearse.sign_room(self.described, self.sides)["brand"]
        for role in PARTIES:
            self.start(role)
        return brand

    def start(self, name: str) -> None:
        if name not in SERVERS:
            super().start(name)
            return
        where = ["--home", str(self.folder / name), "--port", str(self.ports[name])]
        with (self.folder / "mediator.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", "api.server", "run", *where], stdout=log, stderr=log
            )

    def kill_worker_of(self, name: str) -> None:
        """Kill a server's worker alone; the server starts the next one."""
        for child in descendants(self.processes[name].pid):
            with suppress(OSError):
                if b"api.worker" in Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0"):
                    os.kill(child, signal.SIGKILL)
                    self.kills.append(f"worker of {name}")

    def close(self) -> None:
        super().close()
        for name in SERVERS:
            if name in self.processes:
                stop(self.processes[name])


class Reaper(threading.Thread):
    """Kill a server or a worker at random moments until it has killed often enough."""

    def __init__(self, staff: Servers, kills: int, seed: int, pause: tuple[float, float]) -> None:
        super().__init__(daemon=True)
        self.staff, self.kills, self.pause = staff, kills, pause
        self.random, self.over = random.Random(seed), threading.Event()

    def run(self) -> None:
        while len(self.staff.kills) < self.kills:
            if self.over.wait(self.random.uniform(*self.pause)):
                return
            name = self.random.choice(SERVERS)
            if self.random.random() < 0.5:
                self.staff.kill(name)
            else:
                self.staff.kill_worker_of(name)


def run(folder: Path, options: argparse.Namespace, store: str, blobs: str) -> dict[str, Any]:
    """Live through rounds of upload, alignment and questions until enough were killed."""
    stranger = write_stranger(folder, options.seed)
    policy = 'k_min = 1\nnoise = "none"\nalignment = ["ot"]\nalignments_max = 1000\n'
    file = write_room(folder, JOBS, policy + f'rows = ["{options.encryption}"]')
    ports = {name: free_port() for name in SERVERS}
    balancer = Balancer(list(ports.values()))
    described = RoomFile.read(file)
    staff = Servers(folder, described, file, balancer.port, store=store, blobs=blobs, ports=ports)
    reaper = Reaper(staff, options.kills, options.seed, (options.shortest, options.longest))
    answers, started = 0, time.monotonic()
    try:
        room = staff.open()
        reaper.start()
        rounds = 0
        while reaper.is_alive() or not rounds:
            staff.upload()
            staff.align(room)
            for section in described.jobs:
                named = section.model_copy(update={"name": f"{section.name}-{rounds}"})
                check_answer(staff.ask(named), stranger)
                answers += 1
            rounds += 1
            print(f"{rounds} rounds, {answers} answers, {len(staff.kills)} kills", flush=True)
        staff.wait_for_mediator()
        verify_audit_bundle(rehearse.bundle([staff.room(role) for role in PARTIES]))
        sizes = check_home(folder / SERVERS[0])
        return {
            "kills": Counter(staff.kills),
            "rounds": rounds,
            "answers, all equal to the files": answers,
            "entries of the logs, all verified": sum(sizes.values()),
            "seconds": round(time.monotonic() - started),
        }
    finally:
        reaper.over.set()
        staff.close()
        balancer.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--shortest", type=float, default=1.0, help="Seconds between two kills.")
    parser.add_argument("--longest", type=float, default=8.0)
    parser.add_argument("--encryption", choices=["lattice", "paillier"], default="lattice")
    options = parser.parse_args()
    os.environ["CLEANROOM_LEASE_SECONDS"] = LEASE_SECONDS
    with (
        tempfile.TemporaryDirectory() as folder,
        postgresql.cluster() as cluster,
        objects.objects() as store,
    ):
        os.environ.update(store.environment())
        print(json.dumps(run(Path(folder), options, cluster.fresh(), store.fresh()), indent=1))


if __name__ == "__main__":
    main()
