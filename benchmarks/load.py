"""Hold a mediator under load: signed and logged writes, their times, and whether any was lost.

    python benchmarks/load.py --seconds 60 --writers 8 [--rate 200] [--home DIR]

Each writer is a party with a room of its own, so that chains do not wait for each other.  Writes
are refusals of the cheapest kind that the log still keeps: a signed statement, checked, entered,
committed.  At the end the logs are counted against what was acknowledged.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

import httpx

from cleanroom.settings import ServerSettings
from tests.api.party import Party, World, world
from tests.hostile.listening import Address


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
    """Serve in a process of its own, write from threads of this one."""
    from cleanroom.simulation import serve

    settings = ServerSettings()
    with world(folder / "mediator", settings) as place:
        rooms = [writer(place, number) for number in range(options.writers)]
        place.mediator.context.store.close()  # type: ignore[attr-defined]
    with serve(folder / "mediator") as url:
        host, port = url.removeprefix("http://").split(":")
        taken: list[float] = []
        threads = [
            threading.Thread(target=write, args=(party, (host, int(port)), options, taken))
            for party in rooms
        ]
        start = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.monotonic() - start
        kept = sum(count(party, url) for party in rooms)
    taken.sort()
    return {
        "machine": f"{platform.machine()}, {platform.python_version()}, {sys.platform}",
        "writers": options.writers,
        "asked_per_second": options.rate,
        "writes": len(taken),
        "writes_per_second": round(len(taken) / seconds, 1),
        "median_ms": round(1000 * statistics.median(taken), 1),
        "p99_ms": round(1000 * taken[int(len(taken) * 0.99)], 1),
        "entries_of_writes": kept,
        "lost": len(taken) - kept,
    }


def writer(place: World, number: int) -> Party:
    """Return a party with a room of its own."""
    place.open_room()
    party = Party("brand", "brand", place.brand.http, place.clock, key=place.brand.key)
    party.room, party.sequence, party.previous = (
        place.room,
        place.brand.sequence,
        place.brand.previous,
    )
    assert number >= 0
    return party


def write(party: Party, address: Address, options: argparse.Namespace, taken: list[float]) -> None:
    """Cosign the log's own head again and again: a logged write that changes little else."""
    pause = options.writers / options.rate
    url = f"http://{address[0]}:{address[1]}"
    with httpx.Client(base_url=url, timeout=30) as client:
        headers = party.signed_headers("GET", f"/v1/audit/checkpoint?room={party.room}")
        note = client.get(f"/v1/audit/checkpoint?room={party.room}", headers=headers).text
        end = due = time.monotonic()
        end += options.seconds
        while (now := time.monotonic()) < end:
            if now < due:
                time.sleep(due - now)
            due = max(due + pause, now - 1)
            signed = party.sign("audit.cosign", {"checkpoint": note})
            body = json.dumps({"statement": signed.to_json(), "attachment": None}).encode()
            headers = party.signed_headers(
                "POST", "/v1/audit/cosign", body,
                Content_Type="application/json", Idempotency_Key=signed.digest(),
            )  # fmt: skip
            begun = time.monotonic()
            answer = client.post("/v1/audit/cosign", content=body, headers=headers)
            taken.append(time.monotonic() - begun)
            assert answer.status_code == 200, answer.text
            party.sequence, party.previous = party.sequence + 1, signed.digest()


def count(party: Party, url: str) -> int:
    """Return how many of a room's entries are cosignatures."""
    start, found = 0, 0
    while True:
        path = f"/v1/audit/entries?room={party.room}&from={start}"
        answer = httpx.get(url + path, headers=party.signed_headers("GET", path), timeout=60).json()
        found += sum(entry["kind"] == "audit.cosign" for entry in answer["entries"])
        if answer["next"] is None:
            return found
        start = answer["next"]


if __name__ == "__main__":
    main()
