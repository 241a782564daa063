"""Measure whole alignments through the real mediator, interleaved with the field's own programs.

    python -m benchmarks.scale --rows 10000 100000 --profiles ot dh --rounds 3 --out scale.json
    python -m benchmarks.scale --rows 100000 --peers spu-rr22 openmined --python PEERS/bin/python

Each side has as many rows, half of them in common.  Ours is timed from the proposal to the moment
at which the mediator holds both sides' tokens, two agents and the mediator being processes of
their own; the table lookup at the mediator and writing the matched rows to a file are timed on
top, since the peers write such a file.  The peers run in the environment that ``--python`` names,
both parties on this machine.  Only ratios of one run mean anything: machines differ and drift.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cleanroom.agent import asking
from cleanroom.agent.room_file import RoomFile
from cleanroom.engine.layout import audience_rows
from cleanroom.engine.match import match
from cleanroom.workbench import rehearse
from cleanroom.workbench.program import anew

ROOM = """
[room]
name = "scale"
rehearsal = true
templates = ["overlap"]
purposes = PURPOSES
[policy]
k_min = 1
noise = "none"
paillier_bits = 3072
alignments_max = 1000
rows_max = 1000000000
[datasets.brand.crm]
file = "brand.csv"
kind = "audience"
id = { column = "id", profile = "raw:v1" }
[datasets.platform.users]
file = "platform.csv"
kind = "audience"
id = { column = "id", profile = "raw:v1" }
"""
QUESTION = """
[[jobs]]
name = "overlap-{number}"
template = "overlap"
brand = "crm"
platform = "users"
purpose = "question {number}"
"""
MOST = 20
"""Rounds in which a question is asked, each for a purpose of its own: one that was asked before has
its answer."""
DOMAIN = b"@x.example\n"
PEERS = Path(__file__).with_name("peers.py")
PEER_NAMES = ["openmined", "spu-ecdh", "spu-kkrt", "spu-rr22"]


def write_files(folder: Path, brand: int, users: int, seed: int) -> int:
    """Write two files of identifiers and return how many they share: half of the smaller.

    Without an object for each of them: what this process held would count as its children's.
    """
    common = min(brand, users) // 2
    drawn = np.random.default_rng(seed)
    key = drawn.integers(0, 1 << 63, dtype=np.uint64)
    for name, first, rows in (("brand", 0, brand), ("platform", brand - common, users)):
        order = drawn.permutation(np.arange(first, first + rows, dtype=np.uint32))
        with (folder / f"{name}.csv").open("wb") as file:
            file.write(b"id\n")
            for start in range(0, rows, 1 << 18):
                lines(order[start : start + (1 << 18)], key).tofile(file)
    purposes = [f"question {number}" for number in range(MOST)]
    asked = "".join(QUESTION.format(number=number) for number in range(MOST))
    (folder / "room.toml").write_text(ROOM.replace("PURPOSES", json.dumps(purposes)) + asked)
    return common


def lines(numbers: npt.NDArray[np.uint32], key: np.uint64) -> npt.NDArray[np.uint8]:
    """Return a line for each number: 16 digits that look random, ten that are it, a domain."""
    mixed = (numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)) ^ key
    digits = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
    text = np.empty((len(numbers), 16 + 10 + len(DOMAIN)), dtype=np.uint8)
    for place in range(16):
        text[:, place] = digits[(mixed >> np.uint64(4 * place)) & np.uint64(15)]
    for place in range(10):
        text[:, 25 - place] = digits[numbers // 10**place % 10]
    text[:, 26:] = np.frombuffer(DOMAIN, dtype=np.uint8)
    return text


@contextmanager
def room(folder: Path) -> Iterator[dict[str, Any]]:
    """Run a mediator and two agents with both files uploaded."""
    described = RoomFile.read(folder / "room.toml")
    with ExitStack() as stack:
        sides = rehearse.start(stack, folder)
        signed = rehearse.sign_room(described, sides)
        for side in sides.values():
            stack.enter_context(rehearse.agent(side))
        started = time.perf_counter(), children(waited=True)
        rehearse.upload(described, folder / "room.toml", sides, lambda _text: None, anew)
        uploaded = {
            "upload_seconds": time.perf_counter() - started[0],
            "upload_processor_seconds": children(waited=True) - started[1],
            "upload_gib": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20,
        }
        print("   ".join(f"{name} {value:.2f}" for name, value in uploaded.items()), flush=True)
        yield {**signed, "described": described, "folder": folder, "uploaded": uploaded}


def ours(running: dict[str, Any], profile: str, expected: int) -> dict[str, float]:
    """Align once; return seconds, and the processor seconds of all programs."""
    before = children()
    started = time.perf_counter()
    identity = asking.align(running["brand"], ["crm"], ["users"], profile)
    aligned = time.perf_counter()
    found = matched_rows(running["folder"], identity)
    ended = time.perf_counter()
    if found != expected:
        raise SystemExit(f"{found} rows match, {expected} should")
    return {
        "align_seconds": aligned - started,
        "seconds": ended - started,
        "processor_seconds": children() - before,
    }


def question(running: dict[str, Any], number: int, expected: int) -> dict[str, float]:
    """Ask how many people both sides have; return seconds from asking to the answer."""
    before = children()
    started = time.perf_counter()
    job = asking.submit(running["brand"], running["described"], f"overlap-{number}")
    asking.wait(running["brand"], job)
    result = asking.read_result(running["brand"], job)
    ended = time.perf_counter()
    if result["groups"][0]["people"] != expected:
        raise SystemExit(f"the answer is {result['groups']}, {expected} people match")
    return {"seconds": ended - started, "processor_seconds": children() - before}


def matched_rows(folder: Path, alignment: str) -> int:
    """Match the tokens that the mediator holds and write the matched rows to a file."""
    sides = []
    stored = folder / "mediator" / "blobs" / "alignments" / alignment / "tokens" / "1"
    for role in rehearse.PARTIES:
        chunks = [path for path in (stored / role).rglob("*") if path.is_file()]
        chunks.sort(key=lambda path: int(path.name.partition("-")[0]))
        data = np.empty(sum(path.stat().st_size for path in chunks), dtype=np.uint8)
        start = 0
        for path in chunks:
            data[start : start + path.stat().st_size] = np.fromfile(path, dtype=np.uint8)
            start += path.stat().st_size
        tokens = data.reshape(-1, 16)
        sides.append(audience_rows(tokens, np.zeros((len(tokens), 0), np.uint8), (), 0))
    found = match(*sides, "brand")
    np.save(folder / "matched.npy", np.stack([found.brand, found.platform]))
    return len(found)


def children(*, waited: bool = False) -> float:
    """Return the processor seconds that this process's running descendants have used so far.

    ``waited`` are those that have ended instead.
    """
    if waited:
        gone = resource.getrusage(resource.RUSAGE_CHILDREN)
        return gone.ru_utime + gone.ru_stime
    used: dict[int, tuple[int, float]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        ticks = int(fields[11]) + int(fields[12])
        used[int(stat.parent.name)] = (int(fields[1]), ticks / os.sysconf("SC_CLK_TCK"))
    return sum(seconds for pid, (_, seconds) in used.items() if descends(pid, used))


def descends(pid: int, parents: dict[int, tuple[int, float]]) -> bool:
    """Tell whether a process is this one or comes from it."""
    while pid in parents:
        if pid == os.getpid():
            return True
        pid = parents[pid][0]
    return False


def peak_memory() -> dict[str, float]:
    """Return the largest resident set so far of the agents and of the mediator, in GiB."""
    found: dict[str, float] = {}
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            command = (status.parent / "cmdline").read_text().replace("\0", " ")
            peak = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
        except OSError:
            continue
        for name, words in (("agent_gib", "agent run"), ("mediator_gib", "api.server run")):
            if words in command and peak:
                found[name] = max(found.get(name, 0.0), int(peak[1]) / 2**20)
    return found


def peer(python: str, name: str, folder: Path, expected: int) -> dict[str, float]:
    """Run one of the field's programs on the same two files."""
    done = subprocess.run(
        [python, str(PEERS), name, str(folder)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{name}: {done.stderr.strip()[-500:]}")
    found: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    if found.pop("matches") != expected:
        print(f"{name} found another number of matches", file=sys.stderr)
    return found


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Run every size; ours and the peers take turns in each round."""
    sizes = []
    for brand in arguments.rows:
        users = arguments.users or brand
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            expected = write_files(folder, brand, users, brand)
            rounds: dict[str, list[dict[str, float]]] = {}
            with room(folder) as running:
                for profile in () if arguments.cold else arguments.profiles:
                    ours(running, profile, expected)  # compiles or loads what is compiled
                for number in range(arguments.rounds):
                    for profile in arguments.profiles:
                        rounds.setdefault(profile, []).append(ours(running, profile, expected))
                    if arguments.question:
                        rounds.setdefault("question", []).append(
                            question(running, number, expected)
                        )
                    for other in arguments.peers:
                        measured = peer(arguments.python, other, folder, expected)
                        rounds.setdefault(other, []).append(measured)
                    report(brand, users, rounds)
                memory = peak_memory() | running["uploaded"]
                print("   ".join(f"{name} {size:.2f}" for name, size in memory.items()))
        sizes.append({"brand": brand, "platform": users, "rounds": rounds, **memory})
    return {"machine": machine(), "sizes": sizes}


def report(brand: int, users: int, rounds: dict[str, list[dict[str, float]]]) -> None:
    """Print medians, and each one's ratio to the first."""
    medians = {
        name: statistics.median(item["seconds"] for item in items) for name, items in rounds.items()
    }
    first = next(iter(medians.values()))
    for name, seconds in medians.items():
        print(f"{brand:,} x {users:,}  {name:12} {seconds:8.2f} s  {seconds / first:6.2f}x")


def machine() -> dict[str, Any]:
    """Say what this was measured on."""
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False
    )
    return {
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in ("numpy", "numba", "cryptography", "gmpy2")},
        "commit": commit.stdout.strip(),
        "load": os.getloadavg(),
    }


def main() -> None:
    """Parse the command line, run, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000])
    parser.add_argument("--users", type=int, help="Rows of the platform, if not as many.")
    parser.add_argument("--profiles", nargs="+", default=["ot", "dh"], choices=["ot", "dh"])
    parser.add_argument("--peers", nargs="*", default=[], choices=PEER_NAMES)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--cold", action="store_true", help="Compile within the first round.")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--question", action="store_true", help="Ask for a count each time.")
    parser.add_argument("--out", type=Path, default=Path("scale.json"))
    arguments = parser.parse_args()
    arguments.out.write_text(json.dumps(run(arguments), indent=1) + "\n")


if __name__ == "__main__":
    main()
