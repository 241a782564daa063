"""Labels whose letters are not what they were: misread, escaped, of two scripts."""

from __future__ import annotations

import pyarrow as pa
import pytest

from cleanroom.ingest.concerns.look import Look
from cleanroom.ingest.identifiers.profiles import normalise
from cleanroom.ingest.identifiers.reasons import NotNormalisable
from cleanroom.ingest.labels import LabelBuilder
from cleanroom.ingest.seen import meant
from cleanroom.ingest.spec import DatasetSpec

TOWNS = [
    "上海",
    "北京",
    "広州市",
    "東京",
    "São Paulo",
    "Göteborg",
    "Краснодар",
    "Ελλάδα",
    "서울특별시",
]


def told(*cells: str) -> dict[str, tuple[int, int, str]]:
    builder = LabelBuilder("town", None)
    builder.add(pa.array(cells))
    return {one.kind: (one.rows, row, one.declared) for one, row in builder.concerns()}


@pytest.mark.parametrize("encoding", ["mac_roman", "cp1250", "cp1251", "cp437", "cp866", "latin-1"])
@pytest.mark.parametrize("town", TOWNS)
def test_a_town_that_was_read_in_another_encoding_says_what_it_was(
    town: str, encoding: str
) -> None:
    try:
        shown = town.encode().decode(encoding)
    except UnicodeError:
        pytest.skip("the encoding has no letter for a byte")
    assert meant(shown) == town
    if shown.isprintable():
        assert told("gold", shown)["damaged"] == (1, 1, f"{shown} = {town}")


@pytest.mark.parametrize(
    ("shown", "town"),
    [
        ("娣卞湷", "深圳"),
        ("鏉窞", ""),
        ("鎴愰兘甯?", "成都"),
        ("鍖椾含甯?", "北京"),
        ("M眉nchen", "München"),
        ("Fran癟a", "França"),
        ("蜷榊商螻", ""),
    ],
)
def test_what_editors_of_east_asia_show(shown: str, town: str) -> None:
    assert meant(shown).startswith(town)
    assert bool(meant(shown)) == bool(town)


@pytest.mark.parametrize(
    "label",
    [
        *TOWNS,
        *(
            "STRĂŞENI",
            "Ні",
            "КИЇВ",
            "女A",
            "t茅",
            "茅台",
            "联通",
            "小学",
            "“Äpfel”",
            "«Éclair»",
            "ÓŻ",
        ),
        *("天津", "広島県", "웹", "Çeşme", "Łódź", "mg/µl", "20 €", "№ 5", "ﾃｽﾄ", "│ ║"),
    ],
)
def test_a_label_that_is_as_it_was_meant_is_none(label: str) -> None:
    assert meant(label) == ""
    assert "damaged" not in told("silver", label)


@pytest.mark.parametrize(
    "other",
    ["gold.", "gold;", "gold,", "gold:", "gold_x000D_", "gold\\n", "g\u043eld", "g\u03bfld"],
)
def test_a_label_that_looks_like_another_but_for_its_end_or_its_script(other: str) -> None:
    assert told("gold", "silver", other)["alike"][:2] == (2, 0)


def test_thousands_look_like_numbers() -> None:
    assert told("1,001", "1001", "2001")["alike"] == (2, 0, "1,001 / 1001")
    assert told("1,2", "12", "1,00", "100", "0,100") == {}


def test_a_word_of_two_scripts_is_told_by_its_numbers() -> None:
    assert told("silver", "g\u043eld")["lookalikes"] == (1, 1, "g\\u043eld")
    assert told("\u0421\u041e\u0420", "Класс A", "iOS и Mac", "\u0394T", "µm") == {}


@pytest.mark.parametrize("cell", ["\\u4e0a\\u6d77", "caf\\u00e9", "gold\\n", "u1_x000D_"])
def test_what_json_and_workbooks_write_is_escaped(cell: str) -> None:
    spec = DatasetSpec.model_validate(
        {"file": "x", "kind": "audience", "labels": ["l"]}
        | {"id": {"column": "l", "profile": "raw:v1"}}
    )
    for cells, rows in (([cell], 1), (["CORP\\u1234", "CORP\\nora", "_x0041"], 0)):
        look = Look()
        look.add(pa.record_batch({"l": cells}))
        found = [one.rows for one in look.concerns(spec) if one.kind == "escaped"]
        assert found == [rows] * bool(rows)


@pytest.mark.parametrize("cell", ["浼氬憳1050", "»áÔ±1051", "РђРЅРЅР°1052"])
def test_member_numbers_read_in_another_encoding_are_noticed(cell: str) -> None:
    document = {"file": "x.csv", "kind": "audience", "id": {"column": "m", "profile": "raw:v1"}}
    spec = DatasetSpec.model_validate(document)
    for cells, rows in (([cell], [1]), ([cell] + ["会员1"] * 2_000, [])):
        look = Look()
        look.add(pa.record_batch({"m": ["会员1000", "Анна1", "Müller", *cells]}))
        assert [one.rows for one in look.concerns(spec) if one.kind == "misread"] == rows


def test_member_numbers_with_lost_letters_are_nobody() -> None:
    with pytest.raises(NotNormalisable, match="lost a letter"):
        normalise("锟斤拷1001", "raw:v1")
    assert normalise("会员1001", "raw:v1") == "会员1001"


@pytest.mark.parametrize("cell", ["Loading...", "loading…"])
def test_a_formula_without_its_value_is_noticed(cell: str) -> None:
    assert told("gold", cell)["maybe-nothing"][:2] == (1, 1)
    assert "maybe-nothing" not in told("gold", "Loading")
    with pytest.raises(NotNormalisable, match="spreadsheet"):
        normalise(cell, "raw:v1")
