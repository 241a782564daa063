"""Measure everything that sums of rows are promised to take, through the real programs.

    python -m benchmarks.sums [LINE ...] [--scale 1.0] [--warm] [--no-peers] [--details]

Mediator, worker and both agents are processes of their own; keys have 3072 bits.  A small room is
asked first, so that everything is compiled; ``--warm`` says that it is.  Prints one table as
Markdown: seconds, processor seconds of all processes, the largest process, megabytes, and the load
before each line.  Answers by label are compared with the files.  ``--scale 0.1`` takes a tenth of
the rows.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import attribution_scale, sums_peers, sums_rooms
from benchmarks.processes import Process, largest, look, processor_seconds, watched
from cleanroom.agent import approval, asking, jobs, rooms
from cleanroom.agent.home import Home, write_address
from cleanroom.agent.http import Client, Transport
from cleanroom.agent.job_section import JobSection
from cleanroom.workbench.rehearse import Side, agent, serve

PHRASE = "benchmark"
MILLION = 1_000_000
REST_SECONDS = 10.0
"""How long nobody asks anything before a question that is asked after a rest."""


@dataclass
class Line:
    """One line of the table."""

    what: str
    goal: str
    seconds: float
    processor: float | None = None
    peak: int = 0
    sent: int = 0
    load: float = field(default_factory=lambda: os.getloadavg()[0])

    def show(self) -> str:
        sent = f"{self.sent / 1e6:.1f} MB" if self.sent else ""
        used = "" if self.processor is None else f"{self.processor:.1f} s"
        peak = f"{self.peak / 1024:.0f} MiB" if self.peak else ""
        cells = [self.what, self.goal, f"{self.seconds:.1f} s", used, peak, sent]
        return f"| {' | '.join(cells)} | {self.load:.1f} |"


HEAD = """| | goal | seconds | processor seconds | largest process | sent | load before |
|---|---|---|---|---|---|---|"""


@dataclass
class Run:
    """A finished rehearsal: its results, and when each line was told after the start."""

    results: dict[str, Any]
    told: list[tuple[float, str]]
    whole: Line

    def question(self, name: str, what: str, goal: str) -> Line:
        """Return how long one question took: from the end of what came before to its answer."""
        ends = [moment for moment, text in self.told if text.endswith(": SUCCESS")]
        asked = [moment for moment, text in self.told if text.startswith(f"{name}: ")]
        before = max([end for end in ends if end < asked[0]], default=asked[0])
        return Line(what, goal, asked[-1] - before, load=self.whole.load)


def simulate(folder: Path, what: str, goal: str, details: bool = False, keep: bool = False) -> Run:
    """Run ``cleanroom simulate`` on ``folder/room.toml``; leave if a question has no answer."""
    command = [sys.executable, "-m", "cleanroom.cli", "simulate", str(folder / "room.toml")]
    command += ["--out", str(folder / "out"), "--json", *(["--keep"] if keep else [])]
    load, told = os.getloadavg()[0], []
    environment = {**os.environ, "CLEANROOM_PASSPHRASE": PHRASE, "BENCHMARK": str(folder)}
    with watched(folder) as seen, (folder / "printed.json").open("w") as printed:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=printed, stderr=subprocess.PIPE, text=True, env=environment
        )
        assert process.stderr is not None
        for text in process.stderr:
            told.append((time.perf_counter() - started, text.strip()))
        process.wait()
        seconds = time.perf_counter() - started
    if details:
        print(*[f"{moment:8.1f} s  {text}" for moment, text in told], *largest(seen), sep="\n")
    if process.returncode:
        raise SystemExit(f"{what}: {told[-5:]}")
    peak = max(one.peak for one in seen.values())
    line = Line(what, goal, seconds, processor_seconds(seen), peak, load=load)
    return Run(json.loads((folder / "printed.json").read_text())["jobs"], told, line)


def checked(run: Run, truth: sums_rooms.Truth) -> Run:
    """Return a run whose answers by label are those of the files; leave if one is not."""
    for name, result in run.results.items():
        check(name, result, truth)
    return run


def check(name: str, result: dict[str, Any], truth: sums_rooms.Truth) -> None:
    """Leave if an answer by label is not that of the files."""
    found = sums_rooms.answered(result, name.removeprefix("by-"))
    if found != truth[name]:
        raise SystemExit(f"{name}: {found} was answered, {truth[name]} is true")


def small(folder: Path, _scale: float, _details: bool) -> list[Line]:
    """Compile everything, and load it once from the disk."""
    for rows in ("lattice", "paillier"):
        place = folder / rows
        place.mkdir()
        truth = sums_rooms.labels_room(place, 300, ["age"], sums_rooms.policy(rows, 512))
        checked(simulate(place, "small", ""), truth)
    sums_rooms.media_room(folder, 300, 300, sums_rooms.policy(bits=1024))
    simulate(folder, "small", "")
    (place := folder / "attribution").mkdir()
    attribution_scale.write_files(place, 300, 3000, "last_touch", 1024)
    simulate(place, "small", "")
    return []


def labels(folder: Path, scale: float, details: bool) -> list[Line]:
    size = int(MILLION / 10 * scale)
    truth = sums_rooms.labels_room(folder, size, ["age"], sums_rooms.policy())
    what = f"`simulate`, {size:,} x {size:,}, sums by label, file to answer"
    return [checked(simulate(folder, what, "15 s", details), truth).whole]


def million(folder: Path, scale: float, details: bool) -> list[Line]:
    """Simulate; of a second question that follows, its time alone; then approve a third by hand."""
    size = int(MILLION * scale)
    truth = sums_rooms.labels_room(folder, size, ["age", "region"], sums_rooms.policy())
    what = f"`simulate`, {size:,} x {size:,}, two questions with sums, file to answers"
    run = checked(simulate(folder, what, "60 s", details, keep=True), truth)
    what = f"a question with sums in 20 groups on {size:,} rows"
    followed = run.question("by-region", f"{what}, right after another one", "")
    rested = at_rest(folder, truth)
    rested.what, rested.goal = f"{what}, after a rest", "2 s"
    return [run.whole, rested, followed, approved(folder, size)]


def at_rest(folder: Path, truth: sums_rooms.Truth) -> Line:
    """Start mediator and agents, let them answer a question and rest, and time the next one."""
    os.environ["BENCHMARK"] = str(folder)
    (folder / "out" / "mediator" / "ready").unlink()  # the address of the run before
    with ExitStack() as stack:
        url = stack.enter_context(serve(folder / "out" / "mediator"))
        sides = []
        for name in ("brand", "platform"):
            write_address(folder / "out" / name, url)
            home = Home.open(folder / "out" / name, PHRASE)
            sides.append(Side(home, Client(Transport(url, home.signing)), PHRASE))
            stack.enter_context(agent(sides[-1]))
        brand = sides[0]
        room = rooms.open_room(brand.home, brand.client, next(brand.home.rooms()))
        seen: dict[str, Process] = {}  # looked at by hand: a watch would take a tenth of a core
        for label in ("tier", "city"):
            time.sleep(REST_SECONDS)
            fields = {"brand": "crm", "platform": "users", "template": "overlap"}
            by = {"name": f"by-{label}", "group_by": [f"platform.{label}"], "measures": ["spend"]}
            look(seen, folder, own=True)
            line, before = Line("", "", time.perf_counter()), processor_seconds(seen)
            asked = jobs.submit(asking.from_section(room, JobSection(**fields, **by)))
            asking.wait(room, identity := str(asked["resource"]["id"]))
            line.seconds = time.perf_counter() - line.seconds
            look(seen, folder, own=True)
            line.processor = processor_seconds(seen) - before
            check(f"by-{label}", asking.read_result(room, identity), truth)
    return line


def approved(folder: Path, size: int) -> Line:
    """Approve a question as the brand, with its rows encrypted and sent on the way.

    The agents of the run before have ended, so nobody else does it.
    """
    os.environ["BENCHMARK"] = str(folder)
    (folder / "out" / "mediator" / "ready").unlink()  # the address of the run before
    with serve(folder / "out" / "mediator") as url, executor() as pool, watched(folder) as seen:
        home = Home.open(folder / "out" / "brand", PHRASE)
        room = rooms.open_room(home, Client(Transport(url, home.signing)), next(home.rooms()))
        fields = {"brand": "crm", "platform": "users", "template": "overlap", "name": "in-all"}
        question = JobSection(**fields, measures=["spend"])
        job = jobs.load(room, jobs.submit(asking.from_section(room, question))["resource"]["id"])
        assert job.lattice is not None
        before, own = processor_seconds(seen), time.process_time()
        line = Line(f"encrypt and upload {size:,} rows with one measure", "5 s, 30 MB", 0.0)
        started = time.perf_counter()
        approval.approve(job, pool)
        line.seconds = time.perf_counter() - started
        line.sent = job.lattice.bytes(job.question.brand.rows)
    line.processor = processor_seconds(seen) - before + time.process_time() - own
    return line


def executor() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(os.cpu_count(), multiprocessing.get_context("forkserver"))


def attribution(folder: Path, scale: float, details: bool) -> list[Line]:
    conversions, touches = int(MILLION / 10 * scale), int(MILLION * scale)
    attribution_scale.write_files(folder, conversions, touches, "last_touch", 3072)
    what = f"attribution, {conversions:,} conversions x {touches:,} touches"
    run = simulate(folder, f"{what}, file to answer", "60 s", details)
    return [run.whole, run.question("last_touch", f"{what}, the question alone", "")]


def media(folder: Path, scale: float, details: bool) -> list[Line]:
    brand, platform = int(MILLION / 10 * scale), int(MILLION * scale)
    sums_rooms.media_room(folder, brand, platform, sums_rooms.policy())
    run = simulate(folder, "", "", details)
    sizes = f"{brand:,} x {platform:,} rows"
    return [
        run.question("lift", f"lift with sums, {sizes}, the question alone", "30 s"),
        run.question("reach", f"reach with sums, {sizes}, the question alone", "30 s"),
    ]


LINES: dict[str, Callable[[Path, float, bool], list[Line]]] = {
    "labels": labels,
    "million": million,
    "attribution": attribution,
    "media": media,
}


def main() -> None:
    """Measure the lines that the command line names, all of them if it names none."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lines", nargs="*", choices=[*LINES, []])
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--warm", action="store_true")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--details", action="store_true")
    asked = parser.parse_args()
    began, found = time.monotonic(), []
    for measure in [*([] if asked.warm else [small]), *map(LINES.get, asked.lines or LINES)]:
        with tempfile.TemporaryDirectory(prefix="sums-") as name:
            found += measure(Path(name), asked.scale, asked.details)
            print(*[line.show() for line in found[-3:]], sep="\n", file=sys.stderr, flush=True)
    print(HEAD, *[line.show() for line in found], sep="\n")
    if not asked.no_peers:
        print("", *sums_peers.table(), sep="\n")
    print(f"\nMeasured in {time.monotonic() - began:.0f} s on {os.cpu_count()} cores.")


if __name__ == "__main__":
    main()
