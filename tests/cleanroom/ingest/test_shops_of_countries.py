# ruff: noqa: E501
"""Amounts of shops in several countries are of several currencies, though no column says so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cleanroom.ingest import validate_report
from cleanroom.ingest.concerns.countries import COUNTRY
from cleanroom.ingest.concerns.countries_of_shops import regions_of_shops
from cleanroom.ingest.spec import DatasetSpec
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


@pytest.mark.parametrize(
    ("shop", "region"),
    [("brandx.sg", "SG"), ("shop.brandx.com.my", "MY"), ("https://brandx.ph/", "PH"),
     ("XX马来西亚店", "MY"), ("XX 新加坡官方旗舰店", "SG"), ("泰国站", "TH"), ("某某旗舰店（菲律宾）", "PH"),
     ("BrandX Malaysia", "MY"), ("BrandX Viet Nam", "VN"), ("BrandX Philippines Official Store", "PH"),
     ("Shopee TH", "TH"), ("lazada_ph", "PH"), ("Amazon.de", "DE"), ("TikTok Shop-VN", "VN"),
     ("日本店", "JP"), ("Store (South Korea)", "KR"), ("brandx.co.uk", "GB"),
     ("brandx.com", ""), ("brandx.io", ""), ("brandx.tv", ""), ("brandx.co", ""), ("XX日本料理店", ""),
     ("泰国菜馆", ""), ("美国队长专卖店", ""), ("越南路店", ""), ("上海南京路店", ""), ("Nike Jordan", ""),
     ("Atlanta Georgia", ""), ("CA", ""), ("Store DE", ""), ("旗舰店", ""), ("", ""), ("3", ""),
     ("Malaysia Airlines", ""), ("印度飞饼店", "")],
)  # fmt: skip
def test_the_country_of_a_shop(shop: str, region: str) -> None:
    assert regions_of_shops("店铺", [shop, "x"]) == {shop: region, "x": ""}


def test_two_letters_are_a_country_of_sites_alone() -> None:
    states = ["CA", "GA", "DE"]
    assert regions_of_shops("store", states) == dict.fromkeys(states, "")
    assert regions_of_shops("site", states) == {"CA": "CA", "GA": "GA", "DE": "DE"}
    assert regions_of_shops("marketplace", ["us", "brandx"]) == {"us": "US", "brandx": ""}
    assert regions_of_shops("country", ["brandx.sg", "brandx.my"]) == {}
    assert regions_of_shops("shop", ["brandx.sg"]) == {"brandx.sg": ""}


MIXED = ["91234567", "0123456789", "+6591234567", "91234568"]


@pytest.mark.parametrize(
    ("column", "shops", "told"),
    [
        ("shop", ["brandx.sg", "brandx.my", "brandx.my", "brandx.sg"], [("brandx.my", 1, (3,))]),
        (
            "店铺",
            ["XX新加坡店", "XX马来西亚店", "XX马来西亚店", "XX新加坡店"],
            [("XX马来西亚店", 1, (3,))],
        ),
        ("site", ["SG", "MY", "MY", "SG"], [("MY", 1, (3,))]),
        ("shop", ["brandx.sg"] * 4, []),
        ("shop", ["brandx.my"] * 4, []),
        ("shop", ["Orchard", "Bugis", "Changi", "Jurong"], []),
        ("note", ["brandx.sg", "brandx.my", "brandx.my", "brandx.sg"], []),
        ("shop", ["brandx.sg", "brandx.sg", "brandx.my", "brandx.sg"], []),
    ],
)
def test_numbers_of_customers_of_shops_abroad(
    tmp_path: Path, column: str, shops: list[str], told: list[tuple[str, int, tuple[int, ...]]]
) -> None:
    rows = [f"{number},{shop}" for number, shop in zip(MIXED, shops, strict=True)]
    (tmp_path / "x.csv").write_text("\n".join([f"m,{column}", *rows, ""]), "utf-8")
    section = {"file": "x", "kind": "events"}
    section["id"] = {"column": "m", "profile": "phone:e164:v1", "region": "SG"}
    report = validate_report(DatasetSpec.model_validate(section), tmp_path / "x.csv")
    found = [one for one in report.concerns if one.kind == "countries"]
    assert [(one.declared, one.rows, one.places) for one in found] == told
