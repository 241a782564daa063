"""Publish an audience and ask about it over HTTP: both sides on this machine, TLS off.

    python -m benchmarks.serving --people 1000000 --seconds 600 --rate 1000 --batch 1
    python -m benchmarks.serving --seconds 60 --rate 10000 --batch 100 --processes 2
    python -m benchmarks.serving --seconds 600 --rate 1000 --threads 8 --window 0.005
    python -m benchmarks.serving --seconds 60 --rate 50 --through-mediator

The brand's server is the real program; each asker is a process with the real client.  Times are
those of the whole question: blinding, the request, the answer, its proof, the label.  With
``--rate`` questions are due at even times and are timed from when they were due, as a queue would
feel it.  The mediator runs too, so tallies and looks are in the figures.  With ``--window`` single
questions of an asker's threads travel together.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import secrets
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from cleanroom.agent import datasets, rooms
from cleanroom.agent.home import Home, write_address
from cleanroom.agent.http import Client, Transport
from cleanroom.agent.serving.ask import Asker
from cleanroom.agent.serving.publish import publish
from cleanroom.agent.serving.together import Together
from cleanroom.documents.agreement import DatasetTerms
from cleanroom.ingest.identifiers import message
from cleanroom.workbench.rehearse import serve
from protocols.strings import PackedStrings
from tests.cleanroom.agent.conftest import PASSPHRASE, meet
from tests.cleanroom.agent.serving_scene import grant
from tests.cleanroom.queries import room as columns

WARM_SECONDS = 2


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--rate", type=float, default=1000, help="people a second, all askers")
    parser.add_argument("--askers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1, help="that ask, of each asker")
    parser.add_argument("--window", type=float, default=0, help="seconds; single questions only")
    parser.add_argument("--processes", type=int, default=1, help="of the brand's server")
    parser.add_argument("--through-mediator", action="store_true", help="pass questions on")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        print(json.dumps(run(Path(place), options), indent=1))


def run(place: Path, options: argparse.Namespace) -> dict[str, Any]:
    met = meet(place)
    met.mediator.context.store.close()  # type: ignore[attr-defined]
    with serve(place / "mediator") as url:
        homes = dict(met.homes.items())
        clients = {name: Client(Transport(url, home.signing)) for name, home in homes.items()}
        for home in homes.values():
            write_address(home.path, url)
        terms = tuple(
            DatasetTerms(
                party=name, name="data", kind="audience", identifier_profile=columns.PROFILE
            )
            for name in homes
        )
        most = {"entries": options.people, "per_second": 1_000_000, "per_day": 10**9}
        granted = grant(label=None, values=["customer"], **most)
        agreement = met.agreement(datasets=terms, grants=(granted,))
        brand = rooms.propose(homes["acme"], clients["acme"], agreement)
        rooms.sign(homes["telco"], clients["telco"], brand.identity)
        upload(brand, options.people)
        began = time.monotonic()
        publish(brand, 0)
        published = time.monotonic() - began
        (table,) = (brand.folder / "serving").glob("*/table")
        more = ["--processes", str(options.processes)]
        more += ["--through-mediator"] if options.through_mediator else []
        with program(homes["acme"].path, place, more) as (address, numbers):
            told = ask_all(homes["telco"].path, address, brand.identity, options, numbers)
            spent = sum(map(processor_of, numbers)) - min(one["before"] for one in told)
    times = sorted(second for one in told for second in one["times"])
    asked = options.batch * len(times)
    return {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.python_version()}",
        "people": options.people,
        "published_seconds": round(published, 1),
        "table_mb": round(table.stat().st_size / 1e6, 1),
        "batch": options.batch,
        "window_ms": 1000 * options.window,
        "asked": asked,
        "asked_per_second": round(asked / max(one["seconds"] for one in told), 1),
        "unanswered": sum(one["unanswered"] for one in told),
        "wrong": sum(one["wrong"] for one in told),
        "ms_median": round(1000 * times[len(times) // 2], 2),
        "ms_p99": round(1000 * times[int(len(times) * 0.99)], 2),
        "load": os.getloadavg()[0],
        "server_processor_us_each": round(1e6 * spent / asked),
        "asker_processor_us_each": round(1e6 * sum(one["processor"] for one in told) / asked),
    }


def upload(room: rooms.Room, people: int) -> None:
    sent = columns.audience([f"P{number:07d}x" for number in range(people)])
    packed = PackedStrings.pack([message(columns.PROFILE, one) for one in sent.ids])
    table = replace(columns.table_of(sent), people=packed)
    datasets.upload(room, "data", columns.spec_of(sent), table)


@contextmanager
def program(home: Path, place: Path, more: list[str]) -> Any:
    ready = place / "ready"
    started = subprocess.Popen(
        [
            *(sys.executable, "-m", "cleanroom.cli", "serve", "--grant", "0", "--port", "0"),
            *("--home", str(home), "--ready-file", str(ready), *more),
        ],
        env={**os.environ, "CLEANROOM_PASSPHRASE": PASSPHRASE},
    )
    try:
        while not ready.exists():
            assert started.poll() is None
            time.sleep(0.1)
        others = Path(f"/proc/{started.pid}/task/{started.pid}/children").read_text().split()
        yield ready.read_text("utf-8").strip(), [started.pid, *map(int, others)]
    finally:
        started.terminate()
        started.wait(30)


def processor_of(process: int) -> float:
    """Return the seconds of processor time of a process."""
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def ask_all(
    home: Path, address: str, room: str, options: argparse.Namespace, numbers: list[int]
) -> list[dict[str, Any]]:
    context = multiprocessing.get_context("spawn")
    with context.Pool(options.askers) as pool, context.Manager() as manager:
        start = manager.Barrier(options.askers)
        given = [
            (home, address, room, options, number, numbers, start)
            for number in range(options.askers)
        ]
        return pool.starmap(ask, given)


def ask(
    home: Path,
    address: str,
    room: str,
    options: argparse.Namespace,
    number: int,
    numbers: list[int],
    start: Any,
) -> dict[str, Any]:
    opened = Home.open(home, PASSPHRASE)
    client = Client(Transport(opened.mediator, opened.signing))
    url = None if options.through_mediator else address
    asker = Asker(rooms.open_room(opened, client, room), 0, url, timeout=5.0)
    asker.refresh()
    together = Together(asker, options.window) if options.window else None
    end = time.monotonic() + WARM_SECONDS
    while time.monotonic() < end:
        asker.ask(["P0000000x"])
    start.wait()
    before = sum(map(processor_of, numbers))
    askers = options.askers * options.threads
    gap = options.batch * askers / options.rate
    began, processor = time.monotonic(), time.process_time()
    times: list[float] = []
    unanswered, wrong = [], []

    def go_on(own: int) -> None:
        due = began + gap * own / askers
        while due < began + options.seconds:
            time.sleep(max(0.0, due - time.monotonic()))
            chosen = [secrets.randbelow(2 * options.people) for _ in range(options.batch)]
            names = [f"P{one:07d}x" for one in chosen]
            labels = [together.ask(names[0])] if together else asker.ask(names)
            times.append(time.monotonic() - due)
            due += gap
            for one, label in zip(chosen, labels, strict=True):
                unanswered.append(not label.answered)
                is_one = one < options.people
                wrong.append(label.answered and (label.value == "customer") != is_one)

    with ThreadPoolExecutor(options.threads) as threads:
        list(threads.map(go_on, range(number * options.threads, (number + 1) * options.threads)))
    return {
        "times": times,
        "before": before,
        "seconds": time.monotonic() - began,
        "processor": time.process_time() - processor,
        "unanswered": sum(unanswered),
        "wrong": sum(wrong),
    }


if __name__ == "__main__":
    main()
