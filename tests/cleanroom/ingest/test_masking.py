"""What is shown of cells: nothing that names a person, and what tells rows apart."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from cleanroom.ingest.masking import looks_like_identifier
from cleanroom.report.dataset import looked_at, remarks, shown
from tests.cleanroom.ingest.test_look_at_a_file import RAW, look

NAMES_SOMEBODY = [
    "13423051334/13503980190",
    "0171/72033993",
    "212-555-3671",
    "(212) 555-3671",
    "07700 900123",
    "张三13812345678",
    "１３８００１３７３９１",
    "ann.lee%40mail.cn",
    "Ann Lee <ann.lee@mail.cn>",
    "ann.lee@mail.cn;li.na@mail.cn",
    "ann.lee @mail.cn",
    "11010519900307123X",
    "6222021234567890123",
    "oXyZ4bc1d23def456ghi789jkl01",
    "Rm+ZAl7Gplj/g5P7qkLmvA8Zx9cQ2wE4rT6yU8iO",
    "{3f2504e0-4f89-11d3-9a0c-0305e82c3301}",
    "20190101 13800138000",
]
NAMES_NOBODY = [
    *("gold", "18-24", "CN", "50000/100000", "1000.00-1999.99", "2025-2026", "¥1,234,567.00"),
    *("2026-05-01", "20260501", "01.05.2026", "2026-05-01 10:00:00", "20260501-20260531"),
    *("summer2026_v2_q3", "campaign_20260501_douyin", "Spring2026SaleDouyinFeed"),
]


@pytest.mark.parametrize("value", NAMES_SOMEBODY)
def test_no_value_that_names_somebody_is_shown(tmp_path: Path, value: str) -> None:
    """Of a column that is not read, of rows that are left out, or of a few labels."""
    cell = f'"{value}"'
    rows = [f"u{n},{cell if n % 2 else 'b'},x,{cell if n == 1 else 'gold'}" for n in range(40)]
    rows += [f"v{n},b,{cell},gold" for n in range(4)]
    text = "\n".join(["m,note,keeps,tier", *rows]) + "\n"
    report = look(tmp_path, text, id=RAW, labels=["tier"], keep={"keeps": ["x"]})
    assert {one.column for one in report.unread} == {"note"}
    page = Console(file=io.StringIO(), width=400)
    for language in ("en", "zh"):
        page.print(shown(report, language), *remarks(report, language))
    said = page.file.getvalue() + json.dumps(
        [report.to_json(), looked_at(report)], ensure_ascii=False
    )
    assert value not in said
    hidden = "9" in said and "gold" in said
    assert hidden, "the search must see what is really there"


@pytest.mark.parametrize("value", NAMES_NOBODY)
def test_dates_bands_and_campaigns_are_shown(value: str) -> None:
    assert not looks_like_identifier(value)
