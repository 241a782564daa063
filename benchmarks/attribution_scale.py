"""Time an attribution job end to end: mediator and both agents as real processes on loopback.

    python -m benchmarks.attribution_scale --conversions 10000 --touches 100000

Prints the seconds of each phase, and peak memory and processor seconds of every process.  The full
size is 100,000 conversions and 1,000,000 touches.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.processes import largest, watched
from cleanroom.workbench.rehearse import simulate

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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversions", type=int, default=2_000)
    parser.add_argument("--touches", type=int, default=20_000)
    parser.add_argument("--model", default="last_touch")
    parser.add_argument("--bits", type=int, default=2048)
    chosen = parser.parse_args()
    began = time.monotonic()

    def tell(line: str) -> None:
        print(f"{time.monotonic() - began:8.1f} s  {line}", file=sys.stderr, flush=True)

    with (
        tempfile.TemporaryDirectory(prefix="scale-") as name,
        watched(Path(name), own=True) as seen,
    ):
        folder = Path(name)
        room = write_files(folder, chosen.conversions, chosen.touches, chosen.model, chosen.bits)
        result = simulate(room, folder / "out", tell, keep=True)["jobs"][chosen.model]
        for side in ("brand", "platform"):
            tell(folder.joinpath("out", side, "agent.log").read_text()[-2000:])
    print(json.dumps({"status": result["status"], "total": result.get("total"),
                      "problem": result.get("problem")}, indent=1))  # fmt: skip
    print("\n".join(largest(seen)))


if __name__ == "__main__":
    main()
