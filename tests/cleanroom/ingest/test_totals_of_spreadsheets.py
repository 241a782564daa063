# ruff: noqa: E501
"""Rows that spreadsheets and pivot tables add are nobody's, in whatever language and function."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from cleanroom.ingest import validate_report
from cleanroom.ingest.identifiers import NotNormalisable, normalise, normalise_many
from cleanroom.ingest.identifiers.nothing import Words
from cleanroom.ingest.identifiers.totals import ANYWHERE, CELLS, FIRST_CELL, SELDOM, is_total
from cleanroom.ingest.spec import DatasetSpec
from cleanroom.isolated import records
from cleanroom.isolated.csv_rows import read_csv
from cleanroom.isolated.records import Odd

pytestmark = pytest.mark.usefixtures("inside")


TOTALS = """
Total Geral|Total Norte|Hovedtotal|Totalsum|Végösszeg|Kaikki yhteensä|Somme|Summa|Razem|Vsota|Average
Mittelwert|Count|Grand Count|North Count|North Average|Nord Anzahl|Gesamtanzahl|Gesamtmittelwert
Grand Max|Grand Min|Grand StdDev|Nord Summa|Totalsumma|Północ Suma|Suma końcowa|Sever Celkem
Celkový součet|Spolu|Észak Összesen|Север Итог|Общий итог|Разом|Общо|Ukupni zbroj|Skupna vsota
Kuzey Toplam|Genel Toplam|Σύνολο|ΣΥΝΟΛΟ|Γενικό Άθροισμα|Νότος Πλήθος|Μέσος όρος|סה"כ|סך הכל
סכום כולל|الإجمالي|الإجمالي الكلي|المجموع|متوسط|รวม|รวมทั้งหมด|จำนวน|ผลรวม|Tổng cộng|Tổng|Trung bình
Jumlah|Total Keseluruhan|कुल योग|Kokku|Kopā|Iš viso|北 汇总|北 计数|总计数|総計|東京 集計|全体の平均|서울 요약|전체 개수
""".replace("\n", "|").strip("|").split("|")  # fmt: skip

PEOPLE = ["Media Markt", "Max", "Ann Max", "Countess", "Totalfit", "total1", "sum-7", "u1", "Suma7"]


@pytest.mark.parametrize("cell", TOTALS)
def test_a_total_of_any_language_is_nobody(cell: str) -> None:
    for written in (cell, cell.upper(), cell.lower(), f" {cell}: ", f"({cell})"):
        with pytest.raises(NotNormalisable, match="is a total"):
            normalise(written, "raw:v1")


@pytest.mark.parametrize(
    "cell", ["全部", "所有", "todos", "tutti", "Все", "Alle", "すべて", "전체"]
)
def test_a_row_of_all_members_is_none(cell: str) -> None:
    with pytest.raises(NotNormalisable, match="is a total.*a person's name, list it in not_nulls"):
        normalise(cell, "raw:v1")
    assert normalise(cell, "raw:v1", None, Words((), (cell,))) == cell


@pytest.mark.parametrize("cell", PEOPLE)
def test_what_only_resembles_one_is_a_member(cell: str) -> None:
    assert normalise(cell, "raw:v1") == cell
    assert not is_total(cell.casefold())


def test_a_column_and_a_cell_are_read_by_the_same_rules() -> None:
    cells = [*TOTALS, *PEOPLE, "summe:5", "count:3", "count:x", "anzahl:3", "time:5", "copyright-7"]
    cells += ["elapsed:9", "total:9", "totaal:x", "totaal-7", "gesamt", "subtotale", "sub_total:3"]
    found = normalise_many(pa.array(cells), "raw:v1")
    for cell, code in zip(cells, found.codes, strict=True):
        if code:
            with pytest.raises(NotNormalisable):
                normalise(cell, "raw:v1")
        else:
            assert normalise(cell, "raw:v1") == cell


def odd_rows(path: Path, *lines: str) -> Odd:
    path.write_text("\n".join([*lines, ""]), "utf-8")
    odd = Odd(pattern=FIRST_CELL, around=" :", words=CELLS, anywhere=ANYWHERE, perhaps=SELDOM)
    list(read_csv(str(path), ["m"], [], odd))
    return odd


def test_subtotals_beside_a_count_are_left_out_by_their_first_cell(tmp_path: Path) -> None:
    lines = ["region,m,day", "North,u1,1", "North Count,1,", "Grand Count,12,", "NORTH AVERAGE,7,"]
    lines += ["ΜΕΡΙΚΟ ΣΥΝΟΛΟ,8,", "Νότος Πλήθος,9,", "North Star,u2,3", "Anna Suma,u3,4"]
    odd = odd_rows(tmp_path / "x.csv", *lines)
    assert odd.totals == [3, 4, 5, 6, 7]
    assert (odd.unread, odd.seldom) == ({}, {"region": (1, 9)})


def test_subtotals_in_another_column_are_pointed_at(tmp_path: Path) -> None:
    lines = ["day,m,region", "1,u1,North", "2,u2,x", ",12,North Count", ",2,Grand Count"]
    lines += [",3,Total Nord", ",4,期末余额", ",5,All"]
    odd = odd_rows(tmp_path / "x.csv", *lines)
    assert (odd.totals, odd.unread, odd.seldom) == ([], {"region": (3, 4)}, {"region": (2, 6)})


def test_a_column_of_many_values_is_looked_at_cell_by_cell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "_FEW_VALUES", 3)
    lines = ["day,m,region", *(f"1,u{number},r{number}" for number in range(9))]
    odd = odd_rows(tmp_path / "x.csv", *lines, "2,5,Grand Count", "3,6,All", "4,7,North Count")
    assert (odd.unread, odd.seldom) == ({"region": (1, 11)}, {"region": (1, 12)})


@pytest.mark.parametrize(("often", "told"), [(3, 4), (6, 1)])
def test_a_word_that_most_rows_have_is_a_value(tmp_path: Path, often: int, told: int) -> None:
    path = tmp_path / "x.csv"
    lines = ["day,m,what", *(f"1,u{number},sum" for number in range(often))]
    lines += [*(f"2,v{number},mean" for number in range(9)), "3,w,Total", ""]
    path.write_text("\n".join(lines))
    section = {"file": path.name, "kind": "events", "id": {"column": "m", "profile": "raw:v1"}}
    found = validate_report(DatasetSpec.model_validate(section), path).concerns
    lines_ = [(one.rows, one.places) for one in found if one.kind == "total-elsewhere"]
    assert lines_ == [(told, (2,) if told > 1 else (often + 11,))]
