"""The files of two strangers, and the answers worked out from them by hand."""

from __future__ import annotations

import csv
import hashlib
import random
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

# Labels too long to turn up by chance in the random bytes that a test searches for them.
AGES = ("aged 18-24", "aged 25-34", "aged 35-44", "55+ <script>")
TIERS = ("gold member", "silver member", "金卡会员")
CANARY_TIER = "platinum-canary"


@dataclass(frozen=True)
class Stranger:
    """Two files and what is in them: person -> (tier, spend) and person -> age band."""

    folder: Path
    brand: dict[str, tuple[str, Decimal]]
    platform: dict[str, str]

    def common(self) -> set[str]:
        return self.brand.keys() & self.platform.keys()

    def identifiers(self) -> list[str]:
        return [*self.brand, *self.platform]

    def hashes(self) -> list[bytes]:
        """Unkeyed digests that a careless system would store."""
        found = []
        for name in self.identifiers():
            for text in (name, f"email:uid2:v1\0{name}"):
                for algorithm in ("md5", "sha1", "sha256", "blake2b"):
                    found.append(hashlib.new(algorithm, text.encode()).digest())
        return found


def write_stranger(folder: Path, seed: int = 5, people: int = 240) -> Stranger:
    """Write a brand's and a platform's file with spellings that differ from side to side."""
    rng = random.Random(seed)
    names = [f"canary.{rng.randrange(10**9)}+x{i}@mail{i % 7}.example" for i in range(people)]
    brand = {
        name: (rng.choice(TIERS), Decimal(rng.randrange(100_000)) / 100)
        for name in names[: people // 2 + 30]
    }
    platform = {name: rng.choice(AGES) for name in names[people // 2 - 30 :]}
    rows = [[name.upper(), tier, str(spend)] for name, (tier, spend) in brand.items()]
    rows += [["not an address", "gold member", "1"], ["late@x.example", "gold member", "many"]]
    _write(folder / "brand.csv", ["email", "tier", "spend"], rows)
    users = [[f"  {name}", age, "x"] for name, age in platform.items()]
    _write(folder / "users.csv", ["email", "age_band", "unused"], users)
    return Stranger(folder, brand, platform)


def _write(path: Path, header: list[str], rows: list[list[str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)


ROOM = """
[room]
name = "stranger"
rehearsal = true
templates = ["overlap"]

[parties]
omni = {{ role = "agency" }}

[policy]
{policy}
paillier_bits = 1024

[datasets.brand.crm]
file = "brand.csv"
kind = "audience"
id = {{ column = "email", profile = "email:uid2:v1" }}
labels = ["tier"]
[datasets.brand.crm.measures]
spend = {{ column = "spend", max = 1000, decimals = 2 }}

[datasets.platform.users]
file = "users.csv"
kind = "audience"
id = {{ column = "email", profile = "email:uid2:v1" }}
labels = ["age_band"]
{jobs}
"""

JOB = """
[[jobs]]
name = "{name}"
template = "overlap"
brand = "crm"
platform = "users"
group_by = [{group_by}]
measures = [{measures}]
receiver = "{receiver}"
"""


def job(
    name: str,
    group_by: tuple[str, ...] = (),
    measures: tuple[str, ...] = ("spend",),
    receiver: str = "brand",
) -> str:
    def quoted(items: tuple[str, ...]) -> str:
        return ", ".join(f'"{item}"' for item in items)

    return JOB.format(
        name=name, group_by=quoted(group_by), measures=quoted(measures), receiver=receiver
    )


def write_room(folder: Path, jobs: str, policy: str = 'k_min = 1\nnoise = "none"') -> Path:
    path = folder / "room.toml"
    path.write_text(ROOM.format(policy=policy, jobs=jobs), "utf-8")
    return path
