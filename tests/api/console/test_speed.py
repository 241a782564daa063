"""How fast the mediator's pages are with 100 rooms, 10,000 jobs and 1,000,000 log entries."""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
from pathlib import Path

import numpy as np
import pytest

from api.console.links import write_ticket
from api.console.mediator import audience, create_mediator_console
from cleanroom.bootstrap import DATABASE_FILE, initialise, open_mediator
from protocols import merkle
from protocols.strings import PackedStrings
from tests.cleanroom.audit.scene import RoomLog, key, whole_log

ROOMS, JOBS, ENTRIES = 100, 10_000, 1_000_000
LIMIT = 0.3
"""Seconds that the 95th percentile of each page may take on an idle machine."""
VISITS = 40


def fill(home: Path, log: RoomLog) -> None:
    """Put everything straight into the database, with a true Merkle tree over the long log."""
    database = sqlite3.connect(home / DATABASE_FILE)
    agreement = log.agreement
    members = [(card.name, card.role, card.signing_key) for card in agreement.members]
    for number in range(ROOMS):
        document = agreement if number == 0 else agreement.model_copy(
            update={"nonce": f"{number:032x}"}
        )  # fmt: skip
        room = document.identity()
        database.execute(
            "INSERT INTO rooms VALUES (?, 'ACTIVE', ?, ?, 0)",
            (room, document.canonical().decode(), agreement.policy.expires),
        )
        for name, role, signing in members:
            fingerprint = key(name).verifying_key.fingerprint()
            database.execute(
                "INSERT INTO members (room, name, role, fingerprint, signing_key, previous)"
                " VALUES (?, ?, ?, ?, ?, '')",
                (room, name, role, fingerprint, signing),
            )
    room = agreement.identity()
    _jobs(database, log, room)
    _entries(database, log, room)
    database.commit()
    database.close()


def _jobs(database: sqlite3.Connection, log: RoomLog, room: str) -> None:
    document = log.document("j").to_json()
    facts = json.dumps({"rho": 0.005, "k": 50, "tau": 60, "noise": "discrete-gaussian"})
    rows = (
        (
            f"{number:032x}", room, "SUCCESS", f"job-{number}",
            json.dumps({**document, "name": f"job-{number}"}), "0" * 64, "acme", "telco", "brand",
            None, "0" * 32, "0" * 32, facts, b"", None, None, 10 * number, 10 * number + 5,
        )
        for number in range(JOBS)
    )  # fmt: skip
    columns = (
        "id, room, state, name, document, question, brand, platform, receiver, value_owner,"
        " brand_dataset, platform_dataset, facts, noise, problem, release, created, updated"
    )
    database.executemany(f"INSERT INTO jobs ({columns}) VALUES ({', '.join('?' * 18)})", rows)
    sides = ((f"{n:032x}", side, 1) for n in range(JOBS) for side in ("brand", "platform"))
    database.executemany("INSERT INTO sides (job, side, approved) VALUES (?, ?, ?)", sides)


def _entries(database: sqlite3.Connection, log: RoomLog, room: str) -> None:
    sample = json.loads(log.leaves[-1])
    step = ENTRIES // JOBS

    def leaf(number: int) -> bytes:
        facts = {"job": f"{number // step:032x}", "state": "SUCCESS"}
        value = {**sample, "index": number, "room": room, "facts": facts, "kind": "job.expire",
                 "statement": None, "actor": "mediator",
                 "time": 10_000 * number // step}  # fmt: skip
        return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()

    leaves = [leaf(number) for number in range(ENTRIES)]
    rows = ((room, number, data) for number, data in enumerate(leaves))
    database.executemany("INSERT INTO entries VALUES (?, ?, ?)", rows)
    level, nodes = 0, merkle.leaf_hashes(PackedStrings.pack(leaves))
    while len(nodes):
        hashes = ((room, level, n, node.tobytes()) for n, node in enumerate(nodes))
        database.executemany("INSERT INTO nodes VALUES (?, ?, ?, ?)", hashes)
        pairs = nodes[: len(nodes) // 2 * 2].reshape(-1, 64)
        flat = np.concatenate([np.full((len(pairs), 1), 1, np.uint8), pairs], axis=1)
        packed = PackedStrings(flat.reshape(-1), np.arange(0, flat.size + 1, 65, dtype=np.int64))
        nodes, level = _hash(packed), level + 1
    database.execute("INSERT INTO logs VALUES (?, ?, ?)", (room, ENTRIES, 10**9))


def _hash(packed: PackedStrings) -> np.ndarray:
    from protocols.sha256 import sha256_many

    return sha256_many(packed) if len(packed) else np.zeros((0, 32), np.uint8)


@pytest.mark.slow
def test_every_page_is_quick_in_a_large_mediator(tmp_path):
    initialise(tmp_path / "m", "mediator.example")
    mediator = open_mediator(tmp_path / "m")
    log = whole_log()
    for card in log.agreement.members:
        mediator.access.admit(card)
    fill(tmp_path / "m", log)
    client = create_mediator_console(mediator).test_client()
    own = audience(mediator.context.key.verifying_key.raw.hex())
    ticket = write_ticket(key("eve"), own, int(time.time()), secrets.token_bytes)
    assert client.post("/sign-in", data={"ticket": ticket}).status_code == 302
    room = f"/rooms/{log.agreement.identity()}"
    pages = {
        "rooms": "/",
        "room": room,
        "questions": f"{room}/questions",
        "older questions": f"{room}/questions?before=5000",
        "log": f"{room}/log",
        "middle of the log": f"{room}/log?before=500000",
        "search": f"{room}/log?q=nothing-like-it",
        "filter": f"{room}/log?kind=job&before=700000",
        "entry": f"{room}/log/654321",
        "chain": f"{room}/log/jobs/{6543:032x}",
        "checkpoint": f"{room}/checkpoint?from=123456",
    }
    slowest = {name: _percentile(client, path) for name, path in pages.items()}
    print({name: round(1000 * seconds) for name, seconds in slowest.items()})
    assert {name: s for name, s in slowest.items() if s > LIMIT} == {}


def _percentile(client, path: str) -> float:
    times = []
    for _ in range(VISITS):
        start = time.perf_counter()
        assert client.get(path).status_code == 200, path
        times.append(time.perf_counter() - start)
    return sorted(times)[int(0.95 * VISITS)]
