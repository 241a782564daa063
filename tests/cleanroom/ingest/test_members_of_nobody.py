"""Member numbers of tests and closed accounts are told, and words for any guest are nobody."""

from __future__ import annotations

import random
import string
from itertools import product
from pathlib import Path

import pytest

from cleanroom.ingest import Report, validate_report
from cleanroom.ingest.identifiers import NotNormalisable, normalise
from cleanroom.ingest.spec import DatasetSpec
from cleanroom.report.dataset import concern

pytestmark = pytest.mark.usefixtures("inside")

PEOPLE = [f"u{number}" for number in range(10)]
TESTS = ["TEST001", "test_user", "demo", "test-account-2", "测试账号1", "テスト", "dummy", "qa_7"]
CLOSED = ["U10003_del", "U7_deleted", "u8_已注销", "u9_注销", "张三已注销", "u5(탈퇴)", "deleted_7"]


def report(folder: Path, cells: list[str], profile: str = "raw:v1") -> Report:
    (folder / "x.csv").write_text("\n".join(["m", *cells, ""]), "utf-8")
    section = {"file": "x", "kind": "audience", "id": {"column": "m", "profile": profile}}
    return validate_report(DatasetSpec.model_validate(section), folder / "x.csv")


def told(found: Report, *kinds: str) -> list[tuple[str, int, tuple[int, ...]]]:
    return [(one.kind, one.rows, one.places) for one in found.concerns if one.kind in kinds]


@pytest.mark.parametrize(("kind", "cells"), [("test-members", TESTS), ("closed", CLOSED)])
def test_each_form_of_them_is_told(tmp_path: Path, kind: str, cells: list[str]) -> None:
    for cell in cells:
        found = report(tmp_path, [*PEOPLE, cell])
        assert told(found, "test-members", "closed") == [(kind, 1, (12,))], cell
        (one,) = (one for one in found.concerns if one.kind == kind)
        assert all("1" in concern(one, "line", language) for language in ("en", "zh"))


@pytest.mark.parametrize(
    "cell",
    ["一次性客户", "电商散客", "其他客户", "个人会员", "线上顾客", "抖音用户"]
    + ["零售类客户", "(待定客户)"],
)
def test_whom_programs_of_trade_name_for_anybody_is_nobody(cell: str) -> None:
    with pytest.raises(NotNormalisable):
        normalise(cell, "raw:v1")
    assert normalise(cell.strip("()") + "王五", "raw:v1") == cell.strip("()") + "王五"


def test_random_numbers_without_a_digit_are_no_words(tmp_path: Path) -> None:
    draw = random.Random(19)
    people = ["wm" + "".join(draw.choices(string.ascii_letters + "_", k=30)) for _ in range(3)]
    people += [
        f"wmJ{n}{draw.choice('-_')}" + "".join(draw.choices("aBc9", k=27)) for n in range(90)
    ]
    assert told(report(tmp_path, people), "worded") == []


@pytest.mark.parametrize(
    "cell",
    ["testa", "tester9", "contest1", "demographic", "1001-DEL", "model", "u_delta"],
)
def test_what_only_resembles_them_is_not(tmp_path: Path, cell: str) -> None:
    assert told(report(tmp_path, [*PEOPLE, cell]), "test-members", "closed") == []


def test_a_file_of_tests_alone_is_one(tmp_path: Path) -> None:
    assert told(report(tmp_path, [f"test{number}" for number in range(9)]), "test-members") == []


@pytest.mark.parametrize(
    "word",
    ["散客", "现金客户", "零售客户", "匿名用户", "Walk-in", "일반손님", "ゲスト", "Cash Customer"],
)
def test_words_for_any_guest_are_nobody(word: str) -> None:
    with pytest.raises(NotNormalisable, match="a word for no value"):
        normalise(word, "raw:v1")


WORDS = ["".join(letters) for letters in product("白黑红", "猫狗鸟鱼", "店铺", "甲乙丙丁戊")]


@pytest.mark.parametrize("number", ["M{:06}", "{:05}", "VIP-{}", "{:032x}"])
@pytest.mark.parametrize("count", [1, 2, 3, 5, 7, 13, 40, 120])
def test_the_more_words_among_numbers_the_more_are_told(
    tmp_path: Path, number: str, count: int
) -> None:
    numbers = [number.format(31_000 + 13 * n) for n in range(290)]
    found = report(tmp_path, [*numbers, *WORDS[:count] * 4])
    (one,) = (one for one in found.concerns if one.kind == "worded")
    assert (one.rows, one.of, one.places) == (count, 290 + count, (292,))


def test_words_are_told_beside_numbers_of_several_programs(tmp_path: Path) -> None:
    numbers = [f"{('M', 'SH-', 'vip')[n % 3]}{7000 + n}" for n in range(120)]
    assert told(report(tmp_path, [*numbers, *WORDS[:9]]), "worded") == [("worded", 9, (122,))]


@pytest.mark.parametrize("share", [0.05, 0.2, 0.29])
def test_names_that_people_give_themselves_may_have_no_digit(tmp_path: Path, share: float) -> None:
    draw = random.Random(5)
    names = [
        "".join(draw.choices(string.ascii_lowercase, k=draw.randrange(3, 9))) for _ in range(300)
    ]
    count = int(share * 300)
    given = [f"tb{draw.randrange(10**6, 10**9)}" for _ in range(150)]
    mixed = [f"{name}{draw.randrange(99)}" for name in names[count:]]
    for numbers in (mixed, mixed[:40] + given):
        few = int(share * len(numbers))
        assert told(report(tmp_path, [*numbers, *names[:few]]), "worded") == []
        assert told(report(tmp_path, [*numbers, *WORDS[:few]]), "worded") == []


@pytest.mark.parametrize("signs", [string.ascii_letters + string.digits + "-_", "abcdefgh01"])
def test_random_values_may_have_no_digit(tmp_path: Path, signs: str) -> None:
    draw = random.Random(6)
    cells = [f"a{''.join(draw.choices(signs, k=6))}z" for _ in range(900)]
    assert sum(not any(map(str.isdigit, cell)) for cell in cells) > 90
    assert told(report(tmp_path, cells), "worded") == []
    assert told(report(tmp_path, [*cells, *WORDS[:20]]), "worded") == [("worded", 20, (902,))]


def test_an_x_that_several_rows_have_is_told(tmp_path: Path) -> None:
    names = ["ann", "bo7", "c-9", "XX", *(f"d{n * n}e" for n in range(20))]
    assert told(report(tmp_path, [*names, "xxx", "XXXX"]), "placeholders") == [
        ("placeholders", 2, (26, 27))
    ]
    assert told(report(tmp_path, [*names, "xxx"]), "placeholders") == []


def test_words_beside_too_many_others_are_names(tmp_path: Path) -> None:
    assert told(report(tmp_path, [*(f"u{n}" for n in range(100)), *WORDS[:50]]), "worded") == []


@pytest.mark.parametrize(
    "number",
    ["+821012345678", "+886912345678", "+819012345678", "+8613800000000"]
    + ["+84912345678", "+919876543210", "+447123456789"],
)
def test_numbers_that_are_typed_for_none(tmp_path: Path, number: str) -> None:
    others = ["+821029384756", "+8613902345671", "+819031415926"]
    found = report(tmp_path, [*others, number, number], "phone:e164:v1")
    assert told(found, "placeholders") == [("placeholders", 2, (5,))]
    found = report(tmp_path, [*others, others[0]], "phone:e164:v1")
    assert told(found, "placeholders") == []
