"""Measure de-duplicated reach over three platforms: every alignment, and the answer.

    python -m benchmarks.hub --rows 1000000 --out hub.json

A brand of so many people, three platforms of as many rows, one impression a person, half of each
in the brand's file.  Four agents and the mediator are processes of their own.  Timed are the three
alignments, one after the other, and the question from its submission to the answer that the brand
has opened; files are read and uploaded before.  The counts are held against those of the files.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from benchmarks.scale import children, machine, peak_memory
from cleanroom.agent import asking
from cleanroom.agent.room_file import RoomFile
from cleanroom.workbench import rehearse
from cleanroom.workbench.program import anew

PLATFORMS: Final = ("douyin", "weibo", "tmall")
ROOM: Final = """
[room]
name = "hub"
rehearsal = true
templates = ["cross_reach"]
[parties]
acme = {{ role = "brand" }}
douyin = {{ role = "platform" }}
weibo = {{ role = "platform" }}
tmall = {{ role = "platform" }}
[policy]
k_min = 1
noise = "none"
paillier_bits = 2048
alignment = ["{profile}"]
[datasets.acme.crm]
file = "acme.csv"
kind = "audience"
id = {{ column = "id", profile = "raw:v1" }}
"""
OF_PLATFORM: Final = """
[datasets.{name}.impressions]
file = "{name}.csv"
kind = "events"
id = {{ column = "id", profile = "raw:v1" }}
time = "ts"
"""
JOB: Final = """
[[jobs]]
name = "reach"
template = "cross_reach"
hub = "acme.crm"
with = ["douyin.impressions", "weibo.impressions", "tmall.impressions"]
max_frequency = 4
start = 2026-06-01T00:00:00Z
end = 2026-07-01T00:00:00Z
receiver = "acme"
"""
INSIDE: Final = 1_781_000_000
"""A second of the period that is asked about."""


def write_files(folder: Path, rows: int, profile: str) -> dict[str, set[int]]:
    """Write all files; return which of the brand's people each platform knows.

    Platform i knows the people from i quarters of the file on, so many of them and as many others.
    """
    (folder / "acme.csv").write_text("id\n" + "".join(f"p{n}@x.example\n" for n in range(rows)))
    text, known = ROOM.format(profile=profile), {}
    for place, name in enumerate(PLATFORMS):
        first = place * rows // 4
        inside = range(first, first + rows // 2)
        others = range((place + 2) * rows, (place + 2) * rows + rows - len(inside))
        lines = "".join(f"p{n}@x.example,{INSIDE}\n" for n in (*inside, *others))
        (folder / f"{name}.csv").write_text("id,ts\n" + lines)
        known[name] = set(inside)
        text += OF_PLATFORM.format(name=name)
    (folder / "room.toml").write_text(text + JOB)
    return known


def check(result: dict[str, Any], known: dict[str, set[int]]) -> None:
    """Leave the program unless the answer is that of the files."""
    everybody = set().union(*known.values())
    found = {group["key"]["known_to"]: group["people"] for group in result["groups"]}
    wanted: dict[str, int] = {}
    for person in everybody:
        key = "+".join(name for name in sorted(known) if person in known[name])
        wanted[key] = wanted.get(key, 0) + 1
    told = {"+".join(sorted(key.split("+"))): people for key, people in found.items()}
    if result["total"]["people"] != len(everybody) or told != wanted:
        raise SystemExit(f"{told} of {result['total']['people']}, and {wanted} it should be")


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Align and ask once; return seconds, on the clock and of all processors."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        known = write_files(folder, arguments.rows, arguments.profile)
        described = RoomFile.read(folder / "room.toml")
        sides = rehearse.start(stack, folder, anew, described.roles())
        signed = rehearse.sign_room(described, sides)
        for side in sides.values():
            stack.enter_context(rehearse.agent(side))
        rehearse.upload(described, folder / "room.toml", sides, lambda _text: None, anew)
        brand, used, moments = signed["acme"], [children()], [time.perf_counter()]
        asking.align_once(brand, described, "reach")
        moments.append(time.perf_counter())
        used.append(children())
        job = asking.submit(brand, described, "reach")
        item = asking.wait(brand, job)
        asking.check_answered(item)
        result = asking.read_result(brand, job)
        moments.append(time.perf_counter())
        used.append(children())
        check(result, known)
        align, ask = (later - earlier for earlier, later in pairwise(moments))
        aligned, asked = (later - earlier for earlier, later in pairwise(used))
        memory = peak_memory()
    return {
        "rows": arguments.rows,
        "profile": arguments.profile,
        "align_seconds": align,
        "ask_seconds": ask,
        "seconds": align + ask,
        "align_processor_seconds": aligned,
        "ask_processor_seconds": asked,
        **memory,
    }


def main() -> None:
    """Parse the command line, run, print and write JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--profile", default="ot", choices=["ot", "dh"])
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("hub.json"))
    arguments = parser.parse_args()
    rounds = []
    for _ in range(arguments.rounds):
        rounds.append(run(arguments))
        print("   ".join(f"{key} {value}" for key, value in rounds[-1].items()))
    found = {"machine": machine(), "rounds": rounds}
    arguments.out.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
