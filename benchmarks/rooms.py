"""Let many rooms ask at once, and see whether one of them waits longer than the others.

    python -m benchmarks.rooms --rooms 50 [--home DIR]

Real: the mediator's program with its worker and pool, HTTP with signed requests, the log, leases,
the matching and the sums over ciphertexts.  Two parties a room hold ``GET /v1/work`` open, as
agents do, and approve what it lists; a job is over once it lists the answer for its receiver.
Not real: a party is a thread of this process; rooms, 70 rows a side, tokens and the submitted jobs
are there before the clock starts; keys have 512 bits; the receiver does not open the answer.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from benchmarks.load import SETTLING_SECONDS, ask
from cleanroom.settings import ServerSettings
from cleanroom.simulation import serve
from tests.api import story
from tests.api.party import Party, World, world
from tests.hostile.dry import neighbour


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rooms", type=int, default=50)
    parser.add_argument("--home", type=Path, default=None)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.home) as folder:
        print(json.dumps(run(Path(folder), options.rooms), indent=1))


def run(folder: Path, count: int) -> dict[str, object]:
    with world(folder / "mediator", ServerSettings()) as place:
        rooms = [room(neighbour(place, folder)) for _ in range(count)]
        place.mediator.context.store.close()  # type: ignore[attr-defined]
    with serve(folder / "mediator") as url, ThreadPoolExecutor(2 * count) as pool:
        # The worker's processes load their libraries beside the server.
        time.sleep(SETTLING_SECONDS)
        start = time.monotonic()
        approved = [pool.submit(take_part, one.platform, "approve", url) for one in rooms]
        answered = [pool.submit(take_part, one.brand, "open", url) for one in rooms]
        return {
            "machine": f"{platform.machine()}, {platform.python_version()}, {sys.platform}",
            "rooms": count,
            "seconds_to_both_approvals": spread([one.result() - start for one in approved]),
            "seconds_to_the_answer": spread([one.result() - start for one in answered]),
        }


def spread(times: list[float]) -> dict[str, float]:
    found = {"least": min(times), "median": statistics.median(times), "most": max(times)}
    return {name: round(value, 2) for name, value in found.items()}


def room(place: World) -> World:
    """Bring a room of its own to a submitted job that nobody has approved."""
    story.submit(place, story.question(place, story.align(place)))
    return place


def take_part(party: Party, last: str, url: str) -> float:
    """Approve the room's job; return when the party has done or seen the ``last`` step."""
    line = HTTPConnection(url.removeprefix("http://"), timeout=120)
    while True:
        for one in json.loads(ask(line, party, "GET", "/v1/work?wait=20"))["jobs"]:
            if one["what"] == "approve":
                approve(line, party, one["id"])
            if one["what"] == last:
                return time.monotonic()


def approve(line: HTTPConnection, party: Party, job: str) -> None:
    signed = party.sign("job.approve", {"job": job, "messages": {}})
    body = json.dumps({"statement": signed.to_json(), "attachment": None}).encode()
    headers: dict[str, Any] = {
        "Content_Type": "application/json",
        "Idempotency_Key": signed.digest(),
    }
    ask(line, party, "POST", f"/v1/jobs/{job}/approvals", body, **headers)
    party.sequence, party.previous = party.sequence + 1, signed.digest()


if __name__ == "__main__":
    main()
