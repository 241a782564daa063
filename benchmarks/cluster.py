"""Compute what an alignment of many people takes, from the cost of a row in each of its stages.

python -m benchmarks.cluster --rows 1000000000 100000000 --cores 2 --spark 64
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cleanroom.cli import doctor
from protocols.alignment import Context, parts
from protocols.alignment.ot import code, participant

MICROSECONDS: Final = {
    "upload": 63.4 / 20,
    "align": 48.9 / 20,
    "match": 0.47 / 11,
    "read on Spark": 31.1 / 2,
    "take from Spark": (6.9 - 3.4) / 2,
}
"""Processor time of a row, as docs/explanation/performance.md has it: seconds by millions."""

WIDE: Final = (39.3 / 20.1) / (31.6 / 20)
"""By how much a row costs more where all parts together have more than 2^24 rows."""

BUSY: Final = {"upload": 63.4 / 34.5 / 2, "align": 48.9 / 28.4 / 2}
"""Share of the time in which two cores had work."""

MACHINES: Final = 3
"""Two agents and the mediator: an alignment's processor time is a third with each."""

WIRE_BYTES: Final = 692 / 20 + 16
"""Bytes of a row that pass the mediator: a row's share of the messages, and its token."""

BYTES: Final = {
    "memory of the upload": (17, 0.4),
    "memory of the agent": (9, 0.6),
    "`TMPDIR` during the upload": (doctor.TEMPORARY_BYTES, 0),
    "home, while it aligns": (doctor.HOME_BYTES, 0),
}
"""Bytes of a person of the larger side, and GiB beside them, as docs/how-to/grow.md has them."""

MATCH_BYTES: Final = 32


@dataclass(frozen=True)
class Stage:
    """Say what one stage takes: processor seconds of all machines, and seconds on the clock."""

    name: str
    processor: float
    clock: float


def stages(rows: int, peer_rows: int, cores: int, spark: int) -> Iterator[Stage]:
    """Yield the stages of the larger side's way; the other side's upload runs beside it.

    ``cores`` are those of each of the three machines, ``spark`` those of the cluster that reads.
    """
    sides = (max(rows, peer_rows), min(rows, peer_rows))
    bits, padded = _padded(*sides)
    busy = {name: share * cores for name, share in BUSY.items()}
    read = sides[0] * MICROSECONDS["read on Spark"] / 1e6
    yield Stage("read the larger side on Spark", read, read / spark)
    each = MICROSECONDS["upload"] + MICROSECONDS["take from Spark"]
    upload = [side * each / 1e6 for side in sides]
    yield Stage("upload, of both sides beside each other", sum(upload), upload[0] / busy["upload"])
    align = padded * MICROSECONDS["align"] * _wide(*sides, bits) / 1e6
    yield Stage("align", align, align / MACHINES / busy["align"])
    match = sum(sides) * MICROSECONDS["match"] / 1e6
    yield Stage("match the tokens for a question", match, match)


def _padded(rows: int, peer_rows: int) -> tuple[int, int]:
    """Return the logarithm of the number of parts, and the rows of all parts of both sides."""
    bits = parts.part_bits(Context(bytes(16), bytes(16), 0, rows, peer_rows))
    return bits, sum(parts.capacity(side, bits) << bits for side in (rows, peer_rows))


def _wide(rows: int, peer_rows: int, bits: int) -> float:
    part = parts.part_of(Context(bytes(16), bytes(16), 0, rows, peer_rows), bits, 0)
    return WIDE if participant.code_of(part) == code.WIDE else 1.0


def traffic(rows: int, peer_rows: int) -> float:
    """Return the bytes that pass the mediator while two sides align."""
    return _padded(max(rows, peer_rows), min(rows, peer_rows))[1] * WIRE_BYTES


def room(rows: int, peer_rows: int) -> dict[str, float]:
    """Return the GiB that have to be there, by what for."""
    most = max(rows, peer_rows)
    found = {name: most * each / 2**30 + beside for name, (each, beside) in BYTES.items()}
    return found | {"memory of the mediator's worker": (rows + peer_rows) * MATCH_BYTES / 2**30}


def page(rows: int, peer_rows: int, cores: int, spark: int) -> list[str]:
    """Return the lines of the two tables."""
    lines = ["| stage | processor time | on the clock |", "|---|---|---|"]
    found = list(stages(rows, peer_rows, cores, spark))
    lines += [f"| {one.name} | {_time(one.processor)} | {_time(one.clock)} |" for one in found]
    lines.append(
        f"| **all** | **{_time(sum(one.processor for one in found))}**"
        f" | **{_time(sum(one.clock for one in found))}** |"
    )
    lines += ["", "| what has to be there | |", "|---|---|"]
    lines += [f"| {name} | {gib:.0f} GiB |" for name, gib in room(rows, peer_rows).items()]
    sent = traffic(rows, peer_rows)
    at = _time(sent * 8 / 1e9)
    return [*lines, f"| what passes the mediator | {sent / 1e9:.0f} GB, {at} at 1 Gbit/s |"]


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs=2, default=[1_000_000_000, 100_000_000])
    parser.add_argument("--cores", type=int, default=2, help="of each of the three machines")
    parser.add_argument("--spark", type=int, default=64, help="cores of the cluster that reads")
    given = parser.parse_args()
    print("\n".join(page(*given.rows, given.cores, given.spark)))


if __name__ == "__main__":
    main()
