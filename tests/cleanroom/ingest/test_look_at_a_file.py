# ruff: noqa: E501
"""What validation notices, in both languages, without showing anybody."""

from __future__ import annotations

import ast
import base64
import hashlib
import json
import re
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from typer.testing import CliRunner

import cleanroom.ingest
from cleanroom.cli.dataset import app
from cleanroom.ingest import validate_report
from cleanroom.ingest.concerns.likenesses import likenesses
from cleanroom.ingest.identifiers import NotNormalisable, normalise, nothing, totals
from cleanroom.ingest.identifiers.nothing import WORDS
from cleanroom.ingest.masking import masked
from cleanroom.ingest.parse import parse_time
from cleanroom.ingest.reader import REPEATED_HEADER
from cleanroom.ingest.report import Concern, Report
from cleanroom.ingest.settle import NOTHING, REPEATED, TOTAL_ROW, WRONG_WIDTH
from cleanroom.ingest.spec import DatasetSpec
from cleanroom.report import TABLE
from cleanroom.report.dataset import REASONS_SHOWN, concern, reason, remarks, shown
from cleanroom.report.screen import out
from tests.spellings import SPELLINGS

pytestmark = pytest.mark.usefixtures("inside")

NOON = 1_780_315_200


def look(tmp_path: Path, text: str, **section: Any) -> Report:
    path = tmp_path / "people.csv"
    path.write_text(text)
    base = {"file": path.name, "kind": "audience", "duplicates": "first"}
    return validate_report(DatasetSpec.model_validate(base | section), path)


def kinds(report: Report) -> list[tuple[str, str, str]]:
    return [(one.kind, one.column, one.seen) for one in report.concerns]


RAW = {"column": "m", "profile": "raw:v1"}


def members(*more: str, count: int = 50) -> str:
    return "\n".join(["m", *(f"u{number}" for number in range(count)), *more]) + "\n"


def test_nothing_is_wrong_with_a_good_file(tmp_path: Path) -> None:
    assert look(tmp_path, members(), id=RAW).concerns == ()


@pytest.mark.parametrize(("bad", "noticed"), [(1, False), (2, True)])
def test_more_than_two_in_a_hundred_unusable_rows(tmp_path: Path, bad: int, noticed: bool) -> None:
    report = look(tmp_path, members(*["NULL"] * bad, count=60), id=RAW)
    assert (("unusable", "", "") in kinds(report)) == noticed


def digest(number: int) -> bytes:
    return hashlib.sha256(str(number).encode()).digest()


COLUMNS = {
    "email": [f"ann{number}@mail.cn" for number in range(40)],
    "phone": [f"138001380{number:02}" for number in range(40)],
    "digest": [digest(number).hex() for number in range(40)],
    "device": [f"3f2a51c8-77aa-4d0e-9b1f-0c6d2e8a4b{number:02}" for number in range(40)],
}
BASE64 = [base64.b64encode(digest(number)).decode() for number in range(40)]
PROFILES = {
    "email": "email:uid2:v1",
    "phone": "phone:cn11:v1",
    "digest": "sha256:raw:v1",
    "device": "idfa:v1",
    "": "raw:v1",
}


@pytest.mark.parametrize("seen", COLUMNS)
@pytest.mark.parametrize("declared", PROFILES)
def test_a_column_that_looks_like_another_kind(tmp_path: Path, seen: str, declared: str) -> None:
    text = "\n".join(["m", *COLUMNS[seen]]) + "\n"
    report = look(tmp_path, text, id={"column": "m", "profile": PROFILES[declared]})
    found = [one for one in kinds(report) if one[0] == "looks-like"]
    quiet = seen == declared or (seen, declared) == ("device", "")
    assert found == ([] if quiet else [("looks-like", "m", seen)])


@pytest.mark.parametrize("seen", COLUMNS)
def test_identifiers_in_a_column_of_labels(tmp_path: Path, seen: str) -> None:
    rows = [f"u{number},{cell}" for number, cell in enumerate(COLUMNS[seen])]
    report = look(tmp_path, "\n".join(["m,tier", *rows]) + "\n", id=RAW, labels=["tier"])
    assert ("looks-like", "tier", seen) in kinds(report)
    rows = [f"u{number},gold" for number in range(40)]
    assert not look(tmp_path, "\n".join(["m,tier", *rows]) + "\n", id=RAW, labels=["tier"]).concerns


@pytest.mark.parametrize(
    ("cell", "region", "noticed"),
    [
        ("(415) 555-2671", "MX", True),
        ("415-555-2671", "DE", True),
        ("415.555.2671", "IN", True),
        ("+1 (415) 555-2671", "MX", False),
        ("55 1234 5678", "MX", False),
        ("(415) 555-2671", "US", False),
        ("(416) 555-2671", "CA", False),
    ],
)
def test_an_american_number_in_another_country(
    tmp_path: Path, cell: str, region: str, noticed: bool
) -> None:
    phone = {"column": "m", "profile": "phone:e164:v1", "region": region}
    report = look(tmp_path, f"m\n{cell}\n", id=phone)
    assert (("american", "m", "") in kinds(report)) == noticed
    if noticed:
        assert f"numbers of {region}" in concern(report.concerns[-1], "line", "en")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("quoted", [False, True])
@pytest.mark.parametrize(
    ("lines", "first", "rows"),
    [
        (["m", "u1", "u2", "", "Members with spend", "Acme"], 5, 2),
        (["m", "u1", "", "", "Total", "Acme"], 6, 1),
        (["", "m", "", "u1", "u2", "u3", "Acme", ""], None, 0),
        (["m", "u1", "u2", "u3", "", "Total"], None, 0),
        (["m,tier", "u1,a", "u2,b", ",", "Acme,"], 5, 1),
        (["m,tier", "u1,a", "u2,b", ",", "x", ",", "Acme,"], 7, 1),
        (["sep=;", "m;tier;x", "u1;a;", ";;", "Acme;;"], 5, 1),
        (["sep=;", "m", "", "u1"], None, 0),
        (["m,tier", "u1,a", "u2,b", "-----,----", "Acme,"], 5, 1),
        (["m,tier", "u1,a", "u2,b", "------------------", "x,y"], 5, 1),
        (["m", "u1", "", *(f"v{number}" for number in range(21))], None, 0),
    ],
)
def test_lines_below_a_blank_one_may_close_a_report(
    tmp_path: Path, lines: list[str], first: int | None, rows: int, quoted: bool, end: str
) -> None:
    path = tmp_path / "people.csv"
    lines = [line.replace("u1", '"u1"') if quoted else line for line in lines]
    path.write_bytes(end.join([*lines, ""]).encode())
    spec = {"file": path.name, "kind": "audience", "id": RAW}
    report = validate_report(DatasetSpec.model_validate(spec), path)
    found = [one for one in report.concerns if one.kind == "closing"]
    assert [(one.rows, one.places[0]) for one in found] == ([(rows, first)] if first else [])


@pytest.mark.parametrize(
    ("cell", "noticed"),
    [
        ("CORP\\\\ann", True),
        ("a\\|b", True),
        ("ann\\", True),
        ("a&amp;b", True),
        ("ann%40mail", True),
        ("50% off", False),
        ("a&b; c", False),
        ("CORP\\ann", False),
        ("\\\\server\\ann", False),
    ],
)
def test_escaped_signs_are_noticed(tmp_path: Path, cell: str, noticed: bool) -> None:
    report = look(tmp_path, f"m,tier\n{cell},a\nu2,{cell}\n", id=RAW, labels=["tier"])
    wanted = [("escaped", "m", ""), ("escaped", "tier", "")] if noticed else []
    assert [one for one in kinds(report) if one[0] == "escaped"] == wanted


def test_base64_is_a_digest_too(tmp_path: Path) -> None:
    report = look(tmp_path, "\n".join(["m", *BASE64]) + "\n", id=RAW)
    assert kinds(report) == [("looks-like", "m", "digest")]


def test_an_identifier_that_many_rows_share(tmp_path: Path) -> None:
    crowd = ["front-desk-1"] * 9
    report = look(tmp_path, members(*crowd), id=RAW)
    (found,) = report.concerns
    assert (found.kind, found.rows, found.of, found.places) == ("shared", 9, 59, (52,))
    assert found.declared == "xxxxx-xxxx-9"
    assert look(tmp_path, members(*crowd), id=RAW | {"nulls": ["Front-Desk-1"]}).people == 50
    assert not look(tmp_path, members(*crowd[:3]), id=RAW).concerns


def test_people_with_many_events_each_share_nothing(tmp_path: Path) -> None:
    rows = [f"u{number % 5},{NOON + number}" for number in range(100)]
    section = {"id": RAW, "kind": "events", "time": "at", "duplicates": "reject"}
    assert not look(tmp_path, "\n".join(["m,at", *rows]) + "\n", **section).concerns


def test_a_label_with_many_values(tmp_path: Path) -> None:
    rows = [f"u{number},v{number % 101}" for number in range(300)]
    report = look(tmp_path, "\n".join(["m,shop", *rows]) + "\n", id=RAW, labels=["shop"])
    assert kinds(report) == [("many-values", "shop", "")]


def test_long_numbers_that_a_spreadsheet_rounded(tmp_path: Path) -> None:
    rounded = [f"{number}23456789012345000" for number in range(1, 8)]
    assert ("rounded", "m", "") in kinds(look(tmp_path, members(*rounded), id=RAW))
    whole = [f"{number}2345678901234567{number}" for number in range(1, 8)]
    assert not look(tmp_path, members(*whole), id=RAW).concerns


def test_long_numbers_that_a_float_rounded(tmp_path: Path) -> None:
    meant = [6_912_345_678_901_234_567 + 123_456_789 * number for number in range(40)]
    rounded = [str(int(float(number))) for number in meant]
    assert ("rounded", "m", "") in kinds(look(tmp_path, members(*rounded), id=RAW))
    assert not look(tmp_path, members(*map(str, meant)), id=RAW).concerns


def test_long_numbers_that_a_script_rounded(tmp_path: Path) -> None:
    script = "7123456789012345000", "7123456789012346000", "7123456789013356000"  # JavaScript's
    for start in ("", "00"):
        found = look(tmp_path, members(*(start + one for one in script)), id=RAW).concerns
        assert [(one.kind, one.rows, one.of) for one in found] == [("rounded", 3, 3)]
    assert float("712345678901234567") == 712345678901234560
    printed = [f"{number}12345678901234560" for number in range(1, 8)]
    assert ("rounded", "m", "") in kinds(look(tmp_path, members(*printed), id=RAW))


@pytest.mark.parametrize("digits", [16, 17, 18, 19, 20])
def test_long_numbers_as_they_are_give_no_alarm(tmp_path: Path, digits: int) -> None:
    random = Random(digits)
    whole = [str(random.randrange(10 ** (digits - 1), 10**digits)) for _ in range(10_000)]
    assert not look(tmp_path, members(*whole), id=RAW).concerns
    tens = [str(random.randrange(10 ** (digits - 2), 10 ** (digits - 1)) * 10) for _ in range(50)]
    assert digits == 16 or not look(tmp_path, members(*tens), id=RAW).concerns


def test_devices_that_say_nothing_are_no_rounded_numbers(tmp_path: Path) -> None:
    device = {"column": "m", "profile": "oaid:v1"}
    text = members("0" * 16, "0" * 32, *["0" * 16] * 5, count=0)
    assert {one.kind for one in look(tmp_path, text, id=device).concerns} == {"unusable"}


@pytest.mark.parametrize("column", [RAW, {"column": "m", "profile": "email:uid2:v1"}])
def test_a_lost_letter_makes_nobody(tmp_path: Path, column: dict[str, str]) -> None:
    text = members("jos\ufffd@x.com", "jos\ufffd@x.com", "ann@x.com", count=0)
    found = look(tmp_path, text, id=column)
    assert (found.usable, found.people) == (1, 1)
    assert any("U+FFFD" in fault.reason for fault in found.faults)


@pytest.mark.parametrize(
    "total",
    [
        "Общий итог", "총합계", "Totale complessivo", "Eindtotaal", "Genel Toplam", "Suma końcowa",
        "Totalsumma", "Celkový součet", "gold 集計", "Ergebnis", "Count: 3", "Record Count", "Anzahl",
        "Totaal", "Razem", "Celkem", "Összesen", "Yhteensä", "I alt", "Ukupno", "المجموع", "Tổng cộng",
        "รวม", "Grand Summaries", "Grand Summary", "Overall Result", "Skupni seštevek", "Result", "(other)", "RESERVED_TOTAL", "(data not available)", "(direct)",
    ],
)  # fmt: skip
def test_what_adds_up_others_is_nobody(tmp_path: Path, total: str) -> None:
    found = look(tmp_path, members(total, count=2), id=RAW)
    assert (found.rows, found.usable) == (3, 2)
    assert sum(fault.rows for fault in found.faults) == 1


def test_a_total_in_a_first_cell_that_is_not_read(tmp_path: Path) -> None:
    text = "shop,m\nBouw Totaal,u1\nUKUPNO,17\nYhteensä,18\nالمجموع,19\n"
    found = look(tmp_path, text, id=RAW)
    assert (found.rows, found.usable) == (4, 1)


@pytest.mark.parametrize(
    ("word", "member", "kept"),
    [
        ("Colgate Total", "u7", True),
        ("Total", "ann@mail.cn", True),
        ("TOTAL", "annlee", True),
        ("Colgate Total", "12345678", True),
        ("Colgate Total", "1234567", False),
        ("Colgate Total", "10000001", False),  # the member above once more
        ("Total", "31", False),
        ("Total", "1,234,567", False),
        ("Total", "", False),
        ("Total", "n/a", False),
        ("Total", "Total", False),
        ("Total", "17 members", False),
        ("Total: Ann", "u7", False),
        ("北京合计", "u7", False),
    ],
)
def test_a_name_with_a_word_for_a_total_loses_nobody(
    tmp_path: Path, word: str, member: str, kept: bool
) -> None:
    rows = ["Nivea,10000000", "Nivea,10000001", f'{word},"{member}"', "Dove,10000002"]
    found = look(tmp_path, "\n".join(["brand,m", *rows]) + "\n", id=RAW)
    assert [fault.reason for fault in found.faults if fault.examples == (4,)] == (
        [] if kept else [TOTAL_ROW]
    )
    told = [(one.column, one.rows) for one in found.concerns if one.kind == "total-elsewhere"]
    assert told == ([("brand", 1)] if kept else [])
    assert found.usable == 3 + kept


@pytest.mark.parametrize("cell", ["2026/3/1", "1.03.2026", "2026年3月1日", "12:30:00"])
def test_members_that_became_whole_dates_or_times(tmp_path: Path, cell: str) -> None:
    assert ("dates", "m") in [one[:2] for one in kinds(look(tmp_path, members(cell), id=RAW))]


def test_labels_that_other_languages_turned_into_days(tmp_path: Path) -> None:
    for cell in ("05/dez", "05.gru", "12.maj", "05.Ara", "dec. 5", "5.joulu", "05-Δεκ", "05-Thg12",
                 "5-XII", "12.05.", "12/05", "5:12:00"):  # fmt: skip
        rows = [f"u{number},{band}" for number, band in enumerate(["18-24", "25-34", cell] * 3)]
        report = look(tmp_path, "\n".join(["m,age", *rows]) + "\n", id=RAW, labels=["age"])
        assert ("converted", "age", "") in kinds(report), cell


def test_labels_that_are_errors_or_missing_values(tmp_path: Path) -> None:
    cells = ["#REF!", "#DIV/0!", "########", "Err:502", ".a", ".Z", "gold", "tin"]
    rows = [f"u{number},{cell}" for number, cell in enumerate(cells)]
    report = look(tmp_path, "\n".join(["m,tier", *rows]) + "\n", id=RAW, labels=["tier"])
    assert [(one.kind, one.rows) for one in report.concerns] == [("maybe-nothing", 6)]


def test_rows_with_one_key_that_differ(tmp_path: Path) -> None:
    section = {"id": RAW, "kind": "events", "time": "at", "key": "k", "duplicates": "reject"}
    rows = ["k,m,at", f"T1,a,{NOON}", f"T1,a,{NOON}", f"T1,a,{NOON + 5}", f"T2,b,{NOON}"]
    (found,) = look(tmp_path, "\n".join(rows) + "\n", **section).concerns
    assert (found.kind, found.column, found.rows, found.of) == ("differing", "k", 1, 2)
    assert (found.places, found.declared) == ((4,), "at (1)")
    assert not look(tmp_path, "\n".join([*rows[:3], rows[4]]) + "\n", **section).concerns


def alike(*values: str, profile: str = "raw:v1") -> dict[str, tuple[int, int]]:
    column = pa.array(values, pa.large_string())
    return {one.kind: (one.rows, place) for one, place in likenesses(column, "m", profile)}


DEVICE = "3f2a51c8-77aa-4d0e-9b1f-0c6d2e8a4b00"
SALES = ("0015000000Gv7qJAAR", "0015000000Gv7qK", "0015000000gV7qJ")


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (["7", "007"], {"zeros": (1, 1)}),
        (["07", "8", "007"], {"zeros": (2, 0)}),
        (["7", "70", "0070a", "0", "00"], {}),
        (["x", "Ab7", "aB7"], {"cases": (2, 1)}),
        (SALES[1:], {}),
        (SALES[:2], {"lengths": (1, 1)}),
        ([SALES[0].lower(), SALES[1]], {}),
        (["0015000000Gv7qJAAA", SALES[1]], {}),
        ([SALES[0], "0035000000Gv7qK"], {}),
        (["1001", "3-Jan", "Mar-01", "3\u67081\u65e5", "3-Jan-26"], {"dates": (4, 1)}),
        (["3-1", "Mar-001", "Jane-3", "2026-01-03"], {}),
        (["1. Mai", "1-avr-26", "3\uc6d41\uc77c", "Mai 01"], {"dates": (4, 0)}),
        (["1001", "1.001", "1 002", "1'003", "1\u2019004.005"], {"grouped": (4, 1)}),
        (["10.01", "1.0001", "0.001", "1.001.1", "1,001"], {"several": (1, 4)}),
        (["12345678", "1234-5678", "9", "AB 12", "ab12", "(12345678)"], {"separators": (3, 1)}),
        (
            [DEVICE.replace("-", ""), DEVICE.upper(), f"{{{DEVICE}}}"],
            {"separators": (2, 1), "forms": (2, 0)},
        ),
        (["1001", "#1001", "+1001", "7"], {"separators": (2, 1)}),
        (["SO123", "SO123,", "SO123;", "SO123\u3001", "SO123."], {"separators": (4, 1)}),
        (["\u5c0f\u660e", "\u5c0f\u660e\u3002", "\u5c0f,"], {"separators": (1, 1)}),
        (["SO00012.00", "SO00012", "SO00013.0"], {"separators": (1, 0)}),
        (["A12", "A12.0", "A12.1", "B3.0"], {}),
        (["1001", "\u0661\u0660\u0660\u0661"], {"lookalikes": (1, 1)}),
        (["\u0410100", "A100", "B100"], {"lookalikes": (1, 0)}),
        (["\u0410100", "\u5f20\u4e09", "\u00e9"], {}),
        (["1001", "1002", "Source: CRM", "Page 1 of 1", "* draft"], {"notes": (3, 2)}),
        (["1001", "\u6765\u6e90\uff1aCRM"], {"notes": (1, 1)}),
        (["a:1", "urn:x:2", "Ann Lee", "4 7 11", "#7", "*b", "\uff1a"], {}),
        (["Ann B Lee", "Bo C Wu", "1003"], {}),
        (["user-name-12", "username12"], {}),
        (["1-11", "11-1", "john.smith", "johnsmith", "a-b", "ab"], {}),
        ([], {}),
    ],
)
def test_values_that_are_probably_one(values: list[str], found: dict[str, tuple[int, int]]) -> None:
    assert alike(*values) == found


def test_the_hyphens_of_a_device_are_its_vendors_own() -> None:
    values = [DEVICE.replace("-", ""), "0" * 31 + "1", DEVICE, DEVICE.replace("3", "4")]
    assert alike(*values, profile="oaid:v1") == {"separators": (1, 2)}
    assert alike(*values, profile="idfa:v1") == {}


def test_likenesses_are_named_with_their_line(tmp_path: Path) -> None:
    rows = [f"{key},{person},{NOON}" for key, person in (("1", "a"), ("2", "b"), ("01", "A"))]
    section = {"id": RAW, "kind": "events", "time": "at", "key": "k", "duplicates": "reject"}
    report = look(tmp_path, "\n".join(["k,m,at", *rows]) + "\n", **section)
    found = [(one.kind, one.column, one.places) for one in report.concerns]
    assert found == [("cases", "m", (2,)), ("zeros", "k", (4,))]
    mail = "m\nann@mail.cn\n01@mail.cn\n1@mail.cn\n"
    assert not look(tmp_path, mail, id=RAW | {"profile": "email:uid2:v1"}).concerns


# --- what is shown


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=50))
def test_a_masked_cell_shows_no_sign_of_it(text: str) -> None:
    shown = masked(text)
    if shown != text.strip()[:40] or not shown:
        assert not {sign for sign in shown if sign.isalnum()} - set("xX9")
        assert len(shown) <= 41


def test_no_cell_of_the_file_is_in_its_report(tmp_path: Path) -> None:
    cells = [row[0] for rows in SPELLINGS.values() for row in rows]
    rows = ["m;x" for _ in range(3)] + [json.dumps(cell).replace('\\"', '""') for cell in cells]
    report = look(
        tmp_path, "\n".join(["m", *rows]) + "\n", id={"column": "m", "profile": "email:uid2:v1"}
    )
    document = json.dumps(report.to_json()).replace("characters", "")  # of a reason, not of o'hara
    names = ("ann", "lee", "hara", "13800138000", "0013", "3f2a51c8", "003Dn", "oAbC")
    assert [name for name in names if name in document] == []
    assert '"sample": "x***x@xxxx.xx"' in document


def test_the_ten_most_frequent_reasons_are_shown(tmp_path: Path) -> None:
    cells = [
        "NULL",
        "#REF!",
        "0",
        "-1",
        "1001.0",
        '"1,001"',
        "1.3e+10",
        "=A1",
        "x\t1",
        "\"b'1'\"",
        '""""""',
    ]
    rows = [cell for number, cell in enumerate(cells, start=1) for _ in range(number)]
    report = look(tmp_path, members(*rows, "x" * 1025), id=RAW)
    assert len(report.faults) > REASONS_SHOWN
    counts = [fault.rows for fault in report.faults]
    assert counts == sorted(counts, reverse=True)
    text = printed(report, "en")
    assert f"{len(report.faults) - REASONS_SHOWN} more reasons" in text
    assert text.count("row left out") == REASONS_SHOWN
    assert all(fault.sample is not None for fault in report.faults)


def printed(report: Report, language: Any) -> str:
    console = Console(width=300, file=None, record=True, quiet=False)
    with console.capture() as capture:
        console.print(shown(report, language))
    return capture.get()


def sentences() -> list[str]:
    """Return every reason that the reader can give, from its source."""
    found = []
    for path in Path(cleanroom.ingest.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            if called and node.func.id in ("NoTime", "Unusable", "NotNormalisable", "shape"):  # type: ignore[attr-defined]
                text = ast.unparse(node.args[-1])  # type: ignore[attr-defined]
                if text[0] in "'\"f" and text[1:2]:
                    found.append(
                        re.sub(r"\{[^}]*\}", "7", str(ast.literal_eval(text.removeprefix("f"))))
                    )
    return [text for text in found if text != "is 7: 7" and not text.endswith("but fits 7")]


def test_every_reason_has_chinese() -> None:
    given_ = {
        nothing.WORD,
        nothing.ERROR,
        nothing.ZERO,
        nothing.MINUS_ONE,
        totals.TOTAL,
        *sentences(),
    }
    for rows in SPELLINGS.values():
        for text, profile, region, form, _ in rows:
            if form is None:
                with pytest.raises(NotNormalisable) as refused:
                    normalise(text, profile, region)
                given_.add(refused.value.sentence)
    assert len(given_) > 40
    plain = [f"at {one}" for one in given_] + [WRONG_WIDTH, TOTAL_ROW, REPEATED]
    plain += [NOTHING, REPEATED_HEADER]
    plain += [
        "m is outside [0, 5]",
        "m is outside its declared domain",
        "m has more than 2 decimals: round it on export, or declare more",
    ]
    for cell in ("20260604", "46177", "0"):
        faults = parse_time(pa.array([cell]), "at", NOON * 10**6).faults
        plain += [why for why, where in faults if where[0]]
    assert len(plain) == len(given_) + 11
    assert [one for one in plain if reason(one, "zh") == one] == []
    assert reason("a new reason", "zh") == "a new reason"


def test_a_column_may_be_called_anything() -> None:
    assert reason("{0} is empty", "zh") == "{0} 为空"
    assert reason("is it {x} is not a number", "zh") == "is it {x} 不是数"


ROOM = """
[room]
name = "look"
rehearsal = true
[policy]
k_min = 1
noise = "none"
[datasets.brand.crm]
file = "crm.csv"
kind = "audience"
id = { column = "m", profile = "raw:v1" }
duplicates = "first"
"""


def test_the_command_shows_it_in_both_languages_and_as_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(out, "_width", 200)
    (tmp_path / "room.toml").write_text(ROOM)
    (tmp_path / "crm.csv").write_text(members(*["front-desk-1"] * 9, "1.3e+10", "NULL"))
    call = ["validate", str(tmp_path / "room.toml"), "--party", "brand"]
    english = CliRunner().invoke(app, call)
    chinese = CliRunner().invoke(app, [*call, "--language", "zh"])
    assert (english.exit_code, chinese.exit_code) == (0, 0)
    for text in ("masked example", "9.9x+99", "61 rows", "is it a placeholder?", "line 52"):
        assert text in english.stdout
    for text in ("脱敏示例", "9.9x+99", "m 是科学计数法", "是否为占位值", "第 52 行"):
        assert text in chinese.stdout
    document = json.loads(CliRunner().invoke(app, [*call, "--json"]).stdout)["crm"]
    assert {one["sample"] for one in document["faults"]} == {"9.9x+99", "NULL"}
    assert [one["kind"] for one in document["concerns"]] == ["unusable", "shared"]
    assert "front-desk" not in english.stdout + chinese.stdout


def test_an_upload_says_what_was_left_out_and_what_is_odd(tmp_path: Path) -> None:
    report = look(tmp_path, members("NULL", "Total", "Total", "007", "7", count=2), id=RAW)
    english, chinese = (list(remarks(report, language)) for language in ("en", "zh"))
    assert english[0].startswith("2 left out, first 5: m is a total")
    assert english[1].startswith("1 left out, first 4: m is a word for no value")
    assert len(english) == len(chinese) == 2 + len(report.concerns)
    assert chinese[0].startswith("剔除 2 行，首次出现在第 5 行：m 是合计")
    assert any("after leading zeros" in line for line in english)


def test_an_upload_says_how_many_rows_repeat_others(tmp_path: Path) -> None:
    report = look(tmp_path, members("u1", "u0", "u1", count=9), id=RAW)
    english, chinese = (list(remarks(report, language)) for language in ("en", "zh"))
    assert (len(english), len(chinese)) == (1, 1)
    assert (
        english[0]
        == "3 rows repeat an earlier row's person, or key, first line 11: the first one counts."
    )
    assert chinese[0].startswith("3 行") and "第 11 行" in chinese[0]


def test_a_file_is_looked_at_without_a_room(tmp_path: Path) -> None:
    (tmp_path / "room.toml").write_text(ROOM[ROOM.index("[datasets") :])
    (tmp_path / "crm.csv").write_text(members())
    call = ["validate", str(tmp_path / "room.toml"), "--party", "brand", "--json"]
    found = CliRunner().invoke(app, call)
    assert found.exit_code == 0
    assert json.loads(found.stdout)["crm"]["usable"] == 50


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_concern_has_a_sentence(language: Any, tmp_path: Path) -> None:
    files = sorted(Path(cleanroom.ingest.__file__).parent.rglob("*.py"))
    source = "".join(path.read_text() for path in files)
    written = set(re.findall(r'"([a-z-]+)"', source))
    kinds_ = {kind for kind in written if f"concern.{kind}" in TABLE}
    assert len(kinds_) == len([key for key in TABLE if key.startswith("concern.")])
    for kind in kinds_:
        text = concern(Concern(kind, "col", 3, 9, "label", "phone", (4,)), "line", language)
        assert "3" in text or "33.3%" in text
        assert "{" not in re.sub(r"keep = \{[^}]*\}", "", text)


def test_words_for_nothing_may_be_shown() -> None:
    assert masked(" (null) ") == "(null)"
    assert all(masked(word) == word for word in WORDS if len(word) < 40)


NO_MEMBERS = {
    "name": ["王伟", "欧阳娜娜", "李 娜", "김민준", "Ann Lee", "Lee, Ann", "José María Núñez", "O'Neil Bo"],
    "date": ["2026-06-04", "2026/6/4 12:30", "2026年6月4日", "04.06.2026", "2026-06-04T12:30:00Z"],
    "amount": ["$12.50", "1,234.00", "¥88.00", "-¥3.99"],
    "ip": ["10.0.3.27", "2001:db8:0:1:2:3:4:5", "fe80::1"],
}  # fmt: skip


@pytest.mark.parametrize("seen", NO_MEMBERS)
def test_what_is_no_number_of_a_member(tmp_path: Path, seen: str) -> None:
    for cell in NO_MEMBERS[seen]:
        shown = f'"{cell}"' if "," in cell else cell
        rows = [*(f"M{number:05}" for number in range(30)), *[shown] * 10]
        found = kinds(look(tmp_path, "\n".join(["m", *rows, ""]), id=RAW, duplicates="first"))
        assert ("looks-like", "m", seen) in found, cell


def test_numbers_of_members_are_none_of_these(tmp_path: Path) -> None:
    forms = ["VIP{:05}", "{:08}", "会员{:05}", "ann_{}", "Ann{}", "2026{:04}", "1.{}.2", "a:{}:c"]
    for form in forms:
        rows = [form.format(number) for number in range(1, 41)]
        assert "looks-like" not in str(look(tmp_path, "\n".join(["m", *rows, ""]), id=RAW).concerns)
