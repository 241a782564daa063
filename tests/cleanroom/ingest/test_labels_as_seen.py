"""Labels that look alike are one label; what cannot be one says why."""

from __future__ import annotations

import pyarrow as pa
import pytest
from pydantic import ValidationError

from cleanroom.ingest.labels import LabelBuilder
from cleanroom.ingest.masking import masked
from cleanroom.ingest.parse import parse_action
from cleanroom.ingest.spec import ActionSpec, DatasetSpec


def label(cell: str, declared: tuple[str, ...] | None = None) -> str:
    builder = LabelBuilder("town", declared)
    parsed = builder.add(pa.array([cell]))
    said = [reason for reason, where in parsed.faults if where[0]]
    if said:
        return said[0]
    found = builder.finish(parsed.values)
    return found.domain[found.codes[0]]


@pytest.mark.parametrize("blank", "\u00a0\u2000\u2003\u2009\u202f\u205f\u3000")
def test_every_blank_is_one(blank: str) -> None:
    assert label(f"{blank}San{blank}Juan{blank}") == "San Juan"
    assert label(f"San{blank}Juan", ("San Juan",)) == "San Juan"
    assert label(blank) == "unknown"


@pytest.mark.parametrize("mark", "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u2060\ufeff")
def test_what_nobody_sees_is_dropped(mark: str) -> None:
    assert label(f"{mark}sil{mark}ver{mark}") == "silver"
    assert label(f" {mark} silver") == "silver"
    assert label(mark) == "unknown"


@pytest.mark.parametrize("cell", ["two\nlines", "two\u2028lines", "tab\tinside", "bell\a"])
def test_control_characters_are_named(cell: str) -> None:
    assert label(cell) == "town has a line break, a tab or a control character"


def test_a_long_label_is_named() -> None:
    assert label("x" * 129) == "town has more than 128 characters"
    assert label("x" * 128) == "x" * 128


def test_letters_are_composed_in_cells_and_in_declared_values() -> None:
    parted = "Cafe\u0301"
    assert label(parted) == label("Caf\u00e9") == "Caf\u00e9"
    base = {"file": "x", "kind": "audience", "id": {"column": "m", "profile": "raw:v1"}}
    spec = DatasetSpec.model_validate(
        base | {"labels": ["town"], "domains": {"town": [parted, "Rome"]}}
    )
    assert label(parted, spec.domains["town"]) == "Caf\u00e9"
    with pytest.raises(ValidationError, match="twice"):
        DatasetSpec.model_validate(
            base | {"labels": ["town"], "domains": {"town": [parted, "Caf\u00e9"]}}
        )


def test_an_action_may_be_written_with_parted_letters() -> None:
    spec = ActionSpec(column="a", click="cliqu\u00e9", view="vu")
    cells = pa.array(["clique\u0301", '="vu"', "other"])
    parsed = parse_action(cells, spec)
    assert parsed.values.tolist() == [1, 0, 0]
    assert parsed.faults[0][1].tolist() == [False, False, True]


def test_an_action_may_have_marks_that_nobody_sees() -> None:
    spec = ActionSpec(column="a", click="\U0001f5b1\ufe0f", view="vu")
    cells = pa.array(["\U0001f5b1\ufe0f", "\U0001f5b1", "v\u200bu", "'vu"])
    assert parse_action(cells, spec).values.tolist() == [1, 1, 0, 0]
    assert not parse_action(cells, spec).faults[0][1].any()


def test_what_shops_write_around_a_label_is_no_part_of_it() -> None:
    assert label('="gold"') == label('= "gold"') == "gold"
    assert label('=""') == "unknown"
    assert label("`gold") == label("` gold") == "gold"
    assert label("`") == "unknown"
    assert label("'s-Hertogenbosch") == "'s-Hertogenbosch"


@pytest.mark.parametrize(
    "cell",
    ["NULL", "(null)", "\\N", "NaN", "N/A", "#N/A", "(not set)", "未知", "-", "Unknown", "@NULL@",
     "(blank)", "(Leer)", "(vide)", "(en blanco)", "(vuoto)", "(空白)", "（空白）", "(tom)",
     "#Н/Д", "#NV"],
)  # fmt: skip
def test_a_word_for_no_value_is_unknown_unless_it_is_declared(cell: str) -> None:
    assert label(cell) == "unknown"
    assert label(cell, ("gold",)) == "unknown"
    assert label(cell, ("gold", cell)) == cell


@pytest.mark.parametrize(
    "cell", ["none", "NA", "guest", "true", "0", "-1", "A-", "+", "***", "无", "Tom", "blank"]
)
def test_what_may_be_a_value_is_one(cell: str) -> None:
    assert label(cell) == cell


def odd(*cells: str, declared: tuple[str, ...] | None = None) -> dict[str, tuple[int, int, str]]:
    builder = LabelBuilder("town", declared)
    for half in (cells[: len(cells) // 2], cells[len(cells) // 2 :]):
        builder.add(pa.array(half))
    return {one.kind: (one.rows, row, one.declared) for one, row in builder.concerns()}


@pytest.mark.parametrize("cell", ["MÃ¼nchen", "ä¸Šæµ·", "锟斤拷", "ÉÏº£", "?? ?"])
def test_a_label_in_a_wrong_encoding_is_noticed(cell: str) -> None:
    assert odd("gold", cell)["damaged"][:2] == (1, 1)
    assert "damaged" not in odd("São Paulo", "Zürich", "Île-de-France", "créée", "Ærø", "上海")


@pytest.mark.parametrize("cell", ["__CAMPAIGN_NAME__", "{{campaign.name}}", "#REF!"])
def test_what_a_program_left_behind_is_noticed(cell: str) -> None:
    assert odd("gold", cell)["maybe-nothing"][:2] == (1, 1)


@pytest.mark.parametrize("cell", ["`gold`", "'gold'", "“gold”", "‘gold’", "«gold»", '"gold"'])
def test_quotes_around_a_label_are_letters_of_it_and_are_noticed(cell: str) -> None:
    assert label(cell) == cell
    assert odd("silver", cell)["quoted"] == (1, 1, masked(cell))
    assert "quoted" not in odd("'s-Hertogenbosch", '27" screen', "rock 'n' roll")
    assert odd(cell, declared=(cell,)) == {}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("gold", "Gold"),
        ("gold", "\uff27\uff4f\uff4c\uff44"),
        ("25-34", "25\u201334"),
        ("25-34", "25 - 34"),
        ("1", "01"),
        ("1", "1.0"),
        ("new york", "New  York"),
        ("gold", "'gold'"),
        ("\u30ab", "\uff76"),
        ("会员", "會員"),
        ("金钻", "金鑽"),
        ("VIP", "V\u0406\u0420"),
    ],
)
def test_labels_that_a_reader_takes_for_one_are_pointed_at(one: str, other: str) -> None:
    assert odd("x", one, "y", other, one)["alike"][:2] == (3, 1)


def test_labels_that_differ_for_a_reader_are_not() -> None:
    assert odd("gold", "silver", "A", "A+", "1", "-1", "10", "25-34", "2534") == {}


def test_what_is_odd_about_labels_is_counted_and_named_with_its_first_row() -> None:
    found = odd("gold", "NULL", "-", "Grand Total", "NA", "??", "a\ufffdb", "none", "")
    assert found == {
        "nothing": (2, 1, "NULL, -"),
        "total": (1, 3, "Grand Total"),
        "maybe-nothing": (1, 4, "NA"),
        "damaged": (2, 5, "??"),
    }
    declared = ("gold", "Gold", "NA", "total", "-")
    assert odd("gold", "Gold", "NA", "total", "-", "NULL", "elsewhere", declared=declared) == {
        "nothing": (1, 5, "NULL")
    }


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        (("18-24", "12-May", "25-34"), (1, 1, "99-Xxx")),
        (("18-24", "May-12"), (1, 1, "Xxx-99")),
        (("18-24", "5月12日", "12. Mai"), (2, 1, "9*99*")),
        (("18-24", "2026-05-12", "2026-05-12 00:00:00", "5/12/2026"), (3, 1, "9999-99-99")),
        (("18-24", "2026年5月12日"), (1, 1, "9999*9*99*")),
        (("18-24", "46154", "12345"), (1, 1, "99999")),
        (("2E10", "1.00E+05"), (1, 1, "9.99X+99")),
        (("12-May", "13-May"), (2, 0, "99-Xxx")),
    ],
)
def test_labels_that_a_spreadsheet_made_dates_or_numbers_of(
    cells: tuple[str, ...], found: tuple[int, int, str]
) -> None:
    assert odd(*cells) == {"converted": found}
    assert odd(*cells, declared=cells) == {}


def test_months_of_years_are_cohorts_unless_they_stand_beside_others() -> None:
    assert odd("May-26", "Jun-26", "Dec-25", "") == odd("Mai 26") == {}
    assert odd("May-26", "Jun-45") == {"converted": (2, 0, "Xxx-99")}
    assert odd("May-26", "12-May") == {"converted": (2, 0, "Xxx-99")}
    assert odd("gold", "May-26") == {"converted": (1, 1, "Xxx-99")}


def test_a_column_of_dates_and_names_with_numbers_are_labels() -> None:
    assert odd("2026-05-12", "2026-05-13", "") == {}
    assert odd("Set-12", "45000", "40000", "May", "A-Mar-7", "May 2026", "18:24", "1E5") == {}
