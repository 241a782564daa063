"""Write the files of the rooms that ``benchmarks.sums`` measures, and know what they answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

AGES = [f"a{number}" for number in range(4)]
REGIONS = [f"r{number}" for number in range(20)]
NAMED = {
    "age": AGES,
    "region": REGIONS,
    "tier": [f"t{number}" for number in range(4)],
    "city": [f"c{number}" for number in range(20)],
}
"""Labels of the platform's people, with their values."""
CAMPAIGNS = 20
BEGIN, DAYS = 1_780_272_000, 30

POLICY = """
[policy]
k_min = 1
noise = "none"
alignment = ["ot"]
paillier_bits = {bits}
paillier_profile = "{profile}"
rows = ["{rows}"]
"""

LABELS = """
[room]
name = "labels"
rehearsal = true
[datasets.brand.crm]
file = "brand.csv"
kind = "audience"
id = { column = "id", profile = "raw:v1" }
[datasets.brand.crm.measures]
spend = { column = "spend", max = 1000, decimals = 2 }
[datasets.platform.users]
file = "platform.csv"
kind = "audience"
id = { column = "id", profile = "raw:v1" }
labels = ["age", "region", "tier", "city"]
"""

BY_LABEL = """
[[jobs]]
name = "by-{label}"
template = "overlap"
brand = "crm"
platform = "users"
group_by = ["platform.{label}"]
measures = ["spend"]
"""

MEDIA = """
[room]
name = "media"
rehearsal = true
[datasets.brand.crm]
file = "crm.csv"
kind = "audience"
id = {{ column = "id", profile = "raw:v1" }}
[datasets.brand.orders]
file = "orders.csv"
kind = "events"
id = {{ column = "id", profile = "raw:v1" }}
time = "ts"
[datasets.brand.orders.measures]
value = {{ column = "amount", max = 500, decimals = 2 }}
[datasets.platform.impressions]
file = "impressions.csv"
kind = "events"
id = {{ column = "id", profile = "raw:v1" }}
time = "ts"
labels = ["campaign"]
[datasets.platform.trial]
file = "trial.csv"
kind = "audience"
id = {{ column = "id", profile = "raw:v1" }}
time = "ts"
labels = ["arm"]
[[jobs]]
name = "lift"
template = "lift"
brand = "orders"
platform = "trial"
start = {begin}
end = {end}
measures = ["value"]
max_value_per_person = 5000
[[jobs]]
name = "reach"
template = "reach_frequency"
brand = "crm"
platform = "impressions"
group_by = ["platform.campaign"]
max_impressions = 100
"""

Truth = dict[str, dict[str, tuple[int, int]]]
"""By job and label: how many people there are, and how many cents they spent."""


def policy(rows: str = "lattice", bits: int = 3072, profile: str = "strict") -> str:
    return POLICY.format(rows=rows, bits=bits, profile=profile)


def labels_room(folder: Path, size: int, jobs: list[str], agreed: str) -> Truth:
    """Write two files of ``size`` people, half of them in common, and a room that asks sums.

    Returns what is true of every label, asked by the room or not.
    """
    random = np.random.default_rng(1)
    cents = random.integers(0, 100_000, size)
    codes = {label: random.integers(0, len(named), size) for label, named in NAMED.items()}
    brand, platform = random.permutation(size), random.permutation(size) + size // 2
    spend = [f"p{who:09},{cents[who] / 100:.2f}" for who in brand.tolist()]
    of_user = (np.array(NAMED[label])[codes[label]].tolist() for label in codes)
    rows = zip(platform.tolist(), *of_user, strict=True)
    users = [f"p{who:09},{','.join(of)}" for who, *of in rows]
    write(folder / "brand.csv", "id,spend", spend)
    write(folder / "platform.csv", f"id,{','.join(codes)}", users)
    asked = "".join(BY_LABEL.format(label=label) for label in jobs)
    (folder / "room.toml").write_text(LABELS + agreed + asked)
    common = platform < size
    found: Truth = {}
    for label, named in NAMED.items():
        own = codes[label][common]
        people = np.bincount(own, minlength=len(named)).tolist()
        sums = np.zeros(len(people), dtype=np.int64)
        np.add.at(sums, own, cents[platform[common]])
        pairs = zip(people, sums.tolist(), strict=True)
        found[f"by-{label}"] = dict(zip(named, pairs, strict=True))
    return found


def answered(result: dict[str, Any], label: str) -> dict[str, tuple[int, int]]:
    """Return what a job of ``labels_room`` answered, as ``Truth`` has it."""
    return {
        group["key"][f"platform.{label}"]: (group["people"], round(100 * group["sums"]["spend"]))
        for group in result["groups"]
    }


def media_room(folder: Path, brand: int, platform: int, agreed: str) -> None:
    """Write ``brand`` people and orders, a trial of ``platform`` people, as many impressions."""
    random = np.random.default_rng(2)
    people = range(platform)
    write(folder / "crm.csv", "id", (f"p{who:09}" for who in people[:brand]))
    moments = (BEGIN + random.integers(0, DAYS * 86400, brand)).tolist()
    amounts = random.integers(1, 50_000, brand).tolist()
    buyers = random.integers(0, platform, brand).tolist()
    orders = zip(buyers, moments, amounts, strict=True)
    lines = (f"p{who:09},{moment},{cents / 100:.2f}" for who, moment, cents in orders)
    write(folder / "orders.csv", "id,ts,amount", lines)
    moments = (BEGIN + random.integers(0, DAYS * 86400, platform)).tolist()
    arms = (f"p{who:09},{moments[who]},{('control', 'test')[who % 2]}" for who in people)
    write(folder / "trial.csv", "id,ts,arm", arms)
    seen = random.integers(0, platform // 5, platform).tolist()
    campaigns = random.integers(0, CAMPAIGNS, platform).tolist()
    rows = zip(seen, moments, campaigns, strict=True)
    lines = (f"p{who:09},{moment},c{campaign}" for who, moment, campaign in rows)
    write(folder / "impressions.csv", "id,ts,campaign", lines)
    asked = MEDIA.format(begin=BEGIN, end=BEGIN + DAYS * 86400)
    (folder / "room.toml").write_text(asked.replace("[[jobs]]", agreed + "[[jobs]]", 1))


def write(path: Path, head: str, lines: Any) -> None:
    path.write_text("\n".join([head, *lines]) + "\n")
