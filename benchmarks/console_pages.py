"""Measure every page of both consoles over many rooms, questions and log entries.

    python -m benchmarks.console_pages --home DIR --rooms 100 --jobs 10000 --entries 1000000

A small room with a real answer is made by the programs themselves and then multiplied in the
mediator's database and in the brand's home; half of everything is in one room.  The mediator and
the brand's console run as programs of their own.  ``DIR`` is kept and used again.  Prints times
in milliseconds for each page and fails if one takes longer than the limit at the 95th percentile.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import secrets
import shutil
import sqlite3
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx

from api.console.mediator import MOUNT
from api.console.party import make_ticket
from cleanroom.agent.home import Home
from cleanroom.agent.http import Client, Transport
from cleanroom.documents.agreement import Agreement
from cleanroom.documents.job import JobDocument
from cleanroom.mediator.bootstrap import DATABASE_FILE, open_mediator
from cleanroom.workbench.rehearse import Side, serve
from protocols import merkle
from tests.browser.conftest import mediator_link
from tests.browser.scene import Scene, console_program, scene
from tests.cleanroom.report.charts.samples import attribution

LIMIT_MS = 300
PHRASE = "benchmark"
ATTRIBUTIONS = 20
"""Every so many-th question is an attribution, under one model after the other."""
MODELS = ("last_touch", "linear", "shapley")
JOB = re.compile(rb'"job":"([0-9a-f]{32})"')


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--rooms", type=int, default=100)
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=20, help="requests of each page")
    parser.add_argument("--page", default="", help="only pages whose name holds this")
    options = parser.parse_args()
    if not (options.home / "known.json").exists():
        make(options.home, options)
    slow = measure(options.home, options)
    sys.exit(f"over {LIMIT_MS} ms: {', '.join(slow)}" if slow else 0)


def make(home: Path, options: argparse.Namespace) -> None:
    """Make one real room and multiply it."""
    shutil.rmtree(home, ignore_errors=True)
    (home / "scene").mkdir(parents=True)
    with scene(home / "scene", PHRASE, models=False) as made:
        seed = made
        made.clients["auditor"].checkpoint(made.room)  # which is an entry of the log
        template = made.clients["brand"].entries(made.room)
    with closing(sqlite3.connect(home / "scene" / "mediator" / DATABASE_FILE)) as database:
        database.execute("PRAGMA synchronous = OFF")
        rooms = list(more_rooms(database, seed, options.rooms))
        jobs = more_jobs(database, seed, rooms, options.jobs)
        sizes = more_entries(database, seed, rooms, jobs, template, options.entries)
        # The marks of entries are made again when the database is opened.
        database.execute("DROP TABLE marks")
        database.execute("DELETE FROM _sqlite_migrations WHERE name = '0004_marks_of_entries'")
        database.commit()
    open_mediator(home / "scene" / "mediator").context.store.checkpoint()
    known = {"rooms": rooms, "jobs": jobs, "sizes": sizes, "key": seed.mediator_key}
    (home / "known.json").write_text(json.dumps(known))


def copy_rows(
    database: sqlite3.Connection, table: str, where: str, values: tuple[Any, ...], **changes: Any
) -> None:
    """Insert rows again with some columns changed."""
    cursor = database.execute(f"SELECT * FROM {table} WHERE {where}", values)
    names = [column[0] for column in cursor.description]
    for row in cursor.fetchall():
        fresh = {**dict(zip(names, row, strict=True)), **changes}
        if table in ("members", "jobs"):
            del fresh["number"]
        marks = ", ".join("?" * len(fresh))
        sql = f"INSERT INTO {table} ({', '.join(fresh)}) VALUES ({marks})"
        database.execute(sql, list(fresh.values()))


def more_rooms(database: sqlite3.Connection, seed: Scene, count: int) -> Iterator[str]:
    """Yield the rooms, the crowded one first; all are the real one under another name."""
    yield seed.room
    file = seed.homes["brand"].room(seed.room) / "agreement.json"
    agreement = Agreement.parse(file.read_bytes())
    for number in range(1, count):
        fresh = {"nonce": secrets.token_hex(16), "name": f"room-{number:03d}"}
        copy = agreement.model_copy(update=fresh)
        room = copy.identity()
        text = copy.canonical()
        copy_rows(database, "rooms", "id = ?", (seed.room,), id=room, agreement=text.decode())
        copy_rows(database, "members", "room = ?", (seed.room,), room=room)
        for home in seed.homes.values():
            folder = home.room(room)
            folder.mkdir()
            (folder / "agreement.json").write_bytes(text)
        yield room


def more_jobs(
    database: sqlite3.Connection, seed: Scene, rooms: list[str], count: int
) -> dict[str, list[str]]:
    """Copy the answered question: half into the first room, the rest into all others."""
    row = database.execute("SELECT document FROM jobs WHERE id = ?", (seed.answered,)).fetchone()
    document = JobDocument.parse(row[0])
    vault = seed.homes["brand"].vault
    result = vault.read(seed.homes["brand"].folder(seed.room, "jobs", seed.answered) / "result")
    streams = [stream for (stream,) in database.execute("SELECT stream FROM uploads")]
    streams = [stream for stream in streams if stream.startswith(f"jobs/{seed.answered}/")]
    found: dict[str, list[str]] = {room: [] for room in rooms}
    start = int(time.time()) - 300 * 86400
    for number in range(count):
        room = rooms[0] if number % 2 == 0 else rooms[1 + number // 2 % (len(rooms) - 1)]
        fresh = document.model_copy(update={"room": room, "name": f"overlap-{number}"})
        answer = result.replace(b"overlap-by-age", fresh.name.encode())
        if number % ATTRIBUTIONS == 0:
            model = MODELS[number // ATTRIBUTIONS % len(MODELS)]
            asked = {"template": "attribution", "parameters": {"model": model, "window": "7d"}}
            fresh = fresh.model_copy(update={**asked, "private": secrets.token_hex(32)})
            answer = json.dumps({**attribution(model), "quality": {}}).encode()
        job, moment = fresh.identity(), start + number * 2500
        changes = {"room": room, "name": fresh.name, "document": fresh.canonical().decode()}
        copy_rows(database, "jobs", "id = ?", (seed.answered,), id=job, created=moment,
                  updated=moment + 60, question=secrets.token_hex(32), **changes)  # fmt: skip
        for table in ("sides", "steps", "events"):
            copy_rows(database, table, "job = ?", (seed.answered,), job=job)
        for stream in streams:
            copy = stream.replace(seed.answered, job)
            copy_rows(database, "uploads", "stream = ?", (stream,), stream=copy)
        folder = seed.homes["brand"].folder(room, "jobs", job)
        folder.mkdir(parents=True)
        keep(vault, folder / "result", answer)
        found[room].append(job)
    return found


def keep(vault: Any, file: Path, data: bytes) -> None:
    """Encrypt as the vault does, without waiting for the disk ten thousand times."""
    nonce = secrets.token_bytes(12)
    file.write_bytes(nonce + vault._cipher.encrypt(nonce, data, vault._name(file)))


def more_entries(
    database: sqlite3.Connection,
    seed: Scene,
    rooms: list[str],
    jobs: dict[str, list[str]],
    template: list[dict[str, Any]],
    count: int,
) -> dict[str, int]:
    """Write every room's log anew: its head, then chains of its questions and looks at the log."""
    head = [entry for entry in template if not entry["kind"].startswith("job.")]
    chain = [leaf(entry) for entry in template if seed.answered.encode() in leaf(entry)]
    look = leaf(next(entry for entry in template if entry["kind"] == "audit.read"))
    dice, sizes = random.Random(3), {}
    for table in ("entries", "nodes", "logs"):
        database.execute(f"DELETE FROM {table}")
    for place, room in enumerate(rooms):
        size = count // 2 if place == 0 else count // 2 // (len(rooms) - 1)
        per_job = max(len(chain), size // max(1, len(jobs[room])))
        begun = [leaf(entry) for entry in head][:20]
        names = iter(jobs[room])
        leaves: list[bytes] = []
        while len(leaves) < size:
            job = next(names, "")
            block = chain if job else []
            looks = [look] * (per_job - len(block))
            dice.shuffle(looks)
            block = [*(begun if not leaves else []), *block, *looks]
            leaves += [one.replace(seed.answered.encode(), job.encode()) for one in block]
        write_log(database, room, leaves[:size], seed.room.encode())
        sizes[room] = size
    return sizes


def leaf(entry: dict[str, Any]) -> bytes:
    """Return an entry's text; there are no fractions whose writing could differ in length."""
    text = json.dumps(entry, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.encode()


def write_log(database: sqlite3.Connection, room: str, leaves: list[bytes], before: bytes) -> None:
    """Insert entries with their indices, times and tree."""
    start = int((time.time() - 300 * 86400) * 1000)
    pause = 300 * 86400 * 1000 // len(leaves)
    frontier, rows, nodes, moment = merkle.Frontier(), [], [], 0
    spans: dict[bytes, tuple[int, int]] = {}
    for number, old in enumerate(leaves):
        moment = start + number * pause
        text = re.sub(rb'"index":\d+', b'"index":%d' % number, old)
        text = re.sub(rb'"time":\d+', b'"time":%d' % moment, text)
        text = text.replace(before, room.encode())
        rows.append((room, number, text))
        for job in JOB.findall(text)[:1]:
            spans[job] = (spans.get(job, (moment,))[0], moment)
        nodes += [(room, *node) for node in frontier.append(merkle.leaf_hash(text))]
    database.executemany("INSERT INTO entries (room, number, leaf) VALUES (?, ?, ?)", rows)
    database.executemany("INSERT INTO nodes VALUES (?, ?, ?, ?)", nodes)
    database.execute("INSERT INTO logs VALUES (?, ?, ?)", (room, len(leaves), moment))
    times = [(begun // 1000, end // 1000, job.decode()) for job, (begun, end) in spans.items()]
    database.executemany("UPDATE jobs SET created = ?, updated = ? WHERE id = ?", times)


def measure(home: Path, options: argparse.Namespace) -> list[str]:
    """Serve what was made and ask for every page."""
    known = json.loads((home / "known.json").read_text())
    mediator = home / "scene" / "mediator"
    for stale in (mediator / "ready", home / "scene" / "brand" / "console-ready"):
        stale.unlink(missing_ok=True)
    slow = []
    with serve(mediator) as url:
        homes = {}
        for role in ("brand", "auditor"):
            (home / "scene" / role / "mediator.json").write_text(json.dumps({"url": url}))
            homes[role] = Home.open(home / "scene" / role, PHRASE)
        stage = Scene(home, known["rooms"][0], url, homes, {}, "", "", known["key"], {})
        with httpx.Client(timeout=120) as client:
            sign_in(client, mediator_link(stage, "auditor"))
            slow += visit(client, f"{url}{MOUNT}", mediator_pages(known), "mediator", options)
        side = Side(homes["brand"], Client(Transport(url, homes["brand"].signing)), PHRASE)
        with console_program(side) as address, httpx.Client(timeout=120) as client:
            base = address()
            sign_in(client, f"{base}/sign-in?ticket={make_ticket(homes['brand'])}")
            slow += visit(client, base, party_pages(known), "party", options)
    return slow


def sign_in(client: httpx.Client, link: str) -> None:
    base, _, ticket = link.partition("/sign-in?ticket=")
    answer = client.post(f"{base}/sign-in", data={"ticket": ticket})
    assert answer.status_code == 302, answer.text


def log_pages(jobs: bool) -> dict[str, str]:
    found = {
        "log": "/log",
        "log older": "/log?before={half}",
        "log by kind": "/log?kind=job.release",
        "log by noun": "/log?kind=dataset",
        "log by member": "/log?party=platform",
        "log by outcome": "/log?outcome=refused",
        "log by three": "/log?kind=job&party=platform&outcome=accepted",
        "log by job": "/log?q={job}",
        "log by text": "/log?q=nobody-ever-said-this",
        "log by kind and text": "/log?kind=job.submit&q=overlap-77",
        "entry": "/log/{index}",
        "proof of an entry": "/log/{index}/proof.json",
        "checkpoint": "/checkpoint?from={index}",
        "proof of growth": "/consistency.json?first={index}&second={size}",
        "chain": "/log/jobs/{job}",
    }
    return found if jobs else {name: path for name, path in found.items() if "{job}" not in path}


def mediator_pages(known: dict[str, Any]) -> dict[str, list[str]]:
    found = {
        "room": "",
        "questions": "/questions",
        "questions by state": "/questions?state=SUCCESS",
        "questions older": "/questions?before=5000",
        **log_pages(True),
    }
    return {"rooms": ["/"]} | {name: spread(known, path) for name, path in found.items()}


def party_pages(known: dict[str, Any]) -> dict[str, list[str]]:
    found = {
        "room": "",
        "ask": "/ask",
        "form": "/ask/overlap",
        "questions": "/questions",
        "questions by name": "/questions?q=77",
        "questions by state": "/questions?state=SUCCESS&page=7",
        "answer": "/questions/{job}",
        "answer as csv": "/questions/{job}/result.csv",
        "answer as json": "/questions/{job}/result.json",
        "answer as picture": "/questions/{job}/result.svg",
        "state": "/questions/{job}/state.json",
        "approvals": "/approvals",
        "approval": "/approvals/{job}",
        "datasets": "/datasets",
        "budget": "/budget",
        "budget as picture": "/budget.svg",
        **log_pages(True),
    }
    pages = {"rooms": ["/"]} | {name: spread(known, path) for name, path in found.items()}
    for name, ending in (("models", "/models"), ("models as picture", "/models.svg")):
        crowded = known["rooms"][0]
        several = known["jobs"][crowded][:: ATTRIBUTIONS // 2]
        pages[name] = [f"/rooms/{crowded}/questions/{job}{ending}" for job in several]
    return pages


def spread(known: dict[str, Any], path: str) -> list[str]:
    """Return a page's addresses: the crowded room and others by turns, with something of each."""
    dice, found = random.Random(path), []
    sizes = known["sizes"]
    for number in range(200):
        room = known["rooms"][0] if number % 2 == 0 else dice.choice(known["rooms"][1:])
        size = sizes[room]
        values = {
            "job": dice.choice(known["jobs"][room]),
            "index": dice.randrange(1, size),
            "half": size // 2,
            "size": size,
        }
        found.append(f"/rooms/{room}{path.format(**values)}")
    return found


def visit(
    client: httpx.Client,
    base: str,
    pages: dict[str, list[str]],
    console: str,
    options: argparse.Namespace,
) -> list[str]:
    """Ask for each page in turn; the first requests, which find nothing ready, count too."""
    taken: dict[str, list[float]] = {name: [] for name in pages if options.page in name}
    for number in range(options.rounds):
        for name, times in taken.items():
            path = pages[name][number % len(pages[name])]
            begun = time.perf_counter()
            answer = client.get(base + path)
            while answer.status_code == 429:
                time.sleep(1)
                begun = time.perf_counter()
                answer = client.get(base + path)
            times.append(1000 * (time.perf_counter() - begun))
            assert answer.status_code in (200, 302), (path, answer.status_code, answer.text[:500])
    slow = []
    print(f"{console:34}{'median':>9}{'95 %':>9}{'most':>9}")
    for name, times in taken.items():
        times.sort()
        high = times[max(0, -(-len(times) * 95 // 100) - 1)]
        print(f"  {name:32}{statistics.median(times):9.0f}{high:9.0f}{times[-1]:9.0f}")
        slow += [f"{console} {name}"] if high > LIMIT_MS else []
    return slow


if __name__ == "__main__":
    main()
