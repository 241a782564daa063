"""One column in which members are written in several forms is pointed at."""

from __future__ import annotations

import pyarrow as pa
import pytest

from cleanroom.ingest.concerns.forms import several_forms
from cleanroom.ingest.concerns.likenesses import likenesses

UUID = "3f2a51c8-77aa-4d0e-9b1f-0c6d2e8a4b0"
UUIDS = [UUID + sign for sign in "0123456789"]


def odd(*values: str) -> list[str]:
    found: list[str] = several_forms(pa.array(values, pa.large_string())).to_pylist()
    return found


@pytest.mark.parametrize(
    "cell",
    ["gid://shopify/Customer/7123", "user_7123", "ID7123", "No. 7123", "urn:crm:7123", "u7123",
     "ID 007123", "会员7123", "C-7123", "a:b/7123"],
)  # fmt: skip
def test_a_member_with_and_without_a_prefix(cell: str) -> None:
    assert odd("7123", "88", cell, "x") == [cell]
    assert odd("7123", cell.replace("7123", "7124"), "x") == []


@pytest.mark.parametrize("prefix", ["gid://shopify/Customer/", "user_", "ID", "No. ", "会员号"])
def test_two_forms_that_no_member_has_both(prefix: str) -> None:
    some = [f"{prefix}{number}" for number in (5, 6)]
    assert odd("1", "2", "3", *some) == some
    assert odd("1", "2", *(f"{prefix}{number}" for number in (5, 6, 7))) == ["1", "2"]
    assert odd("1", *some) == odd("1", "2", "3", some[0]) == []


@pytest.mark.parametrize(
    "values",
    [
        [f"{letter}{number}" for letter in "ABu" for number in range(100, 105)] + ["1", "2", "3"],
        ["1-11", "1-12", "11", "12"],
        ["+1001", "1001"],
        ["A7B5", "A7B6", "5", "6"],
        ["ann", "bo", "1001", "1002"],
        ["v0", "v00", "0", "7"],
        [f"{letter}{number}" for letter in ("id", "user") for number in (5, 6)] + ["1", "2"],
        [],
    ],
)
def test_what_may_be_series_of_their_own(values: list[str]) -> None:
    assert odd(*values) == []


def test_prefixes_in_several_spellings() -> None:
    many = [f"user_{number}" for number in range(4)]
    assert odd(*many, "user-8", "user-9", "User 7", "USER6", "USER5") == [
        "user-8", "user-9", "USER6", "USER5",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "form",
    [
        lambda uuid: uuid.upper(),
        lambda uuid: uuid.replace("-", ""),
        lambda uuid: f"{{{uuid}}}",
        lambda uuid: f"({uuid})",
        lambda uuid: f"{{{uuid.replace('-', '')}}}",
        lambda uuid: f"urn:uuid:{uuid}",
        lambda uuid: f"URN:UUID:{uuid}",
    ],
)
def test_uuids_in_several_forms(form: object) -> None:
    assert callable(form)
    other = form(UUID + "a")
    assert odd(*UUIDS) == odd(*map(form, UUIDS)) == []
    assert odd(*UUIDS, other) == [other]
    assert odd(*map(form, UUIDS), UUID + "b") == [UUID + "b"]


def test_digits_alone_have_no_case() -> None:
    assert odd("1" * 32, "A" * 32, "AB" * 16) == []
    assert odd("1" * 32, "A" * 32, "aA" * 16, "ab" * 16) == ["A" * 32]


def test_many_prefixes_are_none() -> None:
    assert odd("7", *(f"p{number:04}x7" for number in range(1_001))) == []


def test_it_is_a_concern_of_member_numbers_and_keys() -> None:
    values = pa.array(["7", "8", "user_7"], pa.large_string())
    told = [(one.kind, one.rows, one.declared, at) for one, at in likenesses(values, "m", "raw:v1")]
    assert told == [("forms", 1, "xxxx_9", 2)]
    assert not list(likenesses(values, "m", "email:uid2:v1"))
