"""What reports, pivot tables and surveys lay out for people is pointed at, or left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from cleanroom.ingest import Report, validate_report
from cleanroom.ingest.concerns.counts import other_table
from cleanroom.ingest.concerns.likenesses import likenesses
from cleanroom.ingest.concerns.unread import currencies
from cleanroom.ingest.identifiers.profiles import normalise
from cleanroom.ingest.identifiers.reasons import NotNormalisable
from cleanroom.ingest.labels import LabelBuilder
from cleanroom.ingest.spec import DatasetSpec

pytestmark = pytest.mark.usefixtures("inside")


def outline(*cells: str) -> list[tuple[int, int]]:
    builder = LabelBuilder("tier", None)
    builder.add(pa.array(cells, pa.string()))
    return [(one.rows, row) for one, row in builder.concerns() if one.kind == "outline"]


def test_labels_that_are_not_repeated() -> None:
    assert outline("gold", "", "", "silver", "", "tin") == [(3, 1)]
    assert outline("gold", "", "silver", "") == [(2, 1)]
    assert not outline("", "gold", "", "silver", "")
    assert not outline("gold", "", "gold", "")
    assert not outline("gold", "silver", "tin", "")
    assert not outline("gold", "", "", "")


def alike(*values: str) -> dict[str, tuple[int, int]]:
    found = likenesses(pa.array(values, pa.large_string()), "m", "raw:v1")
    return {one.kind: (one.rows, place) for one, place in found}


MEMBERS = [f"u{number}" for number in range(20)]


def test_members_without_the_digits_of_all_others() -> None:
    assert alike(*MEMBERS, "Member ID", "会员号") == {"worded": (2, 20)}
    assert alike("a", "b", "c", "d", *MEMBERS) == {"worded": (4, 0)}
    assert alike(*MEMBERS[1:], "Day") == {}
    assert alike(*MEMBERS, "x@y.cn") == {}


@pytest.mark.parametrize("cell", ["u7;u8", "u7;u8;", "u7, u8", "u7|u8|u9", "u7\nu8"])
def test_several_members_in_one_cell(cell: str) -> None:
    assert alike("a1", "a2", cell) == {"several": (1, 2)}
    assert alike("a1", cell) == {}


@pytest.mark.parametrize("cell", [";u7", "u7;", "u7,"])
def test_a_sign_at_an_end_separates_nothing(cell: str) -> None:
    assert alike("a1", "a2", cell) == {}


@pytest.mark.parametrize(
    "cell",
    ["ObjectId(60c7)", "UUID(3f2a)", "<b>u1</b>", '<a href="x">u1</a>', "[u1](http://x/u1)",
     "NumberLong(7)", "datetime.date(2026, 6, 4)"],
)  # fmt: skip
def test_what_stands_around_a_value_is_not_read_as_it(cell: str) -> None:
    with pytest.raises(NotNormalisable, match="list or a structure"):
        normalise(cell, "raw:v1")


@pytest.mark.parametrize("cell", ["A(1)", "<u1>", "[u1]", "Guid-7(b)"])
def test_brackets_may_be_meant(cell: str) -> None:
    assert normalise(cell, "raw:v1") == cell


@pytest.mark.parametrize("cell", ["(Low Traffic)", "Low-Traffic", "Uniques Exceeded"])
def test_whom_a_report_does_not_list_is_nobody(cell: str) -> None:
    with pytest.raises(NotNormalisable, match="word for no value"):
        normalise(cell, "raw:v1")


def codes(name: str, *cells: str) -> list[str]:
    return currencies(name, {cell: (1, place) for place, cell in enumerate(cells)})


def test_the_currencies_of_a_column_that_is_not_read() -> None:
    for name in ("Currency", "currency_code", "币种", "WAERS", "Währung", "ccy"):
        assert codes(name, "usd", "JPY ", "USD") == ["JPY", "USD"]
    assert codes("Currency", "US dollars", "7", "") == []
    assert codes("tier", "usd", "jpy") == ["JPY", "USD"]
    assert codes("tier", "VIP", "usd") == []


def validated(path: Path, lines: list[str], **fields: Any) -> Report:
    path.write_text("\n".join([*lines, ""]), "utf-8")
    section = {"file": path.name, "kind": "events", "id": {"column": "m", "profile": "raw:v1"}}
    spend = {"column": "spend", "decimals": 2, "min": 0, "max": 100}
    return validate_report(
        DatasetSpec.model_validate(section | {"measures": {"spend": spend}} | fields), path
    )


def test_another_table_below_and_amounts_in_two_currencies(tmp_path: Path) -> None:
    lines = ["m,spend,currency", "u1,3,USD", "u2,4,EUR", "m,spend,currency", "u3,free 1,EUR"]
    lines += ["u4,N/A,EUR", "总数,金额,备注", "u2,7,EUR"]
    found = validated(tmp_path / "x.csv", lines).concerns
    told = {one.kind: (one.rows, one.of, one.places) for one in found}
    assert told["other-table"] == (1, 3, (7,))
    assert [one.declared for one in found if one.kind == "currencies"] == ["EUR, USD"]
    assert (told["currencies"][:2], len(told)) == ((2, 7), 3)
    alone = validated(tmp_path / "x.csv", lines, measures={})
    assert {one.kind for one in alone.concerns} == {"unusable"}


def test_many_words_are_no_other_table() -> None:
    index = np.arange(10)
    assert [(one.rows, row) for one, row in other_table(index, [3, 5])] == [(6, 3)]
    assert not list(other_table(index, [1, 2, 3, 4]))
    assert not list(other_table(index, [11]))
