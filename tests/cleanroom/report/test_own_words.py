"""A label that is a word of the product's own looks like a label, in every table and language."""

from __future__ import annotations

import pytest

from cleanroom.drawing.bars import label_of
from cleanroom.report.html import result_tables
from cleanroom.report.models import models_spreadsheet, models_table
from cleanroom.words.labels import ADDED, label_text
from cleanroom.words.table import spreadsheet, tables

LABELS = [
    "other",
    "Total",
    "START",
    "其他",
    "总计",
    "not attributed",
    "未归因",
    '"other"',
    '""other""',
]
PLAIN = ["others", "gold", "start-up", 'say "x"', '"', "totally", "A"]


def result(labels: list[str], **more: object) -> dict[str, object]:
    groups = [{"key": {"brand.tier": label}, "people": 7} for label in labels]
    summed = {"people": 7 * len(labels)}
    return {"groups": groups, "other": {"groups": 2, "people": 3}, "total": summed, **more}


def test_plain_labels_stay_and_own_words_are_quoted() -> None:
    assert [label_text(label) for label in PLAIN if label != '"'] == [x for x in PLAIN if x != '"']
    assert [label_text(label) for label in LABELS] == [f'"{label}"' for label in LABELS]
    assert label_text(None) == "start"


def test_no_two_labels_look_alike() -> None:
    labels = [*LABELS, *PLAIN, *(f'"{label}"' for label in [*LABELS, *PLAIN]), None]
    assert len({label_text(label) for label in labels}) == len(set(labels))


def test_tables_and_files_tell_them_apart() -> None:
    (table,) = tables(result(LABELS))
    named = [row[0][0] for row in table.rows]
    assert named[-2:] == ["other", "total"]
    assert not set(named[:-2]) & set(ADDED)
    rows = spreadsheet(result(LABELS))[1]
    assert [row[0] for row in rows].count("other") == 1
    assert len({row[0] for row in rows}) == len(rows)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_pages_tell_them_apart(language: str) -> None:
    (shown,) = result_tables(result(LABELS), language)  # type: ignore[arg-type]
    names = [row.labels[0] for row in shown.rows]
    assert len(set(names)) == len(names)
    assert names[0] == '"other"'


def test_models_and_charts_tell_them_apart() -> None:
    credited = result(["unattributed"], total={"attributed": 7, "unattributed": 1})
    for group in credited["groups"]:  # type: ignore[attr-defined]
        group["conversions"] = 7.0
    names = [labels[0] for labels, _ in models_table(["m"], [credited]).rows]
    assert names[0] == '"unattributed"'
    assert "unattributed" in names[1:]
    header, rows = models_spreadsheet(["m"], [credited])
    assert '"unattributed"' in {cell for row in rows for cell in row}
    assert label_of({"platform.campaign": "其他"}) == '"其他"'
