"""Digests of cells as they were typed, beside these cells, and digests of made-up addresses."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cleanroom.ingest import Report, validate_report
from cleanroom.ingest.spec import DatasetSpec

pytestmark = pytest.mark.usefixtures("inside")

MAILS = [f"{'Ann' if n % 2 else 'bo'}.{n}@Mail{n % 7}.com" for n in range(40)]
NUMBERS = [f"138 {n:04} {7 * n:04}" for n in range(1, 41)]


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def report(folder: Path, columns: dict[str, list[str]], profile: str, **more: str) -> Report:
    path = folder / "a.csv"
    rows = [",".join(columns), *map(",".join, zip(*columns.values(), strict=True)), ""]
    path.write_text("\n".join(rows), "utf-8")
    return validate_report(of(path, profile, **more), path)


def of(path: Path, profile: str, **more: str) -> DatasetSpec:
    identifier = {"column": "h", "profile": profile, **more}
    section = {"file": path.name, "kind": "audience", "id": identifier, "duplicates": "first"}
    return DatasetSpec.model_validate(section)


def told(found: Report) -> list[tuple[str, int, int, str]]:
    return [(one.kind, one.rows, one.of, one.declared) for one in found.concerns]


@pytest.mark.parametrize(
    "typed",
    [str, str.upper, "{} ".format, lambda one: one.lower().removesuffix(".com") + ".com "],
    ids=["as it stands", "upper case", "with a blank", "lower case with a blank"],
)
def test_digests_of_addresses_as_typed_are_pointed_at(
    tmp_path: Path, typed: Callable[[str], str]
) -> None:
    cells = [typed(one) for one in MAILS]
    digests = [digest(one) for one in cells]
    found = report(tmp_path, {"h": digests, "E-Mail": cells}, "sha256:email:uid2:v1")
    assert told(found) == [("as-typed", 40, 40, "E-Mail")]


def test_only_those_that_are_wrong_are_counted(tmp_path: Path) -> None:
    digests = [digest(one.lower() if n % 4 else one) for n, one in enumerate(MAILS)]
    found = report(tmp_path, {"email": MAILS, "h": digests}, "sha256:email:meta:v1")
    assert told(found) == [("as-typed", 10, 40, "email")]


def test_digests_under_another_profile_are_pointed_at(tmp_path: Path) -> None:
    cells = [f"a.n.n{n}@gmail.com" for n in range(40)]
    columns = {"h": [digest(one) for one in cells], "email": cells}
    assert told(report(tmp_path, columns, "sha256:email:meta:v1")) == []
    assert told(report(tmp_path, columns, "sha256:email:uid2:v1")) == [
        ("as-typed", 40, 40, "email")
    ]


@pytest.mark.parametrize(
    ("form", "right"),
    [("138", False), ("+86138", True), ("86138", False), ("0086138", False), ("138 ", False)]
    + [("138.0", False)],
)
def test_digests_of_telephone_numbers_are_compared(tmp_path: Path, form: str, right: bool) -> None:
    digits = [one.replace(" ", "") for one in NUMBERS]
    typed = NUMBERS if form == "138 " else [form + one.removeprefix("138") for one in digits]
    typed = [f"{one}.0" for one in digits] if form == "138.0" else typed
    columns = {"手机号": NUMBERS, "h": [digest(one) for one in typed]}
    found = told(report(tmp_path, columns, "sha256:phone:e164:v1", region="CN"))
    assert found == ([] if right else [("as-typed", 40, 40, "手机号")])


def test_digests_of_another_form_of_chinese_numbers_are_told(tmp_path: Path) -> None:
    digits = [one.replace(" ", "") for one in NUMBERS]
    columns = {"phone": digits, "h": [digest(f"+86{one}") for one in digits]}
    found = told(report(tmp_path, columns, "sha256:phone:cn11:v1"))
    assert found == [("as-typed", 40, 40, "phone")]


def test_digests_in_base64_in_parquet_are_compared(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    digests = [base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in MAILS]
    pq.write_table(pa.table({"h": digests, "mail": MAILS, "mails": [["a"]] * 40}), path)
    found = validate_report(of(path, "sha256:email:uid2:v1"), path)
    assert told(found) == [("as-typed", 40, 40, "mail")]


@pytest.mark.parametrize(
    "columns",
    [
        {"h": [digest(one.lower()) for one in MAILS], "email": MAILS},
        {"h": [digest(one.lower()) for one in MAILS], "email": MAILS[20:] + MAILS[:20]},
        {"h": [digest("pepper" + one) for one in MAILS], "email": MAILS},
        {"h": [digest(one) for one in MAILS], "who": MAILS},
    ],
    ids=["normalised", "of other people", "with a pepper", "beside a column of another name"],
)
def test_other_digests_are_not_pointed_at(tmp_path: Path, columns: dict[str, list[str]]) -> None:
    assert told(report(tmp_path, columns, "sha256:email:uid2:v1")) == []


@pytest.mark.parametrize(
    ("profile", "made_up"),
    [
        ("sha256:email:uid2:v1", ["none@none.com", "test@test.com", "123456@qq.com"]),
        ("sha256:email:meta:v1", ["noemail@noemail.com", "a@a.cn", "1111@163.com"]),
        ("sha256:email:meta:v1", ["wu@wu.com", "kein@email.de", "qwert@gmail.com"]),
        ("sha256:phone:cn11:v1", ["13800138000", "13888888888", "18812345678"]),
        ("sha256:phone:digits:v1", ["8613800138000", "8613888888888", "8613900000000"]),
        ("sha256:phone:e164:v1", ["+8613800138000", "+8613888888888", "+8613900000000"]),
        ("sha256:phone:e164:v1", ["11111111111", "+12345678901", "8677777777777"]),
        ("sha256:phone:cn11:v1", ["55555555555", "12345678901", "77777777777"]),
    ],
)
def test_digests_of_what_is_made_up_are_pointed_at(
    tmp_path: Path, profile: str, made_up: list[str]
) -> None:
    digests = [*(digest(f"of {n}") for n in range(40)), *map(digest, made_up)]
    found = report(tmp_path, {"h": digests}, profile).concerns
    assert [(one.kind, one.rows, one.of, one.places) for one in found] == [
        ("placeholders", 3, 43, (42, 43, 44))
    ]
    assert not any(one in found[0].declared for one in (*digests, *made_up))


def test_digests_of_addresses_for_tests_are_pointed_at(tmp_path: Path) -> None:
    digests = [*(digest(f"of {n}") for n in range(40)), digest("test@meta.com")]
    found = report(tmp_path, {"h": digests}, "sha256:email:uid2:v1").concerns
    assert [(one.kind, one.rows, one.places) for one in found] == [("for-tests", 1, (42,))]


@pytest.mark.parametrize(
    ("cell", "rows"),
    [("j=C3=B6rg{}@post.de", 4), ("=E5=BC=A0{}@post.cn", 4), ("a=b{}@post.de", 0)]
    + [("sale=C3{}@post.de", 0)],
)
def test_bytes_of_a_mail_are_pointed_at(tmp_path: Path, cell: str, rows: int) -> None:
    path = tmp_path / "a.csv"
    cells = [*(f"bo{n}@post.de" for n in range(20)), *(cell.format(n) for n in range(4))]
    path.write_text("\n".join(["h", *cells, ""]), "utf-8")
    found = validate_report(of(path, "email:meta:v1"), path).concerns
    assert [one.rows for one in found if one.kind == "escaped"] == [rows] * (rows > 0)
