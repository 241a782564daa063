"""Let many rooms ask at once, and see whether one of them waits longer than the others.

    python -m benchmarks.rooms --rooms 50 [--jobs 4] [--home DIR]

Real: the mediator's program with its worker and pool, HTTP with signed requests, the log, leases,
the matching and the sums over ciphertexts.  Two parties a room hold ``GET /v1/work`` open, as
agents do, and approve what it lists; a job is over once it lists the answer for its receiver.  The
first room asks ``--jobs`` questions, each of the others one; its times are told apart.
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
from itertools import product
from pathlib import Path
from typing import Any

from benchmarks.load import SETTLING_SECONDS, ask
from cleanroom.mediator.settings import ServerSettings
from cleanroom.workbench.rehearse import serve
from tests.api import story
from tests.api.party import Party, World, world
from tests.hostile.dry import neighbour

PAUSE_SECONDS = 0.2
QUESTIONS = list(product((["platform.age"], []), (["spend"], [])))
"""Of one room: the same question on the same data has one job and one answer."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rooms", type=int, default=50)
    parser.add_argument("--jobs", type=int, default=1, choices=range(1, len(QUESTIONS) + 1))
    parser.add_argument("--home", type=Path, default=None)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.home) as folder:
        print(json.dumps(run(Path(folder), options.rooms, options.jobs), indent=1))


def run(folder: Path, count: int, jobs: int) -> dict[str, object]:
    with world(folder / "mediator", ServerSettings()) as place:
        asked = [jobs] + [1] * (count - 1)
        rooms = [room(neighbour(place, folder), many) for many in asked]
        place.mediator.context.store.close()  # type: ignore[attr-defined]
    with serve(folder / "mediator") as url, ThreadPoolExecutor(2 * count) as pool:
        # The worker's processes load their libraries beside the server.
        time.sleep(SETTLING_SECONDS)
        start = time.monotonic()
        pairs = list(zip(rooms, asked, strict=True))
        approved = [pool.submit(take_part, one.platform, "approve", n, url) for one, n in pairs]
        answered = [pool.submit(take_part, one.brand, "open", n, url) for one, n in pairs]
        answers = [one.result() - start for one in answered]
        return {
            "machine": f"{platform.machine()}, {platform.python_version()}, {sys.platform}",
            "rooms": count,
            "jobs_of_the_first_room": jobs,
            "seconds_to_the_approvals": spread([one.result() - start for one in approved]),
            "seconds_of_the_first_room_to_its_last_answer": round(answers[0], 2),
            "seconds_of_the_others_to_the_answer": spread(answers[1:]),
        }


def spread(times: list[float]) -> dict[str, float]:
    found = {"least": min(times), "median": statistics.median(times), "most": max(times)}
    return {name: round(value, 2) for name, value in found.items()}


def room(place: World, jobs: int) -> World:
    """Bring a room of its own to submitted jobs that nobody has approved."""
    aligned = story.align(place)
    for number, (group_by, measures) in enumerate(QUESTIONS[:jobs]):
        parameters = {"group_by": group_by, "measures": measures}
        name = f"question-{number}"
        story.submit(place, story.question(place, aligned, name=name, parameters=parameters))
    return place


def take_part(party: Party, last: str, jobs: int, url: str) -> float:
    """Approve the room's jobs; return when the party has done or seen all of its ``last`` steps."""
    line = HTTPConnection(url.removeprefix("http://"), timeout=120)
    done: set[str] = set()
    while True:
        for one in json.loads(ask(line, party, "GET", "/v1/work?wait=20"))["jobs"]:
            if one["what"] == "approve":
                approve(line, party, one["id"])
            if one["what"] == last:
                done.add(one["id"])
        if len(done) == jobs:
            return time.monotonic()
        if done:
            # The answers that are there are listed again at once.
            time.sleep(PAUSE_SECONDS)


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
