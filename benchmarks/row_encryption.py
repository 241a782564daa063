"""Measure ``cleanroom simulate`` with sums by label, from files to answer, under either encryption.

    python -m benchmarks.row_encryption --rows 100000 --encryptions lattice paillier --bits 3072

Each side has as many rows, half of them in common, the platform four labels; the answers are
compared with the sums of the files.  The real programs run, each in a process of its own.  Only
ratios of one run mean anything: machines differ and drift.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from cleanroom.demo.rehearse import simulate

LABELS = ("18-24", "25-34", "35-44", "45+")
ROOM = """
[room]
name = "rows"
rehearsal = true
templates = ["overlap"]
[policy]
k_min = 1
noise = "none"
alignment = ["ot"]
paillier_bits = {bits}
paillier_profile = "{profile}"
rows = ["{encryption}"]
[datasets.brand.crm]
file = "brand.csv"
kind = "audience"
id = {{ column = "id", profile = "raw:v1" }}
[datasets.brand.crm.measures]
spend = {{ column = "spend", max = 1000, decimals = 2 }}
[datasets.platform.users]
file = "platform.csv"
kind = "audience"
id = {{ column = "id", profile = "raw:v1" }}
labels = ["age"]
[[jobs]]
name = "by-age"
template = "overlap"
brand = "crm"
platform = "users"
group_by = ["platform.age"]
measures = ["spend"]
"""


def write_files(folder: Path, rows: int) -> dict[str, tuple[int, int]]:
    """Write both files; return people and cents by label."""
    rng = random.Random(1)
    names = [f"{rng.getrandbits(64):016x}" for _ in range(rows + rows // 2)]
    spend = {name: rng.randrange(100_000) for name in names[:rows]}
    ages = {name: rng.choice(LABELS) for name in names[rows // 2 :]}
    lines = [f"{name},{cents / 100:.2f}" for name, cents in spend.items()]
    (folder / "brand.csv").write_text("\n".join(["id,spend", *lines]) + "\n")
    lines = [f"{name},{age}" for name, age in ages.items()]
    (folder / "platform.csv").write_text("\n".join(["id,age", *lines]) + "\n")
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for name in spend.keys() & ages.keys():
        found[ages[name]][0] += 1
        found[ages[name]][1] += spend[name]
    return {age: (people, cents) for age, (people, cents) in found.items()}


def measure(folder: Path, expected: dict[str, tuple[int, int]]) -> dict[str, Any]:
    """Simulate once; return seconds and when each line was told; refuse a wrong answer."""
    started, told = time.perf_counter(), []

    def tell(text: str) -> None:
        told.append((round(time.perf_counter() - started, 1), text))

    result = simulate(folder / "room.toml", folder / "out", tell)["jobs"]["by-age"]
    seconds = time.perf_counter() - started
    shown = {
        group["key"]["platform.age"]: (group["people"], round(100 * group["sums"]["spend"]))
        for group in result["groups"]
    }
    if shown != expected:
        raise SystemExit(f"{shown} was answered, {expected} is true")
    return {"seconds": round(seconds, 1), "told": told}


def main() -> None:
    """Measure what the command line asks for and print it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--bits", type=int, default=3072)
    parser.add_argument("--profile", default="strict")
    parser.add_argument("--encryptions", nargs="+", default=["lattice", "paillier"])
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        expected = write_files(Path(made), asked.rows)
        for encryption in asked.encryptions:
            text = ROOM.format(bits=asked.bits, profile=asked.profile, encryption=encryption)
            (Path(made) / "room.toml").write_text(text)
            found = measure(Path(made), expected)
            load = os.getloadavg()[0]
            print(json.dumps({"rows": asked.rows, "encryption": encryption, "load": load, **found}))


if __name__ == "__main__":
    main()
