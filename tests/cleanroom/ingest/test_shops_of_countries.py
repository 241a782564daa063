"""Amounts of shops in several countries are of several currencies, though no column says so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cleanroom.ingest.concerns.countries import COUNTRY
from cleanroom.report.dataset import remarks
from tests.cleanroom.ingest.test_columns_not_read import look

pytestmark = pytest.mark.usefixtures("inside")


@pytest.mark.parametrize(
    ("name", "values", "told"),
    [
        ("站点", ["MY", "TH"], True), ("marketplace", ["amazon.de", "amazon.co.uk"], True),
        ("Venture", ["Malaysia", "Singapore"], True),
        ("Marketplace", ["Amazon.com", "Amazon.de"], True),
        ("marketplace", ["amazon.de", "amazon.fr"], False),
        ("站点", ["MY", "MY"], False), ("country", ["MY", "TH"], False),
        ("site", ["A", "B"], False),
        ("site", ["MY", "warehouse"], False),
    ],
)  # fmt: skip
def test_sites_with_currencies_of_their_own(
    tmp_path: Path, name: str, values: list[str], told: bool
) -> None:
    report = look(tmp_path / "x.csv", name, values * 2)
    assert [one.column for one in report.concerns if one.kind == "sites"] == [name] * told
    for language in ("en", "zh"):
        assert any("MY, TH" in line for line in remarks(report, language)) is (
            name == "站点" and told
        )
    assert look(tmp_path / "x.csv", name, values * 2, measures={}).concerns == ()


@pytest.mark.parametrize("name", ["送貨地區", "收货地区", "配送地区"])
def test_where_parcels_go_is_a_country_too(name: str) -> None:
    assert re.search(COUNTRY, name)
    assert not re.search(COUNTRY, "销售地区")
