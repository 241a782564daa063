"""A clerk's address for many customers, and numbers that each shop gives anew, are pointed at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from cleanroom.ingest import validate_report
from cleanroom.ingest.spec import DatasetSpec

pytestmark = pytest.mark.usefixtures("inside")

BOTH = [
    {"column": "mail", "profile": "email:uid2:v1"},
    {"column": "phone", "profile": "phone:cn11:v1"},
]
OWN = [f"ann{n}@gmail.com,{13_800_010_000 + 71 * n}" for n in range(40)]


def told(path: Path, header: str, rows: Sequence[str], **said: Any) -> list[tuple[Any, ...]]:
    path.write_text("\n".join([header, *rows, ""]), "utf-8")
    section = {"file": path.name, "kind": "audience", "duplicates": "first"} | said
    found = validate_report(DatasetSpec.model_validate(section), path).concerns
    return [(one.kind, one.column, one.rows, one.of, one.places) for one in found]


@pytest.mark.parametrize("customers", [3, 4, 5])
def test_an_address_that_makes_one_person_of_many_numbers_is_told(
    tmp_path: Path, customers: int
) -> None:
    clerk = [f"till@shop.cn,{13_900_020_000 + 53 * n}" for n in range(customers)]
    rows = [*OWN[:10], *clerk, *OWN[10:]]
    expected = [("joins-many", "mail", customers, 40 + customers, (12,))] * (customers > 3)
    found = told(tmp_path / "a.csv", "mail,phone", rows, id=BOTH)
    assert [one for one in found if one[0] == "joins-many"] == expected
    again = [f"bo@gmail.com,{13_900_020_000 + 53 * (n % 3)}" for n in range(4)]
    assert told(tmp_path / "a.csv", "mail,phone", [*OWN, *again], id=BOTH) == []


SHOPS = [("north", 50), ("south", 40), ("east", 30)]
ANEW = [f"{shop},{n:04}" for shop, count in SHOPS for n in range(1, count + 1)]


@pytest.mark.parametrize("labels", [[], ["门店"]])
@pytest.mark.parametrize("lead", ["", "M"])
def test_numbers_that_each_shop_gives_anew_are_told(
    tmp_path: Path, labels: list[str], lead: str
) -> None:
    said = {"id": {"column": "no", "profile": "raw:v1"}, "labels": labels}
    rows = [row.replace(",", f",{lead}") for row in ANEW]
    found = told(tmp_path / "a.csv", "门店,no", rows, **said)
    assert [one for one in found if one[0] == "numbered-anew"] == [
        ("numbered-anew", "no", 70, 120, (52,))
    ]


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        ("quarter,no", ANEW),
        (
            "门店,no",
            [f"{shop},{n * 7919:07}" for shop, count in SHOPS for n in range(1, count + 1)],
        ),
        ("门店,no", [f"{'abc'[n % 3]},{n * 7 % 61:04}" for n in range(100)]),
        ("门店,no", [f"{shop},{shop[0]}{n:04}" for shop, count in SHOPS for n in range(1, count)]),
    ],
)
def test_members_who_buy_in_several_shops_are_not(
    tmp_path: Path, header: str, rows: list[str]
) -> None:
    said = {"id": {"column": "no", "profile": "raw:v1"}}
    assert "numbered-anew" not in [one[0] for one in told(tmp_path / "a.csv", header, rows, **said)]
