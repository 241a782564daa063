"""Time an attribution job end to end: mediator and both agents as real processes on loopback.

    python benchmarks/attribution_scale.py --conversions 10000 --touches 100000

Prints the seconds of each phase, and peak memory and processor seconds of every process.  The full
size is 100,000 conversions and 1,000,000 touches.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cleanroom.demo.rehearse import simulate

START, DAYS = 1_780_272_000, 91

ROOM = """
[room]
name = "scale"
rehearsal = true
[policy]
k_min = 1
noise = "none"
paillier_bits = {bits}
[datasets.brand.orders]
file = "orders.csv"
kind = "events"
id = {{ column = "id", profile = "email:uid2:v1" }}
time = "ts"
[datasets.brand.orders.measures]
value = {{ column = "amount", max = 500, decimals = 2 }}
[datasets.platform.touches]
file = "touches.csv"
kind = "events"
id = {{ column = "id", profile = "email:uid2:v1" }}
time = "ts"
labels = ["campaign"]
action = {{ column = "action", click = "click", view = "view" }}
[[jobs]]
name = "{model}"
template = "attribution"
brand = "orders"
platform = "touches"
model = "{model}"
window = "7d"
resolution = "1m"
start = {start}
end = {end}
measures = ["value"]
receiver = "brand"
"""


def write_files(folder: Path, conversions: int, touches: int, model: str, bits: int) -> Path:
    random = np.random.default_rng(1)
    people = max(touches // 5, 1)
    with (folder / "touches.csv").open("w") as file:
        file.write("id,ts,campaign,action\n")
        columns = (
            random.integers(0, people, touches).tolist(),
            (START + random.integers(-7 * 86400, DAYS * 86400, touches)).tolist(),
            random.integers(0, 20, touches).tolist(),
            random.integers(0, 2, touches).tolist(),
        )
        for person, moment, campaign, click in zip(*columns, strict=True):
            action = "click" if click else "view"
            file.write(f"u{person}@example.com,{moment},c{campaign},{action}\n")
    with (folder / "orders.csv").open("w") as file:
        file.write("id,ts,amount\n")
        columns = (
            random.integers(0, people, conversions).tolist(),
            (START + random.integers(0, DAYS * 86400, conversions)).tolist(),
            random.integers(1, 50_000, conversions).tolist(),
        )
        for person, moment, amount in zip(*columns, strict=True):
            file.write(f"u{person}@example.com,{moment},{amount / 100:.2f}\n")
    room = folder / "room.toml"
    room.write_text(ROOM.format(model=model, bits=bits, start=START, end=START + DAYS * 86400))
    return room


@dataclass
class Process:
    """What one process has used: peak resident KiB, and seconds of processor time."""

    name: str
    peak: int = 0
    seconds: float = 0.0


def watch(seen: dict[str, Process], stopped: threading.Event, folder: Path) -> None:
    """Keep what this process and every one that works below a folder report of themselves."""
    tick, own = os.sysconf("SC_CLK_TCK"), str(os.getpid())
    while not stopped.wait(0.2):
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                fields = entry.joinpath("stat").read_text().rsplit(")", 1)[1].split()
                texts = [entry.joinpath(name).read_bytes() for name in ("cmdline", "environ")]
                if entry.name == own or any(str(folder).encode() in text for text in texts):
                    process = seen.setdefault(entry.name, Process(name_of(entry)))
                    process.seconds = (int(fields[11]) + int(fields[12])) / tick
                    process.peak = max(process.peak, peak_of(entry))
            except (OSError, IndexError):
                continue


def name_of(entry: Path) -> str:
    command = entry.joinpath("cmdline").read_bytes().replace(b"\0", b" ").decode()
    environment = entry.joinpath("environ").read_bytes().split(b"\0")
    homes = [line.decode() for line in environment if line.startswith(b"CLEANROOM_HOME=")]
    return f"{Path(homes[0]).name if homes else '':9}{command[-70:]}"


def peak_of(entry: Path) -> int:
    for line in entry.joinpath("status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1])
    return 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversions", type=int, default=2_000)
    parser.add_argument("--touches", type=int, default=20_000)
    parser.add_argument("--model", default="last_touch")
    parser.add_argument("--bits", type=int, default=2048)
    chosen = parser.parse_args()
    seen: dict[str, Process] = {}
    stopped, began = threading.Event(), time.monotonic()

    def tell(line: str) -> None:
        print(f"{time.monotonic() - began:8.1f} s  {line}", file=sys.stderr, flush=True)

    with tempfile.TemporaryDirectory(prefix="scale-") as name:
        folder = Path(name)
        room = write_files(folder, chosen.conversions, chosen.touches, chosen.model, chosen.bits)
        threading.Thread(target=watch, args=(seen, stopped, folder), daemon=True).start()
        result = simulate(room, folder / "out", tell, keep=True)["jobs"][chosen.model]
        for side in ("brand", "platform"):
            tell(folder.joinpath("out", side, "agent.log").read_text()[-2000:])
        stopped.set()
    print(json.dumps({"status": result["status"], "total": result.get("total"),
                      "problem": result.get("problem")}, indent=1))  # fmt: skip
    for process in sorted(seen.values(), key=lambda process: -process.seconds)[:14]:
        print(f"{process.peak / 1024:6.0f} MiB {process.seconds:7.1f} s  {process.name}")


if __name__ == "__main__":
    main()
