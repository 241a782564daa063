"""Numbers of unknown countries, masked values and what is typed at tills are pointed at."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from cleanroom.ingest.concerns.countries import beginnings, dialled
from cleanroom.ingest.concerns.likenesses import likenesses
from cleanroom.ingest.concerns.typed import placeholders
from cleanroom.ingest.identifiers import normalise_many
from cleanroom.ingest.identifiers.nothing import DIGESTS
from cleanroom.ingest.people import Named
from cleanroom.report.dataset import concern


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
        "na@na.com",
        "wu@wu.com",
        "1@1.com",
        "no@no.no",
        "a@a.com",
        "x@x.com",
        "asdf@asdf.de",
        "aaaa@qq.com",
        "qwert@gmail.com",
    ]
    + ["1111@163.com", "987654@qq.com", "kunde@firma.de", "no@company.com", "xxx@xxx.com"],
)
def test_an_address_that_is_typed_where_there_is_none(cell: str) -> None:
    assert nobody("email:uid2:v1", "ann@mail.cn", cell, "bo@mail.cn", cell) == [(2, 4, 11)]
    assert nobody("email:meta:v1", "ann@mail.cn", cell) == []
    assert nobody("raw:v1", cell, cell) == []


@pytest.mark.parametrize(
    "cell",
    ["noemail@till.cn", "test@test.com", "none@none.com", "noreply@x.cn", "kein-mail@web.de"]
    + ["sans.email@free.fr", "notiene_correo@x.mx", "nomail17@shop.de", "unknown@example.com"]
    + ["sample@email.tst", "ann@shop.xx", "ann@shop.zzz", "customer@nomail.invalid.com"],
)
def test_of_an_address_that_can_be_nobodys_one_row_is_enough(cell: str) -> None:
    others = [f"ann{n}@mail.cn" for n in range(9)]
    assert nobody("email:uid2:v1", *others, cell) == [(1, 10, 19)]


OWN = [f"ann{n}@mail.cn" for n in range(280)]


@pytest.mark.parametrize(
    ("cell", "rows"),
    [("zh@zh.com", 3), ("ab@ab.cn", 3), ("kein@email.de", 4), ("guest@shop.de", 4)]
    + [("walkin@shop.com", 4), ("无@shop.cn", 4), ("muster@muster.de", 6), ("sin@gmail.com", 4)],
)
def test_of_one_that_may_be_somebodys_many_rows_tell(cell: str, rows: int) -> None:
    assert [one[0] for one in nobody("email:uid2:v1", *OWN, *[cell] * rows)] == [rows]
    assert nobody("email:uid2:v1", *OWN, cell, cell) == []
    assert nobody("email:uid2:v1", *OWN * 5, *[cell] * rows) == []


@pytest.mark.parametrize(
    "cell",
    ["info@shop.de", "office@shop.com", "sales@sales.io", "mueller@mueller.de", "noa@gmail.com"]
    + ["nadia@none.fr", "kundera@web.de", "testa@libero.it", "888@acme.de", "wumail@163.com"]
    + ["nonna@libero.it", "ann@example-shop.com", "ann@mail.xyz", "ann@shop.qa", "ann@shop.xxx"],
)
def test_addresses_of_firms_and_people_are_none(cell: str) -> None:
    assert nobody("email:uid2:v1", *OWN, *[cell] * 4) == []


def test_a_file_of_domains_that_nobody_has_is_made_up() -> None:
    assert nobody("email:uid2:v1", *(f"ann{n}@shop.example" for n in range(40)), *OWN[:40]) == []


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


@pytest.mark.parametrize(
    ("profile", "cell", "other"),
    [
        ("email:uid2:v1", "test@meta.com", "test@meta.com.br"),
        ("email:uid2:v1", "test@fb.com", "contest@fb.com"),
        ("email:uid2:v1", "zkpedymhza_1614299001@tfbnw.net", "z@tfbnw.network"),
        ("email:meta:v1", "test@example.com", "ann@example.com"),
        ("email:uid2:v1", "sb-c89tj49549583@personal.example.com", "ann@personal.example.com"),
        ("email:uid2:v1", "test_user_80507629@testuser.com", "ann@testuser.com"),
        ("email:uid2:v1", "jyjbmj8509@sandbox.com", "help@sandbox.com"),
        ("email:uid2:v1", "emailmaria@hubspot.com", "ann@hubspot.com"),
        ("phone:e164:v1", "+16505550123", "+16505550124"),
        ("phone:digits:v1", "16505550123", "16505550122"),
    ],
)
def test_one_row_for_tests_is_enough(profile: str, cell: str, other: str) -> None:
    assert nobody(profile, other, cell, other) == [(1, 3, 11)]
    assert nobody(profile, other, other) == nobody(f"sha256:{profile}", cell, cell) == []


def test_several_values_are_shown_masked_with_their_lines() -> None:
    typed = ["a@a.com", "none@none.com", "a@a.com", "x@x.com", "123@qq.com", "abc@163.com"]
    cells = ["ann@mail.cn", "test@fb.com", *typed, "noreply@till.cn", "test@meta.com"]
    people = Named.find([pa.array(cells, pa.large_string())])
    tests, rest = placeholders(people, "m", "email:uid2:v1", np.arange(len(cells)))
    assert (tests[0].kind, tests[0].rows, tests[1], tests[0].places) == ("for-tests", 2, 1, (9,))
    assert tests[0].declared == "xxxx@xx.xxx, xxxx@xxxx.xxx"
    assert (rest[0].rows, rest[1], rest[0].places) == (7, 2, (3, 5, 6, 7))
    assert rest[0].declared == "x@x.xxx, xxxx@xxxx.xxx, x@x.xxx, 999@xx.xxx, xxx@999.xxx"
    shown = concern(replace(rest[0], places=(2, *rest[0].places)), "line", "en")
    assert "(line 2, line 3, line 5, line 6, line 7)" in shown


def test_numbers_that_stand_for_no_member_are_told() -> None:
    members = [str(20_000_000 + 7 * n) for n in range(40)]
    assert nobody("raw:v1", *members, "222222222222", "9999999999999") == [(2, 42, 50)]
    assert nobody("raw:v1", *members, *["12345678"] * 3) == [(3, 43, 50)]
    assert nobody("raw:v1", *members, "22222222") == []  # one row
    assert nobody("raw:v1", *members, "1111111", "2222222", "222222222221", "12345670") == []
    # Of two million numbers from 1 on, some are of one digit.
    many = [str(n) for n in range(11_000_000, 13_000_000, 20)]
    assert "11111111" not in many
    assert nobody("raw:v1", *many, "11111111", "12345678") == []
    assert nobody("raw:v1", *many, "111111111", "123456789") != []


def test_digests_of_what_many_devices_share_are_nobody() -> None:
    for device in ("9774d56d682e549c", "02:00:00:00:00:00", "020000000000", "FF:FF:FF:FF:FF:FF"):
        assert hashlib.sha256(device.encode()).hexdigest() in DIGESTS
    assert hashlib.sha256(b"02:00:00:00:00:01").hexdigest() not in DIGESTS
