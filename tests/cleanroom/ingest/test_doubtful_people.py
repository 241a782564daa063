"""Numbers of unknown countries, masked values and what is typed at tills are pointed at."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from cleanroom.ingest.concerns.countries import beginnings, dialled
from cleanroom.ingest.concerns.likenesses import likenesses
from cleanroom.ingest.concerns.typed import placeholders
from cleanroom.ingest.identifiers import normalise_many
from cleanroom.ingest.people import Named


def counted(*numbers: str) -> list[tuple[int, int, str]]:
    for profile in ("phone:e164:v1", "phone:digits:v1"):
        found = beginnings(pa.array(numbers), normalise_many(pa.array(numbers), profile))
    kinds = {("m", start): rows for start, rows in found.items()} | {("m", "long"): 3}
    return [(one.rows, one.of, one.declared) for one in dialled(kinds, "m")]


def test_ten_digits_that_are_american_too() -> None:
    assert counted("6598001000", "8613800138000", "+6598001000") == [(2, 2, "+65, +86")]
    china = [f"86138001380{number}" for number in range(10, 60)]
    assert counted("6598001000", *china) == [(1, 51, "+65")]
    assert counted("89161234567", "84951234567", "84991234567") == [(2, 2, "+84")]


def test_digits_of_one_country_and_numbers_with_their_code_are_quiet() -> None:
    assert counted(*(f"86138001380{number}" for number in range(10, 40))) == []
    assert counted("+6598001000", "006598001000", "(+65) 98001000", "+4915112345678") == []
    assert counted("") == counted("6505551212", "x") == []


@pytest.mark.parametrize(
    ("profile", "cells"),
    [
        ("raw:v1", ["XXXXXX3014", "M1"]),
        ("raw:v1", ["62xxxx14", "M1"]),
        ("email:uid2:v1", ["axxxn@mail.cn", "bxxx@mail.cn", "cam@mail.cn"]),
    ],
)
def test_values_masked_with_x(profile: str, cells: list[str]) -> None:
    def told(some: list[str]) -> list[tuple[str, int]]:
        found = likenesses(pa.array(some, pa.large_string()), "m", profile)
        return [(one.kind, at) for one, at in found if one.kind == "masked"]

    assert told(cells) == [("masked", 0)]
    assert told(cells[1:]) == told(cells[-1:]) == []


def nobody(profile: str, *values: str) -> list[tuple[int, int, int]]:
    people = Named.find([pa.array(values, pa.large_string())])
    found = placeholders(people, "m", profile, np.arange(10, 10 + len(values)))
    return [(one.rows, one.of, row) for one, row in found]


@pytest.mark.parametrize(
    "cell",
    [
        *(
            "noemail@till.cn",
            "test@test.com",
            "na@na.com",
            "none@none.com",
            "a@a.com",
            "noreply@x.cn",
        ),
        *("test@meta.com", "asdf@asdf.de", "x@x.com"),
    ],
)
def test_an_address_that_is_typed_where_there_is_none(cell: str) -> None:
    assert nobody("email:uid2:v1", "ann@mail.cn", cell, "bo@mail.cn", cell) == [(2, 4, 11)]
    assert nobody("email:meta:v1", "ann@mail.cn", cell) == []
    assert nobody("raw:v1", cell, cell) == []


def test_a_number_that_is_typed_where_there_is_none() -> None:
    same = ("13800000000", "13888888888", "13000000000")
    assert nobody("phone:cn11:v1", "13810203040", *same) == [(3, 4, 11)]
    assert nobody("phone:e164:v1", *(f"+86{one}" for one in same)) == [(3, 3, 10)]
    typed = ("13812345678", "13800138000", "15987654321")
    assert nobody("phone:cn11:v1", "13810203040", *typed, "13912345679") == [(3, 5, 11)]
    assert nobody("phone:cn11:v1", "13810203040", "13810203040", "13800138000") == []
    assert nobody("sha256:phone:cn11:v1", *same) == []


@pytest.mark.parametrize("cell", ["+491700000000", "491511111111", "+12125555555", "+33677777777"])
def test_digits_of_a_subscriber_that_are_all_one(cell: str) -> None:
    assert nobody("phone:e164:v1", "+491512345670", cell, cell) == [(2, 3, 11)]


def test_digits_of_subscribers_that_are_sold() -> None:
    for cell in ("+8613807777777", "+491701000000", "13807777777"):
        assert nobody("phone:e164:v1", cell, cell) == []
