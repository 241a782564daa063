"""A label, or a column of the filter, says no less of its rows than a column that is not read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cleanroom.ingest import Report, validate_report
from cleanroom.ingest.engines import read_here
from cleanroom.ingest.spec import DatasetSpec
from cleanroom.report.dataset import concern
from tests.cleanroom.ingest.spark.parts_of import equal, gathered

pytestmark = pytest.mark.usefixtures("inside")

KINDS = ("countries", "undone", "currencies", "units", "zones")
SWISS = {"column": "m", "profile": "phone:e164:v1", "region": "CH"}
PAID = {"measures": {"v": {"column": "v", "max": 99}}}
CLOCK = {"time": {"column": "at", "format": "%Y-%m-%d %H:%M", "zone": "Asia/Tokyo"}}


def spec(**said: Any) -> DatasetSpec:
    base = {"file": "x", "kind": "events", "id": {"column": "m", "profile": "raw:v1"}}
    return DatasetSpec.model_validate(base | said)


def look(folder: Path, name: str, cells: list[str], **said: Any) -> Report:
    rows = (f"07911234{n:02d},{n},2026-06-04 12:30,{cell}" for n, cell in enumerate(cells, 10))
    (folder / "x.csv").write_text("\n".join([f"m,v,at,{name}", *rows, ""]), "utf-8")
    return validate_report(spec(**said), folder / "x.csv")


def told(report: Report) -> list[tuple[str, str, str, tuple[int, ...]]]:
    found = [one for one in report.concerns if one.kind in KINDS]
    for one in found:
        assert "not read" not in concern(one, "line", "en")
        assert "未读取" not in concern(one, "line", "zh")
    return [(one.kind, one.column, one.declared, one.places) for one in found]


MIXED = [
    ("Land", ["CH", "LI", "CH", "DE"], {"id": SWISS}, ("countries", "LI, DE", (3,))),
    ("Währung", ["CHF", "EUR", "EUR"], PAID, ("currencies", "CHF, EUR", (2,))),
    ("payment status", ["paid", "paid", "refunded"], PAID, ("undone", "refunded", (4,))),
    ("unit", ["kg", "pcs", "kg"], PAID, ("units", "kg, pcs", (2,))),
    ("tz", ["Asia/Tokyo", "UTC", "UTC"], CLOCK, ("zones", "UTC, Asia/Tokyo", (2,))),
]


@pytest.mark.parametrize(("name", "cells", "said", "found"), MIXED)
def test_a_label_is_looked_at_as_if_it_were_not_read(
    tmp_path: Path, name: str, cells: list[str], said: dict[str, Any], found: tuple[Any, ...]
) -> None:
    expected = [(found[0], name, *found[1:])]
    assert told(look(tmp_path, name, cells, **said)) == expected
    assert told(look(tmp_path, name, cells, **said, labels=[name])) == expected
    everything = {"keep": {name: sorted(set(cells))}}
    # Who lists every status says that all of them count.
    kept = [] if found[0] == "undone" else expected
    assert told(look(tmp_path, name, cells, **said, **everything)) == kept
    assert told(look(tmp_path, name, cells, **said, **everything, labels=[name])) == kept
    one = {"keep": {name: cells[:1]}, "labels": [name]}
    assert told(look(tmp_path, name, cells, **said, **one)) == []
    # Rows outside a declared domain are left out.
    domain = {"labels": [name], "domains": {name: cells[:1]}}
    assert told(look(tmp_path, name, cells, **said, **domain)) == []


def test_a_filter_that_keeps_another_country_alone(tmp_path: Path) -> None:
    found = look(tmp_path, "Land", ["CH", "AT"], id=SWISS, keep={"Land": ["AT"]})
    assert told(found) == [("countries", "Land", "AT", (3,))]


@pytest.mark.parametrize(
    ("name", "cells", "said"),
    [
        ("country", ["CH", "AT", "US"], {}),  # beside identifiers that no country reads
        ("country", ["US", "CA"], {"id": SWISS | {"region": "US"}}),  # of one calling code
        ("country", ["CH", "Suisse"], {"id": SWISS}),
        ("currency", ["CHF", "EUR"], {}),  # no amount is added up
        ("currency", ["CHF", "CHF"], PAID),
        ("tz", ["UTC", "Asia/Tokyo"], {}),
        ("status", ["paid", "shipped"], PAID),
        ("event", ["purchase", "page_view"], {}),  # the label is there to part them
    ],
)
def test_labels_that_mix_nothing_are_quiet(
    tmp_path: Path, name: str, cells: list[str], said: dict[str, Any]
) -> None:
    assert told(look(tmp_path, name, cells, **said, labels=[name])) == []


def test_labels_in_parquet_and_in_parts(tmp_path: Path) -> None:
    labels = {"id": SWISS, "labels": ["country", "ccy"], **PAID}
    rows = {"m": ["0791123401"] * 3, "v": [1, 2, 3], "country": ["CH", None, "AT"]}
    rows["ccy"] = ["CHF", "CHF", "EUR"]
    pq.write_table(pa.table(rows), tmp_path / "x.parquet")
    expected = [("countries", "country", "AT", (3,)), ("currencies", "ccy", "CHF, EUR", (1,))]
    assert told(validate_report(spec(**labels), tmp_path / "x.parquet")) == expected
    (tmp_path / "x").mkdir()
    for number, line in enumerate(("0791123401,1,CH,CHF", "0791123402,2,AT,EUR")):
        (tmp_path / "x" / f"{number}.csv").write_text(f"m,v,country,ccy\n{line}\n")
    here = read_here(spec(**labels), tmp_path)
    assert [one[:2] for one in told(here.report)] == [one[:2] for one in expected]
    assert equal(gathered(spec(**labels), tmp_path), here)
