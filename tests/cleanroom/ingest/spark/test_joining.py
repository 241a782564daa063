"""Whatever rows there are and wherever they are parted: what is seen of parts is seen of all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cleanroom.ingest.reader import Collector
from cleanroom.ingest.settle import settle
from cleanroom.ingest.spark.gathered import Gatherer, Parts
from cleanroom.ingest.spark.parts import Message, document_of, rows_of, rules
from cleanroom.ingest.spec import DatasetSpec
from tests.cleanroom.ingest.spark.parts_of import equal

LATEST = 1_800_000_000 * 10**6
CELLS: dict[str, tuple[str | None, ...]] = {
    "email": ("a@b.cn", "A@b.cn", "c@d.cn", "none", "no address", "a..b@c.cn", None, "email"),
    "card": ("1234567890123456000", "9007199254740993", "18014398509481984", "x1", "X1", "0", ""),
    "tier": ("gold", "Gold", "tin", "N/A", "", None, "tier", "a\tb", "x" * 200, "1e3", "total"),
    "spend": ("1.234", "1.230", "12.5", "0.5", "7", "-3", "", "many", "n/a", "1234", "spend"),
    "day": ("46177.51", "46177.5", "46177", "46177.3021", "2026", "noon", "day"),
    "when": ("2026-03-01 00:00", "2026-03-01T16:00:00Z", "2026-03-02 10:17", "1772323200", "when"),
}
SPEND = {"spend": {"column": "spend", "max": 2000, "decimals": 3}}
EMAIL = {"column": "email", "profile": "email:uid2:v1"}
CARD = {"column": "card", "profile": "raw:v1"}
ZONE = "Asia/Shanghai"
SPECS = [
    {"kind": "audience", "id": EMAIL, "labels": ["tier"], "measures": SPEND, "duplicates": "sum"},
    {"kind": "audience", "id": [CARD, EMAIL], "labels": ["tier"], "duplicates": "first"},
    {
        "kind": "events",
        "id": CARD,
        "measures": SPEND,
        "time": {"column": "day", "format": "spreadsheet-days", "zone": ZONE},
    },
    {
        "kind": "events",
        "id": EMAIL,
        "key": "card",
        "time": {"column": "when", "zone": ZONE},
        "buckets": {"band": {"column": "spend", "edges": [0, 7, 1000]}},
    },
]
Rows = list[dict[str, str | None]]
ROWS = st.lists(
    st.fixed_dictionaries({name: st.sampled_from(cells) for name, cells in CELLS.items()}),
    min_size=2,
    max_size=24,
)


def collected(spec: DatasetSpec, rows: Rows) -> Collector:
    collector = Collector(spec, LATEST, None)
    if rows:
        columns = [pa.array([row[name] for row in rows], pa.string()) for name in spec.columns]
        collector.add(pa.record_batch(columns, names=list(spec.columns)))
    return collector


def said(number: int, spec: DatasetSpec, rows: Rows) -> list[Message]:
    """Return what a worker says of rows."""
    collector = collected(spec, rows)
    document = json.dumps({"rules": rules(), **document_of(collector, None)})
    return [*(Message(number, rows=part) for part in rows_of(collector)), Message(number, document)]


def alike(*cells: dict[str, str]) -> Rows:
    usual = {"email": "a@b.cn", "card": "x1", "tier": "tin", "spend": "7", "day": "46177"}
    return [{**usual, "when": "2026-03-01 00:00", **one} for one in cells]


@settings(max_examples=60)
@given(which=st.sampled_from(range(len(SPECS))), rows=ROWS, cuts=st.sets(st.integers(0, 24)))
@example(0, alike({"spend": "1.234"}, {"spend": "0.5"}), {1})
@example(0, alike({"spend": "1.230"}, {"spend": "12.5"}, {"spend": "1.230"}), {1, 2})
@example(0, alike({"tier": "gold"}, {"tier": "Gold"}, {"tier": "N/A"}), {1, 2})
@example(2, alike({"day": "46177.51"}, {"day": "46177.3021"}, {"day": "46177"}), {1, 2})
@example(2, alike({"day": "46177.5"}, {"day": "46177"}, {"day": "46177"}), {1, 2})
@example(2, alike(*[{"card": "1234567890123456000"}] * 4), {2})
@example(2, alike(*[{"card": "18014398509481984"}] * 32), {16})
@example(2, alike(*[{"card": "18014398509481984"}] * 30, {"card": "18014398509481985"}), {30})
@example(2, alike(*({"card": f"{10**16 + 10 * k}"} for k in range(31))), {16})
@example(2, alike(*({"card": f"{2**54 + 4 * k}"} for k in range(31))), {16})
@example(2, alike({"card": "a@b.cn"}, {"card": "c@d.cn"}), {1})
@example(2, alike({}, {"spend": "many", "day": "noon"}, {}), {1})
@example(0, alike({}, {"spend": "1.234"}), {1})
@example(3, alike(*({"card": f"k{k}"} for k in range(4))), {2})
@example(3, alike({"card": "k"}, {"card": "l", "when": "2026-03-02 10:17"}, {"card": "m"}), {1, 2})
def test_parts_are_joined_as_if_nothing_had_been_parted(
    which: int, rows: Rows, cuts: set[int]
) -> None:
    described: dict[str, Any] = {"file": "crm.csv", **SPECS[which]}
    spec = DatasetSpec.model_validate(described)
    ends = [0, *sorted(cut for cut in cuts if cut < len(rows)), len(rows)]
    pieces = [rows[start:end] for start, end in zip(ends, ends[1:], strict=False)]
    read = collected(spec, rows)
    source = Parts(Path("crm.csv"), spec.columns)
    whole = settle(spec, source, read.collected, read.labels)
    messages = [one for number, piece in enumerate(pieces) for one in said(number, spec, piece)]
    joined = Gatherer(spec, "crm.csv").table(messages)
    assert equal(joined, whole)
    assert np.array_equal(joined.person, whole.person)
