"""Labels that are one in two spellings are told together, and cells that hold several values."""

from __future__ import annotations

from pathlib import Path

import pytest

from cleanroom.ingest import validate_report
from cleanroom.ingest.concerns.names_of_states import both_ways
from cleanroom.ingest.concerns.spellings import alike, several
from cleanroom.ingest.spec import DatasetSpec

pytestmark = pytest.mark.usefixtures("inside")


@pytest.mark.parametrize(
    "spelt",
    [
        ("Khánh Hòa", "Khánh Hoà"),
        ("Thanh Hóa", "Thanh Hoá"),
        ("Thúy", "Thuý"),
        ("แพร่", "เเพร่"),
        ("București", "Bucureşti".replace("ș", "ş")),
        ("Timiș", "Timiş"),
        ("Королёв", "Королев"),
        ("علي", "علی"),
        ("São Paulo", "SAO PAULO", "Sao Paulo"),
        ("Köln", "Koeln"),
        ("Łódź", "Lodz"),
        ("Århus", "Aarhus"),
        ("广东", "广东省"),
        ("內蒙古", "内蒙古自治区"),
        ("東京", "東京都"),
        ("서울", "서울특별시", "서울시"),
        ("男", "男性"),
        ("25-34", "25-34岁"),
        ("Thành phố Hồ Chí Minh", "TP. Hồ Chí Minh", "Hồ Chí Minh", "Ho Chi Minh"),
        ("18–24", "18-24"),
    ],
)
def test_one_word_in_two_spellings_is_told(spelt: tuple[str, ...]) -> None:
    (group,) = alike(["gold", *spelt, "新客"])
    assert sorted(group) == sorted(spelt)


@pytest.mark.parametrize(
    "labels",
    [
        ("Dừa", "Dứa", "Dưa"),
        ("吉林省", "吉林市"),
        ("京都", "京"),
        ("東京都", "京都"),
        ("カ", "ガ"),
        ("paso", "paseo"),
        ("男", "女性"),
        ("1 May", "1 Mayo"),
        ("Ba Đình", "Bà Rịa"),
    ],
)
def test_other_words_are_not(labels: tuple[str, ...]) -> None:
    assert alike(labels) == []


def test_a_file_says_both_spellings_with_what_no_eye_sees(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    cells = ["แพร่", "เเพร่", "x", "แพร่"]
    path.write_text(
        "\n".join(["m,t", *(f"u{n},{one}" for n, one in enumerate(cells)), ""]), "utf-8"
    )
    section = {"file": "a.csv", "kind": "audience", "labels": ["t"]}
    section |= {"id": {"column": "m", "profile": "raw:v1"}}
    (found,) = validate_report(DatasetSpec.model_validate(section), path).concerns
    assert (found.kind, found.rows, found.places) == ("alike", 3, (2,))
    assert found.declared == "แพร่ / \\u0e40\\u0e40พร่"


@pytest.mark.parametrize("sign", ["、", ", ", ";", " | ", "/"])
def test_cells_with_several_values_are_told(sign: str) -> None:
    lists = [sign.join(pair) for pair in (("VIP", "new"), ("new", "sleeps"), ("VIP", "sleeps"))]
    assert several(["VIP", "new", "sleeps", *lists]) == lists
    orders = [sign.join(pair) for pair in (("a", "b"), ("b", "a"), ("b", "c"), ("c", "b"))]
    assert several(orders) == orders
    assert several(["VIP", "new", *lists[:1]]) == []


@pytest.mark.parametrize(
    "labels",
    [
        ("red / S", "red / M", "blue / S", "blue / M"),
        ("London, UK", "Leeds, UK", "Paris, FR"),
        ("Home/Garden", "Home/Kitchen", "Home", "Garden"),
        ("1/2", "2/1", "1/3", "3/1", "1", "2", "3"),
        ("1,000", "2,000", "3,000"),
        ("Smith, Ann", "Ann"),
    ],
)
def test_values_with_a_sign_in_them_are_no_lists(labels: tuple[str, ...]) -> None:
    assert several(labels) == []


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        ("CA California TX texas Nevada", "CA California TX texas"),
        ("QC Québec Quebec ON ontario BC", "QC Québec Quebec ON ontario"),
        ("NSW New_South_Wales VIC Victoria", "NSW New_South_Wales VIC Victoria"),
        ("US USA CN 中国 England Wales", "US USA CN 中国"),
        ("CA California Texas NV", ""),  # may be Canada
        ("WA Washington Western_Australia", ""),
        ("UK England Wales US", ""),
        ("new vip old silver gold", ""),
    ],
)
def test_states_and_countries_in_both_ways(cells: str, found: str) -> None:
    told = both_ways({cell.replace("_", " ") for cell in cells.split()})
    assert {one.replace(" ", "_") for group in told for one in group} == {*found.split()}


def test_both_ways_are_shown_with_their_rows(tmp_path: Path) -> None:
    states = ["CA", "TX", "California", "Texas", "Ohio"] * 3
    rows = [f"u{number},{state}" for number, state in enumerate(states)]
    (tmp_path / "x.csv").write_text("\n".join(["m,state", *rows, ""]))
    section = {"file": "x.csv", "kind": "audience", "id": {"column": "m", "profile": "raw:v1"}}
    spec = DatasetSpec.model_validate(section | {"labels": ["state"]})
    (told,) = validate_report(spec, tmp_path / "x.csv").concerns
    assert (told.kind, told.rows, told.of) == ("both-ways", 12, 15)
    assert (told.declared, told.places) == ("CA / California", (2,))


SEXES = [
    [["F", "女"], ["M", "男"]],
    [["female", "2", "女"], ["male", "1"]],
    [["F", "Female"], ["M", "Male"]],
    [["女性", "W", "女"], ["男性", "m", "男"]],
    [["여자", "F"], ["남자", "M"]],
    [["女士", "女"], ["先生", "男"]],
]


@pytest.mark.parametrize(
    ("one", "other"),
    [("25-34岁", "25至34岁"), ("35岁以上", "35岁及以上"), ("18-24", "18到24")]
    + [("500元以下", "500元及以下"), ("其他", "其它"), ("内蒙", "内蒙古自治区")],
)  # fmt: skip
def test_what_is_written_in_two_ways_for_one_band_or_rest(one: str, other: str) -> None:
    assert alike([one, other, "一线城市"]) == [[one, other]]


ANSWERS = [
    [["Y", "1", "是"], ["N", "0", "否"]],
    [["yes", "TRUE"], ["no", "FALSE"]],
    [["ja", "1"], ["nein", "0"]],
    [["sí", "S"], ["no"]],
]


@pytest.mark.parametrize("groups", ANSWERS)
def test_yes_and_no_in_several_notations(groups: list[list[str]]) -> None:
    every = [one for group in groups for one in group]
    told = [*map(sorted, (group for group in groups if len(group) > 1))]
    for others in ([], ["unknown"]):
        assert [sorted(one) for one in alike([*every, *others])] == told
    assert alike([*every, "CN", "US", "unknown"]) == alike([*every, "CN", "US"]) == []


@pytest.mark.parametrize(
    "labels",
    [("Y", "N"), ("1", "0"), ("1", "0", "2"), ("是", "否", "其他"), ("NO", "SE", "DK", "N")],
)
def test_one_notation_of_yes_and_no_is_quiet(labels: tuple[str, ...]) -> None:
    assert alike(labels) == []


@pytest.mark.parametrize("groups", SEXES)
def test_sexes_in_several_notations(groups: list[list[str]]) -> None:
    every = [one for group in groups for one in group]
    for others in ([], ["0"], ["unknown", "保密", "X"]):
        assert [sorted(one) for one in alike([*every, *others])] == [*map(sorted, groups)]


@pytest.mark.parametrize(
    "labels",
    [("M", "F"), ("男", "女", "0"), ("1", "2", "0"), ("M", "1", "2"), ("H", "M", "mujer", "hombre"),
     ("F", "male"), ("S", "M", "L", "1"), ("Frau", "Herr", "Firma"), ("男", "M", "S", "L"),
     ("男装", "女装", "M", "F"), ("F", "女", "M", "男", "S", "L", "XL", "XXL")],
)  # fmt: skip
def test_one_notation_of_sexes_is_quiet(labels: tuple[str, ...]) -> None:
    assert alike(labels) == []


def test_sexes_of_two_exports_are_told_with_their_rows(tmp_path: Path) -> None:
    cells = ["M", "F", "男", "女", "M"]
    lines = [f"u{n}x,{cell}" for n, cell in enumerate(cells)]
    (tmp_path / "x.csv").write_text("\n".join(["m,sex", *lines, ""]), "utf-8")
    section = {"file": "x", "kind": "audience", "id": {"column": "m", "profile": "raw:v1"}}
    spec = DatasetSpec.model_validate(section | {"labels": ["sex"]})
    (one,) = validate_report(spec, tmp_path / "x.csv").concerns
    assert (one.kind, one.rows, one.declared, one.places) == ("alike", 5, "M / 男", (2,))
