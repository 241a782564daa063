"""Hold a mediator under load: signed and logged writes, their times, and whether any was lost.

    python -m benchmarks.load --seconds 60 --writers 8 [--rate 200] [--home DIR]

Each writer is a process and a party with a room of its own, so that chains do not wait for each
other; it signs as it goes.  A write is a cosignature: a request signed by RFC 9421, a statement
signed and chained, checked, entered, committed.  It is timed from its sending and, as a queue
would feel it, from the moment at which it was due.  At the end the logs are counted against what
was acknowledged.  Client and server share the machine.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import sys
import tempfile
import time
from http.client import HTTPConnection
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from cleanroom.mediator.settings import ServerSettings
from cleanroom.workbench.rehearse import serve
from tests.api.party import Party, World, world

TICKS = os.sysconf("SC_CLK_TCK")
SETTLING_SECONDS = 5


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--rate", type=float, default=200, help="writes a second, all together")
    parser.add_argument("--home", type=Path, default=None)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.home) as folder:
        print(json.dumps(run(Path(folder), options), indent=1))


def run(folder: Path, options: argparse.Namespace) -> dict[str, object]:
    """Serve in one process, write from one process per writer."""
    with world(folder / "mediator", ServerSettings()) as place:
        parties = [writer(place) for _ in range(options.writers)]
        place.mediator.context.store.close()  # type: ignore[attr-defined]
    with serve(folder / "mediator") as url:
        # The worker's processes load their libraries beside the server.
        time.sleep(SETTLING_SECONDS)
        before = processor_seconds()
        ends = [start(party, url, options) for party in parties]
        told = [end.recv() for end in ends]
        server = processor_seconds() - before
        kept = sum(count(party, url) for party in parties)
    writes = sum(len(one["answered"]) for one in told)
    return {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, "
        f"{platform.python_version()}, {sys.platform}",
        "writers": options.writers,
        "asked_per_second": options.rate,
        "writes": writes,
        "writes_per_second": round(writes / max(one["seconds"] for one in told), 1),
        **quantiles("from_sending", [time for one in told for time in one["answered"]]),
        **quantiles("from_due", [time for one in told for time in one["due"]]),
        "server_processor_ms_per_write": round(1000 * server / writes, 2),
        "writer_processor_ms_per_write": round(
            1000 * sum(one["processor"] for one in told) / writes, 2
        ),
        "entries_of_writes": kept,
        "lost": writes - kept,
    }


def quantiles(name: str, times: list[float]) -> dict[str, float]:
    times = sorted(times)
    named = {"median": 0.5, "p99": 0.99, "p999": 0.999}
    found = {f"{key}_ms_{name}": times[int(len(times) * q)] for key, q in named.items()}
    return {
        key: round(1000 * value, 1)
        for key, value in (found | {f"max_ms_{name}": times[-1]}).items()
    }


def processor_seconds() -> float:
    """Return the processor time of every living child of this process and of their children."""
    ours, seconds = {os.getpid()}, 0.0
    for file in sorted(Path("/proc").glob("[0-9]*/stat"), key=number):
        try:
            stat = file.read_text()
        except OSError:
            # Somebody else's process that has ended since.
            continue
        fields = stat.rpartition(") ")[2].split()
        if int(fields[1]) in ours:
            ours.add(int(stat.split()[0]))
            seconds += (int(fields[11]) + int(fields[12])) / TICKS
    return seconds


def number(file: Path) -> int:
    return int(file.parent.name)


def writer(place: World) -> Party:
    """Return a party with a room of its own."""
    place.open_room()
    party = Party("brand", "brand", place.brand.http, place.clock, key=place.brand.key)
    party.room, party.sequence = place.room, place.brand.sequence
    party.previous = place.brand.previous
    return party


def start(party: Party, url: str, options: argparse.Namespace) -> Connection:
    """Start a writer's process and return the pipe on which it tells its times."""
    here, there = multiprocessing.Pipe(duplex=False)
    # A fork: the party is there already, and nothing of this process runs in threads.
    context = multiprocessing.get_context("fork")
    context.Process(target=write, args=(party, url, options, there), daemon=True).start()
    return here


def ask(
    line: HTTPConnection,
    party: Party,
    method: str,
    path: str,
    body: bytes | None = None,
    **headers: Any,
) -> Any:
    """Send one signed request and return what the answer says."""
    line.request(method, path, body, party.signed_headers(method, path, body, **headers))
    answer = line.getresponse()
    data = answer.read()
    if answer.status != 200:
        raise SystemExit(data.decode())
    return data


def write(party: Party, url: str, options: argparse.Namespace, end: Connection) -> None:
    """Cosign the log's own head again and again: a logged write that changes little else."""
    pause = options.writers / options.rate
    line = HTTPConnection(url.removeprefix("http://"), timeout=30)
    note = ask(line, party, "GET", f"/v1/audit/checkpoint?room={party.room}").decode()
    told: dict[str, Any] = {"answered": [], "due": []}
    begin, processor = time.monotonic(), time.process_time()
    # Rooms have random names: the writers do not all ask at one moment.
    due = begin + pause * int(party.room, 16) / 16**32
    while (now := time.monotonic()) < begin + options.seconds:
        time.sleep(max(due - now, 0))
        signed = party.sign("audit.cosign", {"checkpoint": note})
        body = json.dumps({"statement": signed.to_json(), "attachment": None}).encode()
        headers = {"Content_Type": "application/json", "Idempotency_Key": signed.digest()}
        sent = time.monotonic()
        ask(line, party, "POST", "/v1/audit/cosign", body, **headers)
        done = time.monotonic()
        told["answered"].append(done - sent)
        told["due"].append(done - due)
        due += pause
        party.sequence, party.previous = party.sequence + 1, signed.digest()
    told["seconds"], told["processor"] = time.monotonic() - begin, time.process_time() - processor
    end.send(told)


def count(party: Party, url: str) -> int:
    """Return how many of a room's entries are cosignatures."""
    line, start, found = HTTPConnection(url.removeprefix("http://"), timeout=60), 0, 0
    while start is not None:
        path = f"/v1/audit/entries?room={party.room}&from={start}"
        answer = json.loads(ask(line, party, "GET", path))
        found += sum(entry["kind"] == "audit.cosign" for entry in answer["entries"])
        start = answer["next"]
    return found


if __name__ == "__main__":
    main()
