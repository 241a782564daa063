"""Time an attribution job end to end: mediator and both agents as real processes on loopback.

    python benchmarks/attribution_scale.py --conversions 10000 --touches 100000

Prints the seconds of each phase and the peak memory of every process.  The full size is 100,000
conversions and 1,000,000 touches.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from cleanroom.simulation import simulate

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


def watch(peaks: dict[str, int], stopped: threading.Event) -> None:
    """Keep the highest resident size that each process of this one's session reports."""
    own = Path("/proc/self/stat").read_text().split()[5]
    while not stopped.wait(0.2):
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if entry.joinpath("stat").read_text().rsplit(")", 1)[1].split()[3] != own:
                    continue
                command = entry.joinpath("cmdline").read_bytes().replace(b"\0", b" ").decode()
                home = [
                    line.split(b"=", 1)[1].decode()
                    for line in entry.joinpath("environ").read_bytes().split(b"\0")
                    if line.startswith(b"CLEANROOM_HOME=")
                ]
                status = entry.joinpath("status").read_text()
            except (OSError, IndexError):
                continue
            for line in status.splitlines():
                if line.startswith("VmHWM"):
                    name = f"{entry.name} {Path(home[0]).name if home else ''} {command[-60:]}"
                    peaks[name] = max(peaks.get(name, 0), int(line.split()[1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversions", type=int, default=2_000)
    parser.add_argument("--touches", type=int, default=20_000)
    parser.add_argument("--model", default="last_touch")
    parser.add_argument("--bits", type=int, default=2048)
    chosen = parser.parse_args()
    peaks: dict[str, int] = {}
    stopped, began = threading.Event(), time.monotonic()

    def tell(line: str) -> None:
        print(f"{time.monotonic() - began:8.1f} s  {line}", file=sys.stderr, flush=True)

    with tempfile.TemporaryDirectory(prefix="scale-") as name:
        folder = Path(name)
        room = write_files(folder, chosen.conversions, chosen.touches, chosen.model, chosen.bits)
        threading.Thread(target=watch, args=(peaks, stopped), daemon=True).start()
        result = simulate(room, folder / "out", tell, keep=True)["jobs"][chosen.model]
        for side in ("brand", "platform"):
            tell(folder.joinpath("out", side, "agent.log").read_text()[-2000:])
        stopped.set()
    print(json.dumps({"status": result["status"], "total": result.get("total"),
                      "problem": result.get("problem")}, indent=1))  # fmt: skip
    for process, peak in sorted(peaks.items(), key=lambda item: -item[1])[:12]:
        print(f"{peak / 1024:8.0f} MiB  {process}")


if __name__ == "__main__":
    main()
